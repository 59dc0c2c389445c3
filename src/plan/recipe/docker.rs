//! `docker network create`, as Docker 28 takes it.
//!
//! Measured with it: it knows no source mode, no `l3s`, and gives interfaces the parent's MTU whatever
//! is asked; without an IPv4 subnet it takes one of its own.

use super::blueprint::Blueprint;
use super::engine::{Command, ipam, utf8};
use super::range::as_prefix;
use super::{Form, Recipe, names};
use crate::model::Text;
use crate::model::belief::{Driver, Engine, Subnet};

pub(super) fn recipe(blueprint: &Blueprint<'_>) -> Result<Recipe, String> {
    let (key, modes) = match blueprint.driver {
        Driver::Macvlan => ("macvlan_mode", &["private", "vepa", "bridge", "passthru"][..]),
        Driver::Ipvlan => ("ipvlan_mode", &["l2", "l3"][..]),
    };
    let mut command = Command::new(blueprint, Form::Docker)?;
    let mode = blueprint.mode_among(Form::Docker, modes)?;
    let parent = blueprint.parent_name(Form::Docker, &mut command.notes)?;
    subnets(&mut command, blueprint);
    if blueprint.internal {
        command.word("--internal");
    }
    match &parent {
        Some(parent) => {
            utf8(parent, Form::Docker)?;
            command.pair("-o", "parent", parent);
        }
        None => command.notes.push("without a parent Docker makes a dummy interface for it".into()),
    }
    command.pair("-o", key, &mode.into());
    if let Some(mtu) = blueprint.mtu {
        let note = format!("Docker gives the parent's MTU; {mtu} is left out");
        command.notes.push(note);
    }
    let name = name(blueprint, &mut command.notes);
    Ok(command.finish(&name))
}

fn subnets(command: &mut Command, blueprint: &Blueprint<'_>) {
    if let Some(ipam) = ipam(blueprint) {
        let note = format!("its addresses come from {ipam}; here Docker gives them");
        command.notes.push(note);
    }
    if !blueprint.subnets.iter().any(|subnet| subnet.net.0.is_ipv4()) {
        let note = "no IPv4 subnet is known; Docker takes one of its own, unless --subnet is added";
        command.notes.push(note.into());
    }
    if blueprint.subnets.iter().any(|subnet| subnet.net.0.is_ipv6()) {
        command.word("--ipv6");
    }
    for subnet in &blueprint.subnets {
        add(command, subnet);
    }
}

/// Docker finds the subnet of a gateway, a range or another address by itself.
fn add(command: &mut Command, subnet: &Subnet) {
    command.subnet(subnet);
    if let Some(gateway) = subnet.gateway {
        command.option("--gateway", &gateway.to_string());
    }
    match as_prefix(subnet) {
        Some(Ok((ip, len))) => command.option("--ip-range", &format!("{ip}/{len}")),
        Some(Err(range)) => command.no_range(Form::Docker, subnet, range),
        None => {}
    }
    for (number, (name, ip)) in (1..).zip(&subnet.aux) {
        let known = std::str::from_utf8(name.as_bytes()).ok();
        let name = known.filter(|name| !name.is_empty() && !name.contains('=')).map_or_else(
            || {
                let other = format!("aux{number}");
                let note = format!("'{name}' can't be said here; {ip} is called {other}");
                command.notes.push(note);
                other
            },
            str::to_owned,
        );
        command.option("--aux-address", &format!("{name}={ip}"));
    }
}

/// A name that Docker has given is one that it takes; of others only those that all engines take.
fn name(blueprint: &Blueprint<'_>, notes: &mut Vec<String>) -> Text {
    let is_own =
        blueprint.network.as_ref().is_some_and(|view| view.belief.engine == Engine::Docker);
    if is_own && !blueprint.name.is_empty() {
        return blueprint.name.clone();
    }
    names::usual(&blueprint.name, Form::Docker, notes).as_str().into()
}
