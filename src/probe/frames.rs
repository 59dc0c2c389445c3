//! Frames of a type that no stack answers, to measure on layer 2 alone.

use std::time::Instant;

use super::{ATTEMPTS, PATIENCE, ProbeError, Seat};
use crate::kernel::KernelError;
use crate::kernel::packet::Aim;

/// IEEE 802 local experimental EtherType 1 (RFC 9542, appendix B.2): nobody's protocol.
pub const ETHERTYPE: u16 = 0x88b5;
/// `ff:ff:ff:ff:ff:ff`.
pub(super) const ALL: [u8; 6] = [0xff; 6];

/// Ethernet's least payload; shorter frames are filled up by some drivers and not by others.
const PAYLOAD: usize = 46;
const HEADER: usize = 14;
/// What our payload begins with.
const MARK: &[u8; 8] = b"macvlens";

/// The frames of one test, told apart by a number each.
pub(super) struct Round {
    token: u64,
    number: u32,
}

impl Round {
    pub(super) fn new(token: u64) -> Self {
        Self { token, number: 0 }
    }

    /// Whether a frame to that address arrives at the other end, for it or for all.
    pub(super) fn passes(
        &mut self,
        from: &Seat,
        to: &Seat,
        target: [u8; 6],
    ) -> Result<bool, ProbeError> {
        for _ in 0..ATTEMPTS {
            self.number += 1;
            let payload = self.payload();
            let mut frame = Vec::with_capacity(HEADER + PAYLOAD);
            frame.extend(target);
            frame.extend(from.mac);
            frame.extend(ETHERTYPE.to_be_bytes());
            frame.extend(payload);
            // ENETDOWN is an answer: what is down sends nothing.
            match from.socket.send(&frame) {
                Ok(()) => {}
                Err(nix::Error::ENETDOWN | nix::Error::ENXIO) => return Ok(false),
                Err(errno) => {
                    let attempt = format!("sending a frame on {}", from.name);
                    return Err(KernelError::refused(attempt, errno).into());
                }
            }
            if Self::heard(to, &payload)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn payload(&self) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        payload[..8].copy_from_slice(MARK);
        payload[8..16].copy_from_slice(&self.token.to_be_bytes());
        payload[16..20].copy_from_slice(&self.number.to_be_bytes());
        payload
    }

    /// Whether exactly this payload comes in before patience ends.
    fn heard(to: &Seat, payload: &[u8]) -> Result<bool, ProbeError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let frame = match to.socket.receive(deadline) {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(nix::Error::ENETDOWN) => return Ok(false),
                Err(errno) => {
                    let attempt = format!("receiving on {}", to.name);
                    return Err(KernelError::refused(attempt, errno).into());
                }
            };
            let (frame, aim) = frame;
            let for_us = matches!(aim, Aim::Host | Aim::Broadcast);
            if for_us && frame.get(HEADER..HEADER + PAYLOAD) == Some(payload) {
                return Ok(true);
            }
        }
    }
}
