//! Prefixes: an address and how many of its bits are those of its network (RFC 4632).
//!
//! Lengths above the width of the family are nobody's; they are taken for the whole address.

use std::net::{IpAddr, Ipv6Addr};

use super::Address;

/// Reads `192.0.2.0/24`; the host part may be anything.
pub fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let Address { ip, prefix_len, .. } = text.parse().ok()?;
    Some((ip, prefix_len))
}

/// How many bits an address has.
pub fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// An address as a number.
pub fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits().into(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// The address of the same family with these bits; the highest one where they are too many.
pub fn with_bits(like: IpAddr, bits: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(bits).unwrap_or(u32::MAX).into()),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

/// A one for every bit of the host part.
pub fn host_mask(ip: IpAddr, len: u8) -> u128 {
    u128::MAX.checked_shr(128 - u32::from(width(ip).saturating_sub(len))).unwrap_or(0)
}

/// The first address of a prefix, which is the network's own.
pub fn first(ip: IpAddr, len: u8) -> IpAddr {
    with_bits(ip, bits(ip) & !host_mask(ip, len))
}

/// The last address of a prefix; in IPv4 its broadcast address.
pub fn last(ip: IpAddr, len: u8) -> IpAddr {
    with_bits(ip, bits(ip) | host_mask(ip, len))
}

/// Whether an address is one of a prefix.
pub fn contains(net: IpAddr, len: u8, ip: IpAddr) -> bool {
    net.is_ipv4() == ip.is_ipv4() && first(net, len) == first(ip, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ends_are_those_of_either_family() {
        let ends = |text: &str| {
            let (ip, len) = parse(text).unwrap();
            format!("{} {}", first(ip, len), last(ip, len))
        };
        assert_eq!(ends("192.0.2.77/26"), "192.0.2.64 192.0.2.127");
        assert_eq!(ends("192.0.2.77/0"), "0.0.0.0 255.255.255.255");
        assert_eq!(ends("192.0.2.77/32"), "192.0.2.77 192.0.2.77");
        assert_eq!(ends("2001:db8::7/127"), "2001:db8::6 2001:db8::7");
        assert_eq!(ends("::7/0"), ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        assert_eq!(parse("192.0.2.77/33"), None);
    }

    #[test]
    fn what_is_inside_has_the_same_first_address() {
        assert!(contains(ip("192.0.2.1"), 24, ip("192.0.2.200")));
        assert!(!contains(ip("192.0.2.1"), 24, ip("192.0.3.1")));
        assert!(contains(ip("0.0.0.0"), 0, ip("255.255.255.255")));
        assert!(
            contains(ip("fe80::"), 10, ip("fe80::1")) && !contains(ip("fe80::"), 10, ip("fec0::1"))
        );
        assert!(!contains(ip("::"), 0, ip("192.0.2.1")), "of the other family");
        assert!(!contains(ip("192.0.2.1"), 255, ip("192.0.2.2")));
    }
}
