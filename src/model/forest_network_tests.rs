//! The tree of networks: their members, and what no network made.

use super::super::super::fixture::{address, owners};
use super::super::super::{Netns, Owner, OwnerKind};
use super::*;

#[test]
fn by_network_shows_members_and_what_no_network_made() {
    assert_eq!(
        draw(&believed(), &by(Grouping::Network, "")),
        [
            "<lost>",
            "<mvcni>",
            "  eth0 in pod default/web-0",
            "<vepamv>",
            "  eth0 in docker centos1-2",
            "  (centos1-4)",
            "in no network",
            "  macvlan1 in host",
            "  macvlan1 in test1",
            "  mv9 in pod default/web-0",
            "  onvlan in test1",
            "  tap0 in vm-build (4199)",
        ]
    );
}

fn believed() -> Topology {
    let mut topology = host();
    for change in owners().into_iter().chain(beliefs()) {
        topology.apply(change);
    }
    topology
}

/// A second member of the fixture's first network, in TEST1.
fn with_second_member() -> Topology {
    let mut topology = believed();
    let owner = Owner { id: Some("99c4".into()), ..Owner::new(OwnerKind::Docker, "x".into()) };
    topology.apply(Change::Netns(Netns { owner: Some(Box::new(owner)), ..netns(TEST1, vec![]) }));
    let mut link = child(TEST1, 9, "ath0", Mode::Private, key(HOST, 3));
    link.mac = Some([2, 0x42, 0, 0, 0, 1].into());
    link.addresses = vec![address("192.168.128.224/24")];
    topology.apply(Change::Link(Box::new(link)));
    topology
}

#[test]
fn a_filter_shows_networks_by_name_and_by_member() {
    let topology = believed();
    let shown = |filter| draw(&topology, &by(Grouping::Network, filter));
    let whole = ["<vepamv>", "  eth0 in docker centos1-2", "  (centos1-4)"];
    assert_eq!(shown("net:vepamv"), whole);
    assert_eq!(shown("vepamv"), whole);
    assert_eq!(shown("net:77"), whole);
    assert_eq!(shown("net:lost"), ["<lost>"]);
    assert_eq!(shown("net:vepamv mode:vepa"), whole[..2]);
    assert_eq!(shown("net:vepamv mode:bridge"), Vec::<String>::new());
    assert_eq!(shown("ip:192.168.128.224"), ["<vepamv>", "  (centos1-4)"]);
    assert_eq!(shown("mode:passthru"), ["in no network", "  tap0 in vm-build (4199)"]);
    assert_eq!(
        shown("owner:kube"),
        ["<mvcni>", "  eth0 in pod default/web-0", "in no network", "  mv9 in pod default/web-0"]
    );
}

#[test]
fn members_follow_the_order_asked_for_and_the_stopped_come_last() {
    let members = |topology: &Topology, sort, invert| -> Vec<String> {
        let selection = Selection { sort, invert, ..by(Grouping::Network, "net:vepamv") };
        draw(topology, &selection)[1..].iter().map(|line| line.trim().to_owned()).collect()
    };
    let topology = with_second_member();
    let [c2, test1] = ["eth0 in docker centos1-2", "ath0 in docker centos1-4"];
    for sort in SortBy::ALL {
        let wanted = match sort {
            // By that of the container, not of the interface.
            SortBy::Name | SortBy::Namespace | SortBy::Address => [c2, test1],
            SortBy::Mode | SortBy::State | SortBy::Mac => [test1, c2],
        };
        assert_eq!(members(&topology, sort, false), wanted, "{}", sort.name());
        let [a, b] = wanted;
        assert_eq!(members(&topology, sort, true), [b, a], "{}", sort.name());
        assert_eq!(members(&believed(), sort, true), [c2, "(centos1-4)"], "{}", sort.name());
    }
}

#[test]
fn whoever_holds_an_address_is_shown_whatever_kind_of_link_it_is() {
    let mut topology = with_second_member();
    let mut veth = link(VM, 9, "eth7", LinkKind::Veth);
    veth.addresses = vec![address("10.7.7.7/24")];
    let mut vlan = link(VM, 10, "vlan9", LinkKind::Vlan(Vlan::new(9)));
    vlan.addresses = vec![address("10.7.7.8/24")];
    vlan.parent =
        Some(Parent { ifindex: 9, netns: Some(VM), nsid: None, sysfs_lower: Some(vec![]) });
    for link in [veth, vlan] {
        topology.apply(Change::Link(Box::new(link)));
    }
    let shown = |grouping, filter| draw(&topology, &by(grouping, filter));
    let [eth7, vlan9] = ["eth7 in vm-build (4199)", "vlan9 in vm-build (4199)"];
    for filter in ["ip:10.7.7.8", "10.7.7.8", "mac:52:54:00:00:00:0a ip:10.7.7"] {
        let below = format!("  {vlan9}");
        assert_eq!(shown(Grouping::Parent, filter), [eth7, &below], "{filter}");
        assert_eq!(shown(Grouping::Namespace, filter), ["[vm-build (4199)]", &below], "{filter}");
        assert_eq!(shown(Grouping::Network, filter), ["in no network", &below], "{filter}");
    }
    // Plain text brings what hangs on a match, but only what is a macvlan or has the address.
    assert_eq!(shown(Grouping::Parent, "10.7.7.7"), [eth7]);
    assert_eq!(shown(Grouping::Namespace, "name:eth7"), Vec::<String>::new());
}
