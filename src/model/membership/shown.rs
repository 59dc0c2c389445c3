//! Which of the networks that sources tell of are shown, and where their parents are.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::super::belief::{Belief, Engine, Home, Network};
use super::super::order::natural;
use super::super::{Netns, NetnsId, Text, Topology};
use super::{Joined, Told};

/// Every network once and still without members: by name, then engine, then user.
pub(super) fn networks(topology: &Topology, told: &Told) -> Vec<Joined> {
    let mut all: Vec<(Joined, &Belief, &Network)> = Vec::new();
    for (source, belief, numbers) in told.sources() {
        let home = home(topology, &belief.home);
        for &(key, network) in numbers.networks.values() {
            let said = &belief.networks[network];
            let parent = home.zip(said.parent.as_ref()).and_then(|(home, name)| {
                Some(topology.namespace(home)?.link_named(name.as_bytes())?.key)
            });
            let members = Vec::new();
            all.push((Joined { key, source, network, home, parent, members }, belief, said));
        }
    }
    // Those first that are shown of several that are the same. An engine is one even while it has
    // no container: a network that changed its teller would be another.
    all.sort_by_key(|(joined, belief, _)| {
        (belief.is_of_files(), belief.containers.is_empty(), joined.source, joined.network)
    });
    let mut known: HashSet<Sameness<'_>> = HashSet::new();
    all.retain(|(_, belief, network)| {
        let marks = sameness(belief, network);
        let again = marks.iter().any(|mark| known.contains(mark));
        known.extend(marks);
        !again
    });
    all.sort_by(order);
    all.into_iter().map(|(joined, ..)| joined).collect()
}

fn order(
    (a, belief_a, a_said): &(Joined, &Belief, &Network),
    (b, belief_b, b_said): &(Joined, &Belief, &Network),
) -> Ordering {
    natural(a_said.name.as_bytes(), b_said.name.as_bytes())
        .then_with(|| belief_a.engine.cmp(&belief_b.engine))
        .then_with(|| belief_a.user.cmp(&belief_b.user))
        .then_with(|| a.key.cmp(&b.key))
}

/// Engine, user and either id or name.
type Sameness<'a> = (Engine, Option<&'a Text>, Option<&'a Text>, Option<&'a Text>);

/// What two networks have in common that are one, told by two sources. Two daemons of Docker may
/// both have a network of some name; Podman's socket and its files speak of the same one.
fn sameness<'a>(belief: &'a Belief, network: &'a Network) -> Vec<Sameness<'a>> {
    let (engine, user) = (belief.engine, belief.user.as_ref());
    let mut marks = Vec::new();
    if network.id != network.name {
        marks.push((engine, None, Some(&network.id), None));
    }
    if engine != Engine::Docker {
        marks.push((engine, user, None, Some(&network.name)));
    }
    marks
}

fn home(topology: &Topology, home: &Home) -> Option<NetnsId> {
    let find = |is_home: &dyn Fn(&Netns) -> bool| {
        topology.namespaces().map(|namespace| &namespace.netns).find(|netns| is_home(netns))
    };
    let found = match home {
        Home::Host => topology.host_namespace().map(|namespace| &namespace.netns),
        Home::Inode(inode) => find(&|netns| netns.inode == Some(*inode)),
        Home::Mounted(path) => find(&|netns| netns.names().contains(&path)),
    };
    found.map(|netns| netns.id)
}
