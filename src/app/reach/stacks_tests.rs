//! What stacks answer: a probe's questions, and how they would send to each other.

use std::time::Duration;

use super::tests::{ALL, NOTHING, answer, on_the_containers, text};
use crate::app::driver::Driver;
use crate::app::{Effect, Event};
use crate::model::fixture::{C2, C3, key};
use crate::model::{Answers, Change, Mode, Neighbour, Route, Stack};
use crate::reach::Found;

#[test]
fn what_the_other_stack_answered_stands_beside_the_frames() {
    let mut driver = on_the_containers();
    let answers = |resolved, echoed| Some([Answers { resolved, echoed }; 2]);
    for (answers, told) in [
        (answers(true, true), "ARP answered, ping answered"),
        (answers(true, false), "ARP answered, ping no answer"),
        (answers(false, false), "ARP no answer, ping no answer"),
    ] {
        driver.keys("p");
        answer(&mut driver, Found { answers, ..NOTHING });
        assert!(text(&driver).contains(told), "{told}: {}", text(&driver));
    }
    driver.keys("p");
    answer(&mut driver, NOTHING);
    assert!(!text(&driver).contains("ping"), "{}", text(&driver));
}

#[test]
fn the_way_asks_both_stacks_and_again_when_an_end_changes() {
    let mut driver = on_the_containers();
    driver.keys("H");
    assert!(text(&driver).contains(": reachable."), "{}", text(&driver));
    let pair = [key(C2, 2), key(C3, 2)];
    assert_eq!(driver.keys("Enter"), [Effect::AskStacks(pair)]);
    assert_eq!(driver.keys("w Esc"), []);
    let refused = Stack { route: Some(Route::None), ..Stack::default() };
    let stacks = [refused.clone(), Stack::default()];
    driver.send(Event::Stacks { pair, stacks: stacks.clone() });
    assert!(text(&driver).contains("has no route to"), "{}", text(&driver));
    // A result of frames does not depend on what the stacks say.
    driver.keys("p");
    answer(&mut driver, ALL);
    assert!(text(&driver).contains("probe agreed"), "{}", text(&driver));
    let mut link = driver.app.topology().link(pair[1]).unwrap().clone();
    link.mtu = 1400;
    driver.changes(vec![Change::Link(Box::new(link))]);
    assert_eq!(driver.effects, [Effect::AskStacks(pair)]);
    assert!(text(&driver).contains(": reachable."), "{}", text(&driver));
    // An answer that comes when nobody looks any more changes nothing.
    driver.keys("Esc");
    driver.send(Event::Stacks { pair, stacks });
    assert!(text(&driver).contains(": reachable."), "{}", text(&driver));
    assert_eq!(driver.keys("Enter"), [Effect::AskStacks(pair)]);
}

/// Frames pass, and both stacks have just said this of neighbours.
fn told_of_failure(driver: &mut Driver, failed: bool) -> bool {
    let pair = [key(C2, 2), key(C3, 2)];
    let neighbour = if failed { Neighbour::Failed } else { Neighbour::Unknown };
    let stack = Stack { neighbour: Some(neighbour), ..Stack::default() };
    driver.send(Event::Stacks { pair, stacks: [stack.clone(), stack] });
    text(driver).contains("and got no answer")
}

#[test]
fn stacks_are_asked_now_and_then_as_long_as_the_way_is_open() {
    let mut driver = on_the_containers();
    let pair = [key(C2, 2), key(C3, 2)];
    driver.keys("H Enter");
    assert!(told_of_failure(&mut driver, true));
    driver.wait(Duration::from_secs(1));
    assert_eq!(driver.effects, []);
    driver.wait(Duration::from_secs(1));
    assert_eq!(driver.effects, [Effect::AskStacks(pair)]);
    assert!(!told_of_failure(&mut driver, false), "{}", text(&driver));
    driver.keys("Esc");
    driver.wait(Duration::from_secs(60));
    assert_eq!(driver.effects, []);
}

#[test]
fn what_failed_before_frames_passed_is_no_obstacle() {
    let mut driver = on_the_containers();
    driver.keys("Enter");
    assert!(text(&driver).contains("nothing passes"), "{}", text(&driver));
    let change = |driver: &mut Driver, netns, mode| {
        let mut link = driver.app.topology().link(key(netns, 2)).unwrap().clone();
        link.macvlan_mut().unwrap().mode = mode;
        driver.changes(vec![Change::Link(Box::new(link))]);
    };
    // By a change of an end, or of something between them.
    for by_an_end in [true, false] {
        if by_an_end {
            change(&mut driver, C2, Mode::Bridge);
            change(&mut driver, C3, Mode::Bridge);
        } else {
            change(&mut driver, C2, Mode::Vepa);
            driver.wait(Stack::MOMENT);
            driver.keys("H");
        }
        assert!(!told_of_failure(&mut driver, true), "{}", text(&driver));
        driver.wait(Stack::MOMENT);
        assert!(told_of_failure(&mut driver, true), "{}", text(&driver));
    }
}
