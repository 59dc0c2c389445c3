//! A CNI configuration list (CNI specification 0.4.0, which newer runtimes read as well) for the
//! reference plugins macvlan and ipvlan with host-local or dhcp.

use std::fmt::Write as _;

use serde::Serialize;

use super::blueprint::Blueprint;
use super::engine::{ipam, left_out, no_tap, utf8};
use super::range::hosts;
use super::{Form, Recipe, names};
use crate::model::belief::{Driver, Subnet};
use crate::model::prefix;

#[derive(Serialize)]
struct List<'a> {
    #[serde(rename = "cniVersion")]
    version: &'static str,
    name: &'a str,
    plugins: [Plugin<'a>; 1],
}

#[derive(Serialize)]
struct Plugin<'a> {
    #[serde(rename = "type")]
    program: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<&'a str>,
    mode: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtu: Option<u32>,
    ipam: Ipam,
}

/// Empty where members get no addresses.
#[derive(Default, Serialize)]
struct Ipam {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    program: Option<&'static str>,
    /// A member gets an address out of each set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ranges: Vec<[Range; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct Range {
    subnet: String,
    #[serde(rename = "rangeStart", skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(rename = "rangeEnd", skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<String>,
}

#[derive(Serialize)]
struct Route {
    dst: &'static str,
}

pub(super) fn recipe(blueprint: &Blueprint<'_>) -> Result<Recipe, String> {
    no_tap(blueprint, Form::Cni)?;
    let modes = match blueprint.driver {
        Driver::Macvlan => &["private", "vepa", "bridge", "passthru"][..],
        Driver::Ipvlan => &["l2", "l3", "l3s"][..],
    };
    let mut notes = blueprint.notes.clone();
    notes.extend(left_out(blueprint, Form::Cni));
    let mode = blueprint.mode_among(Form::Cni, modes)?;
    let master = blueprint.parent_name(Form::Cni, &mut notes)?;
    if master.is_none() {
        notes.push("without a master CNI takes the interface of the default route".into());
    }
    let name = names::usual(&blueprint.name, Form::Cni, &mut notes);
    let plugin = Plugin {
        program: blueprint.driver.name(),
        master: master.as_ref().map(|master| utf8(master, Form::Cni)).transpose()?,
        mode,
        mtu: blueprint.mtu,
        ipam: addresses(blueprint, &mut notes),
    };
    let list = List { version: "0.4.0", name: &name, plugins: [plugin] };
    let text = serde_json::to_string_pretty(&list).map_err(|error| error.to_string())?;
    Ok(Recipe { notes, text: ascii(&text) + "\n" })
}

fn addresses(blueprint: &Blueprint<'_>, notes: &mut Vec<String>) -> Ipam {
    match ipam(blueprint) {
        Some(ipam) if ipam.as_bytes() == b"dhcp" => {
            return Ipam { program: Some("dhcp"), ..Ipam::default() };
        }
        Some(ipam) => {
            notes.push(format!("its addresses come from {ipam}; here host-local gives them"));
        }
        None => {}
    }
    if blueprint.subnets.is_empty() {
        notes.push("no subnet is known, so members get no addresses".into());
        return Ipam::default();
    }
    let mut routes = Vec::new();
    for subnet in blueprint.subnets.iter().filter(|subnet| subnet.gateway.is_some()) {
        let dst = if subnet.net.0.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
        if !blueprint.internal && !routes.iter().any(|route: &Route| route.dst == dst) {
            routes.push(Route { dst });
        }
    }
    let ranges = blueprint.subnets.iter().map(|subnet| [range(subnet, notes)]).collect();
    Ipam { program: Some("host-local"), ranges, routes }
}

fn range(subnet: &Subnet, notes: &mut Vec<String>) -> Range {
    for (name, ip) in &subnet.aux {
        notes.push(format!("host-local can't be told never to give {ip} ({name})"));
    }
    let (ip, len) = subnet.net;
    let ends = subnet.range.as_ref().map(|_| hosts(subnet));
    Range {
        subnet: format!("{}/{len}", prefix::first(ip, len)),
        first: ends.map(|(first, _)| first.to_string()),
        last: ends.map(|(_, last)| last.to_string()),
        gateway: subnet.gateway.map(|gateway| gateway.to_string()),
    }
}

/// The same JSON without any character that a terminal might not show as itself. Outside of strings
/// there is none.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, ' '..='~' | '\n') {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing into a String cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}
