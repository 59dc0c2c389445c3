//! Findings: what looks wrong on a host, why, and what to do next. One file a finding.
//!
//! A finding says what is so, names the interfaces and namespaces, gives the cause, and ends with
//! the next step. Nothing here looks at anything but the topology.

mod address_conflict;
mod belief;
mod empty_source_list;
mod global_mac;
mod ground;
mod link_down;
mod member_address;
mod member_mac;
mod member_missing;
mod member_mode;
mod member_parent;
mod member_unseen;
mod netns_closed;
mod network_crowded;
mod network_fault;
mod network_gateway;
mod network_members;
mod network_overlap;
mod network_parent;
mod network_taken;
mod no_broadcasts;
mod no_carrier;
mod parent_down;
mod parent_unseen;
mod same_address;
mod same_mac;
mod sysfs_disagrees;

#[cfg(test)]
mod belief_tests;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use crate::model::{Item, Link, LinkKey, MemberView, Netns, NetworkKey, NetworkView, Topology};

use belief::Place;
use ground::Ground;

/// How bad it is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Traffic does not pass.
    Error,
    /// Traffic may not pass as intended.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that looks wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which finding; stable, for documents.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The link, namespace, network or member without an interface that it is about.
    pub item: Item,
    /// At most 20 columns, for the row in the tree.
    pub glance: &'static str,
    /// What, where, why and what next, in full sentences.
    pub sentence: String,
}

/// A kind of finding.
struct Lint {
    code: &'static str,
    severity: Severity,
    glance: &'static str,
    check: Check,
}

/// What a lint looks at; the answer is the finding's sentence.
enum Check {
    Link(fn(&Ground<'_>, &Link) -> Option<String>),
    Netns(fn(&Topology, &Netns) -> Option<String>),
    Network(fn(&Topology, &NetworkView<'_>) -> Option<String>),
    /// With the number of members that are not what their engine believes.
    Members(fn(&NetworkView<'_>, usize) -> Option<String>),
    Member(fn(&Place<'_>) -> Option<String>),
}

/// Every lint. The order is the order of findings of the same severity on one link or network.
const LINTS: [Lint; 25] = [
    parent_down::LINT,
    no_carrier::LINT,
    link_down::LINT,
    parent_unseen::LINT,
    same_mac::LINT,
    same_address::LINT,
    address_conflict::LINT,
    empty_source_list::LINT,
    no_broadcasts::LINT,
    global_mac::LINT,
    sysfs_disagrees::LINT,
    netns_closed::LINT,
    network_parent::LINT,
    network_taken::LINT,
    network_crowded::LINT,
    network_gateway::LINT,
    network_fault::LINT,
    network_members::LINT,
    network_overlap::LINT,
    member_missing::LINT,
    member_unseen::LINT,
    member_parent::LINT,
    member_mode::LINT,
    member_mac::LINT,
    member_address::LINT,
];

/// All findings of a host, the worst first, then in the order of namespaces and links, and of
/// networks and their members.
pub fn findings(topology: &Topology) -> Vec<Finding> {
    let ground = Ground::whole(topology);
    let mut list = Vec::new();
    for namespace in topology.in_display_order() {
        list.extend(check_netns(topology, &namespace.netns));
        list.extend(namespace.links().flat_map(|link| check_link(&ground, link)));
    }
    list.extend(topology.networks().flat_map(|network| check_network(topology, &network)));
    list.sort_by_key(|finding| finding.severity);
    list
}

/// The findings of one link, the worst first.
pub fn of_link(topology: &Topology, link: &Link) -> Vec<Finding> {
    let mut list = check_link(&Ground::around(topology, link), link);
    if let Some((network, member)) = topology.membership(link.key) {
        list.extend(check_member(topology, &network, member, network.carrier(topology)));
    }
    list.sort_by_key(|finding| finding.severity);
    list
}

/// What a network and its members are not as their engine believes, the worst first. What their
/// links have besides is in [`of_link`].
pub fn of_network(topology: &Topology, network: NetworkKey) -> Vec<Finding> {
    let network = topology.network(network);
    let mut list: Vec<_> =
        network.iter().flat_map(|network| check_network(topology, network)).collect();
    list.sort_by_key(|finding| finding.severity);
    list
}

fn check_netns(topology: &Topology, netns: &Netns) -> impl Iterator<Item = Finding> {
    LINTS.iter().filter_map(move |lint| match lint.check {
        Check::Netns(check) => Some(lint.finding(Item::Netns(netns.id), check(topology, netns)?)),
        _ => None,
    })
}

fn check_link(ground: &Ground<'_>, link: &Link) -> Vec<Finding> {
    let found = LINTS.iter().filter_map(|lint| match lint.check {
        Check::Link(check) => Some(lint.finding(Item::Link(link.key), check(ground, link)?)),
        _ => None,
    });
    found.collect()
}

/// The network's own findings, then its members'.
fn check_network(topology: &Topology, network: &NetworkView<'_>) -> Vec<Finding> {
    let item = Item::Network(network.key);
    let carrier = network.carrier(topology);
    let mut of_members = Vec::new();
    let mut differing = 0;
    for member in network.members() {
        let found = check_member(topology, network, member, carrier);
        differing += usize::from(found.iter().any(|finding| finding.severity < Severity::Note));
        of_members.extend(found);
    }
    let own = LINTS.iter().filter_map(|lint| match lint.check {
        Check::Network(check) => Some(lint.finding(item, check(topology, network)?)),
        Check::Members(check) => Some(lint.finding(item, check(network, differing)?)),
        _ => None,
    });
    own.chain(of_members).collect()
}

fn check_member(
    topology: &Topology,
    network: &NetworkView<'_>,
    member: MemberView<'_>,
    carrier: Option<LinkKey>,
) -> Vec<Finding> {
    let Some(item) = member.link.map(Item::Link).or(member.key.map(Item::Member)) else {
        return Vec::new();
    };
    let link = member.link.and_then(|link| topology.link(link));
    let place = Place { topology, network, member, link, carrier };
    let found = LINTS.iter().filter_map(|lint| match lint.check {
        Check::Member(check) => Some(lint.finding(item, check(&place)?)),
        _ => None,
    });
    found.collect()
}

impl Lint {
    fn finding(&self, item: Item, sentence: String) -> Finding {
        let Self { code, severity, glance, .. } = *self;
        Finding { code, severity, item, glance, sentence }
    }
}
