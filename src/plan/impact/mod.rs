//! What else happens when a plan is carried out: who else goes, changes, or is cut off.
//!
//! Sentences name the links and namespaces; of many, the first few and how many more. Nothing here
//! forbids anything.

mod gone;
mod set;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::rules::some_of;
use super::simulate::{find, find_netns};
use super::{Impact, NewLink, Op, Setting, Weight};
use crate::model::{Link, LinkKey, MacAddr, Mode, Topology};

/// Of so many, all are named.
const FEW: usize = 8;

/// What a plan brings along, as its ops are added.
#[derive(Default)]
pub(super) struct Impacts {
    list: Vec<Impact>,
    /// Parents with a sub-interface that changes its mode, and which were in bridge mode before.
    bridged: BTreeMap<LinkKey, BTreeSet<LinkKey>>,
}

impl Impacts {
    /// Adds what an op brings along; `now` is the topology when its turn comes.
    pub(super) fn add(&mut self, now: &Topology, op: &Op) {
        match op {
            Op::CreateNetns { .. } => {}
            Op::DeleteNetns { name } => gone::netns(self, now, name),
            Op::Create(new) => self.created(now, new),
            Op::Delete(target) => {
                if let Some(link) = find(now, target).and_then(|key| now.link(key)) {
                    gone::link(self, now, link);
                }
            }
            Op::Set(target, setting) => {
                let Some(link) = find(now, target).and_then(|key| now.link(key)) else { return };
                if let (Setting::Mode(_), Some(parent)) = (setting, now.parent_of(link)) {
                    self.bridged.entry(parent.key).or_insert_with(|| bridged(now, parent.key));
                }
                set::setting(self, now, link, setting);
            }
        }
    }

    /// Something is lost or stops working.
    pub(super) fn loss(&mut self, text: String) {
        self.push(Weight::Loss, text);
    }

    /// Worth knowing.
    pub(super) fn note(&mut self, text: String) {
        self.push(Weight::Note, text);
    }

    fn push(&mut self, weight: Weight, text: String) {
        let impact = Impact { weight, text };
        if !self.list.contains(&impact) {
            self.list.push(impact);
        }
    }

    /// All of it, the worst first; `after` is the topology when all is done.
    pub(super) fn into_list(mut self, after: &Topology) -> Vec<Impact> {
        for (parent, before) in std::mem::take(&mut self.bridged) {
            self.reached(after, parent, &before);
        }
        self.list.sort_by_key(|impact| impact.weight);
        self.list
    }

    /// Sub-interfaces reach each other directly when both are in bridge mode, and only then.
    fn reached(&mut self, after: &Topology, parent: LinkKey, before: &BTreeSet<LinkKey>) {
        let now = bridged(after, parent);
        let through = after.describe(parent);
        let sentence = |few: BTreeSet<&LinkKey>, rest: BTreeSet<&LinkKey>, verb: &str| {
            let (few, rest) = (named(after, few), named(after, rest));
            match (few.len(), rest.len()) {
                (0, _) | (1, 0) => None,
                (1, several) => {
                    let each = if several == 1 { "" } else { "each of " };
                    let rest = some_of(&rest, FEW);
                    Some(format!(
                        "{} and {each}{rest} {verb} reaching each other through {through}",
                        few[0]
                    ))
                }
                (_, 0) => {
                    let few = some_of(&few, FEW);
                    Some(format!("{few} {verb} reaching each other through {through}"))
                }
                _ => Some(format!(
                    "{} {verb} reaching each other, and {}, through {through}",
                    some_of(&few, FEW),
                    some_of(&rest, FEW)
                )),
            }
        };
        let stay: BTreeSet<_> = before.intersection(&now).collect();
        let stop = sentence(before.difference(&now).collect(), stay.clone(), "stop");
        let start = sentence(now.difference(before).collect(), stay, "start");
        if let Some(text) = stop {
            self.loss(text);
        }
        if let Some(text) = start {
            self.note(text);
        }
    }

    fn created(&mut self, now: &Topology, new: &NewLink) {
        let Some(parent) = now.link(new.parent) else { return };
        let described = now.describe(parent.key);
        let netns = find_netns(now, &new.netns);
        let name = netns.map_or_else(
            || new.name.to_string(),
            |netns| format!("{} in {}", new.name, now.label(netns)),
        );
        if !parent.flags.is_up() {
            self.without_carrier(&described, &name);
        }
        if new.is_passthru() {
            self.loss(format!(
                "frames from outside for {described} itself go to {name} from now on"
            ));
        }
        if let Some(mac) = new.mac {
            self.mac_given(mac);
        }
        if new.mtu.is_some_and(|mtu| mtu < super::simulate::IPV6_MIN_MTU) {
            self.note(format!("IPv6 does not work on {name}, its MTU being below 1280"));
        }
        let Some(macvlan) = new.macvlan() else { return };
        if macvlan.mode == Mode::Source && macvlan.sources.is_empty() {
            self.note(format!("{name} receives nothing until its list has a source MAC"));
        }
        if let Some(cutoff) = macvlan.bc_cutoff {
            self.cutoff_shared(now, parent.key, None, cutoff);
        }
        if let Some(length) = macvlan.bc_queue_len {
            self.queues(now, parent.key, None, length);
        }
    }

    pub(super) fn without_carrier(&mut self, parent: &str, link: &str) {
        self.note(format!("{parent} is down, so {link} stays without carrier"));
    }

    /// A MAC that somebody chose.
    pub(super) fn mac_given(&mut self, mac: MacAddr) {
        if let (false, Some(bytes)) =
            (mac.is_locally_administered(), mac.as_bytes().first_chunk::<6>())
        {
            let mut local = *bytes;
            local[0] |= 2;
            self.note(format!(
                "{mac} belongs to a manufacturer; {} would be locally administered",
                MacAddr::from(local)
            ));
        }
    }

    /// The cut-off belongs to the parent.
    pub(super) fn cutoff_shared(
        &mut self,
        now: &Topology,
        parent: LinkKey,
        link: Option<LinkKey>,
        cutoff: i32,
    ) {
        let others = macvlans(now, parent).filter(|other| Some(other.key) != link);
        let changed = others
            .filter(|other| other.macvlan().is_some_and(|macvlan| macvlan.bc_cutoff != cutoff));
        let names = named(now, changed.map(|other| &other.key));
        if !names.is_empty() {
            let (list, parent) = (some_of(&names, FEW), now.describe(parent));
            let get = if names.len() == 1 { "gets" } else { "get" };
            self.note(format!("bclim belongs to {parent}, so {list} {get} {cutoff} too"));
        }
    }

    /// The queue is as long as the longest that a sub-interface asks for.
    pub(super) fn queues(
        &mut self,
        now: &Topology,
        parent: LinkKey,
        link: Option<LinkKey>,
        length: u32,
    ) {
        let mut others =
            macvlans(now, parent).filter(|other| Some(other.key) != link).filter_map(Link::macvlan);
        let none = length == 0
            && others.all(|other| other.bc_queue_len == Some(0) && other.bc_cutoff != -1);
        if none {
            self.loss(format!(
                "broadcasts from outside, ARP requests among them, reach no sub-interface of {}",
                now.describe(parent)
            ));
        }
    }
}

fn macvlans(topology: &Topology, parent: LinkKey) -> impl Iterator<Item = &Link> {
    topology.children_of(parent).filter(|child| child.macvlan().is_some())
}

fn bridged(topology: &Topology, parent: LinkKey) -> BTreeSet<LinkKey> {
    let bridge = |link: &&Link| link.macvlan().is_some_and(|macvlan| macvlan.mode == Mode::Bridge);
    macvlans(topology, parent).filter(bridge).map(|link| link.key).collect()
}

/// `NAME in NAMESPACE` of each.
fn named<'a>(topology: &Topology, keys: impl IntoIterator<Item = &'a LinkKey>) -> Vec<String> {
    keys.into_iter().map(|key| topology.describe(*key)).collect()
}
