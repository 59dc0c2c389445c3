//! Members of a network are not what its engine believes; how many, for the network's row.

use super::{Check, Lint, Severity, belief};
use crate::model::NetworkView;

pub(super) const LINT: Lint = Lint {
    code: "network-members",
    severity: Severity::Warning,
    glance: "members differ",
    check: Check::Members(check),
};

fn check(network: &NetworkView<'_>, differing: usize) -> Option<String> {
    let all = network.members().len();
    let verb = if differing == 1 { "is" } else { "are" };
    (differing > 0).then(|| {
        format!(
            "{differing} of {all} members of network {} {verb} not as {} believes. Each has a \
             finding of its own that says what differs and what to do.",
            belief::called(network),
            network.belief.engine.label(),
        )
    })
}
