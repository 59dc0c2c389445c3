//! Properties of a link that get another value.

use super::super::draft::Draft;
use super::super::rules::{
    address_addable, address_present, alias_fits, enterable, has_mac, is_bridge_port, mac_is_free,
    mac_is_usable, mac_lets_up, may_change_mode, may_have_flags, may_have_sources, movable, mtu,
    must_be_macvlan, name_is_free, name_is_usable, seen_link, vlan_lets_up,
};
use super::super::simulate::{self, is_passthru};
use super::super::{Edit, Op, Place, Refusal, Rule, Setting};
use super::{arrive, words};
use crate::model::{Link, LinkKey, MacAddr, Macvlan, Topology};

/// Plans the edits of one link. Edits to the value that is there are passed over, unless all are.
pub(super) fn edit(
    draft: &mut Draft<'_>,
    key: LinkKey,
    edits: &[Edit],
    subject: Option<&str>,
) -> Result<(), Refusal> {
    let mut nothing = None;
    let mut changed = false;
    for edit in edits {
        let now = draft.link(key).map_or(key, |link| link.key);
        let link = seen_link(&draft.now, now)?;
        enterable(&draft.now, now.netns)?;
        if let Edit::Netns(place) = edit {
            let (change, done) = relocate(draft, now, place)?;
            if done {
                draft.summary.push(words::line(subject, "namespace", &change, edits.len() > 1));
                changed = true;
            } else {
                nothing = Some(change);
            }
            continue;
        }
        let setting = setting(&draft.now, link, edit)?;
        let (property, change) = words::change(&draft.now, link, &setting);
        if is_so(link, &setting) {
            nothing = Some(change);
            continue;
        }
        draft.summary.push(words::line(subject, property, &change, edits.len() > 1));
        changed = true;
        if let Some(target) = draft.target(now) {
            draft.push(Op::Set(target, setting));
        }
    }
    if changed {
        return Ok(());
    }
    let described = draft.now.describe(draft.link(key).map_or(key, |link| link.key));
    let why = match nothing {
        Some(change) => {
            let value = change.rsplit_once(" → ").map_or(&*change, |(_, value)| value);
            format!("{described} is so already: {value}")
        }
        None => format!("nothing about {described} is to be changed"),
    };
    Err(Refusal::new(Rule::NothingToDo, why, "choose another value"))
}

/// Whether the setting would change nothing.
pub(super) fn is_so(link: &Link, setting: &Setting) -> bool {
    let macvlan = |same: &dyn Fn(&Macvlan) -> bool| link.macvlan().is_some_and(same);
    match setting {
        Setting::Mode(mode) => macvlan(&|own| own.mode == *mode),
        Setting::Flags(flags) => macvlan(&|own| own.flags == *flags),
        Setting::BcQueueLen(length) => macvlan(&|own| own.bc_queue_len == Some(*length)),
        Setting::BcCutoff(cutoff) => macvlan(&|own| own.bc_cutoff == *cutoff),
        Setting::AddSource(mac) => macvlan(&|own| own.sources.contains(mac)),
        Setting::RemoveSource(mac) => macvlan(&|own| !own.sources.contains(mac)),
        Setting::Sources(list) => macvlan(&|own| {
            let listed = |mac: &MacAddr| list.contains(mac);
            own.sources.iter().all(listed) && list.iter().all(|mac| own.sources.contains(mac))
        }),
        Setting::Name(name) => link.name == *name,
        Setting::Alias(alias) => link.alias == *alias,
        Setting::Mac(mac) => link.mac == Some(*mac),
        Setting::Mtu(mtu) => link.mtu == *mtu,
        Setting::Up(up) => link.flags.is_up() == *up,
        Setting::AddAddress(address) => link.addresses.iter().any(|own| own.is_same_as(address)),
        Setting::RemoveAddress(address) => {
            !link.addresses.iter().any(|own| own.is_same_as(address))
        }
        Setting::Port(option) => link.bridge_port.is_some_and(|port| option.at(port) == *option),
        Setting::Netns { place: Place::Known(id), .. } => link.key.netns == *id,
        Setting::Netns { place: Place::New(_), .. } => false,
    }
}

/// The setting that an edit comes to, if no rule forbids it.
fn setting(topology: &Topology, link: &Link, edit: &Edit) -> Result<Setting, Refusal> {
    Ok(match edit {
        Edit::Name(name) => {
            name_is_usable(name)?;
            if link.name != *name {
                name_is_free(topology, link.key.netns, name)?;
            }
            Setting::Name(name.clone())
        }
        Edit::Alias(alias) => {
            alias.as_ref().map_or(Ok(()), alias_fits)?;
            Setting::Alias(alias.clone().filter(|alias| !alias.is_empty()))
        }
        Edit::Mac(mac) => {
            mac_fits(topology, link, *mac)?;
            Setting::Mac(*mac)
        }
        Edit::Mtu(bytes) => {
            let parent = topology.parent_of(link).filter(|_| simulate::follows_parent(link));
            mtu(topology, link.macvlan().is_some(), parent, *bytes)?;
            Setting::Mtu(*bytes)
        }
        Edit::Up(up) => {
            if *up && !link.flags.is_up() {
                mac_lets_up(topology, link)?;
                if let (Some(vlan), Some(parent)) = (link.vlan(), topology.parent_of(link)) {
                    vlan_lets_up(topology, parent, &topology.describe(link.key), vlan)?;
                }
            }
            Setting::Up(*up)
        }
        Edit::AddAddress(address) => {
            address_addable(topology, Some(link), link.mtu, address)?;
            Setting::AddAddress(address.clone())
        }
        Edit::RemoveAddress(address) => {
            Setting::RemoveAddress(address_present(topology, link, address)?.clone())
        }
        Edit::Port(option) => {
            is_bridge_port(topology, link)?;
            Setting::Port(*option)
        }
        Edit::Netns(place) => Setting::Netns { place: place.clone(), ifindex: None },
        macvlan => macvlan_setting(topology, link, macvlan)?,
    })
}

fn macvlan_setting(topology: &Topology, link: &Link, edit: &Edit) -> Result<Setting, Refusal> {
    let own = |property: &str| must_be_macvlan(topology, link, property);
    let described = topology.describe(link.key);
    let with_sources = |macs: &[MacAddr]| {
        may_have_sources(&described, own("source list")?.mode)?;
        macs.iter().try_for_each(|mac| mac_is_usable(*mac))
    };
    Ok(match edit {
        Edit::Mode(mode) => {
            may_change_mode(topology, link, own("mode")?.mode, *mode)?;
            Setting::Mode(*mode)
        }
        Edit::Flag { bit, on } => {
            let macvlan = own("flag")?;
            let flags = macvlan.flags.with(*bit, *on);
            let up = link.flags.is_up();
            may_have_flags(&described, macvlan.mode, up, Some(macvlan.flags), flags)?;
            Setting::Flags(flags)
        }
        Edit::BcQueueLen(length) => {
            own("broadcast queue length")?;
            Setting::BcQueueLen(*length)
        }
        Edit::BcCutoff(cutoff) => {
            own("broadcast cut-off")?;
            Setting::BcCutoff(*cutoff)
        }
        Edit::AddSource(mac) => {
            with_sources(&[*mac])?;
            Setting::AddSource(*mac)
        }
        Edit::RemoveSource(mac) => {
            with_sources(&[])?;
            Setting::RemoveSource(*mac)
        }
        Edit::SetSources(list) => {
            with_sources(list)?;
            Setting::Sources(list.clone())
        }
        other => unreachable!("{other:?} is no macvlan property"),
    })
}

/// Neither the parent with its other sub-interfaces nor those on the link itself may have the MAC.
fn mac_fits(topology: &Topology, link: &Link, mac: MacAddr) -> Result<(), Refusal> {
    mac_is_usable(mac)?;
    has_mac(topology, link)?;
    if link.mac == Some(mac) {
        return Ok(());
    }
    match topology.parent_of(link).filter(|_| link.macvlan().is_some()) {
        // A passthru sub-interface changes its parent's MAC, and has no siblings.
        Some(parent) if !is_passthru(link) => {
            mac_is_free(topology, parent, Some(link.key), mac)?;
        }
        _ => {}
    }
    mac_is_free(topology, link, Some(link.key), mac)
}

/// Moves the link; from where to where, and whether there was anything to do.
fn relocate(draft: &mut Draft<'_>, key: LinkKey, place: &Place) -> Result<(String, bool), Refusal> {
    let link = seen_link(&draft.now, key)?;
    movable(&draft.now, link)?;
    let name = link.name.clone();
    let names: Vec<_> = link.alt_names.iter().chain([&name]).cloned().collect();
    if *place == Place::Known(key.netns) {
        return Ok((format!("already in {}", draft.now.label(key.netns)), false));
    }
    let to = arrive(draft, place)?;
    for name in names {
        name_is_free(&draft.now, to, &name)?;
    }
    let change = format!("{} → {}", draft.now.label(key.netns), draft.now.label(to));
    if let Some(target) = draft.target(key) {
        let place = simulate::place(&draft.now, to);
        draft.push(Op::Set(target, Setting::Netns { place, ifindex: None }));
    }
    Ok((change, true))
}
