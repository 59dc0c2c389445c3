//! What belongs to a thing: where a tree lacks the thing, the first of these that the tree has is
//! selected in its place.

use crate::model::link::MAX_DEPTH;
use crate::model::{Item, LinkKey, MemberView, Namespace, NetnsId, NetworkKey, Topology};

/// The nearest first.
pub(super) fn kin(topology: &Topology, item: Item) -> Vec<Item> {
    match item {
        Item::Netns(id) => links_in(topology, id),
        Item::UnseenParent { seen_from, ifindex, .. } => {
            let names_it = |item: &Item| match item {
                Item::Link(key) => topology.link(*key).is_some_and(|link| {
                    link.parent.as_ref().is_some_and(|parent| parent.ifindex == ifindex)
                        && topology.parent_of(link).is_none()
                }),
                _ => false,
            };
            let mut kin = vec![Item::Netns(seen_from)];
            let (below, others): (Vec<_>, Vec<_>) =
                links_in(topology, seen_from).into_iter().partition(names_it);
            kin.extend(below.into_iter().chain(others));
            kin
        }
        Item::Link(key) => {
            let networks = topology.networks_on(key);
            let mut kin: Vec<_> = networks.map(|view| Item::Network(view.key)).collect();
            add_children(topology, key, 0, &mut kin);
            kin.extend(links_in(topology, key.netns));
            kin
        }
        Item::Network(key) => of_network(topology, key),
        Item::Member(key) => {
            let parent = topology.network(key.network).and_then(|view| view.parent);
            let mut kin: Vec<_> = parent.map(Item::Link).into_iter().collect();
            kin.push(Item::Network(key.network));
            kin.extend(of_network(topology, key.network));
            kin
        }
        Item::Unattached => topology
            .links()
            .filter(|link| link.macvlan().is_some() && topology.membership(link.key).is_none())
            .map(|link| Item::Link(link.key))
            .collect(),
    }
}

fn links_in(topology: &Topology, id: NetnsId) -> Vec<Item> {
    let links = topology.namespace(id).into_iter().flat_map(Namespace::links);
    links.map(|link| Item::Link(link.key)).collect()
}

fn add_children(topology: &Topology, key: LinkKey, depth: usize, kin: &mut Vec<Item>) {
    if depth == MAX_DEPTH {
        return;
    }
    for child in topology.children_of(key) {
        kin.push(Item::Link(child.key));
        add_children(topology, child.key, depth + 1, kin);
    }
}

/// Its members' links, its parent, and what is in its parent's namespace.
fn of_network(topology: &Topology, key: NetworkKey) -> Vec<Item> {
    let Some(view) = topology.network(key) else { return Vec::new() };
    let own = |member: MemberView<'_>| member.link.map(Item::Link);
    let mut kin: Vec<_> = view.members().filter_map(own).collect();
    kin.extend(view.parent.map(Item::Link));
    kin.extend(view.home.map(Item::Netns));
    kin.extend(view.home.into_iter().flat_map(|home| links_in(topology, home)));
    kin
}
