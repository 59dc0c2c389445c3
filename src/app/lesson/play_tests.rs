//! Lessons that perform themselves: time by hand, and the few keys that steer them.

use super::*;
use crate::app::lesson::Play;

#[test]
fn a_lesson_performs_itself_and_can_be_stopped_stepped_and_taken_over() {
    let mut driver = begun(120, 40, Some(1.0));
    assert!(driver.app.is_playing());
    driver.keys("w q");
    assert_eq!(driver.effects, [Effect::Quit]);
    assert!(driver.app.screen().is_none(), "keys are for the play");
    let_pass(&mut driver, Duration::from_secs(1));
    driver.keys("Space");
    let_pass(&mut driver, Duration::from_secs(60));
    assert_eq!(marks(&driver)[0], Mark::Open, "it is paused");
    assert!(state(&driver).contains("paused Space goes on"), "{}", state(&driver));
    driver.keys("Right Right Right");
    assert_eq!(marks(&driver)[0], Mark::Done, "row, key");
    driver.keys("Right");
    assert_eq!(at(&driver), 1);
    driver.keys("Space");
    let effects = let_pass(&mut driver, Duration::from_secs(20));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Apply { .. })));
    // Nobody knows yet what comes of it, so that the next step does not begin.
    driver.keys("Right Right Right");
    assert_eq!((at(&driver), marks(&driver)[1]), (1, Mark::Open));
    assert!(!state(&driver).contains("did not turn out"), "{}", state(&driver));
    driver.keys("Esc");
    assert!(!driver.app.is_playing());
    assert!(driver.app.lesson_page().is_some());
}

#[test]
fn a_play_that_does_not_turn_out_stops_and_says_so() {
    let mut driver = begun(120, 40, Some(10.0));
    let_pass(&mut driver, Duration::from_secs(3));
    assert_eq!(at(&driver), 1);
    // The change is asked for, and the kernel refuses it.
    let_pass(&mut driver, Duration::from_secs(4));
    assert!(driver.app.is_applying());
    let failed = crate::plan::Verdict::Failed("no".into());
    let outcome = crate::plan::Outcome { verdict: failed, fates: Vec::new(), undo: None };
    driver.send(Event::Applied { outcome, reverts_in: None });
    let_pass(&mut driver, Duration::from_secs(30));
    assert_eq!(at(&driver), 1);
    assert!(state(&driver).contains("did not turn out"), "{}", state(&driver));
    driver.keys("Right");
    assert_eq!(at(&driver), 2);
}

#[test]
fn a_play_shows_all_of_a_long_text() {
    let long = LESSON.replacen("Look.", &"Look around, and then look again. ".repeat(20), 1);
    let mut driver = Driver::new(80, 24, Settings { lab: Some(lab()), ..Settings::default() });
    driver.app.stage(leaked(&long), Some(Play::new(1.0)), &mut Vec::new());
    driver.send(Event::Staged(Ok(Vec::new())));
    driver.wait(MOMENT);
    let page = |driver: &Driver| driver.app.lesson_page().unwrap();
    let hidden = page(&driver).text.len() - usize::from(page(&driver).text_area.height);
    assert!(page(&driver).scroll == 0 && hidden > 0);
    // 120 words are 36 seconds.
    let_pass(&mut driver, Duration::from_secs(22));
    assert!((1..hidden).contains(&page(&driver).scroll), "{}", page(&driver).scroll);
    driver.keys("Space");
    let held = page(&driver).scroll;
    let_pass(&mut driver, Duration::from_secs(3));
    assert_eq!(page(&driver).scroll, held);
    driver.keys("Alt-Up");
    assert_eq!(page(&driver).scroll, held - 1);
    driver.keys("Space");
    let_pass(&mut driver, Duration::from_secs(10));
    assert_eq!((page(&driver).scroll, marks(&driver)[0]), (hidden, Mark::Open));
    // The pane has the play's keys, and the footer does not repeat them.
    assert_eq!(driver.app.hints(), [("q".to_owned(), "quit")]);
}
