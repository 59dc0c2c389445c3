//! Frames between the interfaces of a small host, and whether each arrives as was predicted.

use std::thread;

use macvlens::kernel::watcher::Watcher;
use macvlens::model::{LinkKey, PortState, Topology};
use macvlens::probe;
use macvlens::reach::{Cast, Endpoint, Switch, Way, way};

use super::{eventually, sh};

pub(crate) fn topology() -> Topology {
    let mut watcher = Watcher::new().expect("a watcher");
    watcher.snapshot();
    watcher.topology().clone()
}

pub(crate) fn named(topology: &Topology, name: &str) -> LinkKey {
    let found = topology.links().find(|link| link.name == name.into());
    found.unwrap_or_else(|| panic!("no {name}")).key
}

/// Sends frames between all of these, both ways, and demands that each arrives as was predicted.
#[track_caller]
pub(crate) fn agrees(names: &[&str], what: &str) {
    let topology = topology();
    let keys: Vec<_> = names.iter().map(|name| named(&topology, name)).collect();
    let pairs: Vec<_> = keys
        .iter()
        .enumerate()
        .flat_map(|(at, from)| keys[at + 1..].iter().map(|to| [*from, *to]))
        .collect();
    let wrong: Vec<String> = thread::scope(|scope| {
        let topology = &topology;
        let tests = pairs.iter().map(|pair| scope.spawn(move || disagreements(topology, *pair)));
        let tests: Vec<_> = tests.collect();
        tests.into_iter().flat_map(|test| test.join().expect("a measurement")).collect()
    });
    assert!(wrong.is_empty(), "{what}: {}\n{}", wrong.len(), wrong.join("\n"));
}

/// Where prediction and measurement of a pair differ.
fn disagreements(topology: &Topology, [a, b]: [LinkKey; 2]) -> Vec<String> {
    let measured = probe::frames(topology, a, b).expect("a measurement");
    let casts = [(Cast::Unicast, measured.unicast), (Cast::Broadcast, measured.broadcast)];
    let ways = casts
        .into_iter()
        .flat_map(|(cast, [there, back])| [(cast, a, b, there), (cast, b, a, back)]);
    ways.filter_map(|(cast, from, to, arrived)| {
        let ends = [from, to].map(Endpoint::Link);
        let predicted = way(topology, ends[0], ends[1], cast, Switch::Normal);
        let [from, to] = [from, to].map(|key| topology.describe(key));
        (predicted.arrives() != arrived)
            .then(|| format!("{cast:?} {from} to {to}: {predicted:?}, but measured {arrived}"))
    })
    .collect()
}

/// Compares what is predicted of the outside of `up0` with what a host out there measures. It is in
/// nobody's source list, as the outside is not.
#[track_caller]
pub(crate) fn outside_agrees(names: &[&str], what: &str) {
    let topology = topology();
    let (outside, far) = (Endpoint::Outside(named(&topology, "up0")), named(&topology, "far0"));
    for name in names {
        let key = named(&topology, name);
        let measured = probe::frames(&topology, far, key).expect("a measurement");
        let casts = [(Cast::Unicast, measured.unicast), (Cast::Broadcast, measured.broadcast)];
        for (cast, arrived) in casts {
            let ends = [[outside, Endpoint::Link(key)], [Endpoint::Link(key), outside]];
            let predicted = ends.map(|[from, to]| way(&topology, from, to, cast, Switch::Normal));
            let arrives = predicted.each_ref().map(Way::arrives);
            assert_eq!(arrives, arrived, "{what}: outside, {name}, {cast:?}: {predicted:?}");
        }
    }
}

/// A bridge `sw` in a namespace of its own with an outside host `far`, and the parent `up0` on it.
pub(crate) fn set_up() {
    sh("calm() { echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; }; calm
        for n in wire far one two; do ip netns add $n; ip netns exec $n sh -c \
            'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'; done
        ip -n wire link add sw type bridge; ip -n wire link set sw up
        ip link add up0 type veth peer name w0 netns wire
        ip -n far link add far0 type veth peer name w1 netns wire
        for w in w0 w1; do ip -n wire link set $w master sw; ip -n wire link set $w up; done
        ip -n far link set far0 up; ip link set up0 up");
    forwarding();
}

/// Waits until every port of a bridge forwards; the kernel opens a port some time after its carrier came.
pub(crate) fn forwarding() {
    eventually("ports that forward", || {
        let topology = topology();
        let mut ports = topology.links().filter_map(|link| link.bridge_port);
        ports.all(|port| port.state == PortState::Forwarding)
    });
}

/// Two of each mode that several may have.
pub(crate) fn pairs() {
    for mode in ["private", "vepa", "bridge", "source"] {
        pair(mode);
    }
}

/// A second parent `up1` on the bridge.
pub(crate) fn second_parent() {
    sh("ip link add up1 type veth peer name w2 netns wire; ip link set up1 up
        ip -n wire link set w2 master sw; ip -n wire link set w2 up");
}

/// Two of a mode, the second in another namespace.
pub(crate) fn pair(mode: &str) {
    sh(&format!(
        "ip link add link up0 name {mode}1 type macvlan mode {mode}; ip link set {mode}1 up
         ip link add link up0 name {mode}2 netns one type macvlan mode {mode}
         ip -n one link set {mode}2 up"
    ));
}

pub(crate) fn mac(name: &str) -> String {
    let topology = topology();
    topology.link(named(&topology, name)).and_then(|link| link.mac).expect("a MAC").to_string()
}

pub(crate) const ALL: [&str; 10] = [
    "private1", "private2", "vepa1", "vepa2", "bridge1", "bridge2", "source1", "source2", "up0",
    "far0",
];

pub(crate) fn hairpin(on: bool) {
    let on = if on { "on" } else { "off" };
    sh(&format!("ip -n wire link set w0 type bridge_slave hairpin {on}"));
}
