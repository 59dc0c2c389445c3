//! Bridges of this host as switches in the trees: below each the ports, and which of them matter to
//! macvlans.

use super::carries_macvlan;
use crate::model::{Link, Topology};

/// The bridge below which a link has its row: it is one of its ports, and has no parent instead.
pub(super) fn of_port<'a>(topology: &'a Topology, link: &Link) -> Option<&'a Link> {
    topology.bridge_of(link).filter(|_| stands_below(link))
}

/// The ports that have their rows below a bridge.
pub(super) fn ports<'a>(topology: &'a Topology, bridge: &Link) -> impl Iterator<Item = &'a Link> {
    // Looking for ports takes a look at every link of the namespace.
    let bridge = Some(bridge.key).filter(|_| bridge.is_bridge());
    bridge.into_iter().flat_map(|key| topology.ports_of(key)).filter(|port| stands_below(port))
}

fn stands_below(port: &Link) -> bool {
    port.bridge_port.is_some() && port.parent.is_none()
}

/// Whether a link is a port to which the frames of macvlans come: its other end carries some.
pub(super) fn leads_to_macvlan(topology: &Topology, link: &Link) -> bool {
    let carries = |peer: &Link| carries_macvlan(topology, peer.key, 0);
    of_port(topology, link).is_some() && topology.peer_of(link).is_some_and(carries)
}

/// Whether a link is such a port, or the bridge of one.
pub(super) fn serves_macvlan(topology: &Topology, link: &Link) -> bool {
    leads_to_macvlan(topology, link)
        || ports(topology, link).any(|port| leads_to_macvlan(topology, port))
}
