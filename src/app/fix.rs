//! From the fix that a prediction proposes to requests that a plan can be made of.

use crate::model::{Address, Family, LinkKey, Mode, Topology, prefix};
use crate::plan::{
    DEFAULT_BC_QUEUE_LEN, Edit, NewKind, NewLink, NewMacvlan, Place, Request, suggest,
};
use crate::reach::{Endpoint, Fix, Pair, pair_of};

/// What to ask for so that the fix comes about between two ends.
pub fn requests(topology: &Topology, fix: &Fix, ends: [Endpoint; 2]) -> Vec<Request> {
    let edit = |link: LinkKey, edit: Edit| Request::Edit { link, edits: vec![edit] };
    let modes = |links: &[LinkKey], mode: Mode| {
        links.iter().map(|link| edit(*link, Edit::Mode(mode))).collect::<Vec<_>>()
    };
    match fix {
        Fix::Up(link) => vec![edit(*link, Edit::Up(true))],
        Fix::Mode(links, mode) => modes(links, *mode),
        Fix::Listen(link, mac) => vec![edit(*link, Edit::AddSource(*mac))],
        Fix::Queue(link) => vec![edit(*link, Edit::BcQueueLen(DEFAULT_BC_QUEUE_LEN))],
        Fix::Port(port, option) => vec![edit(*port, Edit::Port(*option))],
        Fix::Shim { parent, others } => {
            let mut all = modes(others, Mode::Bridge);
            all.push(Request::Create(Box::new(shim(topology, *parent, ends))));
            all
        }
    }
}

/// A bridge mode macvlan beside the parent's own stack. It has the parent's address towards the sibling
/// alone, of each family that both have, which brings the route there with it and leaves all others as
/// they are.
fn shim(topology: &Topology, parent: LinkKey, ends: [Endpoint; 2]) -> NewLink {
    let name = suggest::link_name(topology, Some(parent.netns), "macvlan", parent);
    let kind = NewKind::Macvlan(NewMacvlan::new(Mode::Bridge));
    let mut new = NewLink::new(kind, parent, name, Place::Known(parent.netns));
    new.up = true;
    let sibling = ends.into_iter().find_map(|end| match end {
        Endpoint::Link(key) if key != parent => Some(key),
        Endpoint::Link(_) | Endpoint::Outside(_) => None,
    });
    let families = [Family::Inet, Family::Inet6].into_iter();
    let pairs = families.filter_map(|family| pair_of(topology, parent, sibling?, family));
    new.addresses.extend(pairs.map(|Pair { from, to }| {
        let address = Address { peer: Some(to), ..Address::new(from, prefix::width(from)) };
        // The parent answers whoever asks for it, on the wire of a switch that sends frames back.
        let nodad = if from.is_ipv6() { Address::NODAD } else { 0 };
        Address { flags: address.flags | nodad, ..address }
    }));
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{HOST, child, key, link};
    use crate::model::{Change, LinkKind};
    use crate::plan::build;
    use crate::reach::{Switch, Verdict};

    fn commands(mode: Mode, from: u32, to: u32) -> Vec<String> {
        let mut topology = crate::model::fixture::host();
        let mut parent = link(HOST, 3, "up0", LinkKind::Device);
        for cidr in ["192.0.2.1/24", "2001:db8::1/64", "fe80::1/64"] {
            parent.addresses.push(crate::model::fixture::address(cidr));
        }
        let mut links = vec![parent];
        for ifindex in [10, 11] {
            let mut child = child(HOST, ifindex, "", mode, key(HOST, 3));
            child.name = format!("mv{ifindex}").as_bytes().into();
            for cidr in [format!("192.0.2.{ifindex}/24"), format!("2001:db8::{ifindex}/64")] {
                child.addresses.push(crate::model::fixture::address(&cidr));
            }
            links.push(child);
        }
        topology.apply(Change::Contents { netns: HOST, links });
        let ends = [from, to].map(|ifindex| Endpoint::Link(key(HOST, ifindex)));
        let verdict = Verdict::between(&topology, ends[0], ends[1], Switch::Normal, None);
        let fix = Fix::of(&topology, ends[0], ends[1], &verdict).expect("a fix");
        let plan = build(&topology, &requests(&topology, &fix, ends)).expect("a plan");
        plan.steps.into_iter().map(|step| step.command).collect()
    }

    #[test]
    fn siblings_become_bridges() {
        let set = |name| format!("ip link set dev {name} type macvlan mode bridge");
        assert_eq!(commands(Mode::Vepa, 10, 11), [set("mv10"), set("mv11")]);
    }

    #[test]
    fn the_host_gets_a_macvlan_with_its_address_towards_the_sibling() {
        let expected = [
            "ip link add link up0 name macvlan0 type macvlan mode bridge",
            "ip address add 192.0.2.1 peer 192.0.2.10/32 dev macvlan0",
            "ip link set dev macvlan0 up",
            "ip address add 2001:db8::1 peer 2001:db8::10/128 nodad dev macvlan0",
        ];
        assert_eq!(commands(Mode::Bridge, 3, 10), expected);
        assert_eq!(commands(Mode::Bridge, 10, 3), expected);
    }
}
