//! Keys in, state out: the matrix, the list, the way and what the wire said.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::Stage;
use crate::app::driver::Driver;
use crate::app::screens::Screen;
use crate::app::{Authority, Effect, Event, Settings};
use crate::model::fixture::{C2, C3, HOST, child, key};
use crate::model::{Address, Answers, Change, Item, LinkKey, Mode};
use crate::plan::{Op, Setting};
use crate::reach::{Endpoint, Finding, Found, Switch};

pub(super) const PARENT: LinkKey = LinkKey { netns: HOST, ifindex: 3 };
pub(super) const NOTHING: Found =
    Found { unicast: [false; 2], broadcast: [false; 2], answers: None };
pub(super) const ALL: Found = Found { unicast: [true; 2], broadcast: [true; 2], answers: None };

pub(super) fn top(driver: &Driver) -> Option<Screen> {
    driver.app.screen().map(|open| open.screen)
}

pub(super) fn notice(driver: &Driver) -> String {
    driver.app.notice().map(|notice| notice.text.clone()).unwrap_or_default()
}

/// The selected pair by its labels.
fn pair(driver: &Driver) -> [String; 2] {
    let pair = driver.app.reach_pair().expect("a pair");
    pair.map(|end| end.label(driver.app.topology()))
}

pub(super) fn text(driver: &Driver) -> String {
    let sheet = driver.app.sheet(top(driver).unwrap());
    let lines: Vec<_> =
        sheet.entries.iter().map(|entry| format!("{} {}", entry.label, entry.text)).collect();
    lines.join("\n")
}

/// The matrix with eth0 in centos1-2 to eth0 in centos1-3 selected, both in vepa mode.
pub(super) fn on_the_containers() -> Driver {
    let mut driver = Driver::large();
    driver.go_to(Item::Link(key(C2, 2)));
    driver.keys("r");
    driver
}

/// Answers the test that was ordered.
pub(super) fn answer(driver: &mut Driver, found: Found) {
    let ordered = driver.effects.iter().find_map(|effect| match effect {
        Effect::Probe(pair) => Some(*pair),
        _ => None,
    });
    let pair = ordered.unwrap_or_else(|| panic!("no order: {:?}", driver.effects));
    driver.send(Event::Probed { pair, result: Ok(found) });
}

pub(super) fn stage(driver: &Driver) -> Option<Stage> {
    let pair = driver.app.reach_pair().unwrap();
    driver.app.trial(pair, &driver.app.verdict_on(pair))
}

#[test]
fn keys_lead_to_pairs() {
    let containers = ["eth0/centos1-2", "eth0/centos1-3"];
    for (keys, expected) in [
        ("g r", containers),
        ("g r j", ["eth0/centos1-3", "eth0/centos1-3"]),
        ("g r l", ["eth0/centos1-2", "macvlan1"]),
        ("g r G End", ["outside", "eth0/centos1-3"]),
        ("g r Right Right Right Right Right Right", ["eth0/centos1-2", "outside"]),
        ("g r Left Left Down k", ["eth0/centos1-2", "eth0/centos1-2"]),
        ("g j j r", ["eth0/centos1-3", "eth0/centos1-2"]),
        ("g j V Space Space r", containers),
    ] {
        let mut driver = Driver::large();
        driver.keys(keys);
        assert_eq!(pair(&driver), expected, "{keys}");
    }
}

#[test]
fn a_narrow_screen_lists_the_receivers_of_one_sender() {
    let mut driver = Driver::new(50, 20, Settings::default());
    driver.keys("g r");
    assert!(driver.app.grid().is_list);
    driver.keys("j l");
    assert_eq!(pair(&driver), ["eth0/centos1-3", "macvlan1"]);
    driver.resize(120, 40);
    assert!(!driver.app.grid().is_list);
    assert_eq!(pair(&driver), ["eth0/centos1-3", "macvlan1"]);
}

/// Clicks into the first line that begins so.
fn click(driver: &mut Driver, line: &str, column: usize) {
    let screen = driver.screen();
    let at = screen.lines().position(|text| text.trim_start().starts_with(line));
    let row = at.unwrap_or_else(|| panic!("no {line} in\n{screen}"));
    let [column, row] = [column, row].map(|place| u16::try_from(place).unwrap());
    driver.send(Event::Input(Input::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })));
}

#[test]
fn a_click_selects_the_pair_under_it() {
    let mut driver = Driver::large();
    driver.keys("g r");
    let heads = driver.screen().lines().find(|line| line.contains("to →")).unwrap().to_owned();
    let column = |name: &str| heads[..heads.find(name).unwrap()].chars().count();
    click(&mut driver, "macvlan1 ", column("outside"));
    assert_eq!(pair(&driver), ["macvlan1", "outside"]);
    // The name of a row keeps the column, and the heads and what is right of the signs are no pair.
    click(&mut driver, "eth0/centos1-2 ", 2);
    assert_eq!(pair(&driver), ["eth0/centos1-2", "outside"]);
    click(&mut driver, "to →", column("outside"));
    click(&mut driver, "macvlan1 ", 115);
    assert_eq!(pair(&driver), ["eth0/centos1-2", "outside"]);
    let mut narrow = Driver::new(50, 20, Settings::default());
    narrow.keys("g r");
    let screen = narrow.screen();
    let line = screen.lines().find(|line| line.contains("outside")).unwrap().trim().to_owned();
    click(&mut narrow, &line, 30);
    assert_eq!(pair(&narrow), ["eth0/centos1-2", "outside"]);
}

#[test]
fn what_has_no_matrix_says_why() {
    for (item, why) in [
        (Item::Link(key(HOST, 6)), "there is no macvlan on veth-trunk in host"),
        (Item::Link(key(C3, 9)), "its parent is out of sight, and with it who reaches whom"),
    ] {
        let mut driver = Driver::large();
        driver.keys("a");
        driver.go_to(item);
        driver.keys("r");
        assert_eq!((top(&driver), notice(&driver)), (None, why.to_owned()));
    }
    let mut driver = Driver::large();
    driver.keys("g j V Space r");
    assert_eq!(notice(&driver), "mark two rows to see the way between them, not 1");
    // By its name, without a matrix.
    driver.keys("Esc : p r o b e - a l l Enter");
    assert_eq!(notice(&driver), "no pair is selected: r shows who reaches whom");
}

#[test]
fn the_verdict_follows_the_switch_and_the_topology() {
    let mut driver = on_the_containers();
    assert!(text(&driver).contains("nothing passes. vepa sends every frame out of ens8"));
    driver.keys("H");
    assert_eq!(driver.app.reach.assumed, Switch::Reflective);
    assert!(text(&driver).contains(": reachable."), "{}", text(&driver));
    driver.keys("H");
    for netns in [C2, C3] {
        let mut link = driver.app.topology().link(key(netns, 2)).unwrap().clone();
        link.macvlan_mut().unwrap().mode = Mode::Bridge;
        driver.changes(vec![Change::Link(Box::new(link))]);
    }
    assert!(text(&driver).contains(": reachable."), "{}", text(&driver));
}

#[test]
fn a_selection_stays_on_its_ends_and_leaves_those_that_are_gone() {
    let mut driver = on_the_containers();
    driver.keys("j l");
    assert_eq!(pair(&driver), ["eth0/centos1-3", "macvlan1"]);
    driver.changes(vec![Change::LinkGone(key(C2, 2))]);
    assert_eq!(pair(&driver), ["eth0/centos1-3", "macvlan1"]);
    driver.changes(vec![Change::LinkGone(key(C3, 2))]);
    assert_eq!(pair(&driver), ["macvlan1", "macvlan1"]);
    driver.changes(vec![Change::LinkGone(PARENT)]);
    assert_eq!((top(&driver), &*notice(&driver)), (None, "the parent is gone"));
}

#[test]
fn a_probe_stands_beside_the_prediction() {
    let mut driver = on_the_containers();
    driver.keys("p");
    assert_eq!(driver.effects, [Effect::Probe([key(C2, 2), key(C3, 2)])]);
    assert_eq!(stage(&driver), Some(Stage::Waiting));
    let ordered = driver.effects.clone();
    driver.keys("p");
    assert_eq!(driver.effects, [], "one at a time");
    driver.effects = ordered;
    answer(&mut driver, NOTHING);
    assert!(text(&driver).contains("probe agreed: unicast ✗ ✗, broadcast ✗ ✗"));
    driver.keys("p");
    answer(&mut driver, ALL);
    let told = text(&driver);
    assert!(told.contains("probe DISAGREED: unicast ✓ ✓"), "{told}");
    assert!(told.contains("The switch does otherwise than assumed: H assumes so"), "{told}");
    driver.keys("H");
    assert!(text(&driver).contains("probe agreed"), "{}", text(&driver));
    driver.keys("j h");
    assert_eq!(pair(&driver), ["eth0/centos1-3", "eth0/centos1-2"]);
    assert!(
        stage(&driver) == Some(Stage::Done(Ok(Finding::Frames(ALL)))),
        "the same pair, turned round"
    );
}

#[test]
fn directions_are_those_of_the_pair() {
    let mut driver = on_the_containers();
    driver.keys("j h p");
    assert_eq!(pair(&driver), ["eth0/centos1-3", "eth0/centos1-2"]);
    let [told, silent] = [true, false].map(|is| Answers { resolved: is, echoed: is });
    let found =
        Found { unicast: [true, false], broadcast: [false, true], answers: Some([told, silent]) };
    answer(&mut driver, found);
    let turned =
        Found { unicast: [false, true], broadcast: [true, false], answers: Some([silent, told]) };
    assert_eq!(stage(&driver), Some(Stage::Done(Ok(Finding::Frames(turned)))));
}

#[test]
fn a_result_is_forgotten_when_something_on_the_way_changes() {
    for change in [
        |driver: &Driver| {
            let mut link = driver.app.topology().link(key(C3, 2)).unwrap().clone();
            link.mtu = 1400;
            Change::Link(Box::new(link))
        },
        // The port on the wire changes what is predicted.
        |driver: &Driver| {
            let mut link = driver.app.topology().link(PARENT).unwrap().clone();
            link.flags = link.flags.without_carrier();
            Change::Link(Box::new(link))
        },
    ] {
        let mut driver = on_the_containers();
        driver.keys("p");
        answer(&mut driver, NOTHING);
        assert!(stage(&driver).is_some());
        let change = change(&driver);
        driver.changes(vec![change.clone()]);
        assert_eq!(stage(&driver), None, "{change:?}");
    }
    // One that changes while frames are under way is not told of at all.
    let mut driver = on_the_containers();
    driver.keys("p");
    let ordered = driver.effects.clone();
    let mut link = driver.app.topology().link(key(C3, 2)).unwrap().clone();
    link.mtu = 1400;
    driver.changes(vec![Change::Link(Box::new(link))]);
    driver.effects = ordered;
    answer(&mut driver, NOTHING);
    assert_eq!(stage(&driver), None);
}

#[test]
fn all_pairs_are_probed_one_after_the_other_until_nobody_looks() {
    let mut driver = on_the_containers();
    driver.keys("P");
    // Five interfaces, the parent's own stack among them.
    for done in 0..10 {
        assert_eq!(driver.app.trials().progress(), Some((done, 10)));
        answer(&mut driver, NOTHING);
    }
    assert_eq!((driver.app.trials().progress(), &driver.effects[..]), (None, &[][..]));
    driver.keys("P");
    let ordered = driver.effects.clone();
    driver.keys("Esc");
    driver.effects = ordered;
    answer(&mut driver, NOTHING);
    assert_eq!(driver.app.trials().progress(), None);
    driver.keys("r P");
    let ordered = driver.effects.clone();
    driver.keys("P");
    driver.effects = ordered;
    answer(&mut driver, NOTHING);
    assert_eq!(driver.app.trials().progress(), None);
}

#[test]
fn what_may_not_be_probed_says_so() {
    let settings = Settings { authority: Authority::ReadOnly, ..Settings::default() };
    let mut driver = Driver::new(120, 40, settings);
    for key in ["p", "P"] {
        driver.keys("g r");
        assert!(!driver.keys(key).iter().any(|effect| matches!(effect, Effect::Probe(_))));
        assert!(notice(&driver).starts_with("read-only: a probe sends frames"), "{key}");
        driver.keys("Esc");
    }
    let mut driver = on_the_containers();
    driver.keys("h p");
    assert_eq!(notice(&driver), "both ends are the same: select two");
    driver.keys("l l l l p");
    let [Effect::Probe(pair)] = driver.effects[..] else { panic!("{:?}", driver.effects) };
    driver.send(Event::Probed { pair, result: Err("no privilege".into()) });
    assert!(text(&driver).contains("nothing was found out: no privilege"));
}

#[test]
fn a_fix_is_planned_and_the_matrix_comes_back() {
    let mut driver = on_the_containers();
    driver.keys("f");
    assert_eq!(top(&driver), Some(Screen::Confirm));
    let plan = driver.app.confirm().unwrap().plan.clone();
    let modes =
        plan.steps.iter().filter(|step| matches!(step.op, Op::Set(_, Setting::Mode(Mode::Bridge))));
    assert_eq!((modes.count(), plan.steps.len()), (2, 2), "{plan:?}");
    driver.keys("Esc");
    assert_eq!(top(&driver), Some(Screen::Reach));
    let [Effect::Copy { text, .. }] = driver.keys("y") else { panic!("no copy") };
    assert_eq!(text.lines().count(), 2, "{text}");
    // The parent's own stack gets a macvlan of its own.
    driver.keys("l l l f");
    let plan = driver.app.confirm().unwrap().plan.clone();
    let commands: Vec<_> = plan.steps.iter().map(|step| &*step.command).collect();
    assert!(commands.concat().contains("type macvlan mode bridge"), "{commands:?}");
    assert!(plan.steps.iter().any(|step| matches!(step.op, Op::Create(_))), "{commands:?}");
    driver.keys("Esc Home l l l l f");
    assert_eq!(notice(&driver), "there is nothing to fix between these two");
}

#[test]
fn the_way_opens_and_closes() {
    let mut driver = on_the_containers();
    driver.keys("Enter");
    assert_eq!(top(&driver), Some(Screen::Path));
    driver.keys("p");
    answer(&mut driver, NOTHING);
    assert!(text(&driver).contains("agreed"));
    driver.keys("Enter");
    assert_eq!(top(&driver), Some(Screen::Reach));
    driver.keys("Enter Esc Esc");
    assert_eq!(top(&driver), None);
}

#[test]
fn of_hundreds_only_those_on_the_screen_are_shown() {
    let mut driver = Driver::large();
    let many = (100..240).map(|ifindex| {
        let mut link = child(HOST, ifindex, "mv", Mode::Bridge, PARENT);
        link.name = format!("mv{ifindex}").as_bytes().into();
        Change::Link(Box::new(link))
    });
    driver.changes(many.collect());
    driver.keys("g r G");
    for _ in 0..200 {
        driver.keys("l");
        let (grid, matrix) = (driver.app.grid(), driver.app.matrix().unwrap());
        let [from, to] = driver.app.reach_pair().unwrap();
        assert!(matrix.ends[grid.rows.clone()].contains(&from));
        assert!(matrix.ends[grid.columns.clone()].contains(&to));
        assert!(grid.columns.len() * usize::from(grid.column) < 120);
    }
    assert_eq!(driver.app.reach_pair().unwrap()[1], Endpoint::Outside(PARENT));
}

#[test]
fn a_host_that_has_a_macvlan_of_its_own_needs_no_other() {
    let mut driver = on_the_containers();
    let to_host = [Endpoint::Link(key(C2, 2)), Endpoint::Link(PARENT)];
    driver.keys("l l l");
    assert_eq!(driver.app.reach_pair(), Some(to_host));
    assert!(text(&driver).contains("fix Give host a macvlan of its own"), "{}", text(&driver));
    let mut far = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    far.macvlan_mut().unwrap().mode = Mode::Bridge;
    let mut shim = child(HOST, 40, "macvlan0", Mode::Bridge, PARENT);
    let parent = driver.app.topology().link(PARENT).unwrap();
    let [own, peer] = [parent, &far].map(|link| link.addresses[0].ip);
    shim.addresses = vec![Address { peer: Some(peer), ..Address::new(own, 32) }];
    driver.changes([far, shim].map(|link| Change::Link(Box::new(link))).into());
    driver.keys("Esc");
    driver.go_to(Item::Link(key(C2, 2)));
    driver.keys("r");
    for _ in 0..9 {
        if driver.app.reach_pair() != Some(to_host) {
            driver.keys("l");
        }
    }
    let reached = "host reaches eth0 in centos1-2 all the same, through macvlan0 in host.";
    assert!(text(&driver).contains(&format!("but {reached}")), "{}", text(&driver));
    assert!(!text(&driver).contains("a macvlan of its own"), "{}", text(&driver));
    driver.keys("f");
    assert_eq!(notice(&driver), format!("there is nothing to fix: {reached}"));
}
