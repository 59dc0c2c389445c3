//! The lab that is looked at in place of a host, as the screen tells of it. Building it is the
//! runtime's.

use crate::model::{Change, Problem, ProblemSource, Topology};

/// A lab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lab {
    /// What it is called.
    pub name: String,
    /// What had to be left out of it.
    pub left_out: Vec<Problem>,
}

impl Lab {
    /// What is known of it before anything is read.
    pub(super) fn topology(&self) -> Topology {
        let mut topology = Topology::default();
        let list = self.left_out.clone();
        topology.apply(Change::Problems { source: ProblemSource::Lab, list });
        topology
    }
}
