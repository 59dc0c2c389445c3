//! A switch that is a bridge of this host: what is said of it, how it is changed, and what that makes of
//! results.

use super::tests::{NOTHING, answer, on_the_containers, stage, text};
use crate::app::driver::Driver;
use crate::model::fixture::{HOST, TEST1, child, key, link};
use crate::model::{BridgePort, Change, Item, Link, LinkKind, Mode, Parent};

/// The fixture's host with ens9 a veth whose other end is a port of a bridge, and on it two in vepa
/// and private mode.
fn on_a_bridge() -> Driver {
    let mut driver = Driver::large();
    let mut parent = link(HOST, 20, "up0", LinkKind::Veth);
    parent.peer = Some(Parent { ifindex: 2, netns: Some(TEST1), nsid: None, sysfs_lower: None });
    let mut port = link(TEST1, 2, "w 0", LinkKind::Veth);
    port.peer = Some(Parent { ifindex: 20, netns: Some(HOST), nsid: None, sysfs_lower: None });
    (port.master, port.bridge_port) = (Some(3), Some(BridgePort::default()));
    let bridge = link(TEST1, 3, "sw", LinkKind::Other("bridge".into()));
    let children = [21, 22].map(|ifindex| {
        let mut link = child(HOST, ifindex, "mv", Mode::Vepa, key(HOST, 20));
        link.name = format!("mv{ifindex}").as_bytes().into();
        link
    });
    let links = [parent, port, bridge].into_iter().chain(children);
    driver.changes(links.map(|link| Change::Link(Box::new(link))).collect());
    driver.go_to(Item::Link(key(HOST, 21)));
    driver
}

#[test]
fn a_result_is_forgotten_when_the_switch_changes_and_kept_where_it_is_not_passed() {
    let found = |mode, ifindex| {
        let mut driver = on_a_bridge();
        for child in [21, 22] {
            let mut link = driver.app.topology().link(key(HOST, child)).unwrap().clone();
            link.macvlan_mut().unwrap().mode = mode;
            driver.changes(vec![Change::Link(Box::new(link))]);
        }
        driver.keys("r p");
        answer(&mut driver, NOTHING);
        assert!(stage(&driver).is_some());
        let mut link = driver.app.topology().link(key(TEST1, ifindex)).unwrap().clone();
        // Nothing of it is predicted.
        link.mtu = 1400;
        driver.changes(vec![Change::Link(Box::new(link))]);
        stage(&driver)
    };
    for on_the_way in [2, 3] {
        assert_eq!(found(Mode::Vepa, on_the_way), None);
        assert!(found(Mode::Bridge, on_the_way).is_some());
    }
}

#[test]
fn a_switch_in_sight_is_not_assumed() {
    let mut driver = on_a_bridge();
    driver.keys("r");
    let told = text(&driver);
    assert!(
        told.contains("switch The switch is sw in test1 on this host, hairpin off at its port w 0"),
        "{told}"
    );
    assert!(told.contains("nothing passes"), "{told}");
}

#[test]
fn a_switch_in_sight_is_made_the_other_kind() {
    for keys in ["r H", "H"] {
        let mut driver = on_a_bridge();
        driver.keys(keys);
        let confirm = driver.app.confirm().expect("a question");
        assert_eq!(confirm.plan.title, "Set hairpin on at w 0 in test1");
        let impact: Vec<_> = confirm.plan.impact.iter().map(|impact| &*impact.text).collect();
        let gain = ["each other", "up0 in host itself"].map(|whom| {
            format!("mv21 in host and mv22 in host start reaching {whom} through w 0 in test1")
        });
        assert_eq!(impact, gain);
        let undo = &confirm.plan.steps[0].undo_commands;
        assert_eq!(undo[..], ["ip -n test1 link set dev 'w 0' type bridge_slave hairpin off"]);
    }
    for (modes, isolated, expected) in [
        (
            [Mode::Vepa, Mode::Bridge],
            false,
            &[
                "mv21 in host starts reaching mv22 in host through w 0 in test1",
                "mv21 in host and mv22 in host start reaching up0 in host itself through w 0 in test1",
            ][..],
        ),
        (
            [Mode::Bridge; 2],
            false,
            &[
                "mv21 in host and mv22 in host start reaching up0 in host itself through w 0 in test1",
            ],
        ),
        (
            [Mode::Vepa; 2],
            true,
            &["w 0 in test1 is isolated: it sends no frame back, hairpin or not"],
        ),
    ] {
        let mut driver = on_a_bridge();
        let mut link = |key, change: &dyn Fn(&mut Link)| {
            let mut link = driver.app.topology().link(key).unwrap().clone();
            change(&mut link);
            driver.changes(vec![Change::Link(Box::new(link))]);
        };
        link(key(HOST, 21), &|link| link.macvlan_mut().unwrap().mode = modes[0]);
        link(key(HOST, 22), &|link| link.macvlan_mut().unwrap().mode = modes[1]);
        link(key(TEST1, 2), &|link| {
            link.bridge_port = Some(BridgePort { isolated, ..BridgePort::default() });
        });
        driver.keys("H");
        let plan = &driver.app.confirm().expect("a question").plan;
        let impact: Vec<_> = plan.impact.iter().map(|impact| &*impact.text).collect();
        assert_eq!(impact, expected);
    }
    let mut driver = on_the_containers();
    driver.keys("Esc H");
    let told = driver.app.notice().expect("a sentence");
    assert!(told.text.starts_with("no bridge of this host is behind "), "{}", told.text);
}

#[test]
fn a_port_is_the_other_way() {
    let mut driver = on_a_bridge();
    driver.keys("r");
    let told = text(&driver);
    for part in [
        "fix Change mv21 in host and mv22 in host to bridge.",
        "or Set hairpin on at the bridge's port w 0 in test1.",
        "$ ip -n test1 link set dev 'w 0' type bridge_slave hairpin on",
    ] {
        assert!(told.contains(part), "no {part:?} in {told}");
    }
}
