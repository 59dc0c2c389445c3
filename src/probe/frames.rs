//! Frames of a type that no stack answers, to measure on layer 2 alone.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::{ProbeError, Seat};
use crate::kernel::KernelError;
use crate::kernel::packet::{Aim, wait};
use crate::model::Arrived;

/// IEEE 802 local experimental EtherType 1 (RFC 9542, appendix B.2): nobody's protocol.
pub const ETHERTYPE: u16 = 0x88b5;

/// How long a frame is waited for; on one host it takes microseconds.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often a frame is sent that does not arrive. A busy parent may drop a broadcast from its queue.
const ATTEMPTS: u32 = 3;
/// How many frames are taken from one end before the time is looked at: a busy macvtap always has more.
const TURN: usize = 1000;
/// `ff:ff:ff:ff:ff:ff`.
const ALL: [u8; 6] = [0xff; 6];
const HEADER: usize = 14;
/// Ethernet's least payload; shorter frames are filled up by some drivers and not by others.
const PAYLOAD: usize = 46;
/// What our payload begins with; a number for the test and one for the frame follow.
const MARK: &[u8; 8] = b"macvlens";

/// One of the frames of a test.
struct Frame {
    from: usize,
    bytes: Vec<u8>,
    arrived: bool,
}

/// Sends a frame and a broadcast each way, again as long as they do not arrive, and tells which did.
pub(super) fn exchange(ends: &[Seat; 2]) -> Result<Arrived, ProbeError> {
    // Tells the frames of this test from those of another one at the same time.
    let token = RandomState::new().build_hasher().finish();
    let ways = [(0, ends[1].mac), (1, ends[0].mac), (0, ALL), (1, ALL)];
    let mut number = 0_u32;
    let mut frames = ways.map(|(from, target)| {
        number += 1;
        Frame { from, bytes: frame(target, ends[from].mac, token, number), arrived: false }
    });
    for _ in 0..ATTEMPTS {
        for frame in frames.iter().filter(|frame| !frame.arrived) {
            ends[frame.from].send(&frame.bytes)?;
        }
        let deadline = Instant::now() + PATIENCE;
        while frames.iter().any(|frame| !frame.arrived) {
            for (at, end) in ends.iter().enumerate() {
                for _ in 0..TURN {
                    let Some(received) = end.receive()? else { break };
                    let sent = |frame: &&mut Frame| frame.from != at && frame.bytes == received;
                    if let Some(frame) = frames.iter_mut().find(sent) {
                        frame.arrived = true;
                    }
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || frames.iter().all(|frame| frame.arrived) {
                break;
            }
            wait(ends.iter().map(|end| &end.socket), left)
                .map_err(|errno| KernelError::refused("waiting for frames", errno))?;
        }
    }
    let [there, back, all_there, all_back] = frames.map(|frame| frame.arrived);
    Ok(Arrived { unicast: [there, back], broadcast: [all_there, all_back] })
}

fn frame(target: [u8; 6], source: [u8; 6], token: u64, number: u32) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + PAYLOAD);
    frame.extend(target);
    frame.extend(source);
    frame.extend(ETHERTYPE.to_be_bytes());
    frame.extend(MARK);
    frame.extend(token.to_be_bytes());
    frame.extend(number.to_be_bytes());
    frame.resize(HEADER + PAYLOAD, 0);
    frame
}

impl Seat {
    /// Sends a frame; what is down or has no carrier sends nothing, and that is an answer, too.
    pub(super) fn send(&self, frame: &[u8]) -> Result<(), ProbeError> {
        match self.socket.send(frame) {
            Ok(()) | Err(Errno::ENETDOWN | Errno::ENXIO | Errno::ENOBUFS) => Ok(()),
            Err(errno) => {
                Err(KernelError::refused(format!("sending a frame on {}", self.name), errno).into())
            }
        }
    }

    /// The next frame that has come in for this interface or for all.
    pub(super) fn receive(&self) -> Result<Option<Vec<u8>>, ProbeError> {
        loop {
            match self.socket.receive() {
                Ok(Some((frame, Aim::Host | Aim::Broadcast))) => return Ok(Some(frame)),
                Ok(Some(_)) => {}
                Ok(None) | Err(Errno::ENETDOWN) => return Ok(None),
                Err(errno) => {
                    let attempt = format!("receiving frames on {}", self.name);
                    return Err(KernelError::refused(attempt, errno).into());
                }
            }
        }
    }
}
