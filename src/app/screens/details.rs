//! What the details say of the selected row: everything the model knows, the most wanted first.

use super::{LISTED, more, namespace, network, warnings};
use crate::app::App;
use crate::app::glyphs::Glyphs;
use crate::app::sheet::{Sheet, Tone};
use crate::app::traffic::{bytes, sparkline};
use crate::model::link::MAX_DEPTH;
use crate::model::order::natural;
use crate::model::{
    Address, Bridge, Family, Item, Link, LinkKey, MacAddr, Macvlan, Mode, Parent, Topology,
};
use crate::reach::{Behind, Endpoint, Switch};

/// Everything known of the selected row.
pub fn sheet(app: &App) -> Sheet {
    let topology = app.topology();
    let mut sheet = match app.tree().selected() {
        None => Sheet::new("Details"),
        Some(Item::Network(key)) => network::sheet(app, key),
        Some(Item::Member(key)) => network::member(app, key),
        Some(Item::Unattached) => network::unattached(app),
        Some(Item::Netns(id)) => namespace::sheet(topology, id, app.glyphs()),
        Some(Item::Link(key)) => match topology.link(key) {
            Some(link) => of_link(app, link),
            None => Sheet::new(topology.describe(key)),
        },
        Some(Item::UnseenParent { netns, seen_from, ifindex, .. }) => {
            let mut sheet = Sheet::new("parent unseen");
            let place = netns.map_or("a namespace out of sight".into(), |id| topology.label(id));
            sheet.add("parent", format!("interface {ifindex} of {place}"));
            sheet.add("named by", format!("links in {}", topology.label(seen_from)));
            sheet.toned(
                "why",
                "No process, mount or descriptor that we may see leads to its \
                namespace. Look from the host, or with more privileges.",
                Tone::Note,
            );
            sheet
        }
    };
    if let Some(item) = app.tree().selected() {
        let findings = app.findings().iter().filter(|finding| finding.item == item);
        let mut told = Sheet::default();
        for finding in findings {
            let tone = warnings::tone(finding.severity);
            told.toned(finding.severity.name(), &*finding.sentence, tone);
        }
        // Behind the line that sums a link up.
        let summed_up = sheet.entries.first().is_some_and(|entry| entry.tone == Tone::Heading);
        let at = usize::from(summed_up);
        sheet.entries.splice(at..at, told.entries);
    }
    sheet
}

fn of_link(app: &App, link: &Link) -> Sheet {
    let topology = app.topology();
    let glyphs = app.glyphs();
    let mut sheet = Sheet::new(topology.describe(link.key));
    let mut words = vec![link.kind.name().into_owned()];
    words.extend(link.macvlan().map(|macvlan| macvlan.mode.to_string()));
    words.push(link.oper_state.to_string());
    words.push(format!("mtu {}", link.mtu));
    sheet.toned("", words.join(&format!(" {} ", glyphs.dot)), Tone::Heading);
    if let Some(mac) = link.mac {
        sheet.add("MAC", describe_mac(mac));
    }
    for address in &link.addresses {
        let label = if address.family() == Family::Inet { "IPv4" } else { "IPv6" };
        sheet.toned(label, describe_address(address), address_tone(address));
    }
    relations(&mut sheet, topology, link, glyphs);
    traffic(&mut sheet, app, link);
    network::of_link(&mut sheet, topology, link);
    if let Some(macvlan) = link.macvlan() {
        of_macvlan(&mut sheet, macvlan, glyphs);
    }
    interface(&mut sheet, topology, link);
    sheet.heading(format!("Namespace {}", topology.label(link.key.netns)));
    if let Some(namespace) = topology.namespace(link.key.netns) {
        namespace::identity(&mut sheet, &namespace.netns, glyphs);
        if let Some(owner) = &namespace.netns.owner {
            namespace::owner(&mut sheet, topology, owner, glyphs);
        }
    }
    sheet
}

fn describe_mac(mac: MacAddr) -> String {
    if mac.is_locally_administered() {
        format!("{mac}  locally administered")
    } else if mac.is_ethernet() {
        format!("{mac}  given by the maker of {:.8}", mac.to_string())
    } else {
        mac.to_string()
    }
}

fn describe_address(address: &Address) -> String {
    let mut words = vec![address.cidr()];
    words.extend(address.peer.map(|peer| format!("peer {peer}")));
    words.push(address.scope_name());
    words.extend(address.flag_names().into_iter().map(str::to_owned));
    words.extend(address.valid_lft.map(|left| format!("valid {left} s")));
    words.extend(address.preferred_lft.map(|left| format!("preferred {left} s")));
    words.join(" ")
}

fn address_tone(address: &Address) -> Tone {
    if address.flags & Address::DADFAILED != 0 {
        Tone::Error
    } else if address.flags & (Address::DEPRECATED | Address::TENTATIVE) != 0 {
        Tone::Dim
    } else {
        Tone::Plain
    }
}

/// Parent, how it was found, what that stands on; peer, master, ports, children.
fn relations(sheet: &mut Sheet, topology: &Topology, link: &Link, glyphs: &Glyphs) {
    if let Some(parent) = &link.parent {
        sheet.add("parent", describe_end(topology, parent));
        let mut below = topology.parent_of(link);
        for _ in 0..MAX_DEPTH {
            let Some(lower) = below.and_then(|below| below.parent.as_ref()) else { break };
            sheet.add("", format!("{} {}", glyphs.arrow, describe_end(topology, lower)));
            below = below.and_then(|below| topology.parent_of(below));
        }
        let named = topology.parent_of(link);
        let mut label = "how";
        for (text, tone) in evidence(topology, link, parent, named) {
            sheet.toned(label, text, tone);
            label = "";
        }
    }
    if let Some(peer) = &link.peer {
        sheet.add("peer", describe_end(topology, peer));
    }
    if let Some(ifindex) = link.master {
        let master = LinkKey { ifindex, ..link.key };
        sheet.add("port of", topology.describe(master));
    }
    if let Some(port) = link.bridge_port {
        sheet.add("", port.words());
    }
    if let Some(bridge) = link.bridge.filter(|bridge| *bridge != Bridge::default()) {
        sheet.add("bridge", bridge.words());
    }
    let behind = Behind::of(topology, Endpoint::Link(link.key), Switch::Normal);
    if let Some(behind) =
        behind.filter(|behind| behind.port().is_some() && link.macvlan().is_none())
    {
        sheet.add("switch", behind.sentence(topology));
    }
    let ports = list(topology.ports_of(link.key), |port| port.name.to_string(), glyphs);
    if !ports.is_empty() {
        sheet.add("ports", ports);
    }
    let describe = |child: &Link| topology.describe(child.key);
    let children = list(children(topology, link.key).into_iter(), describe, glyphs);
    if !children.is_empty() {
        sheet.add("children", children);
    }
    network::on(sheet, topology, link.key, glyphs);
}

/// What stands on a parent, in the order in which people count. Of very many only a few are listed, and
/// to put all in order for that would take longer than the rest of the screen.
fn children(topology: &Topology, parent: LinkKey) -> Vec<&Link> {
    const ORDERED: usize = 500;
    let mut all: Vec<_> = topology.children_of(parent).collect();
    if all.len() <= ORDERED {
        let place = |link: &Link| topology.label(link.key.netns);
        all.sort_by(|a, b| natural(place(a).as_bytes(), place(b).as_bytes()));
    }
    all
}

/// The first things of a list, and how many more there are.
pub(super) fn list<T>(
    mut things: impl Iterator<Item = T>,
    describe: impl Fn(T) -> String,
    glyphs: &Glyphs,
) -> String {
    let mut texts: Vec<_> = things.by_ref().take(LISTED).map(describe).collect();
    texts.extend(more(things.count(), glyphs));
    texts.join(", ")
}

fn describe_end(topology: &Topology, end: &Parent) -> String {
    let Some(key) = end.key() else {
        return format!("interface {} of a namespace out of sight", end.ifindex);
    };
    match topology.link(key) {
        Some(link) => {
            let kind = link.kind.name();
            let place = topology.label(key.netns);
            format!("{} ({}, {kind}, {}) in {place}", link.name, key.ifindex, link.oper_state)
        }
        None => topology.describe(key),
    }
}

/// How we know of a parent: netlink's word, and what sysfs says to it.
fn evidence(
    topology: &Topology,
    link: &Link,
    parent: &Parent,
    named: Option<&Link>,
) -> Vec<(String, Tone)> {
    let name = &link.name;
    let lower = parent.sysfs_lower.as_ref();
    if parent.netns == Some(link.key.netns) {
        let netlink = format!("netlink: {name} has link {}", parent.ifindex);
        let agrees = named.zip(lower).map(|(named, lower)| lower.contains(&named.name));
        return match (agrees, lower, named) {
            (Some(true), _, Some(named)) => vec![
                (format!("/sys/class/net/{name}/lower_{}", named.name), Tone::Plain),
                ("read from that namespace's own sysfs; netlink agrees".into(), Tone::Dim),
            ],
            (Some(false), Some(lower), Some(named)) => {
                let seen: Vec<_> = lower.iter().map(|l| format!("lower_{l}")).collect();
                let seen = if seen.is_empty() { "no lower_*".into() } else { seen.join(", ") };
                let text = format!("DISAGREE: netlink names {}, sysfs has {seen}", named.name);
                vec![(netlink, Tone::Plain), (text, Tone::Error)]
            }
            _ => vec![(netlink, Tone::Plain), ("sysfs was not read".into(), Tone::Dim)],
        };
    }
    let place = parent.netns.map_or("a namespace out of sight".into(), |id| topology.label(id));
    let mut lines = vec![match parent.nsid {
        Some(nsid) => {
            (format!("{}, link-netnsid {nsid} = {place}", link.name_at_ifindex()), Tone::Plain)
        }
        None => (format!("{} in {place}", link.name_at_ifindex()), Tone::Plain),
    }];
    lines.push(match lower {
        Some(lower) if !lower.is_empty() => {
            let seen: Vec<_> = lower.iter().map(|l| format!("lower_{l}")).collect();
            (format!("and yet in sysfs: {}", seen.join(", ")), Tone::Warning)
        }
        _ => ("not in sysfs: other namespace".into(), Tone::Dim),
    });
    lines
}

fn traffic(sheet: &mut Sheet, app: &App, link: &Link) {
    let Some(history) = app.traffic().of(link.key) else { return };
    if let Some(rate) = history.now() {
        let recent: Vec<_> = history.rates().map(|rate| rate.rx + rate.tx).collect();
        let last = &recent[recent.len().saturating_sub(SPARKS)..];
        let bars = sparkline(last.iter().copied(), &app.glyphs().bars);
        sheet.toned("traffic", bars, Tone::Good);
        sheet.add("", format!("{}/s in, {}/s out", bytes(rate.rx), bytes(rate.tx)));
    }
    let total = history.totals();
    #[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
    let (rx, tx) = (bytes(total.rx_bytes as f64), bytes(total.tx_bytes as f64));
    let (received, sent) = (total.rx_packets, total.tx_packets);
    sheet.add("total", format!("{rx} in ({received} packets), {tx} out ({sent} packets)"));
    let bad = [
        (total.rx_errors, "receive errors"),
        (total.tx_errors, "send errors"),
        (total.rx_dropped, "received and dropped"),
        (total.tx_dropped, "dropped on the way out"),
    ];
    for (count, what) in bad.into_iter().filter(|(count, _)| *count > 0) {
        sheet.toned("", format!("{count} {what}"), Tone::Warning);
    }
}

/// Readings shown as bars, so that they fit into the narrowest pane.
const SPARKS: usize = 30;

fn of_macvlan(sheet: &mut Sheet, macvlan: &Macvlan, glyphs: &Glyphs) {
    sheet.heading("macvlan");
    sheet.add("mode", format!("{}: {}", macvlan.mode, macvlan.mode.meaning()));
    if macvlan.flags.0 != 0 {
        let mut names = macvlan.flags.names().join(" ");
        if names.is_empty() {
            names = format!("{:#x}", macvlan.flags.0);
        }
        sheet.add("flags", names);
    }
    if macvlan.mode == Mode::Source || !macvlan.sources.is_empty() {
        let sources = list(macvlan.sources.iter(), ToString::to_string, glyphs);
        sheet.add("sources", if sources.is_empty() { "none".into() } else { sources });
    }
    let said = |value: Option<u32>| value.map_or("unknown".to_owned(), |v| v.to_string());
    let (asked, used) = (said(macvlan.bc_queue_len), said(macvlan.bc_queue_len_used));
    sheet.add("bcqueuelen", format!("{asked} asked for, {used} in use on the parent"));
    let limit = macvlan.bc_cutoff;
    sheet.add("bclim", format!("{limit}, multicasts to more receivers are queued"));
}

fn interface(sheet: &mut Sheet, topology: &Topology, link: &Link) {
    sheet.heading("Interface");
    let name = match topology.parent_of(link).filter(|p| p.key.netns == link.key.netns) {
        Some(parent) => format!("{}@{}", link.name, parent.name),
        None => link.name_at_ifindex(),
    };
    sheet.add("name", name);
    sheet.add("ifindex", link.key.ifindex.to_string());
    if let Some(alias) = &link.alias {
        sheet.add("alias", alias.to_string());
    }
    let mut label = "also";
    for alt_name in &link.alt_names {
        sheet.add(label, alt_name.to_string());
        label = "";
    }
    let mut kind = link.kind.name().into_owned();
    if let Some(vlan) = link.vlan() {
        kind = format!("{kind} id {vlan}");
    }
    sheet.add("kind", kind);
    if let Some(device) = &link.tap_device {
        sheet.add("device", device.to_string());
    }
    if let Some(holder) = topology.tap_holder(link) {
        sheet.add("opened by", holder.to_string());
    }
    sheet.add("state", link.oper_state.name());
    sheet.add("flags", link.flags.names().join(" "));
    sheet.add("mtu", link.mtu.to_string());
    sheet.add("qdisc", link.qdisc.to_string());
    sheet.add("promisc", link.promiscuity.to_string());
}
