//! Where belief and kernel differ: examples for every lint about networks and their members.

use super::tests::{edit, healthy};
use super::*;
use crate::model::belief::{Belief, ContainerState, Driver, Engine, Range};
use crate::model::fixture::{self, C2, C3, HOST, VM, address, child, key, link};
use crate::model::{Address, Change, LinkKind, Mode, SourceId, Text};

/// What engines say of the healthy host, with the pieces of it that are changed below.
struct Told {
    docker: Belief,
    cni: Belief,
}

impl Told {
    /// As the kernel has it: the MACs of the links, no network without a parent, and two that give
    /// different addresses.
    fn right(host: &Topology) -> Self {
        let mut beliefs = fixture::beliefs().into_iter().map(|change| match change {
            Change::Belief { belief: Some(belief), .. } => *belief,
            other => panic!("{other:?}"),
        });
        let [mut docker, mut cni] = [(); 2].map(|()| beliefs.next().unwrap());
        docker.networks.truncate(1);
        docker.containers[1].attachments[0].mac = host.link(key(C2, 2)).unwrap().mac;
        cni.containers[0].attachments[0].mac = host.link(key(C3, 2)).unwrap().mac;
        let range = |host: u8| Some(Range::Prefix([192, 168, 128, host].into(), 28));
        docker.networks[0].subnets[0].range = range(208);
        cni.networks[0].subnets[0].range = range(224);
        Self { docker, cni }
    }

    fn tell(self, host: &mut Topology) {
        for (belief, source) in [self.docker, self.cni].into_iter().zip(0..) {
            let belief = Some(Box::new(belief));
            host.apply(Change::Belief { source: SourceId(source), belief });
        }
    }
}

/// Tells a healthy host what its engines say, and something wrong.
fn tell(host: &mut Topology, change: impl FnOnce(&mut Told)) {
    for change in fixture::owners() {
        host.apply(change);
    }
    let mut told = Told::right(host);
    change(&mut told);
    told.tell(host);
}

/// Makes a container one of a user's own engine.
fn give(host: &mut Topology, user: Text) {
    let mut netns = host.namespace(C2).unwrap().netns.clone();
    netns.owner.as_mut().unwrap().user = Some(user);
    host.apply(Change::Netns(netns));
}

/// Breaks a healthy host in the way that a lint is about; a part of what it must say.
pub(super) fn broken(code: &str, host: &mut Topology) -> &'static str {
    let eth0 = key(C2, 2);
    tell(host, |_| {});
    match code {
        "network-parent-missing" => {
            tell(host, |told| told.docker.networks[0].parent = Some("ens8.50".into()));
            "has ens8.50 as parent, which host does not have"
        }
        "network-parent-taken" => {
            tell(host, |told| told.docker.networks[0].parent = Some("ens9".into()));
            "because tap0 in vm-build (4199) has it alone, in passthru mode"
        }
        "network-crowded" => {
            tell(host, |told| told.docker.networks[0].mode = "passthru".into());
            "but 2 containers are in it"
        }
        "network-gateway" => {
            tell(host, |told| {
                told.docker.networks[0].subnets[0].gateway = Some([10, 0, 0, 1].into());
            });
            "has the gateway 10.0.0.1, which is not in its subnet 192.168.128.0/24"
        }
        "network-fault" => {
            let faults = || vec!["Its mode is unknown.".into(), "So is its range.".into()];
            tell(host, |told| told.docker.networks[0].faults = faults());
            "is not shown whole: Its mode is unknown; So is its range. Correct it"
        }
        "network-members" => {
            host.apply(Change::LinkGone(eth0));
            "1 of 2 members of network vepamv of Docker is not as Docker believes"
        }
        "network-overlap" => {
            tell(host, |told| told.docker.networks[0].subnets[0].range = None);
            "Networks vepamv of Docker and mvcni of CNI both give addresses of 192.168.128.0"
        }
        "member-missing" => {
            host.apply(Change::LinkGone(eth0));
            "its namespace docker centos1-2 has no macvlan like that"
        }
        "member-unseen" => {
            tell(host, |told| told.docker.containers[0].state = ContainerState::Paused);
            "centos1-4 in network vepamv of Docker is paused"
        }
        "member-parent" => {
            tell(host, |told| told.docker.networks[0].parent = Some("veth-trunk".into()));
            "eth0 in docker centos1-2 is on ens8 in host, but network vepamv of Docker is on veth-t"
        }
        "member-mode" => {
            tell(host, |told| told.docker.networks[0].mode = "bridge".into());
            "eth0 in docker centos1-2 is in vepa mode, but network vepamv of Docker gives bridge"
        }
        "member-mac" => {
            edit(host, eth0, |link| link.mac = Some([2, 3, 4, 5, 6, 7].into()));
            "has the MAC 02:03:04:05:06:07, but Docker believes 02:42:c0:a8:15:02"
        }
        "member-address" => {
            edit(host, eth0, |link| link.addresses.clear());
            "eth0 in docker centos1-2 lacks 192.168.128.222/24"
        }
        other => panic!("no example of {other}"),
    }
}

/// The codes of what is wrong with the networks, with what it is about.
fn codes(host: &Topology) -> Vec<(&'static str, Item)> {
    let found = findings(host).into_iter().map(|finding| (finding.code, finding.item));
    let about_belief = |code: &str| code.starts_with("network-") || code.starts_with("member-");
    found.filter(|(code, _)| about_belief(code)).collect()
}

fn network(host: &Topology, name: &str) -> Item {
    let mut networks = host.networks();
    let found = networks.find(|network| network.network.name == name.into()).unwrap();
    Item::Network(found.key)
}

#[test]
fn nothing_is_wrong_where_engines_and_kernel_agree() {
    let mut host = healthy();
    tell(&mut host, |_| {});
    assert_eq!(host.networks().len(), 2);
    assert_eq!(findings(&host), []);
    for network in host.networks() {
        assert_eq!(of_network(&host, network.key), []);
    }
}

#[test]
fn a_network_says_how_many_of_its_members_differ_and_each_says_what() {
    let mut host = healthy();
    tell(&mut host, |told| told.docker.containers[0].state = ContainerState::Running);
    assert_eq!(codes(&host).len(), 1, "a member out of sight is only worth knowing");
    edit(&mut host, key(C2, 2), |link| link.mac = Some([2, 3, 4, 5, 6, 7].into()));
    let Item::Network(vepamv) = network(&host, "vepamv") else { panic!("a network") };
    let found: Vec<_> =
        of_network(&host, vepamv).into_iter().map(|finding| (finding.code, finding.item)).collect();
    let [first, second, third] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*first, ("network-members", Item::Network(vepamv)));
    assert_eq!(*second, ("member-mac", Item::Link(key(C2, 2))));
    assert!(matches!(third, ("member-unseen", Item::Member(_))), "{third:?}");
}

#[test]
fn a_missing_interface_is_one_of_a_container_that_runs_where_we_can_look() {
    let states = [
        (ContainerState::Running, 1),
        (ContainerState::Paused, 1),
        (ContainerState::Unknown, 1),
        (ContainerState::Restarting, 0),
        (ContainerState::Exited, 0),
        (ContainerState::Created, 0),
    ];
    for (state, count) in states {
        let mut host = healthy();
        tell(&mut host, |told| told.docker.containers[1].state = state);
        host.apply(Change::LinkGone(key(C2, 2)));
        let missing = codes(&host).into_iter().filter(|(code, _)| *code == "member-missing");
        assert_eq!(missing.count(), count, "{}", state.name());
        let mut closed = host.namespace(C2).unwrap().netns.clone();
        closed.view = crate::model::View::Closed { why: "x".into() };
        host.apply(Change::Netns(closed));
        assert_eq!(codes(&host), [], "{}", state.name());
    }
}

#[test]
fn nobody_is_missed_by_a_view_that_is_not_whole() {
    let mut host = healthy();
    tell(&mut host, |told| told.docker.containers[0].state = ContainerState::Running);
    assert_eq!(codes(&host).len(), 1);
    let source = crate::model::ProblemSource::Ability;
    let problem = crate::model::Problem { what: "x".into(), why: "y".into(), incomplete: true };
    host.apply(Change::Problems { source, list: vec![problem] });
    assert_eq!(codes(&host), []);
}

#[test]
fn a_passthru_member_has_its_parents_mac_whatever_is_believed() {
    let mut host = healthy();
    tell(&mut host, |told| told.docker.networks[0].mode = "passthru".into());
    edit(&mut host, key(C2, 2), |link| {
        link.macvlan_mut().unwrap().mode = Mode::Passthru;
        link.mac = Some([2, 3, 4, 5, 6, 7].into());
    });
    assert!(codes(&host).iter().all(|(code, _)| *code != "member-mac"), "{:?}", codes(&host));
}

#[test]
fn addresses_that_an_engine_may_give_again_are_told() {
    let said = |addresses: Vec<Address>| {
        let mut host = healthy();
        tell(&mut host, |_| {});
        edit(&mut host, key(C2, 2), |link| link.addresses = addresses);
        let found = of_link(&host, host.link(key(C2, 2)).unwrap());
        let found = found.into_iter().find(|finding| finding.code == "member-address");
        found.map(|finding| finding.sentence)
    };
    let [own, other] = ["192.168.128.222/24", "192.168.128.9/24"].map(address);
    assert_eq!(said(vec![own.clone(), address("10.1.1.1/8")]), None, "of another subnet");
    let more = said(vec![own, other.clone()]).unwrap();
    assert!(more.contains("has 192.168.128.9/24 of its network's subnet, which Docker"), "{more}");
    let instead = said(vec![other]).unwrap();
    let wanted = "has 192.168.128.9/24, but Docker believes 192.168.128.222/24";
    assert!(instead.contains(wanted), "{instead}");
}

/// The sentence about a parent that is taken.
fn taken(host: &Topology) -> Option<String> {
    let found = findings(host).into_iter().find(|finding| finding.code == "network-parent-taken");
    found.map(|finding| finding.sentence)
}

#[test]
fn a_parent_is_taken_by_what_the_kernel_does_not_let_stand_beside_a_network() {
    // A network in passthru mode wants its parent alone; its own interface does not disturb it.
    let mut host = healthy();
    tell(&mut host, |told| {
        told.docker.networks[0].mode = "passthru".into();
        told.cni.networks.clear();
    });
    let said = taken(&host).expect("siblings");
    assert!(said.contains("passthru needs it alone"), "{said}");
    let others: Vec<_> = host.children_of(key(HOST, 3)).map(|child| child.key).collect();
    for other in others.into_iter().filter(|other| *other != key(C2, 2)) {
        host.apply(Change::LinkGone(other));
    }
    assert_eq!(taken(&host), None);
    // ipvlan and macvlan don't share a parent.
    let mut ipvlan = child(VM, 30, "ipvl0", Mode::Bridge, key(HOST, 3));
    ipvlan.kind = LinkKind::Other("ipvlan".into());
    host.apply(Change::Link(Box::new(ipvlan)));
    assert!(taken(&host).unwrap().contains("ipvl0 in vm-build (4199), an ipvlan, is on it"));
    let mut host = healthy();
    tell(&mut host, |told| told.docker.networks[0].driver = Driver::Ipvlan);
    assert!(taken(&host).unwrap().contains("a macvlan, is on it"));
}

#[test]
fn ports_and_the_loopback_interface_are_no_parents() {
    for (kind, busy) in [("bridge", true), ("bond", true), ("openvswitch", true), ("vrf", false)] {
        let mut host = healthy();
        tell(&mut host, |told| told.docker.networks[0].parent = Some("veth-trunk".into()));
        let master = link(HOST, 40, "master0", LinkKind::Other(kind.into()));
        host.apply(Change::Link(Box::new(master)));
        edit(&mut host, key(HOST, 6), |link| link.master = Some(40));
        let said = taken(&host);
        assert_eq!(said.is_some(), busy, "{kind}");
        if let Some(said) = said {
            assert!(said.contains(&format!("is a port of the {kind} master0")), "{said}");
            assert!(said.contains("\"device or resource busy\""), "{said}");
        }
    }
    let mut host = healthy();
    tell(&mut host, |told| told.docker.networks[0].parent = Some("lo".into()));
    assert!(taken(&host).unwrap().contains("loopback"));
}

#[test]
fn networks_share_a_subnet_where_both_may_give_one_address() {
    let overlap = |change: &dyn Fn(&mut Told)| {
        let mut host = healthy();
        tell(&mut host, change);
        codes(&host).iter().filter(|(code, _)| *code == "network-overlap").count()
    };
    let between = |first: u8, last: u8| {
        let ip = |host| Some([192, 168, 128, host].into());
        Some(Range::Between(ip(first), ip(last)))
    };
    let range = |told: &mut Told, range| told.docker.networks[0].subnets[0].range = range;
    assert_eq!(overlap(&|told| range(told, between(240, 250))), 0);
    assert_eq!(overlap(&|told| range(told, between(1, 224))), 2);
    assert_eq!(overlap(&|told| range(told, Some(Range::Between(None, None)))), 2);
    let dhcp = |told: &mut Told| {
        range(told, None);
        told.cni.networks[0].ipam = Some("dhcp".into());
    };
    assert_eq!(overlap(&dhcp), 0, "a third gives the addresses");
    let elsewhere = |told: &mut Told| {
        range(told, None);
        told.docker.networks[0].parent = Some("veth-trunk".into());
    };
    assert_eq!(overlap(&elsewhere), 0, "on another parent");
    let twin = |told: &mut Told, engine| {
        range(told, None);
        let mut twin = told.docker.networks[0].clone();
        (twin.id, twin.name) = ("9".into(), "twin".into());
        told.docker.networks.push(twin);
        told.docker.engine = engine;
        told.cni.networks.clear();
    };
    assert_eq!(overlap(&|told| twin(told, Engine::Docker)), 0, "one engine knows both");
    assert_eq!(overlap(&|told| twin(told, Engine::Cni)), 2, "each plugin knows its own only");
}

#[test]
fn what_to_do_depends_on_the_engine() {
    let advice = |engine| {
        let mut host = healthy();
        tell(&mut host, |told| {
            (told.docker.engine, told.docker.user) = (engine, Some("alice".into()));
        });
        give(&mut host, "alice".into());
        host.apply(Change::LinkGone(key(C2, 2)));
        let found = findings(&host);
        found.into_iter().find(|finding| finding.code == "member-missing").unwrap().sentence
    };
    let podman = advice(Engine::Podman);
    assert!(podman.contains("network vepamv of Podman (alice)"), "{podman}");
    assert!(podman.contains("podman network disconnect vepamv centos1-2"), "{podman}");
    assert!(advice(Engine::Cni).contains("delete and start the pod"));
}

#[test]
fn what_strangers_named_leaves_only_escaped() {
    let mut host = healthy();
    tell(&mut host, |told| {
        let bad = || Text::from("\u{1b}[31m\u{202e}");
        let network = &mut told.docker.networks[0];
        (network.name, network.parent) = (bad(), Some(bad()));
        (told.docker.origin, told.docker.user) = (bad(), Some(bad()));
        network.faults = vec!["a fault".into()];
        told.docker.containers.iter_mut().for_each(|container| container.name = bad());
    });
    give(&mut host, Text::from("\u{1b}[31m\u{202e}"));
    host.apply(Change::LinkGone(key(C2, 2)));
    let all = findings(&host);
    assert!(all.len() > 3);
    for finding in all {
        assert!(!finding.sentence.contains(['\u{1b}', '\u{202e}']), "{}", finding.sentence);
    }
}
