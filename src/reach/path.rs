//! What a frame passes between two endpoints, and where on its way it is lost.

use std::collections::BTreeSet;

use super::bridging::{Course, Crossing};
use super::endpoint::{Place, Role};
use super::segment::Wire;
use super::{Endpoint, Reason, Way};
use crate::model::{LinkKey, Mode, Topology};

/// A place that a frame passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// One of the two.
    End(Endpoint),
    /// The device whose wire the frame leaves or comes in through.
    Lower(LinkKey),
    /// What joins the wires.
    Switch,
}

/// All that a frame passes, from one endpoint to the other; the way back is the same, turned round.
pub fn stations(topology: &Topology, from: Endpoint, to: Endpoint) -> Vec<Station> {
    let ends = [Station::End(from), Station::End(to)];
    let (Some(a), Some(b)) = (from.place(topology), to.place(topology)) else { return ends.into() };
    let same = a.lower.key == b.lower.key;
    let is_outside = |place: &Place<'_>| matches!(place.role, Role::Outside);
    let lower = |place: &Place<'_>| Station::Lower(place.lower.key);
    let mut stations = vec![ends[0]];
    if is_direct(&a, &b) {
        stations.push(lower(&a));
    } else {
        stations.extend((!is_outside(&a)).then(|| lower(&a)));
        stations.extend((!same || !is_outside(&a) && !is_outside(&b)).then_some(Station::Switch));
        stations.extend((!is_outside(&b)).then(|| lower(&b)));
    }
    stations.push(ends[1]);
    stations
}

/// The links on the way between two endpoints: both themselves, their devices and, where frames leave
/// these, the ends of the wires and bridges with the ports that are passed.
pub fn links_between(topology: &Topology, ends: [Endpoint; 2]) -> BTreeSet<LinkKey> {
    let places: Vec<_> = ends.iter().filter_map(|end| end.place(topology)).collect();
    let mut links: BTreeSet<_> =
        places.iter().flat_map(|place| [place.link.key, place.lower.key]).collect();
    let [from, to] = &places[..] else { return links };
    if is_direct(from, to) {
        return links;
    }
    let [leaves, enters] = [from, to].map(|place| Wire::of(topology, place.lower));
    for wire in [&leaves, &enters] {
        links.insert(wire.base.key);
        links.extend(wire.far());
        links.extend(wire.bridge.map(|bridge| bridge.key));
    }
    let outside = ends.map(|end| matches!(end, Endpoint::Outside(_)));
    let course = Course::between(topology, &leaves, &enters, outside);
    let crossings = course.iter().flat_map(|course| &course.crossings);
    links.extend(crossings.flat_map(Crossing::links));
    links
}

/// Whether frames go from one to the other in memory.
fn is_direct(a: &Place<'_>, b: &Place<'_>) -> bool {
    let is_bridge = |place: &Place<'_>| matches!(place.role, Role::Child(Mode::Bridge, _));
    a.lower.key == b.lower.key && is_bridge(a) && is_bridge(b)
}

/// The station that a frame does not leave; `None` if it arrives. The stations are in its order.
pub fn lost_at(way: &Way, stations: &[Station]) -> Option<usize> {
    let reason = way.lost?;
    let place = |wanted: Station| stations.iter().position(|station| *station == wanted);
    let device = || stations.iter().position(|station| matches!(station, Station::Lower(_)));
    let found = match reason {
        Reason::Down(key) => {
            let of_lower = || place(Station::Lower(key));
            // A bridge that is down is the switch.
            let end = place(Station::End(Endpoint::Link(key))).or_else(of_lower);
            end.or_else(|| place(Station::Switch))
        }
        Reason::ParentDown(key) | Reason::NoCarrier(key) | Reason::NotEthernet(key) => {
            let of_end = || place(Station::End(Endpoint::Link(key)));
            place(Station::Lower(key)).or_else(of_end).or_else(device)
        }
        Reason::NotReflected { .. }
        | Reason::OtherVlan
        | Reason::Apart(_)
        | Reason::Nowhere(_)
        | Reason::Bridge(_) => place(Station::Switch),
        // By the sender's parent, the switch, or the receiver's parent, which nobody can tell apart.
        Reason::SameMac(..) => place(Station::Switch).or_else(device),
        Reason::TakenByMaster(key, _) => place(Station::End(Endpoint::Link(key))),
        // These are the business of the receiver's parent.
        Reason::NotListed(_)
        | Reason::NoQueue(_)
        | Reason::PrivateHearsNoSibling(_)
        | Reason::GivenBack(_)
        | Reason::TakenByPassthru(_)
        | Reason::TakenByNodst(_) => stations.len().checked_sub(2),
        Reason::Unseen | Reason::Packets(_) => None,
    };
    Some(found.unwrap_or(0))
}
