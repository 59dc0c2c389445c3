//! A macvlan, or a link that carries one, is administratively down.

use super::{Check, Ground, Lint, Severity};
use crate::model::Link;

pub(super) const LINT: Lint = Lint {
    code: "link-down",
    severity: Severity::Warning,
    glance: "down",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let topology = ground.topology;
    let concerns_macvlans =
        link.macvlan().is_some() || topology.children_of(link.key).any(|l| l.macvlan().is_some());
    if link.flags.is_up() || !concerns_macvlans {
        return None;
    }
    Some(format!(
        "{} is administratively down and passes nothing. Nobody has set it up, or somebody set it \
         down; set it up to use it.",
        topology.describe(link.key),
    ))
}
