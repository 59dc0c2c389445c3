//! Ends that change or go away around a test: the answer is a clear sentence and never a verdict on
//! what is not there.

#[macro_use]
mod common;

use std::fs::read_to_string;
use std::thread;

use common::{eventually, sh};
use macvlens::kernel::watcher::Watcher;
use macvlens::model::{Answers, Arrived, LinkKey, Topology};
use macvlens::probe::{self, ETHERTYPE, ProbeError};

/// Two vepa macvlans on a parent without a switch: nothing passes, so a test takes its whole time. The
/// parent is in a namespace of its own, the first macvlan here, the second in `two`.
fn set_up() -> (Topology, [LinkKey; 2]) {
    sh("ip netns add wire; ip netns add two
        ip -n wire link add up0 type veth peer name far0
        ip -n wire link set far0 up; ip -n wire link set up0 up
        ip -n wire link add link up0 name one netns 1 type macvlan mode vepa
        ip -n wire link add link up0 name two netns two type macvlan mode vepa
        ip link set one up; ip -n two link set two up
        ip address add 192.0.2.1/24 dev one; ip -n two address add 192.0.2.2/24 dev two");
    look()
}

/// The host as it is, and both macvlans.
fn look() -> (Topology, [LinkKey; 2]) {
    let mut watcher = Watcher::new().expect("a watcher");
    watcher.snapshot();
    let topology = watcher.topology().clone();
    let ends = ["one", "two"]
        .map(|name| topology.links().find(|link| link.name == name.into()).expect("a macvlan").key);
    (topology, ends)
}

/// Runs a test and does something as soon as a socket of that type is on the end in this namespace.
fn meanwhile<T: Send>(test: impl FnOnce() -> T + Send, ethertype: u16, change: &str) -> T {
    thread::scope(|scope| {
        let test = scope.spawn(test);
        let ethertype = format!("{ethertype:04x}");
        eventually("a socket of the test", || {
            let sockets = read_to_string("/proc/thread-self/net/packet").expect("the sockets");
            sockets.lines().any(|line| line.split_whitespace().nth(3) == Some(&ethertype))
        });
        sh(change);
        test.join().expect("an answer")
    })
}

/// The sentence of a test that found an end gone.
#[track_caller]
fn gone<T: std::fmt::Debug>(result: Result<T, ProbeError>) -> String {
    match result {
        Err(error @ ProbeError::Gone(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

sandboxed! {
    fn an_end_that_is_deleted_meanwhile_is_gone() {
        let (topology, [one, two]) = set_up();
        let test = || probe::frames(&topology, one, two);
        let result = meanwhile(test, ETHERTYPE, "ip link del one");
        assert!(gone(result).starts_with("one in "));
        // And is so for the next test.
        assert!(gone(probe::frames(&topology, two, one)).starts_with("one in "));
    }

    fn so_is_one_that_is_moved_or_loses_its_parent() {
        let (topology, [one, two]) = set_up();
        let test = || probe::frames(&topology, one, two);
        let result = meanwhile(test, ETHERTYPE, "ip link set one netns wire");
        assert!(gone(result).starts_with("one in "));
        sh("ip -n wire link set one netns 1");
        sh("ip link set one up");
        let (topology, [one, two]) = look();
        let test = || probe::frames(&topology, one, two);
        gone(meanwhile(test, ETHERTYPE, "ip -n wire link del up0"));
    }

    fn one_that_asks_and_is_deleted_is_gone() {
        const ARP: u16 = 0x0806;
        let (topology, [one, _]) = set_up();
        let [from, to] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().expect("an address"));
        let test = || probe::answers(&topology, one, from, to);
        assert!(gone(meanwhile(test, ARP, "ip link del one")).starts_with("one in "));
    }

    fn one_that_is_set_down_or_renamed_hears_nothing_and_is_not_gone() {
        let (topology, [one, two]) = set_up();
        for change in ["ip link set one name other", "ip link set other down"] {
            let test = || probe::frames(&topology, one, two);
            let arrived = meanwhile(test, ETHERTYPE, change).expect("an answer");
            assert_eq!(arrived, Arrived::default(), "{change}");
        }
        let [from, to] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().expect("an address"));
        let answers = probe::answers(&topology, one, from, to).expect("an answer");
        assert_eq!(answers, Answers { resolved: false, echoed: false });
    }

    fn a_name_that_is_deleted_does_not_end_the_namespace_under_a_test() {
        let (topology, [one, two]) = set_up();
        let test = || probe::frames(&topology, one, two);
        let arrived = meanwhile(test, ETHERTYPE, "ip netns del two").expect("an answer");
        assert_eq!(arrived, Arrived::default());
        // The namespace has died with the last socket of the test.
        let error = probe::frames(&topology, one, two).expect_err("nothing there");
        assert!(error.to_string().starts_with("entering two: "), "{error}");
        assert_eq!(error.advice(), None);
    }

    fn a_mac_that_was_changed_since_the_look_is_the_one_that_is_used() {
        let (topology, [one, two]) = set_up();
        sh("ip link set one type macvlan mode bridge; ip -n two link set two type macvlan mode bridge
            ip link set one address 02:00:00:00:00:01
            ip -n two link set two address 02:00:00:00:00:02");
        assert_eq!(probe::frames(&topology, one, two).expect("an answer"), Arrived::ALL);
    }
}
