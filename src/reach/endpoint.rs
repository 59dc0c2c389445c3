//! The ends of a way, and where each is on the network.

use crate::model::{Link, LinkKey, Mode, Topology};

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
