//! What became of a plan.

use super::Plan;

/// What became of a plan, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// What became of each step, in the plan's order.
    pub fates: Vec<Fate>,
    /// What reverses all that was done and stands, for the confirmation of an undo; `None` where
    /// nothing stands or nothing can reverse it.
    pub undo: Option<Box<Plan>>,
}

/// How a plan ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every step is done.
    Done,
    /// Nothing was tried, because facts no longer hold; a sentence for each.
    WorldChanged(Vec<String>),
    /// A step failed: what was attempted, where, why, and what next.
    Failed(String),
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Done, and it stands.
    Done,
    /// The kernel refused it; the verdict says why.
    Failed,
    /// Done, and undone again because a later step failed.
    Undone,
    /// Done, a later step failed, and undoing it was impossible or failed: why.
    Left(String),
    /// Its turn never came.
    NotTried,
}
