//! Plans, from a fresh look at the sandbox.

use std::collections::BTreeMap;

use macvlens::kernel::execute::perform;
use macvlens::kernel::watcher::Watcher;
use macvlens::model::{Address, Link, LinkKey, MacAddr, Mode, NetnsId, Topology};
use macvlens::plan::{
    Edit, NewKind, NewLink, NewMacvlan, Outcome, Place, Plan, Request, Verdict, build,
};
use serde_json::Value;

use super::{ip_json, sh};

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

/// Makes the namespaces a, b and c, in which the kernel does nothing by itself: links get no IPv6
/// address of their own, and what is added is not tried first.
pub(crate) const QUIET: &str = "
    for n in a b c; do
        ip netns add $n
        ip netns exec $n sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
            echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
    done";

/// A parent p in namespace a with a sibling, a richly furnished macvlan mv of it in b, and an index
/// in c that mv can't have there.
const FURNISHED: &str = "
    ip -n a link add name p index 10 type veth peer name q index 11
    ip -n a link set p up; ip -n a link set q up
    ip -n c link add name x index 20 type veth peer name y index 21
    ip -n a link add link p name sibling type macvlan mode bridge
    ip -n a link add link p name mv index 20 netns b mtu 1400 type macvlan mode source \
        flag nodst bcqueuelen 77 macaddr set 02:00:00:00:01:01 02:00:00:00:01:02
    ip -n b link set mv alias 'two words' up
    ip -n b address add 192.0.2.1/24 broadcast + metric 50 dev mv; ip -n b address add 192.0.2.2/24 dev mv
    ip -n b address add 2001:db8::1/64 metric 60 dev mv nodad
    ip -n b address add 2001:db8::5/64 dev mv nodad
    ip -n a link add name pp index 30 type veth peer name qq index 31
    ip -n a link add link pp name whole netns b type macvlan mode passthru
    ip -n b link set whole up";

/// Makes all that in a quiet sandbox.
pub(crate) fn set_up() {
    sh(QUIET);
    sh(FURNISHED);
}

/// Edits of the furnished macvlan.
pub(crate) fn mv(topology: &Topology, edits: impl IntoIterator<Item = Edit>) -> Vec<Request> {
    vec![edit(key(topology, "b", "mv"), edits)]
}

/// Another name for the furnished macvlan.
#[track_caller]
pub(crate) fn name_change(to: &str) -> Box<Plan> {
    Box::new(plan(&look(), &mv(&look(), [Edit::Name(to.into())])))
}

/// Whether namespace b has a link of that name.
pub(crate) fn is_there(name: &str) -> bool {
    look().namespace(netns(&look(), "b")).expect("b").link_named(name.as_bytes()).is_some()
}

/// A new link of a kind, all else left to the kernel.
pub(crate) fn new(kind: NewKind, parent: LinkKey, place: NetnsId, name: &str) -> NewLink {
    NewLink::new(kind, parent, name.into(), Place::Known(place))
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

/// What `ip` says of every named namespace, each link passed through `scrub`.
#[track_caller]
pub(crate) fn told(scrub: fn(&mut Value)) -> BTreeMap<String, Value> {
    let listed = ip_json(None, "netns list");
    let names = listed.as_array().map(Vec::as_slice).unwrap_or_default();
    names
        .iter()
        .map(|netns| {
            let name = netns["name"].as_str().expect("a name").to_owned();
            let mut links = ip_json(Some(&format!("'{name}'")), "address show");
            links.as_array_mut().expect("an array").iter_mut().for_each(scrub);
            (name, links)
        })
        .collect()
}

/// Takes away what comes and goes with the carrier, on its own time.
pub(crate) fn without_carrier(link: &mut Value) {
    const CARRIER: [&str; 3] = ["LOWER_UP", "NO-CARRIER", "M-DOWN"];
    link["operstate"].take();
    if let Some(flags) = link["flags"].as_array_mut() {
        flags.retain(|flag| !CARRIER.contains(&flag.as_str().unwrap_or_default()));
    }
}

/// Demands that `ip` says the same twice; tells link by link what it doesn't.
#[track_caller]
pub(crate) fn assert_told(
    now: &BTreeMap<String, Value>,
    then: &BTreeMap<String, Value>,
    what: &str,
) {
    let names: Vec<_> = now.keys().collect();
    assert_eq!(names, then.keys().collect::<Vec<_>>(), "{what}");
    for (name, links) in now {
        let count = |links: &Value| links.as_array().map(Vec::len);
        assert_eq!(count(links), count(&then[name]), "{what}: links in {name}");
        for (at, link) in links.as_array().into_iter().flatten().enumerate() {
            for (field, value) in link.as_object().into_iter().flatten() {
                let before = &then[name][at][field];
                assert_eq!(value, before, "{what}: {field} of {} in {name}", link["ifname"]);
            }
        }
    }
}

/// What undo restores. Not so the queueing discipline, which an interface gets when it is first up,
/// and the labels of its IPv4 addresses, which the kernel numbers when it is renamed.
pub(crate) fn restorable(link: &mut Value) {
    without_carrier(link);
    link["qdisc"].take();
    for address in link["addr_info"].as_array_mut().into_iter().flatten() {
        address["label"].take();
    }
}
