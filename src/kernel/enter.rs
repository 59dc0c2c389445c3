//! Entering a network namespace: the only `setns` of a running program.
//!
//! A thread that has changed its namespace never comes back to other work: each entry gets a thread
//! of its own that ends with it, so no other part of the program can run in the wrong place.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic;
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

use super::discover::{self, Identity};
use crate::model::{Netns, NetnsId};

/// Opens a namespace through what holds it, and proves that it is the one that is meant.
pub fn open(netns: &Netns) -> io::Result<OwnedFd> {
    let Some(inode) = netns.inode else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no path leads there"));
    };
    let opened = discover::open(inode, &netns.holders)?;
    proved(opened, netns.id)
}

/// What was opened, if it is the namespace that was expected.
pub(super) fn proved(opened: OwnedFd, expected: NetnsId) -> io::Result<OwnedFd> {
    if id_of(discover::identify(opened.as_fd())?) == expected {
        return Ok(opened);
    }
    let other = "what led there leads to another namespace by now";
    Err(io::Error::new(io::ErrorKind::NotFound, other))
}

/// The identity that a namespace has in the topology.
pub(super) fn id_of(identity: Identity) -> NetnsId {
    identity.cookie.map_or(NetnsId::Inode(identity.inode), NetnsId::Cookie)
}

/// Runs `work` in this namespace: here, where it is the own one, which even to enter takes a privilege,
/// else as [`inside`] does.
pub fn within<T: Send>(netns: &Netns, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    if netns.current { Ok(work()) } else { inside(open(netns)?.as_fd(), work) }
}

/// Runs `work` inside the namespace that `netns` refers to (setns(2)).
///
/// Needs `CAP_SYS_ADMIN` in our own and in the target's user namespace. The kernel lets go of the
/// thread's namespace a moment *after* the thread has been joined.
pub fn inside<T: Send>(netns: BorrowedFd<'_>, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    on_own_thread(|| setns(netns, CloneFlags::CLONE_NEWNET), work)
}

/// Runs `work` inside a network namespace made for it (unshare(2)). The namespace dies with the
/// last descriptor, socket or mount of it that `work` leaves behind.
pub fn fresh<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    on_own_thread(|| unshare(CloneFlags::CLONE_NEWNET), work)
}

fn on_own_thread<T: Send>(
    enter: impl FnOnce() -> nix::Result<()> + Send,
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    thread::scope(|scope| {
        let worker =
            thread::Builder::new().name("netns".into()).spawn_scoped(scope, move || {
                enter()?;
                Ok(work())
            })?;
        worker.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
    })
}
