//! What the details say of networks and of their members, and the words for them that rows share.
//! What an engine believes is told as such; nothing here judges it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::details::list;
use super::{LISTED, more};
use crate::app::App;
use crate::app::glyphs::Glyphs;
use crate::app::sheet::{Sheet, Tone};
use crate::model::belief::{
    Container, ContainerState, Driver, Engine, Network, Subnet, is_of_compose,
};
use crate::model::text::shorten;
use crate::model::{
    Belief, Link, LinkKey, MemberKey, MemberView, NetworkKey, NetworkView, Text, Topology,
};

/// Columns of a label's value that are worth showing.
const LABEL: usize = 200;

/// `docker`, `podman (alice)`.
pub fn engine(belief: &Belief) -> String {
    match &belief.user {
        Some(user) => format!("{} ({user})", belief.engine.name()),
        None => belief.engine.name().into(),
    }
}

/// `vepa`, and of other drivers than macvlan `ipvlan l2`.
pub fn mode(network: &Network) -> String {
    match network.driver {
        Driver::Macvlan => network.mode.to_string(),
        driver @ Driver::Ipvlan => format!("{} {}", driver.name(), network.mode),
    }
}

/// The container's name; without one, the beginning of its id.
pub fn name_of<'a>(member: &MemberView<'a>) -> Cow<'a, str> {
    member.container.map(Container::label).unwrap_or_default()
}

/// What a member does that has no interface, for its row.
pub fn state(member: &MemberView<'_>) -> &'static str {
    member.container.and_then(known_state).unwrap_or("no link")
}

/// What a container does, where its source says it.
fn known_state(container: &Container) -> Option<&'static str> {
    let state = container.state;
    (state != ContainerState::Unknown).then(|| state.name())
}

/// The addresses that the engine believes a member to have.
pub fn believed(member: &MemberView<'_>) -> Vec<String> {
    let addresses = member.attachment.into_iter().flat_map(|attachment| &attachment.addresses);
    addresses.map(|(ip, prefix_len)| format!("{ip}/{prefix_len}")).collect()
}

/// Everything that is told of a network.
pub fn sheet(app: &App, key: NetworkKey) -> Sheet {
    let (topology, glyphs) = (app.topology(), app.glyphs());
    let Some(view) = topology.network(key) else { return gone("network") };
    let NetworkView { belief, network, .. } = view;
    let mut sheet = Sheet::new(format!("network {}", network.name));
    let words = [belief.engine.name(), network.driver.name()].map(str::to_owned);
    let words: Vec<_> = words.into_iter().chain([network.mode.to_string()]).collect();
    sheet.toned("", words.join(&format!(" {} ", glyphs.dot)), Tone::Heading);
    for fault in &network.faults {
        sheet.toned("fault", &**fault, Tone::Warning);
    }
    parent(&mut sheet, topology, &view);
    subnets(&mut sheet, network, glyphs);
    if network.internal {
        sheet.add("internal", "it has no way out");
    }
    if let Some(mtu) = network.mtu {
        sheet.add("mtu", mtu.to_string());
    }
    if let Some(ipam) = &network.ipam {
        sheet.add("ipam", ipam.to_string());
    }
    sheet.add("engine", engine(belief));
    sheet.add("told by", belief.origin.to_string());
    if network.id != network.name {
        sheet.add("id", network.id.to_string());
    }
    labels(&mut sheet, &network.labels, glyphs);
    members(&mut sheet, topology, &view, glyphs);
    sheet
}

/// The parent with its state, or why there is none.
fn parent(sheet: &mut Sheet, topology: &Topology, view: &NetworkView<'_>) {
    let place = view.home.map_or("a namespace out of sight".into(), |home| topology.label(home));
    let (text, tone) = match (&view.network.parent, view.parent.and_then(|key| topology.link(key)))
    {
        (_, Some(link)) => {
            let (kind, state) = (link.kind.name(), link.oper_state);
            let text = format!("{} ({}, {kind}, {state}) in {place}", link.name, link.key.ifindex);
            (text, if link.flags.is_up() { Tone::Plain } else { Tone::Warning })
        }
        (Some(name), None) => (format!("{name}, which is not in {place}"), Tone::Warning),
        (None, None) => {
            let text = match view.belief.engine {
                Engine::Docker => "none said: Docker makes a dummy of its own",
                Engine::Podman | Engine::Cni => "none said: the interface of the default route",
            };
            (text.to_owned(), Tone::Dim)
        }
    };
    sheet.toned("parent", text, tone);
}

fn subnets(sheet: &mut Sheet, network: &Network, glyphs: &Glyphs) {
    for subnet in network.subnets.iter().take(LISTED) {
        sheet.add("subnet", subnet.to_string());
        if let Some(gateway) = subnet.gateway {
            sheet.add("gateway", gateway.to_string());
        }
        if let Some(range) = &subnet.range {
            sheet.add("range", range.to_string());
        }
        if !subnet.aux.is_empty() {
            let aux = |(name, ip): &(Text, _)| format!("{name} {ip}");
            sheet.add("kept free", list(subnet.aux.iter(), aux, glyphs));
        }
    }
    if let Some(more) = more(network.subnets.len().saturating_sub(LISTED), glyphs) {
        sheet.add("", more);
    }
}

fn members(sheet: &mut Sheet, topology: &Topology, view: &NetworkView<'_>, glyphs: &Glyphs) {
    let members = view.members();
    let count = members.len();
    sheet.heading(format!("Members ({count})"));
    for member in members.take(LISTED) {
        let known = member.container.and_then(known_state);
        let state = known.map(|state| format!("{state}, ")).unwrap_or_default();
        let label = if member.container.is_some() { name_of(&member) } else { "link".into() };
        let Some(link) = member.link.and_then(|key| topology.link(key)) else {
            let told = believed(&member).join(" ");
            let told = if told.is_empty() { told } else { format!("  believed {told}") };
            sheet.toned(label, format!("{state}no interface{told}"), Tone::Dim);
            continue;
        };
        let mut words = vec![format!("{state}{} in {}", link.name, topology.label(link.key.netns))];
        words.extend(link.mac.map(|mac| format!(" {mac}")));
        words.extend(link.addresses.iter().map(|address| format!(" {}", address.cidr())));
        sheet.add(label, words.join(" "));
    }
    if let Some(more) = more(count.saturating_sub(LISTED), glyphs) {
        sheet.add("", more);
    }
}

/// Everything that is told of a member without an interface.
pub fn member(app: &App, key: MemberKey) -> Sheet {
    let (topology, glyphs) = (app.topology(), app.glyphs());
    let Some((view, member)) = topology.member(key) else { return gone("member") };
    let mut sheet = Sheet::new(format!("{} in {}", name_of(&member), view.network.name));
    let Some(container) = member.container else { return sheet };
    let mut words = vec!["container"];
    words.extend(known_state(container));
    words.push("no interface");
    sheet.toned("", words.join(&format!(" {} ", glyphs.dot)), Tone::Heading);
    if let Some(mac) = member.attachment.and_then(|attachment| attachment.mac) {
        sheet.toned("MAC", format!("{mac}  believed"), Tone::Dim);
    }
    for address in believed(&member) {
        sheet.toned("address", format!("{address}  believed"), Tone::Dim);
    }
    if let Some(interface) = member.attachment.and_then(|attachment| attachment.interface.as_ref())
    {
        sheet.toned("interface", format!("{interface}  believed"), Tone::Dim);
    }
    network(&mut sheet, &view);
    parent(&mut sheet, topology, &view);
    sheet.heading("Container");
    sheet.add("name", container.name.to_string());
    sheet.add("id", container.id.to_string());
    if let Some(image) = &container.image {
        sheet.add("image", image.to_string());
    }
    self::container(&mut sheet, container, glyphs);
    sheet
}

/// The network that made a link, and where the kernel has it otherwise than the engine believes.
pub fn of_link(sheet: &mut Sheet, topology: &Topology, link: &Link) {
    let Some((view, member)) = topology.membership(link.key) else { return };
    network(sheet, &view);
    let Some(attachment) = member.attachment else { return };
    if let Some(mac) = attachment.mac.filter(|mac| link.mac != Some(*mac)) {
        sheet.toned("believed", format!("MAC {mac}"), Tone::Warning);
    }
    let is_there = |(ip, prefix_len): &(_, u8)| {
        link.addresses.iter().any(|a| a.ip == *ip && a.prefix_len == *prefix_len)
    };
    if !attachment.addresses.iter().all(is_there) {
        sheet.toned("believed", believed(&member).join(" "), Tone::Warning);
    }
}

/// The networks whose parent a link is.
pub fn on(sheet: &mut Sheet, topology: &Topology, parent: LinkKey, glyphs: &Glyphs) {
    let networks = topology.networks_on(parent);
    let count = networks.len();
    let mut label = "networks";
    for NetworkView { belief, network, .. } in networks.take(LISTED) {
        let whose = format!("{} of {}", network.name, engine(belief));
        let subnets = network.subnets.iter().take(LISTED).map(Subnet::to_string);
        let words: Vec<_> = [whose, mode(network)].into_iter().chain(subnets).collect();
        sheet.add(label, words.join(", "));
        label = "";
    }
    if let Some(more) = more(count.saturating_sub(LISTED), glyphs) {
        sheet.add("", more);
    }
}

fn network(sheet: &mut Sheet, view: &NetworkView<'_>) {
    sheet.heading("Network");
    sheet.add("name", view.network.name.to_string());
    sheet.add("engine", format!("{}, told by {}", engine(view.belief), view.belief.origin));
    sheet.add("mode", mode(view.network));
    for subnet in view.network.subnets.iter().take(LISTED) {
        sheet.add("subnet", with_gateway(subnet));
    }
}

fn with_gateway(subnet: &Subnet) -> String {
    match subnet.gateway {
        Some(gateway) => format!("{subnet}, gateway {gateway}"),
        None => subnet.to_string(),
    }
}

/// State, compose project and labels of a container.
pub fn container(sheet: &mut Sheet, container: &Container, glyphs: &Glyphs) {
    if let Some(state) = known_state(container) {
        sheet.add("state", state);
    }
    for (word, value) in container.compose() {
        sheet.add(word, value.to_string());
    }
    labels(sheet, &container.labels, glyphs);
}

fn labels(sheet: &mut Sheet, labels: &BTreeMap<Text, Text>, glyphs: &Glyphs) {
    let others: Vec<_> = labels.iter().filter(|(key, _)| !is_of_compose(key)).collect();
    let mut label = "labels";
    for (key, value) in others.iter().take(LISTED) {
        let text = format!("{key}={value}");
        sheet.add(label, shorten(&text, LABEL, glyphs.ellipsis));
        label = "";
    }
    if let Some(more) = more(others.len().saturating_sub(LISTED), glyphs) {
        sheet.add(label, more);
    }
}

/// What the row says below which the sub-interfaces are that no network made.
pub fn unattached(app: &App) -> Sheet {
    let mut sheet = Sheet::new("in no network");
    sheet.add("", "Below it are the macvlans that no network of an engine made.");
    sheet.heading("Networks are told by");
    for belief in app.topology().beliefs() {
        let count = belief.networks.len();
        let networks = if count == 1 { "network" } else { "networks" };
        sheet.add(engine(belief), format!("{}: {count} {networks}", belief.origin));
    }
    if app.topology().beliefs().len() == 0 {
        sheet.toned("", "No engine and no configuration file was found.", Tone::Dim);
    }
    sheet
}

fn gone(what: &str) -> Sheet {
    let mut sheet = Sheet::new(what);
    sheet.toned("", "It is gone.", Tone::Dim);
    sheet
}
