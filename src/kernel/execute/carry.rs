//! One op, carried out: the namespace is entered, the link is found again by its identity, the
//! request is sent, and what the kernel acknowledges is read back.

use std::os::fd::AsFd;

use nix::errno::Errno;

use super::Failure;
use super::verify;
use super::world::{World, named_link, read};
use crate::kernel::encode;
use crate::kernel::error::errno_of;
use crate::kernel::named;
use crate::kernel::netlink::{Asker, Request};
use crate::model::Link;
use crate::plan::{NewKind, NewLink, Op, Place, Setting, Target, suggest};

/// Carries out one op.
pub(super) fn carry_out(world: &mut World, op: &Op) -> Result<(), Failure> {
    let errno = |error: std::io::Error| Failure::from(errno_of(&error));
    match op {
        Op::CreateNetns { name } => {
            let identity = named::create(name.as_bytes()).map_err(errno)?;
            world.made(name, identity);
            Ok(())
        }
        Op::DeleteNetns { name } => {
            world.prove_name(name)?;
            named::delete(name.as_bytes()).map_err(errno)
        }
        Op::Create(new) => create(world, new),
        Op::Delete(target) => {
            let way = world.way(&place(target))?;
            way.within(|asker| {
                let link = read(asker, way.id, target)?.link;
                acknowledge(asker, encode::delete(link.key.ifindex), false)
            })
        }
        Op::Set(target, Setting::Netns { place, ifindex }) => {
            move_to(world, target, place, *ifindex)
        }
        Op::Set(target, setting) => {
            let way = world.way(&place(target))?;
            way.within(|asker| {
                let link = read(asker, way.id, target)?.link;
                set(asker, &link, setting)
            })
        }
    }
}

fn place(target: &Target) -> Place {
    match target {
        Target::Link(key) => Place::Known(key.netns),
        Target::Named { netns, .. } => netns.clone(),
    }
}

fn acknowledge(asker: &mut Asker, request: Request, create: bool) -> Result<(), Failure> {
    asker.acknowledge(request, create).map_err(|error| Failure::of(error, asker))
}

/// Changes a property, and reads it back: the kernel acknowledges some requests that it ignores.
fn set(asker: &mut Asker, link: &Link, setting: &Setting) -> Result<(), Failure> {
    let creates = matches!(setting, Setting::AddAddress(_));
    for request in encode::change(link, setting) {
        acknowledge(asker, request, creates)?;
    }
    let now = read(asker, link.key.netns, &Target::Link(link.key))?;
    verify::has(&now, setting).map_err(Failure::Told)
}

/// Makes a link, and gives it in its namespace what it can't be born with.
///
/// It is asked for in its parent's namespace, as `ip` does. Where that is not where it goes, a link
/// there that has the name or index stands in its way before Linux 6.15 (EEXIST), and it comes under
/// another index.
fn create(world: &World, new: &NewLink) -> Result<(), Failure> {
    let parent = world.way(&Place::Known(new.parent.netns))?;
    let target = world.way(&new.netns)?;
    let elsewhere = if parent.id == target.id { None } else { Some(target.open()?) };
    let ask = |new: &NewLink| {
        let request = encode::create(new, elsewhere.as_ref().map(AsFd::as_fd));
        parent.within(|asker| acknowledge(asker, request, true))
    };
    ask(new).or_else(|refused| {
        let exists = matches!(refused, Failure::Refused { errno: Errno::EEXIST, .. });
        match suggest::ifindex(&world.topology, new) {
            other if exists && other != new.ifindex => {
                ask(&NewLink { ifindex: other, ..new.clone() })
            }
            _ => Err(refused),
        }
    })?;
    target.within(|asker| {
        let link = named_link(asker, target.id, &new.name)?.link;
        complete(asker, &link, new).inspect_err(|_| {
            // Half a link is none that was asked for; the error to tell is the one above.
            let _ = asker.acknowledge(encode::delete(link.key.ifindex), false);
        })
    })
}

fn complete(asker: &mut Asker, link: &Link, new: &NewLink) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    if let NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) = &new.kind {
        if !macvlan.sources.is_empty() {
            set(asker, link, &Setting::Sources(macvlan.sources.clone()))?;
        }
        wanted.extend([Setting::Mode(macvlan.mode), Setting::Flags(macvlan.flags)]);
        wanted.extend(macvlan.bc_queue_len.map(Setting::BcQueueLen));
        wanted.extend(macvlan.bc_cutoff.map(Setting::BcCutoff));
    }
    wanted.extend(new.mac.map(Setting::Mac));
    wanted.extend(new.mtu.map(Setting::Mtu));
    let now = read(asker, link.key.netns, &Target::Link(link.key))?;
    wanted.iter().try_for_each(|setting| verify::has(&now, setting)).map_err(Failure::Told)
}

/// Moves a link and makes sure that it arrived.
fn move_to(
    world: &World,
    target: &Target,
    to: &Place,
    ifindex: Option<u32>,
) -> Result<(), Failure> {
    let from = world.way(&place(target))?;
    let to = world.way(to)?;
    let netns = to.open()?;
    let moved = from.within(|asker| {
        let link = read(asker, from.id, target)?.link;
        acknowledge(asker, encode::move_to(link.key.ifindex, netns.as_fd(), ifindex), false)?;
        Ok(link)
    })?;
    to.within(|asker| named_link(asker, to.id, &moved.name)).map(drop)
}
