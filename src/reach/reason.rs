//! Why a frame does not arrive: one table of sentences.

use std::net::IpAddr;

use super::Segment;
use super::segment::Wire;
use crate::model::{LinkKey, Mode, Topology};

/// The first thing that keeps a frame from its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One of the ends, or its parent, is out of sight.
    Unseen,
    /// An interface is set down.
    Down(LinkKey),
    /// The parent is set down, and with it what is on it.
    ParentDown(LinkKey),
    /// There is no carrier on the wire.
    NoCarrier(LinkKey),
    /// The frame leaves through the parent, and the switch there does not send it back.
    NotReflected {
        /// The parent.
        lower: LinkKey,
        /// Mode of the sender; `None` of the parent's own stack.
        sender: Option<Mode>,
        /// Mode of the receiver; `None` of the parent's own stack.
        receiver: Option<Mode>,
    },
    /// The two are in different VLANs.
    OtherVlan,
    /// Their parents are on networks that are not joined on this host.
    Apart,
    /// A source mode interface takes only frames of listed senders.
    NotListed(LinkKey),
    /// A private interface takes no broadcasts of its siblings, reflected or not.
    PrivateHearsNoSibling(LinkKey),
    /// The parent gives a reflected broadcast back to its private, source or passthru sender.
    GivenBack(LinkKey),
    /// A passthru interface gets all unicast frames of its parent.
    TakenByPassthru(LinkKey),
    /// A source mode interface with nodst takes the frame, and nobody else gets it.
    TakenByNodst(LinkKey),
    /// What leaves through a dummy goes nowhere.
    Nowhere(LinkKey),
    /// The interface is a port of a bridge or the like, which gets all that comes in there.
    TakenByMaster(LinkKey, LinkKey),
    /// An interface has no address in use.
    NoAddress(LinkKey),
    /// One has only IPv4, the other only IPv6.
    NoCommonFamily,
    /// An interface of another namespace on the same parent has the address, too.
    SameAddress(LinkKey, LinkKey, IpAddr),
    /// The interface has no address in the other's subnet, and its routes were not asked for.
    NoCommonSubnet(LinkKey, IpAddr),
    /// The namespace of the interface has no route to the other's address.
    NoRoute(LinkKey, IpAddr),
    /// The address of the other is one of the namespace itself.
    OwnAddress(LinkKey, IpAddr),
    /// The namespace sends packets to the address through another of its interfaces.
    RoutedElsewhere(LinkKey, LinkKey, IpAddr),
    /// The namespace drops packets of the address that come in through the first, because its answers
    /// would leave through the second.
    ReversePath(LinkKey, LinkKey, IpAddr),
    /// The namespace sends packets to the address to a gateway.
    RoutedVia(LinkKey, IpAddr, IpAddr),
    /// The kernel has asked for the address in vain a moment ago.
    NeighbourFailed(LinkKey, IpAddr),
}

impl Reason {
    /// The reason as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        let name = |key: &LinkKey| {
            topology
                .link(*key)
                .map_or_else(|| topology.describe(*key), |link| link.name.to_string())
        };
        let full = |key: &LinkKey| topology.describe(*key);
        match self {
            Self::Unseen => "One of the two, or its parent, is out of sight.".into(),
            Self::Down(key) => format!("{} is set down.", full(key)),
            Self::ParentDown(key) => {
                format!("The parent, {}, is set down, and all on it with it.", full(key))
            }
            Self::NoCarrier(key) => format!("{} has no carrier.", full(key)),
            Self::NotReflected { lower, sender, receiver } => {
                let at_the_end = returning(topology, *lower);
                not_reflected(&name(lower), &at_the_end, *sender, *receiver)
            }
            Self::OtherVlan => "The two are in different VLANs.".into(),
            Self::Apart => {
                "Their parents are on different networks, as far as this host shows.".into()
            }
            Self::NotListed(key) => format!(
                "source mode: {} takes only frames from the MACs in its list, and the sender's is not \
                 there.",
                full(key)
            ),
            Self::PrivateHearsNoSibling(key) => format!(
                "private: {} takes no broadcasts of its siblings, not even when the switch sends them \
                 back; so ARP gets no answer.",
                full(key)
            ),
            Self::GivenBack(key) => format!(
                "A broadcast of {} that comes back is given to nobody but itself, because its mode is \
                 neither vepa nor bridge; so ARP gets no answer.",
                full(key)
            ),
            Self::TakenByPassthru(key) => format!(
                "passthru: {} gets every unicast frame that comes in through its parent.",
                full(key)
            ),
            Self::TakenByNodst(key) => format!(
                "source mode with nodst: {} takes the frames of listed senders, and nobody else gets \
                 them.",
                full(key)
            ),
            Self::Nowhere(key) => {
                format!("{} is a dummy: what leaves through it goes nowhere.", full(key))
            }
            Self::TakenByMaster(key, master) => format!(
                "{} is a port of {}, which gets all frames that come in there.",
                full(key),
                name(master)
            ),
            Self::NoAddress(key) => format!("{} has no address in use.", full(key)),
            Self::NoCommonFamily => "One has only IPv4 addresses, the other only IPv6.".into(),
            Self::SameAddress(key, other, ip) => {
                format!("{ip} of {} is also the address of {}.", full(key), full(other))
            }
            Self::NoCommonSubnet(key, target) => {
                format!("{} has no address in the subnet of {target}.", full(key))
            }
            Self::NoRoute(key, target) => {
                format!("{} has no route to {target}.", topology.label(key.netns))
            }
            Self::OwnAddress(key, target) => {
                format!("{target} is an address of {} itself.", topology.label(key.netns))
            }
            Self::RoutedElsewhere(key, other, target) => format!(
                "{} sends packets to {target} through {} instead of {}.",
                topology.label(key.netns),
                name(other),
                name(key)
            ),
            Self::ReversePath(key, other, source) => format!(
                "{} drops packets from {source} that come in through {}, because its answers would \
                 leave through {} (rp_filter 1).",
                topology.label(key.netns),
                name(key),
                name(other)
            ),
            Self::RoutedVia(key, gateway, target) => format!(
                "{} sends packets to {target} to the gateway {gateway}.",
                topology.label(key.netns)
            ),
            Self::NeighbourFailed(key, target) => format!(
                "{} asked for {target} on {} and got no answer.",
                topology.label(key.netns),
                name(key)
            ),
        }
    }
}

/// What is at the other end of a parent's wire, and that a frame does not come back from there.
fn returning(topology: &Topology, lower: LinkKey) -> String {
    let Some(wire) = topology.link(lower).map(|link| Wire::of(topology, link)) else {
        return "nothing there sends it back".into();
    };
    let name = |key: LinkKey| topology.link(key).map(|link| link.name.to_string());
    match (wire.segment, wire.far().and_then(name)) {
        (Segment::Bridge(bridge), _) if wire.port.is_some() => {
            let bridge = name(bridge).unwrap_or_default();
            format!("the bridge {bridge} there does not send it back (hairpin off)")
        }
        (Segment::Bridge(_), _) => "a bridge does not give it to itself".into(),
        (Segment::Peer(_), Some(peer)) => {
            format!("there is no switch at its other end, {peer}, to send it back")
        }
        _ => "the switch there does not send it back (no reflective relay)".into(),
    }
}

/// Why a frame that left through the parent of this name does not come back to a receiver.
fn not_reflected(
    parent: &str,
    returning: &str,
    sender: Option<Mode>,
    receiver: Option<Mode>,
) -> String {
    match (sender, receiver) {
        (Some(mode), None) => format!(
            "A sub-interface never reaches its parent's own stack directly, in {mode} mode as in any: \
             a frame to it leaves through {parent}; {returning}."
        ),
        (None, _) => {
            format!("Every frame of the parent's own stack leaves through {parent}; {returning}.")
        }
        (Some(Mode::Bridge), Some(mode)) => format!(
            "bridge reaches directly only siblings in bridge mode, not in {mode}; every other \
             frame leaves through {parent}; {returning}."
        ),
        (Some(mode), Some(_)) => {
            format!("{mode} sends every frame out of {parent}; {returning}.")
        }
    }
}
