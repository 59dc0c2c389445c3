//! What lints share: who else uses a MAC or an IP address on the same parent.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::link::MAX_DEPTH;
use crate::model::{Link, LinkKey, MacAddr, Mode, Topology};

/// The topology with an index of what must be unique under one parent.
pub(super) struct Ground<'a> {
    pub(super) topology: &'a Topology,
    macs: HashMap<(LinkKey, MacAddr), Vec<LinkKey>>,
    ips: HashMap<(LinkKey, IpAddr), Vec<LinkKey>>,
}

impl<'a> Ground<'a> {
    /// For looking at every link.
    pub(super) fn whole(topology: &'a Topology) -> Self {
        let mut ground = Self { topology, macs: HashMap::new(), ips: HashMap::new() };
        for parent in topology.links() {
            ground.index(parent);
        }
        ground
    }

    /// For looking at one link.
    pub(super) fn around(topology: &'a Topology, link: &Link) -> Self {
        let mut ground = Self { topology, macs: HashMap::new(), ips: HashMap::new() };
        if let Some(parent) = topology.parent_of(link) {
            ground.index(parent);
        }
        ground
    }

    /// Takes in a parent with the macvlans on it. A passthru macvlan is its parent to the outside,
    /// with the same MAC by design.
    fn index(&mut self, parent: &Link) {
        let mut children = self
            .topology
            .children_of(parent.key)
            .filter(|link| link.macvlan().is_some_and(|m| m.mode != Mode::Passthru))
            .peekable();
        if children.peek().is_none() {
            return;
        }
        for link in children.chain(std::iter::once(parent)) {
            if let Some(mac) = link.mac {
                self.macs.entry((parent.key, mac)).or_default().push(link.key);
            }
            // Link-local addresses follow from the MAC, and that has a finding of its own.
            for address in link.addresses.iter().filter(|address| address.scope < 253) {
                self.ips.entry((parent.key, address.ip)).or_default().push(link.key);
            }
        }
    }

    /// The links below this one that are in sight, the nearest first.
    pub(super) fn below(&self, link: &'a Link) -> Vec<&'a Link> {
        let chain = std::iter::successors(self.topology.parent_of(link), |below| {
            self.topology.parent_of(below)
        });
        chain.take(MAX_DEPTH).collect()
    }

    /// Others beside the link with this MAC on the same parent, the parent included, described.
    pub(super) fn sharing_mac(&self, link: &Link, mac: MacAddr) -> Option<String> {
        self.others(link, |parent| self.macs.get(&(parent, mac)))
    }

    /// Others beside the link with this address on the same parent, the parent included, described.
    pub(super) fn sharing_ip(&self, link: &Link, ip: IpAddr) -> Option<String> {
        self.others(link, |parent| self.ips.get(&(parent, ip)))
    }

    /// `a in x, b in y and 3 more`. Thousands may share; only a few of them are looked at.
    fn others<'g>(
        &self,
        link: &Link,
        find: impl Fn(LinkKey) -> Option<&'g Vec<LinkKey>>,
    ) -> Option<String> {
        const FEW: usize = 3;
        link.macvlan()?;
        let sharing = find(link.parent.as_ref()?.key()?)?;
        let others = sharing.iter().filter(|key| **key != link.key);
        let named: Vec<_> = others.take(FEW).map(|key| self.topology.describe(*key)).collect();
        // The link is in the list itself: it was indexed with its siblings.
        match sharing.len().saturating_sub(named.len() + 1) {
            _ if named.is_empty() => None,
            0 => Some(named.join(" and ")),
            more => Some(format!("{} and {more} more", named.join(", "))),
        }
    }
}
