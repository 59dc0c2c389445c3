//! Every op, done twice in equal worlds: once by the executor, once by the `ip` commands that the
//! plan shows. Afterwards `ip -j -d` must say the same of both.

#[macro_use]
mod common;

use std::collections::BTreeMap;
use std::process::Command;

use common::change::{
    QUIET, address, assert_told, done, edit, key, look, mac, netns, new, told, without_carrier,
};
use common::sh;
use macvlens::model::{Address, MacvlanFlags, Mode, Topology};
use macvlens::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Plan, Request, build};
use serde_json::Value;

/// MACs that were asked for begin so; those that the kernel chose do not.
const ASKED: &str = "02:00:00:00:";

/// Parent `p` in namespace a.
const WORLD: &str = "
    ip -n a link add p address 02:00:00:00:00:aa type veth peer name q address 02:00:00:00:00:bb
    ip -n a link set p up; ip -n a link set q up";
const END: &str = "for n in $(ls /run/netns); do ip netns delete $n; done";

/// One combination of kind, mode and place.
#[derive(Clone, Copy)]
struct Case {
    tap: bool,
    mode: Mode,
    /// Namespace of the sub-interface; its parent is in a.
    home: &'static str,
}

type Ask = fn(Case, &Topology) -> Vec<Request>;

fn change(case: Case, topology: &Topology, edit_to: Edit) -> Vec<Request> {
    vec![edit(key(topology, case.home, "mv"), [edit_to])]
}

fn create(case: Case, topology: &Topology, fill: impl FnOnce(&mut NewLink)) -> Vec<Request> {
    let macvlan = NewMacvlan::new(case.mode);
    let kind = if case.tap { NewKind::Macvtap(macvlan) } else { NewKind::Macvlan(macvlan) };
    let place = netns(topology, case.home);
    let mut link = new(kind, key(topology, "a", "p"), place, "mv");
    fill(&mut link);
    vec![Request::Create(Box::new(link))]
}

fn everything(case: Case, link: &mut NewLink) {
    link.mac = (case.mode != Mode::Passthru).then(|| mac("02:00:00:00:00:01"));
    link.mtu = Some(1400);
    link.alias = Some("two words; $HOME 'quoted' \"twice\"".into());
    link.addresses = vec![address("192.0.2.1/24"), address("2001:db8::1/64")];
    link.up = true;
    if let NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) = &mut link.kind {
        macvlan.bc_queue_len = Some(200);
        match case.mode {
            Mode::Passthru => macvlan.flags = MacvlanFlags(MacvlanFlags::NOPROMISC),
            Mode::Source => {
                macvlan.flags = MacvlanFlags(MacvlanFlags::NODST);
                macvlan.sources = sources(100);
            }
            _ => {}
        }
    }
}

/// More than one command of `ip` can take.
fn sources(count: u8) -> Vec<macvlens::model::MacAddr> {
    (0..count).map(|n| mac(&format!("02:00:00:00:01:{n:02x}"))).collect()
}

fn flag(case: Case) -> u16 {
    if case.mode == Mode::Passthru { MacvlanFlags::NOPROMISC } else { MacvlanFlags::NODST }
}

fn peer(ip: &str, peer: &str) -> Address {
    Address { peer: Some(peer.parse().expect("an address")), ..address(ip) }
}

/// What is asked for, one after the other, in one world. Names are told when something fails.
const STEPS: [(&str, Ask); 34] = [
    ("create", |case, t| create(case, t, |_| ())),
    ("delete", |case, t| vec![Request::Delete(key(t, case.home, "mv"))]),
    ("create with everything", |case, t| create(case, t, |link| everything(case, link))),
    ("change the mode", |case, t| {
        let other = if case.mode == Mode::Private { Mode::Source } else { Mode::Private };
        change(case, t, Edit::Mode(other))
    }),
    ("change it back", |case, t| change(case, t, Edit::Mode(case.mode))),
    ("flag off", |case, t| change(case, t, Edit::Flag { bit: flag(case), on: false })),
    ("flag on", |case, t| change(case, t, Edit::Flag { bit: flag(case), on: true })),
    ("queue length", |case, t| change(case, t, Edit::BcQueueLen(0))),
    ("add a source", |case, t| change(case, t, Edit::AddSource(mac("02:00:00:00:02:01")))),
    ("remove a source", |case, t| change(case, t, Edit::RemoveSource(mac("02:00:00:00:02:01")))),
    ("many sources", |case, t| change(case, t, Edit::SetSources(sources(150)))),
    ("few sources", |case, t| change(case, t, Edit::SetSources(sources(2)))),
    ("no sources", |case, t| change(case, t, Edit::SetSources(Vec::new()))),
    ("alias", |case, t| change(case, t, Edit::Alias(Some("`id`".into())))),
    ("no alias", |case, t| change(case, t, Edit::Alias(None))),
    ("MAC", |case, t| change(case, t, Edit::Mac(mac("02:00:00:00:00:02")))),
    ("MTU", |case, t| change(case, t, Edit::Mtu(1300))),
    ("IPv4 address", |case, t| change(case, t, Edit::AddAddress(address("192.0.2.2/24")))),
    ("IPv4 address of a scope", |case, t| {
        change(case, t, Edit::AddAddress(Address { scope: 253, ..address("198.51.100.1/32") }))
    }),
    ("IPv4 address with a broadcast address and a metric", |case, t| {
        let own = Address {
            broadcast: Some("192.168.7.255".parse().expect("an address")),
            metric: Some(50),
            ..address("192.168.7.2/24")
        };
        change(case, t, Edit::AddAddress(own))
    }),
    ("IPv4 address with a peer", |case, t| {
        change(case, t, Edit::AddAddress(peer("203.0.113.1/32", "203.0.113.2")))
    }),
    ("IPv6 address", |case, t| change(case, t, Edit::AddAddress(address("2001:db8::2/128")))),
    ("IPv6 address with flags and lifetimes", |case, t| {
        let flags = 0x80 | 0x02 | 0x200;
        let lifetimes = (Some(5000), Some(3000));
        let (valid_lft, preferred_lft) = lifetimes;
        let own = Address { flags, valid_lft, preferred_lft, ..address("2001:db8::3/64") };
        change(case, t, Edit::AddAddress(own))
    }),
    ("remove a secondary address", |case, t| {
        change(case, t, Edit::RemoveAddress(address("192.0.2.2/24")))
    }),
    ("remove an address with a peer", |case, t| {
        change(case, t, Edit::RemoveAddress(peer("203.0.113.1/32", "203.0.113.2")))
    }),
    ("remove an IPv6 address", |case, t| {
        change(case, t, Edit::RemoveAddress(address("2001:db8::1/64")))
    }),
    ("down", |case, t| change(case, t, Edit::Up(false))),
    ("up", |case, t| change(case, t, Edit::Up(true))),
    ("name", |case, t| change(case, t, Edit::Name("m$(id)';\"*&|#".into()))),
    ("name back", |case, t| {
        vec![edit(key(t, case.home, "m$(id)';\"*&|#"), [Edit::Name("mv".into())])]
    }),
    ("move", |case, t| change(case, t, Edit::Netns(Place::Known(netns(t, "c"))))),
    ("move to a new one", |_, t| {
        vec![edit(key(t, "c", "mv"), [Edit::Netns(Place::New("new one".into()))])]
    }),
    ("delete it there", |_, t| vec![Request::Delete(key(t, "new one", "mv"))]),
    ("delete the namespace", |_, t| vec![Request::DeleteNetns(netns(t, "new one"))]),
];

fn scrub(link: &mut Value) {
    without_carrier(link);
    let chosen = !link["address"].as_str().unwrap_or_default().starts_with(ASKED);
    if chosen {
        link["address"].take();
    }
    for address in link["addr_info"].as_array_mut().into_iter().flatten() {
        for life in ["valid_life_time", "preferred_life_time"] {
            let forever = address[life] == u32::MAX;
            address[life] = Value::from(if forever { "forever" } else { "ends" });
        }
    }
}

/// Runs the plan's commands as an operator would who pastes them.
#[track_caller]
fn by_hand(plan: &Plan) {
    let commands: Vec<&str> = plan.steps.iter().map(|step| &*step.command).collect();
    let output = Command::new("bash").args(["-ec", &commands.join("\n")]).output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands:#?}\n{said}");
}

fn by_executor(plan: &Plan) {
    done(plan);
}

/// Takes all steps in a new world; what `ip` says after each, or the rule that forbids it.
fn walk(case: Case, act: fn(&Plan)) -> Vec<Result<BTreeMap<String, Value>, String>> {
    sh(QUIET);
    sh(WORLD);
    let walked = STEPS
        .iter()
        .map(|(_, ask)| {
            let topology = look();
            match build(&topology, &ask(case, &topology)) {
                Ok(plan) => {
                    act(&plan);
                    Ok(told(scrub))
                }
                Err(refusal) => Err(refusal.to_string()),
            }
        })
        .collect();
    sh(END);
    walked
}

fn compare(tap: bool, home: &'static str) {
    let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for mode in Mode::ALL {
        let case = Case { tap, mode, home };
        let (ours, theirs) = (walk(case, by_executor), walk(case, by_hand));
        for ((name, _), (our, their)) in STEPS.iter().zip(ours.into_iter().zip(theirs)) {
            let what = format!("{name}, {mode}, in {home}");
            match (our, their) {
                (Ok(our), Ok(their)) => assert_told(&our, &their, &what),
                (Err(our), Err(their)) => {
                    assert_eq!(our, their, "{what}");
                    refused.entry(name).or_default().push(format!("{mode}: {our}"));
                }
                (our, their) => panic!("{what}: {our:?}, but by hand {their:?}"),
            }
        }
    }
    for (name, refusals) in refused {
        assert!(refusals.len() < Mode::ALL.len(), "{name} was never tried: {refusals:#?}");
    }
}

sandboxed! {
    fn macvlans_beside_their_parent_are_what_ip_makes_of_them() {
        compare(false, "a");
    }

    fn macvlans_away_from_their_parent_are_what_ip_makes_of_them() {
        compare(false, "b");
    }

    fn macvtaps_beside_their_parent_are_what_ip_makes_of_them() {
        compare(true, "a");
    }

    fn macvtaps_away_from_their_parent_are_what_ip_makes_of_them() {
        compare(true, "b");
    }
}
