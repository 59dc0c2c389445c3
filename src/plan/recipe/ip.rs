//! Commands of iproute2 that make an equal interface: for a link one like it, in its namespace and
//! under its name; for a network a first member, beside the parent.

use super::blueprint::Blueprint;
use super::{Form, Recipe};
use crate::model::belief::Driver;
use crate::model::{Link, Mode, Topology};
use crate::plan::simulate::{self, is_passthru};
use crate::plan::{
    NewKind, NewLink, NewMacvlan, Op, Place, Setting, Target, inverse, ip_command, suggest,
};

pub(super) fn recipe(blueprint: &Blueprint<'_>) -> Result<Recipe, String> {
    let mut notes = blueprint.notes.clone();
    let parent = blueprint.parent()?;
    let mut now = blueprint.topology.clone();
    let ops = match blueprint.link {
        Some(link) => {
            // The commands are those for when it has gone.
            let target = simulate::target(blueprint.topology, link);
            simulate::apply(&mut now, &Op::Delete(target));
            equal_to(blueprint, &now, link, parent)
        }
        None => member(blueprint, parent, &mut notes)?,
    };
    let mut lines = Vec::new();
    for op in ops {
        let line = match (&op, blueprint.driver) {
            (Op::Create(new), Driver::Ipvlan) => {
                let mode = blueprint.mode_among(Form::Ip, &["l2", "l3", "l3s"])?;
                ip_command::add(&now, new).map(|add| format!("{add} type ipvlan mode {mode}"))
            }
            _ => ip_command::command(&now, &op),
        };
        lines.push(line.ok_or("no path leads into a namespace that ip would have to enter")?);
        simulate::apply(&mut now, &op);
    }
    Ok(Recipe { notes, text: lines.join("\n") + "\n" })
}

/// What makes a link that is like another but for the MAC, which is the kernel's to choose.
fn equal_to(blueprint: &Blueprint<'_>, gone: &Topology, link: &Link, parent: &Link) -> Vec<Op> {
    let place = simulate::place(gone, link.key.netns);
    let made = inverse::anew(blueprint.topology, link, &place);
    let mut new = made.unwrap_or_else(|| NewLink {
        mtu: Some(link.mtu).filter(|mtu| *mtu != parent.mtu),
        ..NewLink::new(stand_in(), parent.key, link.name.clone(), place)
    });
    new.mac = None;
    new.ifindex = None;
    new.ifindex = suggest::ifindex(gone, &new);
    let ops = inverse::made_again(link, new).ops.into_iter();
    ops.filter(|op| !matches!(op, Op::Set(_, Setting::Mac(_)))).collect()
}

/// What makes a first member of a network.
fn member(
    blueprint: &Blueprint<'_>,
    parent: &Link,
    notes: &mut Vec<String>,
) -> Result<Vec<Op>, String> {
    let topology = blueprint.topology;
    let kind = match blueprint.driver {
        Driver::Ipvlan => stand_in(),
        Driver::Macvlan => {
            let mode = blueprint.mode_among(Form::Ip, &Mode::ALL.map(Mode::name))?;
            NewKind::Macvlan(NewMacvlan::new(mode.parse()?))
        }
    };
    let netns = parent.key.netns;
    let name = suggest::link_name(topology, Some(netns), blueprint.driver.name(), parent.key);
    let place = Place::Known(netns);
    let mtu = blueprint.mtu.filter(|mtu| *mtu != parent.mtu);
    let new = NewLink { mtu, ..NewLink::new(kind, parent.key, name.clone(), place.clone()) };
    if new.is_passthru() && topology.children_of(parent.key).any(is_passthru) {
        notes.push("another interface has the parent in passthru mode; it has to go first".into());
    }
    let mut ops = vec![Op::Create(Box::new(new))];
    let mut then = |setting| {
        ops.push(Op::Set(Target::Named { netns: place.clone(), name: name.clone() }, setting));
    };
    let addresses = blueprint.free_addresses(notes);
    addresses.into_iter().map(Setting::AddAddress).for_each(&mut then);
    then(Setting::Up(true));
    let gateways = blueprint.subnets.iter().filter_map(|subnet| subnet.gateway);
    notes.extend(gateways.filter(|_| !blueprint.internal).map(|gateway| {
        format!("the network's gateway is {gateway}; no default route is made here")
    }));
    Ok(ops)
}

/// What stands for an ipvlan in an op, which has no kind for it.
fn stand_in() -> NewKind {
    NewKind::Macvlan(NewMacvlan::new(Mode::Bridge))
}
