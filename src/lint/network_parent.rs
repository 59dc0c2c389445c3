//! A network's parent does not exist.

use super::{Check, Lint, Severity, belief};
use crate::model::belief::Engine;
use crate::model::{NetworkView, Topology, View};

pub(super) const LINT: Lint = Lint {
    code: "network-parent-missing",
    severity: Severity::Error,
    glance: "parent missing",
    check: Check::Network(check),
};

fn check(topology: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let name = network.network.parent.as_ref()?;
    let home = topology.namespace(network.home?)?;
    if network.parent.is_some() || home.netns.view != View::Open {
        return None;
    }
    // Docker: `parent=ens8.50`.
    let is_vlan = network.belief.engine == Engine::Docker && name.as_bytes().contains(&b'.');
    let vlan = if is_vlan { " Docker makes a VLAN only together with its network." } else { "" };
    Some(format!(
        "Network {} has {name} as parent, which {} does not have, so the next start of a container \
         in it fails.{vlan} Make {name}, give an interface that name, or make the network anew \
         with another parent.",
        belief::called(network),
        topology.label(home.netns.id),
    ))
}
