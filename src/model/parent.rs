//! The relation between a sub-interface and the link below it, and how we know of it.

use super::{LinkKey, NetnsId, Text};

/// Where a link's lower device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// `IFLA_LINK`: the parent's ifindex in its own namespace.
    pub ifindex: u32,
    /// The parent's namespace; `None` when no path leads to it from here.
    pub netns: Option<NetnsId>,
    /// `IFLA_LINK_NETNSID` as `ip` shows it inside the sub-interface's namespace; `None` when
    /// both are in one namespace, or when it was not asked for.
    pub nsid: Option<i32>,
    /// The `lower_*` entries that the sub-interface has in its own namespace's sysfs
    /// (`/sys/class/net/NAME/lower_*`, without the prefix); `None` when they were not read.
    pub sysfs_lower: Option<Vec<Text>>,
}

impl Parent {
    /// The parent's identity, if it is in sight.
    pub fn key(&self) -> Option<LinkKey> {
        self.netns.map(|netns| LinkKey { netns, ifindex: self.ifindex })
    }
}
