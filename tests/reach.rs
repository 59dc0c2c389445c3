//! Predictions against frames on the real kernel: every cell must agree.

#[macro_use]
mod common;

use std::fs::File;
use std::thread;

use common::dice::Dice;
use common::docker::host_rooted;
use common::{eventually, sh};
use macvlens::kernel::stack;
use macvlens::kernel::watcher::Watcher;
use macvlens::model::{LinkKey, PortState, Topology};
use macvlens::probe;
use macvlens::reach::{Cast, Endpoint, Switch, Way, way};

fn topology() -> Topology {
    let mut watcher = Watcher::new().expect("a watcher");
    watcher.snapshot();
    watcher.topology().clone()
}

fn named(topology: &Topology, name: &str) -> LinkKey {
    let found = topology.links().find(|link| link.name == name.into());
    found.unwrap_or_else(|| panic!("no {name}")).key
}

/// Sends frames between all of these, both ways, and demands that each arrives as was predicted.
#[track_caller]
fn agrees(names: &[&str], what: &str) {
    let topology = topology();
    let keys: Vec<_> = names.iter().map(|name| named(&topology, name)).collect();
    let pairs: Vec<_> = keys
        .iter()
        .enumerate()
        .flat_map(|(at, from)| keys[at + 1..].iter().map(|to| [*from, *to]))
        .collect();
    let wrong: Vec<String> = thread::scope(|scope| {
        let topology = &topology;
        let tests = pairs.iter().map(|pair| scope.spawn(move || disagreements(topology, *pair)));
        let tests: Vec<_> = tests.collect();
        tests.into_iter().flat_map(|test| test.join().expect("a measurement")).collect()
    });
    assert!(wrong.is_empty(), "{what}: {}\n{}", wrong.len(), wrong.join("\n"));
}

/// Where prediction and measurement of a pair differ.
fn disagreements(topology: &Topology, [a, b]: [LinkKey; 2]) -> Vec<String> {
    let measured = probe::frames(topology, a, b).expect("a measurement");
    let casts = [(Cast::Unicast, measured.unicast), (Cast::Broadcast, measured.broadcast)];
    let ways = casts
        .into_iter()
        .flat_map(|(cast, [there, back])| [(cast, a, b, there), (cast, b, a, back)]);
    ways.filter_map(|(cast, from, to, arrived)| {
        let ends = [from, to].map(Endpoint::Link);
        let predicted = way(topology, ends[0], ends[1], cast, Switch::Normal);
        let [from, to] = [from, to].map(|key| topology.describe(key));
        (predicted.arrives() != arrived)
            .then(|| format!("{cast:?} {from} to {to}: {predicted:?}, but measured {arrived}"))
    })
    .collect()
}

/// Compares what is predicted of the outside of `up0` with what a host out there measures. It is in
/// nobody's source list, as the outside is not.
#[track_caller]
fn outside_agrees(names: &[&str], what: &str) {
    let topology = topology();
    let (outside, far) = (Endpoint::Outside(named(&topology, "up0")), named(&topology, "far0"));
    for name in names {
        let key = named(&topology, name);
        let measured = probe::frames(&topology, far, key).expect("a measurement");
        let casts = [(Cast::Unicast, measured.unicast), (Cast::Broadcast, measured.broadcast)];
        for (cast, arrived) in casts {
            let ends = [[outside, Endpoint::Link(key)], [Endpoint::Link(key), outside]];
            let predicted = ends.map(|[from, to]| way(&topology, from, to, cast, Switch::Normal));
            let arrives = predicted.each_ref().map(Way::arrives);
            assert_eq!(arrives, arrived, "{what}: outside, {name}, {cast:?}: {predicted:?}");
        }
    }
}

/// A bridge `sw` in a namespace of its own with an outside host `far`, and the parent `up0` on it.
fn set_up() {
    sh("calm() { echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; }; calm
        for n in wire far one two; do ip netns add $n; ip netns exec $n sh -c \
            'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'; done
        ip -n wire link add sw type bridge; ip -n wire link set sw up
        ip link add up0 type veth peer name w0 netns wire
        ip -n far link add far0 type veth peer name w1 netns wire
        for w in w0 w1; do ip -n wire link set $w master sw; ip -n wire link set $w up; done
        ip -n far link set far0 up; ip link set up0 up");
    forwarding();
}

/// Waits until every port of a bridge forwards; the kernel opens a port some time after its carrier came.
fn forwarding() {
    eventually("ports that forward", || {
        let topology = topology();
        let mut ports = topology.links().filter_map(|link| link.bridge_port);
        ports.all(|port| port.state == PortState::Forwarding)
    });
}

/// Two of a mode, the second in another namespace.
fn pair(mode: &str) {
    sh(&format!(
        "ip link add link up0 name {mode}1 type macvlan mode {mode}; ip link set {mode}1 up
         ip link add link up0 name {mode}2 netns one type macvlan mode {mode}
         ip -n one link set {mode}2 up"
    ));
}

fn mac(name: &str) -> String {
    let topology = topology();
    topology.link(named(&topology, name)).and_then(|link| link.mac).expect("a MAC").to_string()
}

const ALL: [&str; 10] = [
    "private1", "private2", "vepa1", "vepa2", "bridge1", "bridge2", "source1", "source2", "up0",
    "far0",
];

fn hairpin(on: bool) {
    let on = if on { "on" } else { "off" };
    sh(&format!("ip -n wire link set w0 type bridge_slave hairpin {on}"));
}

/// Commands that change one thing or another on the host of [`set_up`] with `names` on both parents, the
/// namespace of each in front.
fn any_change(dice: &mut Dice, names: &[(&str, &str)]) -> String {
    let (netns, name) = dice.pick(names);
    let change = format!("ip {netns} link set {name}");
    match dice.roll(10) {
        0..4 => format!("{change} type macvlan mode {}", dice.pick(&["private", "vepa", "bridge"])),
        4..6 => {
            let flag = dice.pick(&["", "nodst"]);
            let listed = names.iter().filter(|_| dice.roll(3) == 0).map(|(_, name)| mac(name));
            let listed = listed.chain([mac("up0")]).collect::<Vec<_>>().join(" ");
            format!(
                "{change} type macvlan mode source; {change} type macvlan macaddr set {listed}
                 {change} type macvlan mode source {flag}"
            )
        }
        6 => format!("{change} {}", dice.pick(&["down", "up", "up"])),
        7 => format!("{change} type macvlan bcqueuelen {}", dice.pick(&[0, 1000])),
        _ => {
            let option = dice.pick(&["hairpin", "hairpin", "isolated", "bcast_flood"]);
            let (port, on) = (dice.pick(&["w0", "w2"]), dice.pick(&["on", "off"]));
            format!("ip -n wire link set {port} type bridge_slave {option} {on}")
        }
    }
}

#[test]
fn a_macvtap_that_a_machine_has_open() {
    host_rooted("a_macvtap_that_a_machine_has_open", &[], || {
        set_up();
        for mode in ["vepa", "bridge"] {
            pair(mode);
        }
        // All namespaces share one devtmpfs, so the number is one that nobody else takes.
        let index = 1_947_306;
        sh(&format!(
            "mkdir /run/dev; mount -t devtmpfs devtmpfs /run/dev; mount --bind /run/dev /dev
             ip link add link up0 name tap index {index} type macvtap mode bridge; ip link set tap up"
        ));
        let ends = ["vepa1", "bridge1", "bridge2", "up0", "far0", "tap"];
        agrees(&ends, "nobody has it open");
        let device = File::options().read(true).write(true).open(format!("/dev/tap{index}"));
        let _machine = device.expect("the device");
        for on in [false, true] {
            hairpin(on);
            agrees(&ends, &format!("open, hairpin {on}"));
        }
    });
}

sandboxed! {
    fn modes_side_by_side() {
        set_up();
        for mode in ["private", "vepa", "bridge", "source"] {
            pair(mode);
        }
        for on in [false, true] {
            hairpin(on);
            agrees(&ALL, &format!("nothing listed, hairpin {on}"));
            outside_agrees(&ALL[..9], &format!("nothing listed, hairpin {on}"));
        }
        let all: Vec<_> = ALL.iter().map(|name| mac(name)).collect();
        for (netns, name) in [("", "source1"), ("-n one", "source2")] {
            let all = all.join(" ");
            sh(&format!("ip {netns} link set {name} type macvlan macaddr set {all}"));
        }
        for on in [false, true] {
            hairpin(on);
            agrees(&ALL, &format!("all listed, hairpin {on}"));
        }
        sh("ip link set source1 type macvlan mode source nodst");
        for on in [false, true] {
            hairpin(on);
            agrees(&ALL, &format!("all listed, nodst, hairpin {on}"));
        }
        sh("ip link set source1 down");
        agrees(&ALL, "all listed, nodst, set down");
    }

    fn passthru_alone() {
        set_up();
        sh("ip link add link up0 name pass netns one type macvlan mode passthru
            ip -n one link set pass up");
        for on in [false, true] {
            hairpin(on);
            agrees(&["pass", "up0", "far0"], &format!("hairpin {on}"));
            outside_agrees(&["pass", "up0"], &format!("hairpin {on}"));
        }
        sh("ip -n one link set pass netns 1; ip link set pass up");
        agrees(&["pass", "up0", "far0"], "in the namespace of its parent");
        outside_agrees(&["pass", "up0"], "in the namespace of its parent");
        sh("ip link set pass netns one");
        // It takes the frames for its parent even where it can do nothing with them.
        sh("ip -n one link set pass down");
        agrees(&["pass", "up0", "far0"], "set down");
    }

    fn changes_one_after_the_other() {
        set_up();
        for mode in ["private", "vepa", "bridge", "source"] {
            pair(mode);
        }
        sh("ip link add up1 type veth peer name w2 netns wire; ip link set up1 up
            ip -n wire link set w2 master sw; ip -n wire link set w2 up
            ip link add link up1 name on1 type macvlan mode bridge; ip link set on1 up
            ip link add link up1 name on2 netns two type macvlan mode vepa; ip -n two link set on2 up");
        forwarding();
        let ends = [&ALL[..], &["up1", "on1", "on2", "sw", "w0"]].concat();
        let all: Vec<_> = [
            ("", "private1"), ("", "vepa1"), ("", "bridge1"), ("", "source1"), ("", "on1"),
            ("-n one", "private2"), ("-n one", "vepa2"), ("-n one", "bridge2"),
            ("-n one", "source2"), ("-n two", "on2"),
        ].into();
        let (mut dice, mut done) = (Dice(0x5eed), String::new());
        for _ in 0..10 {
            for _ in 0..4 {
                let change = any_change(&mut dice, &all);
                sh(&change);
                done = format!("{done}\n{change}");
            }
            agrees(&ends, &done);
        }
    }

    fn places_around_a_bridge() {
        set_up();
        for mode in ["private", "vepa", "bridge", "source"] {
            pair(mode);
        }
        // A second parent on the bridge, one whose wire ends without a bridge, and the bridge itself.
        sh("ip link add up1 type veth peer name w2 netns wire; ip link set up1 up
            ip -n wire link set w2 master sw; ip -n wire link set w2 up
            ip link add link up1 name on1 type macvlan mode bridge; ip link set on1 up
            ip link add up2 type veth peer name w3 netns wire; ip link set up2 up
            ip -n wire link set w3 up
            ip link add link up2 name on2 type macvlan mode vepa; ip link set on2 up
            ip -n wire link add link sw name onsw type macvlan mode bridge; ip -n wire link set onsw up
            ip link add link up2 name mv_port type macvlan mode bridge; ip link set mv_port up
            ip link add sw2 type bridge; ip link set sw2 up; ip link set mv_port master sw2");
        let places = [
            "vepa1", "bridge2", "up0", "far0", "up1", "on1", "up2", "w3", "on2", "sw", "onsw",
            "w0", "w1", "mv_port",
        ];
        for on in [false, true] {
            hairpin(on);
            agrees(&places, &format!("hairpin {on}"));
        }
        sh("ip -n wire link set sw down");
        eventually("a bridge that is down", || {
            let topology = topology();
            topology.link(named(&topology, "sw")).is_some_and(|link| !link.flags.is_up())
        });
        agrees(&places, "the bridge is down");
        outside_agrees(&["vepa1", "bridge2", "up0"], "the bridge is down");
    }

    fn options_of_ports() {
        set_up();
        sh("ip link add link up0 name vepa1 type macvlan mode vepa; ip link set vepa1 up
            ip link add link up0 name bridge1 type macvlan mode bridge; ip link set bridge1 up
            ip link add link up0 name bridge2 netns one type macvlan mode bridge
            ip -n one link set bridge2 up
            ip link add up1 type veth peer name w2 netns wire; ip link set up1 up
            ip -n wire link set w2 master sw; ip -n wire link set w2 up
            ip link add link up1 name on1 type macvlan mode bridge; ip link set on1 up
            ip -n wire link add link sw name onsw type macvlan mode bridge
            ip -n wire link set onsw up");
        forwarding();
        let ends = [
            "vepa1", "bridge1", "bridge2", "up0", "up1", "on1", "far0", "sw", "onsw", "w0", "w2",
        ];
        let set = |port: &str, options: &str| {
            sh(&format!("ip -n wire link set {port} type bridge_slave {options}"));
        };
        for [alter, restore] in [
            [["w0", "isolated on"], ["w0", "hairpin off"]],
            [["w2", "isolated on"], ["w0", "hairpin off"]],
            [["w0", "hairpin on"], ["w0", "hairpin off isolated off"]],
            [["w2", "flood off"], ["w2", "flood on isolated off"]],
            [["w0", "flood off learning off fdb_flush"], ["w0", "hairpin on"]],
            [["w0", "bcast_flood off"], ["w0", "flood on learning on bcast_flood on"]],
            [["w0", "state 4"], ["w0", "state 3"]],
            [["w2", "state 1"], ["w0", "hairpin off"]],
            [["w1", "state 2"], ["w2", "state 3"]],
        ] {
            set(alter[0], alter[1]);
            let what = alter.join(" ");
            agrees(&ends, &what);
            set(restore[0], restore[1]);
            agrees(&ends, &format!("{what}, then {}", restore.join(" ")));
        }
    }

    fn broadcasts_that_nobody_queues() {
        set_up();
        for mode in ["private", "vepa", "bridge", "source"] {
            pair(mode);
            sh(&format!(
                "ip link set {mode}1 type macvlan bcqueuelen 0
                 ip -n one link set {mode}2 type macvlan bcqueuelen 0"
            ));
        }
        for on in [false, true] {
            hairpin(on);
            agrees(&ALL, &format!("no queue, hairpin {on}"));
            outside_agrees(&ALL[..9], &format!("no queue, hairpin {on}"));
        }
        sh("ip -n one link set vepa2 type macvlan bcqueuelen 1000");
        agrees(&ALL, "one asks for a queue");
        outside_agrees(&ALL[..9], "one asks for a queue");
    }

    fn macs_that_two_have() {
        set_up();
        for mode in ["private", "vepa", "bridge", "source"] {
            pair(mode);
        }
        sh("ip link add up1 type veth peer name w2 netns wire; ip link set up1 up
            ip -n wire link set w2 master sw; ip -n wire link set w2 up");
        forwarding();
        // The parent's MAC becomes a sub-interface's, which nothing forbids.
        for twin in ["private1", "vepa1", "bridge1", "source1"] {
            sh(&format!("ip link set up0 address {}", mac(twin)));
            for on in [false, true] {
                hairpin(on);
                agrees(&ALL[..9], &format!("the parent has the MAC of {twin}, hairpin {on}"));
                outside_agrees(&ALL[..9], &format!("the parent has the MAC of {twin}, hairpin {on}"));
            }
        }
        sh("ip link set up0 address 02:00:00:00:00:aa");
        hairpin(false);
        // And so does that of a sub-interface of another parent, one pair after the other: what the
        // switch has learned last counts.
        for mode in ["vepa", "bridge"] {
            sh(&format!("ip link add link up1 name on1 type macvlan mode {mode}"));
            for twin in ["private1", "vepa1", "bridge1", "up0"] {
                sh(&format!("ip link set on1 down; ip link set on1 address {} up", mac(twin)));
                for other in [twin, "vepa2", "bridge2", "private2", "up1"] {
                    agrees(&["on1", other], &format!("on1, {mode}, has the MAC of {twin}"));
                }
            }
            sh("ip link del on1");
        }
    }

    fn bridges_in_a_row() {
        set_up();
        // sw, with up0, is joined to sw2, with up1, and that to sw3, with up2; sw4 stands alone.
        sh("for n in 1 2 3; do
              ip link add up$n type veth peer name u$n netns far; ip link set up$n up
              ip -n far link add sw$n type bridge; ip -n far link set sw$n up
              ip -n far link set u$n master sw$n; ip -n far link set u$n up
              ip link add link up$n name on$n type macvlan mode vepa; ip link set on$n up
            done
            ip -n wire link add c0 type veth peer name c1 netns far
            ip -n far link add c2 type veth peer name c3
            ip -n wire link set c0 master sw; ip -n wire link set c0 up
            ip -n far link set c1 master sw1; ip -n far link set c1 up
            ip -n far link set c2 master sw1; ip -n far link set c2 up
            ip -n far link set c3 master sw2; ip -n far link set c3 up
            ip link add link up0 name on0 type macvlan mode vepa; ip link set on0 up");
        forwarding();
        let ends = [
            "up0", "on0", "up1", "on1", "up2", "on2", "up3", "on3", "far0", "sw", "sw1", "sw2", "c0", "c3",
        ];
        agrees(&ends, "joined");
        for (netns, port, options) in [
            ("far", "c1", "isolated on"),
            ("far", "c2", "isolated on"),
            ("far", "c3", "flood off learning off fdb_flush"),
            ("far", "c3", "bcast_flood off"),
            ("wire", "c0", "state 4"),
        ] {
            sh(&format!("ip -n {netns} link set {port} type bridge_slave {options}"));
            agrees(&ends, &format!("{port} {options}"));
        }
        sh("ip -n wire link set c0 type bridge_slave state 3; ip -n far link set sw1 down");
        agrees(&ends, "the bridge between is down");
    }

    fn states() {
        set_up();
        for mode in ["private", "vepa", "bridge", "source"] {
            pair(mode);
        }
        sh("ip link set bridge1 down");
        agrees(&ALL, "one set down");
        sh("ip link set bridge1 up protodown on");
        eventually("a sub-interface without a carrier", || {
            let topology = topology();
            topology.link(named(&topology, "bridge1")).is_some_and(|link| !link.flags.is_lower_up())
        });
        agrees(&ALL, "one has no carrier");
        outside_agrees(&ALL[..9], "one has no carrier");
        sh("ip link set bridge1 protodown off; ip -n wire link set w0 down");
        // The kernel tells sub-interfaces of a lost carrier after a while.
        eventually("no carrier", || {
            let topology = topology();
            ALL[..8].iter().all(|name| {
                let link = topology.link(named(&topology, name));
                link.is_some_and(|link| !link.flags.is_lower_up())
            })
        });
        agrees(&ALL, "no carrier");
        sh("ip -n wire link set w0 up; ip link set up0 down");
        eventually("a parent that is down", || {
            let topology = topology();
            topology.link(named(&topology, "up0")).is_some_and(|link| !link.flags.is_up())
        });
        agrees(&ALL, "parent set down");
    }

    fn the_gateway_is_the_one_behind_the_interface() {
        sh("for n in one two three; do
                ip link add $n type veth peer name far-$n; ip link set $n up; ip link set far-$n up
            done
            ip address add 192.0.2.1/24 dev one; ip address add 2001:db8::1/64 dev one nodad
            ip address add 198.51.100.1/24 dev two; ip address add 203.0.113.1/24 dev three
            ip route add default via 192.0.2.9; ip route add default via 198.51.100.9 metric 5
            ip -6 route add default via fe80::9 dev one");
        let topology = topology();
        let gateway = |name: &str, source: &str| {
            let link = topology.link(named(&topology, name)).expect("a link");
            let netns = &topology.namespace(link.key.netns).expect("a namespace").netns;
            let source = source.parse().expect("an address");
            let gateway = stack::gateway(netns, link, source).expect("an answer");
            gateway.map(|gateway| gateway.to_string())
        };
        assert_eq!(gateway("one", "192.0.2.1").as_deref(), Some("192.0.2.9"));
        assert_eq!(gateway("one", "2001:db8::1").as_deref(), Some("fe80::9"));
        // Of two routes the worse is that of its interface all the same.
        assert_eq!(gateway("two", "198.51.100.1").as_deref(), Some("198.51.100.9"));
        assert_eq!(gateway("three", "203.0.113.1"), None);
        sh("ip route del default; ip route del default");
        assert_eq!(gateway("one", "192.0.2.1"), None);
    }
}
