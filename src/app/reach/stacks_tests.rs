//! What stacks answer: a probe's questions, and how they would send to each other.

use super::tests::{ALL, NOTHING, answer, on_the_containers, text};
use crate::app::{Effect, Event};
use crate::model::fixture::{C2, C3, key};
use crate::model::{Answers, Change, Route, Stack};
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
fn the_way_asks_both_stacks_once_and_again_when_an_end_changes() {
    let mut driver = on_the_containers();
    driver.keys("H");
    assert!(text(&driver).contains(": reachable."), "{}", text(&driver));
    let pair = [key(C2, 2), key(C3, 2)];
    assert_eq!(driver.keys("Enter"), [Effect::AskStacks(pair)]);
    assert_eq!(driver.keys("H H"), []);
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
