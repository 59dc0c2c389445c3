//! What the program may do, and what it gives up to do less.

#[macro_use]
mod common;

use std::ffi::OsStr;
use std::fs::{self, read_link};
use std::process::Command;
use std::thread;

use common::change::{edit, key, look};
use common::{Helper, ip_json, part, sh, without_privileges};
use macvlens::kernel::execute::perform;
use macvlens::kernel::privileges::{Authority, authority, drop_for_looking};
use macvlens::kernel::{session, shell};
use macvlens::model::Netns;
use macvlens::plan::{Edit, Verdict, build};
use rustix::net::{AddressFamily, SocketType, socket};

/// The capability sets of a thread, and whether it can gain more.
fn sets(status: &str) -> Vec<(String, u64)> {
    let status = fs::read_to_string(status).expect("a status");
    let wanted = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"];
    let lines = status.lines().filter_map(|line| line.split_once(":\t"));
    lines
        .filter(|(name, _)| wanted.contains(name))
        .map(|(name, hex)| (name.to_owned(), u64::from_str_radix(hex, 16).expect("a set")))
        .collect()
}

fn own_netns() -> Netns {
    let topology = look();
    let own = topology.namespaces().find(|namespace| namespace.netns.current);
    own.expect("the own namespace").netns.clone()
}

/// What a shell command prints inside a namespace.
fn inside(netns: &Netns, script: &str) -> String {
    let out = "/run/shell-output";
    let mut command = Command::new("sh");
    command.args([OsStr::new("-ec"), OsStr::new(&format!("exec >{out}\n{script}"))]);
    let status = shell::run(netns, "a label", command).expect("a shell");
    assert!(status.success(), "{script}: {status}");
    fs::read_to_string(out).expect("its output").trim_end().to_owned()
}

const PART: &str = "a_looker_keeps_what_looking_takes_and_nothing_else";

sandboxed! {
    fn a_looker_keeps_what_looking_takes_and_nothing_else() {
        if !part(PART) {
            sh("ip netns add a; ip -n a link add name p type veth peer name q
                ip -n a link add link p name mv type macvlan");
            let output = Helper::play(PART).output().expect("the looker");
            assert!(output.status.success(), "{}{}",
                String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            return;
        }
        drop_for_looking().expect("to drop capabilities");
        // DAC_READ_SEARCH, NET_BROADCAST, NET_ADMIN, SYS_PTRACE, SYS_ADMIN by their numbers.
        let looking: u64 = [2, 11, 12, 19, 21].into_iter().map(|bit| 1 << bit).sum();
        let expected = [
            ("CapInh", 0), ("CapPrm", looking), ("CapEff", looking), ("CapBnd", looking),
            ("CapAmb", 0), ("NoNewPrivs", 1),
        ];
        let expected: Vec<_> = expected.map(|(name, set)| (name.to_owned(), set)).into();
        assert_eq!(sets("/proc/thread-self/status"), expected);
        let later = thread::spawn(|| sets("/proc/thread-self/status")).join().expect("a thread");
        assert_eq!(later, expected);
        // A program that is started gains nothing, not even as root.
        let started = sh("grep ^CapEff /proc/self/status");
        let started = started.trim_start_matches("CapEff:\t").trim_end();
        assert_eq!(u64::from_str_radix(started, 16).expect("a set") & !looking, 0);
        assert!(socket(AddressFamily::INET, SocketType::RAW, None).is_err());
        // And it sees as much as before.
        let topology = look();
        assert!(topology.is_complete(), "{:?}", topology.problems().collect::<Vec<_>>());
        assert!(topology.links().any(|link| link.macvlan().is_some()));
    }

    fn authority_goes_as_far_as_the_capabilities() {
        if part("authority_goes_as_far_as_the_capabilities") {
            let Authority::None(why) = authority() else { panic!("{:?}", authority()) };
            assert!(why.contains("cap_net_admin"), "{why}");
            return;
        }
        assert_eq!(authority(), Authority::All);
        without_privileges("authority_goes_as_far_as_the_capabilities");
    }

    fn the_own_namespace_is_changed_without_entering_any() {
        const PART: &str = "the_own_namespace_is_changed_without_entering_any";
        if !part(PART) {
            sh("ip link add name p type veth peer name q; ip link add link p name mv type macvlan");
            let play = Helper::play(PART);
            let mut command = Command::new("setpriv");
            command.args(["--bounding-set=-all,+net_admin", "--inh-caps=-all"]);
            command.arg(play.get_program()).args(play.get_args());
            command.envs(play.get_envs().filter_map(|(key, value)| Some((key, value?))));
            let output = command.output().expect("setpriv");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(ip_json(None, "link show mv")[0]["mtu"], 1300);
            return;
        }
        assert!(matches!(authority(), Authority::Own(_)));
        let topology = look();
        let own = topology.namespaces().find(|namespace| namespace.netns.current).expect("it");
        let mv = own.link_named(b"mv").expect("mv").key;
        let outcome = perform(&build(&topology, &[edit(mv, [Edit::Mtu(1300)])]).expect("a plan"));
        assert_eq!(outcome.verdict, Verdict::Done);
    }

    fn a_shell_is_inside_with_a_sys_of_its_own() {
        sh("ip netns add a; ip -n a link add name far type veth peer name wide
            ip link add name near type veth peer name by");
        let topology = look();
        let a = &topology.namespace(key(&topology, "a", "far").netns).expect("a").netns;
        assert_eq!(inside(a, "ls /sys/class/net | sort | tr '\\n' ' '"), "far lo wide");
        assert_eq!(inside(a, "echo $MACVLENS_NETNS; ip -o link | wc -l"), "a label\n3");
        let own = own_netns();
        let before = read_link("/proc/self/ns/mnt").expect("a mount namespace");
        assert_eq!(inside(&own, "readlink /proc/self/ns/mnt"), before.to_string_lossy());
        // What it mounts stays inside, and we are where we were.
        inside(a, "mkdir /run/inside; mount -t tmpfs none /run/inside");
        assert!(!fs::read_to_string("/proc/self/mountinfo").expect("mounts").contains(" /run/inside "));
        assert_eq!(sh("ls /sys/class/net | grep -c far || true").trim(), "0");
        let mut failing = Command::new("sh");
        failing.args(["-c", "exit 7"]);
        assert_eq!(shell::run(a, "a", failing).expect("a shell").code(), Some(7));
        assert!(shell::run(a, "a", Command::new("/no/such/shell")).is_err());
    }

    fn a_route_leads_through_the_interface_that_ip_names() {
        sh("ip link add name p type veth peer name q; ip link set p up; ip link set q up
            ip address add 192.0.2.1/24 dev p; ip address add 2001:db8::1/64 dev q nodad");
        let index = |name: &str| {
            let index = ip_json(None, &format!("link show {name}"))[0]["ifindex"].as_u64();
            index.map(|index| u32::try_from(index).expect("an index"))
        };
        let towards = |ip: &str| session::oif_towards(ip.parse().expect("an address")).expect("an answer");
        assert_eq!(towards("192.0.2.7"), index("p"));
        assert_eq!(towards("2001:db8::7"), index("q"));
        assert_eq!(towards("192.0.2.1"), index("lo"), "ourselves");
        assert_eq!(towards("203.0.113.1"), None);
    }
}
