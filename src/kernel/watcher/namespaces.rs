//! Namespaces that come, get other holders, turn out to be known ones, and go.
//!
//! Opening, identifying and registering a namespace happen here; what is in it is read elsewhere.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::super::discover::{self, Depth, Scan};
use super::super::enter;
use super::super::privileges::advice;
use super::Watcher;
use crate::model::{Change, Holder, LinkKey, Netns, NetnsId, Owner, ProblemSource, View};

impl Watcher {
    /// Looks at the own mounts alone, because the kernel says that they changed.
    pub(super) fn rescan_mounts(&mut self) {
        let scan = self.scanner.scan_own_mounts();
        self.reconcile(scan);
    }

    /// Looks for namespaces and takes note of new ones, of other holders and of vanished ones.
    pub(super) fn rescan(&mut self, depth: Depth) {
        match self.scanner.scan_for_news(depth) {
            Some(scan) => self.reconcile(scan),
            // Nobody was found in the same ones again.
            None => self.unseen.clone().into_iter().for_each(|id| self.update_holders(id, vec![])),
        }
    }

    fn reconcile(&mut self, scan: Scan) {
        self.owners.begin();
        let holder = |(device, processes): (_, Vec<_>)| {
            Some((device, self.owners.of_processes(&processes)?))
        };
        let holders = scan.taps.into_iter().filter_map(holder).collect();
        self.push(Change::TapHolders(holders));
        // The host's and the own namespace come first: most parents are there, and the kernel looks
        // ids up one by one.
        let mut found: Vec<(u64, Vec<Holder>)> = scan.holders.into_iter().collect();
        found.sort_by_key(|(inode, _)| (!self.is_root(*inode), *inode != self.own));
        let seen: BTreeSet<u64> = found.iter().map(|(inode, _)| *inode).collect();
        let (topology, unseen) = (&self.topology, &mut self.unseen);
        unseen.retain(|id| {
            let inode = topology.namespace(*id).and_then(|namespace| namespace.netns.inode);
            inode.is_some_and(|inode| !seen.contains(&inode))
        });
        for (inode, holders) in found {
            match self.by_inode.get(&inode) {
                Some(id) => self.update_holders(*id, holders),
                None => self.meet(inode, holders),
            }
        }
        let unseen: Vec<_> = self
            .by_inode
            .iter()
            .filter(|(inode, _)| !seen.contains(inode))
            .map(|(_, id)| *id)
            .collect();
        for id in unseen {
            // The observer is told when a namespace dies; until then something out of our sight
            // holds it. Where nobody tells us, not being found has to do.
            if self.observer.knows(id) && !self.observer.is_plain() {
                // It may be about to die; its name should last until then.
                if !self.unseen.insert(id) {
                    self.update_holders(id, Vec::new());
                }
            } else {
                self.lose(id);
            }
        }
        self.push(Change::Problems { source: ProblemSource::Discovery, list: scan.problems });
    }

    fn is_root(&self, inode: u64) -> bool {
        self.scanner.is_root(inode) == Some(true)
    }

    fn update_holders(&mut self, id: NetnsId, holders: Vec<Holder>) {
        let Some(known) = self.topology.namespace(id).map(|namespace| &namespace.netns) else {
            return;
        };
        if known.holders == holders {
            return;
        }
        if known.view != View::Open
            && let Some(inode) = known.inode
        {
            // Another holder may open what the former ones could not.
            self.meet(inode, holders);
        } else {
            let known = known.clone();
            let owner = self.owner_of(known.inode, &holders);
            self.push(Change::Netns(Netns { holders, owner, ..known }));
        }
    }

    /// Takes in a namespace that was not known, or not open: identify, register, read.
    fn meet(&mut self, inode: u64, holders: Vec<Holder>) {
        let opened = discover::open(inode, &holders);
        let closed = |why: String| (NetnsId::Inode(inode), None, View::Closed { why });
        let (id, cookie, view) = match &opened {
            // What held it has let go since the scan; if anything else does, the next scan tells.
            Err(error) if discover::is_gone(error) && holders.iter().any(Holder::leads) => {
                return self.scanner.forget(inode);
            }
            Err(error) if discover::is_gone(error) => closed(error.to_string()),
            Err(error) => closed(format!("it can't be opened: {error}; {}", advice())),
            Ok(fd) => match discover::identify(fd.as_fd()) {
                Err(error) => closed(format!("it can't be identified: {error}")),
                Ok(identity) => {
                    let id = enter::id_of(identity);
                    (id, identity.cookie, self.register(id, inode, fd.as_fd()))
                }
            },
        };
        // Unopened it was known by its inode number, and now perhaps by its cookie.
        if let Some(before) = self.by_inode.insert(inode, id).filter(|before| *before != id) {
            self.push(Change::NetnsGone(before));
        }
        let fd = opened.ok();
        let current = inode == self.own;
        let root = self.is_root(inode);
        let open = view == View::Open;
        let owner = self.owner_of(Some(inode), &holders);
        let netns = Netns { id, inode: Some(inode), cookie, current, root, holders, owner, view };
        self.push(Change::Netns(netns));
        if open {
            self.read_all(id, fd.as_ref().map(OwnedFd::as_fd));
        }
    }

    /// The owner of a namespace; the host's own is nobody's.
    fn owner_of(&mut self, inode: Option<u64>, holders: &[Holder]) -> Option<Box<Owner>> {
        let inode = inode.filter(|inode| !self.is_root(*inode))?;
        self.owners.of(inode, holders).map(Box::new)
    }

    /// Finds out anew whose a namespace is: a container may get another name, a process another
    /// cgroup, and neither is an event.
    pub(super) fn ask_owner(&mut self, id: NetnsId) {
        let Some(namespace) = self.topology.namespace(id) else { return };
        let netns = namespace.netns.clone();
        if let Some(inode) = netns.inode {
            self.owners.forget(inode);
        }
        let owner = self.owner_of(netns.inode, &netns.holders);
        self.push(Change::Netns(Netns { owner, ..netns }));
    }

    pub(super) fn register(&mut self, id: NetnsId, inode: u64, fd: BorrowedFd<'_>) -> View {
        let open_first = || {
            let first = &self.topology.namespaces().find(|n| n.netns.root)?.netns;
            Some((first.id, discover::open(first.inode?, &first.holders).ok()?))
        };
        match self.observer.register(id, fd, open_first) {
            Err(error) => {
                let why = format!("registering it failed: {}; {}", error.cause(), advice());
                View::Closed { why }
            }
            Ok(_) if self.observer.is_plain() && inode != self.own => {
                let known = self.topology.problems_of(ProblemSource::Ability).first();
                View::Closed { why: known.map_or_else(String::new, |problem| problem.why.clone()) }
            }
            Ok(None) => {
                let mut hidden = std::mem::take(&mut self.hidden);
                hidden.retain(|hidden| {
                    self.observer.knows(*hidden)
                        && !(self.observer.may_be(*hidden, id) && self.unmask(*hidden, id, fd))
                });
                self.hidden = hidden;
                View::Open
            }
            Ok(Some(hidden)) => {
                self.push(Change::NetnsGone(hidden));
                self.reread_children_of(hidden);
                View::Open
            }
        }
    }

    /// Finds the hidden namespaces that are known by way of another table: the observer has one
    /// for every so many namespaces, and a parent may be in another one than its child.
    pub(super) fn unmask_known(&mut self) {
        for hidden in std::mem::take(&mut self.masked) {
            let parents = self.topology.links().filter_map(|link| link.parent.as_ref()?.netns);
            let likely: BTreeSet<NetnsId> = parents.collect();
            let all = self.topology.namespaces().map(|namespace| namespace.netns.id);
            let mut candidates: Vec<_> =
                all.filter(|id| self.observer.may_be(hidden, *id)).collect();
            candidates.sort_by_key(|id| !likely.contains(id));
            let found = candidates
                .into_iter()
                .any(|id| self.reopen(id).is_some_and(|fd| self.unmask(hidden, id, fd.as_fd())));
            if !found {
                self.hidden.push(hidden);
            }
        }
    }

    /// Tells whether a hidden namespace is this one, and puts this one in its place.
    fn unmask(&mut self, hidden: NetnsId, id: NetnsId, fd: BorrowedFd<'_>) -> bool {
        let same = self.observer.unmask(hidden, id, fd);
        if same {
            self.push(Change::NetnsGone(hidden));
            self.reread_children_of(hidden);
        }
        same
    }

    /// A namespace is gone.
    pub(super) fn lose(&mut self, id: NetnsId) {
        self.reread_children_of(id);
        self.observer.forget(id);
        if let Some(inode) = self.topology.namespace(id).and_then(|namespace| namespace.netns.inode)
            && self.by_inode.get(&inode) == Some(&id)
        {
            self.by_inode.remove(&inode);
            self.owners.forget(inode);
            // The next namespace may get the same number, and has other holders.
            self.scanner.forget(inode);
        }
        self.dirty.remove(&id);
        self.unseen.remove(&id);
        self.push(Change::NetnsGone(id));
    }

    /// Links elsewhere that had their parent in a namespace say something else now.
    fn reread_children_of(&mut self, netns: NetnsId) {
        let children: Vec<LinkKey> = self
            .topology
            .links()
            .filter(|link| link.key.netns != netns)
            .filter(|link| {
                let below = link.parent.iter().chain(&link.peer);
                below.filter_map(|parent| parent.netns).any(|id| id == netns)
            })
            .map(|link| link.key)
            .collect();
        for key in children {
            self.mark(key);
        }
    }

    /// Opens a known namespace again.
    pub(super) fn reopen(&self, id: NetnsId) -> Option<OwnedFd> {
        enter::open(&self.topology.namespace(id)?.netns).ok()
    }
}
