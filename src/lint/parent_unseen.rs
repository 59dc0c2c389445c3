//! The parent is in a namespace that no path leads to.

use super::{Check, Ground, Lint, Severity};
use crate::model::Link;

pub(super) const LINT: Lint = Lint {
    code: "parent-unseen",
    severity: Severity::Note,
    glance: "parent unseen",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    link.macvlan()?;
    let parent = link.parent.as_ref()?;
    if ground.topology.parent_of(link).is_some() {
        return None;
    }
    let place = match parent.netns {
        Some(netns) => format!("the namespace {}", ground.topology.label(netns)),
        None => "a namespace that no path leads to from here".into(),
    };
    Some(format!(
        "{} has as parent interface {} of {place}, which is out of sight. Whether the parent is up \
         can't be told; look from the host, or with more privileges.",
        ground.topology.describe(link.key),
        parent.ifindex,
    ))
}
