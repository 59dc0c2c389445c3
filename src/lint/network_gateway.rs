//! A network's gateway is outside its subnet, so that members can't reach it.

use super::{Check, Lint, Severity, belief};
use crate::model::{NetworkView, Topology};

pub(super) const LINT: Lint = Lint {
    code: "network-gateway",
    severity: Severity::Warning,
    glance: "gateway outside",
    check: Check::Network(check),
};

fn check(_: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let (subnet, gateway) = network.network.subnets.iter().find_map(|subnet| {
        let gateway = subnet.gateway.filter(|gateway| !subnet.contains(*gateway))?;
        Some((subnet, gateway))
    })?;
    Some(format!(
        "Network {} has the gateway {gateway}, which is not in its subnet {subnet}, so its \
         containers have no way to it and none out. Make the network anew with a gateway of its \
         subnet.",
        belief::called(network),
    ))
}
