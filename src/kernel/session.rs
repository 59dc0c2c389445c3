//! Through which link the kernel reaches somebody: where a terminal's connection leaves.
//!
//! Only the route is asked for. Who is connected, the caller knows from `SSH_CONNECTION`; what that
//! means for a change is judged by `plan::session`.

use std::net::IpAddr;

use super::KernelError;
use super::encode::{family, octets};
use super::netlink::{AskError, Asker, Request, attributes, kind, read_u32};

/// Size of `struct rtmsg`.
const RTMSG: usize = 12;

/// The interface index, in the own namespace, through which packets to the address leave
/// (RTM_GETROUTE, rtnetlink(7)); `None` for a route that leads nowhere.
pub fn oif_towards(address: IpAddr) -> Result<Option<u32>, KernelError> {
    const RTA_DST: u16 = 1;
    const RTA_OIF: u16 = 4;
    let refused = |error: AskError| error.after(format!("asking for the route to {address}"));
    let mut asker = Asker::open().map_err(|errno| refused(errno.into()))?;
    let mut header = [0; RTMSG];
    header[0] = family(address);
    header[1] = if address.is_ipv4() { 32 } else { 128 };
    let request = Request::new(kind::GET_ROUTE, &header).attr(RTA_DST, &octets(address));
    let mut oif = None;
    let answered = asker.get(request, |payload| {
        let mut found = attributes(payload.get(RTMSG..).unwrap_or_default()).flatten();
        oif = found.find(|(kind, _)| *kind == RTA_OIF).and_then(|(_, index)| read_u32(index, 0));
    });
    match answered {
        Ok(()) => Ok(oif),
        Err(AskError::Refused(nix::Error::ENETUNREACH | nix::Error::EHOSTUNREACH)) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}
