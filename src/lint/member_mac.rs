//! A member's interface has another MAC than its engine believes.

use super::belief::{self, Place};
use super::{Check, Lint, Severity};
use crate::model::Mode;

pub(super) const LINT: Lint = Lint {
    code: "member-mac",
    severity: Severity::Warning,
    glance: "MAC not as believed",
    check: Check::Member(check),
};

fn check(place: &Place<'_>) -> Option<String> {
    let Place { topology, network, member, .. } = place;
    let link = place.link?;
    let (mac, believed) = (link.mac?, member.attachment?.mac?);
    // A passthru macvlan has its parent's MAC, whatever it was asked to have.
    if mac == believed || link.macvlan().is_some_and(|macvlan| macvlan.mode == Mode::Passthru) {
        return None;
    }
    Some(format!(
        "{} has the MAC {mac}, but {} believes {believed}. What goes by the believed one, such as \
         a lease of DHCP or a port of a switch, does not know it; set it back with macvlens set \
         --mac {believed}, or {}.",
        topology.describe(link.key),
        network.belief.engine.label(),
        belief::reconnect(network, member),
    ))
}
