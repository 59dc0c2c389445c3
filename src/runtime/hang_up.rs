//! The other end of a descriptor is gone: a reader of our output, or a whole terminal.
//!
//! A terminal that closes does not always send SIGHUP: it goes to the session that the terminal
//! controls, which need not be ours. Polling tells in every case.

use std::io::{self, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::sync::oneshot;

/// Waits until nobody reads standard output any more (poll(2): `POLLERR` of a pipe's write end).
pub(super) fn wait_for_readers_end() {
    wait(stdout().as_fd());
}

/// Tells when the terminal on standard input is gone (poll(2): `POLLHUP`).
pub(super) fn of_terminal() -> io::Result<oneshot::Receiver<()>> {
    let (gone, told) = oneshot::channel();
    thread::Builder::new().name("hang-up".into()).spawn(move || {
        wait(stdin().as_fd());
        // Nobody listens any more when the program ends for another reason.
        let _ = gone.send(());
    })?;
    Ok(told)
}

/// Without an event to wait for, only errors and hang-ups end the wait.
fn wait(fd: BorrowedFd<'_>) {
    let mut fds = [PollFd::new(fd, PollFlags::empty())];
    while poll(&mut fds, PollTimeout::NONE) == Err(Errno::EINTR) {}
}
