//! Networks that something out of sight may join: what is assumed of it, and said.

use super::tests::{PARENT, change, end, host, passes};
use super::*;
use crate::model::fixture::{HOST, child, key, link};
use crate::model::{BridgePort, Change, Link, LinkKind, Mode, PortState, Vlan};

#[test]
fn two_networks_out_of_sight_are_assumed_to_be_one_and_it_is_said() {
    let mut topology = host(&[]);
    topology.apply(Change::Link(Box::new(link(HOST, 40, "up1", LinkKind::Device))));
    let said = |from, to| {
        let behind = Behind::between(&topology, [end(from), end(to)], Switch::Normal).unwrap();
        behind.sentence(&topology)
    };
    assert_eq!(said(12, 40), "Assumed: a switch out of sight that joins the two networks.");
    assert!(said(12, 14).contains("does not send frames back"));
    let verdict = Verdict::between(&topology, end(12), end(40), Switch::Normal, None);
    assert!(verdict.frames_pass());
    let all = Suspect::all(&topology, [end(12), end(40)], &verdict, [[false; 2]; 2]);
    assert!(all.contains(&Suspect::NotJoined), "{all:?}");
    assert!(!all.contains(&Suspect::Hairpin(Switch::Normal)), "{all:?}");
}

/// A bridge with a macvlan, 51, on it, and a port whose wire leads out of sight, 52, beside another card
/// with a macvlan, 41.
fn bridge_with_an_uplink(uplink: Link) -> Topology {
    let mut topology = host(&[]);
    let mut port = uplink;
    port.master = Some(50);
    port.bridge_port = Some(BridgePort::default());
    let on = |ifindex, lower| child(HOST, ifindex, "on", Mode::Vepa, key(HOST, lower));
    for link in [
        link(HOST, 40, "up1", LinkKind::Device),
        on(41, 40),
        link(HOST, 50, "br0", LinkKind::Other("bridge".into())),
        port,
        on(51, 50),
    ] {
        topology.apply(Change::Link(Box::new(link)));
    }
    topology
}

#[test]
fn a_bridge_that_leads_out_of_sight_is_assumed_to_be_joined_there() {
    let topology = bridge_with_an_uplink(link(HOST, 52, "up2", LinkKind::Device));
    let behind = |topology: &Topology, from, to| {
        Behind::between(topology, [end(from), end(to)], Switch::Normal).unwrap()
    };
    for [from, to] in [[51, 41], [50, 41], [51, 12], [51, PARENT]] {
        for ends in [[end(from), end(to)], [end(to), end(from)]] {
            let verdict = Verdict::between(&topology, ends[0], ends[1], Switch::Normal, None);
            assert!(verdict.frames_pass(), "{ends:?}: {verdict:?}");
            let said = Behind::between(&topology, ends, Switch::Normal).unwrap();
            let said = said.sentence(&topology);
            assert_eq!(said, "Assumed: a switch out of sight that joins the two networks.");
            let all = Suspect::all(&topology, ends, &verdict, [[false; 2]; 2]);
            assert!(all.contains(&Suspect::NotJoined), "{ends:?}: {all:?}");
        }
    }
    // What leaves the bridge through its uplink is there, and its own wire takes nothing back.
    let outside = Endpoint::Outside(key(HOST, 52));
    assert_eq!(passes(&topology, end(51), outside, Switch::Normal), [true; 2]);
    assert_eq!(passes(&topology, outside, end(51), Switch::Normal), [true; 2]);
    assert_eq!(passes(&topology, end(52), end(51), Switch::Normal), [false; 2]);
    assert!(!behind(&topology, 51, 50).is_assumed());
    // Neither a wire that is dead, nor a closed port, nor a machine or a sub-interface leads there.
    let mut closed = topology.clone();
    change(&mut closed, key(HOST, 52), |port| {
        port.bridge_port.as_mut().unwrap().state = PortState::Blocking;
    });
    let mut dead = topology.clone();
    change(&mut dead, key(HOST, 52), |port| port.flags = port.flags.with_up(false));
    let tap = bridge_with_an_uplink(link(HOST, 52, "tap", LinkKind::Other("tun".into())));
    let over = bridge_with_an_uplink(child(HOST, 52, "mv", Mode::Bridge, key(HOST, PARENT)));
    for other in [closed, dead, tap, over] {
        let verdict = Verdict::between(&other, end(51), end(41), Switch::Normal, None);
        assert!(matches!(verdict.reason(), Some(Reason::Apart(_))), "{verdict:?}");
        assert!(!behind(&other, 51, 41).is_assumed());
    }
}

#[test]
fn what_leaves_a_bridge_through_a_vlan_is_in_that_vlan() {
    let vlan = |ifindex, lower, id| {
        let mut link = link(HOST, ifindex, "vlan", LinkKind::Vlan(Vlan::new(id)));
        link.parent = child(HOST, 99, "mv", Mode::Vepa, key(HOST, lower)).parent;
        link
    };
    let mut topology = bridge_with_an_uplink(vlan(52, PARENT, 7));
    for (ifindex, id) in [(43, 7), (44, 8)] {
        topology.apply(Change::Link(Box::new(vlan(ifindex, 40, id))));
    }
    let lost = |to| way(&topology, end(51), end(to), Cast::Unicast, Switch::Normal).lost;
    assert_eq!(lost(43), None);
    assert_eq!([lost(44), lost(40)], [Some(Reason::OtherVlan); 2]);
}
