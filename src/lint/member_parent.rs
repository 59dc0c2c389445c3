//! A member's interface is on another parent than its network's.

use super::{Check, Lint, Severity, belief};
use crate::model::{MemberView, NetworkView, Parent, Topology};

pub(super) const LINT: Lint = Lint {
    code: "member-parent",
    severity: Severity::Warning,
    glance: "on another parent",
    check: Check::Member(check),
};

fn check(
    topology: &Topology,
    network: &NetworkView<'_>,
    member: &MemberView<'_>,
) -> Option<String> {
    let link = belief::link(topology, member)?;
    let parent = link.parent.as_ref().and_then(Parent::key)?;
    let wanted = network.carrier(topology)?;
    if parent == wanted {
        return None;
    }
    Some(format!(
        "{} is on {}, but {} is on {}. The network was made anew or an interface was renamed after \
         the container started; {}.",
        topology.describe(link.key),
        topology.describe(parent),
        belief::called(network),
        topology.describe(wanted),
        belief::reconnect(network, member),
    ))
}
