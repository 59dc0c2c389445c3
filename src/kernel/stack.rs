//! What the stack of a namespace would do with a packet: its route, the neighbour, the reverse path.
//!
//! Only asked, never tried: nothing is sent, and no neighbour entry is made by it.

use std::ffi::OsStr;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;

use super::encode::{family, octets};
use super::error::errno_of;
use super::netlink::{AskError, Asker, Request, attributes, kind, read_u16, read_u32};
use super::{KernelError, enter};
use crate::model::{Link, MacAddr, Neighbour, Netns, Route, Stack};

const RTA_OIF: u16 = 4;
/// Size of `struct rtmsg` and of `struct ndmsg`.
const HEADER: usize = 12;

/// Asks the stack of an interface's namespace about packets from `source` to `target`.
///
/// Another namespace than the own one takes `CAP_SYS_ADMIN` to enter.
pub fn ask(
    netns: &Netns,
    link: &Link,
    source: IpAddr,
    target: IpAddr,
) -> Result<Stack, KernelError> {
    let work = || {
        let mut asker = Asker::open()?;
        // Such an address means something only together with its link.
        let is_of_link = matches!(target, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let through = is_of_link.then_some(link.key.ifindex);
        let route = route(&mut asker, source, target, through)?;
        let neighbour = Some(neighbour(&mut asker, link.key.ifindex, target)?);
        let strict_reverse_path = target.is_ipv4() && rp_filter(link) == 1;
        Ok(Stack { route: Some(route), neighbour, strict_reverse_path })
    };
    within(netns, work, || format!("asking the stack of {} for the way to {target}", netns.label()))
}

/// Asks the stack of an interface's namespace for the gateway to which that interface sends packets for
/// far away, from one of its addresses; `None` where it has none.
///
/// Another namespace than the own one takes `CAP_SYS_ADMIN` to enter.
pub fn gateway(netns: &Netns, link: &Link, source: IpAddr) -> Result<Option<IpAddr>, KernelError> {
    // In nobody's subnet: the dummy address of RFC 7600, and one of the discard prefix of RFC 6666.
    let far = match source {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 0, 8).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1).into(),
    };
    let work = || route(&mut Asker::open()?, source, far, Some(link.key.ifindex));
    let attempt = || format!("asking the stack of {} for the gateway", netns.label());
    match within(netns, work, attempt)? {
        Route::Through { oif, gateway } if oif == link.key.ifindex => Ok(gateway),
        _ => Ok(None),
    }
}

/// Asks inside a namespace; `attempt` says what is tried there.
fn within<T: Send>(
    netns: &Netns,
    work: impl FnOnce() -> Result<T, AskError> + Send,
    attempt: impl Fn() -> String,
) -> Result<T, KernelError> {
    let answer = enter::within(netns, work)
        .map_err(|error| KernelError::refused(attempt(), errno_of(&error)))?;
    answer.map_err(|error| error.after(attempt()))
}

/// Looks up a route; through this interface alone, where one is given.
fn route(
    asker: &mut Asker,
    source: IpAddr,
    target: IpAddr,
    through: Option<u32>,
) -> Result<Route, AskError> {
    const RTA_DST: u16 = 1;
    const RTA_SRC: u16 = 2;
    let mut header = [0; HEADER];
    header[0] = family(target);
    let bits = if target.is_ipv4() { 32 } else { 128 };
    header[1..3].copy_from_slice(&[bits, bits]);
    let mut request = Request::new(kind::GET_ROUTE, &header)
        .attr(RTA_DST, &octets(target))
        .attr(RTA_SRC, &octets(source));
    if let Some(ifindex) = through {
        request = request.attr(RTA_OIF, &ifindex.to_ne_bytes());
    }
    let mut route = Route::None;
    match asker.get(request, |payload| route = decode(payload)) {
        Ok(()) => Ok(route),
        // A blackhole says EINVAL, prohibit says EACCES, and so on (fib_props of net/ipv4).
        Err(AskError::Refused(
            Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EINVAL | Errno::EACCES,
        )) => Ok(Route::None),
        Err(error) => Err(error),
    }
}

/// Reads an RTM_NEWROUTE.
fn decode(payload: &[u8]) -> Route {
    const RTA_GATEWAY: u16 = 5;
    const RTN_UNICAST: u8 = 1;
    const RTN_LOCAL: u8 = 2;
    let (mut oif, mut gateway) = (None, None);
    for (kind, value) in attributes(payload.get(HEADER..).unwrap_or_default()).flatten() {
        match kind {
            RTA_OIF => oif = read_u32(value, 0),
            RTA_GATEWAY => gateway = address(value),
            _ => {}
        }
    }
    match (payload.get(7), oif) {
        (Some(&RTN_LOCAL), _) => Route::Local,
        (Some(&RTN_UNICAST), Some(oif)) => Route::Through { oif, gateway },
        _ => Route::None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let v6 = || <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from);
    v4().or_else(v6)
}

fn neighbour(asker: &mut Asker, ifindex: u32, target: IpAddr) -> Result<Neighbour, AskError> {
    const NDA_DST: u16 = 1;
    let mut header = [0; HEADER];
    header[0] = family(target);
    header[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    let request = Request::new(kind::GET_NEIGH, &header).attr(NDA_DST, &octets(target));
    let mut known = Neighbour::Unknown;
    match asker.get(request, |payload| known = decode_neighbour(payload)) {
        Ok(()) => Ok(known),
        // There is no entry, or the kernel gives out none alone (before Linux 5.0).
        Err(AskError::Refused(Errno::ENOENT | Errno::EOPNOTSUPP)) => Ok(Neighbour::Unknown),
        Err(error) => Err(error),
    }
}

/// Reads an RTM_NEWNEIGH. A failed entry may stay for ever, and the next packet tries anew: what failed
/// long ago tells nothing of now.
fn decode_neighbour(payload: &[u8]) -> Neighbour {
    /// `NUD_REACHABLE`, `NUD_STALE`, `NUD_DELAY` and `NUD_PROBE`.
    const LEARNED: u16 = 0x02 | 0x04 | 0x08 | 0x10;
    const NUD_FAILED: u16 = 0x20;
    /// `NUD_NOARP` and `NUD_PERMANENT`.
    const TOLD: u16 = 0x40 | 0x80;
    const NDA_LLADDR: u16 = 2;
    const NDA_CACHEINFO: u16 = 3;
    // In the hundredths of `clock_t`.
    let moment = Stack::MOMENT.as_millis() / 10;
    let state = read_u16(payload, 8).unwrap_or(0);
    let (mut age, mut mac) = (None, None);
    for (kind, value) in attributes(payload.get(HEADER..).unwrap_or_default()).flatten() {
        match kind {
            NDA_LLADDR => mac = MacAddr::from_bytes(value),
            // confirmed, used and updated: how long ago each.
            NDA_CACHEINFO => age = read_u32(value, 8),
            _ => {}
        }
    }
    let has_just_failed = || age.is_none_or(|age| u128::from(age) <= moment);
    match mac {
        Some(mac) if state & TOLD != 0 => Neighbour::Told(mac),
        Some(mac) if state & LEARNED != 0 => Neighbour::Learned(mac),
        _ if state & NUD_FAILED != 0 && has_just_failed() => Neighbour::Failed,
        _ => Neighbour::Unknown,
    }
}

/// The larger one of the interface's and of all (ip-sysctl). /proc/sys/net shows the namespace of the thread that reads it.
fn rp_filter(link: &Link) -> u8 {
    let of = |name: &[u8]| {
        let path = Path::new("/proc/sys/net/ipv4/conf").join(OsStr::from_bytes(name));
        let text = fs::read_to_string(path.join("rp_filter")).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    };
    of(b"all").max(of(link.name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_fresh_failure_counts_and_a_mac_while_it_is_in_use() {
        const MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];
        const INCOMPLETE: u16 = 0x01;
        const FAILED: u16 = 0x20;
        let entry = |state: u16, age: u32| {
            let mut payload = vec![0; HEADER];
            payload[8..10].copy_from_slice(&state.to_ne_bytes());
            let info: Vec<u8> = [0, 0, age, 0].into_iter().flat_map(u32::to_ne_bytes).collect();
            crate::kernel::netlink::append(&mut payload, 3, &info);
            crate::kernel::netlink::append(&mut payload, 2, &MAC);
            decode_neighbour(&payload)
        };
        assert_eq!(entry(FAILED, 100), Neighbour::Failed);
        assert_eq!(entry(FAILED, 60_000), Neighbour::Unknown);
        assert_eq!(entry(INCOMPLETE, 100), Neighbour::Unknown);
        for state in [0x02, 0x04, 0x08, 0x10] {
            assert_eq!(entry(state, 100), Neighbour::Learned(MAC.into()), "{state:#x}");
        }
        for state in [0x40, 0x80] {
            assert_eq!(entry(state, 60_000), Neighbour::Told(MAC.into()), "{state:#x}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_route_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let route = decode(&bytes);
            prop_assert!(bytes.len() >= 8 || route == Route::None);
        }
    }
}
