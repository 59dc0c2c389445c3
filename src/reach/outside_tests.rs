//! One address in the outside: who may ask for it, what an answer tells of the prediction, and what is
//! suspected where it tells something else.

use super::tests::{PARENT, change, end, host, sub};
use super::*;
use crate::model::fixture::{HOST, address, key};
use crate::model::{Address, Answers, Change, LinkKey, Mode};

const OUTSIDE: Endpoint = Endpoint::Outside(LinkKey { netns: HOST, ifindex: PARENT });

fn answered(resolved: bool, echoed: bool) -> Answered {
    let ip = |text: &str| text.parse().unwrap();
    let answers = Answers { resolved, echoed };
    Answered { from: ip("192.0.2.12"), to: ip("192.0.2.1"), answers }
}

#[test]
fn only_what_an_answer_takes_is_compared() {
    let way = |passes: bool| Way {
        direct: false,
        reflected: false,
        lost: (!passes).then_some(Reason::OtherVlan),
    };
    for bits in 0..16_u8 {
        let passes = |bit: u8| way(bits & (1 << bit) != 0);
        let verdict = Verdict {
            unicast: [passes(0), passes(1)],
            broadcast: [passes(2), passes(3)],
            obstacle: None,
        };
        let [there, back, asked] = [0, 1, 2].map(|bit| bits & (1 << bit) != 0);
        let turned = |[a, b]: [Way; 2]| [b, a];
        let other = Verdict {
            unicast: turned(verdict.unicast),
            broadcast: turned(verdict.broadcast),
            obstacle: None,
        };
        for (resolved, echoed) in [(false, false), (true, false), (true, true)] {
            let expected = resolved == (asked && back) && (!echoed || there);
            let answered = answered(resolved, echoed);
            let agrees = answered.agrees([end(12), OUTSIDE], &verdict);
            assert_eq!(agrees, expected, "{bits:04b} {resolved} {echoed}");
            let finding = Finding::Outside(answered).reversed();
            assert_eq!(finding.agrees([OUTSIDE, end(12)], &other), expected, "turned round");
        }
    }
}

#[test]
fn what_is_suspected_of_the_outside_can_be_there() {
    let [topology, empty] = [host(&[12]), host(&[])];
    let suspects_on = |topology: &Topology, ends: [Endpoint; 2], answered| {
        let verdict = Verdict::between(topology, ends[0], ends[1], Switch::Normal, None);
        Suspect::of_answer(topology, ends, &verdict, &answered)
    };
    let suspects = |ends, answered| suspects_on(&topology, ends, answered);
    // A sub-interface of bridge mode, and that of source mode, which hears no stranger.
    let (bridge, source) = (end(14), end(16));
    for ends in [[bridge, OUTSIDE], [OUTSIDE, bridge]] {
        assert_eq!(suspects(ends, answered(true, true)), []);
        let all = suspects(ends, answered(false, false));
        assert_eq!(all[0], Suspect::NoHost([192, 0, 2, 1].into()));
        assert!(all.contains(&Suspect::Filter(key(HOST, 14))), "{all:?}");
        assert!(all.contains(&Suspect::Promiscuous(key(HOST, PARENT))), "{all:?}");
        let sent_back = |suspect: &Suspect| matches!(suspect, Suspect::Hairpin(_));
        assert!(!all.iter().any(sent_back), "nothing is sent back to the outside: {all:?}");
    }
    assert_eq!(suspects([source, OUTSIDE], answered(false, false)), []);
    let listed = [Suspect::Listed(key(HOST, 16))];
    assert_eq!(suspects([source, OUTSIDE], answered(true, false)), listed);
    let unlisted = suspects_on(&empty, [source, OUTSIDE], answered(true, false));
    assert_eq!(unlisted, [Suspect::Changed], "nobody is in an empty list");
}

#[test]
fn a_mac_that_child_and_parent_share_is_no_suspect_outside() {
    let mut topology = host(&[]);
    let mut only = sub(10, Mode::Passthru, &[]);
    only.mac = topology.link(key(HOST, PARENT)).unwrap().mac;
    let parent = topology.link(key(HOST, PARENT)).unwrap().clone();
    topology.apply(Change::Contents { netns: HOST, links: vec![parent, only] });
    let ends = [end(10), OUTSIDE];
    let verdict = Verdict::between(&topology, ends[0], ends[1], Switch::Normal, None);
    assert!(verdict.frames_pass());
    let measured = [[false, true], [false, true]];
    let all = Suspect::all(&topology, ends, &verdict, measured);
    assert!(!all.iter().any(|suspect| matches!(suspect, Suspect::SameMac(..))), "{all:?}");
}

#[test]
fn one_host_that_is_not_on_the_parent_can_be_asked_for() {
    let mut topology = host(&[]);
    for (ifindex, cidrs) in [
        (12, &["198.51.100.12/24", "192.0.2.12/24"][..]),
        (14, &["192.0.2.14/24", "fe80::14/64", "2001:db8::14/64"]),
        (PARENT, &["192.0.2.3/24"]),
    ] {
        let addresses: Vec<Address> = cidrs.iter().map(|cidr| address(cidr)).collect();
        change(&mut topology, key(HOST, ifindex), |link| link.addresses = addresses);
    }
    let ask = |from, to: &str| {
        let asked = question(&topology, key(HOST, from), key(HOST, PARENT), to.parse().unwrap());
        asked.map(|Pair { from, .. }| from.to_string())
    };
    assert_eq!(ask(12, "192.0.2.1"), Ok("192.0.2.12".into()), "from an address in its subnet");
    assert_eq!(ask(12, "203.0.113.1"), Ok("198.51.100.12".into()), "else from any");
    assert_eq!(ask(14, "2001:db8::1"), Ok("2001:db8::14".into()));
    assert_eq!(ask(PARENT, "192.0.2.1"), Ok("192.0.2.3".into()), "the own stack asks, too");
    for (to, why) in [
        ("0.0.0.0", "is not the address of one host"),
        ("255.255.255.255", "is not the address of one host"),
        ("224.0.0.1", "is not the address of one host"),
        ("ff02::1", "is not the address of one host"),
        ("127.0.0.1", "is not the address of one host"),
        ("::1", "is not the address of one host"),
        ("2001:db8::1", "mv12 in host has no IPv6 address to ask from"),
        ("192.0.2.12", "is an address of mv12 in host, not of the outside"),
        ("192.0.2.14", "is an address of mv14 in host, not of the outside"),
        ("192.0.2.3", "is an address of up0 in host, not of the outside"),
    ] {
        let refused = ask(12, to).expect_err(to);
        assert!(refused.ends_with(why), "{refused}");
    }
}
