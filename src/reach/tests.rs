//! The measured truth table, every cell: who hears whom on one parent.

use super::*;
use crate::model::fixture::{HOST, child, key, link};
use crate::model::{BridgePort, Change, LinkKind, MacvlanFlags, Mode, NetnsId, PortOption};

pub(super) const PARENT: u32 = 3;
const MODES: [Mode; 4] = [Mode::Private, Mode::Vepa, Mode::Bridge, Mode::Source];

/// A parent with two sub-interfaces of each mode but passthru, their MACs told apart by the ifindex.
/// Those of source mode list the MACs of every ifindex in `listed`.
pub(super) fn host(listed: &[u32]) -> Topology {
    let mut topology = crate::model::fixture::host();
    let links = MODES.iter().enumerate().flat_map(|(at, mode)| {
        let at = u32::try_from(at).unwrap();
        [0, 1].map(|n| (10 + 2 * at + n, *mode))
    });
    let parent = link(HOST, PARENT, "up0", LinkKind::Device);
    let mut all = vec![parent];
    for (ifindex, mode) in links {
        all.push(sub(ifindex, mode, listed));
    }
    topology.apply(Change::Contents { netns: HOST, links: all });
    topology
}

pub(super) fn sub(ifindex: u32, mode: Mode, listed: &[u32]) -> crate::model::Link {
    let mut link = child(HOST, ifindex, "mv", mode, key(HOST, PARENT));
    link.name = format!("mv{ifindex}").as_bytes().into();
    let macs = listed.iter().map(|ifindex| mac(*ifindex));
    link.macvlan_mut().unwrap().sources.extend(macs);
    link.mac = Some(mac(ifindex));
    link
}

pub(super) fn mac(ifindex: u32) -> crate::model::MacAddr {
    if ifindex == PARENT {
        return [0x52, 0x54, 0, 0, 0, 3].into();
    }
    [2, 0x42, 0xc0, 0xa8, 0x80, u8::try_from(ifindex).unwrap()].into()
}

/// Does something to a link.
pub(super) fn change(
    topology: &mut Topology,
    key: crate::model::LinkKey,
    change: impl FnOnce(&mut crate::model::Link),
) {
    let mut link = topology.link(key).unwrap().clone();
    change(&mut link);
    topology.apply(Change::Link(Box::new(link)));
}

pub(super) fn end(ifindex: u32) -> Endpoint {
    Endpoint::Link(key(HOST, ifindex))
}

pub(super) fn passes(
    topology: &Topology,
    from: Endpoint,
    to: Endpoint,
    switch: Switch,
) -> [bool; 2] {
    [Cast::Unicast, Cast::Broadcast].map(|cast| way(topology, from, to, cast, switch).arrives())
}

fn all() -> impl Iterator<Item = (u32, Mode)> {
    (10..18).map(|ifindex| (ifindex, MODES[((ifindex - 10) / 2) as usize]))
}

#[test]
fn siblings_hear_each_other_as_measured() {
    use Mode::{Bridge, Private, Source, Vepa};
    let everybody: Vec<u32> = (10..18).collect();
    for listed in [&[][..], &everybody] {
        let topology = host(listed);
        let pairs = all().flat_map(|a| all().map(move |b| (a, b))).filter(|(a, b)| a.0 != b.0);
        for ((from, sender), (to, receiver)) in pairs {
            let hears = |switch| passes(&topology, end(from), end(to), switch);
            let direct = sender == Bridge && receiver == Bridge;
            assert_eq!(hears(Switch::Normal), [direct; 2], "{sender} to {receiver}");
            let expected = match (sender, receiver) {
                (_, Private) => [true, false],
                (_, Source) => [!listed.is_empty(); 2],
                (Vepa | Bridge, _) => [true, true],
                _ => [true, false],
            };
            assert_eq!(hears(Switch::Reflective), expected, "{sender} to {receiver}, reflected");
        }
    }
}

#[test]
fn parent_and_outside_hear_sub_interfaces_as_measured() {
    use Mode::{Bridge, Source, Vepa};
    let (own, outside) = (end(PARENT), Endpoint::Outside(key(HOST, PARENT)));
    for listed in [&[][..], &[PARENT]] {
        let topology = host(listed);
        for (ifindex, mode) in all() {
            let this = end(ifindex);
            let hears = |from, to, switch| passes(&topology, from, to, switch);
            assert_eq!(hears(this, own, Switch::Normal), [false; 2], "{mode}");
            assert_eq!(hears(own, this, Switch::Normal), [false; 2], "{mode}");
            let loud = [true, matches!(mode, Vepa | Bridge)];
            assert_eq!(hears(this, own, Switch::Reflective), loud, "{mode}");
            let is_heard = mode != Source || !listed.is_empty();
            assert_eq!(hears(own, this, Switch::Reflective), [is_heard; 2], "{mode}");
            for switch in [Switch::Normal, Switch::Reflective] {
                assert_eq!(hears(this, outside, switch), [true; 2], "{mode}");
                // The outside is nobody in particular: what it sends is in no list.
                assert_eq!(hears(outside, this, switch), [mode != Source; 2], "{mode}");
            }
        }
    }
}

#[test]
fn passthru_takes_what_is_for_the_host() {
    let mut topology = host(&[]);
    let mut only = sub(10, Mode::Passthru, &[]);
    only.mac = Some(mac(PARENT));
    let links = vec![link(HOST, PARENT, "up0", LinkKind::Device), only];
    topology.apply(Change::Contents { netns: HOST, links });
    let (own, outside) = (end(PARENT), Endpoint::Outside(key(HOST, PARENT)));
    let hears = |from, to, switch| passes(&topology, from, to, switch);
    assert_eq!(hears(end(10), own, Switch::Normal), [false; 2]);
    assert_eq!(hears(end(10), own, Switch::Reflective), [false; 2]);
    assert_eq!(hears(own, end(10), Switch::Reflective), [true; 2]);
    assert_eq!(hears(outside, end(10), Switch::Normal), [true; 2]);
    assert_eq!(hears(outside, own, Switch::Normal), [false, true]);
}

#[test]
fn states_come_before_modes() {
    let of = |ifindex: u32, flags: u32| {
        let mut topology = host(&[]);
        let mut link = topology.link(key(HOST, ifindex)).unwrap().clone();
        link.flags = crate::model::LinkFlags(flags);
        topology.apply(Change::Link(Box::new(link)));
        move |from: u32, to: u32| {
            way(&topology, end(from), end(to), Cast::Unicast, Switch::Reflective).lost
        }
    };
    let (vepa, bridge, other) = (12, 14, 15);
    let down = of(bridge, 0x1002);
    assert_eq!(down(bridge, other), Some(Reason::Down(key(HOST, bridge))));
    assert_eq!(down(other, bridge), Some(Reason::Down(key(HOST, bridge))));
    let down = of(PARENT, 0x1002);
    assert_eq!(down(bridge, other), Some(Reason::ParentDown(key(HOST, PARENT))));
    let no_carrier = of(PARENT, 0x1003);
    assert_eq!(no_carrier(bridge, other), None);
    assert_eq!(no_carrier(vepa, other), Some(Reason::NoCarrier(key(HOST, PARENT))));
}

#[test]
fn nodst_takes_frames_from_the_host() {
    let mut topology = host(&[12]);
    let switch = Switch::Reflective;
    assert_eq!(passes(&topology, end(12), end(PARENT), switch), [true; 2]);
    let mut taker = topology.link(key(HOST, 16)).unwrap().clone();
    taker.macvlan_mut().unwrap().flags = MacvlanFlags(MacvlanFlags::NODST);
    topology.apply(Change::Link(Box::new(taker)));
    assert_eq!(passes(&topology, end(12), end(PARENT), switch), [false, false]);
    change(&mut topology, key(HOST, 16), |taker| taker.flags = taker.flags.with_up(false));
    assert_eq!(passes(&topology, end(12), end(PARENT), switch), [false, false], "set down");
}

#[test]
fn a_bridge_in_sight_is_not_assumed() {
    let (c, port) = (NetnsId::Cookie(20), 30);
    let with = |hairpin| {
        let mut topology = host(&[]);
        let mut uplink = link(HOST, PARENT, "up0", LinkKind::Veth);
        let peer = |netns, ifindex| crate::model::Parent {
            ifindex,
            netns: Some(netns),
            nsid: None,
            sysfs_lower: None,
        };
        uplink.peer = Some(peer(c, port));
        let mut other = link(c, port, "port", LinkKind::Veth);
        other.peer = Some(peer(HOST, PARENT));
        other.master = Some(31);
        other.bridge_port = Some(BridgePort { hairpin, ..BridgePort::default() });
        let bridge = link(c, 31, "br0", LinkKind::Other("bridge".into()));
        topology.apply(Change::Link(Box::new(uplink)));
        topology.apply(Change::Contents { netns: c, links: vec![other, bridge] });
        topology
    };
    for assumed in [Switch::Normal, Switch::Reflective] {
        assert_eq!(passes(&with(false), end(12), end(13), assumed), [false; 2]);
        assert_eq!(passes(&with(true), end(12), end(13), assumed), [true; 2]);
        let far = Endpoint::Link(key(c, 31));
        assert_eq!(passes(&with(false), end(12), far, assumed), [true; 2]);
        assert_eq!(passes(&with(false), far, end(12), assumed), [true; 2]);
    }
}

#[test]
fn labels_are_short_where_that_is_unique() {
    use crate::model::fixture::{C2, C3, changes, owners};
    let mut topology = Topology::default();
    for change in changes().into_iter().chain(owners()) {
        topology.apply(change);
    }
    let label = |end: Endpoint| end.label(&topology);
    assert_eq!(label(Endpoint::Link(key(HOST, PARENT))), "host");
    assert_eq!(label(Endpoint::Outside(key(HOST, PARENT))), "outside");
    assert_eq!(label(Endpoint::Link(key(C2, 2))), "eth0/centos1-2");
    assert_eq!(label(Endpoint::Link(key(C3, 2))), "eth0/default/web-0");
    let on_host = topology.links().find(|link| link.name == "macvlan1".into()).unwrap();
    assert_eq!(label(Endpoint::Link(on_host.key)), "macvlan1");
}

/// The parent as one half of a veth pair, whose other half is a bridge's port where `hairpin` is some.
pub(super) fn on_veth(hairpin: Option<bool>) -> Topology {
    let (wire, port) = (NetnsId::Cookie(20), 30);
    let peer = |netns, ifindex| crate::model::Parent {
        ifindex,
        netns: Some(netns),
        nsid: None,
        sysfs_lower: None,
    };
    let mut topology = host(&[]);
    let mut uplink = link(HOST, PARENT, "up0", LinkKind::Veth);
    uplink.peer = Some(peer(wire, port));
    let mut other = link(wire, port, "port", LinkKind::Veth);
    other.peer = Some(peer(HOST, PARENT));
    other.master = hairpin.map(|_| 31);
    other.bridge_port = hairpin.map(|hairpin| BridgePort { hairpin, ..BridgePort::default() });
    let bridge = link(wire, 31, "br0", LinkKind::Other("bridge".into()));
    topology.apply(Change::Link(Box::new(uplink)));
    topology.apply(Change::Contents { netns: wire, links: vec![other, bridge] });
    topology
}

#[test]
fn sentences_say_what_is_at_the_end_of_the_wire() {
    let mut dummy = host(&[]);
    let none = link(HOST, PARENT, "up0", LinkKind::Other("dummy".into()));
    dummy.apply(Change::Link(Box::new(none)));
    let (vepa, bridge) = (12, 14);
    for (topology, from, to, expected) in [
        (
            &host(&[]),
            vepa,
            bridge,
            "vepa sends every frame out of up0; the switch there does not send it back (no reflective relay).",
        ),
        (
            &on_veth(Some(false)),
            vepa,
            bridge,
            "vepa sends every frame out of up0; the bridge br0 there does not send it back (hairpin off).",
        ),
        (
            &on_veth(None),
            bridge,
            vepa,
            "bridge reaches directly only siblings in bridge mode, not in vepa; every other frame leaves through up0; there is no switch at its other end, port, to send it back.",
        ),
        (
            &on_veth(None),
            PARENT,
            vepa,
            "Every frame of the own stack of up0 leaves through it; there is no switch at its other end, port, to send it back.",
        ),
        (
            &host(&[]),
            vepa,
            PARENT,
            "A sub-interface never reaches its parent's own stack directly, in vepa mode as in any: a frame to it leaves through up0; the switch there does not send it back (no reflective relay).",
        ),
        (&dummy, vepa, bridge, "up0 in host is a dummy: what leaves through it goes nowhere."),
    ] {
        let verdict = Verdict::between(topology, end(from), end(to), Switch::Normal, None);
        let reason = verdict.reason().expect("a reason");
        assert_eq!(reason.sentence(topology), expected);
    }
}

#[test]
fn hairpin_is_offered_only_where_it_alone_would_do() {
    let (private, vepa, bridge, source) = (10, 12, 14, 16);
    let port = Fix::Port(key(NetnsId::Cookie(20), 30), PortOption::Hairpin(true));
    for (topology, from, to, expected) in [
        (on_veth(Some(false)), vepa, bridge, Some(&port)),
        (on_veth(Some(false)), bridge, PARENT, Some(&port)),
        (on_veth(Some(false)), PARENT, private, Some(&port)),
        (on_veth(Some(false)), vepa, private, None),
        (on_veth(Some(false)), vepa, source, None),
        (on_veth(Some(false)), bridge, bridge + 1, None),
        (on_veth(Some(true)), vepa, private, None),
        (on_veth(None), vepa, bridge, None),
        (host(&[]), vepa, bridge, None),
    ] {
        let verdict = Verdict::between(&topology, end(from), end(to), Switch::Normal, None);
        let found = Fix::hairpin(&topology, end(from), end(to), &verdict);
        assert_eq!(found.as_ref(), expected, "{from} to {to}");
    }
}

#[test]
fn what_is_a_port_of_something_hears_nothing_itself() {
    let mut topology = host(&[]);
    let kinds = [(50, "bridge", false), (51, "bond", false), (52, "vrf", true)];
    for (master, kind, hears) in kinds {
        topology.apply(Change::Link(Box::new(link(
            HOST,
            master,
            kind,
            LinkKind::Other(kind.into()),
        ))));
        let mut port = topology.link(key(HOST, 14)).unwrap().clone();
        port.master = Some(master);
        topology.apply(Change::Link(Box::new(port)));
        assert_eq!(passes(&topology, end(15), end(14), Switch::Normal), [hears; 2], "{kind}");
        assert_eq!(passes(&topology, end(14), end(15), Switch::Normal), [true; 2], "{kind}");
    }
}

#[test]
fn what_has_the_far_end_of_a_wire_may_send_frames_back() {
    let wire = NetnsId::Cookie(20);
    let mut topology = on_veth(None);
    let comes_back = |topology: &Topology| passes(topology, end(12), end(13), Switch::Reflective);
    assert_eq!(comes_back(&topology), [false; 2]);
    let switch = link(wire, 50, "ovs-system", LinkKind::Other("openvswitch".into()));
    topology.apply(Change::Link(Box::new(switch)));
    change(&mut topology, key(wire, 30), |port| port.master = Some(50));
    assert_eq!(comes_back(&topology), [true; 2]);
}

#[test]
fn no_frame_leaves_a_loopback_or_an_ifb() {
    let mut topology = host(&[]);
    let mut lo = link(HOST, 1, "lo", LinkKind::Device);
    lo.flags = crate::model::LinkFlags(lo.flags.0 | 0x8);
    let ifb = link(HOST, 50, "ifb0", LinkKind::Other("ifb".into()));
    for (link, what) in [(lo, "lo in host is a loopback"), (ifb, "ifb0 in host is an ifb")] {
        let ends = [end(PARENT), Endpoint::Link(link.key)];
        topology.apply(Change::Link(Box::new(link)));
        for [from, to] in [ends, [ends[1], ends[0]]] {
            let lost = way(&topology, from, to, Cast::Unicast, Switch::Reflective).lost;
            let sentence = lost.expect("a reason").sentence(&topology);
            assert!(sentence.starts_with(what), "{sentence}");
        }
    }
}

#[test]
fn a_matrix_counts_as_people_do() {
    let mut topology = host(&[]);
    for (ifindex, name) in [(30, "mv9"), (31, "mv100"), (32, "mv20")] {
        let mut link = sub(ifindex, Mode::Bridge, &[]);
        link.name = name.as_bytes().into();
        topology.apply(Change::Link(Box::new(link)));
    }
    let ends = Matrix::of(&topology, key(HOST, PARENT), Switch::Normal).ends;
    let place = |ifindex| ends.iter().position(|known| *known == end(ifindex)).unwrap();
    assert!(place(30) < place(10) && place(17) < place(32) && place(32) < place(31));
}
