//! What passes an interface, as an operator watches it: the real program on a terminal, real frames, and
//! nothing left when the list is closed.

#[macro_use]
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use common::browse::{names, open, open_with, select, set_up};
use common::program::ends;
use common::pty::Terminal;
use common::{eventually, ip_json, part, sh, without};
use macvlens::kernel::packet::PacketSocket;
use macvlens::model::MacAddr;
use pcap_file::pcapng::{Block, PcapNgReader};
use serde_json::Value;

/// How many frames are sent one by one.
const FRAMES: u16 = 400;

/// The small host with addresses and everything up; the first ping has to resolve the other end.
fn set_up_bridge() {
    set_up();
    sh("ip address add 198.51.100.1/24 dev mvhost; ip link set mvhost up
        ip -n web link set eth0 type macvlan mode bridge
        ip -n web address add 198.51.100.2/24 dev eth0; ip -n web link set eth0 up");
}

/// Packet sockets in `web`.
fn sockets() -> usize {
    sh("ip netns exec web cat /proc/net/packet").lines().count() - 1
}

/// Opens the list on `eth0` in `web`, and waits until frames are captured.
#[track_caller]
fn listen(terminal: &mut Terminal) {
    select(terminal, "eth0");
    terminal.keys("s");
    terminal.shows("Packets on eth0 in web");
    terminal.wait("an open socket", |screen| !screen.contains("opening"));
    assert_eq!(sockets(), 1);
}

/// Resolves mvhost from `web` and asks it for an echo.
fn ping() {
    ends("probe web/eth0 mvhost", 0);
}

/// The frames in a file, and how many ends it has.
fn packets(path: &Path) -> (Vec<Vec<u8>>, usize) {
    let file = fs::File::open(path).expect("the file");
    let mut reader = PcapNgReader::new(file).expect("a header");
    let (mut packets, mut ends) = (Vec::new(), 0);
    while let Some(block) = reader.next_block() {
        match block.expect("a block") {
            Block::EnhancedPacket(packet) => packets.push(packet.data.into_owned()),
            Block::InterfaceStatistics(_) => ends += 1,
            _ => {}
        }
    }
    (packets, ends)
}

sandboxed! {
    fn frames_are_named_held_filtered_and_the_socket_goes_with_the_list() {
        set_up_bridge();
        let mut terminal = open(&[]);
        listen(&mut terminal);
        ping();
        let screen = terminal.shows("ICMP echo reply 198.51.100.1 > 198.51.100.2");
        let arp = screen.lines().find(|line| line.contains("ARP who-has 198.51.100.1")).expect("ARP");
        for word in ["out arp", "eth0/web", "→ broadcast"] {
            assert!(arp.contains(word), "{word}: {arp}");
        }
        let answer = screen.lines().find(|line| line.contains("ARP 198.51.100.1 is-at")).expect("it");
        assert!(answer.contains("in  arp") && answer.contains("mvhost"), "{answer}");
        terminal.keys("/reply\r");
        terminal.wait("the filter", |screen| {
            screen.contains("ICMP echo reply") && !screen.contains("ARP who-has")
        });
        terminal.keys("\x1b");
        terminal.shows("ARP who-has");
        terminal.keys("p");
        let replies = |screen: &str| screen.matches("echo reply").count();
        let before = replies(&terminal.shows("PAUSED  0 came since"));
        ping();
        terminal.wait("the count", |screen| {
            !screen.contains(" 0 came since") && replies(screen) == before
        });
        // Another name shows on the list that is held still, too.
        sh("ip link set mvhost name lan0");
        terminal.wait("the new name", |screen| screen.contains("lan0") && !screen.contains("mvhost"));
        terminal.keys("\r");
        let screen = terminal.shows("EtherType 0x0800");
        assert!(screen.contains("0000 "), "{screen}");
        terminal.keys("\r");
        terminal.shows("Packets on");
        terminal.keys("\x1b");
        terminal.hides("Packets on");
        eventually("the end of the socket", || sockets() == 0);
    }

    fn nothing_keeps_the_namespace_alive_after_the_list() {
        set_up_bridge();
        let mut terminal = open(&[]);
        listen(&mut terminal);
        // The socket keeps it, though it has no name any more: one end of a pair of
        // veths goes with the other.
        sh("ip link add witness type veth peer name inside netns web; ip netns delete web");
        let is_there = || names(None).contains(&"witness".to_owned());
        assert!(is_there());
        terminal.keys("s");
        terminal.hides("Packets on");
        eventually("the end of the namespace", || !is_there());
    }

    fn a_file_gets_what_is_listed_and_what_follows() {
        set_up_bridge();
        let mut terminal = open(&[]);
        listen(&mut terminal);
        ping();
        terminal.shows("ICMP echo reply");
        terminal.keys("x\x15/run/seen.pcapng\r");
        terminal.shows(" written to /run/seen.pcapng");
        terminal.keys("p");
        terminal.shows("PAUSED");
        ping();
        terminal.hides(" 0 came since");
        terminal.keys("c");
        // The thread completes it though the list is gone, and the program waits for that.
        terminal.keys("sq");
        assert!(terminal.end().success());
        let path = Path::new("/run/seen.pcapng");
        assert_eq!(path.metadata().expect("the file").permissions().mode() & 0o777, 0o600);
        let (packets, ends) = packets(path);
        let asks = |packet: &&Vec<u8>| packet[12..14] == [8, 6] && packet[21] == 1;
        let arp = packets.iter().filter(asks).count();
        let echoes = packets.iter().filter(|packet| packet[12..14] == [8, 0]).count();
        assert!(arp >= 2 && echoes >= 4 && ends == 1, "{arp} {echoes} {ends}");
    }

    fn no_frame_is_missing_in_the_file_and_none_is_there_twice() {
        set_up_bridge();
        let link = &ip_json(None, "link show mvhost")[0];
        let far = &ip_json(Some("web"), "link show eth0")[0];
        let mac = |link: &Value| link["address"].as_str().expect("a MAC").parse::<MacAddr>().expect("it");
        let index = link["ifindex"].as_u64().expect("its index").try_into().expect("a small number");
        let mut terminal = open(&[]);
        listen(&mut terminal);
        let header = [mac(far).as_bytes(), mac(link).as_bytes(), &[0x88, 0xb5]].concat();
        let sent = thread::spawn(move || {
            let socket = PacketSocket::open(index, 0x88b6).expect("a socket");
            for number in 0..FRAMES {
                let frame = [&header[..], &number.to_be_bytes(), &[0; 44]].concat();
                socket.send(&frame).expect("sent");
                thread::sleep(Duration::from_millis(2));
            }
        });
        terminal.shows("EtherType 0x88b5");
        terminal.keys("x\x15/run/all.pcapng\r");
        terminal.shows(" written to /run/all.pcapng");
        sent.join().expect("the sender");
        terminal.wait("the last", |screen| screen.contains(&format!("\n {FRAMES} packets")));
        terminal.keys("x");
        terminal.shows(&format!("{FRAMES} packets written to /run/all.pcapng"));
        let number = |packet: Vec<u8>| u16::from_be_bytes([packet[14], packet[15]]);
        let numbers: Vec<_> = packets(Path::new("/run/all.pcapng")).0.into_iter().map(number).collect();
        assert_eq!(numbers, (0..FRAMES).collect::<Vec<_>>());
    }

    fn a_capture_that_fails_is_told() {
        set_up_bridge();
        let file = Path::new("/run/panic");
        let mut terminal = open_with(&["MACVLENS_PANIC=/run/panic"], &[]);
        listen(&mut terminal);
        fs::write(file, "capture").expect("a file");
        ping();
        terminal.shows("The capture is over: its thread has failed.");
        eventually("the end of the socket", || sockets() == 0);
        fs::remove_file(file).expect("the file");
        terminal.keys("s");
        terminal.hides("Packets on");
        listen(&mut terminal);
    }

    fn an_interface_that_goes_is_told_and_what_came_stays() {
        set_up_bridge();
        let mut terminal = open(&[]);
        listen(&mut terminal);
        ping();
        terminal.shows("ICMP echo reply");
        sh("ip -n web link delete eth0");
        let screen = terminal.shows("The capture is over: eth0 in web is gone.");
        assert!(screen.contains("ICMP echo reply"), "{screen}");
        eventually("the end of the socket", || sockets() == 0);
        terminal.keys("x\x15/run/late.pcapng\r");
        terminal.shows(" packets written to /run/late.pcapng");
    }

    fn without_raw_sockets_it_says_so() {
        const TEST: &str = "without_raw_sockets_it_says_so";
        if part(TEST) {
            let mut terminal = open(&[]);
            select(&mut terminal, "eth0");
            terminal.keys("s");
            terminal.shows("The capture is over: opening a packet socket on eth0 in web");
            terminal.shows("cap_net_raw, and cap_sys_admin to enter");
            return;
        }
        set_up_bridge();
        without("net_raw", TEST);
    }
}
