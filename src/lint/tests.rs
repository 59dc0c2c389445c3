//! Every lint has a host that triggers it and one that does not, and speaks in sentences.

use std::collections::HashSet;

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::model::fixture::{C2, C3, HOST, VM, address, key};
use crate::model::{Address, Change, LinkFlags, LinkKey, LinkKind, Mode, View};

/// The fixture with its two difficulties repaired: nothing is wrong with it.
pub(super) fn healthy() -> Topology {
    let mut topology = fixture::host();
    edit(&mut topology, key(HOST, 4), |link| link.flags = LinkFlags(0x1_1043));
    topology.apply(Change::LinkGone(key(C3, 9)));
    topology
}

pub(super) fn edit(topology: &mut Topology, key: LinkKey, change: impl FnOnce(&mut Link)) {
    let mut link = topology.link(key).unwrap().clone();
    change(&mut link);
    topology.apply(Change::Link(Box::new(link)));
}

fn edit_macvlan(topology: &mut Topology, change: impl FnOnce(&mut crate::model::Macvlan)) {
    edit(topology, key(C2, 2), |link| {
        let LinkKind::Macvlan(macvlan) = &mut link.kind else { panic!("a macvlan") };
        change(macvlan);
    });
}

/// Breaks a healthy host in the way that a lint is about; a part of what it must say.
fn broken(code: &str, host: &mut Topology) -> &'static str {
    let eth0 = key(C2, 2);
    match code {
        "parent-down" => {
            edit(host, key(HOST, 4), |link| link.flags = LinkFlags(0x1002));
            "because ens9 in host is down"
        }
        "parent-no-carrier" => {
            edit(host, key(HOST, 3), |link| link.flags = LinkFlags(0x1003));
            "because ens8 in host is up but has no carrier"
        }
        "link-down" => {
            edit(host, eth0, |link| link.flags = LinkFlags(0x1_1002));
            "eth0 in centos1-2 is administratively down"
        }
        "parent-unseen" => {
            host.apply(Change::LinkGone(key(HOST, 5)));
            "interface 5 of the namespace host"
        }
        "same-mac" => {
            edit(host, eth0, |link| link.mac = Some([0x52, 0x54, 0, 0, 0, 3].into()));
            "ens8 in host on the same parent"
        }
        "same-address" => {
            edit(host, eth0, |link| link.addresses.push(address("1.1.1.3/24")));
            "macvlan1 in test1 on the same parent"
        }
        "address-conflict" => {
            edit(host, eth0, |link| {
                let flags = Address::DADFAILED;
                link.addresses.push(Address { flags, ..address("2001:db8::7/64") });
            });
            "2001:db8::7/64"
        }
        "empty-source-list" => {
            edit_macvlan(host, |macvlan| macvlan.mode = Mode::Source);
            "macaddr add"
        }
        "no-broadcasts" => {
            edit_macvlan(host, |macvlan| macvlan.bc_queue_len_used = Some(0));
            "bcqueuelen"
        }
        "global-mac" => {
            edit(host, eth0, |link| link.mac = Some([0, 1, 2, 3, 4, 5].into()));
            "00:01:02:03:04:05"
        }
        "sysfs-disagrees" => {
            edit(host, key(HOST, 7), |link| {
                link.parent.as_mut().unwrap().sysfs_lower = Some(vec!["ens9".into()]);
            });
            "but ens9 according to sysfs"
        }
        "namespace-closed" => {
            let mut netns = host.namespace(VM).unwrap().netns.clone();
            netns.view = View::Closed { why: "it needs CAP_SYS_ADMIN.".into() };
            host.apply(Change::Netns(netns));
            "namespace vm-build (4199) can't be read: it needs CAP_SYS_ADMIN."
        }
        other => belief_tests::broken(other, host),
    }
}

#[test]
fn nothing_is_wrong_with_a_healthy_host() {
    assert_eq!(findings(&healthy()), []);
}

#[test]
fn every_lint_finds_its_example_and_says_so_in_a_sentence() {
    let mut codes = HashSet::new();
    for lint in LINTS {
        assert!(codes.insert(lint.code), "{} twice", lint.code);
        assert!(lint.glance.width() <= 20, "{}", lint.glance);
        let mut host = healthy();
        let said = broken(lint.code, &mut host);
        let all = findings(&host);
        let found: Vec<_> = all.iter().filter(|finding| finding.code == lint.code).collect();
        assert!(!found.is_empty(), "{} was not found in {all:?}", lint.code);
        assert!(found.iter().any(|finding| finding.sentence.contains(said)), "{found:?}");
        for finding in found {
            assert!(finding.sentence.ends_with('.'), "{}", finding.sentence);
            if let Item::Link(key) = finding.item {
                let alone = of_link(&host, host.link(key).unwrap());
                assert!(alone.contains(finding), "{alone:?}");
            }
            if let Check::Network(_) | Check::Members(_) | Check::Member(_) = lint.check {
                let networks = host.networks();
                let mut alone = networks.flat_map(|network| of_network(&host, network.key));
                assert!(alone.any(|other| other == *finding), "{finding:?}");
            }
        }
    }
}

#[test]
fn the_cause_is_looked_for_all_the_way_down() {
    let mut host = healthy();
    edit(&mut host, key(HOST, 6), |link| link.flags = LinkFlags(0x1002));
    let found = findings(&host);
    let child = found.iter().find(|finding| finding.code == "parent-down").unwrap();
    assert!(child.sentence.contains("onvlan in test1"), "{child:?}");
    assert!(child.sentence.contains("because veth-trunk in host is down"), "{child:?}");
}

#[test]
fn passthru_shares_its_parents_mac_by_design() {
    let mut host = healthy();
    edit(&mut host, key(VM, 2), |link| link.mac = Some([0x52, 0x54, 0, 0, 0, 4].into()));
    assert_eq!(findings(&host), []);
}
