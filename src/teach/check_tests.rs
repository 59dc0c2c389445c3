//! Every kind of check on a small host: false where it does not hold, true where it does, unknown
//! where nobody can say.

use super::*;
use crate::model::fixture::{C2, HOST, address, host, key};
use crate::model::{Change, Parent};

/// The fixture's host with names as `ip netns` gives them, after a change to a link.
fn host_with(netns: crate::model::NetnsId, ifindex: u32, change: impl Fn(&mut Link)) -> Topology {
    let mut topology = host();
    let mut link = topology.link(key(netns, ifindex)).unwrap().clone();
    change(&mut link);
    topology.apply(Change::Link(Box::new(link)));
    topology
}

/// Whether a check of a lesson's file holds.
fn holds(check: &Check, topology: &Topology) -> Option<bool> {
    check.holds(topology, &Seen::default())
}

fn of_link(name: &str, condition: Condition) -> Check {
    Check::Link(name.into(), vec![condition])
}

#[test]
fn every_condition_of_a_link_is_seen_both_ways() {
    let mac: MacAddr = "02:00:00:00:00:07".parse().unwrap();
    let set = |change: fn(&mut Link)| change;
    let cases = [
        (Condition::Mode(Mode::Bridge), set(|l| l.macvlan_mut().unwrap().mode = Mode::Bridge)),
        (Condition::Up(false), set(|l| l.flags = l.flags.with_up(false))),
        (Condition::Mac(mac), set(|l| l.mac = Some([2, 0, 0, 0, 0, 7].into()))),
        (
            Condition::Parent("ens9".into()),
            set(|l| {
                l.parent =
                    Some(Parent { ifindex: 4, netns: Some(HOST), nsid: None, sysfs_lower: None });
            }),
        ),
        (
            Condition::Address("10.0.0.9/24".into()),
            set(|l| l.addresses.push(address("10.0.0.9/24"))),
        ),
        (
            Condition::Source(mac, true),
            set(|l| l.macvlan_mut().unwrap().sources.push([2, 0, 0, 0, 0, 7].into())),
        ),
        (Condition::Nopromisc(true), set(|l| l.macvlan_mut().unwrap().flags.0 = 1)),
        (Condition::Carrier(false), set(|l| l.flags = l.flags.without_carrier())),
    ];
    let (before, seen) = (host(), Seen::default());
    for (condition, change) in cases {
        let check = of_link("centos1-2/eth0", condition);
        assert_eq!(holds(&check, &before), Some(false), "{check:?}");
        let told = check.missing(&before, &seen);
        let (goal, instead) = told.split_once("; so far it ").expect(&told);
        assert!(goal == check.goal() && !goal.ends_with(instead), "{told}");
        assert_eq!(holds(&check, &host_with(C2, 2, change)), Some(true), "{check:?}");
    }
    // The opposite of a condition is as good.
    let unlisted = of_link("centos1-2/eth0", Condition::Source(mac, false));
    assert_eq!(holds(&unlisted, &before), Some(true));
    let listed = host_with(C2, 2, |l| l.macvlan_mut().unwrap().sources.push(mac));
    assert_eq!(holds(&unlisted, &listed), Some(false));
    let plain = of_link("centos1-2/eth0", Condition::Nopromisc(false));
    assert_eq!(holds(&plain, &before), Some(true));
}

#[test]
fn all_conditions_must_hold_and_what_does_not_is_told() {
    let check = Check::Link(
        "centos1-2/eth0".into(),
        vec![Condition::Mode(Mode::Bridge), Condition::Up(true), Condition::Nopromisc(true)],
    );
    let bridge = host_with(C2, 2, |l| l.macvlan_mut().unwrap().mode = Mode::Bridge);
    assert_eq!(holds(&check, &bridge), Some(false));
    assert_eq!(check.goal(), "centos1-2/eth0 is bridge and is up and has nopromisc");
    let instead =
        |topology: &Topology| check.missing(topology, &Seen::default()).replace(&check.goal(), "");
    assert_eq!(instead(&host()), "; so far it is vepa and is without nopromisc");
    assert_eq!(instead(&bridge), "; so far it is without nopromisc");
}

#[test]
fn a_link_comes_and_goes() {
    for (name, is_there) in [("ens8", true), ("ens7", false), ("nobody/eth0", false)] {
        assert_eq!(holds(&Check::Gone(name.into()), &host()), Some(!is_there), "{name}");
        assert_eq!(holds(&Check::Link(name.into(), Vec::new()), &host()), Some(is_there), "{name}");
    }
    let absent = of_link("ens7", Condition::Up(true));
    assert_eq!(absent.missing(&host(), &Seen::default()), "ens7 is up; it is not there");
    let there = Check::Link("ens7".into(), Vec::new());
    assert_eq!(there.missing(&host(), &Seen::default()), "ens7 is there");
}

#[test]
fn reach_is_unknown_until_the_wire_has_answered_about_this_pair() {
    let [c2, ens8] = [key(C2, 2), key(HOST, 3)];
    let check = |wanted| Check::Reaches { ends: ["centos1-2/eth0".into(), "ens8".into()], wanted };
    let said =
        |pair, reaches| Seen { measured: Some(Measured { pair, reaches }), ..Seen::default() };
    let topology = host();
    assert_eq!(check(true).pair(&topology), Some([c2, ens8]));
    let ask = |wanted, seen: &Seen| check(wanted).holds(&topology, seen);
    assert_eq!(ask(true, &Seen::default()), None);
    assert_eq!(ask(true, &said([ens8, c2], Ok(true))), None, "the way back is another one");
    assert_eq!(ask(true, &said([c2, ens8], Err("denied".into()))), None);
    assert_eq!(ask(true, &said([c2, ens8], Ok(false))), Some(false));
    assert_eq!(ask(true, &said([c2, ens8], Ok(true))), Some(true));
    assert_eq!(ask(false, &said([c2, ens8], Ok(false))), Some(true));
    let missing = |wanted, seen: &Seen| {
        let told = check(wanted).missing(&topology, seen);
        told.replace(&check(wanted).goal(), "")
    };
    assert_eq!(missing(true, &Seen::default()), "; the wire is being asked");
    assert_eq!(missing(true, &said([c2, ens8], Ok(false))), "; the wire says no");
    assert_eq!(missing(false, &said([c2, ens8], Ok(true))), "; the wire says that it does");
    let away = Check::Reaches { ends: ["ens8".into(), "ens7".into()], wanted: true };
    let told = away.missing(&topology, &Seen::default());
    assert_eq!(told, "ens8 reaches ens7; ens7 is not there");
}

#[test]
fn of_several_checks_all_must_hold() {
    let pair = [key(C2, 2), key(HOST, 3)];
    let ends = ["centos1-2/eth0".into(), "ens8".into()];
    let check = Check::All(vec![
        of_link("centos1-2/eth0", Condition::Mode(Mode::Bridge)),
        Check::Reaches { ends, wanted: false },
    ]);
    assert_eq!(check.pair(&host()), Some(pair), "the wire is asked for it");
    let said = |reaches| Seen {
        measured: Some(Measured { pair, reaches: Ok(reaches) }),
        ..Seen::default()
    };
    let bridge = host_with(C2, 2, |l| l.macvlan_mut().unwrap().mode = Mode::Bridge);
    for (topology, seen, holds, missing) in [
        (&host(), said(false), Some(false), "is bridge; so far it is vepa"),
        (&bridge, Seen::default(), None, "does not reach ens8; the wire is being asked"),
        (&bridge, said(true), Some(false), "does not reach ens8; the wire says that it does"),
    ] {
        assert_eq!(check.holds(topology, &seen), holds, "{missing}");
        assert_eq!(check.missing(topology, &seen), format!("centos1-2/eth0 {missing}"));
    }
    assert_eq!(check.holds(&bridge, &said(false)), Some(true));
    assert_eq!(check.goal(), "centos1-2/eth0 is bridge and centos1-2/eth0 does not reach ens8");
}

#[test]
fn what_the_learner_saw_counts() {
    let topology = host();
    let mut seen = Seen::default();
    let screen = Check::Screen(Place::Reach, None);
    let probed = Check::Probed(["ens8".into(), "centos1-2/eth0".into()]);
    let refused = Check::Refused(Rule::MacInUse);
    for check in [&screen, &probed, &refused] {
        assert_eq!(check.holds(&topology, &seen), Some(false), "{check:?}");
    }
    seen.place = Some(Place::Reach);
    seen.probed.insert([key(HOST, 3), key(C2, 2)]);
    seen.refused.insert(Rule::MacInUse);
    for check in [&screen, &probed, &refused] {
        assert_eq!(check.holds(&topology, &seen), Some(true), "{check:?}");
    }
    assert_eq!(Check::Screen(Place::Way, None).holds(&topology, &seen), Some(false));
    let of_row = Check::Screen(Place::Reach, Some("ens8".into()));
    assert_eq!(of_row.goal(), "the matrix is open for ens8");
    for (row, holds) in [(None, false), (Some(key(C2, 2)), false), (Some(key(HOST, 3)), true)] {
        seen.row = row;
        assert_eq!(of_row.holds(&topology, &seen), Some(holds), "{row:?}");
    }
    let of_none = Check::Screen(Place::Reach, Some("ens7".into()));
    seen.row = None;
    assert_eq!(of_none.holds(&topology, &seen), Some(false));
    assert_eq!(Check::Refused(Rule::Mtu).holds(&topology, &seen), Some(false));
}
