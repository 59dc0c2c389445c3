//! What passes an interface, a line a packet, for people and as JSON. The README explains the JSON field
//! by field.

use std::collections::HashMap;
use std::io::{self, Write};

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::Serialize;

use super::Style;
use super::document::SCHEMA;
use super::json::write_line;
use crate::model::{Direction, LinkKey, MacAddr, Packet, Topology, text};
use crate::reach::Endpoint;

/// What the known interfaces call themselves, by their MACs.
#[derive(Debug)]
pub struct Names(HashMap<MacAddr, String>);

impl Names {
    /// Takes every usable MAC. Where several interfaces share one, it is called after that on which
    /// the capture runs, else after one that sits on no other.
    pub fn new(topology: &Topology, captured: LinkKey) -> Self {
        let mut links: Vec<_> = topology.links().collect();
        links.sort_by_key(|link| (link.key != captured, link.parent.is_some(), link.key));
        let mut names = HashMap::new();
        for link in links {
            if let Some(mac) = link.mac.filter(MacAddr::is_usable) {
                names.entry(mac).or_insert_with(|| Endpoint::Link(link.key).label(topology));
            }
        }
        Self(names)
    }

    /// What an address is called; `None` for that of a stranger.
    pub fn get(&self, mac: MacAddr) -> Option<&str> {
        const ALL: [u8; 6] = [0xff; 6];
        if mac.as_bytes() == ALL { Some("broadcast") } else { self.0.get(&mac).map(String::as_str) }
    }
}

/// Writes a packet as a line of text. `zone` is that of the clock on the wall.
pub fn write_text(
    out: &mut impl Write,
    packet: &Packet,
    names: &Names,
    zone: FixedOffset,
    style: Style,
) -> io::Result<()> {
    let time = DateTime::<Utc>::from(packet.time).with_timezone(&zone).format("%H:%M:%S%.6f");
    let direction = word(packet.direction);
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
            direction: word(packet.direction),
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

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}
