//! Predictions against frames on the real kernel, through bridges and what leads away from them.

#[macro_use]
mod common;

use common::frames::{
    agrees, forwarding, hairpin, named, outside_agrees, pair, pairs, second_parent, set_up,
    topology,
};
use common::program::json_of;
use common::{eventually, sh};

sandboxed! {
    fn places_around_a_bridge() {
        set_up();
        pairs();
        // A second parent on the bridge, one whose wire ends without a bridge, and the bridge itself.
        second_parent();
        sh("ip link add link up1 name on1 type macvlan mode bridge; ip link set on1 up
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
        pair("bridge");
        second_parent();
        sh("ip link add link up0 name vepa1 type macvlan mode vepa; ip link set vepa1 up
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

    fn a_bridge_that_leads_out_of_sight() {
        set_up();
        // A tunnel joins two ends of which nobody here sees that they are one wire.
        sh("ip link add link up0 name vepa1 type macvlan mode vepa; ip link set vepa1 up
            ip -n wire link add link sw name onsw type macvlan mode bridge; ip -n wire link set onsw up
            ip -n wire link add und0 type veth peer name und1 netns two
            ip -n wire address add 192.0.2.1/24 dev und0; ip -n wire link set und0 up
            ip -n two address add 192.0.2.2/24 dev und1; ip -n two link set und1 up
            ip -n wire link add vx0 type vxlan id 7 remote 192.0.2.2 dstport 4789
            ip -n two link add vx1 type vxlan id 7 remote 192.0.2.1 dstport 4789
            ip -n wire link set vx0 master sw; ip -n wire link set vx0 up; ip -n two link set vx1 up
            ip -n two link add link vx1 name away type macvlan mode vepa; ip -n two link set away up");
        forwarding();
        let near = ["vepa1", "up0", "far0", "sw", "onsw"];
        agrees(&[&near[..], &["vx1", "away"]].concat(), "beside a bare wire");
        sh("ip -n two link del away; ip -n two link add sw2 type bridge; ip -n two link set sw2 up
            ip -n two link set vx1 master sw2
            ip -n two link add link sw2 name away type macvlan mode vepa; ip -n two link set away up");
        forwarding();
        let ends = [&near[..], &["sw2", "away"]].concat();
        agrees(&ends, "beside a bridge");
        for (port, options) in [("w0", "isolated on"), ("vx0", "isolated on"), ("vx0", "state 4")] {
            sh(&format!("ip -n wire link set {port} type bridge_slave {options}"));
            agrees(&ends, &format!("{port} {options}"));
        }
    }

    fn an_address_is_contested_by_whoever_hears_the_question() {
        set_up();
        second_parent();
        sh("ip -n wire link add sw1 type bridge; ip -n wire link set sw1 up
            ip -n wire link add c0 type veth peer name c1
            for c in c0 c1; do ip -n wire link set $c up; done
            ip link add link up0 name mv1 netns one type macvlan mode bridge
            ip link add link up1 name mv2 netns two type macvlan mode bridge
            ip link add link up0 name mv3 netns far type macvlan mode bridge
            ip -n one address add 198.51.100.8/24 dev mv1; ip -n one link set mv1 up
            ip -n two address add 198.51.100.8/24 dev mv2; ip -n two link set mv2 up
            ip -n far address add 198.51.100.9/24 dev mv3; ip -n far link set mv3 up");
        forwarding();
        let contested = |commands: &str, is_contested: bool| {
            sh(commands);
            forwarding();
            agrees(&["mv1", "mv2", "mv3"], commands);
            for [from, to] in [["far/mv3", "one/mv1"], ["one/mv1", "far/mv3"]] {
                let line = format!("reach {from} {to} -o json");
                let document = json_of(&line, i32::from(is_contested));
                let reason = document["reason"].as_str().unwrap_or_default();
                let is_told = reason == "198.51.100.8 of mv1 in one is also the address of mv2 in two.";
                assert_eq!(is_told, is_contested, "{commands}: {document}");
            }
        };
        contested("", true);
        contested("for w in w0 w2; do ip -n wire link set $w type bridge_slave isolated on; done", false);
        contested("ip -n wire link set w0 type bridge_slave isolated off", true);
        contested("ip -n wire link set w2 master sw1", false);
        contested("ip -n wire link set c0 master sw; ip -n wire link set c1 master sw1", true);
        contested("ip -n two address change 198.51.100.8/32 dev mv2; ip -n two link set mv2 down", false);
    }
}
