//! Everybody on one parent with everybody.

use super::owners::Owners;
use super::port::Ports;
use super::{Endpoint, Switch, Verdict};
use crate::model::order::natural;
use crate::model::{LinkKey, Topology};

/// The verdicts between all endpoints of a parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The sub-interfaces by namespace and name, as people count, then the parent's own stack and the outside.
    pub ends: Vec<Endpoint>,
    assumed: Switch,
    ports: Ports,
    owners: Owners,
}

impl Matrix {
    /// The endpoints of a parent.
    pub fn of(topology: &Topology, parent: LinkKey, assumed: Switch) -> Self {
        let mut children: Vec<_> = topology
            .children_of(parent)
            .filter(|child| child.macvlan().is_some())
            .map(|child| (topology.label(child.key.netns), &child.name, child.key))
            .collect();
        children.sort_by(|(a, name_a, key_a), (b, name_b, key_b)| {
            let labels = natural(a.as_bytes(), b.as_bytes());
            let names = || natural(name_a.as_bytes(), name_b.as_bytes());
            labels.then_with(names).then_with(|| key_a.cmp(key_b))
        });
        let children = children.into_iter().map(|(.., key)| Endpoint::Link(key));
        let rest = [Endpoint::Link(parent), Endpoint::Outside(parent)];
        let ports = Ports::of(topology, &[Endpoint::Link(parent)]);
        let owners = Owners::of(topology);
        Self { ends: children.chain(rest).collect(), assumed, ports, owners }
    }

    /// The verdict of one cell; `None` on the diagonal.
    pub fn verdict(&self, topology: &Topology, from: usize, to: usize) -> Option<Verdict> {
        let (from, to) = (*self.ends.get(from)?, *self.ends.get(to)?);
        (from != to).then(|| {
            let gathered = (&self.ports, &self.owners);
            Verdict::on(topology, gathered, [from, to], None, |wire| wire.switch(self.assumed))
        })
    }
}
