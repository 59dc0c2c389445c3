//! Values to offer for a new link.

use super::NewLink;
use super::rules::MAX_NAME;
use super::simulate::{PLACEHOLDER_IFINDEX, find_netns};
use crate::model::{LinkKey, MacAddr, Namespace, NetnsId, Text, Topology};

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

/// The index to ask for when a link is made; that of the request unless it would be in the way.
///
/// Before Linux 6.15 the kernel looks in the *parent's* namespace for the index, or where none is
/// asked for, for the name, and says EEXIST to a link for another namespace because of what it finds
/// there. Such a link gets an index that is free in both.
pub fn ifindex(topology: &Topology, new: &NewLink) -> Option<u32> {
    let parent = new.parent.netns;
    let netns = find_netns(topology, &new.netns);
    let home = topology.namespace(parent).filter(|_| netns != Some(parent));
    let in_the_way = home.is_some_and(|home| match new.ifindex {
        Some(ifindex) => topology.link(LinkKey { netns: parent, ifindex }).is_some(),
        None => home.link_named(new.name.as_bytes()).is_some(),
    });
    if !in_the_way {
        return new.ifindex;
    }
    let there = netns.and_then(|id| topology.namespace(id));
    let links = home.into_iter().chain(there).flat_map(Namespace::links);
    let known = links.map(|link| link.key.ifindex).filter(|index| *index < PLACEHOLDER_IFINDEX);
    known.max().map(|highest| highest + 1)
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
    use crate::model::{Change, Link, LinkKind, Mode};
    use crate::plan::{NewKind, NewMacvlan, Place};

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
    fn an_index_is_asked_for_only_where_one_of_the_parents_namespace_is_in_the_way() {
        let host = host();
        let index = |netns, name: &str, wanted| {
            let kind = NewKind::Macvlan(NewMacvlan::new(Mode::Bridge));
            let place = Place::Known(netns);
            let new =
                NewLink { ifindex: wanted, ..NewLink::new(kind, key(HOST, 3), name.into(), place) };
            ifindex(&host, &new)
        };
        assert_eq!(index(C2, "mv5", None), None);
        assert_eq!(index(C2, "mv5", Some(77)), Some(77));
        // ens9 is interface 4 of the host, and 7 its last one.
        assert_eq!(index(C2, "ens9", None), Some(8));
        assert_eq!(index(C2, "mv5", Some(4)), Some(8));
        // With an index the kernel does not look for the name.
        assert_eq!(index(C2, "ens9", Some(77)), Some(77));
        assert_eq!(index(HOST, "mv5", Some(4)), Some(4));
    }

    #[test]
    fn a_mac_is_local_and_unicast_whatever_the_dice_say() {
        for first in 0..=255 {
            let mac = mac([first, 1, 2, 3, 4, 5]);
            assert!(mac.is_usable() && mac.is_locally_administered(), "{mac}");
        }
    }
}
