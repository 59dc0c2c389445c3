//! How findings speak of networks and their members, and what they advise.

use crate::model::belief::Engine;
use crate::model::{Link, MemberView, NetworkView, Topology};

/// `network vepamv of Docker`, `network web of Podman (alice)`.
pub(super) fn called(network: &NetworkView<'_>) -> String {
    let engine = network.belief.engine.label();
    let user = network.belief.user.as_ref().map(|user| format!(" ({user})"));
    format!("network {} of {engine}{}", network.network.name, user.unwrap_or_default())
}

/// The member's interface, if it has one.
pub(super) fn link<'a>(topology: &'a Topology, member: &MemberView<'_>) -> Option<&'a Link> {
    topology.link(member.link?)
}

/// What gives a member a new interface, as the end of a sentence.
pub(super) fn reconnect(network: &NetworkView<'_>, member: &MemberView<'_>) -> String {
    let engine = network.belief.engine;
    match (engine, member.container) {
        (Engine::Docker | Engine::Podman, Some(container)) => {
            let (tool, name) = (engine.name(), &network.network.name);
            let container = container.label();
            format!(
                "make it anew with {tool} network disconnect {name} {container} and {tool} network \
                 connect {name} {container}"
            )
        }
        _ => "delete and start the pod or container to make it anew".into(),
    }
}
