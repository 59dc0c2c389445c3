//! Two links on one parent have the same IP address.

use super::{Check, Ground, Lint, Severity};
use crate::model::{Address, Link};

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
        .filter(|address| !is_of_same_stack(ground, link, address))
        .find_map(|address| Some((address.ip, ground.sharing_ip(link, address.ip)?)))?;
    Some(format!(
        "{} has the address {ip}, and so has {others} on the same parent. Neighbours reach whichever \
         answers first; give one of them another address.",
        ground.topology.describe(link.key),
    ))
}

/// Whether the address is the parent's own, and here is given towards one neighbour alone: whichever
/// answers that one, it is the same stack. So a host reaches its own sub-interfaces.
fn is_of_same_stack(ground: &Ground<'_>, link: &Link, address: &Address) -> bool {
    let parent = ground.topology.parent_of(link).filter(|it| it.key.netns == link.key.netns);
    let has_it = parent.is_some_and(|it| it.addresses.iter().any(|own| own.ip == address.ip));
    address.peer.is_some() && has_it
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::fixture::host;
    use crate::model::fixture::{C2, HOST, child, key};
    use crate::model::{Change, Mode};

    #[test]
    fn an_address_of_the_parent_towards_one_neighbour_is_the_same_stack() {
        let mut host = host();
        let parent = host.link(key(HOST, 3)).unwrap().clone();
        let own = parent.addresses[0].ip;
        let peer = Address { peer: "10.0.0.77".parse().ok(), ..Address::new(own, 32) };
        let mut told = |netns, addresses: Vec<Address>| {
            let link = Link { addresses, ..child(netns, 90, "macvlan0", Mode::Bridge, parent.key) };
            host.apply(Change::Link(Box::new(link.clone())));
            check(&Ground::around(&host, &link), &link)
        };
        assert_eq!(told(HOST, vec![peer.clone()]), None);
        assert!(told(HOST, vec![Address::new(own, 24)]).is_some());
        assert!(told(C2, vec![peer]).is_some());
    }
}
