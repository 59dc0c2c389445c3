//! What the screens of a capture say in words: how it goes, and all that is known of one packet.

use super::{Packets, Stage};
use crate::app::log::time_of_day;
use crate::app::screens::in_groups;
use crate::app::sheet::{Sheet, Tone};
use crate::app::{Action, App};
use crate::model::MacAddr;

/// How many bytes of a frame are told.
const TOLD: usize = 512;
/// Columns that take sixteen bytes in hexadecimal and as text, and the offset in front.
const WIDE: u16 = 70;

impl App {
    /// How the capture goes, above the list of packets.
    pub(in crate::app) fn packets_sheet(&self) -> Sheet {
        let Some(packets) = &self.packets else { return Sheet::default() };
        let mut title = format!("Packets on {}", packets.title);
        if !packets.filter().is_empty() {
            title = format!("{title} with {}", packets.filter());
        }
        let mut sheet = Sheet::new(title);
        match &packets.stage {
            Stage::Opening => {
                sheet.toned("", "opening a packet socket", Tone::Dim);
            }
            Stage::Live => {}
            Stage::Over(why) => {
                sheet.toned("", format!("The capture is over: {why}."), Tone::Error);
            }
        }
        if let Some(held) = &packets.held {
            let (count, key) = (in_groups(held.seen), self.key_of(Action::HoldPackets));
            sheet.toned("", format!("PAUSED  {count} came since  {key} goes on"), Tone::Warning);
        }
        let lost = packets.counts.dropped + packets.counts.skipped > 0;
        sheet.toned("", counted(packets), if lost { Tone::Warning } else { Tone::Dim });
        if let Some(path) = &packets.file {
            let written = in_groups(packets.counts.written);
            sheet.toned("", format!("{written} written to {path}"), Tone::Note);
        }
        sheet
    }

    /// All that is known of one packet.
    pub(in crate::app) fn packet_sheet(&self) -> Sheet {
        let Some(entry) = self.packets.as_ref().and_then(|packets| packets.told.as_ref()) else {
            return Sheet::default();
        };
        let caught = &entry.caught;
        let packet = &caught.packet;
        let mut sheet = Sheet::new(format!("Packet {}", in_groups(caught.number)));
        let seconds = u32::try_from(caught.wall.as_secs()).unwrap_or_default();
        sheet.add("time", format!("{}.{:06}", time_of_day(seconds), caught.wall.subsec_micros()));
        sheet.add("way", packet.direction.word());
        let [from, to] = &entry.names;
        sheet.add("from", end(packet.source, from.as_deref()));
        sheet.add("to", end(packet.target, to.as_deref()));
        if let Some(id) = packet.vlan {
            sheet.add("vlan", id.to_string());
        }
        sheet.add("type", kind(packet.ethertype, packet.protocol));
        sheet.add("says", &*packet.summary);
        let kept = caught.frame.bytes.len();
        let mut size = format!("{} bytes", in_groups(packet.length as u64));
        if kept < packet.length {
            size = format!("{size}, the first {} captured", in_groups(kept as u64));
        }
        sheet.add("size", size);
        sheet.heading("Bytes");
        dump(&mut sheet, &caught.frame.bytes, self.layout().screen.width);
        sheet
    }
}

fn counted(packets: &Packets) -> String {
    let counts = packets.counts;
    let mut text = match counts.seen {
        1 => "1 packet".to_owned(),
        many => format!("{} packets", in_groups(many)),
    };
    if packets.ring.gone > 0 {
        text = format!("{text}  {} older ones gone", in_groups(packets.ring.gone));
    }
    let [dropped, skipped] = [counts.dropped, counts.skipped].map(in_groups);
    format!("{text}  dropped: {dropped} by the kernel, {skipped} here")
}

/// An address with what it is.
fn end(mac: MacAddr, name: Option<&str>) -> String {
    let is_group = mac.as_bytes().first().is_some_and(|first| first & 1 != 0);
    match name {
        Some(name) => format!("{name}  {mac}"),
        None if is_group => format!("{mac}  a group"),
        None => format!("{mac}  no known interface"),
    }
}

/// The EtherType; below 0x600 it is a length (IEEE 802.3 §3.2.6).
fn kind(ethertype: u16, protocol: &str) -> String {
    match ethertype {
        0..0x600 => format!("{protocol}, a frame of 802.3 with {ethertype} bytes"),
        _ => format!("{protocol}, EtherType 0x{ethertype:04x}"),
    }
}

/// The first bytes in hexadecimal and as text, behind their offset.
fn dump(sheet: &mut Sheet, bytes: &[u8], width: u16) {
    let row = if width >= WIDE { 16 } else { 8 };
    let told = &bytes[..bytes.len().min(TOLD)];
    for (at, line) in told.chunks(row).enumerate() {
        let hex: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        let text: String = line.iter().map(text).collect();
        let (hex, width) = (hex.join(" "), row * 3 - 1);
        sheet.add(format!("{:04x}", at * row), format!("{hex:<width$}  {text}"));
    }
    if told.len() < bytes.len() {
        let rest = in_groups((bytes.len() - told.len()) as u64);
        sheet.toned("", format!("and {rest} more"), Tone::Dim);
    }
}
