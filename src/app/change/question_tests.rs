//! The question before a change: answered with the mouse, overtaken by the world, about rows that are
//! out of sight.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use crate::app::driver::Driver;
use crate::app::{Effect, Event, Settings};
use crate::model::fixture::{C2, key};
use crate::model::{Change, Item};

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
    driver.send(Event::Copied(Ok("ip link\nip address".into())));
    assert!(driver.screen().contains("copied: 2 commands, a line each"), "{}", driver.screen());
}

#[test]
fn a_long_refusal_is_told_to_its_end() {
    let mut driver = Driver::new(40, 15, Settings::default());
    driver.keys("m");
    assert!(driver.screen().replace('\n', "").contains("choose a macvlan"), "{}", driver.screen());
}
