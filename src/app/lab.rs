//! The lab that is looked at in place of a host, as the screen tells of it. Building it is the
//! runtime's.

use crate::model::{Change, Problem, ProblemSource, Topology};
use crate::teach::Lesson;

/// A lab.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lab {
    /// What it is called.
    pub name: String,
    /// What there is to see, in its file's words.
    pub about: String,
    /// What had to be left out of it.
    pub left_out: Vec<Problem>,
    /// The lesson to begin with.
    pub lesson: Option<&'static Lesson>,
    /// How many times faster than read aloud it performs itself, if it does.
    pub speed: Option<f64>,
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
