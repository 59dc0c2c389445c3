//! Stopping as Ctrl-Z does: the whole job, and only where somebody can continue it. And being the
//! terminal's job again when another was.

use std::io::stdin;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, killpg};
use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgid, getpgrp, getpid, getppid, setpgid, tcgetpgrp, tcsetpgrp};
use procfs::process::Process;

/// Stops every process of the job, as the terminal would (termios(3), VSUSP), and returns when it
/// is continued. Without a shell that controls jobs nothing happens: nobody could continue it.
pub(super) fn stop() -> Result<()> {
    if is_controlled() {
        // Not SIGTSTP, which this program catches.
        killpg(getpgrp(), Signal::SIGSTOP).context("stopping")?;
    }
    Ok(())
}

/// Makes this process a job of its own, with the terminal. In a sandbox the group of whoever started it
/// has no number, so the terminal could never be given back to that by a shell.
pub(super) fn become_own() -> Result<()> {
    // In the background the terminal stops us here, as it should, for as long as it can tell.
    let _ = tcgetattr(stdin()).and_then(|now| tcsetattr(stdin(), SetArg::TCSANOW, &now));
    to_foreground()
}

/// Takes the terminal back from the UI of a lab, which had it. It may still be ending; only the shell that
/// started us keeps the terminal, when we are in the background.
pub(super) fn take_back_from_ui() -> Result<()> {
    if tcgetpgrp(stdin()) == getpgid(Some(getppid())) { Ok(()) } else { to_foreground() }
}

/// Takes the terminal back from a command that has ended, if it had it; not from another job that lives.
pub(super) fn take_back_from_command() -> Result<()> {
    match tcgetpgrp(stdin()).map(|group| killpg(group, None)) {
        Ok(Err(Errno::ESRCH)) => to_foreground(),
        _ => Ok(()),
    }
}

/// Takes the terminal back from a shell that ended without giving it back (tcsetpgrp(3)); without
/// that, the next word to the terminal would stop the program.
pub(super) fn to_foreground() -> Result<()> {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTTOU);
    let before = stops.thread_swap_mask(SigmaskHow::SIG_BLOCK).context("blocking a signal")?;
    // The group of whoever entered a PID namespace with us has no number in it (pid_namespaces(7)),
    // so the terminal can't be given to it: a group of our own can have it.
    if getpgrp().as_raw() == 0 {
        let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    }
    // Where the terminal does not control us, there is nothing to take back.
    let _ = tcsetpgrp(stdin(), getpgrp());
    before.thread_set_mask().context("unblocking a signal")
}

/// Whether the process group has a parent in the same session but in another group; without one it
/// is orphaned, and the kernel, too, would not let a terminal stop it (setpgid(2)).
fn is_controlled() -> bool {
    let group = getpgrp();
    let mut pid = getpid();
    loop {
        let Ok(stat) = Process::new(pid.as_raw()).and_then(|process| process.stat()) else {
            return false;
        };
        let Ok(parent) = Process::new(stat.ppid).and_then(|process| process.stat()) else {
            return false;
        };
        if Pid::from_raw(parent.pgrp) != group {
            return parent.session == stat.session;
        }
        pid = Pid::from_raw(stat.ppid);
    }
}
