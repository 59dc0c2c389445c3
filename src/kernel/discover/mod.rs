//! Finds every network namespace of the host by what keeps it alive, one file a place: processes
//! and threads, mounts, open descriptors and sockets.
//!
//! Only /proc is read; no namespace is entered, and nothing is held open between scans that would
//! keep one alive. What could not be seen is told as problems.

mod blind;
mod directory;
mod fds;
mod memory;
mod mountinfo;
mod mounts;
mod open;
mod processes;
mod root;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::mem;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{Mode, OFlags, openat};

use self::blind::{Blind, Unseen};
use self::directory::{Directory, Numbered, numbers};
use self::fds::Sockets;
pub use self::open::{Identity, identify, is_gone, open};
use self::processes::Living;
use self::root::Root;
use crate::model::{DeviceNumber, Holder, Problem, Text};

/// Inode numbers of namespaces, each with one thing that holds it.
type Found = Vec<(u64, Holder)>;

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Processes and threads. Cheap; mounts are told again as they were read last, and what the last
    /// full scan found elsewhere as long as the processes that hold it live.
    Quick,
    /// Mounts, open descriptors, sockets and the mounts of other mount namespaces as well.
    Full,
}

/// What a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Inode number in nsfs → everything that holds the namespace, sorted.
    pub holders: BTreeMap<u64, Vec<Holder>>,
    /// What could not be seen, sorted.
    pub problems: Vec<Problem>,
    /// The namespace that the program runs in.
    pub own: u64,
    /// Which processes have the devices of macvtaps open, with their commands.
    pub taps: BTreeMap<DeviceNumber, Vec<(i32, Text)>>,
}

/// Looks for namespaces again and again, and remembers what is dear to find out.
pub struct Scanner {
    proc: File,
    pid: i32,
    own: u64,
    own_mount_namespace: u64,
    root: Root,
    sockets: Sockets,
    mounts: Mounts,
    living: Living,
    held: Held,
    /// Why the processes could not be listed, or not all of them.
    unlisted: Option<Problem>,
}

/// The mounts of our own mount namespace.
#[derive(Default)]
struct Mounts {
    found: Found,
    problem: Option<Problem>,
    /// See [`mountinfo::marks_sockets`].
    mark_sockets: bool,
}

/// What only a full scan looks for.
#[derive(Default)]
struct Held {
    /// By the process that led to it.
    by: BTreeMap<i32, Kept>,
    blind: Blind,
}

/// What one process led to.
struct Kept {
    /// When the process started: another may have its pid later.
    start: u64,
    found: Found,
    /// The devices of macvtaps that it has open.
    taps: BTreeSet<DeviceNumber>,
    /// Whether it stands for a whole mount namespace, in which others may live on.
    is_witness: bool,
    /// Whether this look met the process.
    met: bool,
}

impl Scanner {
    /// Opens /proc.
    pub fn new() -> io::Result<Self> {
        let proc = open_named("/proc")?;
        let own = identify(open_named("/proc/self/ns/net")?.as_fd())?;
        Ok(Self {
            root: Root::learn(proc.as_fd(), own),
            proc,
            // In the words of this /proc, which may be that of an outer PID namespace.
            pid: fs::read_link("/proc/self")?
                .to_str()
                .and_then(|pid| pid.parse().ok())
                .ok_or(io::ErrorKind::InvalidData)?,
            own: own.inode,
            own_mount_namespace: open_named("/proc/self/ns/mnt")?.metadata()?.ino(),
            sockets: Sockets::default(),
            mounts: Mounts::default(),
            living: Living::default(),
            held: Held::default(),
            unlisted: None,
        })
    }

    /// Whether the namespace with that inode number is the host's first; `None` where there is no
    /// telling.
    pub fn is_root(&self, inode: u64) -> Option<bool> {
        self.root.is(inode)
    }

    /// Looks for namespaces.
    pub fn scan(&mut self, depth: Depth) -> Scan {
        self.walk(depth);
        self.told()
    }

    /// Looks for namespaces; `None` if a quick look found everything as it was at the look before.
    pub fn scan_for_news(&mut self, depth: Depth) -> Option<Scan> {
        self.walk(depth).then(|| self.told())
    }

    /// Looks at our own mounts only, as when poll(2) on /proc/self/mountinfo says that they have
    /// changed; the rest is told again.
    pub fn scan_own_mounts(&mut self) -> Scan {
        self.mounts = Mounts::read();
        self.told()
    }

    /// Tells no more of what earlier scans saw hold a namespace that has died.
    pub fn forget(&mut self, inode: u64) {
        self.living.forget(inode);
        for kept in self.held.by.values_mut() {
            kept.found.retain(|(of, _)| *of != inode);
        }
    }

    /// Tells whether there may be news.
    fn walk(&mut self, depth: Depth) -> bool {
        if depth == Depth::Quick {
            let (changed, lost_witness) = self.walk_quickly();
            // The mounts of a lost witness may well be there still, and be seen by way of another
            // process.
            if !lost_witness {
                return changed;
            }
        } else {
            self.mounts = Mounts::read();
        }
        self.walk_fully();
        true
    }

    /// Tells whether anything is different, and whether a process is gone that stood for a mount
    /// namespace.
    fn walk_quickly(&mut self) -> (bool, bool) {
        let mut living = mem::take(&mut self.living);
        let mut held = mem::take(&mut self.held.by);
        living.begin();
        let unlisted = self.each_process(|listed| {
            let mut kept = held.get_mut(&listed.number);
            if living.stays(self.proc.as_fd(), listed) && kept.is_none() {
                return;
            }
            let Ok(process) = Directory::open(self.proc.as_fd(), listed) else { return };
            living.look(&process, self.pid, Depth::Quick);
            if let Some(kept) = &mut kept {
                kept.met = process.start() == Some(kept.start);
            }
        });
        let known = held.len();
        let lost_witness = held.values().any(|kept| kept.is_witness && !kept.met);
        held.retain(|_, kept| mem::take(&mut kept.met));
        let changed = living.end() || held.len() != known || unlisted != self.unlisted;
        (self.living, self.held.by, self.unlisted) = (living, held, unlisted);
        (changed, lost_witness)
    }

    fn walk_fully(&mut self) {
        let mut living = mem::take(&mut self.living);
        let mut sockets = mem::take(&mut self.sockets);
        living.begin();
        sockets.begin();
        let mut asked = (!self.mounts.mark_sockets).then_some(&mut sockets);
        let mut held = Held::default();
        let mut mount_namespaces = BTreeSet::from([self.own_mount_namespace]);
        self.unlisted = self.each_process(|listed| {
            let Ok(process) = &Directory::open(self.proc.as_fd(), listed) else { return };
            let Some(homes) = living.look(process, self.pid, Depth::Full) else { return };
            let (mut found, mut taps) = (Found::new(), BTreeSet::new());
            // What we hold ourselves is not to be shown, and holds nothing for long.
            if process.pid != self.pid {
                let sockets = asked.as_deref_mut();
                fds::look(process, homes, sockets, &mut found, &mut taps, &mut held.blind);
            }
            let fds = found.len();
            mounts::other(process, &mut mount_namespaces, &mut found)
                .unwrap_or_else(|errno| held.blind.note(Unseen::Mounts, process, errno));
            if !(found.is_empty() && taps.is_empty())
                && let Some(start) = process.start()
            {
                let is_witness = found.len() > fds;
                held.by.insert(process.pid, Kept { start, found, taps, is_witness, met: false });
            }
        });
        living.end();
        (self.living, self.held, self.sockets) = (living, held, sockets);
    }

    /// Tells why not all of them could be listed, if so.
    fn each_process(&self, mut each: impl FnMut(&Numbered<'_>)) -> Option<Problem> {
        let mut init = false;
        // A descriptor of its own has a position of its own.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let listed = openat(&self.proc, c".", flags, Mode::empty()).and_then(|proc| {
            numbers(&proc, |listed| {
                init |= listed.number == 1;
                each(listed);
            })
        });
        match listed {
            Err(errno) => Some(blind::unlisted(errno)),
            Ok(()) => (!init).then(blind::hidden),
        }
    }

    fn told(&self) -> Scan {
        let kept = self.held.by.values().flat_map(|kept| &kept.found);
        let mut holders: BTreeMap<u64, Vec<Holder>> = BTreeMap::new();
        for (inode, holder) in self.living.found().chain(&self.mounts.found).chain(kept) {
            holders.entry(*inode).or_default().push(holder.clone());
        }
        for list in holders.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
        let problems = self.problems(&holders);
        Scan { holders, problems, own: self.own, taps: self.taps() }
    }

    fn taps(&self) -> BTreeMap<DeviceNumber, Vec<(i32, Text)>> {
        let mut taps: BTreeMap<DeviceNumber, Vec<(i32, Text)>> = BTreeMap::new();
        for (&pid, kept) in &self.held.by {
            for device in &kept.taps {
                let command = self.living.command(pid).cloned().unwrap_or_default();
                taps.entry(*device).or_default().push((pid, command));
            }
        }
        taps
    }

    fn problems(&self, holders: &BTreeMap<u64, Vec<Holder>>) -> Vec<Problem> {
        let root_seen = matches!(self.root, Root::Is(root) if holders.contains_key(&root));
        let covered = holders.values().filter_map(|list| blind::covered_mount(list));
        let marking = self.mounts.mark_sockets.then(blind::marked_sockets);
        let mut problems: Vec<_> = self.living.blind.problems(root_seen).collect();
        problems.extend(self.held.blind.problems(root_seen));
        problems.extend(self.mounts.problem.clone());
        problems.extend(self.unlisted.clone());
        problems.extend(blind::covered(&covered.collect::<Vec<_>>()));
        problems.extend(marking);
        problems.sort_unstable();
        problems
    }
}

impl Mounts {
    fn read() -> Self {
        match fs::read("/proc/self/mountinfo") {
            Ok(mountinfo) => Self {
                found: mounts::holders(&mountinfo, None).collect(),
                problem: None,
                mark_sockets: mountinfo::marks_sockets(&mountinfo),
            },
            Err(error) => Self { problem: Some(blind::unread_mounts(&error)), ..Self::default() },
        }
    }
}

/// Where network namespaces are mounted in our own mount namespace, the last mounted first.
pub(super) fn own_mount_points() -> Vec<Vec<u8>> {
    let mountinfo = fs::read("/proc/self/mountinfo").unwrap_or_default();
    let mounts = mountinfo::netns_mounts(&mountinfo);
    mounts.into_iter().rev().filter(|mount| !mount.covered).map(|mount| mount.point).collect()
}

fn open_named(path: &str) -> io::Result<File> {
    File::open(path)
        .map_err(|error| io::Error::new(error.kind(), format!("opening {path}: {error}")))
}
