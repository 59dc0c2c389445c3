//! The three trees on the small host of the fixture, written as indented names.

#[path = "forest_network_tests.rs"]
mod network;

use super::super::fixture::{C2, C3, HOST, TEST1, VM, beliefs, child, host, key, link, netns};
use super::super::{BridgePort, Change, Mode, SourceId, Vlan};
use super::*;

fn draw(topology: &Topology, selection: &Selection) -> Vec<String> {
    fn walk(topology: &Topology, nodes: &[Node], depth: usize, lines: &mut Vec<String>) {
        for node in nodes {
            let text = match node.item {
                Item::Netns(netns) => format!("[{}]", topology.label(netns)),
                Item::Link(key) => topology.describe(key),
                Item::UnseenParent { ifindex, nsid, .. } => format!("? {ifindex} nsid {nsid:?}"),
                Item::Network(key) => {
                    format!("<{}>", topology.network(key).unwrap().network.name)
                }
                Item::Member(key) => {
                    let (_, member) = topology.member(key).unwrap();
                    format!("({})", member.container.unwrap().name)
                }
                Item::Unattached => "in no network".into(),
            };
            lines.push(format!("{}{text}", "  ".repeat(depth)));
            walk(topology, &node.children, depth + 1, lines);
        }
    }
    let mut lines = Vec::new();
    walk(topology, &forest(topology, selection), 0, &mut lines);
    lines
}

fn by(grouping: Grouping, filter: &str) -> Selection {
    Selection { grouping, filter: Filter::parse(filter), ..Selection::default() }
}

#[test]
fn by_parent_shows_macvlans_and_what_is_below_them() {
    assert_eq!(
        draw(&host(), &Selection::default()),
        [
            "ens8 in host",
            "  eth0 in centos1-2",
            "  eth0 in centos1-3",
            "  macvlan1 in host",
            "  macvlan1 in test1",
            "ens9 in host",
            "  tap0 in vm-build (4199)",
            "veth-trunk in host",
            "  veth-trunk.50 in host",
            "    onvlan in test1",
            "? 7 nsid Some(4)",
            "  mv9 in centos1-3",
        ]
    );
}

#[test]
fn by_namespace_shows_every_namespace() {
    assert_eq!(
        draw(&host(), &by(Grouping::Namespace, "")),
        [
            "[host]",
            "  ens8 in host",
            "  ens9 in host",
            "  macvlan1 in host",
            "  veth-trunk in host",
            "  veth-trunk.50 in host",
            "[centos1-2]",
            "  eth0 in centos1-2",
            "[centos1-3]",
            "  eth0 in centos1-3",
            "  mv9 in centos1-3",
            "[test1]",
            "  macvlan1 in test1",
            "  onvlan in test1",
            "[vm-build (4199)]",
            "  tap0 in vm-build (4199)",
        ]
    );
}

#[test]
fn all_adds_the_links_without_a_macvlan() {
    for grouping in [Grouping::Parent, Grouping::Namespace, Grouping::Network] {
        let all = Selection { all: true, ..by(grouping, "") };
        let lines = draw(&host(), &all);
        assert!(lines.iter().any(|line| line.trim() == "lo in host"), "{lines:?}");
        let is_link = |line: &&String| line.contains(" in ") && *line != "in no network";
        let count = lines.iter().filter(is_link).count();
        assert_eq!(count, host().links().count());
    }
}

#[test]
fn a_filter_keeps_the_rows_that_lead_to_a_match() {
    assert_eq!(
        draw(&host(), &by(Grouping::Parent, "name:onvlan")),
        ["veth-trunk in host", "  veth-trunk.50 in host", "    onvlan in test1"]
    );
    assert_eq!(
        draw(&host(), &by(Grouping::Parent, "mode:passthru")),
        ["ens9 in host", "  tap0 in vm-build (4199)"]
    );
    assert_eq!(
        draw(&host(), &by(Grouping::Namespace, "mode:passthru")),
        ["[vm-build (4199)]", "  tap0 in vm-build (4199)"]
    );
}

#[test]
fn a_matching_parent_brings_what_hangs_on_it() {
    let lines = draw(&host(), &by(Grouping::Parent, "name:ens8"));
    assert_eq!(lines.len(), 5, "{lines:?}");
    let without = draw(&host(), &by(Grouping::Parent, "!mode:vepa"));
    assert!(!without.iter().any(|line| line.contains("eth0")), "{without:?}");
    assert!(without.iter().any(|line| line.contains("macvlan1")), "{without:?}");
}

#[test]
fn a_namespace_that_matches_is_shown_without_links() {
    let mut topology = host();
    topology.apply(Change::Contents { netns: VM, links: Vec::new() });
    assert_eq!(draw(&topology, &by(Grouping::Namespace, "ns:vm")), ["[vm-build (4199)]"]);
    assert!(
        !draw(&topology, &by(Grouping::Namespace, "!mode:vepa"))
            .contains(&"[vm-build (4199)]".into())
    );
}

#[test]
fn siblings_follow_the_order_asked_for() {
    let children = |sort, invert| {
        let selection = Selection { sort, invert, ..Selection::default() };
        let nodes = forest(&host(), &selection);
        let ens8 = nodes.iter().find(|node| node.item == Item::Link(key(HOST, 3))).unwrap();
        ens8.children.iter().map(|node| node.item).collect::<Vec<_>>()
    };
    let [c2, c3, here, test1] =
        [(C2, 2), (C3, 2), (HOST, 7), (TEST1, 7)].map(|(ns, index)| Item::Link(key(ns, index)));
    assert_eq!(children(SortBy::Name, false), [c2, c3, here, test1]);
    assert_eq!(children(SortBy::Mode, false), [test1, c2, c3, here]);
    assert_eq!(children(SortBy::Address, false), [test1, here, c2, c3]);
    for sort in SortBy::ALL {
        let mut reversed = children(sort, true);
        reversed.reverse();
        assert_eq!(children(sort, false), reversed, "{}", sort.name());
        assert!(!sort.name().is_empty());
    }
}

#[test]
fn namespaces_follow_the_order_asked_for() {
    let topology = host();
    let labels = |sort, invert| -> Vec<String> {
        let selection = Selection { sort, invert, ..by(Grouping::Namespace, "") };
        let roots = forest(&topology, &selection);
        let label = |node: Node| match node.item {
            Item::Netns(id) => topology.label(id).into_owned(),
            other => panic!("{other:?}"),
        };
        roots.into_iter().map(label).collect()
    };
    let mut wanted = labels(SortBy::Namespace, false);
    wanted.reverse();
    assert_eq!(labels(SortBy::Namespace, true), wanted);
    assert_eq!(labels(SortBy::Name, true), labels(SortBy::Name, false), "the links are inverted");
}

#[test]
fn links_that_are_each_others_parents_are_all_shown_once() {
    let mut topology = host();
    let ring = vec![
        child(VM, 11, "a", Mode::Bridge, key(VM, 12)),
        child(VM, 12, "b", Mode::Bridge, key(VM, 13)),
        child(VM, 13, "c", Mode::Bridge, key(VM, 11)),
        child(VM, 14, "self", Mode::Bridge, key(VM, 14)),
        child(VM, 15, "above", Mode::Bridge, key(VM, 12)),
    ];
    topology.apply(Change::Contents { netns: VM, links: ring });
    let lines = draw(&topology, &by(Grouping::Parent, "ns:vm"));
    let names: Vec<_> = lines.iter().map(|line| line.split(" in ").next().unwrap()).collect();
    assert_eq!(names, ["a", "  c", "    b", "      above", "self"]);
}

#[test]
fn unseen_parents_are_told_apart_and_brought_together() {
    let unseen = |netns, index, parent_netns, nsid| {
        let mut link = child(netns, index, &format!("mv{index}"), Mode::Bridge, key(HOST, 3));
        link.parent =
            Some(Parent { ifindex: 7, netns: parent_netns, nsid, sysfs_lower: Some(Vec::new()) });
        link
    };
    let mut topology = host();
    // The same ifindex behind two nsids: two parents.
    let two = vec![unseen(C3, 20, None, Some(4)), unseen(C3, 21, None, Some(5))];
    topology.apply(Change::Contents { netns: C3, links: two });
    // A namespace that is known but can't be read: one parent, whoever names it.
    let closed = NetnsId::Cookie(90);
    topology.apply(Change::Netns(netns(closed, Vec::new())));
    for (id, nsid) in [(C2, 3), (TEST1, 8)] {
        let links = vec![unseen(id, 30, Some(closed), Some(nsid))];
        topology.apply(Change::Contents { netns: id, links });
    }
    let nodes = forest(&topology, &Selection::default());
    let sizes: Vec<_> = nodes
        .iter()
        .filter(|node| matches!(node.item, Item::UnseenParent { .. }))
        .map(|node| node.children.len())
        .collect();
    assert_eq!(sizes, [1, 1, 2]);
}

#[test]
fn a_link_carries_a_macvlan_through_what_lies_between() {
    let topology = host();
    let carries = |ifindex| {
        let link = topology.link(key(HOST, ifindex)).unwrap();
        is_macvlan_or_below(&topology, link)
    };
    assert_eq!([1, 3, 5, 6, 7].map(carries), [false, true, true, true, true]);
    let lone = link(HOST, 99, "dummy0", LinkKind::Other("dummy".into()));
    assert!(!is_macvlan_or_below(&topology, &lone));
}

#[test]
fn the_parent_of_a_network_has_a_row_before_there_is_anything_on_it() {
    let mut topology = host();
    for change in beliefs() {
        topology.apply(change);
    }
    let macvlans = topology.links().filter(|link| link.macvlan().is_some());
    let macvlans: Vec<_> = macvlans.map(|link| link.key).collect();
    for key in macvlans {
        topology.apply(Change::LinkGone(key));
    }
    let rows = |topology: &Topology, grouping| {
        let nodes = forest(topology, &Selection { grouping, ..Selection::default() });
        let links = nodes.iter().flat_map(|node| std::iter::once(node).chain(&node.children));
        links.filter(|node| matches!(node.item, Item::Link(_))).cloned().collect::<Vec<_>>()
    };
    let ens8 = Node { item: Item::Link(key(HOST, 3)), children: Vec::new() };
    for grouping in [Grouping::Parent, Grouping::Namespace] {
        assert_eq!(rows(&topology, grouping), std::slice::from_ref(&ens8));
    }
    for source in 0..3 {
        topology.apply(Change::Belief { source: SourceId(source), belief: None });
    }
    assert_eq!(rows(&topology, Grouping::Parent), []);
}

/// The host with ens8 a veth whose other end is a port of a bridge, which has another port.
fn on_a_switch() -> Topology {
    let mut topology = host();
    let far = |netns, ifindex| {
        Some(Parent { ifindex, netns: Some(netns), nsid: None, sysfs_lower: None })
    };
    let mut uplink = topology.link(key(HOST, 3)).unwrap().clone();
    uplink.peer = far(TEST1, 30);
    let bridge = link(TEST1, 29, "switch", LinkKind::Other("bridge".into()));
    let port = |ifindex, name, peer| {
        let mut port = link(TEST1, ifindex, name, LinkKind::Veth);
        (port.master, port.bridge_port, port.peer) = (Some(29), Some(BridgePort::default()), peer);
        port
    };
    let ports = [port(30, "to-ens8", far(HOST, 3)), port(31, "to-outside", far(C2, 50))];
    for link in [uplink, bridge].into_iter().chain(ports) {
        topology.apply(Change::Link(Box::new(link)));
    }
    topology
}

#[test]
fn the_switch_behind_a_parent_has_a_row_with_the_port_to_it() {
    let topology = on_a_switch();
    let switch = |grouping, all| {
        let nodes = forest(&topology, &Selection { grouping, all, ..Selection::default() });
        let mut items: Vec<&Node> = nodes.iter().collect();
        let mut found = Vec::new();
        while let Some(node) = items.pop() {
            items.extend(&node.children);
            if let Item::Link(key) = node.item
                && key.netns == TEST1
                && key.ifindex >= 29
            {
                found.push((key.ifindex, node.children.len()));
            }
        }
        found.sort_unstable();
        found
    };
    assert_eq!(switch(Grouping::Parent, false), [(29, 1), (30, 0)]);
    assert_eq!(switch(Grouping::Parent, true), [(29, 2), (30, 0), (31, 0)]);
    assert_eq!(switch(Grouping::Namespace, false), [(29, 0), (30, 0)]);
    assert_eq!(switch(Grouping::Namespace, true), [(29, 0), (30, 0), (31, 0)]);
}
