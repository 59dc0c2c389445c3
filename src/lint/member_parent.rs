//! A member's interface is on another parent than its network's.

use super::belief::{self, Place};
use super::{Check, Lint, Severity};
use crate::model::Parent;

pub(super) const LINT: Lint = Lint {
    code: "member-parent",
    severity: Severity::Warning,
    glance: "on another parent",
    check: Check::Member(check),
};

fn check(place: &Place<'_>) -> Option<String> {
    let Place { topology, network, member, .. } = place;
    let link = place.link?;
    let parent = link.parent.as_ref().and_then(Parent::key)?;
    let wanted = place.carrier?;
    if parent == wanted {
        return None;
    }
    Some(format!(
        "{} is on {}, but network {} is on {}. The network was made anew or an interface was \
         renamed after the container started; {}.",
        topology.describe(link.key),
        topology.describe(parent),
        belief::called(network),
        topology.describe(wanted),
        belief::reconnect(network, member),
    ))
}
