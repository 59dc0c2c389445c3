//! An engine believes a container to be in a network, and its namespace has no such interface.

use super::belief::{self, Place};
use super::{Check, Lint, Severity};
use crate::model::View;
use crate::model::belief::ContainerState;

pub(super) const LINT: Lint = Lint {
    code: "member-missing",
    severity: Severity::Error,
    glance: "interface missing",
    check: Check::Member(check),
};

fn check(place: &Place<'_>) -> Option<String> {
    let Place { topology, network, member, .. } = place;
    let container = member.container.filter(|_| member.link.is_none())?;
    // Where the source does not say what a container does, its namespace says that it runs.
    let runs = container.state.has_interfaces() || container.state == ContainerState::Unknown;
    let netns = topology.namespace(member.netns?).filter(|_| runs)?;
    if netns.netns.view != View::Open {
        return None;
    }
    Some(format!(
        "{} is in network {}, but its namespace {} has no {} like that. Somebody deleted or moved \
         it, or it went with its parent; {}.",
        container.label(),
        belief::called(network),
        topology.label(netns.netns.id),
        network.network.driver.name(),
        belief::reconnect(network, member),
    ))
}
