//! `ip -j -d` as the oracle: the topology must say of every link what `ip` says of it inside the
//! link's own namespace.

use std::collections::{BTreeMap, BTreeSet};

use macvlens::model::{Address, Link, Namespace, Topology};
use serde_json::{Value, json};

use super::ip_json;

/// Compares all links of the named namespaces, and of the test's own, with `ip`; the difference,
/// if there is one.
pub(crate) fn difference(topology: &Topology, names: &[&str]) -> Option<String> {
    let own = topology.namespaces().find(|namespace| namespace.netns.current);
    let others = names.iter().map(|name| {
        let found = topology
            .namespaces()
            .find(|namespace| namespace.netns.iproute_name() == Some(name.as_bytes()));
        (Some(*name), found)
    });
    std::iter::once((None, own)).chain(others).find_map(|(place, namespace)| {
        let Some(namespace) = namespace else {
            return Some(format!("{place:?} is not in the topology"));
        };
        unlike(&ours(topology, namespace), &theirs(place)).map(|what| format!("{place:?}: {what}"))
    })
}

/// What is different between two namespaces, link by link and field by field.
fn unlike(ours: &BTreeMap<u64, Value>, theirs: &BTreeMap<u64, Value>) -> Option<String> {
    let both: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let mut lines = Vec::new();
    for ifindex in both {
        match (ours.get(ifindex), theirs.get(ifindex)) {
            (Some(Value::Object(our)), Some(Value::Object(their))) => {
                let fields = our.iter().filter(|(field, value)| their.get(*field) != Some(value));
                lines.extend(fields.map(|(field, value)| {
                    format!("{ifindex} {} {field}: {value}, but ip: {}", our["name"], their[field])
                }));
            }
            (our, their) => {
                let name = |link: Option<&Value>| link.map(|link| link["name"].clone());
                lines.push(format!("{ifindex}: {:?}, but ip: {:?}", name(our), name(their)));
            }
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Panics with the difference.
#[track_caller]
pub(crate) fn assert_same(topology: &Topology, names: &[&str]) {
    if let Some(difference) = difference(topology, names) {
        panic!("{difference}");
    }
}

fn ours(topology: &Topology, namespace: &Namespace) -> BTreeMap<u64, Value> {
    namespace.links().map(|link| (link.key.ifindex.into(), our_link(topology, link))).collect()
}

fn our_link(topology: &Topology, link: &Link) -> Value {
    let below = link.parent.as_ref().or(link.peer.as_ref());
    let elsewhere = below.filter(|below| below.netns != Some(link.key.netns));
    let mut flags = link.flags.names();
    flags.sort_unstable();
    json!({
        "name": link.name.to_string(),
        "mtu": link.mtu,
        "flags": flags,
        "state": link.oper_state.name(),
        "mac": link.mac.map(|mac| mac.to_string()),
        "promiscuity": link.promiscuity,
        "qdisc": link.qdisc.to_string(),
        "link_here": below.filter(|below| below.netns == Some(link.key.netns)).and_then(|below| {
            Some(topology.link(below.key()?)?.name.to_string())
        }),
        "link_index": elsewhere.map(|below| below.ifindex),
        "link_netnsid": elsewhere.map(|below| below.nsid),
        "kind": match link.kind.name().as_ref() {
            "device" | "loopback" => Value::Null,
            kind => kind.into(),
        },
        "mode": link.macvlan().map(|macvlan| macvlan.mode.to_string()),
        "macvlan_flags": link.macvlan().map(|macvlan| macvlan.flags.names()),
        "bcqueuelen": link.macvlan().map(|macvlan| macvlan.bc_queue_len),
        "usedbcqueuelen": link.macvlan().map(|macvlan| macvlan.bc_queue_len_used),
        "sources": link.macvlan().map(|macvlan| {
            macvlan.sources.iter().map(ToString::to_string).collect::<Vec<_>>()
        }),
        "bridge_port": link.bridge_port.map(|port| json!([
            port.state.name(), port.hairpin, port.isolated, port.learning, port.flood,
            port.bcast_flood,
        ])),
        "bridge": link.bridge.map(|bridge| json!([bridge.stp, bridge.vlan_filtering])),
        "addresses": link.addresses.iter().map(our_address).collect::<Vec<_>>(),
    })
}

fn our_address(address: &Address) -> Value {
    json!([
        address.ip.to_string(),
        address.prefix_len,
        address.scope_name(),
        address.flags & Address::TENTATIVE != 0
    ])
}

fn theirs(netns: Option<&str>) -> BTreeMap<u64, Value> {
    let listed = ip_json(netns, "address show");
    let links = listed.as_array().expect("an array");
    links
        .iter()
        .map(|link| (link["ifindex"].as_u64().expect("ifindex"), their_link(link)))
        .collect()
}

fn their_link(link: &Value) -> Value {
    let mut flags: Vec<&str> =
        link["flags"].as_array().expect("flags").iter().filter_map(Value::as_str).collect();
    flags.retain(|flag| *flag != "M-DOWN");
    flags.sort_unstable();
    let info = &link["linkinfo"];
    let data = &info["info_data"];
    let is_macvlan = matches!(info["info_kind"].as_str(), Some("macvlan" | "macvtap"));
    let of_macvlan = |value: Value| if is_macvlan { value } else { Value::Null };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut sources: Vec<String> = list(&data["macaddr_data"])
        .iter()
        .filter_map(|mac| Some(mac.as_str()?.to_owned()))
        .collect();
    sources.sort();
    let macvlan_flags: Vec<&str> =
        ["nopromisc", "nodst"].into_iter().filter(|flag| data[flag] == true).collect();
    json!({
        "name": link["ifname"],
        "mtu": link["mtu"],
        "flags": flags,
        "state": link["operstate"],
        "mac": link["address"],
        "promiscuity": link["promiscuity"],
        "qdisc": link["qdisc"],
        "link_here": link["link"],
        "link_index": link["link_index"],
        "link_netnsid": link["link_netnsid"],
        "kind": info["info_kind"],
        "mode": of_macvlan(data["mode"].clone()),
        "macvlan_flags": of_macvlan(json!(macvlan_flags)),
        "bcqueuelen": of_macvlan(data["bcqueuelen"].clone()),
        "usedbcqueuelen": of_macvlan(data["usedbcqueuelen"].clone()),
        "sources": of_macvlan(json!(sources)),
        "bridge_port": (info["info_slave_kind"] == "bridge").then(|| {
            let port = &info["info_slave_data"];
            ["state", "hairpin", "isolated", "learning", "flood", "bcast_flood"]
                .map(|name| port[name].clone())
        }),
        "bridge": (info["info_kind"] == "bridge")
            .then(|| ["stp_state", "vlan_filtering"].map(|name| data[name] != 0)),
        "addresses": list(&link["addr_info"]).iter().map(their_address).collect::<Vec<_>>(),
    })
}

fn their_address(address: &Value) -> Value {
    let tentative = address["tentative"].as_bool().unwrap_or(false);
    json!([address["local"], address["prefixlen"], address["scope"], tentative])
}
