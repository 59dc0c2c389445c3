//! Changes that revert by themselves unless somebody keeps them.

use std::time::Duration;

use super::{applied, notice, report, set_up, top};
use crate::app::driver::Driver;
use crate::app::screens::Screen;
use crate::app::{Effect, Event};
use crate::model::fixture::{C3, HOST, key};
use crate::plan::session::Session;
use crate::plan::{Fate, Outcome, Verdict};

#[test]
fn a_change_that_waits_counts_down_and_is_kept_or_reverted() {
    for (keys, effect) in [("K", Effect::Keep), ("R", Effect::Revert)] {
        let mut driver = waiting();
        assert!(driver.screen().starts_with(" Reverts in 30 s"), "{}", driver.screen());
        driver.wait(Duration::from_millis(2500));
        assert!(driver.screen().starts_with(" Reverts in 28 s"), "{}", driver.screen());
        let selected = driver.selected();
        driver.keys("j");
        assert_ne!(driver.selected(), selected, "other keys still work");
        driver.keys("u");
        assert!(notice(&driver).contains("keeps it"), "but the next change has to wait");
        assert!(
            !driver.keys("Enter Esc").contains(&Effect::Keep),
            "an Enter too many is no answer"
        );
        assert_eq!(driver.keys(keys), [effect]);
    }
    let mut driver = waiting();
    assert_eq!(driver.keys("z"), [Effect::Revert]);
    let outcome = Outcome { verdict: Verdict::Done, fates: vec![Fate::Done], undo: None };
    driver.send(Event::Reverted { outcome, why: "it was asked for".into() });
    assert!(driver.app.pending().is_none());
    driver.keys("z");
    assert!(notice(&driver).contains("nothing was changed"), "what was reverted is not undone");
    let mut driver = waiting();
    driver.send(Event::Kept);
    driver.keys("z");
    assert_eq!(top(&driver), Some(Screen::Confirm));
}

/// A change that reverts in 30 seconds.
fn waiting() -> Driver {
    let mut driver = Driver::large();
    let (plan, revert_after) = applied(driver.keys("j u r Tab Enter")).expect("an order");
    assert_eq!(revert_after, Some(Duration::from_secs(30)));
    set_up(&mut driver, false);
    report(&mut driver, &plan, revert_after);
    driver
}

#[test]
fn a_reversion_that_fails_is_told_and_can_be_tried_again() {
    let mut driver = waiting();
    let verdict = Verdict::Failed("eth0 in centos1-2 is gone".into());
    let outcome = Outcome { verdict, fates: vec![Fate::Failed], undo: None };
    driver.send(Event::Reverted { outcome, why: "nobody kept it in time".into() });
    assert!(driver.screen().contains("eth0 in centos1-2 is gone"));
    driver.keys("Enter");
    assert_eq!(top(&driver), Some(Screen::Confirm));
}

#[test]
fn quitting_with_a_change_that_waits_is_asked_twice() {
    let mut driver = waiting();
    assert_eq!(driver.keys("q"), []);
    assert!(notice(&driver).contains("quitting reverts"));
    assert_eq!(driver.keys("j q"), [Effect::Watch(vec![key(C3, 2)]), Effect::Examine(key(C3, 2))]);
    assert_eq!(driver.keys("q"), [Effect::Quit]);
}

#[test]
fn what_carries_the_session_reverts_by_itself() {
    let session = Session {
        client: "10.0.0.9".parse().unwrap(),
        server: "10.0.0.5".parse().unwrap(),
        netns: HOST,
        oif: Some(3),
    };
    let mut driver = Driver::large();
    driver.send(Event::Session(session));
    driver.keys("u");
    let confirm = driver.app.confirm().unwrap();
    assert!(confirm.danger.is_some() && !confirm.apply && confirm.revert_after.is_some());
    let (_, revert_after) = applied(driver.keys("Tab Enter")).unwrap();
    assert_eq!(revert_after, Some(Duration::from_secs(30)));
}
