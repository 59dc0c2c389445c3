//! `macvlens packets`, the real program on the real kernel: what it tells of frames that the test sends,
//! the file that it writes, and how it ends.

#[macro_use]
mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::Duration;

use common::docker::host_rooted;
use common::program::{PROGRAM, ends};
use common::{eventually, ip_json, part, sh, without};
use macvlens::kernel::packet::PacketSocket;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::blocks::interface_statistics::InterfaceStatisticsOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use serde_json::{Value, json};

const README: &str = include_str!("../README.md");

/// A pair of veths without IPv6, so that nothing passes but what the test sends: `up0` with an address
/// here, and `far0` in `web`.
fn set_up() {
    sh("ip netns add web
        for n in '' 'ip netns exec web'; do
            $n sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'; done
        ip link add up0 address 02:00:00:00:00:01 type veth peer name far0 address 02:00:00:00:00:02 netns web
        ip link set up0 up; ip -n web link set far0 up
        ip address add 192.0.2.1/24 dev up0; ip -n web address add 192.0.2.2/24 dev far0");
}

/// The program, capturing.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    err: ChildStderr,
}

impl Running {
    /// Starts it and waits until its socket is there.
    fn start(arguments: &str) -> Self {
        let before = sockets();
        let mut command = Command::new(PROGRAM);
        command.args(arguments.split_whitespace()).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it");
        let out = BufReader::new(child.stdout.take().expect("stdout"));
        let err = child.stderr.take().expect("stderr");
        eventually("a packet socket", || sockets() > before);
        Self { child, out, err }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a pid"));
        kill(pid, signal).expect("a signal");
    }

    /// Waits for its end; its status, and what it said on stderr.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.err.read_to_string(&mut said).expect("stderr");
        (self.child.wait().expect("its end").code(), said)
    }
}

/// How many packet sockets for all EtherTypes there are on interfaces of this namespace.
fn sockets() -> usize {
    let table = fs::read_to_string("/proc/net/packet").expect("/proc/net/packet");
    table.lines().filter(|line| line.split_whitespace().nth(3) == Some("0003")).count()
}

/// Sends a frame with a VLAN tag, or without, from `up0`; its payload is zeros.
fn send(ethertype: u16, tag: Option<[u8; 4]>, payload: usize) {
    sender().send(&frame(ethertype, tag, payload)).expect("sent");
}

fn sender() -> PacketSocket {
    let index = ip_json(None, "link show up0")[0]["ifindex"].as_u64().expect("its index");
    PacketSocket::open(index.try_into().expect("a small number"), 0x88b6).expect("a socket")
}

fn frame(ethertype: u16, tag: Option<[u8; 4]>, payload: usize) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(tag.into_iter().flatten());
    frame.extend(ethertype.to_be_bytes());
    frame.resize(frame.len() + payload, 0);
    frame
}

#[track_caller]
fn is_explained(document: &Value) {
    let (_, section) = README.split_once("### Packets\n").expect("the section");
    let (section, _) = section.split_once("\n### ").expect("its end");
    for field in document.as_object().expect("an object").keys() {
        assert!(section.contains(&format!("`{field}`")), "README does not explain {field}");
    }
}

/// tcpdump gives up the groups of root, which a user namespace does not let it.
#[test]
fn a_file_is_read_by_tcpdump() {
    host_rooted("a_file_is_read_by_tcpdump", &["tcpdump"], || {
        set_up();
        let running = Running::start("packets up0 -n 1 -o json --write /run/capture.pcapng");
        send(0x88b5, Some([0x81, 0, 0, 50]), 46);
        assert_eq!(running.end().0, Some(0));
        let told = sh("tcpdump -Z root -nner /run/capture.pcapng");
        for text in ["02:00:00:00:00:01 > ", "vlan 50", "(0x88b5)"] {
            assert!(told.contains(text), "{told}");
        }
    });
}

sandboxed! {
    fn a_ping_is_told_with_names_and_both_ways() {
        set_up();
        let mut running = Running::start("packets up0 -o json");
        // It asks with ARP and then for an echo, after frames of its own type.
        ends("probe up0 web/far0", 0);
        let mut lines = Vec::new();
        while lines.len() < 4 {
            let line = running.line();
            if line["protocol"] != "other" {
                lines.push(line);
            }
        }
        is_explained(&lines[0]);
        is_explained(&lines[0]["source"]);
        let told: Vec<_> = lines.iter().map(|line| {
            ["direction", "protocol", "summary"].map(|field| line[field].as_str().expect("text"))
        }).collect();
        assert_eq!(told[0], ["out", "arp", "ARP who-has 192.0.2.2 tell 192.0.2.1"]);
        assert_eq!(told[1], ["in", "arp", "ARP 192.0.2.2 is-at 02:00:00:00:00:02"]);
        assert_eq!(told[2][..2], ["out", "icmp"]);
        assert!(told[2][2].starts_with("ICMP echo request 192.0.2.1 > 192.0.2.2 id "), "{told:?}");
        assert!(told[3][2].starts_with("ICMP echo reply 192.0.2.2 > 192.0.2.1 id "), "{told:?}");
        let mac = |mac: &str, name: &str| json!({"mac": mac, "name": name});
        assert_eq!(lines[0]["target"], mac("ff:ff:ff:ff:ff:ff", "broadcast"));
        assert_eq!(lines[1]["source"], mac("02:00:00:00:00:02", "far0/web"));
        assert_eq!((&lines[1]["ethertype"], &lines[0]["length"]), (&json!(0x0806), &json!(42)));
        running.signal(Signal::SIGINT);
        assert_eq!(running.end().0, Some(0));
    }

    fn a_parent_shows_what_passes_between_two_in_bridge_mode() {
        set_up();
        sh("for n in 1 2; do
              ip link add link up0 name mv$n type macvlan mode bridge; ip link set mv$n up; done");
        let mut running = Running::start("packets up0 -o json");
        ends("probe mv1 mv2", 0);
        let told: Vec<_> = (0..4).map(|_| {
            let line = running.line();
            let name = |end: &str| line[end]["name"].as_str().expect("a name").to_owned();
            let way = line["direction"].as_str().expect("a direction");
            format!("{way} {} > {}", name("source"), name("target"))
        }).collect();
        // The parent gives a frame for one sibling to itself first, and a broadcast to the wire, too.
        for (way, target) in [("in", "mv2"), ("out", "broadcast")] {
            let begin = format!("{way} mv1");
            let named = told.iter().any(|line| line.starts_with(&begin) && line.contains(target));
            assert!(named, "{begin} > {target}: {told:?}");
        }
        running.signal(Signal::SIGINT);
        assert_eq!(running.end().0, Some(0));
    }

    fn a_file_is_written_for_wireshark_and_never_over_another() {
        set_up();
        // A sandbox has a /run of its own.
        let path = Path::new("/run/capture.pcapng");
        let mut running = Running::start("packets up0 -n 2 -o json --write /run/capture.pcapng");
        send(0x88b5, None, 46);
        send(0x88b5, Some([0x81, 0, 0, 50]), 46);
        running.line();
        assert_eq!(running.line()["vlan"], json!(50));
        assert_eq!(running.end().0, Some(0));
        assert_eq!(path.metadata().expect("the file").permissions().mode() & 0o777, 0o600);
        let blocks = blocks(path);
        let [Block::InterfaceDescription(interface), Block::EnhancedPacket(one), Block::EnhancedPacket(two), Block::InterfaceStatistics(end)] = &blocks[..] else {
            panic!("{blocks:?}");
        };
        assert!(interface.options.contains(&InterfaceDescriptionOption::IfName("up0".into())));
        assert!(interface.options.contains(&InterfaceDescriptionOption::IfTsResol(9)));
        assert_eq!((one.data.len(), one.original_len, two.data.len()), (60, 60, 64));
        assert_eq!(two.data[12..18], [0x81, 0, 0, 50, 0x88, 0xb5]);
        assert_eq!(one.options, [EnhancedPacketOption::Flags(2)]);
        let now = std::time::UNIX_EPOCH.elapsed().expect("a clock");
        let age = now.checked_sub(one.timestamp).expect("a time that is over");
        assert!(one.timestamp <= two.timestamp && age < Duration::from_secs(60));
        assert!(end.options.contains(&InterfaceStatisticsOption::IsbOsDrop(0)));
        let before = fs::read(path).expect("the file");
        let (_, error) = ends("packets up0 -n 1 --write /run/capture.pcapng", 1);
        assert!(error.contains("/run/capture.pcapng") && error.contains("exists"), "{error}");
        assert_eq!(fs::read(path).expect("the file"), before);
    }

    fn a_tag_that_came_in_is_told_though_the_kernel_takes_it_out() {
        set_up();
        let before = sh("ip netns exec web cat /proc/net/packet").lines().count();
        let mut command = Command::new(PROGRAM);
        command.args(["packets", "web/far0", "-n", "1", "--ascii"]).stdout(Stdio::piped());
        let child = command.spawn().expect("it");
        eventually("a socket there", || sh("ip netns exec web cat /proc/net/packet").lines().count() > before);
        send(0x88b5, Some([0x81, 0, 0, 7]), 46);
        let output = child.wait_with_output().expect("its end");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.ends_with("far0/web  VLAN 7 EtherType 0x88b5, 64 bytes\n"), "{text}");
        assert!(text.contains(" in  up0"), "{text}");
        // The socket went with the program.
        assert_eq!(sh("ip netns exec web cat /proc/net/packet").lines().count(), before);
    }

    fn a_signal_and_a_closed_pipe_end_it() {
        set_up();
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let mut running = Running::start("packets up0 -o json");
            send(0x88b5, None, 46);
            running.line();
            running.signal(signal);
            let (status, said) = running.end();
            assert_eq!((status, &*said), (Some(0), "macvlens: 1 packet, 0 dropped by the kernel\n"));
        }
        let Running { mut child, out, mut err } = Running::start("packets up0");
        drop(out);
        assert_eq!(child.wait().expect("its end").code(), Some(0));
        let mut said = String::new();
        err.read_to_string(&mut said).expect("stderr");
        assert_eq!(said, "macvlens: 0 packets, 0 dropped by the kernel\n");
        assert_eq!(sockets(), 0);
    }

    fn what_nobody_takes_is_counted() {
        set_up();
        let mut running = Running::start("packets up0 -o json");
        running.signal(Signal::SIGSTOP);
        // More than the receive buffer, of which the kernel gives at most twice net.core.rmem_max.
        let most = fs::read_to_string("/proc/sys/net/core/rmem_max").map_or(8 << 20, |most| most.trim().parse().expect("a number"));
        let sent = 2 * most.min(8 << 20) / 1024;
        let (sender, frame) = (sender(), frame(0x88b5, None, 1400));
        for _ in 0..sent {
            sender.send(&frame).expect("sent");
        }
        running.signal(Signal::SIGINT);
        running.signal(Signal::SIGCONT);
        let mut rest = String::new();
        running.out.read_to_string(&mut rest).expect("lines");
        let (status, said) = running.end();
        let numbers: Vec<usize> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(status, Some(0));
        assert!(numbers[0] == rest.lines().count() && numbers[1] > 0, "{said}");
    }

    fn an_interface_that_goes_ends_it_and_one_that_is_down_does_not() {
        set_up();
        let mut running = Running::start("packets up0 -o json");
        sh("ip link set up0 down; ip link set up0 up");
        send(0x88b5, None, 46);
        assert_eq!(running.line()["ethertype"], json!(0x88b5));
        sh("ip link delete up0");
        let (status, said) = running.end();
        assert_eq!(status, Some(1));
        assert!(said.contains("up0 in ") && said.contains(" is gone") && said.contains("1 packet,"), "{said}");
    }

    fn without_raw_sockets_it_says_so() {
        const TEST: &str = "without_raw_sockets_it_says_so";
        if part(TEST) {
            let (_, error) = ends("packets up0", 1);
            assert!(error.contains("takes cap_net_raw") && error.contains("up0"), "{error}");
            return;
        }
        set_up();
        let (_, error) = ends("packets up1", 2);
        assert!(error.contains("did you mean"), "{error}");
        without("net_raw", TEST);
    }
}

/// The blocks of a file after the header of its section.
fn blocks(path: &Path) -> Vec<Block<'static>> {
    let mut reader = PcapNgReader::new(File::open(path).expect("the file")).expect("a header");
    let mut blocks = Vec::new();
    while let Some(block) = reader.next_block() {
        blocks.push(block.expect("a block").into_owned());
    }
    blocks
}
