//! For every rule what the kernel is asked in spite of it, and what it answers.

use macvlens::model::{LinkKey, MacvlanFlags, Mode, PortOption, Topology, Vlan};
use macvlens::plan::{Edit, NewKind, NewLink, Op, Place, Request, Rule, Setting, Target};

use crate::common::change::{address, edit, key, mac, macvlan, netns, new};

/// What is asked for, in words that the rules know.
pub(crate) type Ask = fn(&Topology) -> Request;

/// What the kernel answers when the last op of a request is put to it anyway.
pub(crate) struct Case {
    pub(crate) ask: Ask,
    /// The ops that `build` would have made of it.
    pub(crate) ops: fn(&Topology) -> Vec<Op>,
    /// An errno's name, or other words of the failure.
    pub(crate) answer: &'static str,
}

/// Why a rule is right.
pub(crate) enum Proof {
    /// The kernel refuses.
    Kernel(Vec<Case>),
    /// The kernel of this machine may lack the kind: the command that makes one, what it says then,
    /// and the cases.
    Optional(&'static str, &'static str, Vec<Case>),
    /// The kernel does it, or is not asked; why the rule exists nevertheless.
    Ours(&'static str, Vec<Ask>),
}

/// A creation: by the rules and by the kernel.
macro_rules! creates {
    ($answer:literal, $make:expr) => {
        Case {
            ask: |topology| Request::Create(Box::new($make(topology))),
            ops: |topology| created($make(topology)),
            answer: $answer,
        }
    };
}

/// An edit of a link `$netns/$name`.
macro_rules! edits {
    ($answer:literal, $netns:literal / $name:literal, $edit:ident($($value:expr),*)) => {
        edits!($answer, $netns / $name, $edit($($value),*), $edit)
    };
    ($answer:literal, $netns:literal / $name:literal, $edit:ident($($value:expr),*), $setting:ident) => {
        Case {
            ask: |topology| edit(key(topology, $netns, $name), [Edit::$edit($($value),*)]),
            ops: |topology| {
                let target = Target::Link(key(topology, $netns, $name));
                vec![Op::Set(target, Setting::$setting($($value),*))]
            },
            answer: $answer,
        }
    };
}

/// A new link and, where it is to be up, that as well.
fn created(link: NewLink) -> Vec<Op> {
    let target = Target::Named { netns: link.netns.clone(), name: link.name.clone() };
    let up = link.up.then_some(Op::Set(target, Setting::Up(true)));
    [Op::Create(Box::new(link))].into_iter().chain(up).collect()
}

fn on(topology: &Topology, parent: &str, mode: Mode) -> NewLink {
    new(macvlan(mode), key(topology, "a", parent), netns(topology, "a"), "new")
}

fn named(topology: &Topology, name: &[u8]) -> NewLink {
    NewLink { name: name.into(), ..on(topology, "free", Mode::Bridge) }
}

fn with_mac(topology: &Topology, parent: &str, mode: Mode, text: &str) -> NewLink {
    NewLink { mac: Some(mac(text)), up: true, ..on(topology, parent, mode) }
}

fn vlan(topology: &Topology, id: u16) -> NewLink {
    new(NewKind::Vlan(Vlan::new(id)), key(topology, "a", "p"), netns(topology, "a"), "new")
}

fn moved(link: LinkKey, topology: &Topology) -> Vec<Op> {
    let place = Place::Known(netns(topology, "b"));
    vec![Op::Set(Target::Link(link), Setting::Netns { place, ifindex: None })]
}

/// What stands behind a rule, in the world of [`super::WORLD`].
pub(crate) fn proof(rule: Rule) -> Proof {
    use Proof::{Kernel, Optional, Ours};
    match rule {
        Rule::NothingToDo => Ours(
            "the kernel acknowledges what changes nothing",
            vec![|t| edit(key(t, "a", "mv"), [Edit::Mode(Mode::Bridge)])],
        ),
        Rule::Unseen => Kernel(vec![Case {
            ask: |t| Request::Delete(LinkKey { ifindex: 999, ..key(t, "a", "mv") }),
            ops: |t| vec![Op::Delete(Target::Link(LinkKey { ifindex: 999, ..key(t, "a", "mv") }))],
            answer: "ENODEV",
        }]),
        Rule::NoWayIn => Kernel(vec![Case {
            ask: |t| Request::Delete(out_of_reach(t)),
            ops: |t| vec![Op::Delete(Target::Link(out_of_reach(t)))],
            answer: "no path leads into",
        }]),
        Rule::BesidePassthru => Kernel(vec![creates!("EINVAL", |t| on(t, "whole", Mode::Bridge))]),
        Rule::PassthruBesideOthers => {
            Kernel(vec![creates!("EINVAL", |t| on(t, "p", Mode::Passthru))])
        }
        Rule::ChangePassthru => Kernel(vec![
            edits!("EINVAL", "a" / "mv", Mode(Mode::Passthru)),
            edits!("EINVAL", "b" / "alone", Mode(Mode::Bridge)),
        ]),
        Rule::ParentIsPort => Kernel(vec![creates!("EBUSY", |t| on(t, "port", Mode::Bridge))]),
        Rule::ParentHasIpvlan => Optional(
            "ip -n a link add link free name ipv type ipvlan",
            "Unknown device type",
            vec![creates!("EBUSY", |t| on(t, "free", Mode::Bridge))],
        ),
        Rule::ParentIsLoopback => Kernel(vec![creates!("EINVAL", |t| on(t, "lo", Mode::Bridge))]),
        Rule::ParentNotEthernet => Optional(
            "ip -n a tuntap add tun mode tun",
            "open",
            vec![creates!("EINVAL", |t| on(t, "tun", Mode::Bridge))],
        ),
        Rule::MacInUse => Kernel(vec![
            creates!("EADDRINUSE", |t| with_mac(t, "p", Mode::Bridge, "02:00:00:00:00:02")),
            edits!("EADDRINUSE", "a" / "mv", Mac(mac("02:00:00:00:00:02"))),
        ]),
        Rule::MacUnusable => macs(),
        Rule::MacOfPassthru => Kernel(vec![creates!("agreed to MAC", |t| {
            with_mac(t, "free", Mode::Passthru, "02:00:00:00:00:03")
        })]),
        Rule::Mtu => mtus(),
        Rule::NameUnusable => names(),
        Rule::NameTaken => taken(),
        Rule::AliasTooLong => {
            Kernel(vec![edits!("ERANGE", "a" / "mv", Alias(Some("x".repeat(256).as_str().into())))])
        }
        Rule::NopromiscWhileDown => Ours(
            "the kernel does it and miscounts for ever; see the test of that",
            vec![|t| nopromisc(key(t, "b", "alone"))],
        ),
        Rule::NopromiscOutsidePassthru => Ours(
            "the kernel stores the flag, where it has no effect",
            vec![|t| nopromisc(key(t, "a", "mv"))],
        ),
        Rule::SourceOutsideSourceMode => Kernel(vec![
            edits!("EINVAL", "a" / "mv", AddSource(mac("02:00:00:00:00:09"))),
            edits!("EINVAL", "a" / "mv", SetSources(vec![mac("02:00:00:00:00:09")]), Sources),
        ]),
        Rule::NotMacvlan => Kernel(vec![
            edits!("EOPNOTSUPP", "a" / "br", Mode(Mode::Bridge)),
            edits!("EOPNOTSUPP", "a" / "p", BcQueueLen(5)),
        ]),
        Rule::NotBridgePort => {
            Kernel(vec![edits!("EOPNOTSUPP", "a" / "free", Port(PortOption::Hairpin(true)))])
        }
        Rule::VlanId => Optional(
            "ip -n a link add link p name v type vlan id 5",
            "Unknown device type",
            vec![creates!("EEXIST", |t| vlan(t, 5)), creates!("ERANGE", |t| vlan(t, 4095))],
        ),
        Rule::ParentDown => Optional(
            "ip -n a link add link free name v type vlan id 5 && ip -n a link set free down",
            "Unknown device type",
            vec![edits!("ENETDOWN", "a" / "v", Up(true))],
        ),
        Rule::Address => addresses(),
        Rule::Fixed => fixed(),
        Rule::NetnsName => netns_names(),
        Rule::NetnsNotNamed => Kernel(vec![Case {
            ask: |t| {
                let own = t.namespaces().find(|namespace| namespace.netns.current);
                Request::DeleteNetns(own.expect("the own namespace").netns.id)
            },
            ops: |_| vec![Op::DeleteNetns { name: "nobody".into() }],
            answer: "ENOENT",
        }]),
    }
}

/// What the kernel refuses as a name, and what it takes for another one than was asked for.
fn names() -> Proof {
    Proof::Kernel(vec![
        edits!("agreed to name", "a" / "mv", Name("".into())),
        edits!("ERANGE", "a" / "mv", Name("sixteen-bytes-ab".into())),
        edits!("EINVAL", "a" / "mv", Name(".".into())),
        edits!("EINVAL", "a" / "mv", Name("..".into())),
        edits!("EINVAL", "a" / "mv", Name("a/b".into())),
        edits!("EINVAL", "a" / "mv", Name("a:b".into())),
        edits!("EINVAL", "a" / "mv", Name("a b".into())),
        edits!("EINVAL", "a" / "mv", Name((&b"a\xa0"[..]).into())),
        edits!("EINVAL", "a" / "mv", Name("a%x".into())),
        edits!("agreed to name", "a" / "mv", Name("a%d".into())),
        edits!("agreed to name", "a" / "mv", Name("a\0b".into())),
        creates!("EINVAL", |t| named(t, b"all")),
        creates!("EINVAL", |t| named(t, b"default")),
    ])
}

/// What no interface can have as MAC.
fn macs() -> Proof {
    Proof::Kernel(vec![
        creates!("EADDRNOTAVAIL", |t| with_mac(t, "p", Mode::Bridge, "01:00:5e:00:00:01")),
        edits!("EADDRNOTAVAIL", "a" / "mv", Mac(mac("00:00:00:00:00:00"))),
        edits!("EADDRNOTAVAIL", "a" / "mv", Mac(mac("ff:ff:ff:ff:ff:ff"))),
        edits!("EINVAL", "a" / "mv", Mac(mac("02:00:00:00:02"))),
    ])
}

/// Above the parent's, and outside the device's limits.
fn mtus() -> Proof {
    Proof::Kernel(vec![
        edits!("EINVAL", "a" / "mv", Mtu(1501)),
        edits!("EINVAL", "a" / "mv", Mtu(67)),
        edits!("EINVAL", "a" / "mv", Mtu(65536)),
        creates!("EINVAL", |t| NewLink { mtu: Some(1501), ..on(t, "free", Mode::Vepa) }),
    ])
}

/// By a name, by an alternative name, and on arrival.
fn taken() -> Proof {
    Proof::Kernel(vec![
        edits!("EEXIST", "a" / "mv", Name("p".into())),
        edits!("EEXIST", "a" / "p", Name("other-name".into())),
        creates!("EEXIST", |t| named(t, b"mv")),
        Case {
            ask: |t| edit(key(t, "a", "mv"), [Edit::Name("twin".into()), to_b(t)]),
            ops: |t| {
                let link = key(t, "a", "mv");
                let name = Op::Set(Target::Link(link), Setting::Name("twin".into()));
                std::iter::once(name).chain(moved(link, t)).collect()
            },
            answer: "EEXIST",
        },
    ])
}

/// There already, not there, and none at all.
fn addresses() -> Proof {
    Proof::Kernel(vec![
        edits!("EEXIST", "a" / "mv", AddAddress(address("192.0.2.1/24"))),
        edits!("EADDRNOTAVAIL", "a" / "mv", RemoveAddress(address("192.0.2.9/24"))),
        edits!("EINVAL", "a" / "mv", AddAddress(address("192.0.2.9/33"))),
        edits!("EINVAL", "a" / "mv", AddAddress(address("2001:db8::1/129"))),
        edits!("EADDRNOTAVAIL", "a" / "mv", AddAddress(address("ff02::1/64"))),
    ])
}

/// What can't be deleted or moved.
fn fixed() -> Proof {
    Proof::Kernel(vec![
        Case {
            ask: |t| Request::Delete(key(t, "a", "lo")),
            ops: |t| vec![Op::Delete(Target::Link(key(t, "a", "lo")))],
            answer: "EOPNOTSUPP",
        },
        Case {
            ask: |t| edit(key(t, "a", "lo"), [to_b(t)]),
            ops: |t| moved(key(t, "a", "lo"), t),
            answer: "EINVAL",
        },
        Case {
            ask: |t| edit(key(t, "a", "br"), [to_b(t)]),
            ops: |t| moved(key(t, "a", "br"), t),
            answer: "EINVAL",
        },
    ])
}

/// Taken, and no file names.
fn netns_names() -> Proof {
    Proof::Kernel(vec![
        netns_name(|_| Request::CreateNetns("b".into()), |_| makes("b"), "EEXIST"),
        netns_name(|_| Request::CreateNetns("".into()), |_| makes(""), "EINVAL"),
        netns_name(|_| Request::CreateNetns("..".into()), |_| makes(".."), "EINVAL"),
        netns_name(|_| Request::CreateNetns("x/y".into()), |_| makes("x/y"), "EINVAL"),
        netns_name(
            |_| Request::CreateNetns("x".repeat(256).as_str().into()),
            |_| makes(&"x".repeat(256)),
            "File name too long",
        ),
    ])
}

fn netns_name(ask: Ask, ops: fn(&Topology) -> Vec<Op>, answer: &'static str) -> Case {
    Case { ask, ops, answer }
}

fn makes(name: &str) -> Vec<Op> {
    vec![Op::CreateNetns { name: name.into() }]
}

fn to_b(topology: &Topology) -> Edit {
    Edit::Netns(Place::Known(netns(topology, "b")))
}

fn nopromisc(link: LinkKey) -> Request {
    edit(link, [Edit::Flag { bit: MacvlanFlags::NOPROMISC, on: true }])
}

/// A link that only its child leads to.
fn out_of_reach(topology: &Topology) -> LinkKey {
    let child = topology.links().find(|link| link.name == "orphan".into()).expect("a child");
    topology.parent_of(child).expect("a parent in sight").key
}
