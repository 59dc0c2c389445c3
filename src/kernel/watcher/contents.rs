//! What was read of a namespace, checked by the second witness and taken into the topology.

use std::collections::HashSet;
use std::os::fd::{AsFd, BorrowedFd};

use super::{Dirty, Watcher};
use crate::kernel::KernelError;
use crate::kernel::observer::Contents;
use crate::kernel::sysfs::Sysfs;
use crate::model::{
    Change, Holder, Link, LinkKey, LinkKind, Netns, NetnsId, Problem, ProblemSource, Text, View,
};

impl Watcher {
    /// Reads all links of a namespace, through an open descriptor of it where there is one.
    pub(super) fn read_all(&mut self, id: NetnsId, fd: Option<BorrowedFd<'_>>) {
        // One that is closed stays so for the reason that it was.
        if !self.observer.knows(id) {
            return;
        }
        match self.observer.dump(id) {
            Err(error) => self.close(id, error.cause()),
            Ok(mut contents) => {
                self.reopened(id);
                let old: Vec<Link> = self
                    .topology
                    .namespace(id)
                    .map(|namespace| namespace.links().cloned().collect())
                    .unwrap_or_default();
                self.confirm_gone(&old, &mut contents);
                self.complete(id, &mut contents.links, fd);
                self.tell_malformed(&contents);
                let cut = contents.cut;
                if old != contents.links {
                    let new = contents.links.clone();
                    self.push(Change::Contents { netns: id, links: contents.links });
                    self.follow_all(&old, &new);
                }
                if cut {
                    self.check_names(id);
                }
            }
        }
        self.take_hidden();
    }

    /// Reads the addresses of a link again, of which the kernel counts down the time that they have
    /// left. That alone is no event, here or there.
    pub(super) fn read_lifetimes(&mut self, key: LinkKey) {
        let limited = |link: &&Link| {
            let mut addresses = link.addresses.iter();
            addresses.any(|address| address.valid_lft.is_some() || address.preferred_lft.is_some())
        };
        if let Some(link) = self.topology.link(key).filter(limited)
            && let Ok(addresses) = self.observer.read_addresses(key)
        {
            let link = Link { addresses, ..link.clone() };
            self.push(Change::Link(Box::new(link)));
        }
    }

    /// Reads one link and tells what became of it.
    pub(super) fn read_one(&mut self, key: LinkKey) {
        let contents = self.observer.read_link(key);
        self.take_one(key, contents);
    }

    /// Reads again what the kernel changes without an event at a link that is down: everything of
    /// a macvlan's own, and the alias (`netdev_state_change` tells only of links that are up).
    pub(super) fn read_silent(&mut self, key: LinkKey) {
        let Some(link) = self.topology.link(key) else {
            return;
        };
        let addresses = link.addresses.clone();
        let contents = self.observer.read_link_with(key, addresses);
        self.take_one(key, contents);
    }

    fn take_one(&mut self, key: LinkKey, contents: Result<Contents, KernelError>) {
        let Ok(mut contents) = contents else {
            // The namespace died under us; its own event is on the way. Anything else shows when
            // the whole namespace is read.
            self.dirty.insert(key.netns, Dirty::All);
            return;
        };
        self.complete(key.netns, &mut contents.links, None);
        self.tell_malformed(&contents);
        let old = self.topology.link(key).cloned();
        match contents.links.pop() {
            None => {
                self.push(Change::LinkGone(key));
                if let Some(old) = old {
                    self.follow(Some(&old), None);
                }
            }
            Some(link) => {
                let changed = old.as_ref() != Some(&link);
                self.note_hint(old.as_ref(), &link);
                if changed {
                    self.push(Change::Link(Box::new(link.clone())));
                    self.follow(old.as_ref(), Some(&link));
                }
            }
        }
        self.take_hidden();
    }

    /// A link that a dump no longer lists may only have been cut off with the dump's end.
    fn confirm_gone(&mut self, old: &[Link], contents: &mut Contents) {
        let listed: HashSet<LinkKey> = contents.links.iter().map(|link| link.key).collect();
        for link in old.iter().filter(|link| !listed.contains(&link.key)) {
            if let Ok(found) = self.observer.read_link(link.key) {
                contents.links.extend(found.links);
                contents.malformed.extend(found.malformed);
            }
        }
        contents.links.sort_by_key(|link| link.key);
    }

    /// A namespace could not be read. If it is only that it just died, its event comes next.
    fn close(&mut self, id: NetnsId, why: &str) {
        let Some(namespace) = self.topology.namespace(id) else {
            return;
        };
        let view = View::Closed { why: why.to_owned() };
        let netns = Netns { view, ..namespace.netns.clone() };
        self.push(Change::Netns(netns));
    }

    /// A namespace can be read, whatever was true before.
    fn reopened(&mut self, id: NetnsId) {
        if let Some(namespace) = self.topology.namespace(id)
            && namespace.netns.view != View::Open
        {
            self.push(Change::Netns(Netns { view: View::Open, ..namespace.netns.clone() }));
        }
    }

    /// Namespaces that turned up as somebody's parent without having been found.
    fn take_hidden(&mut self) {
        for (id, nsid) in self.observer.take_hidden() {
            let netns = Netns {
                id,
                inode: None,
                cookie: None,
                current: false,
                root: false,
                holders: vec![Holder::Nsid { nsid }],
                owner: None,
                view: View::Open,
            };
            self.push(Change::Netns(netns));
            self.dirty.insert(id, Dirty::All);
            self.masked.push(id);
            // Perhaps it is only new, and a look finds who holds it.
            self.wants_scan = true;
        }
    }

    fn tell_malformed(&mut self, contents: &Contents) {
        for link in &contents.links {
            let list = contents
                .malformed
                .iter()
                .filter(|(key, _)| *key == link.key)
                .map(|(_, detail)| Problem {
                    what: format!(
                        "{} in {}, whole",
                        link.name,
                        self.topology.label(link.key.netns)
                    ),
                    why: format!("the kernel's record of it does not hold together: {detail}"),
                    incomplete: false,
                })
                .collect();
            self.push(Change::Problems { source: ProblemSource::Link(link.key), list });
        }
    }

    /// Adds what netlink does not say: the id that a parent's namespace has in this one, the
    /// `lower_*` links of sysfs and the device node of a macvtap. What is known already and still
    /// fits is kept.
    fn complete(&mut self, id: NetnsId, links: &mut [Link], fd: Option<BorrowedFd<'_>>) {
        for link in links.iter_mut() {
            self.keep_evidence(link);
            self.ask_nsid(link);
        }
        let names: Vec<_> = links.iter().map(|link| (link.key, link.name.clone())).collect();
        let name_of = |key| {
            let listed =
                names.iter().find(|(listed, _)| *listed == key).map(|(_, name)| name.clone());
            listed.or_else(|| self.topology.link(key).map(|link| link.name.clone()))
        };
        let wants = |link: &Link| wants_sysfs(link, &name_of);
        if !links.iter().any(wants) {
            return;
        }
        let Some(sysfs) = self.sysfs(id, fd) else {
            return;
        };
        for link in links.iter_mut().filter(|link| wants(link)) {
            read_sysfs(&sysfs, link);
        }
    }

    /// Reads the evidence of one link anew, wherever its parent is, because somebody looks at it.
    pub(super) fn examine(&mut self, key: LinkKey) {
        let Some(mut link) = self.topology.link(key).cloned() else {
            return;
        };
        if let Some(sysfs) = self.sysfs(key.netns, None) {
            read_sysfs(&sysfs, &mut link);
        }
        if let Some(parent) = &mut link.parent {
            parent.nsid = None;
        }
        self.ask_nsid(&mut link);
        self.push(Change::Link(Box::new(link)));
    }

    /// Compares with the names that sysfs lists. A dump ends in silence at a record that is larger
    /// than its buffer, and what comes after it is missing; one by one those links can be read.
    pub(super) fn check_names(&mut self, id: NetnsId) {
        let Some(sysfs) = self.sysfs(id, None) else {
            return;
        };
        let Some(namespace) = self.topology.namespace(id) else {
            return;
        };
        let known: HashSet<&Text> = namespace.links().map(|link| &link.name).collect();
        let missing = sysfs.names().into_iter().filter(|name| !known.contains(name));
        let missing: Vec<u32> = missing.filter_map(|name| sysfs.ifindex(&name)).collect();
        for ifindex in missing {
            self.read_one(LinkKey { netns: id, ifindex });
        }
    }

    fn sysfs(&self, id: NetnsId, fd: Option<BorrowedFd<'_>>) -> Option<Sysfs> {
        let inside = match fd {
            Some(fd) => Sysfs::of(fd).ok(),
            None => self.reopen(id).and_then(|fd| Sysfs::of(fd.as_fd()).ok()),
        };
        let is_own = || self.by_inode.get(&self.own) == Some(&id);
        inside.or_else(|| is_own().then(|| Sysfs::mounted().ok()).flatten())
    }

    fn keep_evidence(&self, link: &mut Link) {
        let Some(old) = self.topology.link(link.key) else {
            return;
        };
        if old.name == link.name {
            link.tap_device = old.tap_device;
        }
        for (old, new) in [(&old.parent, &mut link.parent), (&old.peer, &mut link.peer)] {
            if let (Some(old), Some(new)) = (old, new)
                && old.key() == new.key()
            {
                new.nsid = new.nsid.or(old.nsid);
                new.sysfs_lower.clone_from(&old.sysfs_lower);
            }
        }
    }

    fn ask_nsid(&mut self, link: &mut Link) {
        let inside = link.key.netns;
        for parent in [&mut link.parent, &mut link.peer].into_iter().flatten() {
            if let Some(netns) = parent.netns
                && netns != inside
                && parent.nsid.is_none()
            {
                parent.nsid = self.observer.nsid_inside(inside, netns);
            }
        }
    }
}

/// Whether sysfs has something to say of a link that is not known yet: a parent in the same
/// namespace whose name is not among the `lower_*` entries read so far, or a macvtap's device.
fn wants_sysfs(link: &Link, name_of: &impl Fn(LinkKey) -> Option<Text>) -> bool {
    let unknown_parent = link.parent.as_ref().is_some_and(|parent| {
        let Some(key) = parent.key().filter(|key| key.netns == link.key.netns) else {
            return false;
        };
        match (&parent.sysfs_lower, name_of(key)) {
            (Some(lower), Some(name)) => !lower.contains(&name),
            _ => true,
        }
    });
    unknown_parent || (matches!(link.kind, LinkKind::Macvtap(_)) && link.tap_device.is_none())
}

fn read_sysfs(sysfs: &Sysfs, link: &mut Link) {
    let lower = sysfs.lower(&link.name, link.key.ifindex);
    if let Some(parent) = &mut link.parent {
        parent.sysfs_lower = lower;
    }
    if matches!(link.kind, LinkKind::Macvtap(_)) {
        link.tap_device = sysfs.tap_device(&link.name);
    }
}
