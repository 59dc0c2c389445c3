//! Live tests of who reaches whom: a few frames between two ends that somebody chose, and nothing else;
//! and copies of what passes an interface.
//!
//! Frames go only to the other end or to all on its wire, their number and time are bounded, and
//! no socket outlives the test or the capture.

mod answers;
mod capture;
mod frames;

use std::io;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;

use nix::errno::Errno;

use crate::kernel::packet::{EVERY_TYPE, PacketSocket};
use crate::kernel::{KernelError, enter};
use crate::model::{Answers, Arrived, LinkKey, LinkKind, Netns, Topology};

pub use capture::{Capture, SNAP_LENGTH};
pub use frames::ETHERTYPE;

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
    /// What would help, where a privilege is missing.
    pub fn advice(&self) -> Option<&'static str> {
        let is_denied = match self {
            Self::Enter { error, .. } => error.kind() == io::ErrorKind::PermissionDenied,
            Self::Kernel(error) => matches!(error.errno(), Some(Errno::EPERM | Errno::EACCES)),
            Self::Gone(_) | Self::NoMac(_) => false,
        };
        is_denied.then_some(
            "a packet socket takes cap_net_raw, and cap_sys_admin to enter other namespaces",
        )
    }
}

/// Sends frames of [`ETHERTYPE`] between two interfaces, both ways, and tells which arrive. That takes
/// at most 0.3 seconds.
///
/// Needs `CAP_NET_RAW` in both namespaces, and `CAP_SYS_ADMIN` to enter others than the own one.
pub fn frames(topology: &Topology, from: LinkKey, to: LinkKey) -> Result<Arrived, ProbeError> {
    Ends::of(topology, from, to)?.frames()
}

/// Two interfaces to test, with all that it takes to find them without the topology.
#[derive(Clone, Debug)]
pub struct Ends([Site; 2]);

impl Ends {
    /// Looks the two up. Nothing is opened yet.
    pub fn of(topology: &Topology, from: LinkKey, to: LinkKey) -> Result<Self, ProbeError> {
        Ok(Self([Site::of(topology, from)?, Site::of(topology, to)?]))
    }

    /// Does what [`frames`] does.
    pub fn frames(&self) -> Result<Arrived, ProbeError> {
        let [from, to] = &self.0;
        let seats = [Seat::take(from, from.ethertype())?, Seat::take(to, to.ethertype())?];
        let arrived = frames::exchange(&seats)?;
        if arrived != Arrived::ALL {
            seats.iter().try_for_each(Seat::check)?;
        }
        Ok(arrived)
    }

    /// Does what [`answers`] does in both directions at the same time: what the first was answered, and
    /// the second; their addresses are in their order.
    pub fn answers(&self, [from, to]: [IpAddr; 2]) -> Result<[Answers; 2], ProbeError> {
        let [first, second] = &self.0;
        thread::scope(|scope| {
            let there = scope.spawn(|| first.answers(from, to));
            let back = second.answers(to, from)?;
            let there = there.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            Ok([there, back])
        })
    }
}

/// Asks the stack at the other end of an interface for its MAC and for an ICMP echo, from one address to
/// the other. That takes at most 1.2 seconds.
///
/// Needs `CAP_NET_RAW` in the namespace of the interface, and `CAP_SYS_ADMIN` to enter another one.
pub fn answers(
    topology: &Topology,
    key: LinkKey,
    from: IpAddr,
    to: IpAddr,
) -> Result<Answers, ProbeError> {
    Site::of(topology, key)?.answers(from, to)
}

/// An interface to test, to ask from or to capture on, with all that it takes to find it without the
/// topology.
#[derive(Clone, Debug)]
pub struct Site {
    name: String,
    /// What its namespace is called.
    place: String,
    netns: Netns,
    ifindex: u32,
    is_macvtap: bool,
}

impl Site {
    /// Looks it up. Nothing is opened yet.
    pub fn of(topology: &Topology, key: LinkKey) -> Result<Self, ProbeError> {
        let name = topology.describe(key);
        let gone = || ProbeError::Gone(name.clone());
        let link = topology.link(key).ok_or_else(gone)?;
        let netns = topology.namespace(key.netns).ok_or_else(gone)?.netns.clone();
        if !link.mac.is_some_and(|mac| mac.is_ethernet()) {
            return Err(ProbeError::NoMac(name));
        }
        let place = topology.label(key.netns).into_owned();
        let is_macvtap = matches!(link.kind, LinkKind::Macvtap(_));
        Ok(Self { name, place, netns, ifindex: key.ifindex, is_macvtap })
    }

    /// What to listen for frames of the test with. Whoever has the device of a macvtap open, a virtual
    /// machine, takes all that arrives there before its stack, so there it is seen before that.
    fn ethertype(&self) -> u16 {
        if self.is_macvtap { EVERY_TYPE } else { ETHERTYPE }
    }

    /// Does what [`answers`](answers()) does.
    pub fn answers(&self, from: IpAddr, to: IpAddr) -> Result<Answers, ProbeError> {
        let [asking, echoing] = answers::ethertypes(to);
        let seats = [Seat::take(self, asking)?, Seat::take(self, echoing)?];
        let answers = answers::ask(seats.each_ref(), from, to)?;
        if !answers.echoed {
            seats[0].check()?;
        }
        Ok(answers)
    }
}

/// An interface with a socket on it.
struct Seat {
    name: String,
    mac: [u8; 6],
    socket: PacketSocket,
}

impl Site {
    /// Opens a socket in the interface's namespace.
    fn open_socket<T: Send>(
        &self,
        socket: impl FnOnce(u32) -> Result<T, Errno> + Send,
    ) -> Result<T, ProbeError> {
        let failed = |error| ProbeError::Enter { place: self.place.clone(), error };
        let socket = enter::within(&self.netns, || socket(self.ifindex)).map_err(failed)?;
        socket.map_err(|errno| match errno {
            Errno::ENODEV => ProbeError::Gone(self.name.clone()),
            errno => self.failed("opening a packet socket on", errno),
        })
    }

    fn failed(&self, attempt: &str, errno: Errno) -> ProbeError {
        KernelError::refused(format!("{attempt} {}", self.name), errno).into()
    }
}

impl Seat {
    fn take(at: &Site, ethertype: u16) -> Result<Self, ProbeError> {
        let socket = at.open_socket(|ifindex| PacketSocket::open(ifindex, ethertype))?;
        // It may be another one by now than when the host was read; and what goes loses it.
        let found = socket.mac().and_then(|mac| Ok((mac, socket.is_gone()?)));
        let mac = match found.map_err(|errno| at.failed("asking for the MAC of", errno))? {
            (_, true) => return Err(ProbeError::Gone(at.name.clone())),
            (None, false) => return Err(ProbeError::NoMac(at.name.clone())),
            (Some(mac), false) => mac,
        };
        Ok(Self { name: at.name.clone(), mac, socket })
    }

    /// Fails when the interface is gone: that nothing arrived says nothing then.
    fn check(&self) -> Result<(), ProbeError> {
        match self.socket.is_gone() {
            Ok(false) => Ok(()),
            Ok(true) => Err(ProbeError::Gone(self.name.clone())),
            Err(errno) => {
                Err(KernelError::refused(format!("asking for {}", self.name), errno).into())
            }
        }
    }
}
