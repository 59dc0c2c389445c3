//! The host as it is and as it changes: finding, observing and decoding brought together.
//!
//! A watcher keeps its own [`Topology`], so that it can tell what an event means for other links,
//! and hands out [`Change`]s in the order in which they became true. Events only say where to look
//! again; what is told is always what was read.

mod contents;
mod namespaces;
mod problems;
mod refresh;
mod schedule;
mod thread;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::os::fd::AsFd;
use std::time::Instant;

use nix::errno::Errno;

use super::discover::{self, Depth, Scanner};
use super::enter;
use super::observer::Observer;
use super::{KernelError, support};
use crate::model::{Change, LinkKey, NetnsId, ProblemSource, Topology};
use crate::owners::Owners;

pub use thread::{Command, News, Remote, spawn};

/// What of a namespace has to be read again.
#[derive(Debug)]
enum Dirty {
    Links(BTreeSet<u32>),
    All,
}

/// Reads the host and follows it.
pub struct Watcher {
    scanner: Scanner,
    observer: Observer,
    owners: Owners,
    topology: Topology,
    by_inode: HashMap<u64, NetnsId>,
    own: u64,
    dirty: BTreeMap<NetnsId, Dirty>,
    /// Hidden namespaces that have not been compared with the known ones yet.
    masked: Vec<NetnsId>,
    /// Hidden namespaces that are none of the known ones.
    hidden: Vec<NetnsId>,
    /// Parents of which a sub-interface said something new that its siblings have to say too.
    ports: BTreeSet<LinkKey>,
    /// Links to read once more later, because the kernel delays or forgets their events.
    later: Vec<(Instant, LinkKey)>,
    wants_scan: bool,
    /// Namespaces that the last scan found nobody in.
    unseen: BTreeSet<NetnsId>,
    changes: Vec<Change>,
}

impl Watcher {
    /// Gets ready to look. Where the observer can't be made, only the own namespace is readable
    /// and the topology's problems say why.
    pub fn new() -> Result<Self, KernelError> {
        let read_own = || {
            let scanner = Scanner::new()?;
            let netns = File::open("/proc/self/ns/net")?;
            let identity = discover::identify(netns.as_fd())?;
            Ok((scanner, Owners::new()?, identity, netns))
        };
        let (scanner, owners, own, own_fd) = read_own().map_err(|error: std::io::Error| {
            KernelError::refused(format!("finding out where we are ({error})"), errno(&error))
        })?;
        let release = support::release();
        let too_old = support::version(&release).is_some_and(|version| version < support::OLDEST);
        let private = if too_old {
            Err(problems::too_old(&release))
        } else {
            // An observer that may not even name our own namespace would see less than none.
            let named = Observer::private(enter::id_of(own)).and_then(|mut observer| {
                observer.register(enter::id_of(own), own_fd.as_fd(), || None)?;
                Ok(observer)
            });
            named.map_err(|error| problems::unprivileged(&error))
        };
        let (observer, problems) = match private {
            Ok(observer) => (observer, Vec::new()),
            Err(problem) => (Observer::plain(enter::id_of(own))?, vec![problem]),
        };
        let mut watcher = Self {
            scanner,
            observer,
            owners,
            topology: Topology::default(),
            by_inode: HashMap::new(),
            own: own.inode,
            dirty: BTreeMap::new(),
            masked: Vec::new(),
            hidden: Vec::new(),
            ports: BTreeSet::new(),
            later: Vec::new(),
            wants_scan: false,
            unseen: BTreeSet::new(),
            changes: Vec::new(),
        };
        watcher.push(Change::Problems { source: ProblemSource::Ability, list: problems });
        Ok(watcher)
    }

    /// Gets ready to follow what it sees, and tells what will be seen late.
    fn prepare(&mut self) {
        if self.observer.is_deaf() {
            let list = vec![problems::deaf()];
            self.push(Change::Problems { source: ProblemSource::Ability, list });
        }
    }

    /// Looks everywhere and reads everything once.
    pub fn snapshot(&mut self) -> Vec<Change> {
        self.rescan(Depth::Full);
        self.refresh();
        let in_use = self.topology.links().any(|link| link.macvlan().is_some());
        self.push(Change::Host(support::host(in_use)));
        self.take()
    }

    /// Everything known now.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Everything known now, for whoever needs no more news.
    pub fn into_topology(self) -> Topology {
        self.topology
    }

    /// The changes since they were last taken.
    fn take(&mut self) -> Vec<Change> {
        let is_netns = |change: &Change| matches!(change, Change::Netns(_) | Change::NetnsGone(_));
        if self.changes.iter().any(is_netns) {
            let list = problems::closed(&self.topology);
            self.push(Change::Problems { source: ProblemSource::Closed, list });
        }
        std::mem::take(&mut self.changes)
    }

    /// Notes a change and passes it on, unless it says nothing new.
    fn push(&mut self, change: Change) {
        let old = match &change {
            Change::Link(link) => self.topology.link(link.key) == Some(&**link),
            Change::Netns(netns) => {
                self.topology.namespace(netns.id).is_some_and(|known| known.netns == *netns)
            }
            Change::LinkGone(key) => self.topology.link(*key).is_none(),
            Change::Problems { source, list } => self.topology.problems_of(*source) == *list,
            Change::TapHolders(holders) => self.topology.tap_holders() == holders,
            Change::Host(_)
            | Change::NetnsGone(_)
            | Change::Contents { .. }
            | Change::Belief { .. } => false,
        };
        if !old {
            self.topology.apply(change.clone());
            self.changes.push(change);
        }
    }
}

fn errno(error: &std::io::Error) -> Errno {
    super::error::errno_of(error)
}
