//! Namespaces that processes and single threads live in.

use std::fmt::Write;

use rustix::io::Errno;
use rustix::path::Arg;

use super::Found;
use super::blind::{Blind, Unseen, has_ended};
use super::directory::{Directory, Numbered, numbers};
use super::memory::Memory;
use crate::model::{Holder, Text};

/// A process has just been made when it is first seen, and is about to become the program that
/// people know; after so many scans its command is taken for settled until the next full one.
const SETTLED: u8 = 3;

/// The command of a process, and how often it was read.
#[derive(Clone)]
pub(super) struct Command {
    text: Text,
    readings: u8,
}

/// The commands of processes, by pid and [`Directory::inode`].
pub(super) type Commands = Memory<(i32, u64), Command>;

/// Finds where a process and its threads live, and returns those namespaces' inode numbers.
///
/// `None`: nothing of it may be read. The threads of `own`, our process, are left
/// out: they visit other namespaces for the length of one operation.
pub(super) fn look(
    process: &Directory,
    own: i32,
    commands: &mut Commands,
    found: &mut Found,
    blind: &mut Blind,
) -> Option<Vec<u64>> {
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
    let mut homes = Vec::from_iter(leader);
    if let Some(inode) = leader
        && let Ok(command) = name(process, commands)
    {
        found.push((inode, Holder::Process { pid, command }));
    }
    if pid != own && !process.has_one_thread() {
        let listed = threads(process, leader, &mut homes, found);
        listed.unwrap_or_else(|errno| blind.note(Unseen::Threads, process, errno));
    }
    Some(homes)
}

fn name(process: &Directory, commands: &mut Commands) -> Result<Text, Errno> {
    let key = (process.pid, process.inode);
    let known = match commands.take(&key) {
        Some(known) if known.readings >= SETTLED => known,
        known => Command {
            text: command(process, c"comm")?,
            readings: known.map_or(1, |known| known.readings + 1),
        },
    };
    let text = known.text.clone();
    commands.keep(key, known);
    Ok(text)
}

fn threads(
    process: &Directory,
    leader: Option<u64>,
    homes: &mut Vec<u64>,
    found: &mut Found,
) -> Result<(), Errno> {
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
        if let Ok(command) = command(process, &*path) {
            homes.push(inode);
            found.push((inode, Holder::Thread { pid, tid, command }));
        }
    })
}

/// The name of a process or thread. A worker of the kernel's shows there what it is working on at
/// the moment (`wq_worker_comm` in kernel/workqueue.c), which is left out: it is no part of its name.
fn command(process: &Directory, file: impl Arg) -> Result<Text, Errno> {
    let command = process.line(file)?;
    let bytes = command.as_bytes();
    let work = bytes.iter().position(|byte| matches!(byte, b'-' | b'+'));
    match work.filter(|_| bytes.starts_with(b"kworker/") && !bytes.starts_with(b"kworker/R-")) {
        Some(end) => Ok(bytes[..end].into()),
        None => Ok(command),
    }
}
