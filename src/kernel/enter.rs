//! Entering a network namespace: the only `setns` and the only `unshare` of a running program.
//!
//! A thread that has changed its namespace never comes back to other work: each entry gets a thread
//! of its own that ends with it, so no other part of the program can run in the wrong place.

use std::io;
use std::os::fd::BorrowedFd;
use std::panic;
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

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
