//! What an op does to a topology, as far as it can be known without a kernel. For the requests
//! behind it in a plan, for what it brings along, and for undo; never for the screen.
//!
//! What the kernel will choose stays open: a new link has a placeholder for an index, which no link
//! of the kernel's can have, and no MAC; an address of the kernel's own making does not appear.

mod cascade;
mod netns;

use super::{NewKind, NewLink, Op, Place, Setting, Target};
use crate::model::link::MAX_DEPTH;
use crate::model::{
    Address, Change, Link, LinkFlags, LinkKey, LinkKind, Macvlan, NetnsId, OperState, Parent, Text,
    Topology,
};
pub(super) use cascade::{falls_with, filtered_for, follows_parent, is_passthru, with_same_mac};
use cascade::{moved, remove, set_mac, set_mtu, set_up};
pub(super) use netns::{come_home, homecoming, other_holders, outlives_name};
use netns::{create_netns, delete_netns};

/// Placeholders begin here; the kernel's indexes are positive `int`s.
pub(super) const PLACEHOLDER_IFINDEX: u32 = 1 << 31;
/// Placeholders begin here; hidden namespaces are counted from 0.
const PLACEHOLDER_NETNS: u64 = 1 << 63;
/// Broadcast queue length when none is asked for (`MACVLAN_DEFAULT_BC_QUEUE_LEN`).
pub const DEFAULT_BC_QUEUE_LEN: u32 = 1000;
/// IPv6 works only on links with at least this MTU (RFC 8200).
pub(super) const IPV6_MIN_MTU: u32 = 1280;

/// Does the op to the topology; tells which link it made or moved, by its key from now on. An op
/// whose link is not there does nothing.
pub(super) fn apply(topology: &mut Topology, op: &Op) -> Option<LinkKey> {
    match op {
        Op::CreateNetns { name } => {
            create_netns(topology, name);
            None
        }
        Op::DeleteNetns { name } => {
            delete_netns(topology, name);
            None
        }
        Op::Create(new) => create(topology, new),
        Op::Delete(target) => {
            let key = find(topology, target)?;
            remove(topology, key);
            None
        }
        Op::Set(target, setting) => {
            let key = find(topology, target)?;
            set(topology, key, setting)
        }
    }
}

/// Whether everything that an op names is there.
pub(super) fn is_possible(topology: &Topology, op: &Op) -> bool {
    match op {
        Op::CreateNetns { .. } => true,
        Op::DeleteNetns { name } => topology.namespace_named(name.as_bytes()).is_some(),
        Op::Create(new) => {
            topology.link(new.parent).is_some() && find_netns(topology, &new.netns).is_some()
        }
        Op::Delete(target) => find(topology, target).is_some(),
        Op::Set(target, setting) => {
            let there = match setting {
                Setting::Netns { place, .. } => find_netns(topology, place).is_some(),
                _ => true,
            };
            there && find(topology, target).is_some()
        }
    }
}

/// The link that a target means in this topology.
pub(super) fn find(topology: &Topology, target: &Target) -> Option<LinkKey> {
    match target {
        Target::Link(key) => topology.link(*key).map(|link| link.key),
        Target::Named { netns, name } => {
            let namespace = topology.namespace(find_netns(topology, netns)?)?;
            namespace.links().find(|link| link.name == *name).map(|link| link.key)
        }
    }
}

/// The namespace that a place means in this topology.
pub(super) fn find_netns(topology: &Topology, place: &Place) -> Option<NetnsId> {
    match place {
        Place::Known(id) => topology.namespace(*id).map(|namespace| namespace.netns.id),
        Place::New(name) => {
            topology.namespace_named(name.as_bytes()).map(|namespace| namespace.netns.id)
        }
    }
}

/// How an op names a link of a simulated topology.
pub(super) fn target(topology: &Topology, link: &Link) -> Target {
    if link.key.ifindex < PLACEHOLDER_IFINDEX && !is_placeholder(link.key.netns) {
        return Target::Link(link.key);
    }
    Target::Named { netns: place(topology, link.key.netns), name: link.name.clone() }
}

/// How an op names a namespace of a simulated topology.
pub(super) fn place(topology: &Topology, id: NetnsId) -> Place {
    let name = topology.namespace(id).and_then(|namespace| namespace.netns.iproute_name());
    match name {
        Some(name) if is_placeholder(id) => Place::New(name.into()),
        _ => Place::Known(id),
    }
}

/// Whether a namespace exists only in the plan.
pub(super) fn is_placeholder(id: NetnsId) -> bool {
    matches!(id, NetnsId::Hidden(n) if n >= PLACEHOLDER_NETNS)
}

fn create(topology: &mut Topology, new: &NewLink) -> Option<LinkKey> {
    let parent = topology.link(new.parent)?.clone();
    let netns = find_netns(topology, &new.netns)?;
    let key = LinkKey { netns, ifindex: new.ifindex.unwrap_or_else(|| free(topology, netns)) };
    let macvlan = |new: &super::NewMacvlan| Macvlan {
        mode: new.mode,
        flags: new.flags,
        bc_queue_len: Some(new.bc_queue_len.unwrap_or(DEFAULT_BC_QUEUE_LEN)),
        bc_queue_len_used: None,
        bc_cutoff: new.bc_cutoff.unwrap_or_else(|| cutoff(topology, parent.key)),
        sources: sorted(new.sources.clone()),
    };
    let kind = match &new.kind {
        NewKind::Macvlan(new) => LinkKind::Macvlan(macvlan(new)),
        NewKind::Macvtap(new) => LinkKind::Macvtap(macvlan(new)),
        NewKind::Vlan(vlan) => LinkKind::Vlan(*vlan),
    };
    let takes_parents = new.is_passthru() || (new.mac.is_none() && new.macvlan().is_none());
    let link = Link {
        mac: if takes_parents { parent.mac } else { new.mac },
        mtu: new.mtu.unwrap_or(parent.mtu),
        flags: LinkFlags(0x1002),
        parent: Some(Parent {
            ifindex: parent.key.ifindex,
            netns: Some(parent.key.netns),
            nsid: None,
            sysfs_lower: None,
        }),
        ..bare(key, new.name.clone(), kind)
    };
    topology.apply(Change::Link(Box::new(link)));
    settle(topology, parent.key, new.macvlan().and_then(|new| new.bc_cutoff));
    Some(key)
}

/// The cut-off that a new sub-interface finds on its parent; 1 when it is the first.
fn cutoff(topology: &Topology, parent: LinkKey) -> i32 {
    let mut siblings = topology.children_of(parent).filter_map(Link::macvlan);
    siblings.next().map_or(1, |macvlan| macvlan.bc_cutoff)
}

fn bare(key: LinkKey, name: Text, kind: LinkKind) -> Link {
    Link {
        key,
        name,
        alias: None,
        alt_names: Vec::new(),
        kind,
        mac: None,
        mtu: 0,
        flags: LinkFlags::default(),
        oper_state: OperState::Down,
        qdisc: "noop".into(),
        promiscuity: 0,
        parent: None,
        peer: None,
        master: None,
        bridge_port: None,
        bridge: None,
        addresses: Vec::new(),
        tap_device: None,
    }
}

/// A placeholder that is free in the namespace.
fn free(topology: &Topology, netns: NetnsId) -> u32 {
    let taken =
        topology.namespace(netns).into_iter().flat_map(super::super::model::Namespace::links);
    let last = taken.map(|link| link.key.ifindex).max().unwrap_or(0);
    last.max(PLACEHOLDER_IFINDEX - 1) + 1
}

fn sorted(mut sources: Vec<crate::model::MacAddr>) -> Vec<crate::model::MacAddr> {
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// What sub-interfaces of one parent share follows from what each of them asked for.
fn settle(topology: &mut Topology, parent: LinkKey, cutoff: Option<i32>) {
    let asked = topology.children_of(parent).filter_map(|child| child.macvlan()?.bc_queue_len);
    let used = asked.max();
    let changed: Vec<Link> = topology
        .children_of(parent)
        .filter_map(|child| {
            let macvlan = child.macvlan()?;
            let cutoff = cutoff.unwrap_or(macvlan.bc_cutoff);
            if macvlan.bc_queue_len_used == used && macvlan.bc_cutoff == cutoff {
                return None;
            }
            let mut child = child.clone();
            let macvlan = child.macvlan_mut()?;
            macvlan.bc_queue_len_used = used;
            macvlan.bc_cutoff = cutoff;
            Some(child)
        })
        .collect();
    for child in changed {
        topology.apply(Change::Link(Box::new(child)));
    }
}

fn set(topology: &mut Topology, key: LinkKey, setting: &Setting) -> Option<LinkKey> {
    let mut link = topology.link(key)?.clone();
    let port = link.parent.as_ref().and_then(Parent::key);
    match setting {
        Setting::Netns { place, ifindex } => return moved(topology, link, place, *ifindex),
        Setting::Mac(mac) => {
            set_mac(topology, &link, *mac);
            return None;
        }
        Setting::Mtu(mtu) => {
            set_mtu(topology, link, *mtu, MAX_DEPTH);
            return None;
        }
        Setting::Up(up) => {
            set_up(topology, link, *up, MAX_DEPTH);
            return None;
        }
        Setting::Name(name) => link.name = name.clone(),
        Setting::Alias(alias) => link.alias.clone_from(alias),
        Setting::Port(option) => option.apply(link.bridge_port.as_mut()?),
        Setting::AddAddress(address) => link.addresses.push(address.clone()),
        Setting::RemoveAddress(address) => {
            let gone = removed_with(&link, address);
            link.addresses.retain(|address| !gone.contains(address));
        }
        _ => set_macvlan(link.macvlan_mut()?, setting),
    }
    topology.apply(Change::Link(Box::new(link)));
    if let Some(port) = port {
        let cutoff = match setting {
            Setting::BcCutoff(cutoff) => Some(*cutoff),
            _ => None,
        };
        settle(topology, port, cutoff);
    }
    None
}

fn set_macvlan(macvlan: &mut Macvlan, setting: &Setting) {
    match setting {
        Setting::Mode(mode) => {
            // Leaving source mode flushes the list, even when it is entered again.
            if *mode != macvlan.mode {
                macvlan.sources.clear();
            }
            macvlan.mode = *mode;
        }
        Setting::Flags(flags) => macvlan.flags = *flags,
        Setting::BcQueueLen(length) => macvlan.bc_queue_len = Some(*length),
        Setting::BcCutoff(cutoff) => macvlan.bc_cutoff = *cutoff,
        Setting::AddSource(mac) => {
            macvlan.sources.push(*mac);
            macvlan.sources = sorted(std::mem::take(&mut macvlan.sources));
        }
        Setting::RemoveSource(mac) => macvlan.sources.retain(|source| source != mac),
        Setting::Sources(sources) => macvlan.sources = sorted(sources.clone()),
        _ => {}
    }
}

/// The address, with those that the kernel removes with it: the secondary ones of its subnet
/// (unless the sysctl `promote_secondaries` is on).
pub(super) fn removed_with(link: &Link, address: &Address) -> Vec<Address> {
    let Some(own) = link.addresses.iter().find(|own| own.is_same_as(address)) else {
        return Vec::new();
    };
    let is_secondary = |address: &Address| address.flags & Address::SECONDARY != 0;
    let mut gone = vec![own.clone()];
    if own.ip.is_ipv4() && !is_secondary(own) {
        let others = link.addresses.iter().filter(|other| is_secondary(other));
        gone.extend(others.filter(|other| same_subnet(own, other)).cloned());
    }
    gone
}

/// Whether the kernel made the address itself and will make it again: link-local, out of the MAC
/// (RFC 4291 appendix A) or out of a secret.
pub(super) fn is_own(link: &Link, address: &Address) -> bool {
    let std::net::IpAddr::V6(ip) = address.ip else {
        return false;
    };
    if !ip.is_unicast_link_local() || address.prefix_len != 64 {
        return false;
    }
    let from_mac = link.mac.and_then(|mac| {
        let [first, rest @ ..] = mac.as_bytes().first_chunk::<6>()?;
        let (vendor, device) = rest.split_at(2);
        Some([&[first ^ 2], vendor, &[0xff, 0xfe], device].concat())
    });
    address.flags & Address::STABLE_PRIVACY != 0
        || from_mac.is_some_and(|interface| ip.octets()[8..] == interface)
}

fn same_subnet(a: &Address, b: &Address) -> bool {
    let (std::net::IpAddr::V4(ip), std::net::IpAddr::V4(other)) = (a.ip, b.ip) else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32 - u32::from(a.prefix_len.min(32))).unwrap_or(0);
    a.prefix_len == b.prefix_len && u32::from(ip) & mask == u32::from(other) & mask
}
