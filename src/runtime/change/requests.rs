//! What the options of a change ask for, on identities. Pure but for the paths that the resolver
//! asks after.

use crate::cli::{Change, Create, Edits, Kind, Set};
use crate::model::resolve::{Resolver, Unresolved};
use crate::model::{LinkKey, MacvlanFlags, Mode, NetnsId, PortOption, Text, Vlan};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Request};

/// Why options make no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misuse {
    /// A name stands for nothing, or for several things.
    Name(Unresolved),
    /// The options contradict each other.
    Options(&'static str),
}

impl From<Unresolved> for Misuse {
    fn from(unresolved: Unresolved) -> Self {
        Self::Name(unresolved)
    }
}

/// The request that a command line makes.
pub(super) fn request(change: Change<'_>, resolver: &Resolver<'_>) -> Result<Request, Misuse> {
    Ok(match change {
        Change::Create(create) => Request::Create(Box::new(new_link(create, resolver)?)),
        Change::Delete(delete) => Request::Delete(resolver.link(delete.link.as_bytes())?),
        Change::Set(set) => edit(set, resolver)?,
        Change::AddNetns(named) => Request::CreateNetns(named.name.clone()),
        Change::DeleteNetns(named) => {
            Request::DeleteNetns(resolver.named_netns(named.name.as_bytes())?)
        }
    })
}

fn new_link(create: &Create, resolver: &Resolver<'_>) -> Result<NewLink, Misuse> {
    let parent = resolver.link(create.parent.as_bytes())?;
    let netns = match &create.netns {
        Some(netns) => resolver.netns(netns.as_bytes())?,
        None => parent.netns,
    };
    let macvlan = || NewMacvlan {
        mode: create.mode.unwrap_or(Mode::Vepa),
        flags: MacvlanFlags(create.flags.iter().fold(0, |all, bit| all | bit)),
        bc_queue_len: create.bc_queue_len,
        bc_cutoff: create.bc_cutoff,
        sources: create.sources.clone(),
    };
    let kind = match (create.kind, create.vlan_id) {
        (None | Some(Kind::Vlan), Some(id)) => NewKind::Vlan(Vlan::new(id)),
        (None | Some(Kind::Macvlan), None) => NewKind::Macvlan(macvlan()),
        (Some(Kind::Macvtap), None) => NewKind::Macvtap(macvlan()),
        (Some(Kind::Vlan), None) => return Err(Misuse::Options("a vlan needs --vlan-id")),
        (Some(Kind::Macvlan | Kind::Macvtap), Some(_)) => {
            return Err(Misuse::Options("--vlan-id is for --kind vlan only"));
        }
    };
    Ok(NewLink {
        kind,
        parent,
        name: create.name.clone(),
        netns: Place::Known(netns),
        ifindex: None,
        mac: create.mac,
        mtu: create.mtu,
        alias: None,
        addresses: create.addresses.clone(),
        up: create.up,
    })
}

fn edit(set: &Set, resolver: &Resolver<'_>) -> Result<Request, Misuse> {
    let link = resolver.link(set.link.as_bytes())?;
    let target = set.edits.netns.as_ref().map(|netns| resolver.netns(netns.as_bytes()));
    let target = target.transpose()?;
    Ok(Request::Edit { link, edits: edits(&set.edits, resolver, link, target) })
}

/// The edits in the order in which they work. The mode decides which flags and sources are allowed,
/// so it comes first; a flag may need a link that is up. Down, a small MTU and a move take addresses
/// away, so these are removed before and added after. Some drivers change a MAC or MTU only while
/// the link is down. Up comes last: only then does the kernel check the MAC against siblings.
fn edits(
    wanted: &Edits,
    resolver: &Resolver<'_>,
    link: LinkKey,
    target: Option<NetnsId>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    edits.extend(wanted.mode.map(Edit::Mode));
    edits.extend(wanted.no_flags.iter().map(|bit| Edit::Flag { bit: *bit, on: false }));
    edits.extend(wanted.flags.iter().map(|bit| Edit::Flag { bit: *bit, on: true }));
    edits.extend(wanted.bc_queue_len.map(Edit::BcQueueLen));
    edits.extend(wanted.bc_cutoff.map(Edit::BcCutoff));
    edits.extend(wanted.hairpin.map(|on| Edit::Port(PortOption::Hairpin(on))));
    if wanted.flush_sources {
        edits.push(Edit::SetSources(wanted.add_source.clone()));
    } else {
        edits.extend(wanted.del_source.iter().map(|mac| Edit::RemoveSource(*mac)));
        edits.extend(wanted.add_source.iter().map(|mac| Edit::AddSource(*mac)));
    }
    edits.extend(wanted.del_address.iter().cloned().map(Edit::RemoveAddress));
    edits.extend(wanted.down.then_some(Edit::Up(false)));
    edits.extend(wanted.mtu.map(Edit::Mtu));
    edits.extend(wanted.mac.map(Edit::Mac));
    edits.extend(wanted.alias.clone().map(|alias| Edit::Alias(Some(alias).filter(is_given))));
    let moved = target.map(|netns| Edit::Netns(Place::Known(netns)));
    let renamed = wanted.rename.clone().map(Edit::Name);
    if target.is_some_and(|target| is_taken(resolver, link, target)) {
        edits.extend(renamed.into_iter().chain(moved));
    } else {
        edits.extend(moved.into_iter().chain(renamed));
    }
    edits.extend(wanted.add_address.iter().cloned().map(Edit::AddAddress));
    edits.extend(wanted.up.then_some(Edit::Up(true)));
    edits
}

fn is_given(text: &Text) -> bool {
    !text.is_empty()
}

/// Whether the link's present name is another's in the namespace that it goes to.
fn is_taken(resolver: &Resolver<'_>, link: LinkKey, target: NetnsId) -> bool {
    let topology = resolver.topology;
    topology.link(link).zip(topology.namespace(target)).is_some_and(|(link, namespace)| {
        namespace.links().any(|other| other.key != link.key && other.name == link.name)
    })
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
