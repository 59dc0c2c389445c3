//! What all sources say, with a number for every network and for every container's place in one.
//!
//! The work that only a new belief needs is done here, once, so that joining it with the kernel's
//! links after each of their changes stays cheap.

use std::collections::{BTreeMap, HashMap};

use super::super::belief::{Belief, Container, SourceId};
use super::super::order::natural;
use super::super::{Owner, Text};
use super::{MemberKey, NetworkKey};

/// Beliefs by source.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Told {
    sources: BTreeMap<SourceId, (Belief, Numbers)>,
    /// Who tells of a container, and which of that source's containers it is: by the user whose engine
    /// tells, and by the container's id.
    containers: HashMap<Option<Text>, HashMap<Text, (SourceId, usize)>>,
    last: u64,
}

/// The numbers of what one source tells of.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    /// Networks by the engine's id, with their place in its list.
    pub(super) networks: HashMap<Text, (NetworkKey, usize)>,
    /// A container may be in one network several times.
    members: HashMap<(NetworkKey, Text), Vec<MemberKey>>,
    /// All places in networks, by the container's name.
    pub(super) places: Vec<Place>,
}

/// A container's place in a network, as numbers of a source's lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) key: MemberKey,
    pub(super) network: usize,
    pub(super) container: usize,
    pub(super) attachment: usize,
}

impl Told {
    /// Takes what a source says now; tells whether that is anything new.
    pub(in crate::model) fn take(&mut self, source: SourceId, belief: Option<Belief>) -> bool {
        if self.sources.get(&source).map(|(belief, _)| belief) == belief.as_ref() {
            return false;
        }
        let old = self.sources.remove(&source).map(|(_, numbers)| numbers).unwrap_or_default();
        if let Some(belief) = belief {
            let numbers = self.number(&belief, &old);
            self.sources.insert(source, (belief, numbers));
        }
        self.containers.clear();
        for (&source, (belief, _)) in &self.sources {
            let containers = self.containers.entry(belief.user.clone()).or_default();
            for (at, container) in belief.containers.iter().enumerate() {
                let known = containers.entry(container.id.clone()).or_insert((source, at));
                // Configuration files know containers without their names.
                let (teller, place) = *known;
                let named = |(belief, _): &(Belief, _)| !belief.containers[place].name.is_empty();
                if !container.name.is_empty() && !self.sources.get(&teller).is_some_and(named) {
                    *known = (source, at);
                }
            }
        }
        true
    }

    /// Keeps the numbers of what is still told of, and gives new ones to what is new.
    fn number(&mut self, belief: &Belief, old: &Numbers) -> Numbers {
        let mut new = Numbers::default();
        for (at, network) in belief.networks.iter().enumerate() {
            if !new.networks.contains_key(&network.id) {
                let known = old.networks.get(&network.id).map(|(key, _)| *key);
                let key = known.unwrap_or_else(|| NetworkKey(self.next()));
                new.networks.insert(network.id.clone(), (key, at));
            }
        }
        let mut by_name: Vec<_> = belief.containers.iter().enumerate().collect();
        by_name.sort_by(|(_, a), (_, b)| {
            natural(a.name.as_bytes(), b.name.as_bytes()).then_with(|| a.id.cmp(&b.id))
        });
        for (container, told) in by_name {
            for (attachment, place) in told.attachments.iter().enumerate() {
                let Some(&(network, at)) = new.networks.get(&place.network) else { continue };
                let id = (network, told.id.clone());
                let known = old.members.get(&id);
                let mine = new.members.entry(id).or_default();
                let key = known.and_then(|known| known.get(mine.len())).copied();
                let key = key.unwrap_or_else(|| {
                    self.last += 1;
                    MemberKey { network, place: self.last }
                });
                mine.push(key);
                new.places.push(Place { key, network: at, container, attachment });
            }
        }
        new
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// What a source says that says anything.
    ///
    /// # Panics
    ///
    /// When the source is not one of [`Told::sources`].
    pub(super) fn belief(&self, source: SourceId) -> &Belief {
        &self.sources[&source].0
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = (SourceId, &Belief, &Numbers)> {
        self.sources.iter().map(|(source, (belief, numbers))| (*source, belief, numbers))
    }

    /// What every source says.
    pub(in crate::model) fn beliefs(&self) -> impl ExactSizeIterator<Item = &Belief> {
        self.sources.values().map(|(belief, _)| belief)
    }

    /// What is said of a container, by the first source that knows its name; an engine of the host
    /// comes before that of the container's user.
    pub(in crate::model) fn container(&self, owner: &Owner) -> Option<&Container> {
        let id = owner.id.as_ref()?;
        let of = |user| self.containers.get(user)?.get(id);
        let (source, at) = of(&None).or_else(|| of(&owner.user))?;
        Some(&self.belief(*source).containers[*at])
    }
}
