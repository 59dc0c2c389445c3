//! A macvlan passes nothing while a link below it is administratively down.

use super::{Check, Ground, Lint, Severity};
use crate::model::Link;

pub(super) const LINT: Lint = Lint {
    code: "parent-down",
    severity: Severity::Error,
    glance: "lower layer down",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    link.macvlan()?;
    let topology = ground.topology;
    let cause = ground.below(link).into_iter().rfind(|below| !below.flags.is_up())?;
    let (name, cause_name) = (topology.describe(link.key), topology.describe(cause.key));
    Some(format!(
        "{name} has its lower layer down because {cause_name} is down. Set {} up in {} to bring \
         back everything on it.",
        cause.name,
        topology.label(cause.key.netns),
    ))
}
