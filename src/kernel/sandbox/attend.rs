//! Waiting for the next process of the chain that leads into a sandbox, so that the whole chain acts
//! as one job: signals are passed on inwards, a stop outwards, and the exit status, too.
//!
//! A process in a new PID namespace can't name those outside, nor their process groups. What it can
//! signal is the group that it shares with them.

use std::mem::MaybeUninit;
use std::process::Child;
use std::ptr;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::{self, c_int};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, killpg, raise, sigaction,
    sigprocmask,
};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgid, getpgrp, getpid, tcsetpgrp};

/// Sent to one of the chain, they are for the program.
const PASSED_ON: [Signal; 4] = [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT];

/// Waits for the end of what [`spawn`](super::spawn) started, and gives its exit status; 128 + N for
/// death by signal N. Meanwhile signals to this process are passed on to the program, and Ctrl-Z of
/// the program stops this process with it. For a process with a single thread.
pub fn attend(child: &Child) -> u8 {
    let status = wait_for(Pid::from_raw(child.id().cast_signed()));
    u8::try_from(status).unwrap_or(u8::MAX)
}

/// The same for each process of the chain. It neither allocates nor takes a lock.
pub(super) fn wait_for(child: Pid) -> c_int {
    let is_init = getpid().as_raw() == 1;
    let mut awaited = SigSet::empty();
    awaited.extend(PASSED_ON);
    awaited.add(Signal::SIGCHLD);
    awaited.add(Signal::SIGCONT);
    if is_init {
        // It has to be interrupted where it may not have the terminal; see `resume`. By itself, an
        // init would not be told.
        let told =
            SigAction::new(SigHandler::Handler(interrupted), SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler does nothing.
        #[allow(unsafe_code)]
        let _ = unsafe { sigaction(Signal::SIGTTOU, &told) };
    } else {
        awaited.add(Signal::SIGTSTP);
    }
    let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&awaited), None);
    let mut is_stopped = false;
    loop {
        if let Some(status) = reap(child, &mut is_stopped) {
            return status;
        }
        match next(&awaited) {
            Some((Signal::SIGCONT, _)) if is_init => {
                is_stopped = is_stopped && resume(child) == Err(Errno::EINTR);
            }
            Some((Signal::SIGCONT, _)) => _ = kill(child, Signal::SIGCONT),
            Some((Signal::SIGTSTP, _)) => {
                stop();
                let _ = kill(child, Signal::SIGCONT);
            }
            // The keyboard's went to the whole group, or are none of ours.
            Some((Signal::SIGINT | Signal::SIGQUIT, libc::SI_KERNEL)) => {}
            Some((signal, _)) if PASSED_ON.contains(&signal) => _ = kill(child, signal),
            _ => {}
        }
    }
}

/// Takes in all that children did; the child's exit status, if that was its end.
fn reap(child: Pid, is_stopped: &mut bool) -> Option<c_int> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => return Some(status),
            Ok(WaitStatus::Signaled(pid, by, _)) if pid == child => return Some(128 + by as c_int),
            Ok(WaitStatus::Stopped(pid, _)) if pid == child => {
                *is_stopped = true;
                // In a group of its own it has stopped alone, and a shell waits for the others.
                if getpgid(Some(child)) != Ok(getpgrp()) {
                    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
                }
            }
            Ok(WaitStatus::StillAlive) => return None,
            // An orphan that PID 1 was given.
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Some(errno as c_int),
        }
    }
}

/// The next signal and who sent it (`si_code`, sigaction(2)).
fn next(awaited: &SigSet) -> Option<(Signal, c_int)> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: both point to what the call may read and write; zeroes are a valid siginfo_t.
    #[allow(unsafe_code)]
    let (number, info) = unsafe {
        let number = libc::sigwaitinfo(ptr::from_ref(awaited.as_ref()), info.as_mut_ptr());
        (number, info.assume_init())
    };
    Signal::try_from(number).ok().map(|signal| (signal, info.si_code))
}

/// Stops this process until it is continued. Where no shell could do that, the kernel ignores it.
fn stop() {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTSTP);
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&stops), None);
    let _ = raise(Signal::SIGTSTP);
    let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&stops), None);
}

/// Lets the program go on, with the terminal if it has a group of its own. EINTR: the shell has kept
/// the terminal, and the kernel has just stopped the rest of the chain for asking (tcsetpgrp(3)).
fn resume(child: Pid) -> nix::Result<()> {
    let group = getpgid(Some(child))?;
    if group == getpgrp() {
        return kill(child, Signal::SIGCONT);
    }
    let tty = open("/dev/tty", OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC, Mode::empty());
    // Without a terminal any more the program has to learn that.
    if tty.and_then(|tty| tcsetpgrp(tty, group)) == Err(Errno::EINTR) {
        return Err(Errno::EINTR);
    }
    killpg(group, Signal::SIGCONT)
}

extern "C" fn interrupted(_: c_int) {}
