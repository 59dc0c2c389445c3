//! The smallest change that would let two endpoints talk, as data; others make a plan of it.

use super::endpoint::{Place, Role};
use super::frame::mac;
use super::port::Ports;
use super::segment::Wire;
use super::{Beside, Endpoint, Reason, Refusal, Switch, Verdict};
use crate::model::{LinkKey, MacAddr, Mode, PortOption, PortState, Topology};

/// A change that would make a verdict good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Set these up.
    Up(LinkKey),
    /// Give these the mode.
    Mode(Vec<LinkKey>, Mode),
    /// Give the parent's namespace a macvlan of its own in bridge mode, which takes over the
    /// addresses and routes for its siblings; those listed need bridge mode for it.
    Shim {
        /// The parent.
        parent: LinkKey,
        /// Siblings that are not in bridge mode.
        others: Vec<LinkKey>,
    },
    /// Let a source mode interface take frames of this MAC.
    Listen(LinkKey, MacAddr),
    /// Let this ask for a queue for broadcasts.
    Queue(LinkKey),
    /// Set this of the bridge's port.
    Port(LinkKey, PortOption),
}

impl Fix {
    /// What to change so that a ping from one endpoint to the other works; `None` where nothing on this
    /// host would do, or nothing needs to.
    pub fn of(
        topology: &Topology,
        from: Endpoint,
        to: Endpoint,
        verdict: &Verdict,
    ) -> Option<Self> {
        let (a, b) = (from.place(topology)?, to.place(topology)?);
        match verdict.reason()? {
            Reason::Down(key) | Reason::ParentDown(key) => Some(Self::Up(key)),
            Reason::NotListed(key) => {
                let other = if key == a.link.key { &b } else { &a };
                Some(Self::Listen(key, mac(other)?))
            }
            Reason::NoQueue(key) => Some(Self::Queue(key)),
            Reason::NotReflected { .. }
            | Reason::Nowhere(_)
            | Reason::PrivateHearsNoSibling(_)
            | Reason::GivenBack(_) => joined(topology, &a, &b),
            Reason::Bridge(refusal) => {
                joined(topology, &a, &b).or_else(|| at_port(topology, refusal))
            }
            Reason::NoCarrier(key) => {
                // The other end of a veth pair may be set down; it can't be said of other wires.
                let wire = Wire::of(topology, topology.link(key)?);
                let peer = topology.peer_of(wire.base)?;
                (!peer.flags.is_up()).then_some(Self::Up(peer.key))
            }
            Reason::Unseen
            | Reason::OtherVlan
            | Reason::Apart(_)
            | Reason::NotEthernet(_)
            | Reason::TakenByPassthru(_)
            | Reason::TakenByNodst(_)
            | Reason::TakenByMaster(..)
            | Reason::SameMac(..)
            | Reason::Packets(_) => None,
        }
    }

    /// The other way, where both ends are on one parent and it is a bridge of this host that does not
    /// send frames back to them: let it. Only where that alone lets frames pass.
    pub fn hairpin(
        topology: &Topology,
        from: Endpoint,
        to: Endpoint,
        verdict: &Verdict,
    ) -> Option<Self> {
        let Some(Reason::NotReflected { lower, .. }) = verdict.reason() else { return None };
        let port = Wire::of(topology, topology.link(lower)?).port?.key;
        let ports = Ports::of(topology, &[from, to]);
        let reflected = Verdict::of_frames(topology, &ports, [from, to], |_| Switch::Reflective);
        reflected.frames_pass().then_some(Self::Port(port, PortOption::Hairpin(true)))
    }

    /// The fix as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        let full = |key: &LinkKey| topology.describe(*key);
        let all = |keys: &[LinkKey]| keys.iter().map(full).collect::<Vec<_>>().join(" and ");
        match self {
            Self::Up(key) => format!("Set {} up.", full(key)),
            Self::Mode(keys, mode) => format!("Change {} to {mode}.", all(keys)),
            Self::Shim { parent, others } => {
                let first = format!(
                    "Give {} a macvlan of its own in bridge mode on {}, and route to the others through it",
                    topology.label(parent.netns),
                    full(parent)
                );
                if others.is_empty() {
                    format!("{first}.")
                } else {
                    format!("{first}; change {} to bridge.", all(others))
                }
            }
            Self::Listen(key, mac) => format!("Add {mac} to the source list of {}.", full(key)),
            Self::Queue(key) => format!("Let {} ask for a queue for broadcasts.", full(key)),
            Self::Port(port, option) => {
                format!("Set {option} at the bridge's port {}.", full(port))
            }
        }
    }
}

/// What would open a port of a bridge. One without a carrier can't be opened, and what a spanning tree has
/// closed is to stay so.
fn at_port(topology: &Topology, refusal: Refusal) -> Option<Fix> {
    let (port, option) = match refusal {
        Refusal::Closed(key) => {
            let port = topology.link(key)?;
            if !port.flags.is_up() {
                return Some(Fix::Up(key));
            }
            let has_tree = topology.bridge_of(port)?.bridge.is_some_and(|bridge| bridge.stp);
            if has_tree || !port.flags.is_lower_up() {
                return None;
            }
            (key, PortOption::State(PortState::Forwarding))
        }
        Refusal::Isolated(_, key) => (key, PortOption::Isolated(false)),
        Refusal::Unknown(key) => (key, PortOption::Flood(true)),
        Refusal::NoBroadcasts(key) => (key, PortOption::BcastFlood(true)),
    };
    Some(Fix::Port(port, option))
}

fn joined(topology: &Topology, a: &Place<'_>, b: &Place<'_>) -> Option<Fix> {
    let other_than_bridge = |places: &[&Place<'_>]| -> Vec<LinkKey> {
        let modes = places.iter().filter_map(|place| match place.role {
            Role::Child(Mode::Bridge, _) | Role::Own | Role::Outside => None,
            Role::Child(..) => Some(place.link.key),
        });
        modes.collect()
    };
    let is_passthru = |place: &Place<'_>| matches!(place.role, Role::Child(Mode::Passthru, _));
    if a.lower.key != b.lower.key || is_passthru(a) || is_passthru(b) {
        return None;
    }
    match (a.role, b.role) {
        (Role::Child(..), Role::Child(..)) => {
            Some(Fix::Mode(other_than_bridge(&[a, b]), Mode::Bridge))
        }
        (Role::Own, Role::Child(..)) | (Role::Child(..), Role::Own) => {
            let (parent, others) = (a.lower.key, other_than_bridge(&[a, b]));
            let ends = [a, b].map(|place| Endpoint::Link(place.link.key));
            match Beside::of(topology, ends) {
                Some(beside) if beside.passes => None,
                Some(_) if !others.is_empty() => Some(Fix::Mode(others, Mode::Bridge)),
                _ => Some(Fix::Shim { parent, others }),
            }
        }
        _ => None,
    }
}
