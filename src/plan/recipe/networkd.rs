//! Files of systemd-networkd: the interface, what puts it on its parent, and its addresses.
//!
//! networkd works in the host's namespace only. Names that its files would take for patterns or
//! specifiers (systemd.network(5), systemd.unit(5)) are refused.

use std::fmt::Write as _;

use super::blueprint::Blueprint;
use super::{Form, Recipe};
use crate::model::belief::Driver;
use crate::model::{Address, Mode, Text};
use crate::plan::suggest;

/// Where the files belong.
const DIRECTORY: &str = "/etc/systemd/network";

pub(super) fn recipe(blueprint: &Blueprint<'_>) -> Result<Recipe, String> {
    let mut notes = blueprint.notes.clone();
    let topology = blueprint.topology;
    let parent = blueprint.parent()?;
    if Some(parent.key.netns) != blueprint.host() {
        let described = topology.describe(parent.key);
        return Err(format!(
            "the parent is {described}, and networkd works in the host's namespace only; say it \
             with ip"
        ));
    }
    let (name, addresses) = if let Some(link) = blueprint.link {
        if Some(link.key.netns) != blueprint.host() {
            let label = topology.label(link.key.netns);
            notes.push(format!(
                "networkd makes it in the host's namespace; {} is in {label}",
                link.name
            ));
        }
        (link.name.clone(), chosen(&link.addresses, &mut notes))
    } else {
        let kind = blueprint.driver.name();
        let name = suggest::link_name(topology, blueprint.host(), kind, parent.key);
        (name, blueprint.free_addresses(&mut notes))
    };
    let (name, parent) = (sayable(&name)?, sayable(&parent.name)?);
    let particulars = blueprint.particulars();
    if !particulars.is_empty() {
        notes.push(format!("networkd has no word for: {}", particulars.join(", ")));
    }
    notes.push(format!(
        "where a file for {parent} exists already, add the line of its [Network] to that one"
    ));
    let section = match (blueprint.driver, blueprint.is_tap()) {
        (Driver::Ipvlan, _) => "IPVLAN",
        (Driver::Macvlan, true) => "MACVTAP",
        (Driver::Macvlan, false) => "MACVLAN",
    };
    let mut text = netdev(blueprint, name, section)?;
    // Without the second line networkd takes away the addresses that others gave to the parent.
    file(&mut text, &format!("{parent}.network"));
    let _ = write!(
        text,
        "[Match]\nName={parent}\n\n[Network]\n{section}={name}\nKeepConfiguration=yes\n\n"
    );
    file(&mut text, &format!("{name}.network"));
    let _ = write!(text, "[Match]\nName={name}\n\n[Network]\n");
    for address in addresses {
        let _ = writeln!(text, "Address={}", address.cidr());
    }
    let gateways = blueprint.subnets.iter().filter_map(|subnet| subnet.gateway);
    for gateway in gateways.filter(|_| !blueprint.internal) {
        let _ = writeln!(text, "Gateway={gateway}");
    }
    Ok(Recipe { notes, text })
}

fn netdev(blueprint: &Blueprint<'_>, name: &str, section: &str) -> Result<String, String> {
    let mut text = String::new();
    file(&mut text, &format!("{name}.netdev"));
    let _ = write!(text, "[NetDev]\nName={name}\nKind={}\n", section.to_lowercase());
    if let Some(mtu) = blueprint.mtu {
        let _ = writeln!(text, "MTUBytes={mtu}");
    }
    let mode = match blueprint.driver {
        Driver::Macvlan => {
            blueprint.mode_among(Form::Networkd, &Mode::ALL.map(Mode::name))?.to_owned()
        }
        Driver::Ipvlan => {
            blueprint.mode_among(Form::Networkd, &["l2", "l3", "l3s"])?.to_uppercase()
        }
    };
    let _ = write!(text, "\n[{section}]\nMode={mode}\n");
    for source in blueprint.macvlan().map_or(&[][..], |macvlan| &macvlan.sources) {
        let _ = writeln!(text, "SourceMACAddress={source}");
    }
    if let Some(length) = blueprint.bc_queue_len() {
        let _ = writeln!(text, "BroadcastMulticastQueueLength={length}");
    }
    text.push('\n');
    Ok(text)
}

/// The line in front of a file's content.
fn file(text: &mut String, name: &str) {
    // Writing into a String cannot fail, here and above.
    let _ = writeln!(text, "# {DIRECTORY}/{name}");
}

/// Addresses that somebody gave, not those that the kernel made.
fn chosen(addresses: &[Address], notes: &mut Vec<String>) -> Vec<Address> {
    let made = |address: &&Address| address.scope == 0 && address.flags & Address::PERMANENT != 0;
    let chosen: Vec<Address> = addresses.iter().filter(made).cloned().collect();
    for address in chosen.iter().filter(|address| address.peer.is_some()) {
        notes.push(format!("{} has another end, which is left out", address.cidr()));
    }
    chosen
}

/// A name that stands for itself in every line of these files.
fn sayable(name: &Text) -> Result<&str, String> {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-+@".contains(byte);
    let bytes = name.as_bytes();
    let is_number = bytes.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(bytes).ok().filter(|_| bytes.iter().all(harmless) && !is_number).ok_or_else(
        || {
            format!(
                "networkd's files can't hold the name '{name}'; rename it to letters, digits and \
                 ._-+@, or say it with ip"
            )
        },
    )
}
