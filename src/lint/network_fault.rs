//! A part of a network's description could not be understood.

use super::{Check, Lint, Severity, belief};
use crate::model::{NetworkView, Topology};

pub(super) const LINT: Lint = Lint {
    code: "network-fault",
    severity: Severity::Warning,
    glance: "not understood",
    check: Check::Network(check),
};

fn check(_: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let faults: Vec<_> =
        network.network.faults.iter().map(|fault| fault.trim_end_matches('.')).collect();
    if faults.is_empty() {
        return None;
    }
    Some(format!(
        "Network {}, as {} describes it, is not shown whole: {}. Correct it there, or expect what \
         is shown of the network to differ from what it makes.",
        belief::called(network),
        network.belief.origin,
        faults.join("; "),
    ))
}
