//! What becomes of changes that are taken back, by choice or because a later step failed;
//! and of those that another program was quicker than.

#[macro_use]
mod common;

use std::fs::File;
use std::process::Command;

use common::change::{
    address, assert_told, done, edit, is_there, key, link, look, mac, macvlan, mv, name_change,
    netns, new, plan, restorable, set_up, told,
};
use common::{eventually, sh};
use macvlens::kernel::execute::perform;
use macvlens::model::{Address, MacvlanFlags, Mode, Topology, Vlan};
use macvlens::plan::{Edit, Fate, NewKind, NewMacvlan, Op, Outcome, Place, Plan, Request, Verdict};

/// Puts the requests of one change together.
type Ask = fn(&Topology) -> Vec<Request>;

const CHANGES: [(&str, Ask); 21] = [
    ("mode", |t| mv(t, [Edit::Mode(Mode::Private)])),
    ("flag", |t| mv(t, [Edit::Flag { bit: MacvlanFlags::NODST, on: false }])),
    ("queue length", |t| mv(t, [Edit::BcQueueLen(0)])),
    ("a source more", |t| mv(t, [Edit::AddSource(mac("02:00:00:00:01:03"))])),
    ("a source less", |t| mv(t, [Edit::RemoveSource(mac("02:00:00:00:01:01"))])),
    ("no sources", |t| mv(t, [Edit::SetSources(Vec::new())])),
    ("name", |t| mv(t, [Edit::Name("other".into())])),
    ("alias", |t| mv(t, [Edit::Alias(None)])),
    ("MAC", |t| mv(t, [Edit::Mac(mac("02:00:00:00:00:01"))])),
    ("MTU", |t| mv(t, [Edit::Mtu(1280)])),
    ("an MTU without IPv6", |t| mv(t, [Edit::Mtu(600)])),
    ("down", |t| mv(t, [Edit::Up(false)])),
    ("addresses", |t| {
        let own = Address { scope: 253, ..address("198.51.100.1/24") };
        mv(t, [Edit::AddAddress(own), Edit::AddAddress(address("2001:db8::2/64"))])
    }),
    ("an address with its secondary", |t| mv(t, [Edit::RemoveAddress(address("192.0.2.1/24"))])),
    ("move", |t| mv(t, [Edit::Netns(Place::Known(netns(t, "a")))])),
    ("move to where its index is taken", |t| mv(t, [Edit::Netns(Place::Known(netns(t, "c")))])),
    ("everything on the way to another place", |t| {
        let edits = [
            Edit::Mode(Mode::Vepa),
            Edit::Name("gone".into()),
            Edit::Netns(Place::Known(netns(t, "c"))),
            Edit::Name("there".into()),
            Edit::Up(true),
            Edit::AddAddress(address("203.0.113.1/24")),
        ];
        mv(t, edits)
    }),
    ("delete", |t| vec![Request::Delete(key(t, "b", "mv"))]),
    ("delete a passthru", |t| vec![Request::Delete(key(t, "b", "whole"))]),
    ("MAC of a passthru", |t| {
        vec![edit(key(t, "b", "whole"), [Edit::Mac(mac("02:00:00:00:00:09"))])]
    }),
    ("create in a new namespace", |t| {
        let mut link = new(macvlan(Mode::Bridge), key(t, "a", "p"), netns(t, "a"), "fresh");
        link.netns = Place::New("new".into());
        link.up = true;
        link.addresses = vec![address("192.0.2.9/24")];
        vec![Request::Create(Box::new(link))]
    }),
];

/// The verdict, and the steps with their fates, for assertions to print.
fn account(plan: &Plan, outcome: &Outcome) -> String {
    let steps = plan.steps.iter().zip(&outcome.fates);
    let lines: Vec<_> = steps.map(|(step, fate)| format!("{}: {fate:?}", step.command)).collect();
    format!("{}: {:?}\n{}", plan.title, outcome.verdict, lines.join("\n"))
}

#[track_caller]
fn undo(outcome: Outcome) -> Outcome {
    done(&outcome.undo.expect("a way back"))
}

sandboxed! {
    fn undoing_restores_the_world_and_redoing_the_change() {
        set_up();
        let before = told(restorable);
        for (name, ask) in CHANGES {
            let topology = look();
            let plan = plan(&topology, &ask(&topology));
            let outcome = done(&plan);
            assert!(told(restorable) != before, "{name}");
            let undone = undo(outcome);
            assert_told(&told(restorable), &before, name);
            assert!(undone.undo.is_some(), "{name} can be done again");
        }
    }

    fn a_failing_step_takes_those_before_it_back() {
        set_up();
        let topology = look();
        let link = key(&topology, "b", "mv");
        let edits = [Edit::Mode(Mode::Vepa), Edit::Name("new".into()), Edit::Alias(None)];
        let mut plan = plan(&topology, &[edit(link, edits)]);
        // Another program takes the name between the first step and the second: the plan is made
        // to do it itself, with a way to undo it.
        let thief = new(macvlan(Mode::Bridge), key(&topology, "a", "p"), netns(&topology, "b"), "new");
        let mut stolen = common::change::plan(&topology, &[Request::Create(Box::new(thief))]);
        stolen.steps[0].undo.clear();
        plan.steps.insert(1, stolen.steps.remove(0));
        let outcome = perform(&plan);
        let Verdict::Failed(why) = &outcome.verdict else { panic!("{}", account(&plan, &outcome)) };
        assert!(why.contains("new") && why.contains("in b"), "{why}");
        assert_eq!(outcome.fates[0], Fate::Undone);
        assert!(matches!(&outcome.fates[1], Fate::Left(why) if why == "nothing can undo it"));
        assert_eq!(outcome.fates[2..], [Fate::Failed, Fate::NotTried]);
        assert_eq!(outcome.undo, None);
        let after = look();
        let macvlan = common::change::link(&after, "b", "mv").macvlan().expect("a macvlan");
        assert_eq!((macvlan.mode, macvlan.sources.len()), (Mode::Source, 2));
    }

    fn what_is_back_already_counts_as_taken_back() {
        set_up();
        // Where secondary addresses are promoted they do not go with the first of their subnet, and
        // can't be added again.
        sh("ip netns exec b sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/promote_secondaries'");
        let topology = look();
        let edits = [Edit::RemoveAddress(address("192.0.2.1/24")), Edit::Mtu(1300)];
        let mut plan = plan(&topology, &mv(&topology, edits));
        let Op::Set(_, setting) = &mut plan.steps[1].op else { panic!("{plan:?}") };
        *setting = macvlens::plan::Setting::Mtu(60_000);
        let outcome = perform(&plan);
        assert_eq!(outcome.fates, [Fate::Undone, Fate::Failed], "{}", account(&plan, &outcome));
        let cidrs = sh("ip -n b -4 -o address show dev mv");
        assert!(cidrs.contains("192.0.2.1/24") && cidrs.contains("192.0.2.2/24"), "{cidrs}");
    }

    fn a_step_that_cannot_be_taken_back_is_told() {
        set_up();
        let topology = look();
        let edits = [Edit::Name("other".into()), Edit::Mtu(1300)];
        let mut plan = plan(&topology, &mv(&topology, edits));
        // The old name is gone when it is wanted back, and the last step can't be done.
        let thief = new(macvlan(Mode::Bridge), key(&topology, "a", "p"), netns(&topology, "c"), "z");
        let mut stolen = common::change::plan(&topology, &[Request::Create(Box::new(thief))]).steps.remove(0);
        let Op::Create(new) = &mut stolen.op else { panic!("{stolen:?}") };
        (new.name, new.netns) = ("mv".into(), Place::Known(netns(&topology, "b")));
        stolen.undo.clear();
        plan.steps.insert(1, stolen);
        let Op::Set(_, setting) = &mut plan.steps[2].op else { panic!("{plan:?}") };
        *setting = macvlens::plan::Setting::Mtu(60_000);
        let outcome = perform(&plan);
        let Fate::Left(why) = &outcome.fates[0] else { panic!("{}", account(&plan, &outcome)) };
        assert!(why.contains("mv in b has that name already"), "{why}");
        // What stands can still be undone once the way is free.
        sh("ip -n b link delete mv");
        undo(outcome);
        assert!(is_there("mv"));
    }

    fn nothing_is_done_in_a_world_that_has_changed() {
        set_up();
        let plan = name_change("other");
        sh("ip -n b link set mv mtu 1300");
        let outcome = perform(&plan);
        let Verdict::WorldChanged(sentences) = &outcome.verdict else { panic!("{outcome:?}") };
        assert!(sentences[0].contains("mtu") && sentences[0].contains("1400"), "{sentences:?}");
        assert_eq!((outcome.fates, outcome.undo), (vec![Fate::NotTried], None));
        assert!(is_there("mv"));
        // The same name and even the same index do not make it the same link.
        let plan = name_change("other");
        sh("ip -n b link delete mv
            ip -n a link add link p name mv index 20 netns b type macvlan mode bridge");
        assert!(matches!(perform(&plan).verdict, Verdict::WorldChanged(_)));
        // And of a namespace not the same path.
        let plan = name_change("other");
        sh("ip netns delete b; ip netns add b
            ip -n a link add link p name mv index 20 netns b type macvlan mode bridge");
        assert!(matches!(perform(&plan).verdict, Verdict::WorldChanged(_)));
        assert!(is_there("mv"));
    }

    fn a_mac_that_a_leaked_namespace_holds_is_explained() {
        set_up();
        sh("ip netns add leak
            ip -n a link add link p name lost address 02:00:00:00:00:77 netns leak type macvlan mode bridge
            ip -n leak link set lost up");
        // Its name is gone, and only this descriptor holds it.
        let holder = File::open("/run/netns/leak").expect("the namespace");
        sh("ip netns delete leak");
        let topology = look();
        let (parent, b) = (key(&topology, "a", "p"), netns(&topology, "b"));
        let mut link = new(macvlan(Mode::Bridge), parent, b, "twin");
        (link.mac, link.up) = (Some(mac("02:00:00:00:00:77")), true);
        let plan = plan(&topology, &[Request::Create(Box::new(link))]);
        let before = told(restorable);
        let outcome = perform(&plan);
        drop(holder);
        let Verdict::Failed(why) = &outcome.verdict else { panic!("{}", account(&plan, &outcome)) };
        assert!(why.contains("02:00:00:00:00:77") && why.contains("twin"), "{why}");
        assert!(why.contains("hold"), "{why}");
        assert_eq!(outcome.fates, [Fate::Undone, Fate::Failed]);
        assert_told(&told(restorable), &before, "rollback");
    }

    fn a_vlan_is_made_as_ip_makes_it_or_its_lack_is_explained() {
        set_up();
        let topology = look();
        let id = NewKind::Vlan(Vlan::new(50));
        let mut vlan = new(id, key(&topology, "a", "p"), netns(&topology, "b"), "p.50");
        (vlan.mac, vlan.up) = (Some(mac("02:00:00:00:00:50")), true);
        let plan = plan(&topology, &[Request::Create(Box::new(vlan))]);
        let before = told(restorable);
        let outcome = perform(&plan);
        if let Verdict::Failed(why) = &outcome.verdict {
            // A kernel without the kind must say the same to `ip`.
            let by_hand = Command::new("sh").args(["-c", &plan.steps[0].command]).output();
            let said = String::from_utf8(by_hand.expect("sh").stderr).expect("words");
            assert!(said.contains("Unknown device type"), "{why}: {said}");
            assert!(why.contains("p.50") && why.contains("vlan"), "{why}");
            assert_told(&told(restorable), &before, "no VLAN");
            return;
        }
        let ours = told(restorable);
        undo(outcome);
        assert_told(&told(restorable), &before, "undone");
        for step in &plan.steps {
            sh(&step.command);
        }
        assert_told(&told(restorable), &ours, "by hand");
    }

    fn no_namespace_is_kept_alive_by_a_change() {
        set_up();
        let topology = look();
        let plan = plan(&topology, &mv(&topology, [Edit::Mtu(1300)]));
        done(&plan);
        sh("ip netns delete b");
        // Its links go when nothing holds it any more.
        eventually("the death of b", || {
            let after = look();
            let p = link(&after, "a", "p").key;
            after.children_of(p).count() == 1
        });
    }

    fn bytes_of_any_kind_go_in_and_come_out() {
        set_up();
        let topology = look();
        let name: &[u8] = b"\xff\x1b[2J$(x)\"'";
        let alias: Vec<u8> = (1..=255).collect();
        let edits = [Edit::Name(name.into()), Edit::Alias(Some(alias.clone().into()))];
        let outcome = done(&plan(&topology, &mv(&topology, edits)));
        let after = look();
        let found = after.link(key(&topology, "b", "mv")).expect("the link");
        assert_eq!((found.name.as_bytes(), found.alias.clone()), (name, Some(alias.into())));
        undo(outcome);
        assert_eq!(link(&look(), "b", "mv"), link(&topology, "b", "mv"));
    }

    fn lists_longer_than_a_message_are_set() {
        set_up();
        let topology = look();
        let many: Vec<_> = (0..6000_u32)
            .map(|n| {
                let [_, a, b, c] = n.to_be_bytes();
                [2, 0, 1, a, b, c].into()
            })
            .collect();
        let plan = plan(&topology, &mv(&topology, [Edit::SetSources(many.clone())]));
        let outcome = done(&plan);
        assert_eq!(link(&look(), "b", "mv").macvlan().expect("a macvlan").sources, many);
        undo(outcome);
        assert_eq!(link(&look(), "b", "mv"), link(&topology, "b", "mv"));
    }

    fn the_cutoff_is_set_for_all_on_the_parent() {
        set_up();
        for tap in [false, true] {
            for mode in [Mode::Private, Mode::Vepa, Mode::Bridge, Mode::Source] {
                let topology = look();
                let macvlan = NewMacvlan { bc_cutoff: Some(7), ..NewMacvlan::new(mode) };
                let kind = if tap { NewKind::Macvtap(macvlan) } else { NewKind::Macvlan(macvlan) };
                let request = new(kind, key(&topology, "a", "p"), netns(&topology, "c"), "cut");
                let outcome = done(&plan(&topology, &[Request::Create(Box::new(request))]));
                let cutoff = |netns, name| {
                    link(&look(), netns, name).macvlan().expect("a macvlan").bc_cutoff
                };
                assert_eq!((cutoff("c", "cut"), cutoff("a", "sibling")), (7, 7));
                let topology = look();
                let change = edit(key(&topology, "c", "cut"), [Edit::BcCutoff(-1)]);
                let changed = done(&plan(&topology, &[change]));
                assert_eq!((cutoff("c", "cut"), cutoff("a", "sibling")), (-1, -1));
                undo(changed);
                assert_eq!(cutoff("a", "sibling"), 7);
                undo(outcome);
                assert_eq!(cutoff("a", "sibling"), 1);
            }
        }
    }
}
