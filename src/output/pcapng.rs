//! Frames as Wireshark and tcpdump read them: one section with one interface, times in nanoseconds, the
//! direction of each frame, and in the end how many are missing (draft-ietf-opsawg-pcapng).

use std::io::{self, Write};
use std::time::SystemTime;

use crate::model::{Direction, Frame, LinkKey, MacAddr, Topology};

/// Block types.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
/// Tells the reader the order of bytes, which is the network's here.
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Major and minor version of the format.
const VERSION: [u16; 2] = [1, 0];
/// A section of unknown length goes on to the end of the file.
const UNKNOWN_LENGTH: u64 = u64::MAX;
/// `LINKTYPE_ETHERNET`.
const ETHERNET: u16 = 1;
/// Times are in units of 10 to the minus so many seconds.
const NANOSECONDS: u8 = 9;
/// The one interface.
const INTERFACE: u32 = 0;

/// A capture file under way.
pub struct Pcapng<W: Write> {
    out: W,
    written: u64,
}

impl<W: Write> Pcapng<W> {
    /// Begins the file of a capture on an interface; frames are cut at `snap_length` bytes.
    pub fn new(
        mut out: W,
        topology: &Topology,
        captured: LinkKey,
        snap_length: usize,
    ) -> io::Result<Self> {
        const USER_APPLICATION: u16 = 4;
        const NAME: u16 = 2;
        const DESCRIPTION: u16 = 3;
        const MAC: u16 = 6;
        const RESOLUTION: u16 = 9;
        let program = concat!("macvlens ", env!("CARGO_PKG_VERSION"));
        Block::new(SECTION_HEADER)
            .with(&BYTE_ORDER.to_be_bytes())
            .with(VERSION.map(u16::to_be_bytes).as_flattened())
            .with(&UNKNOWN_LENGTH.to_be_bytes())
            .option(USER_APPLICATION, program.as_bytes())
            .write(&mut out)?;
        let mut interface = Block::new(INTERFACE_DESCRIPTION)
            .with([ETHERNET, 0].map(u16::to_be_bytes).as_flattened())
            .with(&length(snap_length).to_be_bytes())
            .option(DESCRIPTION, topology.describe(captured).as_bytes())
            .option(RESOLUTION, &[NANOSECONDS]);
        if let Some(link) = topology.link(captured) {
            interface = interface.option(NAME, link.name.printable().as_bytes());
            if let Some(mac) = link.mac.filter(MacAddr::is_ethernet) {
                interface = interface.option(MAC, mac.as_bytes());
            }
        }
        interface.write(&mut out)?;
        Ok(Self { out, written: 0 })
    }

    /// Adds a frame.
    pub fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        const FLAGS: u16 = 2;
        // Bits 0 and 1 of the flags.
        let flags: u32 = match frame.direction {
            Direction::In => 1,
            Direction::Out => 2,
        };
        Block::new(ENHANCED_PACKET)
            .with(&INTERFACE.to_be_bytes())
            .with(&since_epoch(frame.time).to_be_bytes())
            .with(&length(frame.bytes.len()).to_be_bytes())
            .with(&length(frame.length).to_be_bytes())
            .with(&frame.bytes)
            .option(FLAGS, &flags.to_be_bytes())
            .write(&mut self.out)?;
        self.written += 1;
        Ok(())
    }

    /// Passes on what has been added so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the file with how many frames there were, and how many the kernel had to drop.
    pub fn finish(mut self, dropped: u64, time: SystemTime) -> io::Result<W> {
        const RECEIVED: u16 = 4;
        const DROPPED_BY_KERNEL: u16 = 7;
        Block::new(INTERFACE_STATISTICS)
            .with(&INTERFACE.to_be_bytes())
            .with(&since_epoch(time).to_be_bytes())
            .option(RECEIVED, &(self.written + dropped).to_be_bytes())
            .option(DROPPED_BY_KERNEL, &dropped.to_be_bytes())
            .write(&mut self.out)?;
        self.flush()?;
        Ok(self.out)
    }
}

/// A block in the making: its type, room for its length, and what has been put in so far.
struct Block(Vec<u8>);

impl Block {
    fn new(kind: u32) -> Self {
        Self([kind, 0].map(u32::to_be_bytes).concat())
    }

    /// Puts in bytes, filled up to a multiple of four.
    fn with(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// Puts in an option, of at most 65,535 bytes. After one, nothing but options may follow.
    fn option(self, code: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        let head = [code, length].map(u16::to_be_bytes);
        self.with(head.as_flattened()).with(&value[..usize::from(length)])
    }

    /// Writes it, with the end of its options and its length before and behind all.
    fn write(self, out: &mut impl Write) -> io::Result<()> {
        const END_OF_OPTIONS: u32 = 0;
        let mut bytes = self.with(&END_OF_OPTIONS.to_be_bytes()).0;
        let length = length(bytes.len() + size_of::<u32>()).to_be_bytes();
        bytes[4..8].copy_from_slice(&length);
        bytes.extend(length);
        out.write_all(&bytes)
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Nanoseconds since 1970.
fn since_epoch(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
