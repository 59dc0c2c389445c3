//! Two networks give addresses of the same subnet on the same parent, and neither knows what the
//! other gave. An engine that sees both refuses that; it takes two engines, or CNI.

use std::net::IpAddr;

use super::{Check, Lint, Severity, belief};
use crate::model::belief::{Engine, Range, Subnet};
use crate::model::{NetworkView, Topology, prefix};

pub(super) const LINT: Lint = Lint {
    code: "network-overlap",
    severity: Severity::Note,
    glance: "subnet shared",
    check: Check::Network(check),
};

fn check(topology: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let parent = network.carrier(topology)?;
    let gives = |network: &NetworkView<'_>| network.network.ipam != Some("dhcp".into());
    // Every network is compared with every other one, so what costs least comes first.
    let (subnet, other) = topology.networks().filter(|_| gives(network)).find_map(|other| {
        let is_other = other.key != network.key
            && (!std::ptr::eq(other.belief, network.belief)
                || network.belief.engine == Engine::Cni);
        let mut mine = network.network.subnets.iter().filter(|_| is_other);
        let shared =
            mine.find(|mine| other.network.subnets.iter().any(|subnet| meet(mine, subnet)))?;
        (gives(&other) && other.carrier(topology) == Some(parent)).then_some((shared, other))
    })?;
    Some(format!(
        "Networks {} and {} both give addresses of {subnet} on {}, and neither knows what the \
         other gave, so two containers may get the same one. Give each network a range of its own.",
        belief::called(network),
        belief::called(&other),
        topology.describe(parent),
    ))
}

/// Whether some address may be given in both.
fn meet(a: &Subnet, b: &Subnet) -> bool {
    let (first_a, last_a) = given(a);
    let (first_b, last_b) = given(b);
    first_a.is_ipv4() == first_b.is_ipv4() && first_a <= last_b && first_b <= last_a
}

/// The first and the last address that may be given.
fn given(subnet: &Subnet) -> (IpAddr, IpAddr) {
    let ends = |(ip, len)| (prefix::first(ip, len), prefix::last(ip, len));
    let (first, last) = ends(subnet.net);
    match subnet.range {
        None => (first, last),
        Some(Range::Prefix(ip, len)) => ends((ip, len)),
        Some(Range::Between(from, to)) => (from.unwrap_or(first), to.unwrap_or(last)),
    }
}
