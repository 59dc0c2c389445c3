//! Pictures of everything between the key that begins a change and the word that it is done.

use std::time::Duration;

use super::tests::{SIZES, pictures};
use crate::app::driver::Driver;
use crate::app::{ColorDepth, Effect, Event, Settings};
use crate::model::fixture::{C2, HOST, key};
use crate::model::{Change, Mode};
use crate::plan::session::Session;
use crate::plan::{Fate, Outcome, Verdict};

#[test]
fn a_form_for_a_new_link() {
    pictures("create", "c");
    pictures("create-refused", "c Tab Right Right Right");
    pictures("create-wrong", "c Tab Tab a / b");
}

#[test]
fn a_form_for_a_link() {
    pictures("edit", "j e Tab t h e Space w e b");
}

/// A link in source mode, whose form has a list of MACs.
#[test]
fn a_form_with_source_macs() {
    let mut driver = Driver::new(80, 24, Settings::default());
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    let macvlan = link.macvlan_mut().unwrap();
    macvlan.mode = Mode::Source;
    macvlan.sources = vec![[2, 0, 0, 0, 0, 1].into(), [2, 0, 0, 0, 0, 2].into()];
    driver.changes(vec![Change::Link(Box::new(link))]);
    driver.keys("j e Tab Tab Tab Tab Tab");
    insta::assert_snapshot!("edit-sources-80x24", driver.screen());
}

#[test]
fn lists_to_choose_from() {
    pictures("modes", "j m");
    pictures("modes-refused", "j m p a s s");
    pictures("namespaces", "j M");
    pictures("new-namespace", "C t e s t 1");
}

#[test]
fn marked_rows() {
    pictures("marked", "V j Space Space");
}

#[test]
fn a_question() {
    pictures("confirm", "j m s o u Enter");
    pictures("confirm-deletion", "j D");
    pictures("confirm-several", "/ m o d e : v e p a Enter A m p r i v Enter");
}

#[test]
fn a_question_about_the_session() {
    for (width, height) in SIZES {
        let mut driver = over_ssh(width, height, Settings::default());
        driver.keys("u");
        insta::assert_snapshot!(format!("confirm-ssh-{width}x{height}"), driver.screen());
    }
}

fn over_ssh(width: u16, height: u16, settings: Settings) -> Driver {
    let session = Session {
        client: "10.0.0.9".parse().unwrap(),
        server: "10.0.0.5".parse().unwrap(),
        netns: HOST,
        oif: Some(3),
    };
    let mut driver = Driver::new(width, height, settings);
    driver.send(Event::Session(session));
    driver
}

/// Says yes to what the keys lead to, and reports an outcome.
fn applied(driver: &mut Driver, keys: &str, outcome: impl Fn(usize) -> Outcome) {
    driver.keys(keys);
    let answer = if driver.app.confirm().unwrap().apply { "Enter" } else { "Tab Enter" };
    let effects = driver.keys(answer);
    let order = effects.iter().find_map(|effect| match effect {
        Effect::Apply { plan, revert_after } => Some((plan.steps.len(), *revert_after)),
        _ => None,
    });
    let (steps, reverts_in) = order.unwrap();
    driver.send(Event::Applied { outcome: outcome(steps), reverts_in });
}

#[test]
fn what_failed() {
    for (width, height) in SIZES {
        let mut driver = Driver::new(width, height, Settings::default());
        applied(&mut driver, "V j Space Space m p r i v Enter", |_| Outcome {
            verdict: Verdict::Failed(
                "can't set the mode of eth0 in centos1-3: no such device (ENODEV), because the \
                 link was deleted meanwhile; look again"
                    .into(),
            ),
            fates: vec![Fate::Left("putting it back was refused: EBUSY".into()), Fate::Failed],
            undo: None,
        });
        insta::assert_snapshot!(format!("failed-{width}x{height}"), driver.screen());
        let mut driver = Driver::new(width, height, Settings::default());
        applied(&mut driver, "j u", |steps| Outcome {
            verdict: Verdict::WorldChanged(vec![
                "eth0 in centos1-2 had MTU 1500 and now has 1400".into(),
            ]),
            fates: vec![Fate::NotTried; steps],
            undo: None,
        });
        insta::assert_snapshot!(format!("world-changed-{width}x{height}"), driver.screen());
    }
}

#[test]
fn a_countdown() {
    for (width, height) in SIZES {
        let mut driver = over_ssh(width, height, Settings::default());
        applied(&mut driver, "u", |steps| Outcome {
            verdict: Verdict::Done,
            fates: vec![Fate::Done; steps],
            undo: None,
        });
        driver.wait(Duration::from_secs(7));
        insta::assert_snapshot!(format!("countdown-{width}x{height}"), driver.screen());
    }
}

#[test]
fn ascii_alone_is_enough() {
    for (width, height) in SIZES {
        let settings = Settings { ascii: true, ..Settings::default() };
        let mut driver = over_ssh(width, height, settings);
        for (name, keys) in [
            ("create", "c"),
            ("modes", "Esc j m"),
            ("marked", "Esc V Space"),
            ("confirm", "Esc k D"),
        ] {
            driver.keys(keys);
            let screen = driver.screen();
            assert!(screen.is_ascii(), "{screen}");
            insta::assert_snapshot!(format!("ascii-{name}-{width}x{height}"), screen);
        }
    }
}

/// Without colour the chosen answer, the focused field and the selected row still stand out.
#[test]
fn without_colour_the_answer_stands_out() {
    use ratatui::style::Modifier;
    use ratatui::{Terminal, backend::TestBackend};
    let settings = Settings { colors: ColorDepth::None, ..Settings::default() };
    let mut driver = Driver::new(80, 24, settings);
    driver.keys("j D");
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| super::draw(frame, &driver.app)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = driver.app.layout().answers.rows().next_back().unwrap();
    let text: String = line.positions().map(|at| buffer[at].symbol()).collect();
    let styled = |word: &str, modifier: Modifier| {
        let column = u16::try_from(text.find(word).unwrap()).unwrap();
        buffer[(line.x + column, line.y)].modifier.contains(modifier)
    };
    assert!(styled("[ Cancel ]", Modifier::REVERSED), "{text}");
    assert!(!styled("Apply", Modifier::REVERSED), "{text}");
}
