//! The ends of a way, and where each is on the network.

use crate::model::{Link, LinkKey, Mode, NetnsId, Owner, Topology};

/// Something that sends and receives frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// An interface with the stack of its namespace behind it: a sub-interface, or anything else.
    Link(LinkKey),
    /// What is behind the parent's wire.
    Outside(LinkKey),
}

/// Where an endpoint is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The interface itself; of the outside the parent.
    pub(super) link: &'a Link,
    /// The device whose wire the endpoint's frames leave through: the parent of a sub-interface.
    pub(super) lower: &'a Link,
    /// What it is to that device.
    pub(super) role: Role<'a>,
}

/// What an endpoint is to its device.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role<'a> {
    /// A macvlan or macvtap of this mode.
    Child(Mode, &'a Link),
    /// The device's own stack.
    Own,
    /// Behind the device's wire.
    Outside,
}

impl Endpoint {
    /// The shortest that tells it from the other endpoints of its parent: `macvlan1` in the host's
    /// namespace, `eth0/web` in another one; `host`, or `parent` where that is in another namespace,
    /// for the own stack of a parent; `outside`. Printable.
    pub fn label(self, topology: &Topology) -> String {
        let Self::Link(key) = self else { return "outside".into() };
        let Some(link) = topology.link(key) else { return topology.describe(key) };
        let is_host = topology.namespace(key.netns).is_some_and(|namespace| namespace.netns.root);
        let is_parent = topology.children_of(key).any(|child| child.macvlan().is_some());
        match (is_parent, is_host) {
            (true, true) => "host".into(),
            (true, false) => "parent".into(),
            (false, true) => link.name.to_string(),
            (false, false) => format!("{}/{}", link.name, short(topology, key.netns)),
        }
    }

    /// The place of an endpoint; `None` where it, or its parent, is out of sight.
    pub(super) fn place(self, topology: &Topology) -> Option<Place<'_>> {
        match self {
            Self::Outside(key) => {
                let link = topology.link(key)?;
                Some(Place { link, lower: link, role: Role::Outside })
            }
            Self::Link(key) => {
                let link = topology.link(key)?;
                match link.macvlan() {
                    Some(macvlan) => {
                        let lower = topology.parent_of(link)?;
                        Some(Place { link, lower, role: Role::Child(macvlan.mode, link) })
                    }
                    None => Some(Place { link, lower: link, role: Role::Own }),
                }
            }
        }
    }
}

/// The label of a namespace without the kind of its owner in front, where no other is called so.
fn short(topology: &Topology, id: NetnsId) -> String {
    let without_kind = |id: NetnsId| {
        let netns = &topology.namespace(id)?.netns;
        let label = netns.owner.as_deref().and_then(Owner::label)?;
        let (_, name) = label.split_once(' ')?;
        (topology.label(id) == label).then(|| name.to_owned())
    };
    let label = topology.label(id).into_owned();
    let Some(short) = without_kind(id) else { return label };
    // Told by the end of the label, which costs nothing, of nearly all: this is asked for every name on
    // the screen.
    let is_other = |other: NetnsId| {
        let label = topology.label(other);
        other != id
            && label.ends_with(&short)
            && (label == short || without_kind(other).as_ref() == Some(&short))
    };
    let mut all = topology.namespaces();
    if all.any(|namespace| is_other(namespace.netns.id)) { label } else { short }
}
