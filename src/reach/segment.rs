//! What a device's wire leads to: the peer of a veth, a bridge on this host, or a switch that is out
//! of sight.

use crate::model::{BridgePort, Link, LinkKey, LinkKind, Topology, VlanProtocol};

/// How a switch treats a frame whose receiver is behind the port that it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Switch {
    /// It drops it, as IEEE 802.1Q has it.
    #[default]
    Normal,
    /// It sends it back: reflective relay (IEEE 802.1Qbg), `hairpin on` of bridge(8).
    Reflective,
}

/// What is behind a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The other end of a veth pair, with the stack of its namespace.
    Peer(LinkKey),
    /// A bridge on this host.
    Bridge(LinkKey),
    /// Nothing: what leaves through a dummy or an ifb is dropped, and what leaves through the loopback
    /// comes back to it.
    Nowhere,
    /// Something that can't be seen from here.
    Unseen,
}

/// A wire with the tags that frames have on it.
#[derive(Clone, Debug)]
pub(super) struct Wire<'a> {
    /// The device at this end.
    pub(super) base: &'a Link,
    /// VLAN tags, the outermost last.
    pub(super) tags: Vec<(VlanProtocol, u16)>,
    /// What is behind it.
    pub(super) segment: Segment,
    /// The device's port on the segment, where it is a bridge in sight.
    pub(super) port: Option<&'a Link>,
    /// That bridge.
    pub(super) bridge: Option<&'a Link>,
}

/// VLANs nest at most this deep (`VLAN_MAX_DEPTH` of net/8021q).
const DEEPEST: usize = 8;

impl<'a> Wire<'a> {
    /// The wire that frames of a device leave through.
    pub(super) fn of(topology: &'a Topology, device: &'a Link) -> Self {
        let (mut base, mut tags) = (device, Vec::new());
        while let (Some(vlan), Some(below)) = (base.vlan(), topology.parent_of(base)) {
            tags.push((vlan.protocol, vlan.id));
            base = below;
            if tags.len() == DEEPEST {
                break;
            }
        }
        let peer = topology.peer_of(base);
        let wire = |segment, port, bridge| Self { base, tags, segment, port, bridge };
        match peer {
            _ if base.is_bridge() => wire(Segment::Bridge(base.key), None, Some(base)),
            _ if dead_end(base).is_some() => wire(Segment::Nowhere, None, None),
            Some(peer) => match taker(topology, peer) {
                Some(bridge) if bridge.is_bridge() => {
                    wire(Segment::Bridge(bridge.key), Some(peer), Some(bridge))
                }
                // A bond, a software switch: what that does with frames is not to be seen here.
                Some(_) => wire(Segment::Unseen, None, None),
                None => wire(Segment::Peer(base.key.min(peer.key)), None, None),
            },
            None => wire(Segment::Unseen, None, None),
        }
    }

    /// The other end of the veth pair that the wire is.
    pub(super) fn far(&self) -> Option<LinkKey> {
        self.base.peer.as_ref()?.key()
    }

    /// What the bridge does at the device's port.
    fn bridge_port(&self) -> Option<BridgePort> {
        self.port?.bridge_port
    }

    /// How what is behind it treats a frame for another receiver on the same wire.
    pub(super) fn switch(&self, assumed: Switch) -> Switch {
        match self.segment {
            Segment::Unseen => assumed,
            Segment::Bridge(_) if self.bridge_port().is_some_and(|port| port.hairpin) => {
                Switch::Reflective
            }
            Segment::Bridge(_) | Segment::Peer(_) | Segment::Nowhere => Switch::Normal,
        }
    }
}

/// The bridge, bond or the like that gets all that comes in through a port of it (`rx_handler` of
/// `__netif_receive_skb_core`). A VRF leaves frames where they are.
pub(super) fn taker<'a>(topology: &'a Topology, port: &Link) -> Option<&'a Link> {
    let master = topology.link(LinkKey { ifindex: port.master?, ..port.key })?;
    let is_vrf = matches!(&master.kind, LinkKind::Other(kind) if kind.as_bytes() == b"vrf");
    (!is_vrf).then_some(master)
}

/// What a device is that has no wire behind it.
pub(super) fn dead_end(link: &Link) -> Option<&'static str> {
    match &link.kind {
        _ if link.flags.is_loopback() => Some("a loopback"),
        LinkKind::Other(kind) if kind.as_bytes() == b"dummy" => Some("a dummy"),
        LinkKind::Other(kind) if kind.as_bytes() == b"ifb" => Some("an ifb"),
        _ => None,
    }
}
