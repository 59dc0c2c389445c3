//! Belief and kernel joined, on the small host of the fixture.

use std::collections::BTreeSet;

use super::super::belief::{Engine, Home};
use super::super::fixture::{
    C2, C2_ID, C3, HOST, TEST1, VM, address, beliefs, child, host, key, macvlan, owners,
};
use super::super::{Change, Link, LinkKind, Mode, Netns, Owner, OwnerKind, Parent, Text, What};
use super::*;

const DOCKER: SourceId = SourceId(0);
const CNI: SourceId = SourceId(1);

fn joined() -> Topology {
    let mut topology = host();
    for change in owners().into_iter().chain(beliefs()) {
        topology.apply(change);
    }
    topology
}

fn tell(topology: &mut Topology, source: SourceId, belief: Belief) {
    topology.apply(Change::Belief { source, belief: Some(Box::new(belief)) });
}

/// Tells the same with a difference.
fn retell(topology: &mut Topology, source: SourceId, change: impl FnOnce(&mut Belief)) {
    let mut belief = topology.told.belief(source).clone();
    change(&mut belief);
    tell(topology, source, belief);
}

fn named<'a>(topology: &'a Topology, name: &str) -> NetworkView<'a> {
    topology.networks().find(|network| network.network.name == name.into()).expect(name)
}

/// The links of a network's members, with the containers that they belong to.
fn members(topology: &Topology, name: &str) -> Vec<(Option<String>, Option<LinkKey>)> {
    named(topology, name)
        .members()
        .map(|member| (member.container.map(|c| c.label().to_string()), member.link))
        .collect()
}

fn some(name: &str, link: Option<LinkKey>) -> (Option<String>, Option<LinkKey>) {
    (Some(name.into()), link)
}

/// A second network of Docker's on ens9, which the first container is in, too.
fn second_network(belief: &mut Belief) {
    let mut network = belief.networks[0].clone();
    (network.id, network.name) = ("88c0".into(), "other".into());
    (network.parent, network.mode) = (Some("ens9".into()), "bridge".into());
    belief.networks.push(network);
    let first = belief.containers.iter_mut().find(|c| c.id == C2_ID.into()).unwrap();
    let second = Attachment { network: "88c0".into(), ..Attachment::default() };
    first.attachments.insert(0, second);
}

#[test]
fn a_container_in_two_networks_is_not_mixed_up() {
    let mut topology = joined();
    retell(&mut topology, DOCKER, second_network);
    assert_eq!(members(&topology, "other"), [some("centos1-2", None)], "not the other's link");
    assert_eq!(members(&topology, "vepamv")[0], some("centos1-2", Some(key(C2, 2))));
    topology.apply(Change::Link(Box::new(child(C2, 3, "eth1", Mode::Bridge, key(HOST, 4)))));
    assert_eq!(members(&topology, "other"), [some("centos1-2", Some(key(C2, 3)))], "by parent");
    // The weightiest likeness decides, even against name and parent.
    let mac = topology.link(key(C2, 3)).unwrap().mac;
    retell(&mut topology, DOCKER, |belief| {
        let first = belief.containers.iter_mut().find(|c| c.id == C2_ID.into()).unwrap();
        first.attachments[1].mac = mac;
        first.attachments[1].addresses.clear();
    });
    assert_eq!(members(&topology, "vepamv")[0], some("centos1-2", Some(key(C2, 3))));
    assert_eq!(members(&topology, "other"), [some("centos1-2", None)]);
}

#[test]
fn a_link_in_which_everything_differs_is_not_a_member() {
    let mut topology = joined();
    let mut other = child(C2, 2, "eth0", Mode::Vepa, key(HOST, 4));
    other.mac = Some([2, 2, 2, 2, 2, 2].into());
    topology.apply(Change::Link(Box::new(other.clone())));
    assert_eq!(members(&topology, "vepamv")[0].1, None, "the name alone is every container's");
    other.parent = topology.link(key(HOST, 7)).unwrap().parent.clone();
    topology.apply(Change::Link(Box::new(other.clone())));
    assert_eq!(members(&topology, "vepamv")[0].1, Some(key(C2, 2)), "by parent");
    // Nobody says which parent it has: the name is not contradicted.
    other.parent = Some(Parent { ifindex: 7, netns: None, nsid: Some(4), sysfs_lower: None });
    topology.apply(Change::Link(Box::new(other.clone())));
    assert_eq!(members(&topology, "vepamv")[0].1, Some(key(C2, 2)), "by name");
    other.kind = LinkKind::Macvtap(macvlan(Mode::Vepa));
    topology.apply(Change::Link(Box::new(other)));
    assert_eq!(members(&topology, "vepamv")[0].1, None, "no network makes a macvtap");
}

#[test]
fn an_engine_of_a_user_has_no_say_about_the_containers_of_others() {
    let owner = |topology: &Topology| {
        topology.namespace(C2).unwrap().netns.owner.as_deref().unwrap().clone()
    };
    let mut topology = joined();
    let truth = owner(&topology);
    let docker = topology.told.belief(DOCKER).clone();
    topology.apply(Change::Belief { source: DOCKER, belief: None });
    let mut lie = Belief { user: Some("eve".into()), ..docker };
    for container in &mut lie.containers {
        container.name = "root-shell".into();
        container.image = Some("evil:1".into());
    }
    tell(&mut topology, SourceId(7), lie);
    assert_eq!(owner(&topology), truth);
    assert!(members(&topology, "vepamv").iter().all(|(_, link)| link.is_none()));
    assert!(topology.container(&truth).is_none());

    let mut netns = topology.namespace(C2).unwrap().netns.clone();
    netns.owner = Some(Box::new(Owner { user: Some("eve".into()), ..truth }));
    topology.apply(Change::Netns(netns));
    assert_eq!(owner(&topology).name, "root-shell".into(), "her own she may call as she likes");
    assert_eq!(members(&topology, "vepamv")[0], some("root-shell", Some(key(C2, 2))));
}

#[test]
fn a_parent_that_is_itself_a_macvlan_stands_on_what_it_sits_on() {
    let mut topology = joined();
    retell(&mut topology, DOCKER, |belief| belief.networks[0].parent = Some("macvlan1".into()));
    let network = named(&topology, "vepamv");
    assert_eq!(network.parent, Some(key(HOST, 7)));
    assert_eq!(network.carrier(&topology), Some(key(HOST, 3)));
}

#[test]
fn containers_that_share_a_namespace_share_its_interface() {
    let mut topology = joined();
    let mut owner = topology.namespace(C2).unwrap().netns.clone();
    let told = owner.owner.as_deref_mut().unwrap();
    told.members = vec![
        told.clone(),
        Owner { id: Some("5b".into()), ..Owner::new(OwnerKind::Docker, "side".into()) },
    ];
    topology.apply(Change::Netns(owner));
    retell(&mut topology, DOCKER, |belief| {
        let first = belief.containers.iter().find(|c| c.id == C2_ID.into()).unwrap().clone();
        belief.containers.push(Container { id: "5b".into(), name: "side".into(), ..first });
    });
    let here = [some("centos1-2", Some(key(C2, 2))), some("centos1-4", None)];
    assert_eq!(members(&topology, "vepamv"), here);
}

#[test]
fn one_container_may_be_in_one_network_twice() {
    let mut topology = joined();
    topology.apply(Change::Link(Box::new(child(C2, 3, "eth1", Mode::Vepa, key(HOST, 3)))));
    let twice = |belief: &mut Belief| {
        let first = belief.containers.iter_mut().find(|c| c.id == C2_ID.into()).unwrap();
        let again = Attachment { interface: Some("eth1".into()), ..first.attachments[0].clone() };
        first.attachments.push(Attachment { mac: None, addresses: Vec::new(), ..again });
    };
    retell(&mut topology, DOCKER, twice);
    let links: Vec<_> = members(&topology, "vepamv").into_iter().map(|(_, link)| link).collect();
    assert_eq!(links, [Some(key(C2, 2)), Some(key(C2, 3)), None]);
    let keys: BTreeSet<_> = named(&topology, "vepamv").members().map(|member| member.key).collect();
    assert_eq!(keys.len(), 3);
}

/// What netavark's files say of the fixture's first network.
fn files() -> Belief {
    let mut topology = joined();
    retell(&mut topology, DOCKER, |belief| {
        belief.engine = Engine::Podman;
        belief.containers.clear();
        belief.networks.truncate(1);
    });
    topology.told.belief(DOCKER).clone()
}

fn owned_by(topology: &mut Topology, id: NetnsId, kind: OwnerKind) {
    let known = topology.namespace(id).unwrap().netns.clone();
    let owner = Some(Box::new(Owner::new(kind, "web".into())));
    topology.apply(Change::Netns(Netns { owner, ..known }));
}

#[test]
fn files_without_members_have_those_that_only_they_can_have_made() {
    let mut topology = host();
    tell(&mut topology, DOCKER, files());
    assert_eq!(members(&topology, "vepamv"), [], "nobody's namespaces");
    owned_by(&mut topology, C2, OwnerKind::Podman);
    owned_by(&mut topology, C3, OwnerKind::Docker);
    assert_eq!(members(&topology, "vepamv"), [(None, Some(key(C2, 2)))]);
    let member = named(&topology, "vepamv").members().next().unwrap();
    assert_eq!((member.key, member.netns), (None, Some(C2)));
    let (network, _) = topology.membership(key(C2, 2)).unwrap();
    assert_eq!(network.key, named(&topology, "vepamv").key);
    // An address outside, another mode, or a second network that fits.
    let link = topology.link(key(C2, 2)).unwrap().clone();
    let elsewhere = Link { addresses: vec![address("10.0.0.9/24")], ..link.clone() };
    topology.apply(Change::Link(Box::new(elsewhere)));
    assert_eq!(members(&topology, "vepamv"), []);
    topology.apply(Change::Link(Box::new(link)));
    retell(&mut topology, DOCKER, |belief| belief.networks[0].mode = "bridge".into());
    assert_eq!(members(&topology, "vepamv"), []);
    let mut both = files();
    both.networks.push(Network { id: "2".into(), name: "twin".into(), ..both.networks[0].clone() });
    tell(&mut topology, DOCKER, both);
    assert_eq!((members(&topology, "vepamv"), members(&topology, "twin")), (vec![], vec![]));
}

/// What a plugin gave to a namespace that is not of a container, such as one that `ip netns` made.
#[test]
fn files_find_the_link_on_the_parent_that_has_the_address_they_gave() {
    let mut topology = host();
    for change in beliefs() {
        topology.apply(change);
    }
    let member = |topology: &Topology, name: &str| members(topology, name)[0].1;
    assert_eq!(member(&topology, "mvcni"), Some(key(C3, 2)));
    assert_eq!(member(&topology, "vepamv"), None, "an engine knows what runs, and where");
    let link = topology.link(key(C3, 2)).unwrap().clone();
    let twin = Link { key: key(TEST1, 9), ..link.clone() };
    topology.apply(Change::Link(Box::new(twin)));
    assert_eq!(member(&topology, "mvcni"), None, "two have it");
    topology.apply(Change::LinkGone(key(TEST1, 9)));
    let parent = topology.link(key(VM, 2)).unwrap().parent.clone();
    topology.apply(Change::Link(Box::new(Link { parent, ..link })));
    assert_eq!(member(&topology, "mvcni"), None, "on another parent");
}

#[test]
fn a_network_that_two_sources_tell_of_is_shown_once_by_the_one_that_knows_its_members() {
    let mut topology = joined();
    retell(&mut topology, DOCKER, |belief| belief.engine = Engine::Podman);
    tell(&mut topology, SourceId(7), files());
    let count = |topology: &Topology| {
        topology.networks().filter(|network| network.network.name == "vepamv".into()).count()
    };
    assert_eq!(count(&topology), 1);
    assert_eq!(members(&topology, "vepamv").len(), 2, "the socket's");
    retell(&mut topology, SourceId(7), |belief| belief.networks[0].id = "another".into());
    assert_eq!(count(&topology), 1, "by name");
    retell(&mut topology, SourceId(7), |belief| belief.user = Some("alice".into()));
    assert_eq!(count(&topology), 2, "of another user");
    for (source, id) in [(DOCKER, "77ae"), (SourceId(7), "9")] {
        retell(&mut topology, source, |belief| {
            (belief.engine, belief.networks[0].id) = (Engine::Docker, id.into());
        });
    }
    assert_eq!(count(&topology), 2, "two daemons may use one name");
}

/// Its network would become another with the first container, and lose its place in the tree.
#[test]
fn files_do_not_speak_for_an_engine_that_has_no_container() {
    let mut topology = host();
    // Read first, they have the lower number.
    tell(&mut topology, SourceId(1), Belief { origin: "/etc/containers".into(), ..files() });
    let containers = joined().told.belief(DOCKER).containers.clone();
    tell(&mut topology, SourceId(7), Belief { containers, ..files() });
    let by_socket = named(&topology, "vepamv").key;
    retell(&mut topology, SourceId(7), |belief| belief.containers.clear());
    assert_eq!(named(&topology, "vepamv").key, by_socket);
}

#[test]
fn keys_last_as_long_as_what_they_stand_for() {
    let mut topology = joined();
    let keys = |topology: &Topology| -> Vec<_> {
        let networks = topology.networks();
        networks.flat_map(|network| network.members().map(|member| member.key)).collect()
    };
    let (before, network) = (keys(&topology), named(&topology, "vepamv").key);
    retell(&mut topology, DOCKER, |belief| {
        belief.containers.reverse();
        belief.networks.reverse();
        belief.networks[0].mtu = Some(1400);
    });
    assert_eq!((keys(&topology), named(&topology, "vepamv").key), (before.clone(), network));
    let docker = topology.told.belief(DOCKER).clone();
    topology.apply(Change::Belief { source: DOCKER, belief: None });
    assert_eq!(topology.networks().len(), 1);
    assert!(topology.network(network).is_none());
    tell(&mut topology, DOCKER, docker);
    assert_ne!(named(&topology, "vepamv").key, network, "never given twice");
}

#[test]
fn what_is_told_again_changes_nothing() {
    let mut topology = joined();
    assert_eq!(topology.networks().len(), 3);
    for change in beliefs() {
        assert_eq!(topology.apply(change), []);
        assert!(topology.memberships.get().is_some(), "joined anew without a reason");
    }
}

#[test]
fn namespaces_are_called_as_engines_call_their_containers() {
    let mut topology = joined();
    retell(&mut topology, DOCKER, |belief| belief.containers[1].name = "renamed".into());
    assert_eq!(topology.label(C2), "docker renamed");
    retell(&mut topology, DOCKER, |belief| {
        belief.containers[1].image = Some("centos:8".into());
        belief.containers[1].name = "web".into();
    });
    let owner = |topology: &Topology, id| topology.namespace(id).unwrap().netns.owner.clone();
    assert_eq!(owner(&topology, C2).unwrap().image, Some("centos:8".into()));
    // A namespace that is told of later, by the first digits of its id.
    let mut again = topology.namespace(C2).unwrap().netns.clone();
    let late = again.owner.as_deref_mut().unwrap();
    (late.name, late.unread) = ("4f2a9d0c7b1e".into(), Some("not allowed".into()));
    topology.apply(Change::Netns(again.clone()));
    assert_eq!(topology.label(C2), "docker web");
    assert_eq!(owner(&topology, C2).unwrap().unread, None);
    // Files know no names, and what could not be read stays said.
    topology.apply(Change::Belief { source: DOCKER, belief: None });
    retell(&mut topology, CNI, |belief| belief.containers[0].id = C2_ID.into());
    topology.apply(Change::Netns(again));
    assert_eq!(topology.label(C2), "docker 4f2a9d0c7b1e");
    assert!(owner(&topology, C2).unwrap().unread.is_some());
}

#[test]
fn a_rename_is_news() {
    let mut topology = joined();
    let mut belief = topology.told.belief(DOCKER).clone();
    belief.containers[1].name = "renamed".into();
    let told = topology.apply(Change::Belief { source: DOCKER, belief: Some(Box::new(belief)) });
    let [happening] = &told[..] else { panic!("one happening, not {told:?}") };
    let What::Changed(list) = &happening.what else { panic!("a change") };
    assert_eq!((&*list[0].from, &*list[0].to), ("docker centos1-2", "docker renamed"));
}

#[test]
fn a_pod_keeps_its_name_and_its_containers_get_their_images() {
    let mut topology = joined();
    let container = |id: &str, name: &str| Container {
        id: id.into(),
        name: name.into(),
        image: Some("new:1".into()),
        ..Container::default()
    };
    retell(&mut topology, DOCKER, |belief| {
        belief.containers.extend([container("5a", "k8s_POD_web-0"), container("6b", "k8s_web")]);
    });
    assert_eq!(topology.label(C3), "pod default/web-0");
    let owner = topology.namespace(C3).unwrap().netns.owner.clone().unwrap();
    assert_eq!((owner.name, owner.image), ("web-0".into(), None));
    let images: Vec<_> = owner
        .members
        .into_iter()
        .map(|m| (m.name.to_string(), m.image.unwrap().to_string()))
        .collect();
    assert_eq!(images, [("proxy".into(), "nginx:1".into()), ("Web".into(), "new:1".into())]);
}

#[test]
fn the_parent_is_looked_for_where_the_engine_works() {
    let mut topology = joined();
    let path = Text::from("/run/netns/test1");
    for (home, found) in [
        (Home::Host, Some(HOST)),
        (Home::Inode(4_026_532_023), Some(VM)),
        (Home::Inode(1), None),
        (Home::Mounted(path), Some(TEST1)),
    ] {
        retell(&mut topology, DOCKER, |belief| belief.home = home);
        let network = named(&topology, "vepamv");
        assert_eq!(network.home, found);
        assert_eq!(network.parent, (found == Some(HOST)).then_some(key(HOST, 3)));
        assert_eq!(members(&topology, "vepamv")[0].1, Some(key(C2, 2)), "by its MAC");
    }
}
