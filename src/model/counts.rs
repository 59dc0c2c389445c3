//! The numbers of the header: how many namespaces, parents and sub-interfaces there are.

use std::collections::BTreeSet;
use std::fmt;

use super::{Topology, View, forest};

/// What a topology holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Namespaces, readable or not.
    pub namespaces: usize,
    /// Those of them whose links can't be read.
    pub unreadable: usize,
    /// Links in sight that a macvlan or macvtap sits on.
    pub parents: usize,
    /// Parents that sub-interfaces name but that are not in sight.
    pub unseen_parents: usize,
    /// macvlans and macvtaps.
    pub sub_interfaces: usize,
}

impl Counts {
    /// Counts.
    pub fn of(topology: &Topology) -> Self {
        let mut counts = Self { namespaces: topology.namespaces().len(), ..Self::default() };
        let closed = topology.namespaces().filter(|n| n.netns.view != View::Open);
        counts.unreadable = closed.count();
        let (mut seen, mut unseen) = (BTreeSet::new(), BTreeSet::new());
        for link in topology.links().filter(|link| link.macvlan().is_some()) {
            counts.sub_interfaces += 1;
            if let Some(parent) = topology.parent_of(link) {
                seen.insert(parent.key);
            } else if let Some(parent) = &link.parent {
                unseen.insert(forest::unseen_parent(link.key.netns, parent));
            }
        }
        counts.parents = seen.len();
        counts.unseen_parents = unseen.len();
        counts
    }
}

impl fmt::Display for Counts {
    /// `5 namespaces  3 parents, 1 unseen  7 sub-interfaces`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        write!(f, "{} namespace{}", self.namespaces, plural(self.namespaces))?;
        if self.unreadable > 0 {
            write!(f, ", {} not readable", self.unreadable)?;
        }
        write!(f, "  {} parent{}", self.parents, plural(self.parents))?;
        if self.unseen_parents > 0 {
            write!(f, ", {} unseen", self.unseen_parents)?;
        }
        write!(f, "  {} sub-interface{}", self.sub_interfaces, plural(self.sub_interfaces))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::host;
    use super::*;

    #[test]
    fn the_fixture_is_counted() {
        let text = Counts::of(&host()).to_string();
        assert_eq!(text, "5 namespaces  3 parents, 1 unseen  7 sub-interfaces");
        let empty = Counts::of(&Topology::default()).to_string();
        assert_eq!(empty, "0 namespaces  0 parents  0 sub-interfaces");
    }
}
