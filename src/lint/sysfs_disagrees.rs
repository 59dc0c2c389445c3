//! The two witnesses of a parent in the same namespace, netlink and sysfs, name different ones.

use super::{Check, Ground, Lint, Severity};
use crate::model::Link;

pub(super) const LINT: Lint = Lint {
    code: "sysfs-disagrees",
    severity: Severity::Warning,
    glance: "parent in doubt",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let parent = link.parent.as_ref()?;
    let lower = parent.sysfs_lower.as_ref()?;
    let named = ground.topology.parent_of(link)?;
    if parent.netns != Some(link.key.netns) || lower.contains(&named.name) {
        return None;
    }
    let seen = match &lower[..] {
        [] => "none".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    Some(format!(
        "{} has {} as parent according to netlink, but {seen} according to sysfs. One of the two \
         was read while it changed; rescan, and distrust the picture if it stays.",
        ground.topology.describe(link.key),
        named.name,
    ))
}
