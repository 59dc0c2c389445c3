//! Which interfaces answer for an address. Gathered once, for as many pairs as are asked about.

use std::collections::HashMap;
use std::net::IpAddr;

use super::layer3::usable;
use crate::model::{LinkKey, Topology};

/// Those that are up and have the address in use, for every address that several have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owners(HashMap<IpAddr, Vec<LinkKey>>);

impl Owners {
    /// All of the host's.
    pub(super) fn of(topology: &Topology) -> Self {
        let mut owners: HashMap<_, Vec<_>> = HashMap::new();
        for link in topology.links().filter(|link| link.flags.is_up()) {
            for address in usable(link) {
                owners.entry(address.ip).or_default().push(link.key);
            }
        }
        owners.retain(|_, owners| owners.len() > 1);
        Self(owners)
    }

    /// Interfaces of other namespaces that answer for the address of this one.
    pub(super) fn rivals(&self, link: LinkKey, ip: IpAddr) -> impl Iterator<Item = LinkKey> {
        let owners = self.0.get(&ip).into_iter().flatten().copied();
        owners.filter(move |owner| owner.netns != link.netns)
    }
}
