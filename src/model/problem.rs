//! What could not be seen. It is data: shown, exported and never swallowed.

use super::LinkKey;
use super::belief::SourceId;

/// Something that this view lacks or that looks wrong in what was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// What could not be seen, in which namespace or process.
    pub what: String,
    /// Why, and what would help.
    pub why: String,
    /// Whether something may be missing from the view because of it.
    pub incomplete: bool,
}

/// Who reported a problem. A new report of the same source replaces its older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemSource {
    /// The program's privileges or the kernel's abilities.
    Ability,
    /// Looking through /proc and the mounts.
    Discovery,
    /// Namespaces that can't be looked into.
    Closed,
    /// An engine, or files that describe networks.
    Belief(SourceId),
    /// What had to be left out of a lab.
    Lab,
    /// One link's record.
    Link(LinkKey),
}
