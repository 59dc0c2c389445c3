//! Live tests of who reaches whom: a few frames between two ends that somebody chose, and nothing else.
//!
//! Frames go only to the other end or to all on its wire, their number and time are bounded, and
//! no socket outlives the test.

mod frames;

use std::io;
use std::time::Duration;

use crate::kernel::KernelError;
use crate::kernel::enter;
use crate::kernel::packet::PacketSocket;
use crate::model::{LinkKey, MacAddr, Topology};

pub use frames::ETHERTYPE;

/// How long a frame is waited for; on one host it takes microseconds.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often a frame is sent that does not arrive. A broadcast may be dropped from the parent's queue.
const ATTEMPTS: u32 = 3;

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

/// Which frames arrived: there, and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Frames to the other's own address.
    pub unicast: [bool; 2],
    /// Broadcasts.
    pub broadcast: [bool; 2],
}

/// Sends frames of [`ETHERTYPE`] between two interfaces, both ways, and tells which arrive.
pub fn frames(topology: &Topology, from: LinkKey, to: LinkKey) -> Result<Measured, ProbeError> {
    let ends = [Seat::take(topology, from)?, Seat::take(topology, to)?];
    let [a, b] = &ends;
    let token = rand_token();
    let mut round = frames::Round::new(token);
    Ok(Measured {
        unicast: [round.passes(a, b, b.mac)?, round.passes(b, a, a.mac)?],
        broadcast: [round.passes(a, b, frames::ALL)?, round.passes(b, a, frames::ALL)?],
    })
}

/// An interface with a socket on it.
struct Seat {
    name: String,
    mac: [u8; 6],
    socket: PacketSocket,
}

impl Seat {
    fn take(topology: &Topology, key: LinkKey) -> Result<Self, ProbeError> {
        let name = topology.describe(key);
        let gone = || ProbeError::Gone(name.clone());
        let link = topology.link(key).ok_or_else(gone)?;
        let netns = &topology.namespace(key.netns).ok_or_else(gone)?.netns;
        let mac = link.mac.as_ref().and_then(ethernet);
        let mac = mac.ok_or_else(|| ProbeError::NoMac(name.clone()))?;
        let failed = |error| {
            let place = topology.label(key.netns).into_owned();
            ProbeError::Enter { place, error }
        };
        let opened = enter::open(netns).map_err(failed)?;
        let socket = {
            use std::os::fd::AsFd;
            enter::inside(opened.as_fd(), || PacketSocket::open(key.ifindex, ETHERTYPE))
        };
        let attempt = || format!("opening a packet socket on {name}");
        let socket = socket.map_err(failed)?.map_err(|e| KernelError::refused(attempt(), e))?;
        Ok(Self { name, mac, socket })
    }
}

fn ethernet(mac: &MacAddr) -> Option<[u8; 6]> {
    mac.as_bytes().try_into().ok()
}

/// Tells the frames of this test from those of another one at the same time.
fn rand_token() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
