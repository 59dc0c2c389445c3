//! Predictions against frames on the real kernel: every cell must agree.

#[macro_use]
mod common;

use std::fs::File;

use common::dice::Dice;
use common::docker::host_rooted;
use common::frames::{
    ALL, agrees, forwarding, hairpin, mac, named, outside_agrees, pair, pairs, second_parent,
    set_up, topology,
};
use common::{eventually, sh};
use macvlens::kernel::stack;

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
        pairs();
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
        pairs();
        second_parent();
        sh("ip link add link up1 name on1 type macvlan mode bridge; ip link set on1 up
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
        pairs();
        second_parent();
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

    fn states() {
        set_up();
        pairs();
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
