//! The question before a change: answered with the mouse, overtaken by the world, about rows that are
//! out of sight.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::app::driver::Driver;
use crate::app::{Effect, Event, Settings};
use crate::model::fixture::{C2, HOST, key};
use crate::model::{Change, Item};
use crate::plan::{self, Fate, Outcome, Verdict};

/// Clicks into the middle of a place.
fn click(driver: &mut Driver, place: Rect) -> Vec<Effect> {
    let event = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: place.x + place.width / 2,
        row: place.y,
        modifiers: KeyModifiers::NONE,
    };
    driver.send(Event::Input(Input::Mouse(event))).to_vec()
}

fn orders(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Apply { .. })).count()
}

#[test]
fn the_answers_can_be_clicked() {
    for (width, height) in [(120, 40), (80, 24), (40, 15), (40, 10)] {
        let mut driver = Driver::new(width, height, Settings::default());
        driver.keys("j D");
        let [cancel, apply] = driver.app.layout().answer_places();
        let between = Rect { x: cancel.right(), width: 1, ..cancel };
        assert_eq!(orders(&click(&mut driver, between)), 0);
        assert!(driver.app.confirm().is_some(), "beside an answer is no answer");
        let text = driver.screen();
        let line = text.lines().nth(usize::from(apply.y)).unwrap().to_owned();
        let word = line.chars().skip(usize::from(apply.x)).collect::<String>();
        assert!(word.trim_start().starts_with("Apply"), "{width}x{height}: {line}");
        assert_eq!(orders(&click(&mut driver, cancel)), 0);
        assert!(driver.app.confirm().is_none());
        driver.keys("D");
        assert_eq!(orders(&click(&mut driver, apply)), 1, "{width}x{height}");
    }
}

#[test]
fn a_question_says_when_the_world_has_overtaken_it() {
    let mut driver = Driver::large();
    driver.keys("j m p r i v Enter");
    assert!(driver.app.confirm().is_some() && !driver.screen().contains("Meanwhile"));
    driver.changes(vec![Change::LinkGone(key(C2, 2))]);
    assert!(driver.screen().contains("Meanwhile eth0 in centos1-2"), "{}", driver.screen());
    driver.keys("Esc u");
    assert!(driver.app.confirm().is_some() && !driver.screen().contains("Meanwhile"));
}

#[test]
fn marked_rows_that_a_filter_hides_are_counted() {
    let mut driver = Driver::large();
    driver.go_to(Item::Link(key(C2, 2)));
    driver.keys("V Space");
    assert!(driver.screen().contains("1 marked ─"), "{}", driver.screen());
    driver.keys("/ t a p Enter");
    assert!(driver.screen().contains("1 marked, 1 of them hidden"), "{}", driver.screen());
    driver.keys("u");
    assert!(driver.screen().contains("Set eth0 in centos1-2 down"), "{}", driver.screen());
}

#[test]
fn several_commands_are_copied_and_counted() {
    let mut driver = Driver::large();
    let copies = driver.keys("V j Space Space D Y").to_vec();
    let told = copies.into_iter().find_map(|effect| match effect {
        Effect::Copy { told, .. } => Some(told),
        _ => None,
    });
    driver.send(Event::Copied(Ok(told.expect("a copy"))));
    assert!(driver.screen().contains("copied: 2 commands, a line each"), "{}", driver.screen());
}

#[test]
fn a_long_refusal_is_told_to_its_end() {
    let mut driver = Driver::new(40, 15, Settings::default());
    driver.keys("m");
    assert!(driver.screen().replace('\n', "").contains("choose a macvlan"), "{}", driver.screen());
}

#[test]
fn what_can_no_longer_be_undone_is_told_and_forgotten() {
    let mut driver = Driver::large();
    driver.go_to(Item::Link(key(C2, 2)));
    let order = driver.keys("D Tab Enter").iter().find_map(|effect| match effect {
        Effect::Apply { plan, .. } => Some((**plan).clone()),
        _ => None,
    });
    let plan = order.expect("an order");
    driver.changes(vec![Change::LinkGone(key(C2, 2))]);
    let ops = plan.steps[0].undo.clone();
    let undo = plan::undo(driver.app.topology(), &plan.title, ops);
    let outcome =
        Outcome { verdict: Verdict::Done, fates: vec![Fate::Done], undo: Some(Box::new(undo)) };
    driver.send(Event::Applied { outcome, reverts_in: None });
    driver.changes(vec![Change::LinkGone(key(HOST, 3))]);
    driver.keys("z");
    assert!(driver.app.confirm().is_none(), "{}", driver.screen());
    let told = &driver.app.notice().unwrap().text;
    assert!(told.contains("can't be undone any more: ens8 in host"), "{told}");
    driver.keys("z");
    assert!(driver.app.notice().unwrap().text.contains("nothing was changed"));
}
