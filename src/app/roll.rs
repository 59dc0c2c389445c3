//! Networks and their members as engines told of them at one moment, to say what a later word of an
//! engine made different. Links and namespaces tell of themselves.

use std::collections::BTreeMap;

use super::glyphs::Glyphs;
use super::screens::network::{engine, name_of};
use super::sheet::Tone;
use crate::model::belief::ContainerState;
use crate::model::{Item, MemberKey, NetworkKey, Topology};

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
    networks: BTreeMap<NetworkKey, String>,
    members: BTreeMap<MemberKey, (String, ContainerState)>,
}

impl Roll {
    pub(super) fn of(topology: &Topology) -> Self {
        let mut roll = Self::default();
        for view in topology.networks() {
            let name = &view.network.name;
            roll.networks.insert(view.key, format!("network {name} of {}", engine(view.belief)));
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
    /// one.
    pub(super) fn differences(&self, now: &Self, glyphs: &Glyphs) -> Vec<Told> {
        let mut list = Vec::new();
        let mut tell = |item, tone, text| list.push(Told { item, tone, text });
        for (key, name) in &self.networks {
            if !now.networks.contains_key(key) {
                tell(Item::Network(*key), Tone::Removed, format!("- {name}"));
            }
        }
        for (key, name) in &now.networks {
            if !self.networks.contains_key(key) {
                tell(Item::Network(*key), Tone::Added, format!("+ {name}"));
            }
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
}
