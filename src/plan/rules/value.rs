//! MACs, MTUs and IP addresses.

use std::net::IpAddr;

use super::{Verdict, require};
use crate::model::{Address, Link, LinkKey, LinkKind, MacAddr, Topology};
use crate::plan::simulate::{IPV6_MIN_MTU, is_passthru};
use crate::plan::{Refusal, Rule};

/// Smallest and largest MTU of a macvlan in bytes (`ETH_MIN_MTU`, `ETH_MAX_MTU`).
const MTU: std::ops::RangeInclusive<u32> = 68..=65535;

/// Whether an interface can have the MAC.
pub(in crate::plan) fn mac_is_usable(mac: MacAddr) -> Verdict {
    require(
        mac.is_usable(),
        Rule::MacUnusable,
        || {
            format!(
                "{mac} can't be the MAC of an interface: it is zero, multicast or not six bytes"
            )
        },
        || "take six bytes, the first of them even, such as 02:00:00:00:00:01".into(),
    )
}

/// Whether the link has a MAC that could be another.
pub(in crate::plan) fn has_mac(topology: &Topology, link: &Link) -> Verdict {
    let ethernet = link.mac.is_some_and(|mac| mac.is_ethernet());
    require(
        ethernet && !matches!(link.kind, LinkKind::Loopback),
        Rule::MacUnusable,
        || format!("{} is no Ethernet interface and has no MAC", topology.describe(link.key)),
        || "choose an Ethernet interface".into(),
    )
}

/// Whether neither the parent nor a sub-interface beside `link` has the MAC, in any namespace.
pub(in crate::plan) fn mac_is_free(
    topology: &Topology,
    parent: &Link,
    link: Option<LinkKey>,
    mac: MacAddr,
) -> Verdict {
    match mac_owners(topology, parent, link, mac).next() {
        Some(owner) => Err(mac_in_use(topology, parent, owner, mac)),
        None => Ok(()),
    }
}

/// Whether the kernel lets the link be set up: it looks at the MACs of the parent and of the
/// siblings that are up.
pub(in crate::plan) fn mac_lets_up(topology: &Topology, link: &Link) -> Verdict {
    let parent =
        topology.parent_of(link).filter(|_| link.macvlan().is_some() && !is_passthru(link));
    let (Some(parent), Some(mac)) = (parent, link.mac) else { return Ok(()) };
    let in_the_way = mac_owners(topology, parent, Some(link.key), mac)
        .find(|owner| owner.key == parent.key || owner.flags.is_up());
    match in_the_way {
        Some(owner) => Err(mac_in_use(topology, parent, owner, mac)),
        None => Ok(()),
    }
}

fn mac_owners<'a>(
    topology: &'a Topology,
    parent: &'a Link,
    beside: Option<LinkKey>,
    mac: MacAddr,
) -> impl Iterator<Item = &'a Link> {
    let siblings = topology
        .children_of(parent.key)
        .filter(|child| child.macvlan().is_some() && !is_passthru(child));
    std::iter::once(parent)
        .chain(siblings)
        .filter(move |other| Some(other.key) != beside && other.mac == Some(mac))
}

fn mac_in_use(topology: &Topology, parent: &Link, owner: &Link, mac: MacAddr) -> Refusal {
    let described = topology.describe(owner.key);
    let role = if owner.key == parent.key { "the parent" } else { "on the same parent" };
    Refusal::new(
        Rule::MacInUse,
        format!("{mac} is the MAC of {described}, {role}"),
        format!("take another MAC, or change that of {described} first"),
    )
}

/// Whether the link, on the parent if it has one, can have the MTU. Of other kinds' limits nothing
/// is known here.
pub(in crate::plan) fn mtu(
    topology: &Topology,
    macvlan: bool,
    parent: Option<&Link>,
    mtu: u32,
) -> Verdict {
    require(
        !macvlan || MTU.contains(&mtu),
        Rule::Mtu,
        || format!("{mtu} is no MTU of a macvlan"),
        || format!("take {} to {} bytes", MTU.start(), MTU.end()),
    )?;
    let Some(parent) = parent.filter(|parent| mtu > parent.mtu) else { return Ok(()) };
    let (described, limit) = (topology.describe(parent.key), parent.mtu);
    Err(Refusal::new(
        Rule::Mtu,
        format!("{mtu} is above the MTU of {described}, {limit}"),
        format!("take {limit} or less, or raise the MTU of {described} first"),
    ))
}

/// Whether a link with this MTU can take the address; `link` is `None` for a new one.
pub(in crate::plan) fn address_addable(
    topology: &Topology,
    link: Option<&Link>,
    mtu: u32,
    address: &Address,
) -> Verdict {
    let cidr = address.cidr();
    let longest = if address.ip.is_ipv4() { 32 } else { 128 };
    require(
        address.prefix_len <= longest,
        Rule::Address,
        || format!("{cidr} has a prefix longer than the address"),
        || format!("take a prefix length up to {longest}"),
    )?;
    let loopback = link.is_some_and(|link| matches!(link.kind, LinkKind::Loopback));
    let usable = match address.ip {
        IpAddr::V4(ip) => !ip.is_unspecified(),
        IpAddr::V6(ip) => {
            !ip.is_unspecified() && !ip.is_multicast() && (loopback || !ip.is_loopback())
        }
    };
    require(
        usable,
        Rule::Address,
        || format!("{cidr} can't be the address of an interface"),
        || "take a unicast address".into(),
    )?;
    require(
        address.ip.is_ipv4() || mtu >= IPV6_MIN_MTU,
        Rule::Address,
        || {
            format!(
                "{cidr} needs an MTU of {IPV6_MIN_MTU} at least, as all of IPv6 does, not {mtu}"
            )
        },
        || "raise the MTU first".into(),
    )?;
    let Some(link) = link else { return Ok(()) };
    let present = link.addresses.iter().find(|other| other.is_same_as(address));
    let Some(present) = present else { return Ok(()) };
    Err(Refusal::new(
        Rule::Address,
        format!("{} has {} already", topology.describe(link.key), present.cidr()),
        "take another address, or remove that one first",
    ))
}

/// The link's own entry for an address that is to be removed.
pub(in crate::plan) fn address_present<'a>(
    topology: &Topology,
    link: &'a Link,
    address: &Address,
) -> Result<&'a Address, Refusal> {
    let same = |own: &&Address| own.ip == address.ip && own.prefix_len == address.prefix_len;
    link.addresses.iter().find(same).ok_or_else(|| {
        let known: Vec<String> = link.addresses.iter().map(Address::cidr).collect();
        Refusal::new(
            Rule::Address,
            format!("{} does not have {}", topology.describe(link.key), address.cidr()),
            format!("choose from its addresses: {}", super::some_of(&known, 8)),
        )
    })
}
