//! Findings: what looks wrong on a host, why, and what to do next. One file a finding.
//!
//! A finding says what is so, names the interfaces and namespaces, gives the cause, and ends with
//! the next step. Nothing here looks at anything but the topology.

mod address_conflict;
mod empty_source_list;
mod global_mac;
mod ground;
mod link_down;
mod netns_closed;
mod no_broadcasts;
mod no_carrier;
mod parent_down;
mod parent_unseen;
mod same_address;
mod same_mac;
mod sysfs_disagrees;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use crate::model::{Item, Link, Netns, Topology};

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
    /// The link or namespace that it is about.
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
}

/// Every lint. The order is the order of findings of the same severity on one link.
const LINTS: [Lint; 12] = [
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
];

/// All findings of a host, the worst first, then in the order of namespaces and links.
pub fn findings(topology: &Topology) -> Vec<Finding> {
    let ground = Ground::whole(topology);
    let mut list = Vec::new();
    for namespace in topology.in_display_order() {
        list.extend(of_netns(topology, &namespace.netns));
        list.extend(namespace.links().flat_map(|link| check_link(&ground, link)));
    }
    list.sort_by_key(|finding| finding.severity);
    list
}

/// The findings of one link, the worst first.
pub fn of_link(topology: &Topology, link: &Link) -> Vec<Finding> {
    let mut list = check_link(&Ground::around(topology, link), link);
    list.sort_by_key(|finding| finding.severity);
    list
}

fn of_netns(topology: &Topology, netns: &Netns) -> impl Iterator<Item = Finding> {
    LINTS.iter().filter_map(move |lint| match lint.check {
        Check::Netns(check) => Some(lint.finding(Item::Netns(netns.id), check(topology, netns)?)),
        Check::Link(_) => None,
    })
}

fn check_link(ground: &Ground<'_>, link: &Link) -> Vec<Finding> {
    let found = LINTS.iter().filter_map(|lint| match lint.check {
        Check::Link(check) => Some(lint.finding(Item::Link(link.key), check(ground, link)?)),
        Check::Netns(_) => None,
    });
    found.collect()
}

impl Lint {
    fn finding(&self, item: Item, sentence: String) -> Finding {
        let Self { code, severity, glance, .. } = *self;
        Finding { code, severity, item, glance, sentence }
    }
}
