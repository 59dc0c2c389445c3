//! Which namespace is the root: the host's first, in which physical cards are born and to which
//! they return.
//!
//! PID 1 lives in it, but may be unreadable or, in a container, somebody else's. So there are
//! several witnesses, and the answer may be that nobody knows.

use std::env;
use std::ffi::CStr;
use std::fs;
use std::os::fd::BorrowedFd;
use std::path::Path;

use procfs::process::StatFlags;

use super::directory::{Directory, Numbered};
use super::open::Identity;
use crate::kernel::sandbox::LAB_VARIABLE;

/// `NET_NS_INIT_INO` of linux/nsfs.h, since Linux 6.17. Older kernels number upwards from
/// 0xF0000000, so it never means another namespace.
const NET_NS_INIT_INO: u64 = 0xefff_fff9;
/// `PID_NS_INIT_INO`, the same number since Linux 3.8.
const PID_NS_INIT_INO: u64 = 0xefff_fffc;

/// What is known of the root namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Its inode number.
    Is(u64),
    /// Not this one, ours.
    IsNot(u64),
    /// Nothing.
    Unknown,
}

impl Root {
    /// Asks the witnesses; on the thread, and of the namespace, that `own` identifies.
    pub(super) fn learn(proc: BorrowedFd<'_>, own: Identity) -> Self {
        if let Some(inode) = home_of_a_lab(proc) {
            return Self::Is(inode);
        }
        // NS_GET_ID for network namespaces is younger than the fixed number.
        if own.cookie.is_some() || own.inode == NET_NS_INIT_INO {
            return Self::Is(NET_NS_INIT_INO);
        }
        if let Some(inode) = home_of_the_kernel(proc) {
            return Self::Is(inode);
        }
        // Present in every network namespace, and in the first one alone (net/core/sysctl_net_core.c).
        let sysctl = |name: &str| Path::new("/proc/sys/net/core").join(name).try_exists();
        match (sysctl("somaxconn"), sysctl("netdev_max_backlog")) {
            (Ok(true), Ok(true)) => Self::Is(own.inode),
            (Ok(true), Ok(false)) => Self::IsNot(own.inode),
            _ => Self::Unknown,
        }
    }

    /// Whether the namespace with that inode number is the root; `None` where nobody knows.
    pub(super) fn is(self, inode: u64) -> Option<bool> {
        match self {
            Self::Is(root) => Some(inode == root),
            Self::IsNot(other) if inode == other => Some(false),
            _ if inode == NET_NS_INIT_INO => Some(true),
            Self::IsNot(_) | Self::Unknown => None,
        }
    }
}

/// The namespace that stands for the host's in a lab: that of PID 1, as in a host.
fn home_of_a_lab(proc: BorrowedFd<'_>) -> Option<u64> {
    env::var_os(LAB_VARIABLE)?;
    Directory::open(proc, &unlisted(1, c"1")).ok()?.namespace(c"ns/net").ok()
}

/// The namespace of kthreadd, the parent of all kernel threads, or of PID 1: where /proc is that
/// of the initial PID namespace.
fn home_of_the_kernel(proc: BorrowedFd<'_>) -> Option<u64> {
    let pid_namespace = fs::metadata("/proc/self/ns/pid").ok()?;
    if std::os::unix::fs::MetadataExt::ino(&pid_namespace) != PID_NS_INIT_INO {
        return None;
    }
    let kthreadd = Directory::open(proc, &unlisted(2, c"2")).ok().filter(|process| {
        process.stat().is_some_and(|stat| {
            stat.ppid == 0 && stat.flags().is_ok_and(|f| f.contains(StatFlags::PF_KTHREAD))
        })
    });
    let of = |process: Directory| process.namespace(c"ns/net").ok();
    kthreadd.and_then(of).or_else(|| Directory::open(proc, &unlisted(1, c"1")).ok().and_then(of))
}

/// A process that is known to be there.
fn unlisted(number: i32, name: &CStr) -> Numbered<'_> {
    Numbered { number, name, inode: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proc() -> std::fs::File {
        fs::File::open("/proc").expect("/proc")
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(Root::Is(7).is(7), Some(true));
        assert_eq!(Root::Is(7).is(8), Some(false));
        assert_eq!(Root::IsNot(7).is(7), Some(false));
        assert_eq!(Root::IsNot(7).is(8), None);
        assert_eq!(Root::Unknown.is(8), None);
        assert_eq!(Root::Unknown.is(NET_NS_INIT_INO), Some(true));
    }

    #[test]
    fn witnesses_agree() {
        use std::os::fd::AsFd;
        let proc = proc();
        let own = fs::File::open("/proc/self/ns/net").expect("own namespace");
        let own = super::super::open::identify(own.as_fd()).expect("identity");
        let young = Root::learn(proc.as_fd(), own);
        // As an older kernel would have it.
        let old = Root::learn(proc.as_fd(), Identity { cookie: None, ..own });
        if let (Some(young), Some(old)) = (young.is(own.inode), old.is(own.inode)) {
            assert_eq!(young, old);
        }
        if let (Root::Is(young), Some(old)) = (young, home_of_the_kernel(proc.as_fd())) {
            assert_eq!(young, old);
        }
    }
}
