//! The way of one frame through macvlan ports and wires, until it arrives or is lost.
//!
//! Each step is what `macvlan_queue_xmit` and `macvlan_handle_frame` of drivers/net/macvlan.c do;
//! the table of FACTS in the tests is what they did when it was measured.

use super::endpoint::{Endpoint, Place, Role};
use super::reason::Reason;
use super::segment::{Segment, Switch, Wire};
use crate::model::{Link, MacAddr, MacvlanFlags, Mode, Topology};

/// To whom a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cast {
    /// To the receiver's own MAC.
    Unicast,
    /// To all.
    Broadcast,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Whether it went from one sub-interface to the other in memory, without the wire.
    pub direct: bool,
    /// Whether a switch sent it back through the wire that it came from.
    pub reflected: bool,
    /// Why it did not arrive; `None` if it did.
    pub lost: Option<Reason>,
}

impl Way {
    const DIRECT: Self = Self { direct: true, reflected: false, lost: None };

    fn lost(reason: Reason) -> Self {
        Self { direct: false, reflected: false, lost: Some(reason) }
    }

    /// Whether the frame arrived.
    pub fn arrives(&self) -> bool {
        self.lost.is_none()
    }
}

/// Follows a frame; what is out of sight is a switch as assumed, and the same for all wires.
pub fn way(topology: &Topology, from: Endpoint, to: Endpoint, cast: Cast, assumed: Switch) -> Way {
    let (Some(sender), Some(receiver)) = (from.place(topology), to.place(topology)) else {
        return Way::lost(Reason::Unseen);
    };
    if let Some(reason) = unable(&sender).or_else(|| unable(&receiver)) {
        return Way::lost(reason);
    }
    let same = sender.lower.key == receiver.lower.key;
    if same && is_bridge(&sender) && is_bridge(&receiver) {
        return Way::DIRECT;
    }
    let (leaves, enters) = (Wire::of(topology, sender.lower), Wire::of(topology, receiver.lower));
    let reflected = match between(&sender, &receiver, &leaves, &enters, assumed) {
        Ok(reflected) => reflected,
        Err(reason) => return Way::lost(reason),
    };
    let source = match sender.role {
        Role::Outside => None,
        Role::Child(..) | Role::Own => sender.link.mac,
    };
    let lost = refused(topology, &sender, &receiver, source, cast).err();
    Way { direct: false, reflected, lost }
}

fn is_bridge(place: &Place<'_>) -> bool {
    matches!(place.role, Role::Child(Mode::Bridge, _))
}

/// Why an endpoint can neither send nor receive.
fn unable(place: &Place<'_>) -> Option<Reason> {
    if !place.link.flags.is_up() {
        return Some(Reason::Down(place.link.key));
    }
    (!place.lower.flags.is_up()).then_some(Reason::ParentDown(place.lower.key))
}

/// Carries a frame from wire to wire; tells whether a switch sent it back.
fn between(
    sender: &Place<'_>,
    receiver: &Place<'_>,
    leaves: &Wire<'_>,
    enters: &Wire<'_>,
    assumed: Switch,
) -> Result<bool, Reason> {
    for wire in [leaves, enters] {
        if !wire.base.flags.is_lower_up() {
            return Err(Reason::NoCarrier(wire.base.key));
        }
    }
    if leaves.base.key == enters.base.key {
        if leaves.tags != enters.tags {
            return Err(Reason::OtherVlan);
        }
        if matches!(sender.role, Role::Outside) || matches!(receiver.role, Role::Outside) {
            return Ok(false);
        }
        return match leaves.switch(assumed) {
            Switch::Reflective => Ok(true),
            Switch::Normal => Err(Reason::NotReflected {
                lower: sender.lower.key,
                sender: mode(sender),
                receiver: mode(receiver),
            }),
        };
    }
    if leaves.segment != enters.segment {
        return Err(Reason::Apart);
    }
    if leaves.tags != enters.tags {
        return Err(Reason::OtherVlan);
    }
    match leaves.segment {
        Segment::Peer(_) | Segment::Bridge(_) | Segment::Unseen => Ok(false),
    }
}

fn mode(place: &Place<'_>) -> Option<Mode> {
    match place.role {
        Role::Child(mode, _) => Some(mode),
        Role::Own | Role::Outside => None,
    }
}

/// What a device with sub-interfaces does with a frame that comes in through its wire.
fn refused(
    topology: &Topology,
    sender: &Place<'_>,
    receiver: &Place<'_>,
    source: Option<MacAddr>,
    cast: Cast,
) -> Result<(), Reason> {
    let lower = receiver.lower;
    let passthru = topology
        .children_of(lower.key)
        .find(|child| child.macvlan().is_some_and(|macvlan| macvlan.mode == Mode::Passthru));
    // The port knows the sender when one of its own sub-interfaces, up, has that address.
    let own = source.and_then(|mac| {
        let mut children = topology.children_of(lower.key);
        children.find(|child| is_known(child, mac))
    });
    let own_mode = own.and_then(|child| Some(child.macvlan()?.mode));
    let listed = |child: &Link| {
        let sources = child.macvlan().map(|macvlan| &macvlan.sources);
        source.zip(sources).is_some_and(|(mac, sources)| sources.contains(&mac))
    };
    match receiver.role {
        Role::Outside => Ok(()),
        Role::Child(Mode::Source, child) => {
            if listed(child) {
                Ok(())
            } else {
                Err(Reason::NotListed(child.key))
            }
        }
        Role::Child(mode, child) => match (cast, own_mode) {
            (Cast::Unicast, _) => match passthru {
                Some(taker) if taker.key != child.key => Err(Reason::TakenByPassthru(taker.key)),
                _ => Ok(()),
            },
            (Cast::Broadcast, None) => Ok(()),
            (Cast::Broadcast, Some(Mode::Vepa | Mode::Bridge)) if mode != Mode::Private => Ok(()),
            (Cast::Broadcast, Some(Mode::Vepa | Mode::Bridge)) => {
                Err(Reason::PrivateHearsNoSibling(child.key))
            }
            (Cast::Broadcast, Some(_)) if own.is_some_and(|own| own.key == child.key) => Ok(()),
            (Cast::Broadcast, Some(_)) => Err(Reason::GivenBack(sender.link.key)),
        },
        Role::Own => {
            let consumer = topology.children_of(lower.key).find(|child| {
                let nodst = |m: &crate::model::Macvlan| m.flags.has(MacvlanFlags::NODST);
                child.flags.is_up() && listed(child) && child.macvlan().is_some_and(nodst)
            });
            match (cast, own_mode, passthru, consumer) {
                (Cast::Unicast, _, Some(taker), _) => Err(Reason::TakenByPassthru(taker.key)),
                (Cast::Unicast, _, None, Some(taker)) => Err(Reason::TakenByNodst(taker.key)),
                (Cast::Unicast, _, None, None) => Ok(()),
                (Cast::Broadcast, None | Some(Mode::Vepa | Mode::Bridge), ..) => Ok(()),
                (Cast::Broadcast, Some(_), ..) => Err(Reason::GivenBack(sender.link.key)),
            }
        }
    }
}

fn is_known(child: &Link, mac: MacAddr) -> bool {
    child.macvlan().is_some() && child.flags.is_up() && child.mac == Some(mac)
}
