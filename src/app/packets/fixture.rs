//! Packets for tests: a resolution and an echo between two macvlans of the fixture's host, and others.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Batch, Caught, Counts};
use crate::model::{Direction, Frame, Packet};

/// `eth0` in centos1-2, which is selected by `g j` in the tree.
pub(crate) const FROM: [u8; 6] = [2, 0x42, 0xc0, 0xa8, 21, 2];
/// `eth0` in centos1-3.
pub(crate) const TO: [u8; 6] = [2, 0x42, 0xc0, 0xa8, 22, 2];
const STRANGER: [u8; 6] = [0x52, 0x54, 0, 0x1a, 0x0b, 0x0c];
const ALL: [u8; 6] = [0xff; 6];
/// 22:31:04.
const WALL: Duration = Duration::from_secs(81_064);

fn ethernet(target: [u8; 6], source: [u8; 6], rest: &[u8]) -> Vec<u8> {
    [&target[..], &source, rest].concat()
}

/// An ARP packet with its EtherType.
fn arp(operation: u8, sender: ([u8; 6], u8), target: ([u8; 6], u8)) -> Vec<u8> {
    let end = |(mac, last): ([u8; 6], u8)| [&mac[..], &[192, 168, 128, last]].concat();
    let head = [8, 6, 0, 1, 8, 0, 6, 4, 0, operation];
    [&head[..], &end(sender), &end(target)].concat()
}

/// An echo request or reply over IPv4 with its EtherType; checksums are nobody's business.
fn echo(kind: u8, from: u8, to: u8) -> Vec<u8> {
    let head = [8, 0, 0x45, 0, 0, 36, 0, 0, 0, 0, 64, 1, 0, 0];
    let ends = [192, 168, 128, from, 192, 168, 128, to];
    let icmp = [kind, 0, 0, 0, 0x12, 0x34, 0, 1];
    [&head[..], &ends, &icmp, b"macvlens"].concat()
}

/// What passes at a place of the capture; it repeats after five.
fn frame(number: u64) -> Frame {
    let (direction, bytes) = match number % 5 {
        1 => (Direction::Out, ethernet(ALL, FROM, &arp(1, (FROM, 222), ([0; 6], 223)))),
        2 => (Direction::In, ethernet(FROM, TO, &arp(2, (TO, 223), (FROM, 222)))),
        3 => (Direction::Out, ethernet(TO, FROM, &echo(8, 222, 223))),
        4 => (Direction::In, ethernet(FROM, TO, &echo(0, 223, 222))),
        _ => {
            let tagged = [0x81, 0, 0, 50, 0x88, 0xb5, 1, 2, 3];
            (Direction::In, ethernet([1, 0, 0x5e, 0, 0, 7], STRANGER, &tagged))
        }
    };
    let length = bytes.len();
    Frame { time: SystemTime::UNIX_EPOCH, direction, bytes, length }
}

fn caught(number: u64, frame: Frame) -> Caught {
    let packet = Packet::read(&frame).unwrap();
    let wall = WALL + Duration::from_millis(120 * number);
    Caught { number, wall, frame: Arc::new(frame), packet }
}

/// Packets from a place of the capture on.
pub(crate) fn batch(from: u64, count: u64) -> Batch {
    let numbers = from..from + count;
    let packets = numbers.map(|number| caught(number, frame(number))).collect();
    let counts = Counts { seen: (from + count).saturating_sub(1), ..Counts::default() };
    Batch { packets, counts }
}

/// Packets of so many bytes.
pub(crate) fn large(count: u64, bytes: usize) -> Batch {
    let mut batch = batch(1, 0);
    batch.packets = (1..=count)
        .map(|number| {
            let mut frame = frame(number);
            frame.bytes.resize(bytes, 0);
            frame.length = bytes;
            caught(number, frame)
        })
        .collect();
    batch.counts.seen = count;
    batch
}
