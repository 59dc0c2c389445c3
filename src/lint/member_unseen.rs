//! An engine says that a container runs, and no namespace is known to be that container's.

use super::belief::{self, Place};
use super::{Check, Lint, Severity};

pub(super) const LINT: Lint = Lint {
    code: "member-unseen",
    severity: Severity::Note,
    glance: "not in sight",
    check: Check::Member(check),
};

fn check(place: &Place<'_>) -> Option<String> {
    let Place { topology, network, member, .. } = place;
    let container = member.container.filter(|container| container.state.has_interfaces())?;
    // What can't be seen has a problem of its own.
    if member.netns.is_some() || !topology.is_complete() {
        return None;
    }
    Some(format!(
        "{} in network {} is {} as its engine says, but no namespace in sight is known to be its \
         own. Rescan if it has just started; otherwise it runs where this host's processes don't \
         show, as in a virtual machine.",
        container.label(),
        belief::called(network),
        container.state.name(),
    ))
}
