//! What a frame is about, in one line. Protocols that show how hosts find each other are told in full,
//! all others by their addresses and ports, or by their number.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{
    ArpOperation, ArpPacketSlice, Icmpv4Slice, Icmpv6Slice, IpNumber, LaxNetSlice, LaxSlicedPacket,
    TcpSlice, TransportSlice, UdpSlice,
};

use super::super::MacAddr;

/// The protocol's name and the line.
pub(super) struct Summary {
    pub(super) protocol: &'static str,
    pub(super) text: String,
}

fn summary(protocol: &'static str, text: impl Into<String>) -> Summary {
    Summary { protocol, text: text.into() }
}

/// Sums a frame up; `payload` is what follows the EtherType.
pub(super) fn of(packet: &LaxSlicedPacket<'_>, ethertype: u16, payload: &[u8]) -> Summary {
    let (ends, number, fragmented) = match &packet.net {
        None => return other(ethertype, payload),
        Some(LaxNetSlice::Arp(arp)) => return summary("arp", of_arp(arp)),
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let ends = [header.source_addr().into(), header.destination_addr().into()];
            (ends, ip.payload_ip_number(), ip.is_payload_fragmented())
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let ends = [header.source_addr().into(), header.destination_addr().into()];
            (ends, ip.payload().ip_number, ip.is_payload_fragmented())
        }
    };
    match &packet.transport {
        Some(TransportSlice::Icmpv4(icmp)) => of_icmp(icmp, ends),
        Some(TransportSlice::Icmpv6(icmp)) => of_icmpv6(icmp, ends),
        Some(TransportSlice::Udp(udp)) => of_udp(udp, ends),
        Some(TransportSlice::Tcp(tcp)) => {
            let ports = [tcp.source_port(), tcp.destination_port()];
            let text = format!("TCP {} [{}]", with_ports(ends, ports), flags(tcp));
            summary("tcp", text)
        }
        Some(TransportSlice::Igmp(_)) => summary("igmp", format!("IGMP {}", between(ends))),
        None => of_ip(ends, number, fragmented),
    }
}

fn between([from, to]: [IpAddr; 2]) -> String {
    format!("{from} > {to}")
}

fn with_ports([from, to]: [IpAddr; 2], [source, target]: [u16; 2]) -> String {
    let end = |address, port| match address {
        IpAddr::V4(address) => format!("{address}:{port}"),
        IpAddr::V6(address) => format!("[{address}]:{port}"),
    };
    format!("{} > {}", end(from, source), end(to, target))
}

/// An IP packet whose content can't be read: a later fragment, cut off, or of a protocol not known here.
fn of_ip(ends: [IpAddr; 2], number: IpNumber, fragmented: bool) -> Summary {
    let version = if ends[0].is_ipv4() { "IPv4" } else { "IPv6" };
    let name = number.keyword_str().map_or_else(|| number.0.to_string(), str::to_owned);
    let fragment = if fragmented { ", a fragment" } else { "" };
    summary("ip", format!("{version} {}, {name}{fragment}", between(ends)))
}

fn of_arp(arp: &ArpPacketSlice<'_>) -> String {
    let Ok(arp) = arp.to_packet().try_eth_ipv4() else { return "ARP not of IPv4".into() };
    let [sender, target] = [arp.sender_ipv4, arp.target_ipv4].map(Ipv4Addr::from);
    match arp.operation {
        ArpOperation::REQUEST if sender == target => format!("ARP announcement of {sender}"),
        ArpOperation::REQUEST if sender.is_unspecified() => format!("ARP probe for {target}"),
        ArpOperation::REQUEST => format!("ARP who-has {target} tell {sender}"),
        ArpOperation::REPLY => format!("ARP {sender} is-at {}", MacAddr::from(arp.sender_mac)),
        ArpOperation(number) => format!("ARP operation {number}"),
    }
}

fn echo(name: &str, ends: [IpAddr; 2], [a, b, c, d]: [u8; 4]) -> String {
    let [id, number] = [[a, b], [c, d]].map(u16::from_be_bytes);
    format!("{name} {} id {id} seq {number}", between(ends))
}

/// Types of the registry "ICMP Type Numbers" of IANA.
fn of_icmp(icmp: &Icmpv4Slice<'_>, ends: [IpAddr; 2]) -> Summary {
    let between = between(ends);
    summary(
        "icmp",
        match (icmp.type_u8(), icmp.code_u8()) {
            (0, _) => echo("ICMP echo reply", ends, icmp.bytes5to8()),
            (8, _) => echo("ICMP echo request", ends, icmp.bytes5to8()),
            (3, code) => format!("ICMP unreachable {between} code {code}"),
            (5, code) => format!("ICMP redirect {between} code {code}"),
            (11, code) => format!("ICMP time exceeded {between} code {code}"),
            (kind, code) => format!("ICMP {between} type {kind} code {code}"),
        },
    )
}

/// Types of the registry "ICMPv6 type Numbers" of IANA; neighbour discovery is RFC 4861.
fn of_icmpv6(icmp: &Icmpv6Slice<'_>, ends: [IpAddr; 2]) -> Summary {
    let (from, between) = (ends[0], between(ends));
    match (icmp.type_u8(), icmp.code_u8()) {
        (128, _) => summary("icmp", echo("ICMPv6 echo request", ends, icmp.bytes5to8())),
        (129, _) => summary("icmp", echo("ICMPv6 echo reply", ends, icmp.bytes5to8())),
        (130..=132 | 143, _) => summary("mld", format!("MLD {between}")),
        (133, _) => summary("nd", format!("ND router solicitation by {from}")),
        (134, _) => summary("nd", format!("ND router advertisement by {from}")),
        (135, _) => summary(
            "nd",
            match nd_target(icmp) {
                Some(target) if from.is_unspecified() => format!("ND probe for {target}"),
                Some(target) => format!("ND who-has {target} tell {from}"),
                None => "ND neighbour solicitation, cut off".into(),
            },
        ),
        (136, _) => summary(
            "nd",
            match (nd_target(icmp), target_mac(icmp)) {
                (Some(target), Some(mac)) => format!("ND {target} is-at {mac}"),
                (Some(target), None) => format!("ND {target} is there"),
                (None, _) => "ND neighbour advertisement, cut off".into(),
            },
        ),
        (137, _) => summary("nd", format!("ND redirect {between}")),
        (1, code) => summary("icmp", format!("ICMPv6 unreachable {between} code {code}")),
        (2, _) => summary("icmp", format!("ICMPv6 packet too big {between}")),
        (3, code) => summary("icmp", format!("ICMPv6 time exceeded {between} code {code}")),
        (kind, code) => summary("icmp", format!("ICMPv6 {between} type {kind} code {code}")),
    }
}

/// Whom a solicitation or advertisement is about (RFC 4861 §4.3, §4.4).
fn nd_target(icmp: &Icmpv6Slice<'_>) -> Option<Ipv6Addr> {
    let address: [u8; 16] = icmp.slice().get(8..24)?.try_into().ok()?;
    Some(address.into())
}

/// The first option, if it is the target's link-layer address of Ethernet (RFC 4861 §4.6.1).
fn target_mac(icmp: &Icmpv6Slice<'_>) -> Option<MacAddr> {
    match icmp.slice().get(24..32)? {
        [2, 1, mac @ ..] => MacAddr::from_bytes(mac),
        _ => None,
    }
}

fn of_udp(udp: &UdpSlice<'_>, ends: [IpAddr; 2]) -> Summary {
    let ports = [udp.source_port(), udp.destination_port()];
    let payload = udp.payload();
    let (protocol, what) = match ports {
        [67 | 68, 67 | 68] => ("dhcp", dhcp(payload)),
        [546 | 547, 546 | 547] => ("dhcp", dhcpv6(payload)),
        _ => ("udp", None),
    };
    match what {
        Some(what) => summary(protocol, what),
        None => summary("udp", format!("UDP {}", with_ports(ends, ports))),
    }
}

/// A message of RFC 2131 with its type of RFC 2132 §9.6; `None` if it is none.
fn dhcp(message: &[u8]) -> Option<String> {
    const MESSAGE_TYPE: u8 = 53;
    const OPTIONS: usize = 240;
    const COOKIE: [u8; 4] = [99, 130, 83, 99];
    const NAMES: [&str; 8] =
        ["discover", "offer", "request", "decline", "ack", "nak", "release", "inform"];
    if message.get(OPTIONS - COOKIE.len()..OPTIONS)? != COOKIE {
        return None;
    }
    let client = MacAddr::from_bytes(&message[28..34])?;
    let yours: [u8; 4] = message[16..20].try_into().ok()?;
    let yours = Ipv4Addr::from(yours);
    let kind = *option(&message[OPTIONS..], MESSAGE_TYPE)?.first()?;
    let name = NAMES.get(usize::from(kind).checked_sub(1)?)?;
    Some(if yours.is_unspecified() {
        format!("DHCP {name}, client {client}")
    } else {
        format!("DHCP {name} {yours}, client {client}")
    })
}

/// The value of a DHCP option (RFC 2132 §2).
fn option(mut options: &[u8], wanted: u8) -> Option<&[u8]> {
    const PAD: u8 = 0;
    const END: u8 = 255;
    loop {
        match options {
            [PAD, rest @ ..] => options = rest,
            [END, ..] | [] | [_] => return None,
            [code, length, rest @ ..] => {
                let (value, rest) = rest.split_at_checked(usize::from(*length))?;
                if *code == wanted {
                    return Some(value);
                }
                options = rest;
            }
        }
    }
}

/// A message of RFC 8415 §7.3.
fn dhcpv6(message: &[u8]) -> Option<String> {
    const NAMES: [&str; 13] = [
        "solicit",
        "advertise",
        "request",
        "confirm",
        "renew",
        "rebind",
        "reply",
        "release",
        "decline",
        "reconfigure",
        "information-request",
        "relay-forward",
        "relay-reply",
    ];
    let name = NAMES.get(usize::from(*message.first()?).checked_sub(1)?)?;
    Some(format!("DHCPv6 {name}"))
}

fn flags(tcp: &TcpSlice<'_>) -> String {
    let all = [
        (tcp.syn(), "SYN"),
        (tcp.fin(), "FIN"),
        (tcp.rst(), "RST"),
        (tcp.psh(), "PSH"),
        (tcp.ack(), "ACK"),
    ];
    let set: Vec<_> = all.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
    set.join(" ")
}

/// A frame that is neither ARP nor IP, or can't be read as such (IEEE 802 numbers of IANA).
fn other(ethertype: u16, payload: &[u8]) -> Summary {
    const FIRST_ETHERTYPE: u16 = 0x600;
    const SPANNING_TREE: [u8; 2] = [0x42, 0x42];
    if ethertype < FIRST_ETHERTYPE {
        return match payload {
            [target, source, ..] if [*target, *source] == SPANNING_TREE => summary("stp", "STP"),
            [target, source, ..] => {
                summary("llc", format!("LLC, service {source:#04x} > {target:#04x}"))
            }
            _ => summary("llc", "LLC, cut off"),
        };
    }
    match ethertype {
        0x0806 => summary("arp", "ARP, cut off"),
        0x0800 => summary("ip", "IPv4, malformed"),
        0x86dd => summary("ip", "IPv6, malformed"),
        0x88cc => summary("lldp", "LLDP"),
        0x8809 => summary("slow", "slow protocols (LACP)"),
        0x888e => summary("eapol", "EAPOL"),
        0x8863 | 0x8864 => summary("pppoe", "PPPoE"),
        0x8847 | 0x8848 => summary("mpls", "MPLS"),
        0x88e5 => summary("macsec", "MACsec"),
        0x88f7 => summary("ptp", "PTP"),
        _ => summary("other", format!("EtherType {ethertype:#06x}")),
    }
}
