//! Why a frame does not arrive: one table of sentences.

use super::Segment;
use super::bridging::Refusal;
use super::obstacle::Obstacle;
use super::segment::{Wire, dead_end};
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
    /// There is no carrier on the wire, or a sub-interface alone has none.
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
    /// Their parents are on networks that are not joined on this host, as far as is followed; but this
    /// bridge has a sub-interface of one of them as a port.
    Apart(Option<LinkKey>),
    /// A source mode interface takes only frames of listed senders.
    NotListed(LinkKey),
    /// Broadcasts from the wire are queued for a sub-interface, and the queue of its parent has no room.
    NoQueue(LinkKey),
    /// A private interface takes no broadcasts of its siblings, reflected or not.
    PrivateHearsNoSibling(LinkKey),
    /// The parent gives a reflected broadcast back to its private, source or passthru sender.
    GivenBack(LinkKey),
    /// A passthru interface gets all unicast frames of its parent.
    TakenByPassthru(LinkKey),
    /// A source mode interface with nodst takes the frame, and nobody gets it who does not list its sender.
    TakenByNodst(LinkKey),
    /// The interface has no Ethernet address, as tunnels of layer 3 have none.
    NotEthernet(LinkKey),
    /// What leaves through this goes nowhere.
    Nowhere(LinkKey),
    /// The interface is a port of a bridge or the like, which gets all that comes in there.
    TakenByMaster(LinkKey, LinkKey),
    /// Both have the same MAC, and a frame of or for the second is taken for one of or for the first.
    SameMac(LinkKey, LinkKey),
    /// A bridge of this host does not pass it on.
    Bridge(Refusal),
    /// Frames pass, but packets do not.
    Packets(Obstacle),
}

/// Names of links in sentences.
pub(super) struct Names<'a>(pub(super) &'a Topology);

impl Names<'_> {
    /// The bare name.
    pub(super) fn short(&self, key: LinkKey) -> String {
        self.0.link(key).map_or_else(|| self.full(key), |link| link.name.to_string())
    }

    /// The name with the namespace.
    pub(super) fn full(&self, key: LinkKey) -> String {
        self.0.describe(key)
    }
}

impl Reason {
    /// The reason as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        let names = Names(topology);
        let (full, name) = (|key| names.full(key), |key| names.short(key));
        match *self {
            Self::Unseen => "One of the two, or its parent, is out of sight.".into(),
            Self::Down(key) => format!("{} is set down.", full(key)),
            Self::ParentDown(key) => {
                format!("The parent, {}, is set down, and all on it with it.", full(key))
            }
            Self::NoCarrier(key) => format!("{} has no carrier.", full(key)),
            Self::NotReflected { lower, sender, receiver } => {
                not_reflected(&name(lower), &returning(topology, lower), sender, receiver)
            }
            Self::OtherVlan => "The two are in different VLANs.".into(),
            Self::Apart(over) => apart(over.map(full)),
            Self::NotListed(key) => format!(
                "source mode: {} takes only frames from the MACs in its list, and the sender's is not \
                 there.",
                full(key)
            ),
            Self::NoQueue(key) => no_queue(&full(key)),
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
                "source mode with nodst: {} takes the frames of listed senders, and nobody gets them \
                 who does not list the sender.",
                full(key)
            ),
            Self::Nowhere(key) => nowhere(topology, key),
            Self::NotEthernet(key) => {
                format!("{} has no MAC address that an Ethernet frame could be for.", full(key))
            }
            Self::TakenByMaster(key, master) => format!(
                "{} is a port of {}, which gets all frames that come in there.",
                full(key),
                name(master)
            ),
            Self::SameMac(key, other) => format!(
                "{} and {} have the same MAC: what is for one, or from it, is taken for the other's.",
                full(key),
                full(other)
            ),
            Self::Bridge(refusal) => refusal.sentence(topology),
            Self::Packets(obstacle) => obstacle.sentence(topology),
        }
    }
}

/// That the parent of an interface of this name has no room for broadcasts.
fn no_queue(name: &str) -> String {
    format!(
        "{name} gets no broadcasts from the wire: all on its parent asked for a queue of 0 of them \
         (bcqueuelen 0); so ARP gets no answer."
    )
}

/// That a device has no wire behind it.
fn nowhere(topology: &Topology, key: LinkKey) -> String {
    let what = topology.link(key).and_then(dead_end).unwrap_or("gone");
    format!("{} is {what}: what leaves through it goes nowhere.", topology.describe(key))
}

/// That nothing joins two parents, and what may join them although it is not followed.
fn apart(over: Option<String>) -> String {
    let first = "Their parents are on different networks, as far as the bridges and veth pairs of \
                 this host show";
    match over {
        None => format!("{first}."),
        Some(bridge) => format!(
            "{first}; sub-interfaces are ports of {bridge}, and what passes through those is not \
             predicted."
        ),
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
            format!("Every frame of the own stack of {parent} leaves through it; {returning}.")
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
