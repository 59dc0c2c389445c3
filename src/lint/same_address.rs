//! Two links on one parent have the same IP address.

use super::{Check, Ground, Lint, Severity};
use crate::model::Link;

pub(super) const LINT: Lint = Lint {
    code: "same-address",
    severity: Severity::Warning,
    glance: "IP not unique",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let (ip, others) = link
        .addresses
        .iter()
        .find_map(|address| Some((address.ip, ground.sharing_ip(link, address.ip)?)))?;
    Some(format!(
        "{} has the address {ip}, and so has {others} on the same parent. Neighbours reach whichever \
         answers first; give one of them another address.",
        ground.topology.describe(link.key),
    ))
}
