//! A namespace exists and can't be looked into.

use super::{Check, Lint, Severity};
use crate::model::{Netns, Topology, View};

pub(super) const LINT: Lint = Lint {
    code: "namespace-closed",
    severity: Severity::Note,
    glance: "can't look inside",
    check: Check::Netns(check),
};

fn check(topology: &Topology, netns: &Netns) -> Option<String> {
    let View::Closed { why } = &netns.view else { return None };
    let why = why.trim_end_matches('.');
    Some(format!("The links of namespace {} can't be read: {why}.", topology.label(netns.id)))
}
