//! How findings speak of networks and their members, and what they advise.

use crate::model::belief::Engine;
use crate::model::{Link, LinkKey, MemberView, NetworkView, Topology};

/// A member with what the kernel has of it.
pub(super) struct Place<'a> {
    pub(super) topology: &'a Topology,
    pub(super) network: &'a NetworkView<'a>,
    pub(super) member: MemberView<'a>,
    /// The member's interface, if it has one.
    pub(super) link: Option<&'a Link>,
    /// What the network's interfaces have as parent, as the kernel has it.
    pub(super) carrier: Option<LinkKey>,
}

/// `vepamv of Docker`, `web of Podman (alice)`.
pub(super) fn called(network: &NetworkView<'_>) -> String {
    let engine = network.belief.engine.label();
    let user = network.belief.user.as_ref().map(|user| format!(" ({user})"));
    format!("{} of {engine}{}", network.network.name, user.unwrap_or_default())
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
