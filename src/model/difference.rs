//! What changed between two readings of one link, in words for the event list and `watch`.

use super::{Bridge, BridgePort, Link, Macvlan, Parent, Topology};

/// One property that has another value now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The property, by the name it has in the JSON document.
    pub field: &'static str,
    /// Its old value; empty when there was none.
    pub from: String,
    /// Its new value; empty when there is none.
    pub to: String,
}

/// Everything that differs between two readings of one link and is worth telling. How a parent was
/// found, and the time an address still has to live, are not.
pub fn differences(topology: &Topology, old: &Link, new: &Link) -> Vec<Difference> {
    let mut list = Vec::new();
    let mut compare = |field, from: String, to: String| {
        if from != to {
            list.push(Difference { field, from, to });
        }
    };
    let text =
        |value: &Option<super::Text>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let parent = |parent: &Option<Parent>| match parent {
        None => String::new(),
        Some(parent) => match parent.key() {
            Some(key) => topology.describe(key),
            None => format!("unseen interface {}", parent.ifindex),
        },
    };
    let mac = |link: &Link| link.mac.map(|mac| mac.to_string()).unwrap_or_default();
    compare("name", old.name.to_string(), new.name.to_string());
    compare("alias", text(&old.alias), text(&new.alias));
    compare("alt_names", join(&old.alt_names), join(&new.alt_names));
    compare("kind", old.kind.name().into_owned(), new.kind.name().into_owned());
    if let (Some(before), Some(after)) = (old.macvlan(), new.macvlan()) {
        macvlan_differences(before, after, &mut compare);
    }
    compare("mac", mac(old), mac(new));
    compare("mtu", old.mtu.to_string(), new.mtu.to_string());
    compare("flags", old.flags.names().join(","), new.flags.names().join(","));
    compare("oper_state", old.oper_state.to_string(), new.oper_state.to_string());
    compare("parent", parent(&old.parent), parent(&new.parent));
    compare("peer", parent(&old.peer), parent(&new.peer));
    compare("master", number(old.master), number(new.master));
    let port = |link: &Link| link.bridge_port.map(BridgePort::words).unwrap_or_default();
    compare("bridge_port", port(old), port(new));
    let bridge = |link: &Link| link.bridge.map(Bridge::words).unwrap_or_default();
    compare("bridge", bridge(old), bridge(new));
    compare("addresses", addresses(old), addresses(new));
    compare("qdisc", old.qdisc.to_string(), new.qdisc.to_string());
    compare("promiscuity", old.promiscuity.to_string(), new.promiscuity.to_string());
    list
}

fn macvlan_differences(
    old: &Macvlan,
    new: &Macvlan,
    compare: &mut impl FnMut(&'static str, String, String),
) {
    compare("mode", old.mode.to_string(), new.mode.to_string());
    compare("macvlan_flags", old.flags.names().join(","), new.flags.names().join(","));
    compare("bc_queue_len", number(old.bc_queue_len), number(new.bc_queue_len));
    compare("bc_queue_len_used", number(old.bc_queue_len_used), number(new.bc_queue_len_used));
    compare("bc_cutoff", old.bc_cutoff.to_string(), new.bc_cutoff.to_string());
    if old.sources != new.sources {
        compare("sources", sources(old), sources(new));
    }
}

/// Source lists run to thousands; beyond a few only their number is told.
fn sources(macvlan: &Macvlan) -> String {
    const FEW: usize = 8;
    match macvlan.sources.len() {
        0..=FEW => join(&macvlan.sources),
        many => format!("{many} MACs, {} …", macvlan.sources[0]),
    }
}

fn addresses(link: &Link) -> String {
    let text = link.addresses.iter().map(|address| {
        let mut words = vec![address.cidr()];
        words.extend(address.flag_names().into_iter().map(str::to_owned));
        words.join(" ")
    });
    text.collect::<Vec<_>>().join(", ")
}

fn number(value: Option<u32>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn join(list: &[impl ToString]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
