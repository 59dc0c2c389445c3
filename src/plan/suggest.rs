//! Values to offer for a new link.

use super::rules::MAX_NAME;
use crate::model::{LinkKey, MacAddr, NetnsId, Text, Topology};

/// A name for a new link of this kind (`macvlan`, `macvtap`, `vlan`): the kind with a number that
/// no link of the namespace and none on the parent has, as the kernel would choose; for a VLAN the
/// parent's name with the lowest id that is free, from 2 up. `netns` is `None` for a namespace that
/// does not exist yet.
pub fn link_name(topology: &Topology, netns: Option<NetnsId>, kind: &str, parent: LinkKey) -> Text {
    let (stem, first): (Vec<u8>, u32) = match (kind, topology.link(parent)) {
        ("vlan", Some(parent)) => {
            let used = |id: u16| {
                let mut children = topology.children_of(parent.key);
                children.any(|child| child.vlan().is_some_and(|vlan| vlan.id == id))
            };
            let id = (2..=4094).find(|id| !used(*id)).unwrap_or(2);
            ([parent.name.as_bytes(), b"."].concat(), id.into())
        }
        _ => (kind.into(), 0),
    };
    let taken = |name: &[u8]| {
        let inside = netns.and_then(|id| topology.namespace(id)?.link_named(name));
        inside.is_some() || topology.children_of(parent).any(|child| child.name.as_bytes() == name)
    };
    let mut names = (first..).map(|number| {
        let number = number.to_string();
        let room = MAX_NAME.saturating_sub(number.len());
        [&stem[..stem.len().min(room)], number.as_bytes()].concat()
    });
    // Numbers go further than links.
    names.find(|name| !taken(name)).unwrap_or_default().into()
}

/// A MAC of random bytes: locally administered and unicast (IEEE 802 §8.2).
pub fn mac(random: [u8; 6]) -> MacAddr {
    let [first, rest @ ..] = random;
    let mut bytes = [(first | 2) & !1; 6];
    bytes[1..].copy_from_slice(&rest);
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::{C2, HOST, host, key, link};
    use crate::model::{Change, Link, LinkKind};

    #[test]
    fn a_name_is_free_in_the_namespace_and_on_the_parent() {
        let mut host = host();
        let ens8 = key(HOST, 3);
        assert_eq!(link_name(&host, Some(C2), "macvtap", ens8), "macvtap0".into());
        let named =
            Link { alt_names: vec!["macvlan0".into()], ..host.link(key(C2, 2)).unwrap().clone() };
        host.apply(Change::Link(Box::new(named)));
        // macvlan1 is a sibling in another namespace.
        assert_eq!(link_name(&host, Some(C2), "macvlan", ens8), "macvlan2".into());
        assert_eq!(link_name(&host, None, "macvlan", ens8), "macvlan0".into());
    }

    #[test]
    fn a_vlan_is_named_by_its_parent_and_id_within_the_length_of_names() {
        let mut host = host();
        assert_eq!(link_name(&host, Some(HOST), "vlan", key(HOST, 3)), "ens8.2".into());
        host.apply(Change::Link(Box::new(link(HOST, 9, "a-name-as-long-", LinkKind::Device))));
        assert_eq!(link_name(&host, Some(HOST), "vlan", key(HOST, 9)), "a-name-as-long2".into());
    }

    #[test]
    fn a_mac_is_local_and_unicast_whatever_the_dice_say() {
        for first in 0..=255 {
            let mac = mac([first, 1, 2, 3, 4, 5]);
            assert!(mac.is_usable() && mac.is_locally_administered(), "{mac}");
        }
    }
}
