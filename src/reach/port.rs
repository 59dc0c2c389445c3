//! What the sub-interfaces of one device come to together: who takes frames that are for others, and
//! whose MAC something is. Gathered once, for as many pairs as are asked about.

use std::collections::{BTreeMap, HashMap};

use super::Endpoint;
use crate::model::{Link, LinkKey, MacAddr, Macvlan, MacvlanFlags, Mode, Topology};

/// The devices that some endpoints are on, by identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ports(BTreeMap<LinkKey, Port>);

/// A device with what is on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Port {
    /// The passthru interface.
    passthru: Option<LinkKey>,
    /// Source mode interfaces with nodst, and their lists.
    takers: Vec<(LinkKey, Vec<MacAddr>)>,
    /// Whether broadcasts from the wire are queued for sub-interfaces, and the queue has no room.
    has_no_queue: bool,
    /// Sub-interfaces that are up, by MAC.
    senders: HashMap<MacAddr, (LinkKey, Mode)>,
}

impl Ports {
    /// The devices of these endpoints.
    pub(super) fn of(topology: &Topology, ends: &[Endpoint]) -> Self {
        let mut ports = BTreeMap::new();
        for place in ends.iter().filter_map(|end| end.place(topology)) {
            let key = place.lower.key;
            ports.entry(key).or_insert_with(|| Port::of(topology, key));
        }
        Self(ports)
    }

    /// The passthru interface of a device.
    pub(super) fn passthru(&self, lower: LinkKey) -> Option<LinkKey> {
        self.0.get(&lower)?.passthru
    }

    /// The source mode interface of a device that takes all frames of a listed sender for itself.
    pub(super) fn taker(&self, lower: LinkKey, source: MacAddr) -> Option<LinkKey> {
        let takers = &self.0.get(&lower)?.takers;
        takers.iter().find(|(_, listed)| listed.contains(&source)).map(|(key, _)| *key)
    }

    /// Whether the sub-interfaces of a device get no broadcasts from its wire.
    pub(super) fn has_no_queue(&self, lower: LinkKey) -> bool {
        self.0.get(&lower).is_some_and(|port| port.has_no_queue)
    }

    /// The sub-interface of a device that sends from this MAC.
    pub(super) fn sender(&self, lower: LinkKey, mac: MacAddr) -> Option<(LinkKey, Mode)> {
        self.0.get(&lower)?.senders.get(&mac).copied()
    }
}

impl Port {
    fn of(topology: &Topology, lower: LinkKey) -> Self {
        let macvlans = || topology.children_of(lower).filter_map(Link::macvlan);
        let has_no_queue = macvlans().next().is_some() && macvlans().all(asks_for_no_queue);
        let mut port = Self { has_no_queue, ..Self::default() };
        for link in topology.children_of(lower) {
            let Some(macvlan) = link.macvlan() else { continue };
            // These take frames even while they are down.
            if macvlan.mode == Mode::Passthru {
                port.passthru.get_or_insert(link.key);
            }
            if is_taker(macvlan) {
                port.takers.push((link.key, macvlan.sources.clone()));
            }
            if let Some(mac) = link.mac.filter(|_| link.flags.is_up()) {
                port.senders.entry(mac).or_insert((link.key, macvlan.mode));
            }
        }
        port
    }
}

/// The queue is as long as the longest that is asked for (`update_port_bc_queue_len` of macvlan.c); below
/// zero, the cutoff lets nothing be queued.
fn asks_for_no_queue(macvlan: &Macvlan) -> bool {
    macvlan.bc_queue_len == Some(0) && macvlan.bc_cutoff >= 0
}

fn is_taker(macvlan: &Macvlan) -> bool {
    macvlan.mode == Mode::Source && macvlan.flags.has(MacvlanFlags::NODST)
}
