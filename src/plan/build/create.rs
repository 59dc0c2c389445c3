//! New sub-interfaces.

use super::super::draft::Draft;
use super::super::rules::{
    address_addable, alias_fits, enterable, has_room_for, is_ethernet, lower, mac_is_free,
    mac_is_usable, may_have_flags, may_have_sources, mtu, name_is_free, name_is_usable, seen_link,
    takes_macvlan, vlan_id, vlan_lets_up,
};
use super::super::{NewKind, NewLink, Op, Place, Refusal, Rule, Setting, simulate, suggest};
use super::{arrive, set_new};
use crate::model::{Address, Link, Topology};

pub(super) fn create(draft: &mut Draft<'_>, new: &NewLink) -> Result<(), Refusal> {
    enterable(&draft.now, new.parent.netns)?;
    let mut new = new.clone();
    let asked = draft.link(new.parent).map_or(new.parent, |link| link.key);
    let parent = match new.kind {
        NewKind::Vlan(_) => seen_link(&draft.now, asked)?,
        NewKind::Macvlan(_) | NewKind::Macvtap(_) => lower(&draft.now, asked)?,
    };
    new.parent = parent.key;
    check(&draft.now, parent, &new)?;
    if new.parent != asked {
        let (real, asked) = (draft.now.describe(new.parent), draft.now.describe(asked));
        draft.note(format!(
            "{asked} is a sub-interface itself: the kernel puts the new one on {real}"
        ));
    }
    let netns = arrive(draft, &new.netns)?;
    enterable(&draft.now, new.parent.netns)?;
    name_is_free(&draft.now, netns, &new.name)?;
    let place = simulate::place(&draft.now, netns);
    new.ifindex = suggest::ifindex(&draft.now, &new);
    for line in lines(&draft.now, &new, netns) {
        draft.summary.push(line);
    }
    settle(draft, new, place);
    Ok(())
}

fn check(topology: &Topology, parent: &Link, new: &NewLink) -> Result<(), Refusal> {
    let label = &new.name;
    name_is_usable(&new.name)?;
    is_ethernet(topology, parent)?;
    match &new.kind {
        NewKind::Vlan(vlan) => {
            vlan_id(topology, parent, *vlan)?;
            if new.up {
                vlan_lets_up(topology, parent, &label.to_string(), *vlan)?;
            }
        }
        NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) => {
            takes_macvlan(topology, parent)?;
            has_room_for(topology, parent, new.is_passthru())?;
            may_have_flags(&label.to_string(), macvlan.mode, false, None, macvlan.flags)?;
            if !macvlan.sources.is_empty() {
                may_have_sources(&label.to_string(), macvlan.mode)?;
            }
            for source in &macvlan.sources {
                mac_is_usable(*source)?;
            }
        }
    }
    if let Some(mac) = new.mac {
        mac_is_usable(mac)?;
        if new.is_passthru() {
            if parent.mac != Some(mac) {
                let described = topology.describe(parent.key);
                return Err(Refusal::new(
                    Rule::MacOfPassthru,
                    format!(
                        "in passthru mode {label} has the MAC of {described}, whatever is asked"
                    ),
                    "leave the MAC to the kernel",
                ));
            }
        } else if new.macvlan().is_some() {
            mac_is_free(topology, parent, None, mac)?;
        }
    }
    if let Some(bytes) = new.mtu {
        mtu(topology, new.macvlan().is_some(), Some(parent), bytes)?;
    }
    if let Some(alias) = &new.alias {
        alias_fits(alias)?;
    }
    for (i, address) in new.addresses.iter().enumerate() {
        address_addable(topology, None, new.mtu.unwrap_or(parent.mtu), address)?;
        if new.addresses[..i].iter().any(|other| other.is_same_as(address)) {
            let why = format!("{} is asked for twice", address.cidr());
            return Err(Refusal::new(Rule::Address, why, "name every address once"));
        }
    }
    Ok(())
}

/// The ops, in the order in which they must come: IPv6 addresses of a link that is up are probed at
/// once, but the route to a peer comes only with an address that is added to such a link.
fn settle(draft: &mut Draft<'_>, new: NewLink, place: Place) {
    let mut later = Vec::new();
    later.extend(new.alias.clone().map(|alias| Setting::Alias(Some(alias))));
    let after_up = |address: &&Address| address.ip.is_ipv6() && address.peer.is_some();
    let (last, first): (Vec<_>, Vec<_>) = new.addresses.iter().partition(after_up);
    later.extend(first.into_iter().cloned().map(Setting::AddAddress));
    later.extend(new.up.then_some(Setting::Up(true)));
    later.extend(last.into_iter().cloned().map(Setting::AddAddress));
    let bare = NewLink {
        netns: place,
        mac: new.mac.filter(|_| !new.is_passthru()),
        alias: None,
        addresses: Vec::new(),
        up: false,
        ..new
    };
    if let Some(key) = draft.push(Op::Create(Box::new(bare))) {
        set_new(draft, key, later);
    }
}

fn lines(topology: &Topology, new: &NewLink, netns: crate::model::NetnsId) -> Vec<String> {
    let (parent, label) = (topology.describe(new.parent), topology.label(netns));
    let kind = match &new.kind {
        NewKind::Vlan(vlan) => format!("vlan {vlan}"),
        NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) => {
            format!("{} in {} mode", new.kind.name(), macvlan.mode)
        }
    };
    let mut words = vec![format!("+ {} in {label}, {kind} on {parent}", new.name)];
    words.extend(new.addresses.iter().map(|address| format!("+ {}", address.cidr())));
    words
}
