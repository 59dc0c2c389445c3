//! A program, usually a shell, that runs inside a namespace until it ends.
//!
//! As with `ip netns exec` it gets mounts of its own, with a /sys that shows the namespace; what is
//! mounted outside later still appears inside. The terminal and its signals are the caller's
//! business.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

use super::enter;
use crate::model::Netns;

/// Names the namespace, for a prompt to show.
pub const NETNS_VARIABLE: &str = "MACVLENS_NETNS";

/// Runs the command inside and waits for its end. `label` becomes [`NETNS_VARIABLE`].
///
/// In the own namespace it takes no privilege; in another one `CAP_SYS_ADMIN`.
pub fn run(netns: &Netns, label: &str, mut command: Command) -> io::Result<ExitStatus> {
    command.env(NETNS_VARIABLE, label);
    if netns.current {
        return command.status();
    }
    let opened = enter::open(netns)?;
    // SAFETY: the closure runs between fork and exec and makes only system calls; it neither
    // allocates nor takes a lock.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            // Without mounts of its own it is still inside; only /sys shows the wrong namespace.
            let _ = own_sys();
            Ok(())
        });
    }
    // The child inherits the namespace of the thread that starts it.
    enter::inside(opened.as_fd(), || command.status())?
}

/// A /sys of the namespace, in mounts of our own. Nothing is mounted where they can't be had.
fn own_sys() -> nix::Result<()> {
    const NONE: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(NONE, "/", NONE, MsFlags::MS_SLAVE | MsFlags::MS_REC, NONE)?;
    // The kernel gives an ordinary user a new sysfs only while an old one is in sight.
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    if mount(Some("sysfs"), "/sys", Some("sysfs"), flags, NONE).is_err() {
        umount2("/sys", MntFlags::MNT_DETACH)?;
        mount(Some("sysfs"), "/sys", Some("sysfs"), flags, NONE)?;
    }
    Ok(())
}
