//! `podman network create`, as Podman 4 takes it over netavark.
//!
//! Measured with 4.3: it knows no source mode and takes the first `--gateway` and `--ip-range` for the
//! first `--subnet`, the second for the second. Without a gateway it takes a subnet's first address.

use super::blueprint::Blueprint;
use super::engine::{Command, ipam, utf8};
use super::range::as_prefix;
use super::{Form, Recipe, names};
use crate::model::belief::{Driver, Subnet};
use crate::model::prefix;

pub(super) fn recipe(blueprint: &Blueprint<'_>) -> Result<Recipe, String> {
    let modes = match blueprint.driver {
        Driver::Macvlan => &["private", "vepa", "bridge", "passthru"][..],
        Driver::Ipvlan => &["l2", "l3", "l3s"][..],
    };
    let mut command = Command::new(blueprint, Form::Podman)?;
    let mode = blueprint.mode_among(Form::Podman, modes)?;
    let parent = blueprint.parent_name(Form::Podman, &mut command.notes)?;
    if blueprint.driver == Driver::Ipvlan {
        command
            .notes
            .push("needs a netavark that knows ipvlan; that of Podman 4.3 does not".into());
    }
    match ipam(blueprint) {
        Some(ipam) if matches!(ipam.as_bytes(), b"dhcp" | b"none") => {
            command.option("--ipam-driver", &ipam.to_string());
        }
        other => {
            if let Some(ipam) = other {
                let note = format!("its addresses come from {ipam}; here Podman gives them");
                command.notes.push(note);
            }
            subnets(&mut command, blueprint)?;
        }
    }
    if blueprint.internal {
        command.word("--internal");
    }
    if let Some(parent) = &parent {
        utf8(parent, Form::Podman)?;
        command.pair("-o", "parent", parent);
    } else {
        let note = "without a parent Podman takes the interface of the default route";
        command.notes.push(note.into());
    }
    command.pair("-o", "mode", &mode.into());
    if let Some(mtu) = blueprint.mtu {
        command.pair("-o", "mtu", &mtu.to_string().as_str().into());
    }
    let name = names::usual(&blueprint.name, Form::Podman, &mut command.notes);
    Ok(command.finish(&name.as_str().into()))
}

fn subnets(command: &mut Command, blueprint: &Blueprint<'_>) -> Result<(), String> {
    if blueprint.subnets.is_empty() {
        return Err(format!(
            "Podman needs a subnet or DHCP, and no subnet of {} is known; say it as cni, or give \
             an interface an address first",
            blueprint.name
        ));
    }
    // Those with a gateway first, so that the gateways and subnets go together.
    let mut subnets: Vec<&Subnet> = blueprint.subnets.iter().collect();
    subnets.sort_by_key(|subnet| subnet.gateway.is_none());
    if subnets.iter().any(|subnet| subnet.net.0.is_ipv6()) {
        command.word("--ipv6");
    }
    let any_range = subnets.iter().any(|subnet| matches!(as_prefix(subnet), Some(Ok(_))));
    for subnet in subnets {
        command.subnet(subnet);
        match subnet.gateway {
            Some(gateway) => command.option("--gateway", &gateway.to_string()),
            None => command
                .notes
                .push(format!("{subnet} has no gateway; Podman takes its first address for one")),
        }
        match as_prefix(subnet) {
            Some(Ok((ip, len))) => command.option("--ip-range", &format!("{ip}/{len}")),
            not_prefix => {
                if let Some(Err(range)) = not_prefix {
                    command.no_range(Form::Podman, subnet, range);
                }
                if any_range {
                    let (ip, len) = subnet.net;
                    command.option("--ip-range", &format!("{}/{len}", prefix::first(ip, len)));
                }
            }
        }
        for (name, ip) in &subnet.aux {
            command.notes.push(format!("Podman can't be told never to give {ip} ({name})"));
        }
    }
    Ok(())
}
