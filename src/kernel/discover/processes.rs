//! Namespaces that processes and single threads live in.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::path::Arg;

use super::blind::{Blind, Unseen, has_ended};
use super::directory::{Directory, Numbered, numbers, only_namespace};
use super::{Depth, Found};
use crate::model::{Holder, Text};

/// A process has just been made when it is first seen, and is about to become the program that
/// people know; after so many looks its command is taken for settled until the next full one.
const SETTLED: u8 = 3;

/// Where processes and threads live, as the last look found it.
#[derive(Default)]
pub(super) struct Living {
    homes: BTreeMap<i32, Home>,
    pub(super) blind: Blind,
    /// What the look before could not see.
    blind_before: Blind,
    /// Whether this look found anything else than the one before.
    changed: bool,
}

/// Where one process and its threads live.
struct Home {
    /// [`Directory::inode`]: with the pid, who it is.
    directory: u64,
    /// The namespace of a process that has no other thread than its main one.
    only: Option<u64>,
    found: Found,
    /// How often its command was read.
    readings: u8,
    /// Whether this look met the process.
    met: bool,
}

impl Living {
    /// Begins a look at all processes.
    pub(super) fn begin(&mut self) {
        self.blind_before = mem::take(&mut self.blind);
        self.changed = false;
    }

    /// Ends a look: whom it did not meet is gone. Tells whether anything is different.
    pub(super) fn end(&mut self) -> bool {
        let known = self.homes.len();
        self.homes.retain(|_, home| mem::take(&mut home.met));
        self.changed || self.homes.len() != known || self.blind != self.blind_before
    }

    /// Whether a process lives as it did at the last look, found out without opening anything: most
    /// do, and there may be thousands. One that has taken over a pid is listed with another inode
    /// number, at the latest when it is met the second time (`proc_fill_cache` and
    /// `pid_revalidate` in fs/proc/base.c).
    pub(super) fn stays(&mut self, proc: BorrowedFd<'_>, listed: &Numbered<'_>) -> bool {
        let Some(home) = self.homes.get_mut(&listed.number) else { return false };
        home.met = home.directory == listed.inode
            && home.readings >= SETTLED
            && home.only.is_some()
            && only_namespace(proc, listed) == home.only;
        home.met
    }

    /// Finds where a process and its threads live. `None`: nothing of it may be read.
    ///
    /// The threads of `own`, our process, are left out: they visit other namespaces for the length
    /// of one operation.
    pub(super) fn look(&mut self, process: &Directory, own: i32, depth: Depth) -> Option<&Found> {
        let before = self.homes.remove(&process.pid);
        let known = before.as_ref().filter(|home| home.directory == process.inode);
        let home = Home::look(process, own, known, depth, &mut self.blind);
        let [old, new] = [&before, &home].map(|home| home.as_ref().map(|home| &home.found));
        self.changed |= old != new;
        home.map(|home| &self.homes.entry(process.pid).or_insert(home).found)
    }

    /// The command of a process, as it was read last.
    pub(super) fn command(&self, pid: i32) -> Option<&Text> {
        self.homes.get(&pid).and_then(Home::command)
    }

    /// Everything found.
    pub(super) fn found(&self) -> impl Iterator<Item = &(u64, Holder)> {
        self.homes.values().flat_map(|home| &home.found)
    }

    /// Forgets who lived in a namespace; whoever still does is found anew.
    pub(super) fn forget(&mut self, inode: u64) {
        self.homes.retain(|_, home| home.found.iter().all(|(of, _)| *of != inode));
    }
}

impl Home {
    fn look(
        process: &Directory,
        own: i32,
        known: Option<&Self>,
        depth: Depth,
        blind: &mut Blind,
    ) -> Option<Self> {
        let pid = process.pid;
        let leader = match process.namespace(c"ns/net") {
            Ok(inode) => Some(inode),
            // A main thread that has ended leaves its namespaces at once, while others may go on.
            Err(errno) if has_ended(process, errno) => None,
            Err(errno) => {
                blind.count(Unseen::Netns, pid, errno);
                return None;
            }
        };
        let mut found = Found::new();
        let readings = known.map_or(0, |home| home.readings);
        let command = known.and_then(Self::command).filter(|_| readings >= SETTLED);
        let command = match (depth, command) {
            (Depth::Quick, Some(command)) => Ok(command.clone()),
            _ => command_of(process, c"comm"),
        };
        if let (Some(inode), Ok(command)) = (leader, command) {
            found.push((inode, Holder::Process { pid, command }));
        }
        let is_alone = process.has_one_thread();
        if pid != own && !is_alone {
            let listed = threads(process, leader, &mut found);
            listed.unwrap_or_else(|errno| blind.note(Unseen::Threads, process, errno));
        }
        Some(Self {
            directory: process.inode,
            only: leader.filter(|_| is_alone),
            found,
            readings: readings.saturating_add(1),
            met: true,
        })
    }

    fn command(&self) -> Option<&Text> {
        self.found.iter().find_map(|(_, holder)| match holder {
            Holder::Process { command, .. } => Some(command),
            _ => None,
        })
    }
}

fn threads(process: &Directory, leader: Option<u64>, found: &mut Found) -> Result<(), Errno> {
    let pid = process.pid;
    let mut path = String::with_capacity(32);
    numbers(process.directory(c"task")?, |&Numbered { number: tid, .. }| {
        path.clear();
        // Writing into a String cannot fail.
        let _ = write!(path, "task/{tid}/ns/net");
        // A thread that can't be read has ended: access is granted for the process as a whole.
        let Ok(inode) = process.namespace(&*path) else { return };
        if tid == pid || Some(inode) == leader {
            return;
        }
        path.truncate(path.len() - "ns/net".len());
        path.push_str("comm");
        if let Ok(command) = command_of(process, &*path) {
            found.push((inode, Holder::Thread { pid, tid, command }));
        }
    })
}

/// The name of a process or thread. A worker of the kernel's shows there what it is working on at
/// the moment (`wq_worker_comm` in kernel/workqueue.c), which is left out: it is no part of its name.
fn command_of(process: &Directory, file: impl Arg) -> Result<Text, Errno> {
    let command = process.line(file)?;
    let bytes = command.as_bytes();
    let work = bytes.iter().position(|byte| matches!(byte, b'-' | b'+'));
    match work.filter(|_| bytes.starts_with(b"kworker/") && !bytes.starts_with(b"kworker/R-")) {
        Some(end) => Ok(bytes[..end].into()),
        None => Ok(command),
    }
}
