//! A macvlan in source mode without a list receives nothing.

use super::{Check, Ground, Lint, Severity};
use crate::model::{Link, Mode};

pub(super) const LINT: Lint = Lint {
    code: "empty-source-list",
    severity: Severity::Warning,
    glance: "source list empty",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let macvlan = link.macvlan()?;
    if macvlan.mode != Mode::Source || !macvlan.sources.is_empty() {
        return None;
    }
    Some(format!(
        "{} is in source mode and its list of source MACs is empty, so it receives nothing. Add \
         the senders it should hear with: ip link set dev NAME type macvlan macaddr add MAC.",
        ground.topology.describe(link.key),
    ))
}
