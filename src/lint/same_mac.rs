//! Two links on one parent have the same MAC, so frames for one may arrive at the other.

use super::{Check, Ground, Lint, Severity};
use crate::model::{Link, Mode};

pub(super) const LINT: Lint = Lint {
    code: "same-mac",
    severity: Severity::Error,
    glance: "MAC not unique",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let mac = link.mac?;
    if link.macvlan()?.mode == Mode::Passthru {
        return None;
    }
    let others = ground.sharing_mac(link, mac)?;
    Some(format!(
        "{} has the MAC {mac}, and so has {others} on the same parent. Frames for one arrive at the \
         other; give one of them another MAC.",
        ground.topology.describe(link.key),
    ))
}
