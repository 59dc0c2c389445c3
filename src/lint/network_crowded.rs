//! A passthru network has room for one container, and there are more in it.

use super::{Check, Lint, Severity, belief};
use crate::model::belief::Driver;
use crate::model::{Mode, NetworkView, Topology};

pub(super) const LINT: Lint = Lint {
    code: "network-crowded",
    severity: Severity::Warning,
    glance: "room for one only",
    check: Check::Network(check),
};

fn check(_: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let said = network.network;
    let count = network.members().len();
    if said.driver != Driver::Macvlan
        || said.mode.as_bytes() != Mode::Passthru.name().as_bytes()
        || count < 2
    {
        return None;
    }
    Some(format!(
        "Network {} is in passthru mode, which gives the parent to one interface alone, but \
         {count} containers are in it: while one of them runs, the others fail to start with \
         \"invalid argument\". Leave one in it, or make the network anew in another mode.",
        belief::called(network),
    ))
}
