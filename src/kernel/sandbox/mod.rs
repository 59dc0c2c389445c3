//! Throw-away namespaces for labs and tests: a program runs as root of a world of its own, and
//! nothing it does to links, namespaces or mounts reaches the host or outlives it.
//!
//! Works for root and, where user namespaces are allowed, for everybody. Three processes share the
//! work: the one that `Command` knows of, which waits; PID 1 of the new PID namespace, which reaps;
//! and the program itself. When any of them or the caller ends, the kernel ends the rest.

mod attend;
mod hand_over;
mod links;
pub mod named;
mod root;

use std::env;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid, fork, getegid, geteuid, getppid};

pub use attend::attend;
pub use hand_over::{hand_over, take_over};
pub use links::{Links, SubInterface, present};
use root::Root;
pub use root::cover;

/// Set in the environment of what runs in a lab: its name. There the namespace of PID 1 stands for
/// the host's.
pub const LAB_VARIABLE: &str = "MACVLENS_LAB";

/// What the making of a sandbox is made of, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A pipe through which the new process tells how far it came.
    Report,
    /// A user namespace, in which the program is root.
    Users,
    /// `/proc/self/uid_map` and its kin (user_namespaces(7)).
    Mapping,
    /// Network, mount and PID namespaces.
    Namespaces,
    /// The processes that wait and reap.
    Fork,
    /// No mount made inside is seen outside.
    Mounts,
    /// A /proc that shows the new PID namespace.
    Proc,
    /// An empty /run with /run/netns in it.
    Run,
    /// The loopback interface.
    Loopback,
    /// The program to run.
    Program,
}

impl Step {
    const ALL: [Self; 10] = [
        Self::Report,
        Self::Users,
        Self::Mapping,
        Self::Namespaces,
        Self::Fork,
        Self::Mounts,
        Self::Proc,
        Self::Run,
        Self::Loopback,
        Self::Program,
    ];

    fn attempt(self) -> &'static str {
        match self {
            Self::Report => "making a pipe",
            Self::Users => "creating a user namespace",
            Self::Mapping => "becoming root of the new user namespace",
            Self::Namespaces => "creating network, mount and PID namespaces",
            Self::Fork => "starting the first process of the new PID namespace",
            Self::Mounts => "making the mounts private",
            Self::Proc => "mounting a new /proc",
            Self::Run => "mounting an empty /run",
            Self::Loopback => "setting lo up",
            Self::Program => "starting the program",
        }
    }

    /// What usually forbids the step.
    fn hint(self) -> &'static str {
        match self {
            Self::Users | Self::Mapping | Self::Namespaces | Self::Mounts => {
                ": check the sysctls kernel.unprivileged_userns_clone, \
                 kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces and its \
                 kin for net, mnt and pid; a container's seccomp filter may forbid it too"
            }
            Self::Proc => {
                ": a container that covers parts of /proc forbids mounting a new one in it"
            }
            Self::Report | Self::Fork | Self::Run | Self::Loopback | Self::Program => "",
        }
    }
}

/// Why no sandbox could be made, or nothing be built in it.
#[derive(Debug)]
pub struct Error {
    /// The step of [`spawn`] that failed; `None` for what is built afterwards.
    pub step: Option<Step>,
    what: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Error {
    fn at(step: Step, source: io::Error) -> Self {
        Self { step: Some(step), what: step.attempt().into(), source: source.into() }
    }

    fn building(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { step: None, what: what.into(), source: source.into() }
    }

    /// Whether the kernel makes no more namespaces of a kind (`ENOSPC`, namespaces(7)).
    pub fn is_at_limit(&self) -> bool {
        let error = self.source.downcast_ref::<io::Error>();
        error.and_then(io::Error::raw_os_error) == Some(libc::ENOSPC)
    }

    /// Whether the kernel said that it does not know the kind of link, or has no driver for it.
    pub fn is_unsupported(&self) -> bool {
        match self.source.downcast_ref() {
            Some(rtnetlink::Error::NetlinkError(error)) => error.raw_code() == -libc::EOPNOTSUPP,
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.what, self.source, self.step.map_or("", Step::hint))
    }
}

impl std::error::Error for Error {}

/// Starts the program as root of new user, network, mount and PID namespaces.
///
/// Inside: `/proc` is that of the new PID namespace, `/run` is empty but for `/run/netns`, the rest of
/// the file system is the host's, without the host's mounted namespaces; `lo` is up. The program's exit status becomes the child's; death by signal N becomes status 128 + N.
/// A signal that asks to end, sent to the child, is passed on to the program. SIGKILL to the child ends
/// everything inside. So does the end of the *thread* that called this
/// (`PR_SET_PDEATHSIG`, prctl(2)): call it on a thread that also waits for the child.
///
/// Needs Linux 5.9 (`close_range`).
pub fn spawn(mut command: Command) -> Result<Child, Error> {
    let (mut told, mut report) = io::pipe().map_err(|e| Error::at(Step::Report, e))?;
    let directory =
        command.get_current_dir().map(Path::to_owned).or_else(|| env::current_dir().ok());
    let caller = Caller::new(&directory.unwrap_or_else(|| "/".into()));
    let setup = move || {
        caller.isolate().map_err(|(step, errno)| {
            // Best effort: without it the error is merely blamed on the last step.
            let _ = report.write(&[step as u8]);
            io::Error::from(errno)
        })
    };
    // SAFETY: the closure runs between fork and exec. It makes only system calls, on memory that
    // was prepared before the fork; it neither allocates nor takes a lock.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(setup);
    }
    let spawned = command.spawn();
    // The closure's end of the pipe must be gone, or the read below would wait for ever.
    drop(command);
    spawned.map_err(|error| {
        let mut step = [0];
        let reached = matches!(told.read(&mut step), Ok(1));
        let step = Step::ALL.get(usize::from(step[0])).filter(|_| reached);
        Error::at(step.copied().unwrap_or(Step::Program), error)
    })
}

/// What has to be known, and allocated, before the fork.
struct Caller {
    pid: Pid,
    uid_map: String,
    gid_map: String,
    root: Root,
}

type Stepped = Result<(), (Step, Errno)>;

trait AtStep<T> {
    fn at(self, step: Step) -> Result<T, (Step, Errno)>;
}

impl<T> AtStep<T> for nix::Result<T> {
    fn at(self, step: Step) -> Result<T, (Step, Errno)> {
        self.map_err(|errno| (step, errno))
    }
}

impl Caller {
    fn new(directory: &Path) -> Self {
        Self {
            root: Root::plan(directory),
            pid: Pid::this(),
            uid_map: format!("0 {} 1", geteuid()),
            gid_map: format!("0 {} 1", getegid()),
        }
    }

    /// Returns only in the process that is to become the program.
    fn isolate(&self) -> Stepped {
        self.root.clear()?;
        self.become_root()?;
        let rest = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID;
        unshare(rest).at(Step::Namespaces)?;
        // After the change of credentials, which may clear it (prctl(2)).
        set_pdeathsig(Signal::SIGKILL).at(Step::Fork)?;
        if getppid() != self.pid {
            return Err((Step::Fork, Errno::ESRCH));
        }
        // Twice: unshare(2) puts only children into the new PID namespace, the first of them is
        // its PID 1, and a program that isn't made for it is a bad PID 1.
        fork_and_wait()?;
        set_pdeathsig(Signal::SIGKILL).at(Step::Fork)?;
        fork_and_wait()?;
        self.root.enter()?;
        loopback_up().at(Step::Loopback)
    }

    fn become_root(&self) -> Stepped {
        unshare(CloneFlags::CLONE_NEWUSER).at(Step::Users)?;
        for (file, content) in [
            // Without this an ordinary user may not write the gid_map (user_namespaces(7)).
            ("/proc/self/setgroups", "deny"),
            ("/proc/self/uid_map", &self.uid_map),
            ("/proc/self/gid_map", &self.gid_map),
        ] {
            let file = open(file, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty());
            let written = file.and_then(|file| nix::unistd::write(file, content.as_bytes()));
            written.at(Step::Mapping)?;
        }
        Ok(())
    }
}

/// Returns in the child. The parent waits for it, reaping whatever else it is given, and exits as
/// the child did.
fn fork_and_wait() -> Stepped {
    // A caller that ignores SIGCHLD would leave nothing to wait for.
    handle(Signal::SIGCHLD, SigHandler::SigDfl).at(Step::Fork)?;
    // SAFETY: this process has one thread, being the child of a fork itself.
    #[allow(unsafe_code)]
    let forked = unsafe { fork() }.at(Step::Fork)?;
    match forked {
        ForkResult::Child => Ok(()),
        ForkResult::Parent { child } => wait_and_exit(child),
    }
}

fn wait_and_exit(child: Pid) -> ! {
    // The caller waits for the end of pipes of which this process has copies.
    // SAFETY: no descriptor is used after this, in a process that only waits and exits.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, 0);
    }
    let status = attend::wait_for(child);
    // SAFETY: _exit(2) runs no exit handlers, which belong to the process that was forked.
    #[allow(unsafe_code)]
    unsafe {
        libc::_exit(status)
    }
}

fn handle(which: Signal, handler: SigHandler) -> nix::Result<()> {
    // SAFETY: only SIG_DFL and SIG_IGN are ever set, so no handler runs.
    #[allow(unsafe_code)]
    unsafe {
        signal(which, handler).map(drop)
    }
}

/// `ip link set lo up`, by netdevice(7), which needs no answer to be parsed.
fn loopback_up() -> nix::Result<()> {
    nix::ioctl_write_ptr_bad!(set_flags, libc::SIOCSIFFLAGS, libc::ifreq);
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    // SAFETY: an ifreq is plain old data, for which all zeroes are valid.
    #[allow(unsafe_code)]
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    // IFF_UP is 1, whatever type the C library gives the constant.
    request.ifr_ifru.ifru_flags = 1;
    // SAFETY: the request is a filled-in ifreq that outlives the call.
    #[allow(unsafe_code)]
    unsafe {
        set_flags(socket.as_raw_fd(), &raw const request).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_by_its_place() {
        for (place, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step as usize, place, "{step:?}");
        }
    }
}
