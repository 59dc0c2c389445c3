//! What an op does to other links than its own: those that hang on it, follow it or share with it.

use super::{IPV6_MIN_MTU, MAX_DEPTH, find_netns, free, settle};
use crate::model::{Change, Link, LinkKey, LinkKind, MacAddr, Mode, OperState, Topology};
use crate::plan::Place;

/// Removes a link with what hangs on it: sub-interfaces in every namespace, the other end of a
/// pair; ports are set free.
pub(super) fn remove(topology: &mut Topology, key: LinkKey, depth: usize) {
    let Some(link) = topology.link(key).filter(|_| depth > 0).cloned() else {
        return;
    };
    let children: Vec<LinkKey> = topology
        .children_of(key)
        .filter(|child| child.lives_on_parent())
        .map(|child| child.key)
        .collect();
    let ports: Vec<Link> = topology.ports_of(key).cloned().collect();
    let peer = topology.peer_of(&link).map(|peer| peer.key);
    topology.apply(Change::LinkGone(key));
    for child in children {
        remove(topology, child, depth - 1);
    }
    for port in ports {
        topology.apply(Change::Link(Box::new(Link { master: None, ..port })));
    }
    if let Some(peer) = peer {
        remove(topology, peer, depth - 1);
    }
    if let Some(parent) = link.parent.and_then(|parent| parent.key()) {
        settle(topology, parent, None);
    }
}

/// A moved link comes up down and without addresses, and leaves its bridge.
pub(super) fn moved(topology: &mut Topology, mut link: Link, place: &Place) -> Option<LinkKey> {
    let netns = find_netns(topology, place)?;
    let old = link.key;
    set_up(topology, link.clone(), false, MAX_DEPTH);
    topology.apply(Change::LinkGone(old));
    link.key = LinkKey { netns, ifindex: free(topology, netns) };
    link.flags = link.flags.with_up(false);
    link.oper_state = OperState::Down;
    link.addresses.clear();
    link.master = None;
    let new = link.key;
    topology.apply(Change::Link(Box::new(link)));
    let children: Vec<Link> = topology.children_of(old).cloned().collect();
    for mut child in children {
        if let Some(parent) = &mut child.parent {
            parent.ifindex = new.ifindex;
            parent.netns = Some(new.netns);
        }
        topology.apply(Change::Link(Box::new(child)));
    }
    Some(new)
}

/// A passthru sub-interface and its parent have one MAC; a VLAN that has its parent's follows it.
pub(super) fn set_mac(topology: &mut Topology, link: Link, mac: MacAddr) {
    let lower = topology.parent_of(&link).filter(|_| is_passthru(&link)).cloned();
    let first = lower.unwrap_or(link);
    let mut pending = vec![first];
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for mut link in std::mem::take(&mut pending) {
            let follows = |child: &&Link| {
                is_passthru(child)
                    || (matches!(child.kind, LinkKind::Vlan { .. }) && child.mac == link.mac)
            };
            next.extend(topology.children_of(link.key).filter(follows).cloned());
            link.mac = Some(mac);
            topology.apply(Change::Link(Box::new(link)));
        }
        pending = next;
    }
}

pub(in crate::plan) fn is_passthru(link: &Link) -> bool {
    link.macvlan().is_some_and(|macvlan| macvlan.mode == Mode::Passthru)
}

/// Sub-interfaces follow their parent's MTU down, never up.
pub(super) fn set_mtu(topology: &mut Topology, mut link: Link, mtu: u32, depth: usize) {
    if mtu < IPV6_MIN_MTU {
        link.addresses.retain(|address| address.ip.is_ipv4());
    }
    link.mtu = mtu;
    let key = link.key;
    topology.apply(Change::Link(Box::new(link)));
    let above: Vec<Link> = topology
        .children_of(key)
        .filter(|child| depth > 0 && follows_parent(child) && child.mtu > mtu)
        .cloned()
        .collect();
    for child in above {
        set_mtu(topology, child, mtu, depth - 1);
    }
}

/// The kinds whose MTU and state follow the parent's.
pub(in crate::plan) fn follows_parent(link: &Link) -> bool {
    link.macvlan().is_some() || matches!(link.kind, LinkKind::Vlan { .. })
}

/// VLANs go down and up with their parent. Whatever goes down loses its IPv6 addresses.
pub(super) fn set_up(topology: &mut Topology, mut link: Link, up: bool, depth: usize) {
    link.flags = link.flags.with_up(up);
    if !up {
        link.oper_state = OperState::Down;
        link.addresses.retain(|address| address.ip.is_ipv4());
    }
    let key = link.key;
    topology.apply(Change::Link(Box::new(link)));
    let vlans: Vec<Link> = topology
        .children_of(key)
        .filter(|child| depth > 0 && matches!(child.kind, LinkKind::Vlan { .. }))
        .filter(|child| child.flags.is_up() != up)
        .cloned()
        .collect();
    for vlan in vlans {
        set_up(topology, vlan, up, depth - 1);
    }
}
