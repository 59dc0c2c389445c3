//! A macvlan's MAC looks like a manufacturer's. The kernel makes only locally administered ones,
//! so somebody set it by hand.

use super::{Check, Ground, Lint, Severity};
use crate::model::{Link, Mode};

pub(super) const LINT: Lint = Lint {
    code: "global-mac",
    severity: Severity::Warning,
    glance: "MAC not local",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let mac = link.mac.filter(|mac| mac.is_ethernet() && !mac.is_locally_administered())?;
    if link.macvlan()?.mode == Mode::Passthru {
        return None;
    }
    Some(format!(
        "{} has the MAC {mac}, set by hand, without the bit for local administration, so a card \
         somewhere may have the same. Choose one whose first byte has its second lowest bit set, \
         such as 02.",
        ground.topology.describe(link.key),
    ))
}
