//! One look at the host: everything that `ip` says inside each namespace, and what it can't say.

#[macro_use]
mod common;

use std::os::fd::AsFd;

use common::oracle::assert_same;
use common::{ip_json, sh, source_list};
use macvlens::kernel::sandbox::{Links, named};
use macvlens::kernel::watcher::Watcher;
use macvlens::model::{Holder, Link, LinkKind, Mode, NetnsId, Topology, View};

/// Everything, read once.
fn look() -> Topology {
    let mut watcher = Watcher::new().expect("a watcher");
    watcher.snapshot();
    watcher.topology().clone()
}

/// The link of that name in the namespace of that `ip netns` name, or in the own one.
fn link<'a>(topology: &'a Topology, netns: Option<&str>, name: &str) -> &'a Link {
    let mut namespaces = topology.namespaces().filter(|n| match netns {
        Some(name) => n.netns.iproute_name() == Some(name.as_bytes()),
        None => n.netns.current,
    });
    let namespace = namespaces.next().expect("the namespace");
    namespace.links().find(|link| link.name == name.into()).unwrap_or_else(|| panic!("no {name}"))
}

fn parent<'a>(topology: &'a Topology, netns: &str, name: &str) -> &'a Link {
    topology.parent_of(link(topology, Some(netns), name)).expect("a parent in sight")
}

sandboxed! {
    fn every_mode_in_its_own_and_in_another_namespace_is_what_ip_says() {
        sh("ip netns add a; ip netns add b
            for mode in private vepa bridge source; do
                ip link add v$mode type veth peer name p$mode
                ip link set v$mode up
                ip link add link v$mode name h$mode type macvlan mode $mode
                ip link add link v$mode name c$mode netns a type macvlan mode $mode
                ip link add link v$mode name t$mode netns b type macvtap mode $mode
                ip -n a link set c$mode up
            done
            ip link add vp type veth peer name pp
            ip link add link vp name cpass netns a type macvlan mode passthru nopromisc
            ip link set hsource type macvlan macaddr set 02:00:00:00:00:02 02:00:00:00:00:01
            ip link set hprivate type macvlan bcqueuelen 50
            ip link set hbridge alias 'two words' mtu 1400
            ip link property add dev hbridge altname a-much-longer-name-than-fifteen-bytes
            ip -n a address add 192.0.2.1/24 dev cbridge
            ip -n a address add 2001:db8::1/64 dev cbridge nodad
            ip link add br0 type bridge; ip link set pp master br0");
        let topology = look();
        assert_same(&topology, &["a", "b"]);
        let bridge = link(&topology, None, "hbridge");
        assert_eq!(bridge.alias, Some("two words".into()));
        assert_eq!(bridge.alt_names, ["a-much-longer-name-than-fifteen-bytes".into()]);
        assert_eq!(link(&topology, None, "hprivate").macvlan().unwrap().bc_queue_len, Some(50));
        assert!(topology.is_complete(), "{:?}", topology.problems().collect::<Vec<_>>());
    }

    fn equal_indexes_names_and_nsids_are_kept_apart() {
        // Two parents, p0 in x and p0 in y, with the same ifindex; each has a child eth0 in its own
        // child namespace, again with that ifindex, and a decoy lies where a bare index points to.
        sh("for side in x y; do
                ip netns add $side; ip netns add c$side
                ip -n $side link add p0 index 10 type veth peer name q0 index 11
                ip -n c$side link add decoy index 12 type veth peer name decoy2 index 13
                ip -n $side link add link p0 name eth0 index 10 netns c$side type macvlan mode bridge
                ip -n $side link add link q0 name eth1 index 12 netns $side type macvlan mode vepa
            done");
        let topology = look();
        assert_same(&topology, &["x", "y", "cx", "cy"]);
        for side in ["x", "y"] {
            let child = format!("c{side}");
            let found = parent(&topology, &child, "eth0");
            assert_eq!((found.name.clone(), found.key.ifindex), ("p0".into(), 10));
            assert_eq!(topology.label(found.key.netns), side);
            let ip = &ip_json(Some(&child), "link show eth0")[0];
            let below = link(&topology, Some(&child), "eth0").parent.as_ref().unwrap();
            assert_eq!(Some(i64::from(below.nsid.unwrap())), ip["link_netnsid"].as_i64());
        }
    }

    fn the_observer_itself_is_never_shown() {
        sh("ip netns add a");
        let mut watcher = Watcher::new().expect("a watcher");
        for _ in 0..3 {
            watcher.snapshot();
            let topology = watcher.topology();
            let mut labels: Vec<_> = topology.namespaces().map(|n| topology.label(n.netns.id)).collect();
            labels.sort();
            assert_eq!(labels, ["a", "current"]);
        }
    }

    fn the_second_witness_is_heard() {
        sh("ip netns add a; ip -n a link add p type veth peer name q
            ip -n a link add link p name mv type macvlan
            ip -n a link add link p name tap type macvtap
            ip link add hp type veth peer name hq
            ip link add link hp name far netns a type macvlan");
        let topology = look();
        let lower = |name| link(&topology, Some("a"), name).parent.clone().unwrap().sysfs_lower;
        assert_eq!(lower("mv"), Some(vec!["p".into()]));
        assert_eq!(lower("tap"), Some(vec!["p".into()]));
        assert_eq!(lower("far"), None, "not in the same namespace, so not asked");
        let tap = link(&topology, Some("a"), "tap");
        let numbers = sh("ip netns exec a sh -c 'cat /sys/class/net/tap/tap*/dev'");
        let expected = format!("/dev/tap{} ({})", tap.key.ifindex, numbers.trim());
        assert_eq!(tap.tap_device.map(|device| device.to_string()), Some(expected));
    }

    fn a_list_of_three_thousand_sources_loses_no_link() {
        source_list(3000);
        let topology = look();
        assert_same(&topology, &["a", "b"]);
        let macvlan = link(&topology, Some("a"), "mv").macvlan().unwrap();
        assert_eq!((macvlan.mode, macvlan.sources.len()), (Mode::Source, 3000));
        assert_eq!(link(&topology, Some("a"), "after").macvlan().unwrap().mode, Mode::Vepa);
        assert!(topology.is_complete());
    }

    fn a_list_too_long_for_netlink_is_told_and_the_rest_is_whole() {
        source_list(6000);
        sh("ip -n a link set mv up; ip -n a address add 192.0.2.9/24 dev mv");
        let topology = look();
        let mv = link(&topology, Some("a"), "mv");
        assert_eq!(mv.macvlan().unwrap().sources.len(), 6000);
        assert_eq!(topology.parent_of(mv).unwrap().name, "p".into());
        assert_eq!(link(&topology, Some("a"), "after").macvlan().unwrap().mode, Mode::Vepa);
        let problems: Vec<_> = topology.problems().collect();
        assert!(problems.iter().any(|p| p.what.contains("mv") && p.why.contains("6000")), "{problems:?}");
    }

    fn names_of_any_bytes_are_shown_and_not_lost() {
        sh(r"ip netns add a; ip link add p type veth peer name q
            n() { ip link add link p name $(printf $1) netns a type macvlan mode bridge; }
            n '\377\376' ; n '\\xff' ; n 'a\033[31m' ; n '\342\200\256evil' ; n '\347\266\262'
            n 'e\314\201'");
        let topology = look();
        let namespace = topology.namespaces().find(|n| topology.label(n.netns.id) == "a").unwrap();
        let mut names: Vec<String> =
            namespace.links().filter(|link| link.macvlan().is_some()).map(|link| link.name.to_string()).collect();
        names.sort();
        let expected = ["\\\\xff", "\\u{202e}evil", "\\xff\\xfe", "a\\u{1b}[31m", "e\\u{301}", "網"];
        let mut expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        expected.sort();
        assert_eq!(names, expected);
        assert!(namespace.links().all(|link| link.macvlan().is_none() || topology.parent_of(link).is_some()));
    }

    fn a_parent_that_no_path_leads_to_is_found_through_the_observer() {
        let _kept = common::hidden::netns_with_parent("mv", "a");
        let topology = look();
        let found = parent(&topology, "a", "mv");
        assert_eq!(found.name, "p".into());
        assert!(matches!(found.key.netns, NetnsId::Hidden(_)), "{:?}", found.key);
        let hidden = topology.namespace(found.key.netns).unwrap();
        assert!(matches!(hidden.netns.holders[..], [Holder::Nsid { .. }]));
        assert_eq!(hidden.netns.view, View::Open);
    }

    fn other_kinds_come_with_kind_parent_and_peer() {
        sh("ip netns add a
            ip link add v0 type veth peer name v1 netns a
            ip link add br0 type bridge; ip link set v0 master br0
            ip link add vx0 type vxlan id 7 dstport 4789 dev v0
            ip link add link br0 name mv0 type macvlan
            ip link add ifb7 type ifb");
        let topology = look();
        let kind = |name| link(&topology, None, name).kind.name().into_owned();
        assert_eq!(
            ["lo", "v0", "br0", "vx0", "mv0", "ifb7"].map(kind),
            ["loopback", "veth", "bridge", "vxlan", "macvlan", "ifb"]
        );
        let v0 = link(&topology, None, "v0");
        assert_eq!(topology.peer_of(v0).unwrap().name, "v1".into());
        assert_eq!(v0.parent, None);
        assert_eq!(topology.parent_of(link(&topology, None, "vx0")).unwrap().name, "v0".into());
        let bridge = link(&topology, None, "br0");
        assert_eq!(topology.ports_of(bridge.key).map(|port| port.name.to_string()).collect::<Vec<_>>(), ["v0"]);
        assert!(matches!(link(&topology, None, "mv0").kind, LinkKind::Macvlan(_)));
    }

    fn more_namespaces_than_one_table_holds_are_shown_once_each() {
        let links = Links::here().expect("connect");
        links.veth("p", "q", None).expect("veth");
        for index in 0..1100 {
            let name = format!("n{index}");
            named::create(&name).expect("create");
            if index % 50 == 0 {
                let netns = named::open(&name).expect("open");
                links.macvlan("mv", "p", Mode::Bridge, Some(netns.as_fd())).expect("macvlan");
            }
        }
        let topology = look();
        assert_eq!(topology.namespaces().len(), 1101);
        let parent = link(&topology, None, "p").key;
        assert_eq!(topology.children_of(parent).count(), 22);
        let hidden = |id| matches!(id, NetnsId::Hidden(_));
        assert!(!topology.namespaces().any(|namespace| hidden(namespace.netns.id)));
    }
}
