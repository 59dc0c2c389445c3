//! Counts what could not be seen, and tells it in a few sentences: one for each kind and reason,
//! never one for each process.

use std::collections::BTreeMap;
use std::io;

use rustix::io::Errno;

use super::directory::Directory;
use crate::kernel::privileges::advice;
use crate::model::{Holder, Problem, Text};

/// What a look into a process can miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unseen {
    /// `ns/net`; whatever else the process holds is then out of sight as well.
    Netns,
    /// `task`
    Threads,
    /// `fd`
    Descriptors,
    /// The namespace of a socket.
    Sockets,
    /// `ns/mnt` or `mountinfo`
    Mounts,
}

impl Unseen {
    fn of(self) -> &'static str {
        match self {
            Self::Netns => "the network namespace",
            Self::Threads => "the network namespaces of the threads",
            Self::Descriptors => "namespaces held by the open files",
            Self::Sockets => "namespaces held by the sockets",
            Self::Mounts => "namespaces held by the mounts",
        }
    }
}

/// A tally of processes by what was missed and why.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Blind(BTreeMap<(Unseen, i32), Vec<i32>>);

impl Blind {
    /// Takes down a failure, once for each process, unless the process [`has_ended`].
    pub(super) fn note(&mut self, unseen: Unseen, process: &Directory, errno: Errno) {
        let told = self.0.get(&(unseen, errno.raw_os_error()));
        let told = told.is_some_and(|pids| pids.last() == Some(&process.pid));
        if !told && !has_ended(process, errno) {
            self.count(unseen, process.pid, errno);
        }
    }

    /// Takes down a failure of a process that has not been met before.
    pub(super) fn count(&mut self, unseen: Unseen, pid: i32, errno: Errno) {
        self.0.entry((unseen, errno.raw_os_error())).or_default().push(pid);
    }

    /// The sentences. `root_seen`: whether the namespace that PID 1 nearly always lives in is known
    /// by other ways.
    pub(super) fn problems(&self, root_seen: bool) -> impl Iterator<Item = Problem> {
        self.0.iter().map(move |(&(unseen, errno), pids)| {
            let what = match pids[..] {
                [pid] => format!("{} of process {pid}", unseen.of()),
                _ => format!("{} of {} processes", unseen.of(), pids.len()),
            };
            let only_init = unseen == Unseen::Netns && pids[..] == [1];
            let mut why = Errno::from_raw_os_error(errno).to_string();
            if is_denied(errno) {
                why.push_str("; ");
                why.push_str(if only_init && root_seen {
                    "it is nearly always the host's first namespace, which is known otherwise"
                } else {
                    advice()
                });
            }
            Problem { what, why, incomplete: !(only_init && root_seen) }
        })
    }
}

fn is_denied(errno: i32) -> bool {
    [Errno::ACCESS, Errno::PERM].iter().any(|denied| denied.raw_os_error() == errno)
}

/// Whether a failure means no more than that the process has ended. While it ends, access to it may
/// be denied to everybody.
pub(super) fn has_ended(process: &Directory, errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::SRCH)
        || is_denied(errno.raw_os_error()) && process.is_ending()
}

/// The first mount point of a namespace that is held by nothing but mounts to which no path leads.
pub(super) fn covered_mount(holders: &[Holder]) -> Option<&Text> {
    let covered = |holder: &Holder| matches!(holder, Holder::Mount { .. }) && !holder.leads();
    match holders.first()? {
        Holder::Mount { path, .. } if holders.iter().all(covered) => Some(path),
        _ => None,
    }
}

/// Namespaces that only covered mounts were found to hold.
pub(super) fn covered(paths: &[&Text]) -> Option<Problem> {
    let path = paths.first()?;
    let what = match paths.len() {
        1 => format!("the network namespace mounted at {path}"),
        n => format!("{n} network namespaces, one of them mounted at {path}"),
    };
    let why = "another mount lies over it and nothing else was found that leads there; \
               `findmnt --all` shows both, `umount` takes away the upper one";
    Some(Problem { what, why: why.into(), incomplete: true })
}

/// /proc can't be listed.
pub(super) fn unlisted(errno: Errno) -> Problem {
    Problem {
        what: "the list of processes in /proc".into(),
        why: errno.to_string(),
        incomplete: true,
    }
}

/// /proc lists no PID 1, which every PID namespace has.
pub(super) fn hidden() -> Problem {
    Problem {
        what: "processes of other users".into(),
        why: format!("/proc is mounted with the option hidepid; {}", advice()),
        incomplete: true,
    }
}

/// Our own mounts can't be read.
pub(super) fn unread_mounts(error: &io::Error) -> Problem {
    Problem {
        what: "mounts, in /proc/self/mountinfo".into(),
        why: error.to_string(),
        incomplete: true,
    }
}

/// Sockets are not asked, lest asking changes them.
pub(super) fn marked_sockets() -> Problem {
    Problem {
        what: "network namespaces held by sockets alone".into(),
        why: "the cgroup controller net_cls or net_prio of version 1 is mounted: to ask a socket \
              of another process for its namespace would move it to the class of macvlens"
            .into(),
        incomplete: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(notes: &[(Unseen, i32, Errno)], root_seen: bool) -> Vec<Problem> {
        let mut blind = Blind::default();
        for (unseen, pid, errno) in notes {
            blind.count(*unseen, *pid, *errno);
        }
        blind.problems(root_seen).collect()
    }

    #[test]
    fn many_processes_are_one_sentence() {
        let notes: Vec<_> = (1..58).map(|pid| (Unseen::Netns, pid, Errno::ACCESS)).collect();
        let found = problems(&notes, true);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "the network namespace of 57 processes");
        assert!(found[0].why.contains("sudo") && found[0].incomplete, "{found:?}");
    }

    #[test]
    fn the_first_process_alone_hides_nothing_when_the_root_is_known() {
        assert!(!problems(&[(Unseen::Netns, 1, Errno::ACCESS)], true)[0].incomplete);
        assert!(problems(&[(Unseen::Netns, 1, Errno::ACCESS)], false)[0].incomplete);
        assert!(problems(&[(Unseen::Netns, 2, Errno::ACCESS)], true)[0].incomplete);
    }
}
