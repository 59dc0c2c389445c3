//! MACs, MTUs and IP addresses.

use std::net::IpAddr;

use super::{Verdict, require};
use crate::model::{Address, Link, LinkKey, LinkKind, MacAddr, Topology};
use crate::plan::simulate::is_passthru;
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

/// Whether neither the parent nor a sub-interface beside `link` has the MAC, in any namespace.
pub(in crate::plan) fn mac_is_free(
    topology: &Topology,
    parent: &Link,
    link: Option<LinkKey>,
    mac: MacAddr,
) -> Verdict {
    let siblings = topology
        .children_of(parent.key)
        .filter(|child| child.macvlan().is_some() && !is_passthru(child));
    let owner = std::iter::once(parent)
        .chain(siblings)
        .find(|other| Some(other.key) != link && other.mac == Some(mac));
    let Some(owner) = owner else { return Ok(()) };
    let described = topology.describe(owner.key);
    let role = if owner.key == parent.key { "the parent" } else { "on the same parent" };
    Err(Refusal::new(
        Rule::MacInUse,
        format!("{mac} is the MAC of {described}, {role}"),
        format!("take another MAC, or change that of {described} first"),
    ))
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

/// Whether the link can take the address.
pub(in crate::plan) fn address_addable(
    topology: &Topology,
    link: Option<&Link>,
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
