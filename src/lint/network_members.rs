//! Members of a network are not what its engine believes; how many, for the network's row.

use super::{Check, Lint, Severity, belief, check_member};
use crate::model::{NetworkView, Topology};

pub(super) const LINT: Lint = Lint {
    code: "network-members",
    severity: Severity::Warning,
    glance: "members differ",
    check: Check::Network(check),
};

fn check(topology: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let (all, members) = (network.members().len(), network.members());
    let differing = members
        .filter(|member| {
            let found = check_member(topology, network, member);
            found.iter().any(|finding| finding.severity < Severity::Note)
        })
        .count();
    let verb = if differing == 1 { "is" } else { "are" };
    (differing > 0).then(|| {
        format!(
            "{differing} of {all} members of {} {verb} not as {} believes. Each has a finding of \
             its own that says what differs and what to do.",
            belief::called(network),
            network.belief.engine.label(),
        )
    })
}
