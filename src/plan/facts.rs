//! What a plan relies on, and whether it still holds.
//!
//! Facts are about the topology that a plan was made from, never about what its own steps make.

use std::collections::{BTreeSet, HashSet};

use super::rules::netns_name_taken;
use super::simulate::{find, find_netns, outlives_name};
use super::{Fact, Op, Plan, Setting};
use crate::model::difference::differences;
use crate::model::{
    Address, Link, LinkFlags, LinkKey, MacvlanFlags, NetnsId, OperState, Parent, Text, Topology,
};

impl Plan {
    /// The namespaces that it is about: what it changes is in one of them, or in a new one.
    pub fn namespaces(&self) -> BTreeSet<NetnsId> {
        let mut all = BTreeSet::new();
        for fact in &self.facts {
            match fact {
                Fact::Link(link) | Fact::Neighbour(link) => _ = all.insert(link.key.netns),
                Fact::Children { parent, children } => {
                    all.extend(children.iter().chain([parent]).map(|key| key.netns));
                }
                Fact::Netns(netns) | Fact::FreeName { netns, .. } | Fact::Named { netns, .. } => {
                    all.insert(*netns);
                }
                Fact::FreeNetnsName(_) => {}
            }
        }
        all
    }
}

/// What a plan relies on, as its ops are added.
pub(super) struct Facts<'a> {
    /// The topology before the plan: the only one that facts are about.
    before: &'a Topology,
    list: Vec<Fact>,
    /// Parents of which all that matters to their sub-interfaces is in the list.
    surveyed: HashSet<LinkKey>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(before: &'a Topology) -> Self {
        Self { before, list: Vec::new(), surveyed: HashSet::new() }
    }

    /// All of them, each once.
    pub(super) fn into_list(self) -> Vec<Fact> {
        self.list
    }

    /// Adds what an op relies on; `now` is the topology when its turn comes.
    pub(super) fn add(&mut self, now: &Topology, op: &Op) {
        match op {
            Op::CreateNetns { name } => self.push(Fact::FreeNetnsName(name.clone())),
            Op::DeleteNetns { name } => {
                if let Some(namespace) = self.before.namespace_named(name.as_bytes()) {
                    self.push(Fact::Named {
                        netns: namespace.netns.id,
                        name: name.clone(),
                        held: outlives_name(&namespace.netns),
                        links: namespace.links().map(|link| link.key).collect(),
                    });
                    for link in namespace.links() {
                        self.children(link.key);
                    }
                }
            }
            Op::Create(new) => {
                self.neighbours(new.parent);
                if let Some(netns) = find_netns(now, &new.netns) {
                    self.netns(netns);
                    self.free(netns, &new.name);
                }
            }
            Op::Delete(target) => {
                if let Some(key) = find(now, target) {
                    self.link(key);
                    self.children(key);
                }
            }
            Op::Set(target, setting) => {
                if let Some(link) = find(now, target).and_then(|key| now.link(key)) {
                    self.link(link.key);
                    self.of_setting(now, link, setting);
                }
            }
        }
    }

    fn of_setting(&mut self, now: &Topology, link: &Link, setting: &Setting) {
        match setting {
            Setting::Name(name) => self.free(link.key.netns, name),
            Setting::Netns { place, .. } => {
                if let Some(netns) = find_netns(now, place) {
                    self.netns(netns);
                    self.free(netns, &link.name);
                }
            }
            // A MAC must be unique among these, and a mode decides which of them are reached.
            Setting::Mac(_) | Setting::Mode(_) | Setting::Up(true) => {
                if let Some(parent) = link.parent.as_ref().and_then(Parent::key)
                    && link.macvlan().is_some()
                {
                    self.neighbours(parent);
                }
                if matches!(setting, Setting::Mac(_)) {
                    self.neighbours(link.key);
                }
            }
            Setting::Mtu(_) | Setting::Up(false) => self.children(link.key),
            _ => {}
        }
    }

    fn push(&mut self, fact: Fact) {
        if !self.list.contains(&fact) {
            self.list.push(fact);
        }
    }

    /// That a link is as it was.
    fn link(&mut self, key: LinkKey) {
        if let Some(link) = self.before.link(key) {
            self.push(Fact::Link(Box::new(link.clone())));
        }
    }

    /// That a parent with its macvlans is as far as others depend on it.
    fn neighbours(&mut self, parent: LinkKey) {
        if !self.surveyed.insert(parent) {
            return;
        }
        self.children(parent);
        let macvlans = self.before.children_of(parent).filter(|link| link.macvlan().is_some());
        let around = self.before.link(parent).into_iter().chain(macvlans);
        self.list.extend(around.map(|link| Fact::Neighbour(Box::new(link.clone()))));
    }

    /// That a link has the sub-interfaces that it had.
    fn children(&mut self, parent: LinkKey) {
        if self.before.link(parent).is_some() {
            let children = self.before.children_of(parent).map(|child| child.key).collect();
            self.push(Fact::Children { parent, children });
        }
    }

    /// That a namespace is there.
    pub(super) fn netns(&mut self, id: NetnsId) {
        if self.before.namespace(id).is_some() {
            self.push(Fact::Netns(id));
        }
    }

    /// That a name is free that was free.
    fn free(&mut self, netns: NetnsId, name: &Text) {
        let namespace = self.before.namespace(netns);
        if namespace.is_some_and(|namespace| namespace.link_named(name.as_bytes()).is_none()) {
            self.push(Fact::FreeName { netns, name: name.clone() });
        }
    }
}

/// A sentence, without a full stop, for each fact that no longer holds in this topology.
pub fn changed_since(topology: &Topology, facts: &[Fact]) -> Vec<String> {
    let mut sentences = Vec::new();
    for fact in facts {
        for sentence in changes(topology, fact) {
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
    }
    sentences
}

fn changes(topology: &Topology, fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Link(old) => link_changes(topology, old, decided),
        Fact::Neighbour(old) => link_changes(topology, old, outline),
        Fact::Children { parent, children } => child_changes(topology, *parent, children),
        Fact::Netns(id) if topology.namespace(*id).is_none() => vec![format!("{id} is gone")],
        Fact::Netns(_) => Vec::new(),
        Fact::Named { netns, name, held, links } => {
            named_changes(topology, *netns, name, *held, links)
        }
        Fact::FreeName { netns, name } => {
            let owner = topology.namespace(*netns).and_then(|n| n.link_named(name.as_bytes()));
            let label = topology.label(*netns);
            let sentence = |link: &Link| {
                if link.name == *name {
                    return format!("there is an interface {name} in {label} now");
                }
                format!("{} has the alternative name {name} now", topology.describe(link.key))
            };
            owner.map(sentence).into_iter().collect()
        }
        Fact::FreeNetnsName(name) => {
            let taken = netns_name_taken(topology, name);
            taken.then(|| format!("there is a namespace {name} now")).into_iter().collect()
        }
    }
}

fn link_changes(topology: &Topology, old: &Link, part: fn(&Link) -> Link) -> Vec<String> {
    let label = topology.label(old.key.netns);
    let Some(new) = topology.link(old.key) else {
        return vec![match topology.namespace(old.key.netns) {
            Some(_) => format!("{} in {label} is gone", old.name),
            None => format!("{} is gone with its namespace", old.name),
        }];
    };
    let value = |value: String| if value.is_empty() { "none".to_owned() } else { value };
    differences(topology, &part(old), &part(new))
        .into_iter()
        .map(|difference| {
            let (from, to) = (value(difference.from), value(difference.to));
            let field = difference.field.replace('_', " ");
            format!("{field} of {} in {label} changed: {from} → {to}", old.name)
        })
        .collect()
}

/// What else would lose its name, or be destroyed with it, than was shown.
fn named_changes(
    topology: &Topology,
    id: NetnsId,
    name: &Text,
    was_held: bool,
    links: &[LinkKey],
) -> Vec<String> {
    let Some(namespace) = topology.namespace_named(name.as_bytes()) else {
        return vec![format!("there is no namespace {name} any more")];
    };
    if namespace.netns.id != id {
        return vec![format!("{name} is the name of another namespace now")];
    }
    let held = outlives_name(&namespace.netns);
    let mut sentences = Vec::new();
    if held != was_held {
        let holds = if held { "something else holds" } else { "nothing else in sight holds" };
        sentences.push(format!("{holds} namespace {name} now"));
    }
    let came = namespace.links().filter(|link| !held && !links.contains(&link.key));
    sentences.extend(came.map(|link| format!("{} has come", topology.describe(link.key))));
    sentences
}

fn child_changes(topology: &Topology, parent: LinkKey, old: &[LinkKey]) -> Vec<String> {
    let described = topology.describe(parent);
    if topology.namespace(parent.netns).is_none() {
        // Told as its own fact.
        return Vec::new();
    }
    if topology.link(parent).is_none() {
        return vec![format!("{described} is gone")];
    }
    let new: Vec<LinkKey> = topology.children_of(parent).map(|child| child.key).collect();
    let came = new
        .iter()
        .filter(|key| !old.contains(key))
        .map(|key| format!("{} was made on {described}", topology.describe(*key)));
    let went = old.iter().filter(|key| !new.contains(key)).map(|key| match topology.link(*key) {
        Some(_) => format!("{} is no longer on {described}", topology.describe(*key)),
        None => format!("a sub-interface of {described} is gone"),
    });
    came.chain(went).collect()
}

/// What somebody decided about a link, without what changes by itself: carrier, queues in use,
/// promiscuity, the state of duplicate address detection and the time addresses have left.
fn decided(link: &Link) -> Link {
    let mut link = link.clone();
    link.flags = link.flags.without_carrier();
    link.oper_state = OperState::default();
    link.qdisc = Text::default();
    link.promiscuity = 0;
    if let Some(macvlan) = link.macvlan_mut() {
        macvlan.bc_queue_len_used = None;
    }
    for address in &mut link.addresses {
        address.flags &= !(Address::TENTATIVE | Address::DEPRECATED);
    }
    link
}

/// What others depend on in a parent or sibling.
fn outline(link: &Link) -> Link {
    let mut link = Link {
        alias: None,
        alt_names: Vec::new(),
        addresses: Vec::new(),
        flags: LinkFlags::default().with_up(link.flags.is_up()),
        ..decided(link)
    };
    if let Some(macvlan) = link.macvlan_mut() {
        macvlan.flags = MacvlanFlags::default();
        macvlan.bc_queue_len = None;
        macvlan.bc_cutoff = 1;
        macvlan.sources.clear();
    }
    link
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
