//! IP addresses of a link, as RTM_NEWADDR describes them (rtnetlink(7)).

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use super::prefix;

/// Address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
}

impl Family {
    /// The word `ip` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
        }
    }
}

/// One address of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The local address (`IFA_LOCAL`, or `IFA_ADDRESS` where there is no other).
    pub ip: IpAddr,
    /// Length of the prefix in bits, 0 to 32 or 0 to 128.
    pub prefix_len: u8,
    /// The other end of a point-to-point link, where it differs from `ip`.
    pub peer: Option<IpAddr>,
    /// Where broadcasts of its subnet go (`IFA_BROADCAST`); only IPv4 has one.
    pub broadcast: Option<Ipv4Addr>,
    /// Metric of the route that the kernel makes for its prefix (`IFA_RT_PRIORITY`); `None` is the
    /// family's own.
    pub metric: Option<u32>,
    /// `ifa_scope` as the kernel gives it; see [`Address::scope_name`].
    pub scope: u8,
    /// `IFA_FLAGS`; see [`Address::flag_names`].
    pub flags: u32,
    /// Seconds until the address disappears; `None` is forever (`ifa_valid`).
    pub valid_lft: Option<u32>,
    /// Seconds until the address becomes deprecated; `None` is forever (`ifa_prefered`).
    pub preferred_lft: Option<u32>,
}

/// `IFA_F_*` bits and the words `ip` prints for them; bit 0 is `temporary` in IPv6.
const FLAGS: [(u32, &str); 11] = [
    (0x01, "secondary"),
    (0x02, "nodad"),
    (0x04, "optimistic"),
    (0x08, "dadfailed"),
    (0x10, "home"),
    (0x20, "deprecated"),
    (0x40, "tentative"),
    (0x100, "mngtmpaddr"),
    (0x200, "noprefixroute"),
    (0x400, "autojoin"),
    (0x800, "stable-privacy"),
];

impl Address {
    /// `IFA_F_NODAD`: nobody is asked whether it has this address already.
    pub const NODAD: u32 = 0x02;
    /// `IFA_F_DADFAILED`: another machine has this address.
    pub const DADFAILED: u32 = 0x08;
    /// `IFA_F_DEPRECATED`: no longer used for new connections.
    pub const DEPRECATED: u32 = 0x20;
    /// `IFA_F_TENTATIVE`: duplicate address detection still runs.
    pub const TENTATIVE: u32 = 0x40;
    /// `IFA_F_PERMANENT`: without a lifetime.
    pub const PERMANENT: u32 = 0x80;

    /// `IFA_F_SECONDARY`, in IPv4: goes when the first address of its subnet goes. The same bit in
    /// IPv6 is `IFA_F_TEMPORARY`: made by the kernel for privacy.
    pub const SECONDARY: u32 = 0x01;
    /// `IFA_F_STABLE_PRIVACY`: made by the kernel out of a secret (RFC 7217).
    pub const STABLE_PRIVACY: u32 = 0x800;

    /// A permanent address, as `ip address add` makes it: global, or host for 127.0.0.0/8.
    pub fn new(ip: IpAddr, prefix_len: u8) -> Self {
        let scope = match ip {
            IpAddr::V4(v4) if v4.is_loopback() => 254,
            IpAddr::V6(v6) if v6.is_loopback() => 254,
            IpAddr::V6(v6) if v6.is_unicast_link_local() => 253,
            _ => 0,
        };
        Self {
            ip,
            prefix_len,
            peer: None,
            broadcast: None,
            metric: None,
            scope,
            flags: Self::PERMANENT,
            valid_lft: None,
            preferred_lft: None,
        }
    }

    /// The flags that whoever adds an address may choose (rtnetlink(7), `IFA_FLAGS`); the kernel
    /// sets the others.
    pub fn chosen_flags(&self) -> u32 {
        const OPTIMISTIC: u32 = 0x04;
        const HOME: u32 = 0x10;
        const MANAGE_TEMPORARY: u32 = 0x100;
        const NO_PREFIX_ROUTE: u32 = 0x200;
        const AUTOJOIN: u32 = 0x400;
        let both = NO_PREFIX_ROUTE | AUTOJOIN;
        self.flags
            & match self.family() {
                Family::Inet => both,
                Family::Inet6 => both | Self::NODAD | OPTIMISTIC | HOME | MANAGE_TEMPORARY,
            }
    }

    /// Whether the kernel takes both for the same address of one link: in IPv4 with equal prefix
    /// lengths only.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.ip == other.ip && (self.ip.is_ipv6() || self.prefix_len == other.prefix_len)
    }

    /// Whether the route that the kernel makes for its prefix leads to the other address.
    pub fn reaches(&self, other: IpAddr) -> bool {
        const NO_PREFIX_ROUTE: u32 = 0x200;
        let near = self.peer.unwrap_or(self.ip);
        self.flags & NO_PREFIX_ROUTE == 0 && prefix::contains(near, self.prefix_len, other)
    }

    /// IPv4 or IPv6.
    pub fn family(&self) -> Family {
        if self.ip.is_ipv4() { Family::Inet } else { Family::Inet6 }
    }

    /// Address and prefix length, `192.0.2.7/24`.
    pub fn cidr(&self) -> String {
        format!("{}/{}", self.ip, self.prefix_len)
    }

    /// Flags as `ip` names them; being permanent is not worth a word, not being so is `dynamic`.
    pub fn flag_names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = FLAGS
            .iter()
            .filter(|(bit, _)| self.flags & bit != 0)
            .map(|&(bit, name)| match (bit, self.family()) {
                (0x01, Family::Inet6) => "temporary",
                _ => name,
            })
            .collect();
        if self.flags & Self::PERMANENT == 0 {
            names.push("dynamic");
        }
        names
    }

    /// Scope as `ip` names it, or its number where it has no name (rtnetlink(7), `rtm_scope`).
    pub fn scope_name(&self) -> String {
        match self.scope {
            0 => "global".into(),
            200 => "site".into(),
            253 => "link".into(),
            254 => "host".into(),
            255 => "nowhere".into(),
            other => other.to_string(),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    /// Reads `192.0.2.7/24`; see [`Address::new`].
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("'{text}' is not an address with a prefix length, like 192.0.2.7/24");
        let (ip, prefix_len) = text.split_once('/').ok_or_else(wrong)?;
        let ip: IpAddr = ip.parse().map_err(|_| wrong())?;
        let digits = prefix_len.bytes().all(|b| b.is_ascii_digit());
        let prefix_len = prefix_len.parse().ok().filter(|_| digits).ok_or_else(wrong)?;
        let width = prefix::width(ip);
        if prefix_len > width {
            return Err(format!("'{text}' has a prefix length above {width}"));
        }
        Ok(Self::new(ip, prefix_len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_an_address_only_with_its_prefix_length() {
        let address: Address = "192.0.2.7/24".parse().unwrap();
        assert_eq!(address, Address::new("192.0.2.7".parse().unwrap(), 24));
        assert_eq!("2001:db8::1/128".parse::<Address>().unwrap().prefix_len, 128);
        for wrong in ["192.0.2.7", "192.0.2.7/33", "::1/129", "192.0.2/24", "::1/", "::1/+8", ""] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_are_those_of_ip() {
        let address = Address {
            flags: Address::TENTATIVE | 1,
            valid_lft: Some(60),
            ..Address::new("fe80::1".parse().unwrap(), 64)
        };
        assert_eq!(address.cidr(), "fe80::1/64");
        assert_eq!(address.flag_names(), ["temporary", "tentative", "dynamic"]);
        assert_eq!(address.scope_name(), "link");
        assert_eq!(address.chosen_flags(), 0);
    }

    #[test]
    fn a_new_address_has_the_scope_that_ip_would_give_it() {
        let scope = |ip: &str, len| Address::new(ip.parse().unwrap(), len).scope_name();
        assert_eq!(scope("192.0.2.7", 24), "global");
        assert_eq!(scope("127.0.0.2", 8), "host");
        assert_eq!(scope("fe80::7", 64), "link");
        assert_eq!(scope("2001:db8::7", 64), "global");
    }

    #[test]
    fn a_prefix_is_reached_without_a_gateway() {
        let new = |ip: &str, len| Address::new(ip.parse().unwrap(), len);
        let ip = |ip: &str| ip.parse().unwrap();
        assert!(new("192.0.2.7", 24).reaches(ip("192.0.2.200")));
        assert!(!new("192.0.2.7", 24).reaches(ip("192.0.3.1")));
        assert!(!new("::1", 0).reaches(ip("192.0.2.1")));
        let own_routes = Address { flags: 0x200, ..new("192.0.2.7", 24) };
        assert!(!own_routes.reaches(ip("192.0.2.200")));
        let pair = Address { peer: Some(ip("198.51.100.1")), ..new("192.0.2.7", 32) };
        assert!(pair.reaches(ip("198.51.100.1")) && !pair.reaches(ip("192.0.2.7")));
    }

    #[test]
    fn prefix_lengths_tell_addresses_apart_only_in_ipv4() {
        let new = |ip: &str, len| Address::new(ip.parse().unwrap(), len);
        assert!(!new("192.0.2.7", 24).is_same_as(&new("192.0.2.7", 25)));
        assert!(new("2001:db8::7", 64).is_same_as(&new("2001:db8::7", 128)));
    }
}
