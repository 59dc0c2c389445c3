//! Whole frames on one interface (packet(7)): sent as they are given, and received only where the
//! stack itself would get them.
//!
//! Needs `CAP_NET_RAW`. A socket lives in the namespace that it was made in and keeps that alive, so
//! whoever opens one closes it soon.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::{self, c_ushort};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, SockaddrLike, bind, recvfrom, send,
    socket,
};

/// In place of an EtherType: frames of all, before anybody else has them (`ETH_P_ALL` of
/// linux/if_ether.h).
pub const EVERY_TYPE: u16 = 0x0003;
/// The largest frame that is received whole: an Ethernet header and what IPv4 can say of a length.
const LARGEST: usize = 14 + 65_535;

/// A socket on one interface for one EtherType.
#[derive(Debug)]
pub struct PacketSocket {
    fd: OwnedFd,
    ifindex: u32,
}

/// Whom a received frame was for, as `eth_type_trans` of net/ethernet judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// This interface's own MAC.
    Host,
    /// All.
    Broadcast,
    /// Some.
    Multicast,
    /// Somebody else; seen because the interface is promiscuous.
    Other,
    /// It was sent from here.
    Outgoing,
}

impl PacketSocket {
    /// Opens a socket in the calling thread's namespace. With an EtherType of its own it receives what
    /// a macvlan port leaves to the interface's stack, and not what the port takes away.
    pub fn open(ifindex: u32, ethertype: u16) -> Result<Self, Errno> {
        let fd = unbound()?;
        bind_to(fd.as_fd(), ifindex, ethertype)?;
        Ok(Self { fd, ifindex })
    }

    /// Whether the interface is gone from the namespace; the socket gets nothing more then.
    pub fn is_gone(&self) -> Result<bool, Errno> {
        // For a moment it is out of the kernel's list and the socket still bound to it: its kind is then
        // none (packet_getname of net/packet), which otherwise only NET/ROM's is.
        let address = bound_to(self.fd.as_fd())?;
        Ok(address.sll_ifindex < 0 || address.sll_hatype == 0)
    }

    /// The interface's MAC as it is now; `None` where that is not an Ethernet address.
    pub fn mac(&self) -> Result<Option<[u8; 6]>, Errno> {
        let address = bound_to(self.fd.as_fd())?;
        let [mac @ .., _, _] = address.sll_addr;
        Ok((usize::from(address.sll_halen) == mac.len()).then_some(mac))
    }

    /// Sends a frame, header included.
    pub fn send(&self, frame: &[u8]) -> Result<(), Errno> {
        send(self.fd.as_raw_fd(), frame, MsgFlags::empty()).map(drop)
    }

    /// The next frame that has come in, if there is one. What a macvlan, VLAN or bond on the interface
    /// takes for itself comes in here too, under that one's index, where it is in the same
    /// namespace; it is passed over.
    pub fn receive(&self) -> Result<Option<(Vec<u8>, Aim)>, Errno> {
        let mut frame = vec![0; LARGEST];
        loop {
            match recvfrom::<LinkAddr>(self.fd.as_raw_fd(), &mut frame) {
                Ok((_, Some(from))) if from.ifindex() != self.ifindex as usize => {}
                Ok((length, from)) => {
                    frame.truncate(length);
                    let aim = match from.map_or(libc::PACKET_OTHERHOST, |from| from.pkttype()) {
                        libc::PACKET_HOST => Aim::Host,
                        libc::PACKET_BROADCAST => Aim::Broadcast,
                        libc::PACKET_MULTICAST => Aim::Multicast,
                        libc::PACKET_OUTGOING => Aim::Outgoing,
                        _ => Aim::Other,
                    };
                    return Ok(Some((frame, aim)));
                }
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// A packet socket in the calling thread's namespace. Nothing comes in before it is bound.
pub(super) fn unbound() -> Result<OwnedFd, Errno> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(AddressFamily::Packet, SockType::Raw, flags, None)
}

/// Binds such a socket to an interface and an EtherType; from then on it receives.
pub(super) fn bind_to(fd: BorrowedFd<'_>, ifindex: u32, ethertype: u16) -> Result<(), Errno> {
    let address = libc::sockaddr_ll {
        sll_family: c_ushort::try_from(libc::AF_PACKET).map_err(|_| Errno::EINVAL)?,
        sll_protocol: ethertype.to_be(),
        sll_ifindex: i32::try_from(ifindex).map_err(|_| Errno::ENODEV)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let length = u32::try_from(size_of::<libc::sockaddr_ll>()).ok();
    // SAFETY: the pointer is to a whole sockaddr_ll that lives until it has been copied, and the
    // length is its size.
    #[allow(unsafe_code)]
    let address = unsafe { LinkAddr::from_raw((&raw const address).cast(), length) };
    bind(fd.as_raw_fd(), &address.ok_or(Errno::EINVAL)?)
}

/// What such a socket is bound to, as it is now: a negative index where the interface is gone.
pub(super) fn bound_to(fd: BorrowedFd<'_>) -> Result<libc::sockaddr_ll, Errno> {
    let mut address = libc::sockaddr_ll {
        sll_family: 0,
        sll_protocol: 0,
        sll_ifindex: 0,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let mut length = length_of::<libc::sockaddr_ll>()?;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of what is pointed to. It
    // writes fewer where the MAC is short, which nix takes for an error.
    #[allow(unsafe_code)]
    let result =
        unsafe { libc::getsockname(fd.as_raw_fd(), (&raw mut address).cast(), &raw mut length) };
    Errno::result(result)?;
    Ok(address)
}

pub(super) fn length_of<T>() -> Result<libc::socklen_t, Errno> {
    libc::socklen_t::try_from(size_of::<T>()).map_err(|_| Errno::EINVAL)
}

/// Waits until one of the sockets has something to receive, or an error to tell, or the time is over.
pub fn wait<'a>(
    sockets: impl IntoIterator<Item = &'a PacketSocket>,
    time: Duration,
) -> Result<(), Errno> {
    let mut fds: Vec<_> = sockets
        .into_iter()
        .map(|socket| PollFd::new(socket.fd.as_fd(), PollFlags::POLLIN))
        .collect();
    let millis = i32::try_from(time.as_millis()).unwrap_or(i32::MAX).max(1);
    let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
    match poll(&mut fds, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}
