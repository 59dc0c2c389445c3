//! What goes with a link or a namespace.

use super::super::rules::some_of;
use super::super::simulate::{falls_with, is_passthru, other_holders, outlives_name};
use super::{FEW, Impacts, named};
use crate::model::{Address, Link, LinkKey, LinkKind, Text, Topology, View};

pub(super) fn link(impacts: &mut Impacts, now: &Topology, link: &Link) {
    let described = now.describe(link.key);
    let with = falls_with(now, link.key);
    if !with.is_empty() {
        let names = some_of(&named(now, &with), FEW);
        impacts.loss(format!("with {described} {} {names}", goes(with.len())));
    }
    let ports: Vec<LinkKey> = now.ports_of(link.key).map(|port| port.key).collect();
    if !ports.is_empty() {
        let belong = if ports.len() == 1 { "belongs" } else { "belong" };
        let ports = some_of(&named(now, &ports), FEW);
        impacts.loss(format!("{ports} no longer {belong} to it"));
    }
    addresses_and_routes(impacts, now, link, |_| true);
    if let LinkKind::Macvtap(_) = link.kind {
        let device = match &link.tap_device {
            Some(device) => format!("its device ({device})"),
            None => format!("/dev/tap{}", link.key.ifindex),
        };
        impacts.loss(match now.tap_holder(link) {
            Some(holder) => format!("{holder} has {device} open and loses it"),
            None => format!("a program that has {device} open, such as a hypervisor, loses it"),
        });
    }
    if let (true, Some(parent)) = (is_passthru(link), now.parent_of(link)) {
        let parent = now.describe(parent.key);
        impacts.note(format!("{parent} gets back the MAC that it had before, if it was changed"));
    }
}

pub(super) fn netns(impacts: &mut Impacts, now: &Topology, name: &Text) {
    let Some(namespace) = now.namespace_named(name.as_bytes()) else { return };
    let netns = &namespace.netns;
    if outlives_name(netns) {
        let mut holders: Vec<String> = other_holders(netns).map(ToString::to_string).collect();
        if netns.current {
            holders.insert(0, "this program".into());
        }
        impacts.note(format!(
            "only the name goes: the namespace lives on, held by {}",
            some_of(&holders, FEW)
        ));
        return;
    }
    if let View::Closed { .. } = netns.view {
        impacts.loss(format!(
            "the links of {name} can't be seen; nothing else in sight holds it, so all of them go"
        ));
        return;
    }
    let (cards, inside): (Vec<_>, Vec<_>) = namespace
        .links()
        .filter(|link| link.kind != LinkKind::Loopback)
        .partition(|link| link.kind == LinkKind::Device);
    let names = |links: &[&Link]| named(now, links.iter().map(|link| &link.key));
    if !inside.is_empty() {
        let list = some_of(&names(&inside), FEW);
        impacts.loss(format!(
            "nothing else in sight holds {name}, so with it {} {list}",
            goes(inside.len())
        ));
    }
    let mut elsewhere: Vec<LinkKey> =
        inside.iter().flat_map(|link| falls_with(now, link.key)).collect();
    elsewhere.sort_unstable();
    elsewhere.dedup();
    elsewhere.retain(|key| key.netns != netns.id);
    if !elsewhere.is_empty() {
        let list = some_of(&named(now, &elsewhere), FEW);
        impacts.loss(format!("and in other namespaces {} {list}", goes(elsewhere.len())));
    }
    if !cards.is_empty() {
        let list = some_of(&names(&cards), FEW);
        impacts
            .loss(format!("{list} {} home to host, down and without addresses", goes(cards.len())));
    }
}

pub(super) fn goes(count: usize) -> &'static str {
    if count == 1 { "goes" } else { "go" }
}

/// Addresses that a link loses, and with them the routes.
pub(super) fn addresses_and_routes(
    impacts: &mut Impacts,
    now: &Topology,
    link: &Link,
    which: impl Fn(&Address) -> bool,
) {
    let described = now.describe(link.key);
    let lost: Vec<String> =
        link.addresses.iter().filter(|address| which(address)).map(Address::cidr).collect();
    let routes = link.flags.is_up() && !link.addresses.is_empty();
    let text = match (lost.is_empty(), routes) {
        (true, false) => return,
        (true, true) => format!("routes through {described} are lost"),
        (false, false) => format!("{described} loses {}", some_of(&lost, FEW)),
        (false, true) => {
            format!("{described} loses {}, and routes through it are lost", some_of(&lost, FEW))
        }
    };
    impacts.loss(text);
}
