//! Records of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::netlink::{attributes, read_u32};
use crate::model::Address;

/// Size of `struct ifaddrmsg`.
const IFADDRMSG: usize = 8;

/// The ifindex that an RTM_NEWADDR or RTM_DELADDR speaks of.
pub fn address_index(payload: &[u8]) -> Option<u32> {
    read_u32(payload, 4)
}

/// Reads a record of RTM_NEWADDR (rtnetlink(7)) into the ifindex it belongs to and the address.
pub fn address(payload: &[u8]) -> Option<(u32, Address)> {
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    const IFA_BROADCAST: u16 = 4;
    const IFA_CACHEINFO: u16 = 6;
    const IFA_FLAGS: u16 = 8;
    const IFA_RT_PRIORITY: u16 = 9;
    let (family, prefix_len, scope) = (payload.first()?, *payload.get(1)?, *payload.get(3)?);
    let mut flags = u32::from(*payload.get(2)?);
    let (mut local, mut other, mut lifetimes) = (None, None, None);
    let (mut broadcast, mut metric) = (None, None);
    for (kind, value) in attributes(payload.get(IFADDRMSG..)?).map_while(Result::ok) {
        match kind {
            IFA_ADDRESS => other = ip(*family, value),
            IFA_LOCAL => local = ip(*family, value),
            IFA_BROADCAST => broadcast = value.first_chunk::<4>().map(|ip| Ipv4Addr::from(*ip)),
            IFA_FLAGS => flags = read_u32(value, 0)?,
            IFA_RT_PRIORITY => metric = read_u32(value, 0).filter(|metric| *metric != 0),
            IFA_CACHEINFO => lifetimes = Some((read_u32(value, 0)?, read_u32(value, 4)?)),
            _ => {}
        }
    }
    let (preferred, valid) = lifetimes.unwrap_or((u32::MAX, u32::MAX));
    let finite = |seconds| (seconds != u32::MAX).then_some(seconds);
    let address = Address {
        ip: local.or(other)?,
        prefix_len,
        peer: other.filter(|other| local.is_some_and(|local| local != *other)),
        broadcast,
        metric,
        scope,
        flags,
        valid_lft: finite(valid),
        preferred_lft: finite(preferred),
    };
    Some((address_index(payload)?, address))
}

fn ip(family: u8, bytes: &[u8]) -> Option<IpAddr> {
    match family {
        2 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        10 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}
