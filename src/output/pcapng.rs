//! Frames as Wireshark and tcpdump read them: one section with one interface, times in nanoseconds, the
//! direction of each frame, and in the end how many are missing (draft-ietf-opsawg-pcapng).

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::interface_statistics::{
    InterfaceStatisticsBlock, InterfaceStatisticsOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness, PcapError};

use crate::model::{Direction, Frame, LinkKey, Topology};

/// Times are in units of 10 to the minus so many seconds.
const NANOSECONDS: u8 = 9;

/// A capture file under way.
pub struct Pcapng<W: Write> {
    writer: PcapNgWriter<W>,
    written: u64,
}

impl<W: Write> Pcapng<W> {
    /// Begins the file of a capture on an interface; frames are cut at `snap_length` bytes.
    pub fn new(
        out: W,
        topology: &Topology,
        captured: LinkKey,
        snap_length: usize,
    ) -> io::Result<Self> {
        let program = concat!("macvlens ", env!("CARGO_PKG_VERSION"));
        let section = SectionHeaderBlock {
            // The crate writes the time of statistics as one number. Only with the high byte in front
            // is that the high half first, as the format has it.
            endianness: Endianness::Big,
            options: vec![SectionHeaderOption::UserApplication(program.into())],
            ..SectionHeaderBlock::default()
        };
        let mut writer = PcapNgWriter::with_section_header(out, section).map_err(io_error)?;
        let mut options = vec![
            InterfaceDescriptionOption::IfDescription(topology.describe(captured).into()),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ];
        if let Some(link) = topology.link(captured) {
            options.push(InterfaceDescriptionOption::IfName(link.name.printable()));
            if let Some(mac) = link.mac.as_ref().filter(|mac| mac.is_ethernet()) {
                options.push(InterfaceDescriptionOption::IfMacAddr(mac.as_bytes().into()));
            }
        }
        let snaplen = u32::try_from(snap_length).unwrap_or(u32::MAX);
        let linktype = DataLink::ETHERNET;
        let interface = InterfaceDescriptionBlock { linktype, snaplen, options };
        writer.write_pcapng_block(interface).map_err(io_error)?;
        Ok(Self { writer, written: 0 })
    }

    /// Adds a frame.
    pub fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        // Bits 0 and 1 of the flags word of an enhanced packet.
        let flags = match frame.direction {
            Direction::In => 1,
            Direction::Out => 2,
        };
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: since_epoch(frame.time),
            original_len: u32::try_from(frame.length).unwrap_or(u32::MAX),
            data: Cow::Borrowed(&frame.bytes),
            options: vec![EnhancedPacketOption::Flags(flags)],
        };
        self.writer.write_pcapng_block(block).map_err(io_error)?;
        self.written += 1;
        Ok(())
    }

    /// Passes on what has been added so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.get_mut().flush()
    }

    /// Ends the file with how many frames there were, and how many the kernel had to drop.
    pub fn finish(mut self, dropped: u64, time: SystemTime) -> io::Result<W> {
        let options = vec![
            InterfaceStatisticsOption::IsbIfRecv(self.written + dropped),
            InterfaceStatisticsOption::IsbOsDrop(dropped),
        ];
        let timestamp = u64::try_from(since_epoch(time).as_nanos()).unwrap_or(u64::MAX);
        let block = InterfaceStatisticsBlock { interface_id: 0, timestamp, options };
        self.writer.write_pcapng_block(block).map_err(io_error)?;
        self.flush()?;
        Ok(self.writer.into_inner())
    }
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

fn io_error(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}
