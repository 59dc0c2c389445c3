//! What a property brings along that gets another value.

use super::super::Setting;
use super::super::rules::some_of;
use super::super::simulate::{
    IPV6_MIN_MTU, filtered_for, follows_parent, is_own, is_passthru, removed_with, with_same_mac,
};
use super::gone::{addresses_and_routes, goes};
use super::{FEW, Impacts, macvlans, named};
use crate::model::{Address, Link, LinkKey, MacAddr, Mode, PortOption, PortState, Topology};

pub(super) fn setting(impacts: &mut Impacts, now: &Topology, link: &Link, to: &Setting) {
    let described = now.describe(link.key);
    let parent = now.parent_of(link);
    match to {
        Setting::Mode(mode) => mode_changed(impacts, now, link, *mode),
        Setting::Mac(mac) => {
            impacts.mac_given(*mac);
            let others = with_same_mac(now, link);
            if !others.is_empty() {
                let names = some_of(&named(now, &others), FEW);
                impacts.loss(format!("the MAC of {names} becomes {mac} too"));
            }
        }
        Setting::Mtu(mtu) => mtu_changed(impacts, now, link, *mtu),
        Setting::Up(true) => {
            if let Some(parent) = parent.filter(|parent| !parent.flags.is_up()) {
                impacts.without_carrier(&now.describe(parent.key), &described);
            }
        }
        Setting::Up(false) => down(impacts, now, link),
        Setting::Netns { .. } => moved(impacts, now, link),
        Setting::BcCutoff(cutoff) => {
            if let Some(parent) = parent {
                impacts.cutoff_shared(now, parent.key, Some(link.key), *cutoff);
            }
        }
        Setting::BcQueueLen(length) => {
            if let Some(parent) = parent {
                impacts.queues(now, parent.key, Some(link.key), *length);
            }
        }
        Setting::Port(PortOption::Hairpin(on)) => hairpin_turned(impacts, now, link, *on),
        Setting::Sources(list) if list.is_empty() => deaf(impacts, &described),
        Setting::RemoveSource(mac) if sources_of(link) == [*mac] => deaf(impacts, &described),
        Setting::RemoveAddress(address) => {
            let with: Vec<String> =
                removed_with(link, address).iter().skip(1).map(Address::cidr).collect();
            if !with.is_empty() {
                impacts.loss(format!(
                    "{} {} with it, unless the sysctl promote_secondaries is on",
                    some_of(&with, FEW),
                    goes(with.len())
                ));
            }
        }
        _ => {}
    }
}

fn sources_of(link: &Link) -> &[MacAddr] {
    link.macvlan().map_or(&[], |macvlan| &macvlan.sources)
}

fn deaf(impacts: &mut Impacts, described: &str) {
    impacts.loss(format!("{described} receives nothing until its list has a source MAC"));
}

/// Which siblings are reached directly is told for the plan as a whole.
fn mode_changed(impacts: &mut Impacts, now: &Topology, link: &Link, to: Mode) {
    let described = now.describe(link.key);
    let Some(macvlan) = link.macvlan() else { return };
    if macvlan.mode == Mode::Source && !macvlan.sources.is_empty() {
        let count = macvlan.sources.len();
        let macs = if count == 1 { "MAC" } else { "MACs" };
        impacts.loss(format!("the source list of {described} ({count} {macs}) is flushed"));
    }
    let alone = match now.parent_of(link) {
        Some(parent) => macvlans(now, parent.key).count() < 2,
        None => false,
    };
    match to {
        Mode::Source => deaf(impacts, &described),
        Mode::Private if !alone => impacts.note(format!(
            "{described} gets no broadcasts from its siblings any more, not even through a switch \
             that reflects frames"
        )),
        _ => {}
    }
}

/// Whom those behind the port reach through it: two in bridge mode reach each other without it.
fn hairpin_turned(impacts: &mut Impacts, now: &Topology, port: &Link, on: bool) {
    let Some(parent) = now.peer_of(port) else { return };
    let own = port.bridge_port.unwrap_or_default();
    let (port, parent_name) = (now.describe(port.key), now.describe(parent.key));
    if own.isolated || own.state != PortState::Forwarding {
        let why = if own.isolated { "isolated" } else { own.state.name() };
        return impacts.note(format!("{port} is {why}: it sends no frame back, hairpin or not"));
    }
    let in_mode = |wanted: Mode| -> Vec<LinkKey> {
        let is_so = |child: &&Link| child.macvlan().is_some_and(|own| own.mode == wanted);
        macvlans(now, parent.key).filter(is_so).map(|child| child.key).collect()
    };
    let (vepa, bridge) = (in_mode(Mode::Vepa), in_mode(Mode::Bridge));
    let names = |links: &[LinkKey]| some_of(&named(now, links), FEW);
    let verb = |count: usize| match (on, count) {
        (true, 1) => "starts",
        (true, _) => "start",
        (false, 1) => "stops",
        (false, _) => "stop",
    };
    let mut told = |text: String| if on { impacts.note(text) } else { impacts.loss(text) };
    let siblings = match (vepa.len(), bridge.len()) {
        (0, _) | (1, 0) => None,
        (1, _) => Some(names(&bridge)),
        (_, 0) => Some("each other".into()),
        (..) => Some(format!("each other, and {},", names(&bridge))),
    };
    if let Some(siblings) = siblings {
        let verb = verb(vepa.len());
        told(format!("{} {verb} reaching {siblings} through {port}", names(&vepa)));
    }
    let all = [vepa, bridge].concat();
    if !all.is_empty() {
        let verb = verb(all.len());
        told(format!("{} {verb} reaching {parent_name} itself through {port}", names(&all)));
    }
}

fn mtu_changed(impacts: &mut Impacts, now: &Topology, link: &Link, mtu: u32) {
    let above: Vec<_> = now
        .children_of(link.key)
        .filter(|child| follows_parent(child) && child.mtu > mtu)
        .map(|child| child.key)
        .collect();
    if !above.is_empty() {
        let names = some_of(&named(now, &above), FEW);
        impacts.loss(format!("the MTU of {names} falls to {mtu} too"));
    }
    if mtu >= IPV6_MIN_MTU {
        return;
    }
    let lowered = above.iter().filter_map(|key| now.link(*key)).chain([link]);
    for link in lowered.filter(|link| link.mtu >= IPV6_MIN_MTU) {
        let described = now.describe(link.key);
        let lost: Vec<_> =
            link.addresses.iter().filter(|own| own.ip.is_ipv6()).map(Address::cidr).collect();
        if lost.is_empty() {
            impacts.note(format!("IPv6 stops working on {described}, its MTU being below 1280"));
        } else {
            let lost = some_of(&lost, FEW);
            impacts.loss(format!("{described} loses {lost}: IPv6 needs an MTU of 1280"));
        }
    }
}

fn down(impacts: &mut Impacts, now: &Topology, link: &Link) {
    let own = |address: &Address| address.ip.is_ipv6() && !is_own(link, address);
    addresses_and_routes(impacts, now, link, own);
    let above: Vec<&Link> = now.children_of(link.key).filter(|child| child.flags.is_up()).collect();
    let (vlans, others): (Vec<_>, Vec<_>) =
        above.into_iter().partition(|child| child.is_up_with_parent());
    let names = |links: &[&Link]| named(now, links.iter().map(|link| &link.key));
    if !vlans.is_empty() {
        let list = some_of(&names(&vlans), FEW);
        impacts.loss(format!("{list} {} down with it", goes(vlans.len())));
        for vlan in vlans {
            down(impacts, now, vlan);
        }
    }
    if !others.is_empty() {
        let verb = if others.len() == 1 { "loses its" } else { "lose their" };
        impacts.loss(format!("{} {verb} carrier", some_of(&names(&others), FEW)));
    }
    if let (true, Some(parent)) = (is_passthru(link), now.parent_of(link)) {
        impacts.note(format!("{} stays up", now.describe(parent.key)));
    }
}

fn moved(impacts: &mut Impacts, now: &Topology, link: &Link) {
    let described = now.describe(link.key);
    addresses_and_routes(impacts, now, link, |address| !is_own(link, address));
    if let Some(ifindex) = link.master {
        let master = now.describe(crate::model::LinkKey { netns: link.key.netns, ifindex });
        impacts.loss(format!("{described} leaves {master}"));
    }
    let above: Vec<_> = now.children_of(link.key).map(|child| child.key).collect();
    if !above.is_empty() && link.flags.is_up() {
        let names = some_of(&named(now, &above), FEW);
        let have = if above.len() == 1 { "has" } else { "have" };
        impacts.loss(format!("{names} {have} no carrier until {} is up again", link.name));
    }
    let filtered = named(now, filtered_for(now, link.key).map(|child| &child.key));
    if !filtered.is_empty() {
        let names = some_of(&filtered, FEW);
        impacts.loss(format!(
            "the receive filter of {described} forgets the MACs of {names}: what a card then drops, \
             they get again once each was set down and up"
        ));
    }
    if link.flags.is_up() {
        impacts.note(format!("{} arrives down", link.name));
    }
}
