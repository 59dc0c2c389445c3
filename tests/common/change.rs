//! Plans, from a fresh look at the sandbox.

use macvlens::kernel::execute::perform;
use macvlens::kernel::watcher::Watcher;
use macvlens::model::{Address, Link, LinkKey, MacAddr, Mode, NetnsId, Topology};
use macvlens::plan::{
    Edit, NewKind, NewLink, NewMacvlan, Outcome, Place, Plan, Request, Verdict, build,
};

/// The host as it is now.
pub(crate) fn look() -> Topology {
    let mut watcher = Watcher::new().expect("a watcher");
    watcher.snapshot();
    watcher.topology().clone()
}

/// The namespace of that `ip netns` name.
#[track_caller]
pub(crate) fn netns(topology: &Topology, name: &str) -> NetnsId {
    let found = topology.namespace_named(name.as_bytes());
    found.unwrap_or_else(|| panic!("no namespace {name}")).netns.id
}

/// The link of that name in the namespace of that `ip netns` name.
#[track_caller]
pub(crate) fn link<'a>(topology: &'a Topology, inside: &str, name: &str) -> &'a Link {
    let namespace = topology.namespace(netns(topology, inside)).expect("a namespace");
    let found = namespace.link_named(name.as_bytes());
    found.unwrap_or_else(|| panic!("no link {name} in {inside}"))
}

#[track_caller]
pub(crate) fn key(topology: &Topology, inside: &str, name: &str) -> LinkKey {
    link(topology, inside, name).key
}

pub(crate) fn mac(text: &str) -> MacAddr {
    text.parse().expect("a MAC")
}

/// `192.0.2.1/24` as `ip address add` understands it.
pub(crate) fn address(cidr: &str) -> Address {
    let (ip, length) = cidr.split_once('/').expect("a prefix length");
    Address::new(ip.parse().expect("an address"), length.parse().expect("a number"))
}

/// A new link of a kind, all else left to the kernel.
pub(crate) fn new(kind: NewKind, parent: LinkKey, place: NetnsId, name: &str) -> NewLink {
    NewLink {
        kind,
        parent,
        name: name.into(),
        netns: Place::Known(place),
        ifindex: None,
        mac: None,
        mtu: None,
        alias: None,
        addresses: Vec::new(),
        up: false,
    }
}

pub(crate) fn macvlan(mode: Mode) -> NewKind {
    NewKind::Macvlan(NewMacvlan::new(mode))
}

/// One or more edits of a link.
pub(crate) fn edit(link: LinkKey, edits: impl IntoIterator<Item = Edit>) -> Request {
    Request::Edit { link, edits: edits.into_iter().collect() }
}

/// A plan for requests that no rule forbids.
#[track_caller]
pub(crate) fn plan(topology: &Topology, requests: &[Request]) -> Plan {
    build(topology, requests).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Carries out a plan that must succeed.
#[track_caller]
pub(crate) fn done(plan: &Plan) -> Outcome {
    let outcome = perform(plan);
    let Outcome { verdict, fates, .. } = &outcome;
    assert_eq!(*verdict, Verdict::Done, "{}: {fates:?} of {:#?}", plan.title, plan.steps);
    outcome
}
