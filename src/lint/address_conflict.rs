//! IPv6 found another machine with the same address (`IFA_F_DADFAILED`), so it is not used.

use super::{Check, Ground, Lint, Severity};
use crate::model::{Address, Link};

pub(super) const LINT: Lint = Lint {
    code: "address-conflict",
    severity: Severity::Error,
    glance: "IPv6 address taken",
    check: Check::Link(check),
};

fn check(ground: &Ground<'_>, link: &Link) -> Option<String> {
    let failed = link.addresses.iter().find(|address| address.flags & Address::DADFAILED != 0)?;
    Some(format!(
        "{} does not use {} because duplicate address detection found it elsewhere (dadfailed). \
         Look for a copied MAC or a static address, then remove the address and add it again.",
        ground.topology.describe(link.key),
        failed.cidr(),
    ))
}
