//! The way of a frame through bridges of this host, from port to port.
//!
//! Each step is what `br_handle_frame`, `br_flood` and `should_deliver` of net/bridge do. Which MACs a
//! bridge knows is not asked: it has learned that of the receiver wherever a port learns. Only cables
//! between bridges are followed, which are veth pairs; and VLAN filters are taken to let frames pass.

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};

use super::frame::Cast;
use super::reason::{Names, Reason};
use super::segment::Wire;
use crate::model::{BridgePort, Link, LinkKey, PortState, Topology};

/// A bridge that a frame crosses, from one port to another; without a port it comes from or goes to
/// the bridge itself, or somebody behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing<'a> {
    bridge: &'a Link,
    ingress: Option<&'a Link>,
    egress: Option<&'a Link>,
    /// Whether the bridge's own stack, or what is on it, sends the frame.
    is_own: bool,
}

/// Why a bridge does not pass a frame on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The port is in a state in which it neither takes nor sends frames.
    Closed(LinkKey),
    /// Both ports are isolated; they are one where the frame should leave where it came in.
    Isolated(LinkKey, LinkKey),
    /// The port sends no frames to MACs that the bridge does not know, and the bridge learns none there.
    Unknown(LinkKey),
    /// The port sends no broadcasts of other ports.
    NoBroadcasts(LinkKey),
}

impl Refusal {
    /// The refusal as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        let names = Names(topology);
        let link = |key| topology.link(key);
        let port = |key: LinkKey| {
            let bridge = link(key).and_then(|port| topology.bridge_of(port));
            let bridge = bridge.map_or("a bridge".into(), |bridge| bridge.name.to_string());
            format!("{}, a port of {bridge},", names.full(key))
        };
        match *self {
            Self::Closed(key) => {
                let state = link(key).map_or(PortState::Disabled, |port| options(port).state);
                format!("{} is {}: it neither takes nor sends frames.", port(key), state.name())
            }
            Self::Isolated(from, to) if from == to => format!(
                "{} is isolated: no frame leaves through it that came in through it, hairpin or not.",
                port(from)
            ),
            Self::Isolated(from, to) => format!(
                "{} and {} are isolated: no frame passes from one such port to another.",
                port(from),
                names.short(to)
            ),
            Self::Unknown(key) => format!(
                "{} gets no frames for MACs that the bridge does not know, and the bridge learns none \
                 there (flood off, learning off); what it knows by other means was not read.",
                port(key)
            ),
            Self::NoBroadcasts(key) => {
                format!("{} gets no broadcasts of other ports (bcast_flood off).", port(key))
            }
        }
    }
}

impl Crossing<'_> {
    /// The bridge and both ports.
    pub(super) fn links(&self) -> impl Iterator<Item = LinkKey> {
        let ports = [self.ingress, self.egress].into_iter().flatten();
        ports.chain([self.bridge]).map(|link| link.key)
    }

    /// Whether a frame leaves through the port that it came in through.
    pub(super) fn turns(&self) -> bool {
        self.ingress.zip(self.egress).is_some_and(|(ingress, egress)| ingress.key == egress.key)
    }

    /// Why no frame at all passes, from wherever it comes.
    pub(super) fn closed(&self) -> Option<Reason> {
        if !self.bridge.flags.is_up() {
            return Some(Reason::Down(self.bridge.key));
        }
        let mut ports = [self.ingress, self.egress].into_iter().flatten();
        let port = ports.find(|port| options(port).state != PortState::Forwarding)?;
        Some(Reason::Bridge(Refusal::Closed(port.key)))
    }

    /// Whether the bridge learns here where the sender is.
    pub(super) fn learns(&self) -> bool {
        self.egress.is_some() && self.ingress.is_some_and(|port| options(port).learning)
    }

    /// Why this frame does not pass, where frames do.
    pub(super) fn refused(&self, cast: Cast) -> Option<Reason> {
        let egress = self.egress?;
        let (out, key) = (options(egress), egress.key);
        let isolated = self.ingress.filter(|port| out.isolated && options(port).isolated);
        let refusal = match (isolated, cast) {
            (Some(ingress), _) => Refusal::Isolated(ingress.key, key),
            (None, Cast::Unicast) if !out.flood && !out.learning => Refusal::Unknown(key),
            (None, Cast::Broadcast) if !out.bcast_flood && !self.is_own => {
                Refusal::NoBroadcasts(key)
            }
            (None, _) => return None,
        };
        Some(Reason::Bridge(refusal))
    }
}

fn options(port: &Link) -> BridgePort {
    port.bridge_port.unwrap_or_default()
}

/// The bridges between two wires, in the frame's order: none where the wires are not on bridges, `None`
/// where nothing in sight joins them. `outside` tells which of both ends is behind its wire, and so
/// not behind the port there.
pub(super) fn crossings<'a>(
    topology: &'a Topology,
    leaves: &Wire<'a>,
    enters: &Wire<'a>,
    outside: [bool; 2],
) -> Option<Vec<Crossing<'a>>> {
    let (Some(first), Some(last)) = (leaves.bridge, enters.bridge) else {
        return (leaves.segment == enters.segment).then(Vec::new);
    };
    // A way through open ports before one that is closed somewhere.
    let is_open = |port: &Link| options(port).state == PortState::Forwarding;
    let cables = cables(topology, first, last.key, is_open)
        .or_else(|| cables(topology, first, last.key, |_| true))?;
    let mut crossings = Vec::new();
    let ingress = leaves.port.filter(|_| !outside[0]);
    let is_own = leaves.port.is_none() && !outside[0];
    let mut at = Crossing { bridge: first, ingress, egress: None, is_own };
    for [port, peer] in cables {
        crossings.push(Crossing { egress: Some(port), ..at });
        let bridge = topology.bridge_of(peer)?;
        at = Crossing { bridge, ingress: Some(peer), egress: None, is_own: false };
    }
    crossings.push(Crossing { egress: enters.port.filter(|_| !outside[1]), ..at });
    Some(crossings)
}

/// The veth pairs from one bridge to another, the fewest, both ends of each being ports that are
/// `followed`.
fn cables<'a>(
    topology: &'a Topology,
    from: &'a Link,
    to: LinkKey,
    followed: impl Fn(&Link) -> bool,
) -> Option<Vec<[&'a Link; 2]>> {
    let mut came: BTreeMap<LinkKey, Option<[&Link; 2]>> = [(from.key, None)].into();
    let mut next = VecDeque::from([from]);
    while let Some(bridge) = next.pop_front().filter(|_| !came.contains_key(&to)) {
        for port in topology.ports_of(bridge.key).filter(|port| followed(port)) {
            let Some(peer) = topology.peer_of(port).filter(|peer| followed(peer)) else { continue };
            let Some(beyond) = topology.bridge_of(peer) else { continue };
            if let Entry::Vacant(entry) = came.entry(beyond.key) {
                entry.insert(Some([port, peer]));
                next.push_back(beyond);
            }
        }
    }
    let (mut cables, mut at) = (Vec::new(), to);
    while let Some([port, peer]) = *came.get(&at)? {
        cables.push([port, peer]);
        at = LinkKey { ifindex: port.master?, ..port.key };
    }
    cables.reverse();
    Some(cables)
}

/// A bridge that has a sub-interface of one of these devices as a port, through which frames may pass
/// in ways that are not followed.
pub(super) fn over_children(topology: &Topology, lowers: [LinkKey; 2]) -> Option<LinkKey> {
    let children = lowers.into_iter().flat_map(|lower| topology.children_of(lower));
    let mut ports = children.filter(|child| child.macvlan().is_some());
    ports.find_map(|child| topology.bridge_of(child)).map(|bridge| bridge.key)
}
