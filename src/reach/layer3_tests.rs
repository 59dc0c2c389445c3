//! What keeps packets away although frames pass: addresses, rivals, and the ways that stacks choose.

use super::tests::{PARENT, change, end, host, sub};
use super::*;
use crate::model::fixture::{HOST, key};
use crate::model::{Change, Mode, Route, Stack};

#[test]
fn an_address_twice_is_a_conflict_only_for_who_hears_both_and_answers_may_take_another_way() {
    use crate::model::fixture::{C2, address};
    let mut topology = host(&[]);
    let with = |topology: &mut Topology, netns, ifindex, cidr: &str| {
        let mut link = sub(ifindex, Mode::Bridge, &[]);
        link.key = key(netns, ifindex);
        link.addresses.push(address(cidr));
        topology.apply(Change::Link(Box::new(link)));
    };
    with(&mut topology, HOST, 14, "192.0.2.14/24");
    with(&mut topology, HOST, 15, "192.0.2.15/24");
    with(&mut topology, HOST, 12, "192.0.2.14/24");
    let reason = |topology: &Topology, stacks: Option<&[Stack; 2]>| {
        Verdict::between(topology, end(14), end(15), Switch::Normal, stacks).obstacle
    };
    assert_eq!(reason(&topology, None), None);
    let through = |ifindex, strict_reverse_path| {
        let route = Some(Route::Through { oif: ifindex, gateway: None });
        Stack { route, neighbour: None, strict_reverse_path }
    };
    let from = "192.0.2.14".parse().unwrap();
    let (this, other) = (key(HOST, 15), key(HOST, PARENT));
    for (strict, expected) in [
        (true, Obstacle::ReversePath(this, other, from)),
        (false, Obstacle::RoutedElsewhere(this, other, from)),
    ] {
        let stacks = [through(14, false), through(PARENT, strict)];
        assert_eq!(reason(&topology, Some(&stacks)), Some(expected));
    }
    assert_eq!(reason(&topology, Some(&[through(14, true), through(15, true)])), None);
    // The answer arrives through a third, too, which talks to the first.
    assert_eq!(
        reason(&topology, Some(&[through(14, true), through(16, false)])),
        Some(Obstacle::RoutedElsewhere(this, key(HOST, 16), from))
    );
    with(&mut topology, HOST, 18, "192.0.2.18/24");
    for strict in [false, true] {
        assert_eq!(reason(&topology, Some(&[through(14, true), through(18, strict)])), None);
    }
    with(&mut topology, C2, 16, "192.0.2.14/24");
    let same = Obstacle::SameAddress(key(HOST, 14), key(C2, 16), from);
    assert_eq!(reason(&topology, None), Some(same));
    change(&mut topology, key(C2, 16), |rival| rival.macvlan_mut().unwrap().mode = Mode::Vepa);
    assert_eq!(reason(&topology, None), None, "it hears neither of the two");
}

#[test]
fn addresses_of_the_link_alone_do_not_hide_what_others_lack() {
    use crate::model::fixture::address;
    const LINK: u8 = 253;
    let mut topology = host(&[]);
    let mut add = |ifindex, cidr: &str, scope| {
        change(&mut topology, key(HOST, ifindex), |link| {
            let own = address(cidr);
            link.addresses.push(crate::model::Address { scope, ..own });
        });
        pair(&topology, key(HOST, 14), key(HOST, 15)).map(|pair| pair.to.to_string())
    };
    add(14, "fe80::14/64", LINK).unwrap_err();
    assert_eq!(add(15, "fe80::15/64", LINK), Ok("fe80::15".into()));
    add(14, "192.0.2.14/24", 0).unwrap();
    assert_eq!(add(15, "198.51.100.15/24", 0), Ok("198.51.100.15".into()));
    let verdict = Verdict::between(&topology, end(14), end(15), Switch::Normal, None);
    let target = "198.51.100.15".parse().unwrap();
    assert_eq!(verdict.obstacle, Some(Obstacle::NoCommonSubnet(key(HOST, 14), target)));
}

#[test]
fn nobody_here_knows_the_addresses_of_a_machine() {
    use crate::model::fixture::address;
    use crate::model::{DeviceNumber, Owner, OwnerKind, TapDevice, TapHolder};
    let mut topology = host(&[]);
    let number = DeviceNumber { major: 246, minor: 1 };
    for (ifindex, cidr) in [(14, "192.0.2.14/24"), (15, "198.51.100.15/24")] {
        change(&mut topology, key(HOST, ifindex), |link| link.addresses.push(address(cidr)));
    }
    change(&mut topology, key(HOST, 15), |tap| {
        tap.tap_device = Some(TapDevice { name: 15, number });
    });
    let of = |topology: &Topology| {
        let obstacle = Verdict::between(topology, end(14), end(15), Switch::Normal, None).obstacle;
        let [tap, parent] = [15, PARENT].map(|ifindex| key(HOST, ifindex));
        let asked = question(topology, tap, parent, "198.51.100.1".parse().unwrap());
        (obstacle.is_some(), pair(topology, key(HOST, 14), tap).is_ok(), asked.is_ok())
    };
    assert_eq!(of(&topology), (true, true, true));
    let owner = Owner::new(OwnerKind::Process, "qemu".into());
    let holder = TapHolder { owner, command: "qemu".into() };
    topology.apply(Change::TapHolders([(number, holder)].into()));
    assert_eq!(of(&topology), (false, false, false));
}
