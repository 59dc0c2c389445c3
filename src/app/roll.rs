//! Networks and their members as engines told of them at one moment, to say what a later word of an
//! engine made different. Links and namespaces tell of themselves.

use std::collections::BTreeMap;

use super::glyphs::Glyphs;
use super::screens::network::{engine, name_of};
use super::sheet::Tone;
use crate::model::belief::ContainerState;
use crate::model::{Item, MemberKey, NetworkKey, Text, Topology};

/// Something that an engine told, as a line of the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What it is about.
    pub(super) item: Item,
    /// Appeared, gone or changed.
    pub(super) tone: Tone,
    /// What happened.
    pub(super) text: String,
}

/// All networks and members with what they are called.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// With where each was read.
    networks: BTreeMap<NetworkKey, (String, Text)>,
    members: BTreeMap<MemberKey, (String, ContainerState)>,
}

impl Roll {
    pub(super) fn of(topology: &Topology) -> Self {
        let mut roll = Self::default();
        for view in topology.networks() {
            let name = &view.network.name;
            let called = format!("network {name} of {}", engine(view.belief));
            roll.networks.insert(view.key, (called, view.belief.origin.clone()));
            for member in view.members() {
                if let (Some(key), Some(container)) = (member.key, member.container) {
                    let called = format!("{} in network {name}", name_of(&member));
                    roll.members.insert(key, (called, container.state));
                }
            }
        }
        roll
    }

    /// What is different now. Members that come and go with their network are not told of one by
    /// one, nor is a network that another source tells of now.
    pub(super) fn differences(&self, now: &Self, glyphs: &Glyphs) -> Vec<Told> {
        let mut list = Vec::new();
        let mut tell = |item, tone, text| list.push(Told { item, tone, text });
        for (key, name) in self.networks_beyond(now) {
            tell(Item::Network(*key), Tone::Removed, format!("- {name}"));
        }
        for (key, name) in now.networks_beyond(self) {
            tell(Item::Network(*key), Tone::Added, format!("+ {name}"));
        }
        let stays =
            |key: &NetworkKey| self.networks.contains_key(key) && now.networks.contains_key(key);
        for (key, (name, _)) in self.members.iter().filter(|(key, _)| stays(&key.network)) {
            if !now.members.contains_key(key) {
                tell(Item::Member(*key), Tone::Removed, format!("- {name}"));
            }
        }
        for (key, (name, state)) in now.members.iter().filter(|(key, _)| stays(&key.network)) {
            match self.members.get(key) {
                None => tell(Item::Member(*key), Tone::Added, format!("+ {name}")),
                Some((_, before)) if before != state => {
                    let (from, arrow, to) = (before.name(), glyphs.arrow, state.name());
                    let text = format!("~ {name} {from} {arrow} {to}");
                    tell(Item::Member(*key), Tone::Changed, text);
                }
                Some(_) => {}
            }
        }
        list
    }

    /// The networks that another roll does not have, not even from elsewhere.
    fn networks_beyond(&self, other: &Self) -> impl Iterator<Item = (&NetworkKey, &String)> {
        self.networks.iter().filter_map(|(key, (name, origin))| {
            let elsewhere = |(key, (called, read)): (&NetworkKey, &(String, Text))| {
                !self.networks.contains_key(key) && called == name && read != origin
            };
            let known = other.networks.contains_key(key) || other.networks.iter().any(elsewhere);
            (!known).then_some((key, name))
        })
    }
}
