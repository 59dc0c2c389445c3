//! Subnets and the parts of them out of which addresses are given: as prefixes, and from first to
//! last.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::model::belief::{Range, Subnet};
use crate::model::prefix::{bits, first, host_mask, last, width, with_bits};

fn next(ip: IpAddr) -> IpAddr {
    with_bits(ip, bits(ip).saturating_add(1))
}

/// The first and the last address that a host may have, of the subnet or of its range.
pub(super) fn hosts(subnet: &Subnet) -> (IpAddr, IpAddr) {
    let (ip, len) = subnet.net;
    let (base, top) = (first(ip, len), last(ip, len));
    let is_pair = host_mask(ip, len) <= 1;
    let lowest = if is_pair { base } else { next(base) };
    let highest = match top {
        IpAddr::V4(top) if !is_pair => IpAddr::V4((top.to_bits() - 1).into()),
        _ => top,
    };
    let (from, to) = match &subnet.range {
        None => (lowest, highest),
        Some(Range::Prefix(ip, len)) => (first(*ip, *len), last(*ip, *len)),
        Some(Range::Between(from, to)) => (from.unwrap_or(lowest), to.unwrap_or(highest)),
    };
    (from.max(lowest), to.min(highest))
}

/// The range as a prefix, `Err` where it is none; nothing where it is the whole subnet. Engines that
/// take a prefix give neither its first address nor, some of them, its last one.
pub(super) fn as_prefix(subnet: &Subnet) -> Option<Result<(IpAddr, u8), &Range>> {
    let range = subnet.range.as_ref()?;
    let prefix = match range {
        Range::Prefix(ip, len) => Some((first(*ip, *len), *len)),
        Range::Between(_, _) => {
            let (from, to) = hosts(subnet);
            let (low, high) = (bits(from), bits(to));
            let fits = |len: &u8| {
                let (base, top) = (bits(first(from, *len)), bits(last(from, *len)));
                low <= high && low - base <= 1 && top >= high && top - high <= 1
            };
            (0..=width(from)).rev().find(fits).map(|len| (first(from, len), len))
        }
    };
    let (ip, len) = subnet.net;
    (prefix != Some((first(ip, len), len))).then(|| prefix.ok_or(range))
}

/// The first address that a host may have and that is not taken.
pub(super) fn free(subnet: &Subnet, taken: &BTreeSet<IpAddr>) -> Option<IpAddr> {
    let (from, to) = hosts(subnet);
    let mut ip = from;
    while taken.contains(&ip) && ip < to {
        ip = next(ip);
    }
    (ip <= to && !taken.contains(&ip)).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn subnet(net: &str, len: u8, range: Option<Range>) -> Subnet {
        Subnet { range, ..Subnet::new(ip(net), len) }
    }

    #[test]
    fn hosts_have_neither_the_networks_nor_the_broadcast_address() {
        let ends = |net, len, range| {
            let (from, to) = hosts(&subnet(net, len, range));
            format!("{from} {to}")
        };
        assert_eq!(ends("10.0.0.0", 24, None), "10.0.0.1 10.0.0.254");
        assert_eq!(ends("10.0.0.4", 31, None), "10.0.0.4 10.0.0.5");
        assert_eq!(ends("10.0.0.4", 32, None), "10.0.0.4 10.0.0.4");
        assert_eq!(ends("fd00::", 64, None), "fd00::1 fd00::ffff:ffff:ffff:ffff");
        assert_eq!(ends("0.0.0.0", 0, None), "0.0.0.1 255.255.255.254");
        let upper = Some(Range::Prefix(ip("10.0.0.200"), 25));
        assert_eq!(ends("10.0.0.0", 24, upper), "10.0.0.128 10.0.0.254");
        let between = Some(Range::Between(None, Some(ip("10.0.0.9"))));
        assert_eq!(ends("10.0.0.0", 24, between), "10.0.0.1 10.0.0.9");
    }

    #[test]
    fn a_range_is_a_prefix_where_it_can_be() {
        let between = |from: &str, to: &str| {
            let range = Range::Between(Some(ip(from)), Some(ip(to)));
            let subnet = subnet("10.0.0.0", 24, Some(range));
            as_prefix(&subnet).unwrap().ok().map(|(ip, len)| format!("{ip}/{len}"))
        };
        assert_eq!(between("10.0.0.129", "10.0.0.255").as_deref(), Some("10.0.0.128/25"));
        assert_eq!(between("10.0.0.128", "10.0.0.254").as_deref(), Some("10.0.0.128/25"));
        assert_eq!(between("10.0.0.5", "10.0.0.5").as_deref(), Some("10.0.0.5/32"));
        assert_eq!(between("10.0.0.4", "10.0.0.9"), None);
        assert_eq!(between("10.0.0.5", "10.0.0.4"), None, "it is empty");
        let open = subnet("10.0.0.0", 24, Some(Range::Between(None, None)));
        assert_eq!(as_prefix(&open), None);
    }

    #[test]
    fn a_free_address_is_one_that_nobody_has() {
        let small = subnet("10.0.0.0", 30, None);
        assert_eq!(free(&small, &[ip("10.0.0.1")].into()), Some(ip("10.0.0.2")));
        assert_eq!(free(&small, &[ip("10.0.0.1"), ip("10.0.0.2")].into()), None);
    }

    proptest! {
        #[test]
        fn any_subnet_and_range_has_ends_inside(
            net: u32, len in 0_u8..=32, from: u32, to: u32, range_len in 0_u8..=32,
        ) {
            let net = IpAddr::V4(net.into());
            for range in [
                None,
                Some(Range::Prefix(IpAddr::V4(from.into()), range_len)),
                Some(Range::Between(Some(IpAddr::V4(from.into())), Some(IpAddr::V4(to.into())))),
            ] {
                let subnet = Subnet { range, ..Subnet::new(net, len) };
                let (lowest, highest) = hosts(&subnet);
                prop_assert!(
                    lowest > highest || (subnet.contains(lowest) && subnet.contains(highest))
                );
                if let Some(Ok((prefix, len))) = as_prefix(&subnet) {
                    prop_assert_eq!(first(prefix, len), prefix);
                }
            }
        }
    }
}
