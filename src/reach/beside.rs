//! What a parent's namespace has beside the parent's own stack: a macvlan on the same parent, a sibling of
//! those that the stack itself does not reach. That it leads to one of them is told from addresses alone.

use std::net::IpAddr;

use super::layer3::pair_of;
use super::{Endpoint, Switch, Verdict};
use crate::model::{Family, Link, LinkKey, LinkKind, Namespace, Topology};

/// An interface of a parent's namespace that has the packets for one of the sub-interfaces elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The interface.
    pub link: LinkKey,
    /// The sub-interface.
    pub sibling: LinkKey,
    /// Whether frames pass between the two.
    pub(super) passes: bool,
}

impl Beside {
    /// The one that reaches where the own stack does not, as was found.
    pub fn instead(topology: &Topology, ends: [Endpoint; 2], verdict: &Verdict) -> Option<Self> {
        Self::of(topology, ends).filter(|beside| beside.passes && !verdict.is_reachable())
    }

    /// The one for two ends of which one is the own stack of the other's parent.
    pub(super) fn of(topology: &Topology, ends: [Endpoint; 2]) -> Option<Self> {
        let [Endpoint::Link(a), Endpoint::Link(b)] = ends else { return None };
        let is_on = |child: LinkKey, parent: LinkKey| {
            let below = topology.link(child).and_then(|link| topology.parent_of(link));
            below.is_some_and(|below| below.key == parent) && child.netns != parent.netns
        };
        let (parent, sibling) = if is_on(b, a) {
            (a, b)
        } else if is_on(a, b) {
            (b, a)
        } else {
            return None;
        };
        let families = [Family::Inet, Family::Inet6];
        let wanted = families.map(|family| pair_of(topology, parent, sibling, family));
        let has_all = |link: &&Link| {
            wanted.iter().flatten().all(|pair| is_nearest(topology, link, pair.to))
                && wanted.iter().any(Option::is_some)
        };
        let is_macvlan = |link: &&Link| {
            matches!(link.kind, LinkKind::Macvlan(_)) && link.key.netns == parent.netns
        };
        let link = topology.children_of(parent).filter(is_macvlan).find(has_all)?.key;
        let ends = [link, sibling].map(Endpoint::Link);
        let passes = Verdict::of_frames_between(topology, ends, Switch::Normal).frames_pass();
        Some(Self { link, sibling, passes })
    }

    /// That the two namespaces talk all the same, as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        format!(
            "{} reaches {} all the same, through {}.",
            topology.label(self.link.netns),
            topology.describe(self.sibling),
            topology.describe(self.link)
        )
    }
}

/// Whether the narrowest prefix of the namespace that the address is in belongs to this interface.
fn is_nearest(topology: &Topology, link: &Link, to: IpAddr) -> bool {
    let narrowest = |link: &Link| {
        let near = link.addresses.iter().filter(|own| own.reaches(to));
        near.map(|own| own.prefix_len).max().filter(|_| link.flags.is_up())
    };
    let others = topology.namespace(link.key.netns).into_iter().flat_map(Namespace::links);
    let others = others.filter(|other| other.key != link.key).filter_map(narrowest).max();
    narrowest(link) > others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{C2, HOST, address, child, key, link};
    use crate::model::{Address, Change, Mode};
    use crate::reach::Fix;

    const PARENT: LinkKey = LinkKey { netns: HOST, ifindex: 30 };

    /// A parent with one sub-interface elsewhere, and with the addresses of one in its own namespace.
    fn host(mode: Mode, addresses: Vec<Address>) -> (Topology, [Endpoint; 2]) {
        let mut topology = crate::model::fixture::host();
        let mut parent = link(HOST, 30, "up0", LinkKind::Device);
        parent.addresses.push(address("192.0.2.1/24"));
        let mut far = child(C2, 31, "eth9", mode, PARENT);
        far.addresses.push(address("192.0.2.11/24"));
        let mut near = child(HOST, 32, "macvlan0", Mode::Bridge, PARENT);
        near.addresses = addresses;
        for link in [parent, far, near] {
            topology.apply(Change::Link(Box::new(link)));
        }
        (topology, [Endpoint::Link(PARENT), Endpoint::Link(key(C2, 31))])
    }

    fn towards(peer: &str) -> Address {
        Address { peer: Some(peer.parse().unwrap()), ..address("192.0.2.1/32") }
    }

    fn fix(topology: &Topology, [from, to]: [Endpoint; 2]) -> Option<Fix> {
        let verdict = Verdict::between(topology, from, to, Switch::Normal, None);
        assert!(!verdict.frames_pass(), "the parent's own stack never reaches it");
        Fix::of(topology, from, to, &verdict)
    }

    #[test]
    fn a_shim_that_leads_there_is_told_and_not_made_again() {
        let (topology, ends) = host(Mode::Bridge, vec![towards("192.0.2.11")]);
        for ends in [ends, [ends[1], ends[0]]] {
            let beside = Beside::of(&topology, ends).unwrap();
            assert_eq!((beside.link, beside.passes), (key(HOST, 32), true));
            let told = "host reaches eth9 in centos1-2 all the same, through macvlan0 in host.";
            assert_eq!(beside.sentence(&topology), told);
            assert_eq!(fix(&topology, ends), None);
        }
    }

    #[test]
    fn one_that_leads_elsewhere_or_nowhere_is_none() {
        // For another sibling, for all of the subnet as the parent, and without an address.
        for addresses in [vec![towards("192.0.2.12")], vec![address("192.0.2.5/24")], vec![]] {
            let (topology, ends) = host(Mode::Bridge, addresses);
            assert_eq!(Beside::of(&topology, ends), None);
            assert!(matches!(fix(&topology, ends), Some(Fix::Shim { .. })));
        }
        let (mut topology, ends) = host(Mode::Bridge, vec![towards("192.0.2.11")]);
        let mut near = topology.link(key(HOST, 32)).unwrap().clone();
        near.flags = near.flags.with_up(false);
        topology.apply(Change::Link(Box::new(near)));
        assert_eq!(Beside::of(&topology, ends), None);
    }

    #[test]
    fn where_only_the_mode_is_in_the_way_that_is_the_fix() {
        let (topology, ends) = host(Mode::Vepa, vec![towards("192.0.2.11")]);
        assert!(Beside::of(&topology, ends).is_some_and(|beside| !beside.passes));
        assert_eq!(fix(&topology, ends), Some(Fix::Mode(vec![key(C2, 31)], Mode::Bridge)));
    }
}
