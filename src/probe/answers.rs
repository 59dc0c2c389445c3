//! Whether the stack at the other end answers packets: who has the address (ARP of RFC 826, neighbour
//! solicitation of RFC 4861), and an ICMP echo. They are made here and not by the own stack, so its
//! routes and neighbours play no part.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use etherparse::{
    ArpEthIpv4Packet, ArpOperation, EtherType, Icmpv4Type, Icmpv6Type, NetSlice, PacketBuilder,
    SlicedPacket, TransportSlice,
};

use super::{ProbeError, Seat};
use crate::kernel::KernelError;
use crate::kernel::packet::wait;
use crate::model::Answers;

/// How long an answer is waited for. The other stack may first have to ask who we are.
const PATIENCE: Duration = Duration::from_millis(200);
/// How often a question without an answer is asked.
const ATTEMPTS: u16 = 3;
/// What others do with a packet that has come through a router, neighbour discovery must not have.
const HOP_LIMIT: u8 = 255;

/// The EtherTypes in which answers come in: of the address's owner, and of the echo.
pub(super) fn ethertypes(address: IpAddr) -> [u16; 2] {
    match address {
        IpAddr::V4(_) => [EtherType::ARP.0, EtherType::IPV4.0],
        IpAddr::V6(_) => [EtherType::IPV6.0; 2],
    }
}

/// Asks from one address for the other; `seats` are at the same interface, for each of [`ethertypes`].
pub(super) fn ask(seats: [&Seat; 2], from: IpAddr, to: IpAddr) -> Result<Answers, ProbeError> {
    let [asking, echoing] = seats;
    let question = |_| who_has(asking.mac, from, to);
    let Some(mac) = exchange(asking, question, |frame, _| owner(frame, to))? else {
        return Ok(Answers { resolved: false, echoed: false });
    };
    // Tells our echo from those of ping.
    let id = RandomState::new().build_hasher().finish().to_ne_bytes();
    let id = u16::from_ne_bytes([id[0], id[1]]);
    let request = |number| echo(echoing.mac, mac, from, to, [id, number]);
    let is_ours = |frame: &[u8], number| is_reply(frame, to, [id, number]).then_some(());
    let echoed = exchange(echoing, request, is_ours)?.is_some();
    Ok(Answers { resolved: true, echoed })
}

/// Sends a frame and waits for what `take` makes of an answer; again a few times.
fn exchange<T>(
    seat: &Seat,
    frame: impl Fn(u16) -> Option<Vec<u8>>,
    take: impl Fn(&[u8], u16) -> Option<T>,
) -> Result<Option<T>, ProbeError> {
    for number in 0..ATTEMPTS {
        let Some(frame) = frame(number) else { return Ok(None) };
        seat.send(&frame)?;
        let deadline = Instant::now() + PATIENCE;
        // A busy interface always has something to receive, so the time is looked at each time.
        loop {
            let received = seat.receive()?;
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some(received) = &received {
                // A late answer to an earlier question is one, too.
                if let Some(taken) = (0..=number).find_map(|number| take(received, number)) {
                    return Ok(Some(taken));
                }
            }
            if left.is_zero() {
                break;
            }
            if received.is_none() {
                wait([&seat.socket], left)
                    .map_err(|errno| KernelError::refused("waiting for answers", errno))?;
            }
        }
    }
    Ok(None)
}

/// An ARP request, or a neighbour solicitation; `None` where the addresses are of two families.
fn who_has(mac: [u8; 6], from: IpAddr, to: IpAddr) -> Option<Vec<u8>> {
    let mut frame = Vec::new();
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let request = ArpEthIpv4Packet {
                operation: ArpOperation::REQUEST,
                sender_mac: mac,
                sender_ipv4: from.octets(),
                target_mac: [0; 6],
                target_ipv4: to.octets(),
            };
            let packet = PacketBuilder::ethernet2(mac, [0xff; 6]).arp(request.into());
            packet.write(&mut frame).ok()?;
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            const SOLICITATION: u8 = 135;
            const SOURCE_LINK_LAYER_ADDRESS: [u8; 2] = [1, 1];
            // The solicited-node multicast address, and its MAC (RFC 4291 §2.7.1, RFC 2464 §7).
            let [.., x, y, z] = to.octets();
            let mut group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 0).octets();
            group[13..].copy_from_slice(&[x, y, z]);
            let group_mac = [0x33, 0x33, 0xff, x, y, z];
            let payload = [&to.octets()[..], &SOURCE_LINK_LAYER_ADDRESS, &mac].concat();
            PacketBuilder::ethernet2(mac, group_mac)
                .ipv6(from.octets(), group, HOP_LIMIT)
                .icmpv6_raw(SOLICITATION, 0, [0; 4])
                .write(&mut frame, &payload)
                .ok()?;
        }
        _ => return None,
    }
    Some(frame)
}

/// The sender of an answer that says to have the address.
fn owner(frame: &[u8], address: IpAddr) -> Option<[u8; 6]> {
    const ADVERTISEMENT: u8 = 136;
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let has = match (packet.net?, address) {
        (NetSlice::Arp(arp), IpAddr::V4(address)) => {
            let arp = arp.to_packet().try_eth_ipv4().ok()?;
            arp.operation == ArpOperation::REPLY && Ipv4Addr::from(arp.sender_ipv4) == address
        }
        (NetSlice::Ipv6(_), IpAddr::V6(address)) => match packet.transport? {
            TransportSlice::Icmpv6(icmp) => {
                let target = icmp.slice().get(8..24);
                icmp.type_u8() == ADVERTISEMENT && target == Some(&address.octets()[..])
            }
            _ => false,
        },
        _ => false,
    };
    if has { frame.get(6..12)?.try_into().ok() } else { None }
}

fn echo(
    mac: [u8; 6],
    target: [u8; 6],
    from: IpAddr,
    to: IpAddr,
    [id, number]: [u16; 2],
) -> Option<Vec<u8>> {
    const HOPS: u8 = 64;
    let (mut frame, ethernet) = (Vec::new(), PacketBuilder::ethernet2(mac, target));
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => ethernet
            .ipv4(from.octets(), to.octets(), HOPS)
            .icmpv4_echo_request(id, number)
            .write(&mut frame, b"macvlens"),
        (IpAddr::V6(from), IpAddr::V6(to)) => ethernet
            .ipv6(from.octets(), to.octets(), HOPS)
            .icmpv6_echo_request(id, number)
            .write(&mut frame, b"macvlens"),
        _ => return None,
    }
    .ok()?;
    Some(frame)
}

/// Whether it is the address's answer to our echo request.
fn is_reply(frame: &[u8], address: IpAddr, [id, number]: [u16; 2]) -> bool {
    let Ok(packet) = SlicedPacket::from_ethernet(frame) else { return false };
    let (source, reply) = match (packet.net, packet.transport) {
        (Some(NetSlice::Ipv4(ip)), Some(TransportSlice::Icmpv4(icmp))) => {
            let Icmpv4Type::EchoReply(reply) = icmp.icmp_type() else { return false };
            (IpAddr::V4(ip.header().source_addr()), reply)
        }
        (Some(NetSlice::Ipv6(ip)), Some(TransportSlice::Icmpv6(icmp))) => {
            let Icmpv6Type::EchoReply(reply) = icmp.icmp_type() else { return false };
            (IpAddr::V6(ip.header().source_addr()), reply)
        }
        _ => return false,
    };
    source == address && reply.id == id && reply.seq == number
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];

    fn ends() -> [(IpAddr, IpAddr); 2] {
        let of = |from: &str, to: &str| (from.parse().unwrap(), to.parse().unwrap());
        [of("192.0.2.1", "192.0.2.2"), of("2001:db8::1", "2001:db8::2")]
    }

    #[test]
    fn questions_are_not_taken_for_answers() {
        for (from, to) in ends() {
            let question = who_has(MAC, from, to).unwrap();
            assert_eq!(owner(&question, from), None);
            let request = echo(MAC, MAC, from, to, [1, 2]).unwrap();
            assert!(!is_reply(&request, from, [1, 2]));
        }
        let [(v4, _), (v6, _)] = ends();
        assert_eq!(who_has(MAC, v4, v6), None);
    }

    #[test]
    fn only_the_answer_to_our_own_echo_counts() {
        let mut frame = Vec::new();
        let reply = PacketBuilder::ethernet2(MAC, MAC).ipv4([192, 0, 2, 2], [192, 0, 2, 1], 64);
        reply.icmpv4_echo_reply(1, 2).write(&mut frame, b"macvlens").unwrap();
        let [(from, to), _] = ends();
        assert!(is_reply(&frame, to, [1, 2]));
        assert!(!is_reply(&frame, to, [1, 3]) && !is_reply(&frame, to, [3, 2]));
        assert!(!is_reply(&frame, from, [1, 2]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..90)) {
            for (_, to) in ends() {
                prop_assert!(owner(&bytes, to).is_none() || bytes.len() > 14);
                prop_assert!(!is_reply(&bytes, to, [0, 0]) || bytes.len() > 14);
            }
        }
    }
}
