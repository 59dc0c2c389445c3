//! Which interface each engine made for which container: belief and kernel joined.
//!
//! A container is found by the id that its namespace's [`Owner`](super::Owner) has, its interface
//! among the links there by what the engine believes of it. Nothing here judges; what differs between
//! the two is for the lints to tell.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::belief::{Attachment, Belief, Container, Home, Network, SourceId};
use super::order::natural;
use super::{Link, LinkKey, Netns, NetnsId, Owner, Text, Topology};

/// Identity of a network for as long as its source tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkKey(u32);

/// Identity of a container's place in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey {
    /// The network.
    pub network: NetworkKey,
    container: u32,
}

/// A network with what the kernel has of it.
#[derive(Clone, Copy, Debug)]
pub struct NetworkView<'a> {
    /// Identity.
    pub key: NetworkKey,
    /// What its source says besides.
    pub belief: &'a Belief,
    /// The network as its engine describes it.
    pub network: &'a Network,
    /// The namespace in which its parent has to be.
    pub home: Option<NetnsId>,
    /// The link that is its parent, where the engine names one and there is one.
    pub parent: Option<LinkKey>,
    members: &'a [Member],
}

impl<'a> NetworkView<'a> {
    /// Its members by name, those first that have an interface.
    pub fn members(&self) -> impl ExactSizeIterator<Item = MemberView<'a>> + use<'a> {
        let belief = self.belief;
        self.members.iter().map(move |member| {
            let container = member.container.map(|at| &belief.containers[at]);
            let attachment = container
                .zip(member.attachment)
                .and_then(|(container, at)| container.attachments.get(at));
            MemberView {
                key: member.key,
                container,
                attachment,
                netns: member.netns,
                link: member.link,
            }
        })
    }
}

/// A member of a network, as it is believed to be and as it is.
#[derive(Clone, Copy, Debug)]
pub struct MemberView<'a> {
    /// Identity; `None` of one that is only known by its link.
    pub key: Option<MemberKey>,
    /// What its engine says of it; `None` where that says nothing of its members, and the link tells
    /// by itself that the network made it.
    pub container: Option<&'a Container>,
    /// What its engine believes it to have in this network.
    pub attachment: Option<&'a Attachment>,
    /// Its namespace, if it is in sight.
    pub netns: Option<NetnsId>,
    /// The interface that the network made, if there is one.
    pub link: Option<LinkKey>,
}

#[derive(Clone, Debug)]
struct Member {
    key: Option<MemberKey>,
    container: Option<usize>,
    attachment: Option<usize>,
    netns: Option<NetnsId>,
    link: Option<LinkKey>,
}

#[derive(Clone, Debug)]
struct Joined {
    key: NetworkKey,
    source: SourceId,
    network: usize,
    home: Option<NetnsId>,
    parent: Option<LinkKey>,
    members: Vec<Member>,
}

/// Numbers for what engines know by their own ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    last: u32,
    networks: BTreeMap<(SourceId, Text), NetworkKey>,
    members: BTreeMap<(NetworkKey, Text), MemberKey>,
}

impl Keys {
    /// Keeps the numbers of what a source still tells of, and gives others to what is new.
    pub(super) fn number(&mut self, source: SourceId, belief: Option<&Belief>) {
        let known = std::mem::take(&mut self.networks);
        let (mut old, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            known.into_iter().partition(|((of, _), _)| *of == source);
        self.networks = others;
        for network in belief.into_iter().flat_map(|belief| &belief.networks) {
            let id = (source, network.id.clone());
            let key = old.remove(&id).unwrap_or_else(|| NetworkKey(self.next()));
            self.networks.insert(id, key);
        }
        let mut known = std::mem::take(&mut self.members);
        let here: HashSet<NetworkKey> = self.networks.values().copied().collect();
        for container in belief.into_iter().flat_map(|belief| &belief.containers) {
            for attachment in &container.attachments {
                let network = (source, attachment.network.clone());
                let Some(&network) = self.networks.get(&network) else { continue };
                let id = (network, container.id.clone());
                let key = known.remove(&id).unwrap_or_else(|| {
                    let container = self.next();
                    MemberKey { network, container }
                });
                self.members.insert(id, key);
            }
        }
        let of_others = |key: &NetworkKey| {
            here.contains(key) && self.networks.iter().any(|((of, _), k)| k == key && *of != source)
        };
        known.retain(|(network, _), _| of_others(network));
        self.members.extend(known);
    }

    fn next(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }
}

/// All networks with their members, made from one state of a topology.
#[derive(Clone, Debug, Default)]
pub(super) struct Memberships {
    joined: Vec<Joined>,
    by_key: HashMap<NetworkKey, usize>,
    by_link: HashMap<LinkKey, (usize, usize)>,
}

impl Memberships {
    pub(super) fn of(
        topology: &Topology,
        beliefs: &BTreeMap<SourceId, Belief>,
        keys: &Keys,
    ) -> Self {
        let mut made = Self::default();
        if beliefs.is_empty() {
            return made;
        }
        let places = places(topology);
        let mut taken: HashSet<LinkKey> = HashSet::new();
        for (&source, belief) in beliefs {
            let home = home(topology, &belief.home);
            let first = made.joined.len();
            let mut numbers = HashMap::new();
            for (number, network) in belief.networks.iter().enumerate() {
                let Some(&key) = keys.networks.get(&(source, network.id.clone())) else { continue };
                let parent = home.zip(network.parent.as_ref()).and_then(|(home, name)| {
                    Some(topology.namespace(home)?.link_named(name.as_bytes())?.key)
                });
                numbers.insert(&network.id, made.joined.len());
                let members = Vec::new();
                made.joined.push(Joined { key, source, network: number, home, parent, members });
            }
            for (number, container) in belief.containers.iter().enumerate() {
                let netns = places.get(&container.id).copied();
                for (at, attachment) in container.attachments.iter().enumerate() {
                    let Some(&joined) = numbers.get(&attachment.network) else { continue };
                    let joined = &mut made.joined[joined];
                    let network = &belief.networks[joined.network];
                    let link = netns
                        .and_then(|netns| interface(topology, netns, network, attachment, &taken));
                    taken.extend(link);
                    let id = (joined.key, container.id.clone());
                    joined.members.push(Member {
                        key: keys.members.get(&id).copied(),
                        container: Some(number),
                        attachment: Some(at),
                        netns,
                        link,
                    });
                }
            }
            for joined in &mut made.joined[first..] {
                joined.members.sort_by(|a, b| {
                    let name = |member: &Member| &belief.containers[member.container.unwrap()].name;
                    (a.link.is_none(), ())
                        .cmp(&(b.link.is_none(), ()))
                        .then_with(|| natural(name(a).as_bytes(), name(b).as_bytes()))
                });
            }
        }
        made.joined.sort_by(|a, b| {
            let name = |joined: &Joined| &beliefs[&joined.source].networks[joined.network].name;
            natural(name(a).as_bytes(), name(b).as_bytes()).then_with(|| a.key.cmp(&b.key))
        });
        for (at, joined) in made.joined.iter().enumerate() {
            made.by_key.insert(joined.key, at);
            for (member, link) in
                joined.members.iter().enumerate().filter_map(|(m, j)| Some((m, j.link?)))
            {
                made.by_link.insert(link, (at, member));
            }
        }
        made
    }

    pub(super) fn networks<'a>(
        &'a self,
        beliefs: &'a BTreeMap<SourceId, Belief>,
    ) -> impl ExactSizeIterator<Item = NetworkView<'a>> {
        self.joined.iter().map(move |joined| joined.view(beliefs))
    }

    pub(super) fn network<'a>(
        &'a self,
        beliefs: &'a BTreeMap<SourceId, Belief>,
        key: NetworkKey,
    ) -> Option<NetworkView<'a>> {
        Some(self.joined[*self.by_key.get(&key)?].view(beliefs))
    }

    pub(super) fn of_link<'a>(
        &'a self,
        beliefs: &'a BTreeMap<SourceId, Belief>,
        link: LinkKey,
    ) -> Option<(NetworkView<'a>, MemberView<'a>)> {
        let &(network, member) = self.by_link.get(&link)?;
        let network = self.joined[network].view(beliefs);
        Some((network, network.members().nth(member)?))
    }
}

impl Joined {
    fn view<'a>(&'a self, beliefs: &'a BTreeMap<SourceId, Belief>) -> NetworkView<'a> {
        let belief = &beliefs[&self.source];
        NetworkView {
            key: self.key,
            belief,
            network: &belief.networks[self.network],
            home: self.home,
            parent: self.parent,
            members: &self.members,
        }
    }
}

/// The namespaces of all containers, by id.
fn places(topology: &Topology) -> HashMap<Text, NetnsId> {
    let mut places = HashMap::new();
    for namespace in topology.namespaces() {
        for owner in namespace.netns.owner.as_deref().into_iter().flat_map(Owner::all) {
            places.extend(owner.id.clone().map(|id| (id, namespace.netns.id)));
        }
    }
    places
}

fn home(topology: &Topology, home: &Home) -> Option<NetnsId> {
    let find = |is_home: &dyn Fn(&Netns) -> bool| {
        topology.namespaces().map(|namespace| &namespace.netns).find(|netns| is_home(netns))
    };
    let found = match home {
        Home::Host => find(&|netns| netns.root).or_else(|| find(&|netns| netns.current)),
        Home::Inode(inode) => find(&|netns| netns.inode == Some(*inode)),
        Home::Mounted(path) => find(&|netns| netns.names().contains(&path)),
    };
    found.map(|netns| netns.id)
}

/// The link of a namespace that a network made for a container, unless another one took it.
fn interface(
    topology: &Topology,
    netns: NetnsId,
    network: &Network,
    attachment: &Attachment,
    taken: &HashSet<LinkKey>,
) -> Option<LinkKey> {
    let candidates = topology
        .namespace(netns)?
        .links()
        .filter(|link| link.kind.name() == network.driver.name() && !taken.contains(&link.key));
    let likeness = |link: &Link| {
        let mac = attachment.mac.is_some() && link.mac == attachment.mac;
        let address =
            attachment.addresses.iter().any(|(ip, _)| link.addresses.iter().any(|a| a.ip == *ip));
        (mac, address)
    };
    let best = candidates.max_by_key(|link| likeness(link))?;
    (likeness(best) != (false, false)).then_some(best.key)
}
