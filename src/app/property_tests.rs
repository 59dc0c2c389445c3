//! Whatever comes in, in whatever order: the state stays sound, and nothing is changed that nobody
//! agreed to.

use std::time::Duration;

use crossterm::event::{
    Event as Input, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;
use ratatui::layout::Position;

use super::driver::Driver;
use super::keymap::TABLE;
use super::packets::fixture::batch;
use super::screens::Screen;
use super::{App, Authority, Effect, Event, Settings};
use crate::model::fixture::{self, C2, C3, HOST, TEST1};
use crate::model::{Answers, Change, SourceId};
use crate::plan::{Fate, Outcome, Plan, Verdict};
use crate::reach::Found;

/// What must hold whatever happened.
fn check(app: &App) {
    let tree = app.tree();
    let rows = tree.rows();
    assert_eq!(tree.selected(), rows.get(tree.cursor()).map(|row| row.item));
    assert!(rows.is_empty() || tree.cursor() < rows.len());
    assert!(tree.offset() <= tree.cursor());
    let height = usize::from(app.layout().rows.height);
    assert!(height == 0 || rows.is_empty() || tree.cursor() < tree.offset() + height);
    if let (Some([from, to]), Some(matrix), Some(Screen::Reach)) =
        (app.reach_pair(), app.matrix(), app.screen().map(|open| open.screen))
    {
        let grid = app.grid();
        assert!(matrix.ends[grid.rows].contains(&from));
        assert!(matrix.ends[grid.columns].contains(&to) || app.layout().screen.height == 0);
    }
    let is_listed = app.screen().is_some_and(|open| open.screen == Screen::Packets);
    if let Some(packets) = app.packets().filter(|_| is_listed) {
        let window = packets.window(app.packet_rows());
        let is_shown = window.shown.contains(&window.cursor);
        assert!(is_shown || window.entries.is_empty() || app.packet_rows() == 0);
    }
    if let Some(open) = app.screen() {
        let layout = app.layout();
        let lines = app.sheet(open.screen).lines(usize::from(layout.screen.width)).len();
        assert!(open.scroll <= lines.saturating_sub(usize::from(layout.screen.height)));
    }
}

/// Whether an event takes the answer yes to a question that is on the screen.
fn is_agreement(app: &App, event: &Event) -> bool {
    let asked = app.screen().is_some_and(|open| open.screen == Screen::Confirm);
    let enter = matches!(event, Event::Input(Input::Key(key)) if key.code == KeyCode::Enter);
    let clicked = matches!(event, Event::Input(Input::Mouse(mouse))
        if mouse.kind == MouseEventKind::Down(MouseButton::Left)
            && app.layout().answer_places()[1].contains(Position::new(mouse.column, mouse.row)));
    let is_yes = app.confirm().is_some_and(|confirm| confirm.apply);
    asked && app.prompt().is_none() && (clicked || enter && is_yes)
}

fn changes_something(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Apply { .. }
            | Effect::Keep
            | Effect::Revert
            | Effect::Shell(_)
            | Effect::Probe(_)
            | Effect::ProbeOutside { .. }
            | Effect::Capture(Some(_))
    )
}

/// Reports plans of one step as done and others as failed.
fn report(driver: &mut Driver, plan: &Plan, revert_after: Option<Duration>) {
    let outcome = if plan.steps.len() == 1 {
        let fates = vec![Fate::Done];
        Outcome { verdict: Verdict::Done, fates, undo: Some(Box::new(plan.clone())) }
    } else {
        let fates = vec![Fate::NotTried; plan.steps.len()];
        Outcome { verdict: Verdict::Failed("it failed".into()), fates, undo: None }
    };
    driver.send(Event::Applied { outcome, reverts_in: revert_after });
}

fn any_event() -> impl Strategy<Value = Event> {
    let keys: Vec<_> = TABLE.iter().flat_map(|row| row.keys.split(' ')).collect();
    let key = prop_oneof![8 => proptest::sample::select(keys).prop_map(str::to_owned), 2 => "[a-z0-9:/!]"]
        .prop_map(|text| text.parse::<super::chord::Chord>().unwrap())
        .prop_map(|chord| Event::Input(Input::Key(chord.into())));
    let changes = crate::lint::fixture::changes();
    let gone = [HOST, C2, C3, TEST1].map(Change::NetnsGone);
    let silent = [0, 1].map(|n| Change::Belief { source: SourceId(n), belief: None });
    let told = [fixture::owners(), fixture::beliefs(), silent.into()].concat();
    let news = proptest::sample::select([&changes[..], &gone[..], &told[..]].concat());
    let kinds = [MouseEventKind::Down(MouseButton::Left), MouseEventKind::ScrollDown];
    let mouse = (proptest::sample::select(kinds.to_vec()), 0_u16..130, 0_u16..45).prop_map(
        |(kind, column, row)| {
            let modifiers = KeyModifiers::NONE;
            Event::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers }))
        },
    );
    let change = prop_oneof![
        Just("m"),
        Just("e"),
        Just("u"),
        Just("c"),
        Just("D"),
        Just("Enter"),
        Just("r"),
        Just("s")
    ];
    let verb = change.prop_map(|key| {
        let chord: super::chord::Chord = key.parse().unwrap();
        Event::Input(Input::Key(chord.into()))
    });
    prop_oneof![
        6 => verb,
        12 => key,
        2 => news.prop_map(|change| Event::Changes(vec![change])),
        2 => mouse,
        1 => (1_u16..130, 1_u16..45).prop_map(|(w, h)| Event::Input(Input::Resize(w, h))),
        1 => ".{0,8}".prop_map(|text| Event::Input(Input::Paste(text))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nothing_that_comes_in_breaks_it(
        events in proptest::collection::vec(any_event(), 0..60),
        (width, height) in (1_u16..130, 1_u16..45),
        (read_only, networks) in any::<(bool, bool)>(),
    ) {
        let authority = if read_only { Authority::ReadOnly } else { Authority::All };
        let mut driver = Driver::new(width, height, Settings { authority, ..Settings::default() });
        if networks {
            driver.changes([fixture::owners(), fixture::beliefs()].concat());
            driver.keys("t t");
        }
        for event in events {
            let agreed = is_agreement(&driver.app, &event);
            let effects = driver.send(event).to_vec();
            assert!(!read_only || !effects.iter().any(changes_something));
            for effect in effects {
                match effect {
                    Effect::Apply { plan, revert_after } => {
                        assert!(agreed, "nobody said yes to {plan:?}");
                        report(&mut driver, &plan, revert_after);
                    }
                    Effect::Probe(pair) => {
                        let result = Ok(Found { unicast: [true, false], ..Found::default() });
                        driver.send(Event::Probed { pair, result });
                    }
                    Effect::ProbeOutside { from, asked } => {
                        let result = Ok(Answers { resolved: true, echoed: false });
                        driver.send(Event::OutsideProbed { from, asked, result });
                    }
                    Effect::AskGateway(of) => {
                        let gateway = [192, 168, 128, 1].into();
                        driver.send(Event::Gateway { of, gateway });
                    }
                    Effect::Capture(Some(_)) => {
                        driver.send(Event::Caught(batch(1, 60)));
                    }
                    _ => {}
                }
            }
            driver.wait(Duration::from_millis(100));
            check(&driver.app);
        }
        driver.screen();
    }
}
