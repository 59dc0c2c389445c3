//! `macvlens reach` and `macvlens probe`, the real program on the real kernel: exit status, JSON, what
//! both stacks say, and fixes that turn what was measured.

#[macro_use]
mod common;

use std::fs::File;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use common::program::{ends, json_of};
use common::{part, sh, without};
use macvlens::kernel::enter::inside;
use serde_json::{Value, json};

const README: &str = include_str!("../README.md");

/// A bridge `sw` in namespace `wire` with the parent `up0` on it, which has an address and two
/// macvlans: `mv0` here and `eth0` in `web`, in vepa mode.
fn set_up() {
    sh("for n in wire web; do ip netns add $n; done
        for n in '' 'ip netns exec wire' 'ip netns exec web'; do
            $n sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'; done
        ip -n wire link add sw type bridge; ip -n wire link set sw up
        ip link add up0 type veth peer name w0 netns wire
        ip -n wire link set w0 master sw; ip -n wire link set w0 up; ip link set up0 up
        ip address add 192.0.2.1/24 dev up0
        ip link add link up0 name mv0 type macvlan mode vepa; ip link set mv0 up
        ip link add link up0 name eth0 netns web type macvlan mode vepa; ip -n web link set eth0 up
        ip address add 198.51.100.2/24 dev mv0; ip -n web address add 198.51.100.3/24 dev eth0");
}

/// Demands that the README explains every field of an object.
#[track_caller]
fn is_explained(document: &Value) {
    let (_, section) = README.split_once("### Who reaches whom\n").expect("the section");
    let (section, _) = section.split_once("\n### ").expect("its end");
    for field in document.as_object().expect("an object").keys() {
        assert!(section.contains(&format!("`{field}`")), "README does not explain {field}");
    }
}

/// Makes the change that `reach` proposes.
#[track_caller]
fn change(document: &Value) {
    let commands = document["fix_commands"].as_array().expect("a list");
    assert!(!commands.is_empty(), "{document}");
    for command in commands {
        sh(command.as_str().expect("a command"));
    }
}

fn both(there: bool, back: bool) -> Value {
    json!({"forward": there, "back": back})
}

/// Whether somebody in the first namespace reaches an address of the second over TCP; `None` is the own
/// one.
fn connects(from: Option<&str>, to: Option<&str>, address: &str) -> bool {
    let open = |netns: Option<&str>| {
        let path = netns.map_or("/proc/self/ns/net".into(), |name| format!("/run/netns/{name}"));
        File::open(path).expect("a namespace")
    };
    let listener = inside(open(to).as_fd(), || TcpListener::bind((address, 0)));
    let there = listener.expect("to enter").expect("to listen").local_addr().expect("an address");
    let patience = Duration::from_secs(2);
    // Nothing listens any more, so the other stack refuses; only what does not pass times out.
    let answer = inside(open(from).as_fd(), || TcpStream::connect_timeout(&there, patience));
    answer.expect("to enter").is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

sandboxed! {
    fn a_pair_is_predicted_and_its_fix_turns_it() {
        set_up();
        let (text, _) = ends("reach mv0 web/eth0 --ascii", 1);
        for part in ["mv0 in host", "-> eth0 in web: not reachable: nothing passes", "vepa sends every",
            "The switch is sw in wire on this host, hairpin off at its port w0 in wire.",
            "To change that: Change mv0", "\n  ip -n web link set dev eth0 type macvlan mode bridge\n"] {
            let found = text.replace("mv0 in current", "mv0 in host");
            assert!(found.contains(part), "no {part:?} in {text}");
        }
        let before = json_of("reach mv0 web/eth0 -o json", 1);
        is_explained(&before);
        is_explained(&before["from"]);
        assert_eq!(before["unicast"], both(false, false));
        assert_eq!(before["broadcast"], both(false, false));
        assert_eq!((&before["reachable"], &before["to"]["name"]), (&json!(false), &json!("eth0")));
        let measured = json_of("probe mv0 web/eth0 -o json", 1);
        is_explained(&measured);
        assert_eq!((&measured["agreed"], &measured["suspects"]), (&json!(true), &json!([])));
        change(&before);
        let after = json_of("reach mv0 web/eth0 -o json", 0);
        assert_eq!((&after["reachable"], &after["reason"], &after["fix"]), (&json!(true), &Value::Null, &Value::Null));
        let measured = json_of("probe mv0 web/eth0 -o json", 0);
        assert_eq!((&measured["agreed"], &measured["measured"]["unicast"]), (&json!(true), &both(true, true)));
        assert!(connects(None, Some("web"), "198.51.100.3"));
    }

    fn a_state_and_a_source_list_are_mended() {
        set_up();
        sh("ip -n wire link set w0 type bridge_slave hairpin on
            ip -n web link set eth0 type macvlan mode source; ip link set mv0 down");
        for fix in ["Set mv0", "Add "] {
            let before = json_of("reach mv0 web/eth0 -o json", 1);
            let sentence = before["fix"].as_str().expect("a fix");
            assert!(sentence.starts_with(fix), "{sentence}");
            json_of("probe mv0 web/eth0 -o json", 1);
            change(&before);
        }
        json_of("reach mv0 web/eth0 -o json", 0);
        let measured = json_of("probe mv0 web/eth0 -o json", 0);
        assert_eq!(measured["agreed"], json!(true), "{measured}");
    }

    fn the_host_reaches_a_sibling_through_a_macvlan_of_its_own() {
        set_up();
        sh("ip -n web link set eth0 type macvlan mode bridge
            ip -n web address flush dev eth0; ip -n web address add 192.0.2.3/24 dev eth0");
        assert!(!connects(None, Some("web"), "192.0.2.3"));
        let before = json_of("reach parent:up0 web/eth0 -o json", 1);
        assert_eq!(before["from"]["kind"], "interface");
        change(&before);
        assert!(connects(None, Some("web"), "192.0.2.3") && connects(Some("web"), None, "192.0.2.1"));
        let after = json_of("reach macvlan0 web/eth0 -o json", 0);
        assert_eq!(after["reachable"], json!(true), "{after}");
        json_of("probe macvlan0 web/eth0 -o json", 0);
        // The own stack of the parent does not, and no second macvlan would help it.
        let own = json_of("reach parent:up0 web/eth0 -o json", 1);
        let told = own["beside"].as_str().unwrap_or_default();
        assert!(told.contains(" reaches eth0 in web all the same, through macvlan0 in "), "{own}");
        assert!(own["fix"].as_str().is_some_and(|fix| fix.starts_with("Set hairpin on")), "{own}");
        assert_eq!(before["beside"], json!(null), "{before}");
    }

    fn the_host_reaches_a_sibling_over_ipv6_too() {
        set_up();
        sh("for n in '' 'ip netns exec web'; do
                $n sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/disable_ipv6'; done
            echo 0 > /proc/sys/net/ipv6/conf/up0/disable_ipv6
            ip netns exec web sh -c 'echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6'
            ip -n web link set eth0 type macvlan mode bridge
            ip address add 2001:db8::1/64 dev up0 nodad
            ip -n web address add 2001:db8::3/64 dev eth0 nodad");
        assert!(!connects(None, Some("web"), "2001:db8::3"));
        change(&json_of("reach parent:up0 web/eth0 -o json", 1));
        assert!(connects(None, Some("web"), "2001:db8::3") && connects(Some("web"), None, "2001:db8::1"));
        // Also where the switch sends frames back, and the parent's own stack answers as well. Not the
        // other way round: who has learned that one's MAC keeps it for seconds.
        sh("ip -n wire link set w0 type bridge_slave hairpin on");
        assert!(connects(None, Some("web"), "2001:db8::3") && connects(Some("web"), None, "2001:db8::1"));
    }

    fn the_outside_is_predicted_and_hairpin_read_where_it_can_be() {
        set_up();
        let out = json_of("reach web/eth0 outside:up0 -o json", 0);
        assert_eq!(out["to"]["kind"], "outside");
        let fix = json_of("reach parent:up0 outside:up0 -o json", 0)["fix"].clone();
        assert_eq!(fix, Value::Null);
        sh("ip -n wire link set w0 type bridge_slave hairpin on");
        // What was assumed does not matter where the switch is in sight.
        json_of("reach mv0 web/eth0 --hairpin off -o json", 0);
        let measured = json_of("probe mv0 web/eth0 -o json", 0);
        assert_eq!(measured["agreed"], json!(true), "{measured}");
        let (_, error) = ends("probe web/eth0 outside:up0", 2);
        assert!(error.contains("outside can't be tested"), "{error}");
    }

    fn one_address_of_the_outside_is_asked_for_and_no_other() {
        set_up();
        sh("ip -n wire address add 198.51.100.9/24 dev sw");
        let ask = |address, status| {
            json_of(&format!("probe web/eth0 outside:up0 --address {address} -o json"), status)
        };
        let answered = ask("198.51.100.9", 0);
        is_explained(&answered);
        assert_eq!((&answered["measured"], &answered["agreed"]), (&Value::Null, &json!(true)));
        assert_eq!(answered["packets"]["echoed"], json!(true), "{answered}");
        let unanswered = ask("198.51.100.77", 1);
        assert_eq!((&unanswered["reachable"], &unanswered["agreed"]), (&json!(false), &json!(false)));
        let first = unanswered["suspects"][0].as_str().expect("a suspect");
        assert!(first.contains("perhaps nobody there has 198.51.100.77"), "{unanswered}");
        let (text, _) = ends("probe web/eth0 outside:up0 --address 198.51.100.77", 1);
        assert!(text.contains("NOT as predicted") && text.contains("perhaps nobody"), "{text}");
        for (wrong, why) in [
            ("web/eth0 outside:up0 --address 224.0.0.1", "not the address of one host"),
            ("web/eth0 outside:up0 --address 2001:db8::9", "no IPv6 address to ask from"),
            ("web/eth0 outside:up0 --address 198.51.100.2", "not of the outside"),
            ("web/eth0 mv0 --address 198.51.100.2", "in the outside alone"),
            ("outside:up0 web/eth0 --address 198.51.100.9", "in the outside alone"),
        ] {
            let (_, error) = ends(&format!("probe {wrong}"), 2);
            assert!(error.contains(why), "{error}");
        }
        let neighbours = sh("ip -n web neighbour show");
        assert!(!neighbours.contains("198.51.100.77"), "nothing is left behind: {neighbours}");
        sh("ip -n web link set eth0 down");
        assert_eq!(ask("198.51.100.9", 1)["agreed"], json!(true));
    }

    fn names_that_mean_nothing_are_wrong_usage() {
        set_up();
        let (_, error) = ends("reach parent:up web/eth0", 2);
        assert!(error.contains("did you mean") && error.contains("parent:up0"), "{error}");
        let (_, error) = ends("reach parent:mv0 web/eth0", 2);
        assert!(error.contains("is a sub-interface of up0"), "{error}");
        ends("reach mv0 mv0", 2);
        ends("reach --matrix mv0", 2);
        let inode = sh("stat -Lc %i /run/netns/web");
        json_of(&format!("reach mv0 net:[{}]/eth0 -o json", inode.trim()), 1);
        json_of(&format!("reach outside:up0 net:[{}]/eth0 -o json", inode.trim()), 0);
    }

    fn a_matrix_has_every_cell() {
        set_up();
        let matrix = json_of("reach --matrix up0 -o json", 0);
        is_explained(&matrix);
        is_explained(&matrix["cells"][0]);
        let ends_of = matrix["ends"].as_array().expect("ends");
        assert_eq!(ends_of.len(), 4);
        assert_eq!(matrix["cells"].as_array().expect("cells").len(), 12);
        let (text, _) = ends("reach --matrix up0 --ascii", 0);
        assert!(text.starts_with("to ->") && text.contains("eth0/web"), "{text}");
    }

    fn the_stacks_are_asked() {
        set_up();
        sh("ip link set mv0 type macvlan mode bridge; ip -n web link set eth0 type macvlan mode bridge");
        let reason = |status| json_of("reach mv0 web/eth0 -o json", status)["reason"].clone();
        let is = |reason: &Value, part: &str| {
            assert!(reason.as_str().is_some_and(|reason| reason.contains(part)), "{part}: {reason}");
        };
        assert_eq!(reason(0), Value::Null);
        sh("ip -n web link add far0 type veth peer name far1
            ip -n web link set far1 up; ip -n web link set far0 up
            ip -n web route add 198.51.100.2/32 dev far0");
        is(&reason(1), "through far0 instead of eth0");
        sh("ip netns exec web sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter'");
        is(&reason(1), "rp_filter 1");
        sh("ip -n web link delete far0; ip -n web route add unreachable 198.51.100.2/32");
        is(&reason(1), "no route to 198.51.100.2");
        sh("ip -n web route delete unreachable 198.51.100.2/32
            ip neighbour replace 198.51.100.3 dev mv0 nud failed");
        is(&reason(1), "asked for 198.51.100.3");
        sh("ip neighbour delete 198.51.100.3 dev mv0; ip -n web address flush dev eth0");
        is(&reason(1), "eth0 in web has no address");
    }

    fn answers_may_take_another_way_and_a_rival_must_hear_to_be_one() {
        set_up();
        sh("ip link set mv0 type macvlan mode bridge; ip -n web link set eth0 type macvlan mode bridge
            ip link add link up0 name eth1 netns web type macvlan mode bridge
            ip -n web link set eth1 up; ip -n web address add 198.51.100.4/24 dev eth1");
        // The route of the first address in the subnet is the one that is taken.
        json_of("reach mv0 web/eth1 -o json", 0);
        assert!(connects(None, Some("web"), "198.51.100.4"));
        sh("ip netns exec web sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth1/rp_filter'
            ip neighbour flush dev mv0");
        json_of("reach mv0 web/eth1 -o json", 0);
        assert!(connects(None, Some("web"), "198.51.100.4"));
        sh("ip netns add db; ip link add link up0 name eth0 netns db type macvlan mode vepa
            ip -n db link set eth0 up; ip -n db address add 198.51.100.3/24 dev eth0");
        json_of("reach mv0 web/eth0 -o json", 0);
        sh("ip -n db link set eth0 type macvlan mode bridge");
        let reason = json_of("reach mv0 web/eth0 -o json", 1)["reason"].clone();
        assert!(reason.as_str().is_some_and(|why| why.contains("also the address of")), "{reason}");
    }

    fn an_address_of_the_link_alone_is_asked_for_on_its_link() {
        set_up();
        sh("ip link set mv0 type macvlan mode bridge; ip -n web link set eth0 type macvlan mode bridge
            ip address flush dev mv0; ip -n web address flush dev eth0
            for n in '' 'ip netns exec web'; do
                $n sh -c 'for d in mv0 eth0 default; do f=/proc/sys/net/ipv6/conf/$d/disable_ipv6
                    if test -e $f; then echo 0 > $f; fi; done'; done
            ip link add far0 type veth peer name far1
            ip link set far1 addrgenmode none up; ip link set far0 addrgenmode none up
            ip address add fe80::9/64 dev far0 nodad
            ip address flush dev mv0; ip -n web address flush dev eth0
            ip address add fe80::2/64 dev mv0 nodad; ip -n web address add fe80::3/64 dev eth0 nodad");
        assert!(sh("ip route get fe80::3").contains("far0"));
        json_of("reach mv0 web/eth0 -o json", 0);
        sh("ip route delete fe80::/64 dev mv0");
        let reason = json_of("reach mv0 web/eth0 -o json", 1)["reason"].clone();
        assert!(reason.as_str().is_some_and(|why| why.contains("no route to fe80::3")), "{reason}");
    }

    fn without_arp_a_mac_must_be_told() {
        set_up();
        sh("ip link set mv0 type macvlan mode bridge; ip -n web link set eth0 type macvlan mode bridge");
        let flush = "ip neighbour flush dev mv0 nud all; ip -n web neighbour flush dev eth0 nud all";
        // What is `arp off`, who is told (the MACs in A of mv0 and in B of eth0), and what the reason says.
        let told = "ip neighbour replace 198.51.100.3 lladdr $B dev mv0";
        let answered = "ip -n web neighbour replace 198.51.100.2 lladdr $A dev eth0";
        let wrong = "ip neighbour replace 198.51.100.3 lladdr 02:00:00:00:00:99 dev mv0";
        for (off, commands, reason) in [
            ("web", "", "eth0 in web answers no ARP (arp off)"),
            ("web", told, "eth0 in web asks for no MACs (arp off)"),
            ("web", answered, "eth0 in web answers no ARP (arp off)"),
            ("web", &format!("{told}; {answered}"), ""),
            ("host", "", "mv0 in current asks for no MACs (arp off)"),
            ("host", told, "mv0 in current answers no ARP (arp off)"),
            ("host", &format!("{told}; {answered}"), ""),
            ("none", wrong, "was told that 198.51.100.3 has the MAC 02:00:00:00:00:99"),
            ("none", "", ""),
        ] {
            let [here, there] = ["host", "web"].map(|place| if place == off { "off" } else { "on" });
            sh(&format!(
                "ip link set mv0 arp {here}; ip -n web link set eth0 arp {there}; {flush}
                 A=$(cat /sys/class/net/mv0/address)
                 B=$(ip -n web -br link show eth0 | awk '{{print $3}}'); {commands}"
            ));
            // Before the kernel has tried, and after.
            let passes = reason.is_empty();
            for _ in 0..2 {
                let document = json_of("reach mv0 web/eth0 -o json", i32::from(!passes));
                let found = document["reason"].as_str().unwrap_or_default();
                assert!(found.contains(reason) && found.is_empty() == passes, "{off}: {found}");
                assert_eq!(connects(None, Some("web"), "198.51.100.3"), passes, "{off}: {reason}");
            }
        }
    }

    fn the_other_stack_answers() {
        set_up();
        sh("ip link set mv0 type macvlan mode bridge; ip -n web link set eth0 type macvlan mode bridge");
        let packets = |status| json_of("probe mv0 web/eth0 -o json", status)["packets"].clone();
        let [from, to] = ["198.51.100.2", "198.51.100.3"];
        assert_eq!(packets(0), json!({"from": from, "to": to, "resolved": true, "echoed": true}));
        sh("ip netns exec web sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all'");
        assert_eq!(packets(0), json!({"from": from, "to": to, "resolved": true, "echoed": false}));
        sh("ip -n web link set eth0 arp off");
        assert_eq!(packets(0), json!({"from": from, "to": to, "resolved": false, "echoed": false}));
        let instead = "the own stack of eth0 in web asks nobody (arp off)";
        for (line, is_told) in [("probe web/eth0 mv0", true), ("probe mv0 web/eth0", false)] {
            let (text, _) = ends(line, 0);
            assert_eq!(text.contains(instead), is_told, "{text}");
        }
        sh("ip address flush dev mv0; ip -n web address flush dev eth0; ip -n web link set eth0 arp on
            for n in '' 'ip netns exec web'; do
                $n sh -c 'for d in mv0 eth0; do f=/proc/sys/net/ipv6/conf/$d/disable_ipv6
                    if test -e $f; then echo 0 > $f; fi; done'; done
            ip address add 2001:db8::2/64 dev mv0 nodad; ip -n web address add 2001:db8::3/64 dev eth0 nodad");
        let packets = packets(0);
        is_explained(&packets);
        let answered = json!({"from": "2001:db8::2", "to": "2001:db8::3", "resolved": true, "echoed": true});
        assert_eq!(packets, answered);
    }

    fn a_filter_is_told_as_a_disagreement() {
        set_up();
        sh("ip link set mv0 type macvlan mode bridge; ip -n web link set eth0 type macvlan mode bridge
            tc -n web qdisc add dev eth0 root pfifo limit 0");
        let measured = json_of("probe mv0 web/eth0 -o json", 1);
        assert_eq!(measured["agreed"], json!(false));
        assert_eq!(measured["predicted"]["unicast"], both(true, true));
        assert_eq!(measured["measured"]["unicast"], both(true, false));
        let suspects = measured["suspects"].as_array().expect("suspects");
        let names = |one: &Value| one.as_str().is_some_and(|one| one.contains("on eth0 in web drops"));
        assert!(suspects.iter().any(names), "{measured}");
        let (text, _) = ends("probe mv0 web/eth0", 1);
        assert!(text.contains("NOT as predicted") && text.contains("DISAGREED"), "{text}");
    }

    fn the_own_namespace_is_measured_without_entering_it() {
        const TEST: &str = "the_own_namespace_is_measured_without_entering_it";
        if part(TEST) {
            json_of("probe mv0 mv1 -o json", 0);
            let (_, error) = ends("probe mv0 web/eth0", 2);
            assert!(error.contains("as far as can be seen"), "{error}");
            return;
        }
        set_up();
        sh("ip link set mv0 type macvlan mode bridge
            ip link add link up0 name mv1 type macvlan mode bridge; ip link set mv1 up");
        without("sys_admin", TEST);
    }

    fn without_raw_sockets_nothing_is_measured_and_it_says_so() {
        const TEST: &str = "without_raw_sockets_nothing_is_measured_and_it_says_so";
        if part(TEST) {
            let (_, error) = ends("probe mv0 web/eth0", 1);
            assert!(error.contains("takes cap_net_raw"), "{error}");
            json_of("reach mv0 web/eth0 -o json", 1);
            return;
        }
        set_up();
        without("net_raw", TEST);
    }
}
