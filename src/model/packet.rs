//! One frame as it passed an interface, and what a person wants to know of it.
//!
//! Reading it never fails and never panics, whatever the bytes are. What a frame says of addresses is
//! told and not believed.

mod summary;

use std::time::SystemTime;

use etherparse::LaxSlicedPacket;

use super::MacAddr;

/// Destination, source and EtherType, in bytes.
const HEADER: usize = 14;

/// Which way a frame passed the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It came in.
    In,
    /// It was sent.
    Out,
}

impl Direction {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// A frame as it was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When the kernel had it.
    pub time: SystemTime,
    /// Which way it went.
    pub direction: Direction,
    /// Its bytes from the Ethernet header on, VLAN tags included; perhaps not all.
    pub bytes: Vec<u8>,
    /// How many bytes it has.
    pub length: usize,
}

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When the kernel had it.
    pub time: SystemTime,
    /// Which way it went.
    pub direction: Direction,
    /// From whom.
    pub source: MacAddr,
    /// To whom.
    pub target: MacAddr,
    /// The outer VLAN's id, where there is a tag.
    pub vlan: Option<u16>,
    /// What is behind the tags (IEEE 802.3 §3.2.6); below 0x600 a length.
    pub ethertype: u16,
    /// The innermost protocol that was understood: arp, nd, icmp, dhcp, tcp and so on.
    pub protocol: &'static str,
    /// What it is about, in printable ASCII.
    pub summary: String,
    /// Bytes of the frame, header included.
    pub length: usize,
}

impl Packet {
    /// Reads a frame; `None` if it is too short to be one of Ethernet.
    pub fn read(frame: &Frame) -> Option<Self> {
        let (header, rest) = frame.bytes.split_at_checked(HEADER)?;
        let sliced = LaxSlicedPacket::from_ethernet(&frame.bytes).ok()?;
        let payload = sliced.ether_payload();
        let (ethertype, payload) = match &payload {
            Some(payload) => (payload.ether_type.0, payload.payload),
            None => (u16::from_be_bytes([header[12], header[13]]), rest),
        };
        let summary::Summary { protocol, text } = summary::of(&sliced, ethertype, payload);
        Some(Self {
            time: frame.time,
            direction: frame.direction,
            source: MacAddr::from_bytes(&header[6..12])?,
            target: MacAddr::from_bytes(&header[..6])?,
            vlan: sliced.vlan_ids().first().map(|id| id.value()),
            ethertype,
            protocol,
            summary: text,
            length: frame.length,
        })
    }
}

#[cfg(test)]
#[path = "packet/tests.rs"]
mod tests;
