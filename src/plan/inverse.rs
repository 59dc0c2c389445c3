//! What undoes an op, and what nothing can bring back.
//!
//! Judged on the topology before the op. The ops of undo take the world from the state right after
//! it, in which every later op of the plan has been undone already.

use super::simulate::{self, DEFAULT_BC_QUEUE_LEN, find, find_netns, is_own, is_passthru, target};
use super::{NewKind, NewLink, NewMacvlan, Op, Place, Setting, Target};
use crate::model::link::MAX_DEPTH;
use crate::model::{Address, Link, LinkKey, LinkKind, Macvlan, Text, Topology, View, Vlan};

/// The way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inverse {
    /// The ops that reverse it, in order; empty where nothing can.
    pub(super) ops: Vec<Op>,
    /// What they can't bring back, as phrases.
    pub(super) lost: Vec<String>,
}

impl Inverse {
    fn of(ops: Vec<Op>) -> Self {
        Self { ops, lost: Vec::new() }
    }

    fn nothing(lost: String) -> Self {
        Self { ops: Vec::new(), lost: vec![lost] }
    }

    fn extend(&mut self, other: Self) {
        self.ops.extend(other.ops);
        self.lost.extend(other.lost);
    }
}

/// What undoes the op, seen from the topology before it.
pub(super) fn inverse(topology: &Topology, op: &Op) -> Inverse {
    match op {
        Op::CreateNetns { name } => Inverse::of(vec![Op::DeleteNetns { name: name.clone() }]),
        Op::DeleteNetns { name } => netns_deleted(topology, name),
        Op::Create(new) => created(topology, new),
        Op::Delete(deleted) => match find(topology, deleted) {
            Some(key) => removed(topology, key, &Place::Known(key.netns), MAX_DEPTH),
            None => Inverse::default(),
        },
        Op::Set(on, setting) => match find(topology, on).and_then(|key| topology.link(key)) {
            Some(link) => changed(topology, link, on, setting),
            None => Inverse::default(),
        },
    }
}

/// A link that was made goes; a cut-off that it brought to its siblings goes back.
fn created(topology: &Topology, new: &NewLink) -> Inverse {
    let made = Target::Named { netns: new.netns.clone(), name: new.name.clone() };
    let mut ops = vec![Op::Delete(made)];
    if new.macvlan().is_some_and(|macvlan| macvlan.bc_cutoff.is_some()) {
        let sibling = topology.children_of(new.parent).find(|child| child.macvlan().is_some());
        ops.extend(sibling.and_then(|link| {
            let before = link.macvlan()?.bc_cutoff;
            Some(Op::Set(target(topology, link), Setting::BcCutoff(before)))
        }));
    }
    Inverse::of(ops)
}

/// A namespace that dies with its name is made anew, with what can be made in it.
fn netns_deleted(topology: &Topology, name: &Text) -> Inverse {
    let Some(namespace) = topology.namespace_named(name.as_bytes()) else {
        return Inverse::default();
    };
    let id = namespace.netns.id;
    let label = topology.label(id);
    if simulate::outlives_name(&namespace.netns) {
        return Inverse::nothing(format!("the name {name} of the namespace, which lives on"));
    }
    let place = Place::New(name.clone());
    let mut back = Inverse::of(vec![Op::CreateNetns { name: name.clone() }]);
    let mut now = topology.clone();
    for link in namespace.links() {
        if let Some((root, called)) = simulate::homecoming(&now, link) {
            let home = Place::Known(root);
            simulate::come_home(&mut now, link, called.clone(), &home);
            back.extend(sent_back(link, &home, &called, &place));
            continue;
        }
        let parent = topology.parent_of(link).filter(|parent| parent.key.netns == id);
        match parent {
            _ if link.kind == LinkKind::Loopback => back.ops.extend(loopback(link, &place)),
            None => back.extend(removed(topology, link.key, &place, MAX_DEPTH)),
            Some(card) if card.kind == LinkKind::Device => {
                let with = simulate::falls_with(topology, link.key);
                let all = std::iter::once(link.key).chain(with);
                back.lost.extend(all.map(|key| topology.describe(key)));
            }
            // Told with its parent.
            Some(_) => {}
        }
    }
    if let View::Closed { .. } = namespace.netns.view {
        back.lost.push(format!("the links of {label}, which can't be seen"));
    }
    back.lost.push(format!("routes, firewall rules and settings of {label}"));
    back
}

/// A network card that has come home goes back under its name.
fn sent_back(link: &Link, home: &Place, called: &Text, place: &Place) -> Inverse {
    let at_home = Target::Named { netns: home.clone(), name: called.clone() };
    let arrived = Target::Named { netns: place.clone(), name: called.clone() };
    let here = Target::Named { netns: place.clone(), name: link.name.clone() };
    let ifindex = (!simulate::is_placeholder(link.key.netns)).then_some(link.key.ifindex);
    let home_again = Setting::Netns { place: place.clone(), ifindex };
    let mut back = Inverse::of(vec![Op::Set(at_home, home_again)]);
    if *called != link.name {
        back.ops.push(Op::Set(arrived, Setting::Name(link.name.clone())));
    }
    back.extend(addresses(link, &here, |address| !is_own(link, address)));
    if link.flags.is_up() {
        back.ops.push(Op::Set(here, Setting::Up(true)));
    }
    back
}

/// A new namespace's loopback interface is down, and named `lo`.
fn loopback(link: &Link, place: &Place) -> Vec<Op> {
    let called = |name: &Text| Target::Named { netns: place.clone(), name: name.clone() };
    let (new, lo) = (Text::from("lo"), called(&link.name));
    let rename = Op::Set(called(&new), Setting::Name(link.name.clone()));
    let mut ops = Vec::from_iter((link.name != new).then_some(rename));
    if link.flags.is_up() {
        ops.push(Op::Set(lo.clone(), Setting::Up(true)));
    }
    let own = |address: &&Address| !matches!(address.cidr().as_str(), "127.0.0.1/8" | "::1/128");
    let add = |address: &Address| Op::Set(lo.clone(), Setting::AddAddress(address.clone()));
    ops.extend(link.addresses.iter().filter(own).map(add));
    ops
}

/// What brings a removed link back into the place, and then what went with it.
fn removed(topology: &Topology, key: LinkKey, place: &Place, depth: usize) -> Inverse {
    let Some(link) = topology.link(key).filter(|_| depth > 0) else {
        return Inverse::default();
    };
    let Some(new) = anew(topology, link, place) else {
        let with = simulate::falls_with(topology, key);
        let all = std::iter::once(key).chain(with).map(|key| topology.describe(key));
        return Inverse { ops: Vec::new(), lost: all.collect() };
    };
    let mut undo = made_again(link, new);
    undo.lost.extend(lost_with(topology, link));
    for child in topology.children_of(key).filter(|child| child.lives_on_parent()) {
        match place {
            Place::Known(id) if *id == key.netns => {
                let there = simulate::place(topology, child.key.netns);
                undo.extend(removed(topology, child.key, &there, depth - 1));
            }
            _ => undo.lost.push(topology.describe(child.key)),
        }
    }
    undo
}

/// Makes a new link, and then gives it what else a link has.
pub(super) fn made_again(link: &Link, new: NewLink) -> Inverse {
    let back = Target::Named { netns: new.netns.clone(), name: new.name.clone() };
    let mut undo = Inverse::of(vec![Op::Create(Box::new(new))]);
    let mut then = |setting| undo.ops.push(Op::Set(back.clone(), setting));
    if let (true, Some(mac)) = (is_passthru(link), link.mac) {
        then(Setting::Mac(mac));
    }
    if let Some(alias) = &link.alias {
        then(Setting::Alias(Some(alias.clone())));
    }
    undo.extend(addresses(link, &back, |address| address.ip.is_ipv4() || !is_own(link, address)));
    if link.flags.is_up() {
        undo.ops.push(Op::Set(back, Setting::Up(true)));
    }
    undo
}

/// The link as it would be asked for again; `None` for a kind that can't be made.
pub(super) fn anew(topology: &Topology, link: &Link, place: &Place) -> Option<NewLink> {
    let parent = topology.parent_of(link)?;
    let part = |macvlan: &Macvlan| {
        let mut siblings = topology.children_of(parent.key).filter(|child| child.key != link.key);
        let first = !siblings.any(|child| child.macvlan().is_some());
        NewMacvlan {
            mode: macvlan.mode,
            flags: macvlan.flags,
            bc_queue_len: macvlan.bc_queue_len.filter(|len| *len != DEFAULT_BC_QUEUE_LEN),
            bc_cutoff: Some(macvlan.bc_cutoff).filter(|cutoff| first && *cutoff != 1),
            sources: macvlan.sources.clone(),
        }
    };
    let kind = match &link.kind {
        LinkKind::Macvlan(macvlan) => NewKind::Macvlan(part(macvlan)),
        LinkKind::Macvtap(macvlan) => NewKind::Macvtap(part(macvlan)),
        LinkKind::Vlan(vlan) => NewKind::Vlan(Vlan { has_priority_maps: false, ..*vlan }),
        _ => return None,
    };
    let is_vlan = matches!(kind, NewKind::Vlan(_));
    let inherits = is_passthru(link) || (is_vlan && link.mac == parent.mac);
    let real = target(topology, link) == Target::Link(link.key);
    Some(NewLink {
        kind,
        parent: parent.key,
        name: link.name.clone(),
        netns: place.clone(),
        ifindex: real.then_some(link.key.ifindex),
        mac: link.mac.filter(|_| !inherits),
        mtu: Some(link.mtu).filter(|mtu| *mtu != parent.mtu),
        alias: None,
        addresses: Vec::new(),
        up: false,
    })
}

/// What a removed or moved link had that is not part of it.
fn lost_with(topology: &Topology, link: &Link) -> Vec<String> {
    let described = topology.describe(link.key);
    let mut lost = Vec::new();
    if !link.alt_names.is_empty() {
        let names: Vec<_> = link.alt_names.iter().map(ToString::to_string).collect();
        lost.push(format!("the alternative names of {described}: {}", names.join(", ")));
    }
    if link.vlan().is_some_and(|vlan| vlan.has_priority_maps) {
        lost.push(format!("the priority maps of {described}"));
    }
    lost.extend(lost_by_leaving(topology, link));
    lost
}

fn lost_by_leaving(topology: &Topology, link: &Link) -> Vec<String> {
    let described = topology.describe(link.key);
    let mut lost = Vec::new();
    if let Some(ifindex) = link.master {
        let master = topology.describe(LinkKey { netns: link.key.netns, ifindex });
        lost.push(format!("the place of {described} as a port of {master}"));
    }
    lost.push(format!(
        "routes, neighbours, sysctls and queueing disciplines of {described} that were set by hand"
    ));
    lost
}

fn lost_by_down(topology: &Topology, link: &Link) -> Option<String> {
    (link.flags.is_up() && !link.addresses.is_empty())
        .then(|| format!("routes through {} that were added by hand", topology.describe(link.key)))
}

/// Ops that add these of the link's addresses, so that they are listed as they were: the kernel puts
/// a new IPv4 address behind the others of its scope, and a new IPv6 address before them.
fn addresses(link: &Link, to: &Target, which: impl Fn(&Address) -> bool) -> Inverse {
    let mut back = Inverse::default();
    let (ipv4, ipv6): (Vec<_>, Vec<_>) =
        link.addresses.iter().filter(|address| which(address)).partition(|own| own.ip.is_ipv4());
    for address in ipv4.into_iter().chain(ipv6.into_iter().rev()) {
        let temporary = address.ip.is_ipv6() && address.flags & Address::SECONDARY != 0;
        if temporary {
            back.lost.push(format!("the temporary address {}", address.cidr()));
        } else {
            back.ops.push(Op::Set(to.clone(), Setting::AddAddress(address.clone())));
        }
    }
    back
}

/// Whether a removed address comes back at another place of the list than it had: the kernel puts a
/// new IPv4 address behind the others of its scope, and a new IPv6 address before them. The first of
/// a subnet is the one that packets leave with.
fn comes_back_elsewhere(link: &Link, address: &Address, gone: &[Address]) -> bool {
    let Some(at) = link.addresses.iter().position(|own| own == address) else { return false };
    let (before, after) = link.addresses.split_at(at);
    let others = if address.ip.is_ipv4() { after } else { before };
    others.iter().any(|other| {
        let comparable = other.ip.is_ipv4() == address.ip.is_ipv4() && other.scope == address.scope;
        comparable && !gone.contains(other)
    })
}

fn changed(topology: &Topology, link: &Link, on: &Target, setting: &Setting) -> Inverse {
    let back = |setting| Inverse::of(vec![Op::Set(on.clone(), setting)]);
    let macvlan = link.macvlan();
    match setting {
        Setting::Mode(_) => macvlan.map_or_else(Inverse::default, |macvlan| {
            let mut back = back(Setting::Mode(macvlan.mode));
            if !macvlan.sources.is_empty() {
                let sources = Setting::Sources(macvlan.sources.clone());
                back.ops.push(Op::Set(on.clone(), sources));
            }
            back
        }),
        Setting::Flags(_) => {
            macvlan.map_or_else(Inverse::default, |macvlan| back(Setting::Flags(macvlan.flags)))
        }
        Setting::BcQueueLen(_) => macvlan
            .and_then(|macvlan| macvlan.bc_queue_len)
            .map_or_else(Inverse::default, |len| back(Setting::BcQueueLen(len))),
        Setting::BcCutoff(_) => macvlan
            .map_or_else(Inverse::default, |macvlan| back(Setting::BcCutoff(macvlan.bc_cutoff))),
        Setting::AddSource(mac) => back(Setting::RemoveSource(*mac)),
        Setting::RemoveSource(mac) => back(Setting::AddSource(*mac)),
        Setting::Sources(_) => macvlan.map_or_else(Inverse::default, |macvlan| {
            back(Setting::Sources(macvlan.sources.clone()))
        }),
        Setting::Name(new) => {
            let renamed = match on {
                Target::Link(_) => on.clone(),
                Target::Named { netns, .. } => {
                    Target::Named { netns: netns.clone(), name: new.clone() }
                }
            };
            Inverse::of(vec![Op::Set(renamed, Setting::Name(link.name.clone()))])
        }
        Setting::Alias(_) => back(Setting::Alias(link.alias.clone())),
        Setting::Mac(_) => link.mac.map_or_else(Inverse::default, |mac| back(Setting::Mac(mac))),
        Setting::Mtu(mtu) => mtu_changed(topology, link, on, *mtu),
        Setting::Up(up) => up_changed(topology, link, on, *up, MAX_DEPTH),
        Setting::AddAddress(address) => back(Setting::RemoveAddress(address.clone())),
        Setting::RemoveAddress(address) => {
            let gone = simulate::removed_with(link, address);
            let moves = gone.iter().any(|address| comes_back_elsewhere(link, address, &gone));
            let add = |address| Op::Set(on.clone(), Setting::AddAddress(address));
            let mut back = Inverse::of(gone.into_iter().map(add).collect());
            if moves {
                back.lost
                    .push(format!("the order of the addresses of {}", topology.describe(link.key)));
            }
            back
        }
        Setting::Port(option) => link
            .bridge_port
            .map_or_else(Inverse::default, |port| back(Setting::Port(option.at(port)))),
        Setting::Netns { place, .. } => moved(topology, link, place),
    }
}

/// Those that follow the MTU down, and IPv6 addresses where it becomes too small for them.
fn mtu_changed(topology: &Topology, link: &Link, on: &Target, mtu: u32) -> Inverse {
    let mut back = Inverse::of(vec![Op::Set(on.clone(), Setting::Mtu(link.mtu))]);
    if mtu < simulate::IPV6_MIN_MTU {
        back.extend(addresses(link, on, |address| address.ip.is_ipv6() && !is_own(link, address)));
    }
    let followers = topology
        .children_of(link.key)
        .filter(|child| simulate::follows_parent(child) && child.mtu > mtu);
    for child in followers {
        back.extend(mtu_changed(topology, child, &target(topology, child), mtu));
    }
    back
}

fn up_changed(topology: &Topology, link: &Link, on: &Target, up: bool, depth: usize) -> Inverse {
    let mut back = Inverse::of(vec![Op::Set(on.clone(), Setting::Up(!up))]);
    // Either way the link goes down once, and a link that goes down loses its IPv6 addresses.
    let own = |address: &Address| address.ip.is_ipv6() && !is_own(link, address);
    back.extend(addresses(link, on, own));
    if !up {
        back.lost.extend(lost_by_down(topology, link));
    }
    let vlans = topology
        .children_of(link.key)
        .filter(|child| depth > 0 && child.is_up_with_parent() && child.flags.is_up() != up);
    for vlan in vlans {
        back.extend(up_changed(topology, vlan, &target(topology, vlan), up, depth - 1));
    }
    back
}

fn moved(topology: &Topology, link: &Link, place: &Place) -> Inverse {
    let there = Target::Named { netns: place.clone(), name: link.name.clone() };
    let home = simulate::place(topology, link.key.netns);
    let here = Target::Named { netns: home.clone(), name: link.name.clone() };
    let real = target(topology, link) == Target::Link(link.key);
    let ifindex = real.then_some(link.key.ifindex);
    let mut back = Inverse::of(vec![Op::Set(there, Setting::Netns { place: home, ifindex })]);
    let own = |address: &Address| address.ip.is_ipv4() || !is_own(link, address);
    back.extend(addresses(link, &here, own));
    if link.flags.is_up() {
        back.ops.push(Op::Set(here, Setting::Up(true)));
    }
    let vlans = topology
        .children_of(link.key)
        .filter(|child| child.is_up_with_parent() && child.flags.is_up());
    for vlan in vlans {
        back.extend(up_changed(topology, vlan, &target(topology, vlan), false, MAX_DEPTH));
    }
    back.lost.extend(lost_by_leaving(topology, link));
    let filtered = simulate::filtered_for(topology, link.key);
    back.lost.extend(filtered.map(|child| {
        let (child, link) = (topology.describe(child.key), topology.describe(link.key));
        format!("the MAC of {child} in the receive filter of {link}")
    }));
    if find_netns(topology, place).is_none() {
        back.ops.clear();
    }
    back
}
