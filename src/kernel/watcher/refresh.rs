//! From hints to readings: which links to look at again, now or a little later.
//!
//! The kernel does not tell everything. Each function here names what it makes up for.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{Dirty, Watcher};
use crate::kernel::KernelError;
use crate::kernel::table::Hint;
use crate::model::{Link, LinkKey};

/// More links of one namespace than this are read with one dump.
const MANY: usize = 16;
/// Carrier events of many links are spread over time and some never come (linkwatch throttles);
/// by the last of these delays everything has settled.
const SETTLE: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1500)];

impl Watcher {
    /// Takes the events that have arrived as places to look at again.
    pub(super) fn listen(&mut self) -> Result<(), KernelError> {
        for hint in self.observer.hints()? {
            match hint {
                Hint::Link(key) => self.mark(key),
                Hint::Unsure(netns) => {
                    self.dirty.insert(netns, Dirty::All);
                }
                Hint::Died(netns) => self.lose(netns),
            }
        }
        Ok(())
    }

    pub(super) fn mark(&mut self, key: LinkKey) {
        let dirty = self.dirty.entry(key.netns).or_insert_with(|| Dirty::Links(BTreeSet::new()));
        if let Dirty::Links(links) = dirty {
            links.insert(key.ifindex);
            if links.len() > MANY {
                *dirty = Dirty::All;
            }
        }
    }

    /// Reads everything that is marked, and what those readings mark in turn. The rounds are
    /// bounded, so that no quarrel between links can keep us here; what is left waits for its turn.
    pub(super) fn refresh(&mut self) {
        const ROUNDS: usize = 8;
        for _ in 0..ROUNDS {
            self.unmask_known();
            self.compare_siblings();
            if self.dirty.is_empty() {
                break;
            }
            for (netns, dirty) in std::mem::take(&mut self.dirty) {
                if !self.observer.knows(netns) {
                    continue;
                }
                match dirty {
                    Dirty::All => self.read_all(netns, None),
                    Dirty::Links(links) => {
                        for ifindex in links {
                            self.read_one(LinkKey { netns, ifindex });
                        }
                    }
                }
            }
        }
    }

    /// Marks what was put off until now, and tells when the next of it is due.
    pub(super) fn recall(&mut self, now: Instant) -> Option<Instant> {
        let due: Vec<LinkKey> =
            self.later.iter().filter(|(at, _)| *at <= now).map(|(_, key)| *key).collect();
        self.later.retain(|(at, _)| *at > now);
        for key in due {
            self.mark(key);
        }
        self.later.iter().map(|(at, _)| *at).min()
    }

    /// A parent's event without anything different to see is the only trace of a child that was
    /// made in a namespace that we do not know yet (its promiscuity and unicast list change).
    pub(super) fn note_hint(&mut self, old: Option<&Link>, new: &Link) {
        let silent = old.is_some_and(|old| {
            let mut old = old.clone();
            old.promiscuity = new.promiscuity;
            old.flags = new.flags;
            old == *new
        });
        if silent && new.macvlan().is_none() {
            self.wants_scan = true;
        }
    }

    pub(super) fn follow_all(&mut self, old: &[Link], new: &[Link]) {
        let of =
            |links: &[Link], key| links.binary_search_by_key(&key, |link: &Link| link.key).ok();
        for before in old {
            let after = of(new, before.key).map(|at| &new[at]);
            if after != Some(before) {
                self.follow(Some(before), after);
            }
        }
        for after in new.iter().filter(|link| of(old, link.key).is_none()) {
            self.follow(None, Some(after));
        }
    }

    /// Marks the links that a change of this one has changed too, without an event of their own.
    pub(super) fn follow(&mut self, old: Option<&Link>, new: Option<&Link>) {
        let Some(key) = new.or(old).map(|link| link.key) else {
            return;
        };
        // A parent that moved away, went down or changed its name, MAC or MTU.
        let felt_above = match (old, new) {
            (Some(old), Some(new)) => {
                let traits = |link: &Link| {
                    (
                        link.name.clone(),
                        link.mac,
                        link.mtu,
                        link.oper_state,
                        link.flags.is_up(),
                        link.flags.is_lower_up(),
                    )
                };
                traits(old) != traits(new)
            }
            _ => true,
        };
        if felt_above {
            let children: Vec<LinkKey> =
                self.topology.children_of(key).map(|child| child.key).collect();
            let now = Instant::now();
            for child in children {
                self.mark(child);
                self.later.extend(SETTLE.iter().map(|delay| (now + *delay, child)));
            }
        }
        self.follow_peer(old, new);
        self.follow_siblings(old, new);
    }

    /// Where one end of a pair goes, the other end hears nothing of.
    fn follow_peer(&mut self, old: Option<&Link>, new: Option<&Link>) {
        if old.is_some() && new.is_some() {
            return;
        }
        let peer = new.or(old).and_then(|link| link.peer.as_ref()?.key());
        if let Some(peer) = peer.filter(|peer| self.topology.link(*peer).is_some()) {
            self.mark(peer);
        }
    }

    /// Queue lengths and the broadcast cutoff belong to the parent's port: all siblings share
    /// them, but only the one that was changed has an event. When one is gone, what the next of
    /// them says tells whether it took something with it.
    fn follow_siblings(&mut self, old: Option<&Link>, new: Option<&Link>) {
        let (before, after) = (old.and_then(port), new.and_then(port));
        if before == after {
            return;
        }
        let links = [old, new].into_iter().flatten();
        for parent in links.filter_map(|link| link.parent.as_ref()?.key()) {
            self.ports.insert(parent);
            if after.is_none() {
                let shares = |link: &&Link| port(link).is_some();
                let next = self.topology.children_of(parent).find(shares).map(|link| link.key);
                if let Some(next) = next {
                    self.mark(next);
                }
            }
        }
    }

    /// Marks all siblings that do not agree on their parent's port. Once for many changes: with
    /// a thousand siblings, comparing all of them after each would be a million comparisons.
    fn compare_siblings(&mut self) {
        for parent in std::mem::take(&mut self.ports) {
            let siblings = self.topology.children_of(parent);
            let said: Vec<_> = siblings.filter_map(|link| Some((link.key, port(link)?))).collect();
            if said.windows(2).any(|pair| pair[0].1 != pair[1].1) {
                for (key, _) in said {
                    self.mark(key);
                }
            }
        }
    }
}

/// What a sub-interface says of the port that it shares with its siblings.
fn port(link: &Link) -> Option<(Option<u32>, i32)> {
    link.macvlan().map(|macvlan| (macvlan.bc_queue_len_used, macvlan.bc_cutoff))
}
