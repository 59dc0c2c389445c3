//! A macvlan passes nothing to the outside while the card below it has no carrier.

use super::{Check, Ground, Lint, Severity};
use crate::model::Link;

pub(super) const LINT: Lint = Lint {
    code: "parent-no-carrier",
    severity: Severity::Error,
    glance: "parent: no carrier",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    link.macvlan()?;
    let topology = ground.topology;
    let dead = |below: &&Link| below.flags.is_up() && !below.flags.is_lower_up();
    let cause = ground.below(link).into_iter().rfind(dead)?;
    Some(format!(
        "{} reaches nothing outside because {} is up but has no carrier. Check its cable, the \
         switch port, or the other end of a virtual one.",
        topology.describe(link.key),
        topology.describe(cause.key),
    ))
}
