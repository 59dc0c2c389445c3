//! The host as it changes: what the kernel tells, what it does not tell, and that watching holds
//! nothing back.

#[macro_use]
mod common;

use std::io::{Read, stdin};
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::watch::Watch;
use common::{Helper, eventually, part, sh, source_list, without, without_privileges};
use macvlens::kernel::enter;
use macvlens::kernel::netlink::{Asker, NESTED, Request, append, kind};
use macvlens::kernel::sandbox::named;
use macvlens::kernel::watcher::Command;
use macvlens::model::{Happening, View, What};

/// A parent p in the own namespace, and namespaces a and b.
fn set_up() {
    sh("ip netns add a; ip netns add b
        ip link add p type veth peer name q; ip link set q up; ip link set p up
        ip link add link p name mv netns a type macvlan mode bridge");
}

/// `ip -n NETNS link set dev … type macvlan bclim CUTOFF`, which older releases of `ip` don't know.
fn set_cutoff(netns: &str, ifindex: u32, cutoff: i32) {
    const IFLA_LINKINFO: u16 = 18;
    const IFLA_INFO_KIND: u16 = 1;
    const IFLA_INFO_DATA: u16 = 2;
    const IFLA_MACVLAN_BC_CUTOFF: u16 = 9;
    let (mut data, mut info, mut header) = (Vec::new(), Vec::new(), [0; 16]);
    append(&mut data, IFLA_MACVLAN_BC_CUTOFF, &cutoff.to_ne_bytes());
    append(&mut info, IFLA_INFO_KIND, b"macvlan");
    append(&mut info, IFLA_INFO_DATA | NESTED, &data);
    header[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    let request = Request::new(kind::NEW_LINK, &header).attr(IFLA_LINKINFO | NESTED, &info);
    let netns = named::open(netns).expect("the namespace");
    let done = enter::inside(netns.as_fd(), || {
        Asker::open().expect("a socket").acknowledge(request, false)
    });
    done.expect("to enter").expect("a new cutoff");
}

sandboxed! {
    fn changes_of_every_kind_arrive() {
        set_up();
        let watch = Watch::start();
        for change in [
            "ip link add link p name two netns b type macvlan mode private",
            "ip -n a link set mv type macvlan mode vepa",
            "ip -n a link set mv up",
            "ip -n a address add 192.0.2.1/24 dev mv",
            "ip -n a link set mv name renamed",
            "ip -n a link set renamed address 02:00:00:00:00:01",
            "ip -n a address del 192.0.2.1/24 dev renamed",
            "ip -n a link set renamed type macvlan mode source macaddr add 02:00:00:00:00:02",
            "ip link set p mtu 1400",
            "ip -n a link set renamed netns b",
            "ip link set p down",
            "ip link set q down; ip link set p up",
            "ip link add sw type bridge; ip link set q master sw",
            "ip link set q type bridge_slave isolated on hairpin on learning off",
            "bridge link set dev q flood off bcast_flood off hairpin off",
            "ip link set sw type bridge stp_state 1",
            "ip link set sw up; ip link set q up",
            "ip link set q nomaster",
            "ip -n b link del two",
            "ip link del p",
        ] {
            sh(change);
            watch.agrees_with_ip(&["a", "b"]);
        }
    }

    fn nothing_that_is_watched_is_kept_alive() {
        set_up();
        sh("ip -n a link set mv address 02:00:00:00:00:77 up");
        let watch = Watch::start();
        assert!(watch.has("a", "mv"));
        sh("ip netns del a");
        sh("ip link add link p name next netns b type macvlan mode bridge");
        // The kernel takes a namespace down in the background, watched or not.
        eventually("a sibling to come up with the same MAC", || {
            sh("ip -n b link set next address 02:00:00:00:00:77 && ip -n b link set next up &&
                echo up || true").contains("up")
        });
        eventually("a to vanish", || !watch.labels().contains(&"a".into()));
        watch.agrees_with_ip(&["b"]);
    }

    fn a_parents_move_is_seen_at_children_that_are_down() {
        set_up();
        let watch = Watch::start();
        assert_eq!(watch.parent("a", "mv").as_deref(), Some("p in current"));
        sh("ip link set p netns b");
        eventually("mv to follow its parent", || watch.parent("a", "mv").as_deref() == Some("p in b"));
        watch.agrees_with_ip(&["a", "b"]);
    }

    fn a_parents_namespace_takes_its_children_along() {
        sh("ip netns add a; ip netns add b; ip -n b link add p type veth peer name q
            ip -n b link add link p name mv netns a type macvlan");
        let watch = Watch::start();
        assert!(watch.has("a", "mv"));
        sh("ip netns del b");
        eventually("mv to go with its parent", || !watch.has("a", "mv"));
        eventually("b to vanish", || !watch.labels().contains(&"b".into()));
    }

    fn what_siblings_share_changes_at_all_of_them() {
        set_up();
        sh("ip link add link p name two netns b type macvlan mode bridge");
        let watch = Watch::start();
        let mv = watch.link("a", "mv", |_, link| link.key.ifindex).unwrap();
        set_cutoff("a", mv, 7);
        let cutoff = |ns, name| watch.link(ns, name, |_, link| link.macvlan().unwrap().bc_cutoff);
        eventually("both cutoffs", || {
            cutoff("a", "mv") == Some(7) && cutoff("b", "two") == Some(7)
        });
        sh("ip -n b link set two type macvlan bcqueuelen 5000");
        watch.agrees_with_ip(&["a", "b"]);
    }

    fn what_changes_silently_at_links_that_are_down_is_seen_within_two_seconds() {
        set_up();
        sh("ip netns add many; for i in $(seq 100); do
                echo link add link p name m$i netns many type macvlan mode bridge
            done > /run/add; ip -batch /run/add");
        let watch = Watch::start();
        let start = Instant::now();
        sh("ip -n a link set mv type macvlan mode source macaddr add 02:00:00:00:00:01
            ip -n a link set mv alias changed
            for i in $(seq 100); do echo link set m$i type macvlan mode vepa; done > /run/set
            ip -n many -batch /run/set");
        watch.agrees_with_ip(&["a", "many"]);
        let alias = || watch.link("a", "mv", |_, link| link.alias.clone());
        eventually("the alias", || alias() == Some(Some("changed".into())));
        assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
    }

    fn carrier_reaches_hundreds_of_children() {
        set_up();
        sh("for i in $(seq 300); do
                echo link add link p name m$i netns b type macvlan mode bridge
            done > /run/add; ip -batch /run/add
            for i in $(seq 300); do echo link set m$i up; done > /run/up; ip -n b -batch /run/up");
        let watch = Watch::start();
        sh("ip link set q down");
        watch.agrees_with_ip(&["b"]);
        sh("ip link set q up");
        watch.agrees_with_ip(&["b"]);
    }

    fn new_namespaces_show_at_once_or_within_a_second() {
        set_up();
        let watch = Watch::start();
        let start = Instant::now();
        sh("ip netns add fresh");
        eventually("the named one", || watch.labels().contains(&"fresh".into()));
        assert!(start.elapsed() < Duration::from_millis(800), "at once: {:?}", start.elapsed());
        let helper = Helper::in_new_netns();
        let start = Instant::now();
        let label = format!("sleep ({})", helper.pid());
        eventually("the unnamed one", || watch.labels().contains(&label));
        assert!(start.elapsed() < Duration::from_millis(1200), "{:?}", start.elapsed());
        drop(helper);
        eventually("the unnamed one to vanish", || !watch.labels().contains(&label));
        sh("ip netns del fresh");
        eventually("the named one to vanish", || !watch.labels().contains(&"fresh".into()));
    }

    fn a_dead_namespace_does_not_come_back() {
        set_up();
        let watch = Watch::start();
        let helper = Helper::in_new_netns();
        let label = format!("sleep ({})", helper.pid());
        eventually("the helper's namespace", || watch.labels().contains(&label));
        drop(helper);
        eventually("it to vanish", || !watch.labels().contains(&label));
        // A look at the mounts, before any at the processes; the number may be given out again.
        sh("ip netns add fresh");
        eventually("the named one", || watch.labels().contains(&"fresh".into()));
        assert!(!watch.labels().contains(&label), "{:?}", watch.labels());
        assert_eq!(watch.holders("fresh"), ["/run/netns/fresh"]);
    }

    fn a_closed_socket_holds_nothing() {
        let mut command = Helper::play("part_socket_elsewhere");
        let mut helper = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("part");
        eventually("the socket", || Path::new("/run/socket-made").exists());
        let watch = Watch::start();
        let holds = || watch.labels().iter().any(|label| label.starts_with("socket of"));
        assert!(holds(), "{:?}", watch.labels());
        drop(helper.stdin.take());
        eventually("it to vanish", || !holds());
        sh("ip netns add fresh");
        eventually("the named one", || watch.labels().contains(&"fresh".into()));
        assert!(!holds(), "{:?}", watch.labels());
        assert_eq!(watch.holders("fresh"), ["/run/netns/fresh"]);
        helper.kill().and_then(|()| helper.wait()).expect("its end");
    }

    fn a_closed_namespace_stays_closed_for_its_reason() {
        set_up();
        without_privileges("part_watches_without_privileges");
    }

    fn what_is_not_heard_is_seen_within_two_seconds() {
        set_up();
        without("net_broadcast", "part_watches_without_hearing");
    }

    fn lifetimes_on_the_screen_count_down_and_nothing_is_told_of_it() {
        set_up();
        // So many namespaces that reading all of them again, some in every beat, takes long.
        sh("for i in $(seq 40); do ip netns add n$i; done
            ip -n a link set mv addrgenmode none; ip -n a link set mv up
            ip -n a address add 192.0.2.1/24 dev mv valid_lft 1000 preferred_lft 900");
        let watch = Watch::start();
        let left = || {
            let address = watch.link("a", "mv", |_, link| link.addresses[0].clone());
            address.map(|address| (address.valid_lft, address.preferred_lft)).expect("mv")
        };
        let (valid, preferred) = left();
        let key = watch.link("a", "mv", |_, link| link.key).expect("mv");
        watch.remote.send(Command::Watch(vec![key]));
        let less = |then: Option<u32>, now: Option<u32>| now <= then.map(|seconds| seconds - 3);
        eventually("three seconds less", || less(valid, left().0) && less(preferred, left().1));
        let happenings = watch.happenings.lock().unwrap();
        let of_address = |happening: &&Happening| match &happening.what {
            What::Changed(list) => list.iter().any(|difference| difference.to.contains("192.0.2.1")),
            What::Appeared | What::Gone => false,
        };
        assert_eq!(happenings.iter().find(of_address), None);
    }

    fn what_is_deleted_with_its_parent_is_told_with_the_parents_name() {
        set_up();
        let watch = Watch::start();
        sh("ip link del p");
        eventually("mv to vanish", || !watch.has("a", "mv"));
        let happenings = watch.happenings.lock().unwrap();
        let parent = happenings.iter().find_map(|happening| {
            let link = happening.link.as_ref().filter(|link| link.name == "mv".into())?;
            (happening.what == What::Gone).then(|| link.parent.clone())
        });
        assert_eq!(parent, Some(Some("p in current".into())));
    }

    fn lost_events_end_in_the_right_state() {
        set_up();
        let watch = Watch::start();
        // The receiver sleeps while more happens than any buffer holds.
        *watch.dawdle.lock().unwrap() = Duration::from_millis(1500);
        sh("ip link set p mtu 1450
            for round in 1 2 3; do
                for i in $(seq 1000); do
                    echo link add link p name m$i netns b type macvlan mode bridge
                done > /run/add; ip -batch /run/add
                for i in $(seq 1000); do echo link set m$i up; done > /run/up; ip -n b -batch /run/up
                ip link del p
                ip link add p type veth peer name q; ip link set p up
            done
            ip link add link p name last netns a type macvlan mode vepa");
        *watch.dawdle.lock().unwrap() = Duration::ZERO;
        eventually("the last one", || watch.has("a", "last"));
        watch.agrees_with_ip(&["a", "b"]);
    }

    fn a_hidden_namespace_gets_its_identity_once_a_process_is_in_it() {
        let kept = common::hidden::netns_with_parent("mv", "a");
        let watch = Watch::start();
        eventually("the hidden parent", || {
            watch.parent("a", "mv").is_some_and(|parent| parent.starts_with("p in hidden"))
        });
        let helper = kept.reveal();
        let expected = format!("p in sleep ({})", helper.pid());
        eventually("the parent's new owner", || watch.parent("a", "mv") == Some(expected.clone()));
        assert!(!watch.labels().iter().any(|label| label.starts_with("hidden")), "{:?}", watch.labels());
    }

    fn links_behind_the_cut_of_a_dump_are_found_and_stay() {
        source_list(6000);
        let watch = Watch::start();
        eventually("both links behind the cut", || watch.has("a", "mv") && watch.has("a", "after"));
        watch.remote.send(Command::Rescan);
        for _ in 0..50 {
            assert!(watch.has("a", "mv") && watch.has("a", "after"));
            sleep(Duration::from_millis(10));
        }
        sh("ip -n a link del mv; ip -n a link del after");
        watch.agrees_with_ip(&["a", "b"]);
    }

    fn commands_are_obeyed_and_the_thread_ends_with_its_remote() {
        set_up();
        let watch = Watch::start();
        watch.remote.send(Command::Rescan);
        watch.agrees_with_ip(&["a", "b"]);
        let topology = Arc::clone(&watch.topology);
        drop(watch);
        assert_eq!(Arc::strong_count(&topology), 1);
    }
}

#[test]
fn part_socket_elsewhere() {
    if part("part_socket_elsewhere") {
        let socket = enter::fresh(|| UdpSocket::bind("0.0.0.0:0").expect("a socket"));
        let socket = socket.expect("a fresh namespace");
        std::fs::write("/run/socket-made", "").expect("a sign");
        stdin().read_to_end(&mut Vec::new()).expect("the end of stdin");
        drop(socket);
        sleep(Duration::MAX);
    }
}

#[test]
fn part_watches_without_privileges() {
    if part("part_watches_without_privileges") {
        let watch = Watch::start();
        // Time for each of the three namespaces to have its turn.
        sleep(Duration::from_secs(4));
        let topology = watch.topology.lock().unwrap();
        let closed = topology.namespaces().filter_map(|namespace| match &namespace.netns.view {
            View::Closed { why } => Some(why.as_str()),
            View::Open => None,
        });
        let closed: Vec<_> = closed.collect();
        assert_eq!(closed.len(), 2, "{closed:?}");
        assert!(closed.iter().all(|why| why.contains("cap_sys_admin")), "{closed:?}");
        let told: Vec<_> = topology.problems().filter(|problem| problem.why == closed[0]).collect();
        let [_, closed] = told[..] else { panic!("{told:?}") };
        assert_eq!(closed.what, "the links of 2 namespaces, such as a");
    }
}

#[test]
fn part_watches_without_hearing() {
    if part("part_watches_without_hearing") {
        let watch = Watch::start();
        assert!(watch.has("a", "mv"));
        let start = Instant::now();
        sh("ip -n a address add 192.0.2.1/24 dev mv");
        eventually("the address", || {
            watch.link("a", "mv", |_, link| link.addresses.len()) == Some(1)
        });
        assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
        // The own namespace is heard.
        for round in 0..3 {
            let start = Instant::now();
            sh(&format!("ip link set p alias round{round}"));
            let alias = || watch.link("current", "p", |_, link| link.alias.clone()).flatten();
            eventually("the alias", || alias() == Some(format!("round{round}").as_bytes().into()));
            assert!(start.elapsed() < Duration::from_millis(800), "{:?}", start.elapsed());
        }
        sh("ip netns del b");
        eventually("b to vanish", || !watch.labels().contains(&"b".into()));
        let topology = watch.topology.lock().unwrap();
        assert!(topology.is_complete());
        let [problem] = topology.problems().collect::<Vec<_>>()[..] else { panic!("one problem") };
        assert!(problem.why.contains("cap_net_broadcast"), "{problem:?}");
    }
}
