//! What else happens when an op is done.

use super::{Impact, Op};
use crate::model::Topology;

/// What an op brings along, judged on the topology before it.
pub(super) fn of(_topology: &Topology, _op: &Op) -> Vec<Impact> {
    Vec::new()
}
