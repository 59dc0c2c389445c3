//! What goes into a topology, and what it says became different.

use std::collections::BTreeMap;

use super::super::{
    Belief, DeviceNumber, Difference, Host, Link, LinkKey, Netns, NetnsId, Problem, ProblemSource,
    SourceId, TapHolder, Text,
};

/// One piece of news for the topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Facts about the host.
    Host(Host),
    /// A namespace, new or with other holders.
    Netns(Netns),
    /// A namespace is gone, and its links with it.
    NetnsGone(NetnsId),
    /// All links of a namespace; those not listed are gone.
    Contents {
        /// The namespace.
        netns: NetnsId,
        /// Its links.
        links: Vec<Link>,
    },
    /// One link, new or changed.
    Link(Box<Link>),
    /// One link is gone.
    LinkGone(LinkKey),
    /// What a source could not see; replaces its earlier report.
    Problems {
        /// Who reports.
        source: ProblemSource,
        /// The report; empty when all is well again.
        list: Vec<Problem>,
    },
    /// What an engine or the configuration files of networks say now; replaces what the same source
    /// said before.
    Belief {
        /// Who tells.
        source: SourceId,
        /// What it says; `None` when it is gone.
        belief: Option<Box<Belief>>,
    },
    /// Who has which device of a macvtap open; replaces all that was told before.
    TapHolders(BTreeMap<DeviceNumber, TapHolder>),
}

/// What a namespace or link did, in words that stay true when it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// What happened.
    pub what: What,
    /// The namespace that it happened to or in.
    pub netns: NetnsId,
    /// That namespace's inode number at the time, if it had one.
    pub netns_inode: Option<u64>,
    /// That namespace's label at the time.
    pub netns_label: String,
    /// The link, when it happened to a link.
    pub link: Option<LinkNote>,
}

/// A link as a [`Happening`] remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkNote {
    /// Identity.
    pub key: LinkKey,
    /// Name at the time.
    pub name: Text,
    /// `macvlan`, `veth`, …
    pub kind: String,
    /// `NAME in NAMESPACE` of its parent, if it was in sight.
    pub parent: Option<String>,
}

/// The three things that happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was not there before.
    Appeared,
    /// It is no longer there.
    Gone,
    /// Something about it is different.
    Changed(Vec<Difference>),
}
