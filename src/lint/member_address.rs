//! A member's interface lacks an address that its engine believes it to have, or has others of its
//! network that the engine does not know of.

use super::belief::{self, Place};
use super::{Check, Lint, Severity};
use crate::model::Address;

pub(super) const LINT: Lint = Lint {
    code: "member-address",
    severity: Severity::Warning,
    glance: "IP not as believed",
    check: Check::Member(check),
};

fn check(place: &Place<'_>) -> Option<String> {
    let Place { topology, network, member, .. } = place;
    let link = place.link?;
    let believed = &member.attachment?.addresses;
    if believed.is_empty() {
        return None;
    }
    let lacks = |ip| !link.addresses.iter().any(|address| address.ip == ip);
    let missing: Vec<_> = believed
        .iter()
        .filter(|(ip, _)| lacks(*ip))
        .map(|(ip, prefix_len)| format!("{ip}/{prefix_len}"))
        .collect();
    let is_more = |address: &&Address| {
        let given_by_router = address.ip.is_ipv6() && address.flags & Address::PERMANENT == 0;
        let subnets = &network.network.subnets;
        !believed.iter().any(|(ip, _)| *ip == address.ip)
            && !given_by_router
            && subnets.iter().any(|subnet| subnet.contains(address.ip))
    };
    let more: Vec<_> = link.addresses.iter().filter(is_more).map(Address::cidr).collect();
    if missing.is_empty() && more.is_empty() {
        return None;
    }
    let (missing, more) = (missing.join(" and "), more.join(" and "));
    let name = topology.describe(link.key);
    let engine = network.belief.engine.label();
    let again = belief::reconnect(network, member);
    Some(if more.is_empty() {
        format!(
            "{name} lacks {missing}, which {engine} believes it to have, so others look for it \
             there in vain. Add it again with macvlens set --add-address, or {again}.",
        )
    } else if missing.is_empty() {
        format!(
            "{name} has {more} of its network's subnet, which {engine} does not know of and may \
             give to another container. Remove it, or keep it out of what {engine} gives.",
        )
    } else {
        format!(
            "{name} has {more}, but {engine} believes {missing}: others look for it there in vain, \
             and {engine} may give {more} to another container. Set it back with macvlens set, or \
             {again}.",
        )
    })
}
