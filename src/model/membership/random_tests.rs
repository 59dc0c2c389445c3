//! Whatever engines say and whatever links there are: nothing is given twice, and keys keep their
//! meaning.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::belief::{ContainerState, Engine, Home, Subnet};
use super::super::fixture::{C2, C3, HOST, address, child, host, key, netns};
use super::super::{Change, Mode, Netns, Owner, OwnerKind, Text};
use super::*;

/// A small world: few names, so that they meet.
fn any_belief() -> impl Strategy<Value = Belief> {
    let id = || "[a-c]".prop_map(|id: String| Text::from(&*id));
    let attachment = (id(), 0_u8..4, 0_u8..4).prop_map(|(network, mac, host)| Attachment {
        network,
        interface: (mac == 3).then(|| "eth0".into()),
        mac: (mac > 0).then(|| [2, 0, 0, 0, 0, mac].into()),
        addresses: (host > 0).then(|| ([10, 0, 0, host].into(), 24)).into_iter().collect(),
    });
    let container = (id(), id(), proptest::collection::vec(attachment, 0..4)).prop_map(
        |(id, name, attachments)| Container {
            id,
            name,
            state: ContainerState::Running,
            attachments,
            ..Container::default()
        },
    );
    let network =
        (id(), id(), 0_usize..3, any::<bool>()).prop_map(|(id, name, at, macvlan)| Network {
            id,
            name,
            driver: if macvlan { Driver::Macvlan } else { Driver::Ipvlan },
            parent: ["ens8", "ens9"].get(at).map(|&name| name.into()),
            mode: "bridge".into(),
            mtu: None,
            internal: false,
            subnets: vec![Subnet::new([10, 0, 0, 0].into(), 24)],
            labels: BTreeMap::new(),
            ipam: None,
            faults: Vec::new(),
        });
    let lists =
        (proptest::collection::vec(network, 0..4), proptest::collection::vec(container, 0..4));
    (0_usize..3, lists).prop_map(|(engine, (networks, containers))| Belief {
        engine: Engine::ALL[engine],
        origin: "test".into(),
        user: None,
        home: Home::Host,
        networks,
        containers,
    })
}

fn any_change() -> impl Strategy<Value = Change> {
    let spaces = [HOST, C2, C3];
    let link = (0_usize..3, 7_u32..12, 0_u8..4, 0_u8..4).prop_map(move |(at, index, mac, ip)| {
        let mut link = child(spaces[at], index, "eth0", Mode::Bridge, key(HOST, 3 + index % 2));
        link.mac = Some([2, 0, 0, 0, 0, mac].into());
        link.addresses = vec![address(&format!("10.0.0.{ip}/24"))];
        Change::Link(Box::new(link))
    });
    let owner = (1_usize..3, "[a-c]", any::<bool>()).prop_map(move |(at, id, docker)| {
        let kind = if docker { OwnerKind::Docker } else { OwnerKind::Podman };
        let owner = Owner { id: Some((&*id).into()), ..Owner::new(kind, "x".into()) };
        Change::Netns(Netns { owner: Some(Box::new(owner)), ..netns(spaces[at], Vec::new()) })
    });
    let belief = (0_u32..3, proptest::option::of(any_belief())).prop_map(|(source, belief)| {
        Change::Belief { source: SourceId(source), belief: belief.map(Box::new) }
    });
    let gone = (0_usize..3).prop_map(move |at| Change::NetnsGone(spaces[at]));
    prop_oneof![4 => link, 3 => owner, 4 => belief, 1 => gone]
}

/// Who a key stands for: source, network's id, and of a member container's id and attachment.
type Meaning = (Text, Option<Text>);

fn check(topology: &Topology, meanings: &mut BTreeMap<(NetworkKey, u64), Meaning>) {
    let mut links = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for network in topology.networks() {
        assert!(keys.insert((network.key, 0)));
        let id = network.network.id.clone();
        let known = meanings.entry((network.key, 0)).or_insert((id.clone(), None));
        assert_eq!(*known, (id.clone(), None), "a key with two meanings");
        assert_eq!(topology.network(network.key).unwrap().network, network.network);
        let mut links_ended = false;
        for member in network.members() {
            assert!(member.link.is_some() || member.key.is_some());
            assert!(!links_ended || member.link.is_none(), "links come first");
            links_ended |= member.link.is_none();
            if let Some(link) = member.link {
                assert!(links.insert(link), "{link} is of two members");
                let (of, found) = topology.membership(link).unwrap();
                assert_eq!((of.key, found.key), (network.key, member.key));
                assert_eq!(topology.link(link).unwrap().kind.name(), network.network.driver.name());
            }
            if let Some(key) = member.key {
                assert!(keys.insert((key.network, key.place)));
                assert_eq!(topology.member(key).unwrap().1.link, member.link);
                let meaning = (id.clone(), member.container.map(|c| c.id.clone()));
                let known = meanings.entry((key.network, key.place)).or_insert(meaning.clone());
                assert_eq!(*known, meaning, "a key with two meanings");
            }
            assert_eq!(member.key.is_some(), member.container.is_some());
            let of_network = |a: &Attachment| a.network == network.network.id;
            assert!(member.attachment.is_none_or(of_network));
        }
    }
    for link in topology.links() {
        assert_eq!(topology.membership(link.key).is_some(), links.contains(&link.key));
    }
}

proptest! {
    #[test]
    fn whatever_is_told_fits_together(changes in proptest::collection::vec(any_change(), 0..40)) {
        let mut topology = host();
        let mut meanings = BTreeMap::new();
        for change in changes {
            let (again, source) = (change.clone(), match &change {
                Change::Belief { source, belief: None } => Some(*source),
                _ => None,
            });
            topology.apply(change);
            check(&topology, &mut meanings);
            if let Some(source) = source {
                prop_assert!(topology.told.sources().all(|(known, ..)| known != source));
            }
            if matches!(again, Change::Belief { .. }) {
                prop_assert_eq!(topology.apply(again), []);
            }
        }
    }
}
