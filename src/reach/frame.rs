//! The way of one frame through macvlan ports and wires, until it arrives or is lost.
//!
//! Each step is what `macvlan_queue_xmit` and `macvlan_handle_frame` of drivers/net/macvlan.c do;
//! the table of FACTS in the tests is what they did when it was measured.

use super::bridging::{Course, Crossing, over_children};
use super::endpoint::{Endpoint, Place, Role};
use super::port::Ports;
use super::reason::Reason;
use super::segment::{Segment, Switch, Wire, taker};
use crate::model::{Link, LinkKey, MacAddr, Mode, Topology};

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
    let ports = Ports::of(topology, &[from, to]);
    follow(topology, &ports, [from, to], cast, |wire| wire.switch(assumed))
}

/// Does what [`way`] does; `ports` are those of both ends, `switch` is how the one behind a wire treats
/// frames for the same wire.
pub(super) fn follow(
    topology: &Topology,
    ports: &Ports,
    [from, to]: [Endpoint; 2],
    cast: Cast,
    switch: impl Fn(&Wire<'_>) -> Switch,
) -> Way {
    let (Some(sender), Some(receiver)) = (from.place(topology), to.place(topology)) else {
        return Way::lost(Reason::Unseen);
    };
    let unable = unable(&sender).or_else(|| mute(&sender)).or_else(|| unable(&receiver));
    if let Some(reason) = unable {
        return Way::lost(reason);
    }
    if let Some(reason) = taken_by_master(topology, &receiver) {
        return Way::lost(reason);
    }
    if let Some(own) = mistaken(ports, &sender, &receiver, cast) {
        return Way::lost(Reason::SameMac(own, receiver.link.key));
    }
    let same = sender.lower.key == receiver.lower.key;
    if same && is_bridge(&sender) && is_bridge(&receiver) {
        // A unicast frame is handed to the parent as if it had come in, for whoever listens there.
        let taker = sender.link.mac.and_then(|mac| ports.taker(sender.lower.key, mac));
        let lost = taker.filter(|_| cast == Cast::Unicast).map(Reason::TakenByNodst);
        return Way { lost, ..Way::DIRECT };
    }
    let reflected = match between(topology, [&sender, &receiver], cast, switch) {
        Ok(reflected) => reflected,
        Err(reason) => return Way::lost(reason),
    };
    let lost = refused(ports, &sender, &receiver, cast);
    Way { direct: false, reflected, lost }
}

fn is_bridge(place: &Place<'_>) -> bool {
    matches!(place.role, Role::Child(Mode::Bridge, _))
}

/// Why an endpoint can neither send nor receive.
fn unable(place: &Place<'_>) -> Option<Reason> {
    let lower = place.lower;
    if !lower.mac.is_some_and(|mac| mac.is_ethernet()) {
        return Some(Reason::NotEthernet(lower.key));
    }
    if !place.link.flags.is_up() {
        return Some(Reason::Down(place.link.key));
    }
    (!lower.flags.is_up()).then_some(Reason::ParentDown(lower.key))
}

/// Why an endpoint can't send. Without a carrier the kernel takes an interface's queue away
/// (net/core/link_watch.c), and sub-interfaces have none when their parent has none: then not even
/// siblings talk. One may also lack it alone (`protodown`), and hears all the same.
fn mute(place: &Place<'_>) -> Option<Reason> {
    let (Place { link, lower, .. }, Role::Child(..) | Role::Own) = (place, place.role) else {
        return None;
    };
    let without = if lower.flags.is_lower_up() { link } else { lower };
    (!link.flags.is_lower_up()).then_some(Reason::NoCarrier(without.key))
}

/// Carries a frame from wire to wire; tells whether a switch sent it back.
fn between(
    topology: &Topology,
    [sender, receiver]: [&Place<'_>; 2],
    cast: Cast,
    switch: impl Fn(&Wire<'_>) -> Switch,
) -> Result<bool, Reason> {
    let [leaves, enters] = [sender, receiver].map(|end| Wire::of(topology, end.lower));
    for wire in [&leaves, &enters] {
        if !wire.base.flags.is_lower_up() {
            return Err(Reason::NoCarrier(wire.base.key));
        }
        if wire.segment == Segment::Nowhere {
            return Err(Reason::Nowhere(wire.base.key));
        }
    }
    // What a port of a bridge sends itself goes out of its own wire, past the bridge.
    let is_straight = leaves.port.is_none() && leaves.far() == Some(enters.base.key);
    let outside = [sender, receiver].map(|end| matches!(end.role, Role::Outside));
    let Course { crossings, is_assumed, is_other_vlan } = if is_straight {
        let is_other_vlan = leaves.tags != enters.tags;
        Course { crossings: Vec::new(), is_assumed: false, is_other_vlan }
    } else {
        let apart =
            || Reason::Apart(over_children(topology, [sender.lower.key, receiver.lower.key]));
        Course::between(topology, &leaves, &enters, outside).ok_or_else(apart)?
    };
    if let Some(reason) = crossings.iter().find_map(Crossing::closed) {
        return Err(reason);
    }
    if is_other_vlan {
        return Err(Reason::OtherVlan);
    }
    let is_same = leaves.base.key == enters.base.key && outside == [false; 2];
    let is_back = is_same || crossings.first().is_some_and(Crossing::turns);
    if is_back && switch(&leaves) == Switch::Normal {
        return Err(Reason::NotReflected {
            lower: sender.lower.key,
            sender: mode(sender),
            receiver: mode(receiver),
        });
    }
    if let Some(reason) = crossings.iter().find_map(|crossing| crossing.refused(cast)) {
        return Err(reason);
    }
    // A switch has just learned the MAC at the sender's port, and sends no frame for it elsewhere.
    let is_unseen = leaves.segment == Segment::Unseen || is_assumed;
    let is_learned = is_unseen || crossings.iter().any(Crossing::learns);
    let is_twin = mac(sender).is_some() && mac(sender) == mac(receiver);
    if is_twin && is_learned && !is_back && cast == Cast::Unicast {
        return Err(Reason::SameMac(sender.link.key, receiver.link.key));
    }
    Ok(is_back)
}

/// Why the stack behind an interface gets nothing: another has it all.
fn taken_by_master(topology: &Topology, receiver: &Place<'_>) -> Option<Reason> {
    let (link, Role::Child(..) | Role::Own) = (receiver.link, receiver.role) else { return None };
    taker(topology, link).map(|master| Reason::TakenByMaster(link.key, master.key))
}

fn mode(place: &Place<'_>) -> Option<Mode> {
    match place.role {
        Role::Child(mode, _) => Some(mode),
        Role::Own | Role::Outside => None,
    }
}

/// The MAC of an end that is somebody in particular.
pub(super) fn mac(place: &Place<'_>) -> Option<MacAddr> {
    match place.role {
        Role::Outside => None,
        Role::Child(..) | Role::Own => place.link.mac,
    }
}

/// The sub-interface beside a sender in bridge mode that gets a frame for somebody else, who has the same
/// MAC.
fn mistaken(
    ports: &Ports,
    sender: &Place<'_>,
    receiver: &Place<'_>,
    cast: Cast,
) -> Option<LinkKey> {
    let target = mac(receiver).filter(|_| is_bridge(sender) && cast == Cast::Unicast)?;
    let (own, mode) = ports.sender(sender.lower.key, target)?;
    (mode == Mode::Bridge && own != receiver.link.key).then_some(own)
}

/// Why a device with sub-interfaces does not give a frame that comes in through its wire to a receiver.
fn refused(ports: &Ports, sender: &Place<'_>, receiver: &Place<'_>, cast: Cast) -> Option<Reason> {
    let (lower, this) = (receiver.lower.key, receiver.link.key);
    let source = mac(sender);
    // The port knows a frame of its own by the address of the sub-interface that sent it.
    let own = || ports.sender(lower, source?);
    match receiver.role {
        Role::Outside => return None,
        Role::Child(Mode::Source, child) => {
            let is_listed = source.is_some_and(|mac| lists(child, mac));
            // A broadcast from its own MAC is given back to it.
            let is_own = own().is_some_and(|(own, _)| own == this && cast == Cast::Broadcast);
            return (!is_listed && !is_own).then_some(Reason::NotListed(this));
        }
        Role::Child(..) | Role::Own => {}
    }
    if let Some(taker) = source.and_then(|mac| ports.taker(lower, mac)) {
        return Some(Reason::TakenByNodst(taker));
    }
    if cast == Cast::Unicast {
        let passthru = ports.passthru(lower).filter(|passthru| *passthru != this);
        if let Some(passthru) = passthru {
            return Some(Reason::TakenByPassthru(passthru));
        }
        // The port looks for a sub-interface of that MAC first, and leaves those of source mode alone.
        let (owner, mode) = ports.sender(lower, mac(receiver)?)?;
        let is_taken = owner != this && mode != Mode::Source;
        return is_taken.then_some(Reason::SameMac(owner, this));
    }
    let own = own();
    if let Some((own, Mode::Private | Mode::Source | Mode::Passthru | Mode::Unknown(_))) = own {
        return (own != this).then_some(Reason::GivenBack(own));
    }
    let Role::Child(to, _) = receiver.role else { return None };
    if ports.has_no_queue(lower) {
        return Some(Reason::NoQueue(this));
    }
    // The sender can be wrong: it gets nothing back, and those in bridge mode have heard one in that mode
    // already.
    match (own?, to) {
        (_, Mode::Private) => Some(Reason::PrivateHearsNoSibling(this)),
        ((own, Mode::Bridge), Mode::Bridge) => Some(Reason::SameMac(own, sender.link.key)),
        ((own, _), _) => (own == this).then_some(Reason::SameMac(own, sender.link.key)),
    }
}

/// Whether a source mode interface has that MAC in its list.
fn lists(child: &Link, source: MacAddr) -> bool {
    child.macvlan().is_some_and(|macvlan| macvlan.sources.contains(&source))
}
