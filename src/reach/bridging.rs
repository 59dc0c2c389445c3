//! The way of a frame through bridges of this host, from port to port.
//!
//! Each step is what `br_handle_frame`, `br_flood` and `should_deliver` of net/bridge do. Which MACs a
//! bridge knows is not asked: it has learned that of the receiver wherever a port learns. Only cables
//! between bridges are followed, which are veth pairs; what leads out of sight is assumed to be joined
//! there; and VLAN filters are taken to let frames pass.

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};

use super::frame::Cast;
use super::reason::{Names, Reason};
use super::segment::{Segment, Wire};
use crate::model::{BridgePort, Link, LinkKey, LinkKind, PortState, Topology, VlanProtocol};

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

/// The way between two wires.
pub(super) struct Course<'a> {
    /// The bridges on it, in the frame's order.
    pub(super) crossings: Vec<Crossing<'a>>,
    /// Whether it leads over something out of sight, which is assumed to join both sides.
    pub(super) is_assumed: bool,
    /// Whether a frame comes in with other VLAN tags than are taken there.
    pub(super) is_other_vlan: bool,
}

/// A side of a way that leads out of sight: over cables to a bridge, and out of a port of that. Where the
/// wire itself leads there, it has neither.
struct Exit<'a> {
    cables: Vec<[&'a Link; 2]>,
    port: Option<&'a Link>,
    base: LinkKey,
    tags: Vec<(VlanProtocol, u16)>,
}

impl<'a> Course<'a> {
    /// The way from one wire to the other; `None` where nothing joins them. `outside` tells which of both
    /// ends is behind its wire, and so not behind the port there.
    pub(super) fn between(
        topology: &'a Topology,
        leaves: &Wire<'a>,
        enters: &Wire<'a>,
        outside: [bool; 2],
    ) -> Option<Self> {
        let is_own = leaves.port.is_none() && !outside[0];
        let ingress = leaves.port.filter(|_| !outside[0]);
        let egress = enters.port.filter(|_| !outside[1]);
        let begin = |bridge| Crossing { bridge, ingress, egress: None, is_own };
        let is_other_vlan = leaves.tags != enters.tags;
        let in_sight = |crossings| Self { crossings, is_assumed: false, is_other_vlan };
        if let (Some(first), Some(last)) = (leaves.bridge, enters.bridge)
            && let Some(cables) = cables_to(topology, first, |bridge| bridge.key == last.key)
        {
            return chain(topology, begin(first), cables, egress).map(in_sight);
        }
        if leaves.bridge.is_none() && leaves.segment == enters.segment {
            let is_assumed =
                leaves.segment == Segment::Unseen && leaves.base.key != enters.base.key;
            return Some(Self { is_assumed, ..in_sight(Vec::new()) });
        }
        let out = Exit::of(topology, leaves, enters, outside[1])?;
        let back = Exit::of(topology, enters, leaves, outside[0])?;
        let mut crossings = match leaves.bridge {
            Some(first) => chain(topology, begin(first), out.cables, out.port)?,
            None => Vec::new(),
        };
        if let Some(port) = back.port {
            let bridge = topology.bridge_of(port)?;
            let at = Crossing { bridge, ingress: Some(port), egress: None, is_own: false };
            let cables = back.cables.into_iter().rev().map(|[port, peer]| [peer, port]);
            crossings.extend(chain(topology, at, cables.collect(), egress)?);
        }
        let (is_assumed, is_other_vlan) = (out.base != back.base, out.tags != back.tags);
        Some(Self { crossings, is_assumed, is_other_vlan })
    }
}

impl<'a> Exit<'a> {
    /// Where a wire leads out of sight. What leaves through the device of the other wire is no way to its
    /// own stack, only to what is `behind` it.
    fn of(topology: &'a Topology, wire: &Wire<'a>, other: &Wire<'a>, behind: bool) -> Option<Self> {
        let Some(first) = wire.bridge else {
            let (base, tags) = (wire.base.key, wire.tags.clone());
            let is_unseen = wire.segment == Segment::Unseen;
            return is_unseen.then_some(Self { cables: Vec::new(), port: None, base, tags });
        };
        let exit = |bridge: &Link| {
            let ports = topology.ports_of(bridge.key).filter(|port| is_open(port));
            let wires = ports.map(|port| (port, Wire::of(topology, port)));
            let mut exits = wires.filter(|(_, wire)| {
                leads_away(wire) && (behind || wire.base.key != other.base.key)
            });
            exits.next()
        };
        let cables = cables_to(topology, first, |bridge| exit(bridge).is_some())?;
        let last = cables.last().map_or(Some(first), |[_, peer]| topology.bridge_of(peer))?;
        let (port, beyond) = exit(last)?;
        let tags = [&wire.tags[..], &beyond.tags].concat();
        Some(Self { cables, port: Some(port), base: beyond.base.key, tags })
    }
}

/// Whether frames leave this host through the wire of a bridge's port, for a network and not a machine. What
/// passes through a sub-interface is not followed.
fn leads_away(wire: &Wire<'_>) -> bool {
    let base = wire.base;
    let is_tap = matches!(&base.kind, LinkKind::Other(kind) if kind.as_bytes() == b"tun");
    let is_live = base.flags.is_up() && base.flags.is_lower_up();
    wire.segment == Segment::Unseen && is_live && !is_tap && base.macvlan().is_none()
}

/// Follows cables from a bridge to the port through which frames leave the last one.
fn chain<'a>(
    topology: &'a Topology,
    mut at: Crossing<'a>,
    cables: Vec<[&'a Link; 2]>,
    egress: Option<&'a Link>,
) -> Option<Vec<Crossing<'a>>> {
    let mut crossings = Vec::new();
    for [port, peer] in cables {
        crossings.push(Crossing { egress: Some(port), ..at });
        let bridge = topology.bridge_of(peer)?;
        at = Crossing { bridge, ingress: Some(peer), egress: None, is_own: false };
    }
    crossings.push(Crossing { egress, ..at });
    Some(crossings)
}

fn is_open(port: &Link) -> bool {
    options(port).state == PortState::Forwarding
}

/// The veth pairs from one bridge to the nearest that is wanted: a way through open ports before one that
/// is closed somewhere.
fn cables_to<'a>(
    topology: &'a Topology,
    from: &'a Link,
    is_wanted: impl Fn(&Link) -> bool,
) -> Option<Vec<[&'a Link; 2]>> {
    let open = cables(topology, from, &is_wanted, is_open);
    open.or_else(|| cables(topology, from, &is_wanted, |_| true))
}

/// The veth pairs from one bridge to the nearest that is wanted, the fewest, both ends of each being ports
/// that are `followed`.
fn cables<'a>(
    topology: &'a Topology,
    from: &'a Link,
    is_wanted: impl Fn(&Link) -> bool,
    followed: impl Fn(&Link) -> bool,
) -> Option<Vec<[&'a Link; 2]>> {
    let mut came: BTreeMap<LinkKey, Option<[&Link; 2]>> = [(from.key, None)].into();
    let mut next = VecDeque::from([from]);
    let mut at = loop {
        let bridge = next.pop_front()?;
        if is_wanted(bridge) {
            break bridge.key;
        }
        for port in topology.ports_of(bridge.key).filter(|port| followed(port)) {
            let Some(peer) = topology.peer_of(port).filter(|peer| followed(peer)) else { continue };
            let Some(beyond) = topology.bridge_of(peer) else { continue };
            if let Entry::Vacant(entry) = came.entry(beyond.key) {
                entry.insert(Some([port, peer]));
                next.push_back(beyond);
            }
        }
    };
    let mut cables = Vec::new();
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
