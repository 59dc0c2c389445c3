//! Which interface each engine made for which container: belief and kernel joined.
//!
//! A container is found by the id that its namespace's [`Owner`](super::Owner) has, its interface
//! among the links there by what the engine believes of it. Nothing here judges; what differs between
//! the two is for the lints to tell.

mod matching;
mod shown;
mod told;

use std::collections::HashMap;

use super::belief::{Attachment, Belief, Container, Driver, Network, SourceId};
use super::{LinkKey, NetnsId, Topology};

pub(super) use told::Told;

/// Identity of a network for as long as its source tells of it; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkKey(u64);

/// Identity of a container's place in a network; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey {
    /// The network.
    pub network: NetworkKey,
    place: u64,
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
        self.members.iter().map(move |member| member.view(belief))
    }

    /// The link that the kernel gives its interfaces as parent: the parent itself, or what that sits
    /// on where it is of the driver's own kind, because such links do not nest.
    pub fn carrier(&self, topology: &Topology) -> Option<LinkKey> {
        let parent = topology.link(self.parent?)?;
        let nests = match self.network.driver {
            Driver::Macvlan => parent.macvlan().is_none(),
            Driver::Ipvlan => parent.kind.name() != Driver::Ipvlan.name(),
        };
        if nests { Some(parent.key) } else { parent.parent.as_ref()?.key() }
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
    /// Places in the belief's list of containers and in the container's of attachments.
    told: Option<(usize, usize)>,
    netns: Option<NetnsId>,
    link: Option<LinkKey>,
}

impl Member {
    fn view<'a>(&self, belief: &'a Belief) -> MemberView<'a> {
        let container = self.told.map(|(container, _)| &belief.containers[container]);
        let attachment =
            self.told.map(|(container, at)| &belief.containers[container].attachments[at]);
        MemberView { key: self.key, container, attachment, netns: self.netns, link: self.link }
    }
}

#[derive(Clone, Debug)]
struct Joined {
    key: NetworkKey,
    source: SourceId,
    /// Place in the belief's list of networks.
    network: usize,
    home: Option<NetnsId>,
    parent: Option<LinkKey>,
    members: Vec<Member>,
}

/// All networks with their members, made from one state of a topology.
#[derive(Clone, Debug, Default)]
pub(super) struct Memberships {
    joined: Vec<Joined>,
    by_key: HashMap<NetworkKey, usize>,
    by_member: HashMap<MemberKey, (usize, usize)>,
    by_link: HashMap<LinkKey, (usize, usize)>,
    by_parent: HashMap<LinkKey, Vec<usize>>,
}

impl Memberships {
    pub(super) fn of(topology: &Topology, told: &Told) -> Self {
        let mut joined = shown::networks(topology, told);
        if joined.is_empty() {
            return Self::default();
        }
        matching::find_members(topology, told, &mut joined);
        matching::infer_members(topology, told, &mut joined);
        let mut made = Self::default();
        let count = joined.iter().map(|joined| joined.members.len()).sum();
        made.by_member.reserve(count);
        made.by_link.reserve(count);
        for (at, joined) in joined.iter_mut().enumerate() {
            joined.members.sort_by_key(|member| member.link.is_none());
            made.by_key.insert(joined.key, at);
            if let Some(parent) = joined.parent {
                made.by_parent.entry(parent).or_default().push(at);
            }
            for (place, member) in joined.members.iter().enumerate() {
                made.by_member.extend(member.key.map(|key| (key, (at, place))));
                made.by_link.extend(member.link.map(|link| (link, (at, place))));
            }
        }
        made.joined = joined;
        made
    }

    pub(super) fn networks<'a>(
        &'a self,
        told: &'a Told,
    ) -> impl ExactSizeIterator<Item = NetworkView<'a>> {
        self.joined.iter().map(move |joined| joined.view(told))
    }

    pub(super) fn network<'a>(
        &'a self,
        told: &'a Told,
        key: NetworkKey,
    ) -> Option<NetworkView<'a>> {
        Some(self.joined[*self.by_key.get(&key)?].view(told))
    }

    pub(super) fn member<'a>(
        &'a self,
        told: &'a Told,
        key: MemberKey,
    ) -> Option<(NetworkView<'a>, MemberView<'a>)> {
        Some(self.at(told, *self.by_member.get(&key)?))
    }

    pub(super) fn of_link<'a>(
        &'a self,
        told: &'a Told,
        link: LinkKey,
    ) -> Option<(NetworkView<'a>, MemberView<'a>)> {
        Some(self.at(told, *self.by_link.get(&link)?))
    }

    pub(super) fn on<'a>(
        &'a self,
        told: &'a Told,
        parent: LinkKey,
    ) -> impl ExactSizeIterator<Item = NetworkView<'a>> {
        let places = self.by_parent.get(&parent).map_or(&[][..], Vec::as_slice);
        places.iter().map(move |at| self.joined[*at].view(told))
    }

    fn at<'a>(
        &'a self,
        told: &'a Told,
        (network, member): (usize, usize),
    ) -> (NetworkView<'a>, MemberView<'a>) {
        let network = self.joined[network].view(told);
        (network, network.members[member].view(network.belief))
    }
}

impl Joined {
    fn view<'a>(&'a self, told: &'a Told) -> NetworkView<'a> {
        let belief = told.belief(self.source);
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

#[cfg(test)]
mod random_tests;
#[cfg(test)]
#[path = "membership_tests.rs"]
mod tests;
