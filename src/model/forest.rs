//! The three trees that people look at, by parent, by namespace and by network, built from one
//! topology.
//!
//! Screen and printed output both draw what is built here; neither groups or sorts by itself.

mod switch;

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::link::MAX_DEPTH;
use super::order::natural;
use super::{
    Filter, Link, LinkKey, LinkKind, MemberKey, NetnsId, NetworkKey, NetworkView, Parent, Topology,
};

/// What a row of a tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// A namespace.
    Netns(NetnsId),
    /// A link.
    Link(LinkKey),
    /// A parent that sub-interfaces name but that is not in sight.
    UnseenParent {
        /// Its namespace, where that much is known.
        netns: Option<NetnsId>,
        /// The namespace whose links name it; the parent's own where that is known, so that links
        /// of several namespaces meet under one parent.
        seen_from: NetnsId,
        /// What `seen_from` calls the parent's namespace, where that is all there is to go by.
        nsid: Option<i32>,
        /// Its ifindex in its own namespace.
        ifindex: u32,
    },
    /// A network that an engine tells of.
    Network(NetworkKey),
    /// A member of a network that has no interface; one that has is its [`Item::Link`].
    Member(MemberKey),
    /// What the sub-interfaces hang below that no network made.
    Unattached,
}

/// A row with the rows below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it stands for.
    pub item: Item,
    /// What hangs below it.
    pub children: Vec<Node>,
}

/// Which of the trees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Parents, and below each its sub-interfaces in all namespaces.
    #[default]
    Parent,
    /// Namespaces, and in each its links.
    Namespace,
    /// Networks of engines, and below each its members; at last what no network made.
    Network,
}

impl Grouping {
    /// All trees, as the key walks through them.
    pub const ALL: [Self; 3] = [Self::Parent, Self::Namespace, Self::Network];

    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parent => "by parent",
            Self::Namespace => "by namespace",
            Self::Network => "by network",
        }
    }
}

/// What siblings are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// By name, then namespace.
    #[default]
    Name,
    /// By namespace, then name.
    Namespace,
    /// By macvlan mode, others last.
    Mode,
    /// By operational state.
    State,
    /// By link-layer address.
    Mac,
    /// By first IP address.
    Address,
}

impl SortBy {
    /// Every order, as the sort key walks through them.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Namespace, Self::Mode, Self::State, Self::Mac, Self::Address];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Mode => "mode",
            Self::State => "state",
            Self::Mac => "MAC",
            Self::Address => "address",
        }
    }
}

/// What goes into a tree and in which order.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Which tree.
    pub grouping: Grouping,
    /// All links, not only macvlans and what is below them.
    pub all: bool,
    /// What siblings are ordered by.
    pub sort: SortBy,
    /// Reverse that order.
    pub invert: bool,
    /// Only links that match, and the rows that lead to them.
    pub filter: Filter,
}

/// Builds the tree that a selection asks for.
pub fn forest(topology: &Topology, selection: &Selection) -> Vec<Node> {
    let builder = Builder { topology, selection, places: OnceCell::new() };
    match selection.grouping {
        Grouping::Parent => builder.by_parent(),
        Grouping::Namespace => builder.by_namespace(),
        Grouping::Network => builder.by_network(),
    }
}

/// The networks that the tree by network shows.
pub fn networks<'a>(topology: &'a Topology, selection: &Selection) -> Vec<NetworkView<'a>> {
    let builder = Builder { topology, selection, places: OnceCell::new() };
    topology.networks().filter(|network| builder.of_network(network).is_some()).collect()
}

struct Builder<'a> {
    topology: &'a Topology,
    selection: &'a Selection,
    /// The place of each namespace in the order of labels. Most links of a large host have the same
    /// few names, so that comparing labels each time would take longest of all.
    places: OnceCell<HashMap<NetnsId, usize>>,
}

impl Builder<'_> {
    fn by_parent(&self) -> Vec<Node> {
        let mut roots = Vec::new();
        let mut unseen: BTreeMap<Item, Vec<&Link>> = BTreeMap::new();
        for namespace in self.topology.in_display_order() {
            let mut here: Vec<&Link> = Vec::new();
            for link in namespace.links() {
                match &link.parent {
                    None if switch::of_port(self.topology, link).is_some() => {}
                    None => here.push(link),
                    Some(parent) if self.topology.parent_of(link).is_none() => {
                        unseen.entry(unseen_parent(link.key.netns, parent)).or_default().push(link);
                    }
                    Some(_) if self.heads_ring(link) => here.push(link),
                    Some(_) => {}
                }
            }
            roots.extend(self.subtrees(here, false, &mut Vec::new()));
        }
        for (item, links) in unseen {
            let children = self.subtrees(links, false, &mut Vec::new());
            if !children.is_empty() {
                roots.push(Node { item, children });
            }
        }
        roots
    }

    /// Wrong data can make links each other's parents. The least of such a ring stands in as its
    /// root, so that none of them is lost.
    fn heads_ring(&self, link: &Link) -> bool {
        let below = std::iter::successors(Some(link), |link| self.topology.parent_of(link));
        for other in below.skip(1).take(MAX_DEPTH) {
            if other.key <= link.key {
                return other.key == link.key;
            }
        }
        false
    }

    fn subtrees(
        &self,
        mut links: Vec<&Link>,
        inherited: bool,
        path: &mut Vec<LinkKey>,
    ) -> Vec<Node> {
        self.sort(&mut links);
        links.into_iter().filter_map(|link| self.subtree(link, inherited, path)).collect()
    }

    /// The link with everything above it, or nothing when none of that is wanted. Once a link
    /// matches the filter, all that hangs on it is shown with it: the question behind a search for
    /// a parent is who uses it. Who holds an address is shown whatever kind of link it is.
    fn subtree(&self, link: &Link, inherited: bool, path: &mut Vec<LinkKey>) -> Option<Node> {
        if path.len() == MAX_DEPTH || path.contains(&link.key) {
            return None;
        }
        let Selection { all, filter, .. } = self.selection;
        let itself = filter.matches(self.topology, link);
        let matches = inherited || itself;
        let ports = switch::ports(self.topology, link);
        let above = self.topology.children_of(link.key).chain(ports).collect();
        path.push(link.key);
        let children = self.subtrees(above, matches && filter.is_by_name(), path);
        path.pop();
        let is_shown = *all
            || link.macvlan().is_some()
            || has_network(self.topology, link)
            || switch::leads_to_macvlan(self.topology, link);
        let wanted = matches && is_shown || itself && filter.seeks_address();
        (wanted || !children.is_empty()).then_some(Node { item: Item::Link(link.key), children })
    }

    fn by_namespace(&self) -> Vec<Node> {
        let Selection { all, filter, .. } = self.selection;
        let mut roots = Vec::new();
        let mut namespaces = self.topology.in_display_order();
        if self.selection.sort == SortBy::Namespace && self.selection.invert {
            namespaces.reverse();
        }
        for namespace in namespaces {
            let mut links: Vec<&Link> = namespace
                .links()
                .filter(|link| {
                    *all || filter.seeks_address()
                        || has_network(self.topology, link)
                        || is_macvlan_or_below(self.topology, link)
                        || switch::serves_macvlan(self.topology, link)
                })
                .filter(|link| filter.matches(self.topology, link))
                .collect();
            self.sort(&mut links);
            let children =
                links.into_iter().map(|link| leaf(Item::Link(link.key))).collect::<Vec<_>>();
            // A namespace without a macvlan is still a namespace; only a filter hides it.
            if filter.is_empty()
                || !children.is_empty()
                || filter.matches_netns(self.topology, namespace.netns.id)
            {
                roots.push(Node { item: Item::Netns(namespace.netns.id), children });
            }
        }
        roots
    }

    fn by_network(&self) -> Vec<Node> {
        let Selection { all, filter, .. } = self.selection;
        let mut roots: Vec<Node> =
            self.topology.networks().filter_map(|network| self.of_network(&network)).collect();
        let mut free: Vec<&Link> = self
            .topology
            .links()
            .filter(|link| *all || filter.seeks_address() || link.macvlan().is_some())
            .filter(|link| self.topology.membership(link.key).is_none())
            .filter(|link| filter.matches(self.topology, link))
            .collect();
        self.sort(&mut free);
        if !free.is_empty() {
            let items = free.into_iter().map(|link| Item::Link(link.key));
            roots.push(Node { item: Item::Unattached, children: items.map(leaf).collect() });
        }
        roots
    }

    /// A network with its members, those without an interface last; nothing when neither it nor one
    /// of them is wanted. What is asked for by the network's name is asked for with all members.
    fn of_network(&self, network: &NetworkView<'_>) -> Option<Node> {
        let filter = &self.selection.filter;
        let matches = filter.matches_network(self.topology, network.key);
        let mut links: Vec<&Link> = Vec::new();
        let mut others = Vec::new();
        for member in network.members() {
            match (member.link.and_then(|key| self.topology.link(key)), member.key) {
                (Some(link), _) if matches || filter.matches(self.topology, link) => {
                    links.push(link);
                }
                (None, Some(key)) if matches || filter.matches_member(self.topology, key) => {
                    others.push(Item::Member(key));
                }
                _ => {}
            }
        }
        // They come by the names of their containers; those of their interfaces are all alike.
        let inverted = self.selection.invert;
        match self.selection.sort {
            SortBy::Name if inverted => links.reverse(),
            SortBy::Name => {}
            _ => self.sort(&mut links),
        }
        if inverted {
            others.reverse();
        }
        let items = links.into_iter().map(|link| Item::Link(link.key)).chain(others);
        let children: Vec<Node> = items.map(leaf).collect();
        let wanted = matches || !children.is_empty();
        wanted.then_some(Node { item: Item::Network(network.key), children })
    }

    fn sort(&self, links: &mut [&Link]) {
        links.sort_by(|a, b| {
            let order = self.compare(a, b);
            if self.selection.invert { order.reverse() } else { order }
        });
    }

    fn place(&self, id: NetnsId) -> Option<usize> {
        let places = self.places.get_or_init(|| {
            let ids = self.topology.namespaces().map(|namespace| namespace.netns.id);
            let mut all: Vec<_> = ids.map(|id| (self.topology.label(id), id)).collect();
            all.sort_by(|(a, id_a), (b, id_b)| {
                natural(a.as_bytes(), b.as_bytes()).then_with(|| id_a.cmp(id_b))
            });
            all.into_iter().enumerate().map(|(place, (_, id))| (id, place)).collect()
        });
        places.get(&id).copied()
    }

    fn compare(&self, a: &Link, b: &Link) -> Ordering {
        let name = || natural(a.name.as_bytes(), b.name.as_bytes());
        let netns = || self.place(a.key.netns).cmp(&self.place(b.key.netns));
        let first = match self.selection.sort {
            SortBy::Name => name(),
            SortBy::Namespace => netns(),
            SortBy::Mode => mode_rank(a).cmp(&mode_rank(b)),
            SortBy::State => b.oper_state.cmp(&a.oper_state),
            SortBy::Mac => (a.mac.is_none(), a.mac).cmp(&(b.mac.is_none(), b.mac)),
            SortBy::Address => first_ip(a).cmp(&first_ip(b)),
        };
        first.then_with(name).then_with(netns).then_with(|| a.key.cmp(&b.key))
    }
}

fn leaf(item: Item) -> Node {
    Node { item, children: Vec::new() }
}

/// Whether a link is shown even when not all are: a macvlan, or something that carries one.
pub fn is_macvlan_or_below(topology: &Topology, link: &Link) -> bool {
    link.macvlan().is_some() || carries_macvlan(topology, link.key, 0)
}

/// The parent of a network is worth a row before there is anything on it.
fn has_network(topology: &Topology, link: &Link) -> bool {
    topology.networks_on(link.key).len() > 0
}

fn carries_macvlan(topology: &Topology, key: LinkKey, depth: usize) -> bool {
    depth <= MAX_DEPTH
        && topology.children_of(key).any(|child| {
            child.macvlan().is_some() || carries_macvlan(topology, child.key, depth + 1)
        })
}

/// The row for a parent that is not in sight.
pub(super) fn unseen_parent(seen_from: NetnsId, parent: &Parent) -> Item {
    Item::UnseenParent {
        netns: parent.netns,
        seen_from: parent.netns.unwrap_or(seen_from),
        nsid: if parent.netns.is_none() { parent.nsid } else { None },
        ifindex: parent.ifindex,
    }
}

fn mode_rank(link: &Link) -> (bool, u32) {
    match &link.kind {
        LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) => {
            (false, macvlan.mode.to_kernel())
        }
        _ => (true, 0),
    }
}

/// Links without an address come last.
fn first_ip(link: &Link) -> (bool, Option<std::net::IpAddr>) {
    let ip = link.addresses.first().map(|address| address.ip);
    (ip.is_none(), ip)
}

#[cfg(test)]
#[path = "forest_tests.rs"]
mod tests;
