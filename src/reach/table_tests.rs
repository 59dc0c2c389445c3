//! Every reason and every fix: what leads to it, and that its sentence is one.

use std::collections::BTreeSet;

use super::tests::{PARENT, change, end, host, mac, on_veth, sub};
use super::*;
use crate::model::fixture::{C2, HOST, address, key, link};
use crate::model::{
    BridgePort, Change, LinkFlags, LinkKey, LinkKind, MacvlanFlags, Mode, Neighbour, NetnsId,
    PortOption, PortState, Route, Vlan,
};

/// Names all variants: one that is left out is an error of the compiler.
macro_rules! names {
    ($all:ident, $name:ident, $kind:ty, $($pattern:pat => $text:literal,)*) => {
        const $all: &[&str] = &[$($text),*];
        fn $name(value: &$kind) -> &'static str {
            match value { $($pattern => $text,)* }
        }
    };
}

names! { REASONS, reason_name, Reason,
    Reason::Unseen => "out of sight",
    Reason::Down(_) => "down",
    Reason::ParentDown(_) => "parent down",
    Reason::NoCarrier(_) => "no carrier",
    Reason::NotReflected { .. } => "not reflected",
    Reason::OtherVlan => "other VLAN",
    Reason::Apart(None) => "apart",
    Reason::Apart(Some(_)) => "apart, but for a bridge over sub-interfaces",
    Reason::NotListed(_) => "not listed",
    Reason::NoQueue(_) => "no queue",
    Reason::PrivateHearsNoSibling(_) => "private",
    Reason::GivenBack(_) => "given back",
    Reason::TakenByPassthru(_) => "passthru",
    Reason::TakenByNodst(_) => "nodst",
    Reason::Nowhere(_) => "nowhere",
    Reason::NotEthernet(_) => "no Ethernet",
    Reason::TakenByMaster(..) => "master",
    Reason::SameMac(..) => "same MAC",
    Reason::Bridge(Refusal::Closed(_)) => "closed",
    Reason::Bridge(Refusal::Isolated(..)) => "isolated",
    Reason::Bridge(Refusal::Unknown(_)) => "unknown",
    Reason::Bridge(Refusal::NoBroadcasts(_)) => "no broadcasts",
    Reason::Packets(Obstacle::Unseen) => "packets: out of sight",
    Reason::Packets(Obstacle::NoAddress(_)) => "no address",
    Reason::Packets(Obstacle::NoCommonFamily) => "no common family",
    Reason::Packets(Obstacle::SameAddress(..)) => "same address",
    Reason::Packets(Obstacle::NoCommonSubnet(..)) => "no common subnet",
    Reason::Packets(Obstacle::NoRoute(..)) => "no route",
    Reason::Packets(Obstacle::OwnAddress(..)) => "own address",
    Reason::Packets(Obstacle::RoutedElsewhere(..)) => "routed elsewhere",
    Reason::Packets(Obstacle::ReversePath(..)) => "reverse path",
    Reason::Packets(Obstacle::RoutedVia(..)) => "routed via",
    Reason::Packets(Obstacle::NeighbourFailed(..)) => "neighbour failed",
    Reason::Packets(Obstacle::AsksNoArp(..)) => "asks no ARP",
    Reason::Packets(Obstacle::AnswersNoArp(..)) => "answers no ARP",
    Reason::Packets(Obstacle::ToldOfOther(..)) => "told of another",
}

names! { FIXES, fix_name, Fix,
    Fix::Up(_) => "up",
    Fix::Mode(..) => "mode",
    Fix::Shim { .. } => "shim",
    Fix::Listen(..) => "listen",
    Fix::Queue(_) => "queue",
    Fix::Port(_, PortOption::Hairpin(_)) => "hairpin",
    Fix::Port(_, PortOption::Isolated(_)) => "not isolated",
    Fix::Port(_, PortOption::Flood(_)) => "flood",
    Fix::Port(_, PortOption::BcastFlood(_)) => "bcast_flood",
    Fix::Port(_, PortOption::State(_)) => "forwarding",
}

/// A host, two ends, the switch out of sight, and what the stacks say.
struct Case {
    topology: Topology,
    ends: [Endpoint; 2],
    switch: Switch,
    stacks: Option<[Stack; 2]>,
    /// What the sentence of the reason must name.
    names: &'static str,
}

const PRIVATE: u32 = 10;
const VEPA: u32 = 12;
const BRIDGE: u32 = 14;
const OTHER: u32 = 15;
const SOURCE: u32 = 16;
const WIRE: NetnsId = NetnsId::Cookie(20);
const OUTSIDE: Endpoint = Endpoint::Outside(LinkKey { netns: HOST, ifindex: PARENT });

fn case(topology: Topology, ends: [Endpoint; 2], names: &'static str) -> Case {
    Case { topology, ends, switch: Switch::Normal, stacks: None, names }
}

fn reflected(topology: Topology, ends: [Endpoint; 2], names: &'static str) -> Case {
    Case { switch: Switch::Reflective, ..case(topology, ends, names) }
}

fn flagged(ifindex: u32, flags: u32) -> Topology {
    let mut topology = host(&[]);
    change(&mut topology, key(HOST, ifindex), |link| link.flags = LinkFlags(flags));
    topology
}

fn with(mut topology: Topology, link: crate::model::Link) -> Topology {
    topology.apply(Change::Link(Box::new(link)));
    topology
}

/// The bridge behind the parent, with these options at its port and, equally, at that of another device,
/// `up1`.
fn port(port: BridgePort) -> Topology {
    let mut topology = on_veth(Some(port.hairpin));
    let peer = |netns, ifindex| crate::model::Parent {
        ifindex,
        netns: Some(netns),
        nsid: None,
        sysfs_lower: None,
    };
    let (mut up, mut far) =
        (link(HOST, 40, "up1", LinkKind::Veth), link(WIRE, 41, "port1", LinkKind::Veth));
    (up.peer, far.peer, far.master) = (Some(peer(WIRE, 41)), Some(peer(HOST, 40)), Some(31));
    for far in [far, topology.link(key(WIRE, 30)).unwrap().clone()] {
        let far = crate::model::Link { bridge_port: Some(port), ..far };
        topology.apply(Change::Link(Box::new(far)));
    }
    with(topology, up)
}

fn of_frames() -> Vec<Case> {
    let own = end(PARENT);
    let mut on_dummy = host(&[]);
    let dummy = LinkKind::Other("dummy".into());
    on_dummy.apply(Change::Link(Box::new(link(HOST, PARENT, "up0", dummy))));
    let mut tunnel = link(HOST, 61, "tun0", LinkKind::Other("tun".into()));
    tunnel.mac = None;
    let mut vlan = link(HOST, 40, "up0.7", LinkKind::Vlan(Vlan::new(7)));
    vlan.parent = host(&[]).link(key(HOST, BRIDGE)).unwrap().parent.clone();
    let passthru = {
        let mut topology = host(&[]);
        let links = vec![link(HOST, PARENT, "up0", LinkKind::Device), sub(10, Mode::Passthru, &[])];
        topology.apply(Change::Contents { netns: HOST, links });
        topology
    };
    let mut nodst = host(&[VEPA]);
    change(&mut nodst, key(HOST, SOURCE), |link| {
        link.macvlan_mut().unwrap().flags = MacvlanFlags(MacvlanFlags::NODST);
    });
    let bridge = link(HOST, 50, "br0", LinkKind::Other("bridge".into()));
    let mut enslaved = with(host(&[]), bridge);
    change(&mut enslaved, key(HOST, BRIDGE), |link| link.master = Some(50));
    let mut twice = host(&[]);
    change(&mut twice, key(HOST, PARENT), |link| link.mac = Some(super::tests::mac(VEPA)));
    let alone = |topology| with(topology, link(HOST, 60, "br9", LinkKind::Other("bridge".into())));
    let no_carrier = flagged(PARENT, 0x1003);
    let mut deaf = host(&[]);
    for child in host(&[]).children_of(key(HOST, PARENT)) {
        change(&mut deaf, child.key, |link| link.macvlan_mut().unwrap().bc_queue_len = Some(0));
    }
    vec![
        case(host(&[]), [end(BRIDGE), end(999)], "out of sight"),
        case(flagged(BRIDGE, 0x1002), [end(BRIDGE), end(VEPA)], "mv14"),
        case(flagged(PARENT, 0x1002), [end(BRIDGE), end(VEPA)], "up0"),
        case(no_carrier, [end(BRIDGE), end(VEPA)], "up0"),
        case(host(&[]), [end(VEPA), end(BRIDGE)], "up0"),
        case(host(&[]), [own, end(BRIDGE)], "up0"),
        case(with(host(&[]), vlan), [own, end(40)], "VLAN"),
        case(alone(host(&[])), [end(BRIDGE), end(60)], "different networks"),
        case(alone(enslaved.clone()), [end(VEPA), end(60)], "br0"),
        reflected(host(&[]), [end(VEPA), end(SOURCE)], "mv16"),
        case(deaf, [OUTSIDE, end(VEPA)], "bcqueuelen 0"),
        reflected(host(&[]), [end(VEPA), end(PRIVATE)], "mv10"),
        reflected(host(&[]), [end(PRIVATE), end(VEPA)], "mv10"),
        case(passthru, [OUTSIDE, own], "mv10"),
        reflected(nodst, [end(VEPA), own], "mv16"),
        case(on_dummy, [end(VEPA), end(BRIDGE)], "up0"),
        case(with(host(&[]), tunnel), [end(BRIDGE), end(61)], "tun0"),
        case(enslaved, [end(OTHER), end(BRIDGE)], "br0"),
        case(twice, [OUTSIDE, own], "mv12"),
    ]
}

fn of_bridges() -> Vec<Case> {
    let usual = BridgePort::default();
    let isolated = BridgePort { isolated: true, ..usual };
    let closed = BridgePort { state: PortState::Blocking, ..usual };
    let deaf = BridgePort { flood: false, learning: false, ..usual };
    let quiet = BridgePort { bcast_flood: false, ..usual };
    let between = [end(VEPA), end(40)];
    vec![
        case(port(closed), between, "port in"),
        case(port(isolated), between, "port1"),
        reflected(
            port(BridgePort { hairpin: true, ..isolated }),
            [end(VEPA), end(BRIDGE)],
            "port in",
        ),
        case(port(deaf), between, "port1"),
        case(port(quiet), between, "port1"),
        case(port(usual), [end(VEPA), end(BRIDGE)], "br0"),
    ]
}

fn of_packets() -> Vec<Case> {
    let between = [end(BRIDGE), end(OTHER)];
    let addressed = |first: &str, second: &str| {
        let mut topology = host(&[]);
        for (ifindex, cidr) in [(BRIDGE, first), (OTHER, second)] {
            change(&mut topology, key(HOST, ifindex), |link| link.addresses.push(address(cidr)));
        }
        topology
    };
    let pair = || addressed("192.0.2.14/24", "192.0.2.15/24");
    let mut same = sub(17, Mode::Bridge, &[]);
    same.key = key(C2, 17);
    same.addresses.push(address("192.0.2.14/24"));
    let knowing = |route, strict_reverse_path, neighbour| Stack {
        route: Some(route),
        neighbour: Some(neighbour),
        strict_reverse_path,
    };
    let asked = |route, strict| knowing(route, strict, Neighbour::Unknown);
    let without_arp = |ifindex| {
        let mut topology = pair();
        let flags = LinkFlags(0x1_10c3);
        change(&mut topology, key(HOST, ifindex), |link| link.flags = flags);
        topology
    };
    let through = |oif| Route::Through { oif, gateway: None };
    let [fine, back] = [BRIDGE, OTHER].map(|oif| asked(through(oif), false));
    let told =
        |stacks: [Stack; 2], names| Case { stacks: Some(stacks), ..case(pair(), between, names) };
    let gateway = Route::Through { oif: BRIDGE, gateway: Some([192, 0, 2, 1].into()) };
    let strict = asked(through(PARENT), true);
    vec![
        case(host(&[]), between, "mv14"),
        case(addressed("192.0.2.14/24", "2001:db8::1/64"), between, "IPv6"),
        case(with(pair(), same), between, "192.0.2.14"),
        case(addressed("192.0.2.14/24", "198.51.100.1/24"), between, "mv14"),
        told([asked(Route::None, false), back.clone()], "192.0.2.15"),
        told([asked(Route::Local, false), back.clone()], "192.0.2.15"),
        told([asked(through(PARENT), false), back.clone()], "up0"),
        told([fine.clone(), strict], "up0"),
        told([asked(gateway, false), back.clone()], "192.0.2.1"),
        told([knowing(through(BRIDGE), false, Neighbour::Failed), back.clone()], "mv14"),
        told([knowing(through(BRIDGE), false, Neighbour::Told(mac(9))), back.clone()], "80:09"),
        Case { topology: without_arp(BRIDGE), ..told([fine.clone(), back.clone()], "mv14") },
        Case { topology: without_arp(OTHER), ..told([fine, back], "mv15") },
    ]
}

fn cases() -> Vec<Case> {
    [of_frames(), of_bridges(), of_packets()].into_iter().flatten().collect()
}

fn is_a_sentence(text: &str) -> bool {
    text.ends_with('.') && !text.contains("  ") && !text.contains("..") && !text.contains(" ,")
}

#[test]
fn every_reason_is_predicted_somewhere_and_says_what_and_where() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let [from, to] = case.ends;
        let verdict = Verdict::between(&case.topology, from, to, case.switch, case.stacks.as_ref());
        let reason = verdict.reason().unwrap_or_else(|| panic!("{}: no reason", case.names));
        let sentence = reason.sentence(&case.topology);
        assert!(is_a_sentence(&sentence), "{sentence}");
        assert!(sentence.contains(case.names), "{sentence} does not name {}", case.names);
        let obstacle = verdict.obstacle.map(Reason::Packets);
        seen.extend([Some(reason), obstacle].iter().flatten().map(reason_name));
    }
    assert_eq!(seen, REASONS.iter().copied().collect());
}

#[test]
fn every_fix_is_offered_somewhere_and_says_what_to_change() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let [from, to] = case.ends;
        let verdict = Verdict::between(&case.topology, from, to, case.switch, case.stacks.as_ref());
        for fix in [Fix::of, Fix::hairpin].map(|find| find(&case.topology, from, to, &verdict)) {
            let Some(fix) = fix else { continue };
            let sentence = fix.sentence(&case.topology);
            assert!(is_a_sentence(&sentence), "{sentence}");
            assert!(["mv", "up0", "port"].iter().any(|name| sentence.contains(name)), "{sentence}");
            seen.insert(fix_name(&fix));
        }
    }
    assert_eq!(seen, FIXES.iter().copied().collect());
}

#[test]
fn a_port_that_a_spanning_tree_has_closed_is_left_closed() {
    let blocking = BridgePort { state: PortState::Blocking, ..BridgePort::default() };
    let mut topology = port(blocking);
    let fix = |topology: &Topology| {
        let [from, to] = [end(VEPA), end(40)];
        let verdict = Verdict::between(topology, from, to, Switch::Normal, None);
        Fix::of(topology, from, to, &verdict)
    };
    assert_eq!(
        fix(&topology),
        Some(Fix::Port(key(WIRE, 30), PortOption::State(PortState::Forwarding)))
    );
    change(&mut topology, key(WIRE, 31), |bridge| {
        bridge.bridge = Some(crate::model::Bridge { stp: true, vlan_filtering: false });
    });
    assert_eq!(fix(&topology), None);
}

#[test]
fn only_what_would_help_is_a_fix() {
    let fix = |topology: &Topology, [from, to]: [Endpoint; 2]| {
        let verdict = Verdict::between(topology, from, to, Switch::Normal, None);
        assert!(!verdict.is_reachable());
        Fix::of(topology, from, to, &verdict)
    };
    // Nobody knows the MACs of the outside.
    assert_eq!(fix(&host(&[]), [OUTSIDE, end(SOURCE)]), None);
    let mut topology = port(BridgePort::default());
    let flags = |topology: &mut Topology, link, flags| {
        change(topology, link, |link| link.flags = LinkFlags(flags));
    };
    let children = topology.children_of(key(HOST, PARENT)).map(|child| child.key);
    for lower in children.chain([key(HOST, PARENT)]).collect::<Vec<_>>() {
        flags(&mut topology, lower, 0x1003);
    }
    assert_eq!(fix(&topology, [end(BRIDGE), end(OTHER)]), None, "the cable is out");
    flags(&mut topology, key(WIRE, 30), 0x1002);
    assert_eq!(fix(&topology, [end(BRIDGE), end(OTHER)]), Some(Fix::Up(key(WIRE, 30))));
}

#[test]
fn what_a_vlan_filter_does_is_not_predicted_and_that_is_said() {
    let mut topology = port(BridgePort::default());
    change(&mut topology, key(WIRE, 31), |bridge| {
        bridge.bridge = Some(crate::model::Bridge { stp: false, vlan_filtering: true });
    });
    let ends = [end(VEPA), end(40)];
    let said = Behind::between(&topology, ends, Switch::Normal).unwrap().sentence(&topology);
    assert!(said.contains("br0") && said.contains("nothing is predicted of that"), "{said}");
    let verdict = Verdict::between(&topology, ends[0], ends[1], Switch::Normal, None);
    assert!(verdict.frames_pass());
    let first = Suspect::all(&topology, ends, &verdict, [[false; 2]; 2])[0];
    assert_eq!(first, Suspect::VlanFilter(key(WIRE, 31)));
    assert!(first.sentence(&topology).contains("bridge vlan"), "{first:?}");
}
