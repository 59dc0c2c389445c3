//! Everything known of the host at one moment, with look-ups from child to parent and back.
//!
//! It changes only through [`Topology::apply`], which tells what became different. Nothing in here
//! guesses: a parent that nothing leads to stays unseen.

mod belief;
mod news;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

pub use self::news::{Change, Happening, LinkNote, What};

use super::difference::{Difference, differences};
use super::membership::{Memberships, Told};
use super::{
    DeviceNumber, Host, Link, LinkKey, Netns, NetnsId, Problem, ProblemSource, TapHolder, View,
};

/// A namespace with its links.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// The namespace itself.
    pub netns: Netns,
    links: BTreeMap<u32, Link>,
    label: String,
}

impl Namespace {
    /// Its links by ascending ifindex.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &Link> {
        self.links.values()
    }

    /// The link that has this name, or has it as an alternative name; no two of them do.
    pub fn link_named(&self, name: &[u8]) -> Option<&Link> {
        self.links().find(|link| {
            link.name.as_bytes() == name || link.alt_names.iter().any(|alt| alt.as_bytes() == name)
        })
    }
}

/// The host's namespaces and links.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    host: Host,
    namespaces: BTreeMap<NetnsId, Namespace>,
    children: HashMap<LinkKey, BTreeSet<LinkKey>>,
    /// What parents were called that are gone before their children.
    gone_parents: HashMap<LinkKey, String>,
    label_counts: HashMap<String, usize>,
    problems: BTreeMap<ProblemSource, Vec<Problem>>,
    pub(super) told: Told,
    tap_holders: BTreeMap<DeviceNumber, TapHolder>,
    /// Made when somebody asks, and made anew when anything that it is made of became different.
    pub(super) memberships: OnceLock<Memberships>,
}

impl Topology {
    /// The host's own facts.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// A namespace by identity.
    pub fn namespace(&self, id: NetnsId) -> Option<&Namespace> {
        self.namespaces.get(&id)
    }

    /// All namespaces, by identity.
    pub fn namespaces(&self) -> impl ExactSizeIterator<Item = &Namespace> {
        self.namespaces.values()
    }

    /// All namespaces as people want them: the host, our own, then by label.
    pub fn in_display_order(&self) -> Vec<&Namespace> {
        let mut all: Vec<_> = self.namespaces.values().collect();
        all.sort_by(|a, b| {
            let rank = |n: &Namespace| (!n.netns.root, !n.netns.current);
            rank(a).cmp(&rank(b)).then_with(|| {
                super::order::natural(a.label.as_bytes(), b.label.as_bytes())
                    .then(a.netns.id.cmp(&b.netns.id))
            })
        });
        all
    }

    /// What to call a namespace. Where two would be called the same, the inode number is added.
    pub fn label(&self, id: NetnsId) -> Cow<'_, str> {
        let Some(namespace) = self.namespaces.get(&id) else {
            return "unseen".into();
        };
        match (self.label_counts.get(&namespace.label), namespace.netns.inode) {
            (Some(&count), Some(inode)) if count > 1 => {
                format!("{} [{inode}]", namespace.label).into()
            }
            _ => Cow::Borrowed(&namespace.label),
        }
    }

    /// The host's namespace, or our own where that is out of sight.
    pub fn host_namespace(&self) -> Option<&Namespace> {
        let root = self.namespaces().find(|namespace| namespace.netns.root);
        root.or_else(|| self.namespaces().find(|namespace| namespace.netns.current))
    }

    /// The namespace that `ip netns` knows by this name.
    pub fn namespace_named(&self, name: &[u8]) -> Option<&Namespace> {
        self.namespaces().find(|namespace| namespace.netns.iproute_name() == Some(name))
    }

    /// A link by identity.
    pub fn link(&self, key: LinkKey) -> Option<&Link> {
        self.namespaces.get(&key.netns)?.links.get(&key.ifindex)
    }

    /// All links of all namespaces.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.namespaces.values().flat_map(Namespace::links)
    }

    /// The link below this one, if it is in sight.
    pub fn parent_of(&self, link: &Link) -> Option<&Link> {
        self.link(link.parent.as_ref()?.key()?)
    }

    /// The other end of a veth or netkit pair, if it is in sight.
    pub fn peer_of(&self, link: &Link) -> Option<&Link> {
        self.link(link.peer.as_ref()?.key()?)
    }

    /// Links that have this one as parent, in every namespace.
    pub fn children_of(&self, key: LinkKey) -> impl Iterator<Item = &Link> {
        self.children.get(&key).into_iter().flatten().filter_map(|child| self.link(*child))
    }

    /// The bridge that a link is a port of.
    pub fn bridge_of(&self, port: &Link) -> Option<&Link> {
        self.link(LinkKey { ifindex: port.master?, ..port.key }).filter(|link| link.is_bridge())
    }

    /// Ports of a bridge, bond or VRF.
    pub fn ports_of(&self, master: LinkKey) -> impl Iterator<Item = &Link> {
        let namespace = self.namespaces.get(&master.netns);
        namespace
            .into_iter()
            .flat_map(Namespace::links)
            .filter(move |link| link.master == Some(master.ifindex))
    }

    /// `NAME in NAMESPACE`, for sentences; of a parent that is gone before its children, as it was.
    pub fn describe(&self, key: LinkKey) -> String {
        match self.link(key) {
            Some(link) => format!("{} in {}", link.name, self.label(key.netns)),
            None => self.gone_parents.get(&key).cloned().unwrap_or_else(|| {
                format!("interface {} in {}", key.ifindex, self.label(key.netns))
            }),
        }
    }

    /// What could not be seen, and then what only looks wrong.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let all = self.problems.values().flatten();
        let complete = all.clone().filter(|problem| !problem.incomplete);
        all.filter(|problem| problem.incomplete).chain(complete)
    }

    /// The latest report of one source.
    pub fn problems_of(&self, source: ProblemSource) -> &[Problem] {
        self.problems.get(&source).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing is missing from the view: every namespace open, no incomplete report.
    pub fn is_complete(&self) -> bool {
        self.namespaces.values().all(|n| n.netns.view == View::Open)
            && !self.problems().any(|problem| problem.incomplete)
    }

    /// Who has the device of a macvtap open, if anybody in sight has.
    pub fn tap_holder(&self, link: &Link) -> Option<&TapHolder> {
        self.tap_holders.get(&link.tap_device?.number)
    }

    /// Who has which device of a macvtap open.
    pub fn tap_holders(&self) -> &BTreeMap<DeviceNumber, TapHolder> {
        &self.tap_holders
    }

    /// Takes one piece of news and tells what became different because of it.
    pub fn apply(&mut self, change: Change) -> Vec<Happening> {
        if !matches!(change, Change::Host(_) | Change::Problems { .. } | Change::Belief { .. }) {
            self.memberships.take();
        }
        match change {
            Change::Host(host) => {
                self.host = host;
                Vec::new()
            }
            Change::Netns(netns) => self.apply_netns(netns),
            Change::NetnsGone(id) => self.apply_netns_gone(id),
            Change::Contents { netns, links } => self.apply_contents(netns, links),
            Change::Link(link) => self.apply_link(*link).into_iter().collect(),
            Change::LinkGone(key) => self.remove_link(key).into_iter().collect(),
            Change::Problems { source, list } => {
                if list.is_empty() {
                    self.problems.remove(&source);
                } else {
                    self.problems.insert(source, list);
                }
                Vec::new()
            }
            Change::Belief { source, belief } => self.apply_belief(source, belief.map(|b| *b)),
            Change::TapHolders(holders) => self.apply_tap_holders(holders),
        }
    }

    fn apply_netns(&mut self, mut netns: Netns) -> Vec<Happening> {
        if let Some(told) = netns.owner.as_deref().and_then(|owner| self.as_told(owner)) {
            netns.owner = Some(Box::new(told));
        }
        let id = netns.id;
        let label = netns.label();
        if let Some(known) = self.namespaces.get_mut(&id) {
            let old_label = std::mem::replace(&mut known.label, label.clone());
            let closed = known.netns.view == View::Open && netns.view != View::Open;
            let changed = known.netns != netns;
            known.netns = netns;
            self.count_label(&old_label, false);
            self.count_label(&label, true);
            let mut happenings = Vec::new();
            if closed {
                happenings.extend(self.apply_contents(id, Vec::new()));
            }
            if changed && old_label != label {
                let difference = Difference { field: "label", from: old_label, to: label };
                happenings.push(self.netns_happening(id, What::Changed(vec![difference])));
            }
            return happenings;
        }
        self.count_label(&label, true);
        self.namespaces.insert(id, Namespace { netns, links: BTreeMap::new(), label });
        vec![self.netns_happening(id, What::Appeared)]
    }

    fn apply_netns_gone(&mut self, id: NetnsId) -> Vec<Happening> {
        let mut happenings = self.apply_contents(id, Vec::new());
        if self.namespaces.contains_key(&id) {
            happenings.push(self.netns_happening(id, What::Gone));
        }
        if let Some(namespace) = self.namespaces.remove(&id) {
            self.count_label(&namespace.label, false);
        }
        self.problems.retain(|source, _| match source {
            ProblemSource::Link(key) => key.netns != id,
            ProblemSource::Ability
            | ProblemSource::Discovery
            | ProblemSource::Closed
            | ProblemSource::Lab
            | ProblemSource::Belief(_) => true,
        });
        happenings
    }

    fn apply_contents(&mut self, netns: NetnsId, links: Vec<Link>) -> Vec<Happening> {
        let Some(namespace) = self.namespaces.get(&netns) else {
            return Vec::new();
        };
        let kept: BTreeSet<u32> = links.iter().map(|link| link.key.ifindex).collect();
        let gone: Vec<LinkKey> = namespace
            .links
            .keys()
            .filter(|ifindex| !kept.contains(ifindex))
            .map(|&ifindex| LinkKey { netns, ifindex })
            .collect();
        let mut happenings: Vec<_> =
            gone.into_iter().filter_map(|key| self.remove_link(key)).collect();
        happenings.extend(links.into_iter().filter_map(|link| self.apply_link(link)));
        happenings
    }

    fn apply_link(&mut self, link: Link) -> Option<Happening> {
        let key = link.key;
        let namespace = self.namespaces.get_mut(&key.netns)?;
        let old = namespace.links.insert(key.ifindex, link);
        self.gone_parents.remove(&key);
        let link = &namespace.links[&key.ifindex];
        let old_parent = old.as_ref().and_then(|old| old.parent.as_ref()?.key());
        let new_parent = link.parent.as_ref().and_then(super::Parent::key);
        let link = self.link(key)?;
        let happening = match old {
            None => Some(self.link_happening(link, What::Appeared)),
            Some(old) if old == *link => None,
            Some(old) => {
                let list = differences(self, &old, link);
                (!list.is_empty()).then(|| self.link_happening(link, What::Changed(list)))
            }
        };
        // Last, because the name of a parent that is gone is forgotten with its last child.
        if old_parent != new_parent {
            self.set_parent(key, old_parent, new_parent);
        }
        happening
    }

    fn remove_link(&mut self, key: LinkKey) -> Option<Happening> {
        let link = self.link(key)?;
        let parent = link.parent.as_ref().and_then(super::Parent::key);
        let happening = self.link_happening(link, What::Gone);
        self.set_parent(key, parent, None);
        if self.children.contains_key(&key) {
            self.gone_parents.insert(key, self.describe(key));
        }
        self.problems.remove(&ProblemSource::Link(key));
        self.namespaces.get_mut(&key.netns)?.links.remove(&key.ifindex);
        Some(happening)
    }

    fn apply_tap_holders(&mut self, new: BTreeMap<DeviceNumber, TapHolder>) -> Vec<Happening> {
        let old = std::mem::replace(&mut self.tap_holders, new);
        let devices = self.links().filter_map(|link| Some((link, link.tap_device?.number)));
        let changed = devices.filter_map(|(link, device)| {
            let holder = |all: &BTreeMap<DeviceNumber, TapHolder>| {
                all.get(&device).map(ToString::to_string).unwrap_or_default()
            };
            let (from, to) = (holder(&old), holder(&self.tap_holders));
            (from != to).then(|| {
                let difference = Difference { field: "tap_holder", from, to };
                self.link_happening(link, What::Changed(vec![difference]))
            })
        });
        changed.collect()
    }

    fn set_parent(&mut self, child: LinkKey, old: Option<LinkKey>, new: Option<LinkKey>) {
        if let Some(old) = old
            && let Some(children) = self.children.get_mut(&old)
        {
            children.remove(&child);
            if children.is_empty() {
                self.children.remove(&old);
                self.gone_parents.remove(&old);
            }
        }
        if let Some(new) = new {
            self.children.entry(new).or_default().insert(child);
        }
    }

    fn count_label(&mut self, label: &str, more: bool) {
        if more {
            *self.label_counts.entry(label.to_owned()).or_default() += 1;
        } else if let Some(count) = self.label_counts.get_mut(label) {
            *count -= 1;
            if *count == 0 {
                self.label_counts.remove(label);
            }
        }
    }

    fn inode(&self, id: NetnsId) -> Option<u64> {
        self.namespaces.get(&id)?.netns.inode
    }

    fn netns_happening(&self, netns: NetnsId, what: What) -> Happening {
        Happening {
            what,
            netns,
            netns_inode: self.inode(netns),
            netns_label: self.label(netns).into_owned(),
            link: None,
        }
    }

    fn link_happening(&self, link: &Link, what: What) -> Happening {
        let parent = link.parent.as_ref().map(|parent| match parent.key() {
            Some(key) => self.describe(key),
            None => "a parent out of sight".into(),
        });
        Happening {
            what,
            netns: link.key.netns,
            netns_inode: self.inode(link.key.netns),
            netns_label: self.label(link.key.netns).into_owned(),
            link: Some(LinkNote {
                key: link.key,
                name: link.name.clone(),
                kind: link.kind.name().into_owned(),
                parent,
            }),
        }
    }
}

#[cfg(test)]
#[path = "topology_tests.rs"]
mod tests;
