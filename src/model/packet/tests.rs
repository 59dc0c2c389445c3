//! Frames made by etherparse or written down byte by byte, as text.

use std::time::SystemTime;

use etherparse::{
    ArpEthIpv4Packet, ArpOperation, EtherType, IpNumber, PacketBuilder, PacketBuilderStep,
    SingleVlanHeader, VlanId, ip_number,
};
use proptest::prelude::*;

use super::{Direction, Frame, Packet};

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];
const V4: [[u8; 4]; 2] = [[192, 0, 2, 1], [192, 0, 2, 2]];

fn read(bytes: &[u8]) -> Option<Packet> {
    Packet::read(&Frame {
        time: SystemTime::UNIX_EPOCH,
        direction: Direction::In,
        bytes: bytes.to_vec(),
        length: bytes.len(),
    })
}

#[track_caller]
fn says(bytes: &[u8], protocol: &str, text: &str) {
    let packet = read(bytes).expect("a frame");
    assert_eq!((packet.protocol, &*packet.summary), (protocol, text));
}

fn ethernet() -> PacketBuilderStep<etherparse::Ethernet2Header> {
    PacketBuilder::ethernet2(A, B)
}

fn arp(operation: ArpOperation, sender: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let packet = ArpEthIpv4Packet {
        operation,
        sender_mac: A,
        sender_ipv4: sender,
        target_mac: B,
        target_ipv4: target,
    };
    let mut frame = Vec::new();
    ethernet().arp(packet.into()).write(&mut frame).unwrap();
    frame
}

fn udp(ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let ip = ethernet().ipv4(V4[0], V4[1], 64);
    ip.udp(ports[0], ports[1]).write(&mut frame, payload).unwrap();
    frame
}

/// An ICMPv6 message from fe80::1 to fe80::2.
fn icmpv6(kind: u8, payload: &[u8]) -> Vec<u8> {
    let [mut from, mut to] = [[0; 16]; 2];
    (from[..2]).copy_from_slice(&[0xfe, 0x80]);
    to[..2].copy_from_slice(&[0xfe, 0x80]);
    (from[15], to[15]) = (1, 2);
    let mut frame = Vec::new();
    let ip = ethernet().ipv6(from, to, 255);
    ip.icmpv6_raw(kind, 0, [0, 1, 0, 2]).write(&mut frame, payload).unwrap();
    frame
}

#[test]
fn who_sent_it_to_whom() {
    let packet = read(&arp(ArpOperation::REQUEST, V4[0], V4[1])).unwrap();
    assert_eq!((packet.source, packet.target), (A.into(), B.into()));
    assert_eq!((packet.ethertype, packet.vlan, packet.length), (0x0806, None, 42));
    assert_eq!(read(&[0; 13]), None);
}

#[test]
fn arp_is_told() {
    let [one, two] = V4;
    says(&arp(ArpOperation::REQUEST, one, two), "arp", "ARP who-has 192.0.2.2 tell 192.0.2.1");
    says(&arp(ArpOperation::REPLY, one, two), "arp", "ARP 192.0.2.1 is-at 02:00:00:00:00:01");
    says(&arp(ArpOperation::REQUEST, one, one), "arp", "ARP announcement of 192.0.2.1");
    says(&arp(ArpOperation::REQUEST, [0; 4], two), "arp", "ARP probe for 192.0.2.2");
    says(&arp(ArpOperation(9), one, two), "arp", "ARP operation 9");
    says(&arp(ArpOperation::REPLY, one, two)[..20], "arp", "ARP, cut off");
}

#[test]
fn neighbour_discovery_is_told() {
    let mut about = vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    says(&icmpv6(135, &about), "nd", "ND who-has 2001:db8::9 tell fe80::1");
    says(&icmpv6(136, &about), "nd", "ND 2001:db8::9 is there");
    says(&icmpv6(135, &about[..9]), "nd", "ND neighbour solicitation, cut off");
    about.extend([2, 1]);
    about.extend(B);
    says(&icmpv6(136, &about), "nd", "ND 2001:db8::9 is-at 02:00:00:00:00:02");
    says(&icmpv6(133, &[]), "nd", "ND router solicitation by fe80::1");
    says(&icmpv6(134, &[0; 8]), "nd", "ND router advertisement by fe80::1");
    says(&icmpv6(143, &[]), "mld", "MLD fe80::1 > fe80::2");
}

#[test]
fn icmp_is_told() {
    let ip = || ethernet().ipv4(V4[0], V4[1], 64);
    let mut frame = Vec::new();
    ip().icmpv4_echo_request(7, 3).write(&mut frame, b"x").unwrap();
    says(&frame, "icmp", "ICMP echo request 192.0.2.1 > 192.0.2.2 id 7 seq 3");
    let mut frame = Vec::new();
    ip().icmpv4_raw(3, 1, [0; 4]).write(&mut frame, &[0; 28]).unwrap();
    says(&frame, "icmp", "ICMP unreachable 192.0.2.1 > 192.0.2.2 code 1");
    says(&icmpv6(129, &[]), "icmp", "ICMPv6 echo reply fe80::1 > fe80::2 id 1 seq 2");
}

#[test]
fn dhcp_is_told() {
    let mut message = vec![0; 240];
    message[28..34].copy_from_slice(&A);
    message[236..].copy_from_slice(&[99, 130, 83, 99]);
    // A pad, a host name, the message type, the end.
    message.extend([0, 12, 2, b'h', b'i', 53, 1, 1, 255]);
    says(&udp([68, 67], &message), "dhcp", "DHCP discover, client 02:00:00:00:00:01");
    message[16..20].copy_from_slice(&V4[1]);
    message[247] = 5;
    says(&udp([67, 68], &message), "dhcp", "DHCP ack 192.0.2.2, client 02:00:00:00:00:01");
    message[247] = 99;
    says(&udp([67, 68], &message), "udp", "UDP 192.0.2.1:67 > 192.0.2.2:68");
    says(&udp([546, 547], &[1, 0, 0, 0]), "dhcp", "DHCPv6 solicit");
}

#[test]
fn ports_and_protocols_are_told() {
    says(&udp([53, 1234], b"x"), "udp", "UDP 192.0.2.1:53 > 192.0.2.2:1234");
    let mut frame = Vec::new();
    let ip = ethernet().ipv4(V4[0], V4[1], 64);
    ip.tcp(1, 80, 0, 0).syn().ack(1).write(&mut frame, &[]).unwrap();
    says(&frame, "tcp", "TCP 192.0.2.1:1 > 192.0.2.2:80 [SYN ACK]");
    let mut frame = Vec::new();
    let ip = ethernet().ipv4(V4[0], V4[1], 64);
    ip.write(&mut frame, ip_number::GRE, b"x").unwrap();
    says(&frame, "ip", "IPv4 192.0.2.1 > 192.0.2.2, GRE");
    // The second fragment of something: offset 1 in the header's seventh byte.
    frame[21] = 1;
    says(&frame, "ip", "IPv4 192.0.2.1 > 192.0.2.2, GRE, a fragment");
    assert_eq!(ip_number::GRE, IpNumber(47));
}

#[test]
fn other_types_are_named_or_numbered() {
    let with = |ethertype: u16| [&B[..], &A, &ethertype.to_be_bytes(), &[0x42, 0x42, 3]].concat();
    says(&with(0x88cc), "lldp", "LLDP");
    says(&with(0x88b5), "other", "EtherType 0x88b5");
    says(&with(38), "stp", "STP");
    says(&with(0x0800), "ip", "IPv4, malformed");
}

#[test]
fn a_vlan_is_told_beside_what_is_inside() {
    let mut frame = Vec::new();
    let tag =
        SingleVlanHeader { vlan_id: VlanId::try_new(50).unwrap(), ..SingleVlanHeader::default() };
    let vlan = PacketBuilder::ethernet2(A, B).vlan(etherparse::VlanHeader::Single(tag));
    vlan.ipv4(V4[0], V4[1], 64).udp(1, 2).write(&mut frame, &[]).unwrap();
    let packet = read(&frame).unwrap();
    assert_eq!((packet.vlan, packet.ethertype), (Some(50), EtherType::IPV4.0));
    assert_eq!(packet.summary, "UDP 192.0.2.1:1 > 192.0.2.2:2");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let packet = read(&bytes);
        prop_assert_eq!(packet.is_some(), bytes.len() >= 14);
    }

    #[test]
    fn what_is_cut_or_bent_is_read_and_printable(
        which in 0_usize..8, cut in 0_usize..330, at in 12_usize..330, byte in any::<u8>()
    ) {
        let mut dhcp = vec![0; 240];
        dhcp[236..].copy_from_slice(&[99, 130, 83, 99]);
        dhcp.extend([12, 2, b'h', b'i', 53, 1, 1, 255]);
        let mut frame = match which {
            0 => arp(ArpOperation::REQUEST, V4[0], V4[1]),
            1 => icmpv6(135, &[1; 24]),
            2 => icmpv6(136, &[2; 24]),
            3 => udp([68, 67], &dhcp),
            4 => udp([546, 547], &[1]),
            5 => icmpv6(128, &[]),
            6 => udp([1, 2], &[]),
            _ => [&B[..], &A, &[0x81, 0, 0, 1, 8, 0, 0x45]].concat(),
        };
        frame.truncate(cut);
        if let Some(bent) = frame.get_mut(at) {
            *bent = byte;
        }
        if let Some(packet) = read(&frame) {
            let printable = packet.summary.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            prop_assert!(printable && !packet.summary.is_empty(), "{}", packet.summary);
        } else {
            prop_assert!(frame.len() < 14);
        }
    }
}
