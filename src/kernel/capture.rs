//! Copies of all frames that pass one interface, in and out (packet(7), `ETH_P_ALL`), with the kernel's
//! time of each and its count of those that it had to drop.
//!
//! Nothing of the interface is changed: it is not made promiscuous. Needs `CAP_NET_RAW`.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, SystemTime};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::sockopt::{RcvBuf, ReceiveTimestampns};
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, UnknownCmsg, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;

use super::packet::{EVERY_TYPE, bind_to, bound_to, length_of, unbound};
use crate::model::{Direction, Frame};

/// How many bytes of a frame are kept. Offloads hand over far more than fits a wire.
pub const SNAP_LENGTH: usize = 256 * 1024;
/// What is asked for; the kernel gives at most its `net.core.rmem_max`, twice.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;
/// Destination and source MAC, behind which a VLAN tag stands.
const BOTH_MACS: usize = 12;

/// A socket that gets a copy of every frame of one interface.
#[derive(Debug)]
pub struct CaptureSocket {
    fd: OwnedFd,
    buffer: Vec<u8>,
    dropped: u64,
}

impl CaptureSocket {
    /// Opens a socket in the calling thread's namespace.
    pub fn open(ifindex: u32) -> Result<Self, Errno> {
        let fd = unbound()?;
        setsockopt(&fd, RcvBuf, &RECEIVE_BUFFER)?;
        setsockopt(&fd, ReceiveTimestampns, &true)?;
        receive_tags(fd.as_fd())?;
        bind_to(fd.as_fd(), ifindex, EVERY_TYPE)?;
        Ok(Self { fd, buffer: vec![0; SNAP_LENGTH], dropped: 0 })
    }

    /// The next frame, if one waits. An interface that is down has none.
    pub fn receive(&mut self) -> Result<Option<Frame>, Errno> {
        let mut control = cmsg_space!(TimeSpec, libc::tpacket_auxdata);
        let mut buffer = [IoSliceMut::new(&mut self.buffer)];
        // With MSG_TRUNC the whole length is told, not that of what is kept.
        let flags = MsgFlags::MSG_TRUNC;
        let received = loop {
            let fd = self.fd.as_raw_fd();
            match recvmsg::<LinkAddr>(fd, &mut buffer, Some(&mut control), flags) {
                Ok(received) => break received,
                Err(Errno::EAGAIN | Errno::ENETDOWN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        };
        let kind = received.address.map(|address| address.pkttype());
        let direction = match kind {
            Some(libc::PACKET_OUTGOING) => Direction::Out,
            _ => Direction::In,
        };
        let (mut time, mut tag) = (None, None);
        for message in received.cmsgs()? {
            match message {
                ControlMessageOwned::ScmTimestampns(at) => {
                    time = SystemTime::UNIX_EPOCH.checked_add(Duration::from(at));
                }
                ControlMessageOwned::Unknown(message) => tag = tag.or(vlan_tag(&message)),
                _ => {}
            }
        }
        let mut length = received.bytes;
        let mut bytes = self.buffer[..length.min(SNAP_LENGTH)].to_vec();
        if let Some(tag) = tag
            && bytes.len() >= BOTH_MACS
        {
            bytes.splice(BOTH_MACS..BOTH_MACS, tag);
            length += tag.len();
        }
        let time = time.unwrap_or_else(SystemTime::now);
        Ok(Some(Frame { time, direction, bytes, length }))
    }

    /// How many frames were dropped since the start, because nobody took them soon enough
    /// (`PACKET_STATISTICS`).
    pub fn dropped(&mut self) -> Result<u64, Errno> {
        let mut counts = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
        let mut length = length_of::<libc::tpacket_stats>()?;
        // SAFETY: the kernel writes at most `length` bytes, which is the size of what is pointed to.
        #[allow(unsafe_code)]
        let result = unsafe {
            libc::getsockopt(
                self.fd.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut counts).cast(),
                &raw mut length,
            )
        };
        Errno::result(result)?;
        // Reading sets the kernel's own count to zero.
        self.dropped += u64::from(counts.tp_drops);
        Ok(self.dropped)
    }

    /// Whether the interface is gone from the namespace. The kernel then takes it out of the socket's
    /// address, and wakes nobody.
    pub fn is_gone(&self) -> Result<bool, Errno> {
        Ok(bound_to(self.fd.as_fd())?.sll_ifindex < 0)
    }
}

impl AsFd for CaptureSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Asks for the VLAN tag of each frame: the kernel takes it out of what comes in (`PACKET_AUXDATA`).
fn receive_tags(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let on: libc::c_int = 1;
    // SAFETY: the pointer is to an int that outlives the call, and the length is its size.
    #[allow(unsafe_code)]
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_AUXDATA,
            (&raw const on).cast(),
            length_of::<libc::c_int>()?,
        )
    };
    Errno::result(result).map(drop)
}

/// The tag as it goes over the wire, of a `tpacket_auxdata` (linux/if_packet.h).
fn vlan_tag(message: &UnknownCmsg) -> Option<[u8; 4]> {
    const TCI: usize = std::mem::offset_of!(libc::tpacket_auxdata, tp_vlan_tci);
    const TPID: usize = std::mem::offset_of!(libc::tpacket_auxdata, tp_vlan_tpid);
    const DOT1Q: u16 = 0x8100;
    let header = message.cmsg_header;
    if (header.cmsg_level, header.cmsg_type) != (libc::SOL_PACKET, libc::PACKET_AUXDATA) {
        return None;
    }
    let bytes = &message.data_bytes;
    let short = |at: usize| Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let status = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?);
    if status & libc::TP_STATUS_VLAN_VALID == 0 {
        return None;
    }
    let has_tpid = status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
    let [a, b] = if has_tpid { short(TPID)? } else { DOT1Q }.to_be_bytes();
    let [c, d] = short(TCI)?.to_be_bytes();
    Some([a, b, c, d])
}
