//! A member's interface is in another mode than its network gives.

use super::belief::{self, Place};
use super::{Check, Lint, Severity};
use crate::model::Mode;

pub(super) const LINT: Lint = Lint {
    code: "member-mode",
    severity: Severity::Warning,
    glance: "mode not as believed",
    check: Check::Member(check),
};

fn check(place: &Place<'_>) -> Option<String> {
    let Place { topology, network, member, .. } = place;
    let link = place.link?;
    let mode = link.macvlan()?.mode;
    let wanted: Mode = network.network.mode.printable().parse().ok()?;
    if mode == wanted {
        return None;
    }
    Some(format!(
        "{} is in {mode} mode, but network {} gives {wanted}. Somebody changed it since it was \
         made; set it back with macvlens set --mode {wanted}, or {}.",
        topology.describe(link.key),
        belief::called(network),
        belief::reconnect(network, member),
    ))
}
