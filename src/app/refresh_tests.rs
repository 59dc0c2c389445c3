//! What makes the screen change, and what is asked of the kernel for what is on it.

use std::time::Duration;

use crate::app::driver::Driver;
use crate::app::{App, Effect, Event, Now, Settings, update};
use crate::model::fixture::{C2, C3, HOST, key, mount, netns};
use crate::model::{Change, Item, Parent, Stats};

#[test]
fn the_first_picture_is_not_news() {
    let mut driver = Driver::large();
    assert_eq!(driver.app.log().lines().len(), 0);
    driver.wait(Duration::ZERO);
    let now = Now { since_start: Duration::from_secs(1), wall: 0 };
    assert_eq!(driver.app.next_tick(now), None);
}

#[test]
fn the_first_picture_grows_now_and_then_and_is_complete_when_ready() {
    let mut app = App::new(Settings::default());
    let mut send = |milliseconds, event| {
        let since_start = Duration::from_millis(milliseconds);
        update(&mut app, Now { since_start, wall: 0 }, event);
        app.tree().rows().len()
    };
    let changes = crate::lint::fixture::changes();
    let (first, second) = changes.split_at(8);
    assert_eq!(send(10, Event::Changes(first.to_vec())), 0, "the next tick is soon enough");
    let growing = send(150, Event::Tick);
    assert!(growing > 0);
    assert_eq!(send(160, Event::Changes(second.to_vec())), growing);
    assert_eq!(send(170, Event::Ready), 12);
}

#[test]
fn a_changed_row_glows_for_two_seconds_and_then_all_is_still() {
    let mut driver = Driver::large();
    let now = |seconds| Now { since_start: Duration::from_secs(seconds), wall: 0 };
    driver.changes(vec![Change::Netns(netns(C2, vec![mount("/run/netns/renamed")]))]);
    assert!(driver.app.glow().brightness(&Item::Netns(C2)).is_some());
    assert!(driver.app.next_tick(now(1)).is_some());
    driver.app.drawn();
    driver.wait(Duration::from_secs(3));
    assert!(driver.app.needs_draw());
    assert_eq!(driver.app.next_tick(now(4)), None);
    driver.app.drawn();
    driver.wait(Duration::from_secs(1));
    assert!(!driver.app.needs_draw());
}

#[test]
fn what_changes_nothing_is_not_drawn() {
    let mut driver = Driver::large();
    for (keys, draws) in [("k", false), ("j", true), ("g", true), ("g", false), ("F9", false)] {
        driver.app.drawn();
        driver.keys(keys);
        assert_eq!(driver.app.needs_draw(), draws, "{keys}");
    }
}

#[test]
fn a_wide_tree_wants_the_statistics_of_all_its_rows() {
    let mut driver = Driver::new(200, 50, Settings::default());
    let effects = driver.keys("F5 v");
    assert!(effects.contains(&Effect::Watch(vec![])), "{effects:?}");
    let effects = driver.keys("Esc");
    let [Effect::Watch(links), ..] = effects else { panic!("{effects:?}") };
    for link in [key(HOST, 3), key(C2, 2), key(C3, 2)] {
        assert!(links.contains(&link), "{link:?} in {links:?}");
    }
}

#[test]
fn statistics_are_wanted_of_what_is_on_the_screen() {
    let mut driver = Driver::large();
    let eth0 = key(C2, 2);
    assert_eq!(driver.keys("j"), [Effect::Watch(vec![eth0]), Effect::Examine(eth0)]);
    assert_eq!(
        driver.keys("k j"),
        [
            Effect::Watch(vec![key(HOST, 3)]),
            Effect::Examine(key(HOST, 3)),
            Effect::Watch(vec![eth0]),
            Effect::Examine(eth0),
        ]
    );
    driver.send(Event::Stats(vec![(eth0, Stats::default()), (key(C3, 2), Stats::default())]));
    assert!(driver.app.traffic().of(eth0).is_some());
    assert!(driver.app.traffic().of(key(C3, 2)).is_none(), "not asked for, not kept");
    assert_eq!(driver.keys("v"), [Effect::Watch(vec![])]);
    let mut small = Driver::new(40, 15, Settings::default());
    assert_eq!(small.keys("j"), [], "no details, no statistics");
    assert_eq!(small.keys("Enter"), [Effect::Watch(vec![eth0]), Effect::Examine(eth0)]);
}

#[test]
fn a_reading_that_lost_the_evidence_is_examined_again() {
    let mut driver = Driver::large();
    driver.keys("j");
    let bare = |driver: &Driver| {
        let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
        link.parent = Some(Parent { nsid: None, sysfs_lower: None, ..link.parent.unwrap() });
        Event::Changes(vec![Change::Link(Box::new(link))])
    };
    let event = bare(&driver);
    assert_eq!(driver.send(event), [Effect::Examine(key(C2, 2))]);
    let event = bare(&driver);
    assert_eq!(driver.send(event), [], "one question is enough");
}
