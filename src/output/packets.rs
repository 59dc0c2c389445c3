//! What passes an interface, a line a packet, for people and as JSON. The README explains the JSON field
//! by field.

use std::io::{self, Write};

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::Serialize;

use super::Style;
use super::document::SCHEMA;
use super::json::write_line;
use crate::model::{MacAddr, Packet, text};
use crate::reach::Names;

/// Writes a packet as a line of text. `zone` is that of the clock on the wall.
pub fn write_text(
    out: &mut impl Write,
    packet: &Packet,
    names: &Names,
    zone: FixedOffset,
    style: Style,
) -> io::Result<()> {
    let time = DateTime::<Utc>::from(packet.time).with_timezone(&zone).format("%H:%M:%S%.6f");
    let direction = packet.direction.word();
    let name = |mac| names.get(mac).map_or_else(|| mac.to_string(), str::to_owned);
    let [source, target] = [packet.source, packet.target].map(name);
    let vlan = packet.vlan.map(|id| format!("VLAN {id} ")).unwrap_or_default();
    let Packet { summary, length, .. } = packet;
    let line =
        format!("{time} {direction:<3} {source} > {target}  {vlan}{summary}, {length} bytes\n");
    out.write_all(if style.ascii { text::ascii(&line) } else { line.into() }.as_bytes())
}

/// Writes a packet as a line of JSON.
pub fn write_json(out: &mut impl Write, packet: &Packet, names: &Names) -> io::Result<()> {
    let end = |mac: MacAddr| End { mac: mac.to_string(), name: names.get(mac) };
    let time = DateTime::<Utc>::from(packet.time).to_rfc3339_opts(SecondsFormat::Nanos, true);
    write_line(
        out,
        &Line {
            schema: SCHEMA,
            time,
            direction: packet.direction.word(),
            source: end(packet.source),
            target: end(packet.target),
            vlan: packet.vlan,
            ethertype: packet.ethertype,
            protocol: packet.protocol,
            summary: &packet.summary,
            length: packet.length,
        },
    )
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    time: String,
    direction: &'static str,
    source: End<'a>,
    target: End<'a>,
    vlan: Option<u16>,
    ethertype: u16,
    protocol: &'static str,
    summary: &'a str,
    length: usize,
}

#[derive(Serialize)]
struct End<'a> {
    mac: String,
    name: Option<&'a str>,
}
