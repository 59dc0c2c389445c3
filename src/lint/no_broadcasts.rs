//! A parent whose broadcast queue has no room drops every broadcast from outside.

use super::{Check, Ground, Lint, Severity};
use crate::model::{Link, Mode};

pub(super) const LINT: Lint = Lint {
    code: "no-broadcasts",
    severity: Severity::Warning,
    glance: "no broadcasts in",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let macvlan = link.macvlan()?;
    // A passthru sub-interface takes all frames over and has no queue.
    if macvlan.bc_queue_len_used != Some(0) || macvlan.mode == Mode::Passthru {
        return None;
    }
    Some(format!(
        "{} gets no broadcast from outside, ARP requests included, because every sub-interface \
         of its parent asks for a broadcast queue of 0. Give one of them a bcqueuelen such as 1000.",
        ground.topology.describe(link.key),
    ))
}
