//! A line of the journal of changes: what was done and what came of it. When, is added by whoever
//! writes it down.

/// One change, made or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The plan's title.
    pub title: String,
    /// The commands of its steps.
    pub commands: Vec<String>,
    /// How it ended: `done`, `failed`, `world-changed`, `kept` or `reverted`.
    pub result: &'static str,
    /// Why it did not end well, or why it was reverted.
    pub why: Option<String>,
}
