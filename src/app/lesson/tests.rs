//! Lessons driven as the runtime drives them: events in, effects out, time by hand.

#[path = "hand_tests.rs"]
mod hand;
#[path = "play_tests.rs"]
mod play;

use std::time::Duration;

use crate::app::chord::Chord;
use crate::app::driver::Driver;
use crate::app::keymap::TABLE;
use crate::app::lesson::Mark;
use crate::app::screens::Screen;
use crate::app::{Effect, Event, Lab, Settings};
use crate::model::fixture::{self, C2, HOST, key};
use crate::model::{Answers, Change, Item, LinkKey, Mode, Problem};
use crate::reach::Found;
use crate::teach::{Lesson, Stroke, shipped};

const MOMENT: Duration = Duration::from_millis(600);

/// A lesson about the fixture's host, with a step of every nature.
const LESSON: &str = "+++
title = \"t\"
lab = \"modes\"

[[step]]
check = { screen = \"reach\" }
hint = \"Press r.\"
go = \"ens8\"
keys = \"r\"

[[step]]
check = { link = \"centos1-2/eth0\", mode = \"bridge\" }
hint = \"Press m.\"
go = \"centos1-2/eth0\"
keys = 'm \"bridge\" Enter Enter'

[[step]]
check = { from = \"centos1-2/eth0\", to = \"ens8\", reaches = true }
hint = \"Wait.\"
keys = \"r\"
+++
## One
Look.
## Two
Change.
## Three
Ask.
";

fn leaked(text: &str) -> &'static Lesson {
    Box::leak(Box::new(Lesson::parse("test", text).unwrap()))
}

fn lab() -> Lab {
    Lab { name: "modes".into(), ..Lab::default() }
}

/// The fixture's host as a lab, with the lesson staged and begun.
fn begun(width: u16, height: u16, speed: Option<f64>) -> Driver {
    begun_by(Driver::new(width, height, settings()), speed)
}

fn settings() -> Settings {
    Settings { lab: Some(lab()), ..Settings::default() }
}

fn begun_by(mut driver: Driver, speed: Option<f64>) -> Driver {
    let mut effects = Vec::new();
    driver.app.stage(leaked(LESSON), speed.map(super::Play::new), &mut effects);
    assert_eq!(effects, [Effect::Stage("modes".into())]);
    driver.send(Event::Staged(Ok(Vec::new())));
    driver.wait(MOMENT);
    driver
}

fn marks(driver: &Driver) -> Vec<Mark> {
    driver.app.lesson_page().expect("a lesson on the screen").marks
}

fn at(driver: &Driver) -> usize {
    driver.app.lesson_page().expect("a lesson on the screen").at
}

fn state(driver: &Driver) -> String {
    let page = driver.app.lesson_page().expect("a lesson on the screen");
    let lines = page.state.entries.iter().map(|entry| format!("{} {}", entry.label, entry.text));
    lines.collect::<Vec<_>>().join("\n")
}

/// The kernel says that eth0 of C2 is in bridge mode now.
fn turn_to_bridge(driver: &mut Driver) {
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    link.macvlan_mut().unwrap().mode = Mode::Bridge;
    driver.changes(vec![Change::Link(Box::new(link))]);
}

/// The tests that were asked for.
fn probes(effects: &[Effect]) -> Vec<[LinkKey; 2]> {
    let pair = |effect: &Effect| match effect {
        Effect::Probe(pair) => Some(*pair),
        _ => None,
    };
    effects.iter().filter_map(pair).collect()
}

fn found(answered: bool) -> Found {
    let answers = Answers { resolved: answered, echoed: answered };
    Found { unicast: [true; 2], broadcast: [true; 2], answers: Some([answers; 2]) }
}

/// Lets time pass in the steps in which the runtime would.
fn let_pass(driver: &mut Driver, time: Duration) -> Vec<Effect> {
    let mut effects = Vec::new();
    for _ in 0..time.as_millis() / 100 {
        driver.wait(Duration::from_millis(100));
        effects.extend(driver.effects.clone());
    }
    effects
}

#[test]
fn every_key_of_every_lesson_is_a_key_of_the_table() {
    for lesson in shipped() {
        for stroke in lesson.steps.iter().flat_map(|step| &step.keys) {
            let Stroke::Key(word) = stroke else { continue };
            let known = TABLE.iter().any(|row| row.keys.split(' ').any(|key| key == word));
            assert!(known, "{}: {word} is no key of the table", lesson.name);
            assert!(word.parse::<Chord>().is_ok(), "{}: {word}", lesson.name);
        }
    }
}

#[test]
fn a_step_ends_when_its_check_holds_and_the_next_begins_after_a_moment() {
    let mut driver = begun(120, 40, None);
    assert_eq!((at(&driver), marks(&driver)), (0, vec![Mark::Open; 3]));
    driver.keys("r");
    assert_eq!((at(&driver), marks(&driver)[0]), (0, Mark::Done), "the tick is seen first");
    driver.wait(Duration::from_millis(1600));
    assert_eq!(at(&driver), 1);
    assert!(
        state(&driver).contains("not yet centos1-2/eth0 is bridge; so far it is vepa"),
        "{}",
        state(&driver)
    );
    // What ends it is the kernel, not a key.
    turn_to_bridge(&mut driver);
    assert_eq!(marks(&driver)[1], Mark::Done);
    driver.keys("F4");
    assert_eq!(at(&driver), 2, "nobody has to wait for the next step");
}

#[test]
fn the_wire_is_asked_when_the_kernel_is_quiet_and_again_when_it_was_not() {
    let mut driver = begun(120, 40, None);
    driver.keys("F4 F4");
    assert_eq!(at(&driver), 2);
    let pair = [key(C2, 2), key(HOST, 3)];
    assert!(probes(&let_pass(&mut driver, Duration::from_millis(200))).is_empty());
    assert_eq!(probes(&let_pass(&mut driver, Duration::from_millis(300))), [pair]);
    // Nothing else is asked before that is answered, be it the learner's own test.
    driver.keys("Esc g r p");
    assert!(probes(&let_pass(&mut driver, Duration::from_secs(5))).is_empty());
    // Meanwhile something happened: the answer is worth nothing.
    turn_to_bridge(&mut driver);
    let answer = |answered| Event::Probed { pair, result: Ok(found(answered)) };
    let own = probes(driver.send(answer(true)));
    assert_eq!(own.len(), 1, "now it is the learner's turn");
    assert_eq!(marks(&driver)[2], Mark::Open);
    driver.send(Event::Probed { pair: own[0], result: Ok(found(false)) });
    assert_eq!(probes(&let_pass(&mut driver, Duration::from_millis(400))), [pair]);
    driver.send(answer(false));
    assert!(
        state(&driver).contains("centos1-2/eth0 reaches ens8; the wire says no"),
        "{}",
        state(&driver)
    );
    // Not everything that matters makes an event.
    assert_eq!(probes(&let_pass(&mut driver, Duration::from_millis(3200))), [pair]);
    driver.send(answer(true));
    assert_eq!(marks(&driver)[2], Mark::Done);
    assert!(state(&driver).contains("centos1-2/eth0 reaches ens8"));
}

#[test]
fn steps_can_be_passed_read_again_and_begun_again() {
    let mut driver = begun(120, 40, None);
    driver.keys("F2");
    assert!(state(&driver).contains("hint Press r."));
    driver.keys("r F4 Esc F6");
    assert_eq!(at(&driver), 0);
    driver.wait(Duration::from_secs(5));
    assert_eq!(at(&driver), 0, "a step that is read again does not run away");
    driver.keys("F4 F4 F4");
    assert_eq!(marks(&driver), [Mark::Done, Mark::Passed, Mark::Passed]);
    let effects = driver.keys("F7").to_vec();
    assert!(effects.contains(&Effect::Stage("modes".into())));
    driver.send(Event::Staged(Err("no such driver".into())));
    let page = driver.app.lesson_page().unwrap();
    assert_eq!(page.heading, "The lab could not be built");
    let words: Vec<_> = page.keys.iter().flatten().map(|(_, word)| *word).collect();
    assert_eq!(words, ["close", "restart", "hide"], "there is no step to go on from");
    driver.keys("F8");
    assert!(driver.app.lesson_page().is_none());
}

#[test]
fn nothing_is_changed_while_the_lab_is_built() {
    let mut driver = begun(120, 40, None);
    driver.keys("F7 j");
    for key in ["m", "S"] {
        assert!(driver.keys(key).is_empty(), "{key}");
        assert!(driver.app.notice().unwrap().text.contains("being built"), "{key}");
    }
    // Nor when nobody looks at the lesson any more.
    driver.keys("F8 L Enter");
    assert!(driver.app.notice().unwrap().text.contains("being built"));
    driver.send(Event::Staged(Ok(Vec::new())));
    assert!(driver.keys("Enter").contains(&Effect::Stage(shipped()[0].lab.clone())));
}

#[test]
fn the_list_begins_a_lesson_and_is_for_labs_only() {
    let mut driver = begun(120, 40, None);
    let effects = driver.keys("L j Enter").to_vec();
    assert!(effects.contains(&Effect::Stage(shipped()[1].lab.clone())));
    let mut outside = Driver::large();
    outside.keys("L");
    assert!(outside.app.notice().unwrap().text.contains("macvlens lab"));
    assert!(outside.app.screen().is_none());
}

#[test]
fn what_the_kernel_lacks_is_told_and_passed() {
    let settings = Settings { lab: Some(lab()), ..Settings::default() };
    let mut driver = Driver::new(120, 40, settings);
    let needy = LESSON.replacen("hint =", "needs = \"8021q\"\nhint =", 1);
    driver.app.stage(leaked(&needy), None, &mut Vec::new());
    let missing = Problem { what: "ens10.10".into(), why: "no 802.1Q".into(), incomplete: true };
    driver.send(Event::Staged(Ok(vec![missing])));
    driver.wait(MOMENT);
    driver.keys("r");
    assert_eq!(marks(&driver)[0], Mark::Open);
    assert!(state(&driver).contains("This kernel has no 8021q: F4"), "{}", state(&driver));
    driver.keys("F3");
    assert!(driver.app.notice().unwrap().text.contains("8021q"));
    driver.keys("F4");
    assert_eq!(marks(&driver)[0], Mark::Passed);
}

#[test]
fn a_refusal_that_the_learner_reads_counts() {
    let settings = Settings { lab: Some(lab()), ..Settings::default() };
    let mut driver = Driver::new(120, 40, settings);
    let refused = LESSON.replacen("{ screen = \"reach\" }", "{ refused = \"name-taken\" }", 1);
    driver.app.stage(leaked(&refused), None, &mut Vec::new());
    driver.send(Event::Staged(Ok(Vec::new())));
    driver.wait(MOMENT);
    driver.keys("c");
    assert_eq!(marks(&driver)[0], Mark::Open);
    driver.keys("Tab Tab Ctrl-U e n s 9");
    assert_eq!(marks(&driver)[0], Mark::Open, "nobody has asked for the plan");
    driver.keys("Ctrl-S");
    assert_eq!(marks(&driver)[0], Mark::Done);
}

#[test]
fn on_a_small_screen_it_gives_way_to_the_first_key() {
    let mut driver = begun(40, 15, None);
    assert!(driver.app.lesson_covers());
    driver.keys("j");
    assert_eq!(driver.selected(), "ens8 in host", "what can't be seen does not move");
    driver.keys("r");
    assert!(!driver.app.lesson_covers() || marks(&driver)[0] == Mark::Done);
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Reach));
    assert_eq!(marks(&driver)[0], Mark::Done, "the tick is seen");
    driver.keys("F9");
    assert!(!driver.app.lesson_covers());
    driver.keys("F9");
    assert!(driver.app.lesson_covers());
}

#[test]
fn a_card_is_drawn_for_the_room_that_the_lesson_leaves() {
    for (width, are_beside) in [(120, false), (160, true)] {
        let mut driver = begun(width, 40, None);
        driver.go_to(Item::Link(key(C2, 2)));
        driver.keys("i");
        let screen = driver.screen();
        let beside =
            screen.lines().any(|line| line.contains("hairpin off") && line.contains("hairpin on"));
        assert!(screen.contains("hairpin off") && beside == are_beside, "{screen}");
    }
}

#[test]
fn a_lesson_that_was_asked_for_begins_by_itself() {
    let begin = |lesson: Option<&'static Lesson>| {
        let lab = Lab { lesson, ..lab() };
        let settings = Settings { lab: Some(lab), ..Settings::default() };
        let mut driver = Driver::new(120, 40, settings);
        driver.changes(fixture::changes());
        driver.wait(MOMENT);
        driver
    };
    assert!(begin(None).app.notice().unwrap().text.contains("L lists the lessons"));
    let here = shipped().iter().find(|lesson| lesson.lab == "modes").unwrap();
    assert_eq!(begin(Some(here)).app.lesson_page().unwrap().title, here.title);
    let there = shipped().iter().find(|lesson| lesson.lab != "modes").unwrap();
    let page = begin(Some(there)).app.lesson_page().unwrap();
    assert_eq!(page.heading, "One moment");
}

#[test]
fn a_lab_without_a_lesson_says_what_is_to_be_seen_and_how_lessons_are_found() {
    let lab = Lab { about: "Six of\nthem. ".into(), ..lab() };
    let settings = Settings { lab: Some(lab), ..Settings::default() };
    let mut driver = Driver::new(80, 24, settings);
    let told = &driver.app.notice().unwrap().text;
    assert_eq!(told, "lab modes: Six of them. L lists the lessons.");
    driver.keys("j");
    assert!(driver.screen().lines().last().unwrap().starts_with(" L lessons"));
    // Where one is open its pane has the keys.
    driver.app.stage(leaked(LESSON), None, &mut Vec::new());
    assert_ne!(driver.app.hints()[0].1, "lessons");
}

#[test]
fn text_that_is_longer_than_the_pane_scrolls_and_names_the_keys() {
    let long = LESSON.replacen("Look.", &"Look around, and then look again. ".repeat(20), 1);
    let mut driver = Driver::new(80, 24, Settings { lab: Some(lab()), ..Settings::default() });
    driver.app.stage(leaked(&long), None, &mut Vec::new());
    driver.send(Event::Staged(Ok(Vec::new())));
    driver.wait(MOMENT);
    let keys = |driver: &Driver| driver.app.lesson_page().unwrap().keys.concat();
    let has = |driver: &Driver, key: &str| keys(driver).iter().any(|(known, _)| known == key);
    assert!(has(&driver, "Alt-Down") && !has(&driver, "Alt-Up"));
    driver.keys("Alt-Down");
    assert_eq!(driver.app.lesson_page().unwrap().scroll, 1);
    assert!(has(&driver, "Alt-Down") && has(&driver, "Alt-Up"));
    for _ in 0..30 {
        driver.keys("Alt-Down");
    }
    assert!(!has(&driver, "Alt-Down"), "it ends");
    driver.keys("Alt-Up");
    assert!(has(&driver, "Alt-Down"));
}
