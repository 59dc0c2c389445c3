//! Live tests of who reaches whom: a few frames between two ends that somebody chose, and nothing else.
//!
//! Frames go only to the other end or to all on its wire, their number and time are bounded, and
//! no socket outlives the test.

mod answers;
mod frames;

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

use nix::errno::Errno;

use crate::kernel::packet::PacketSocket;
use crate::kernel::{KernelError, enter};
use crate::model::{LinkKey, Topology};

pub use answers::Answers;
pub use frames::{ETHERTYPE, Measured};

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// An end is not there any more.
    #[error("{0} is gone")]
    Gone(String),
    /// An end has no Ethernet address to send to.
    #[error("{0} has no MAC address")]
    NoMac(String),
    /// The namespace could not be entered.
    #[error("entering {place}: {error}")]
    Enter {
        /// Which.
        place: String,
        /// Why.
        error: io::Error,
    },
    /// A socket failed.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl ProbeError {
    /// Whether a privilege is missing.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Enter { error, .. } => error.kind() == io::ErrorKind::PermissionDenied,
            Self::Kernel(error) => matches!(error.errno(), Some(Errno::EPERM | Errno::EACCES)),
            Self::Gone(_) | Self::NoMac(_) => false,
        }
    }
}

/// Sends frames of [`ETHERTYPE`] between two interfaces, both ways, and tells which arrive. That takes
/// at most 0.3 seconds.
///
/// Needs `CAP_NET_RAW` in both namespaces, and `CAP_SYS_ADMIN` to enter them.
pub fn frames(topology: &Topology, from: LinkKey, to: LinkKey) -> Result<Measured, ProbeError> {
    let seat = |key| Seat::take(topology, key, ETHERTYPE);
    frames::exchange(&[seat(from)?, seat(to)?])
}

/// Asks the stack at the other end of an interface for its MAC and for an ICMP echo, from one address to
/// the other. That takes at most 1.2 seconds.
///
/// Needs `CAP_NET_RAW` in the namespace of the interface, and `CAP_SYS_ADMIN` to enter it.
pub fn answers(
    topology: &Topology,
    key: LinkKey,
    from: IpAddr,
    to: IpAddr,
) -> Result<Answers, ProbeError> {
    let [asking, echoing] = answers::ethertypes(to);
    let seats = [Seat::take(topology, key, asking)?, Seat::take(topology, key, echoing)?];
    answers::ask(seats.each_ref(), from, to)
}

/// An interface with a socket on it.
struct Seat {
    name: String,
    mac: [u8; 6],
    socket: PacketSocket,
}

impl Seat {
    fn take(topology: &Topology, key: LinkKey, ethertype: u16) -> Result<Self, ProbeError> {
        let name = topology.describe(key);
        let gone = || ProbeError::Gone(name.clone());
        let link = topology.link(key).ok_or_else(gone)?;
        let netns = &topology.namespace(key.netns).ok_or_else(gone)?.netns;
        let mac = link.mac.as_ref().and_then(|mac| mac.as_bytes().try_into().ok());
        let mac = mac.ok_or_else(|| ProbeError::NoMac(name.clone()))?;
        let failed =
            |error| ProbeError::Enter { place: topology.label(key.netns).into_owned(), error };
        let opened = enter::open(netns).map_err(failed)?;
        let socket = enter::inside(opened.as_fd(), || PacketSocket::open(key.ifindex, ethertype))
            .map_err(failed)?;
        let attempt = || format!("opening a packet socket on {name}");
        let socket = socket.map_err(|errno| KernelError::refused(attempt(), errno))?;
        Ok(Self { name, mac, socket })
    }
}
