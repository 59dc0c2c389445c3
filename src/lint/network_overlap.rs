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

/// Subnets of a network that are looked at; one has two.
const FEW: usize = 4;

fn check(topology: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let parent = network.carrier(topology)?;
    let gives = |network: &NetworkView<'_>| {
        network.network.ipam.as_ref().is_none_or(|ipam| ipam.as_bytes() != b"dhcp")
    };
    // There may be thousands of networks, so that what costs least is looked at first.
    let (subnet, other) = topology.networks().find_map(|other| {
        let is_other = other.key != network.key
            && (!std::ptr::eq(other.belief, network.belief)
                || network.belief.engine == Engine::Cni)
            && gives(network)
            && gives(&other);
        let mut mine = few(network).filter(|_| is_other);
        let shared = mine.find(|mine| few(&other).any(|subnet| meet(mine, subnet)))?;
        (other.carrier(topology) == Some(parent)).then_some((shared, other))
    })?;
    Some(format!(
        "Networks {} and {} both give addresses of {subnet} on {}, and neither knows what the \
         other gave, so two containers may get the same one. Give each network a range of its own.",
        belief::called(network),
        belief::called(&other),
        topology.describe(parent),
    ))
}

fn few<'a>(network: &NetworkView<'a>) -> impl Iterator<Item = &'a Subnet> {
    network.network.subnets.iter().take(FEW)
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
