//! What a plan relies on, and whether it still holds.
//!
//! Facts are about the topology that a plan was made from, never about what its own steps make.

use super::simulate::{find, find_netns};
use super::{Fact, Op, Setting};
use crate::model::{LinkKey, Text, Topology};

/// What an op relies on. `now` is the topology when its turn comes; of what is in there, facts are
/// only about what was there `before` the plan.
pub(super) fn of(before: &Topology, now: &Topology, op: &Op) -> Vec<Fact> {
    match op {
        Op::CreateNetns { name } => vec![Fact::FreeNetnsName(name.clone())],
        Op::DeleteNetns { name } => {
            let namespace = before.namespace_named(name.as_bytes());
            namespace.map(|namespace| Fact::Netns(namespace.netns.id)).into_iter().collect()
        }
        Op::Create(new) => {
            let mut facts: Vec<_> = link(before, new.parent).into_iter().collect();
            facts.extend(
                find_netns(now, &new.netns).and_then(|netns| free(before, netns, &new.name)),
            );
            facts
        }
        Op::Delete(target) => {
            let Some(key) = find(now, target) else { return Vec::new() };
            let mut facts: Vec<_> = link(before, key).into_iter().collect();
            facts.extend(children(before, key));
            facts
        }
        Op::Set(target, setting) => {
            let Some(key) = find(now, target) else { return Vec::new() };
            let mut facts: Vec<_> = link(before, key).into_iter().collect();
            match setting {
                Setting::Name(name) => facts.extend(free(before, key.netns, name)),
                Setting::Netns(place) => {
                    let name = now.link(key).map(|link| link.name.clone());
                    let netns = find_netns(now, place);
                    facts.extend(netns.zip(name).and_then(|(to, name)| free(before, to, &name)));
                }
                _ => {}
            }
            facts
        }
    }
}

/// That a link is as it was.
pub(super) fn link(before: &Topology, key: LinkKey) -> Option<Fact> {
    before.link(key).map(|link| Fact::Link(Box::new(link.clone())))
}

/// That a link has the sub-interfaces that it had.
pub(super) fn children(before: &Topology, parent: LinkKey) -> Option<Fact> {
    before.link(parent)?;
    let children = before.children_of(parent).map(|child| child.key).collect();
    Some(Fact::Children { parent, children })
}

/// That a name is free that was free.
fn free(before: &Topology, netns: crate::model::NetnsId, name: &Text) -> Option<Fact> {
    let namespace = before.namespace(netns)?;
    namespace
        .link_named(name.as_bytes())
        .is_none()
        .then(|| Fact::FreeName { netns, name: name.clone() })
}
