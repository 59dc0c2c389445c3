//! What an op does to other links than its own: those that hang on it, follow it or share with it.

use super::{IPV6_MIN_MTU, find_netns, free, settle};
use crate::model::link::MAX_DEPTH;
use crate::model::{Change, Link, LinkKey, MacAddr, Mode, OperState, Topology};
use crate::plan::Place;

/// What goes when a link goes: sub-interfaces in every namespace and the other end of a pair, with
/// what hangs on those; parents before their children, without the link itself.
pub(in crate::plan) fn falls_with(topology: &Topology, key: LinkKey) -> Vec<LinkKey> {
    let mut falling = vec![key];
    let mut at = 0;
    while let Some(&key) = falling.get(at) {
        let children = topology.children_of(key).filter(|child| child.lives_on_parent());
        let peer = topology.link(key).and_then(|link| topology.peer_of(link));
        for link in children.chain(peer) {
            if !falling.contains(&link.key) {
                falling.push(link.key);
            }
        }
        at += 1;
    }
    falling.remove(0);
    falling
}

/// Removes a link with what falls with it; ports are set free.
pub(super) fn remove(topology: &mut Topology, key: LinkKey) {
    let mut falling = falls_with(topology, key);
    falling.push(key);
    for key in falling {
        let Some(link) = topology.link(key).cloned() else { continue };
        let ports: Vec<Link> = topology.ports_of(key).cloned().collect();
        topology.apply(Change::LinkGone(key));
        for port in ports {
            topology.apply(Change::Link(Box::new(Link {
                master: None,
                bridge_port: None,
                ..port
            })));
        }
        if let Some(parent) = link.parent.and_then(|parent| parent.key()) {
            settle(topology, parent, None);
        }
    }
}

/// The sub-interfaces whose MACs a link has in its receive filter. A move empties the filter
/// (`dev_uc_flush` of net/core/dev.c), and only setting them down and up again fills it.
pub(in crate::plan) fn filtered_for(
    topology: &Topology,
    parent: LinkKey,
) -> impl Iterator<Item = &Link> {
    topology
        .children_of(parent)
        .filter(|child| child.macvlan().is_some() && child.flags.is_up() && !is_passthru(child))
}

/// A moved link comes up down and without addresses, and leaves its bridge.
pub(super) fn moved(
    topology: &mut Topology,
    mut link: Link,
    place: &Place,
    ifindex: Option<u32>,
) -> Option<LinkKey> {
    let netns = find_netns(topology, place)?;
    let old = link.key;
    set_up(topology, link.clone(), false, MAX_DEPTH);
    topology.apply(Change::LinkGone(old));
    link.key = LinkKey { netns, ifindex: ifindex.unwrap_or_else(|| free(topology, netns)) };
    link.flags = link.flags.with_up(false);
    link.oper_state = OperState::Down;
    link.addresses.clear();
    (link.master, link.bridge_port) = (None, None);
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

pub(super) fn set_mac(topology: &mut Topology, link: &Link, mac: MacAddr) {
    for key in std::iter::once(link.key).chain(with_same_mac(topology, link)) {
        if let Some(link) = topology.link(key) {
            let link = Link { mac: Some(mac), ..link.clone() };
            topology.apply(Change::Link(Box::new(link)));
        }
    }
}

/// Whose MAC changes with the link's: a passthru sub-interface and its parent have one MAC, and a
/// VLAN that has its parent's follows it.
pub(in crate::plan) fn with_same_mac(topology: &Topology, link: &Link) -> Vec<LinkKey> {
    let lower = topology.parent_of(link).filter(|_| is_passthru(link));
    let mut changing = vec![lower.unwrap_or(link).key];
    let mut at = 0;
    while let Some(&key) = changing.get(at) {
        let mac = topology.link(key).and_then(|link| link.mac);
        let follows =
            |child: &&Link| is_passthru(child) || (child.vlan().is_some() && child.mac == mac);
        for child in topology.children_of(key).filter(follows) {
            if !changing.contains(&child.key) {
                changing.push(child.key);
            }
        }
        at += 1;
    }
    changing.retain(|key| *key != link.key);
    changing
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

/// The kinds whose MTU follows the parent's.
pub(in crate::plan) fn follows_parent(link: &Link) -> bool {
    link.macvlan().is_some() || link.vlan().is_some()
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
        .filter(|child| depth > 0 && child.is_up_with_parent())
        .filter(|child| child.flags.is_up() != up)
        .cloned()
        .collect();
    for vlan in vlans {
        set_up(topology, vlan, up, depth - 1);
    }
}
