//! Opening a namespace through what holds it, and telling which one was opened.
//!
//! Paths and descriptors belong to whoever owns the container. So each is first opened with
//! `O_PATH`, which has no effect on what is opened and can't block; only what proves to be the
//! right namespace is then opened in earnest.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::thread;
use std::time::Duration;

use rustix::fs::{
    CWD, Mode, OFlags, ResolveFlags, fstat, fstatfs, open as open_path, openat, openat2,
};
use rustix::io::Errno;

use super::fds;
use crate::model::{Holder, Text};

/// Which namespace a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Inode number in nsfs, used again soon after a namespace has died.
    pub inode: u64,
    /// `NS_GET_ID` (ioctl_nsfs(2), Linux 6.18), never used again.
    pub cookie: Option<u64>,
}

/// Tells which namespace `netns` refers to.
pub fn identify(netns: BorrowedFd<'_>) -> io::Result<Identity> {
    nix::ioctl_read!(ns_get_id, 0xb7, 13, u64);
    let inode = fstat(netns)?.st_ino;
    let mut cookie = 0;
    // SAFETY: the kernel writes the 64 bits that `cookie` has.
    #[allow(unsafe_code)]
    let asked = unsafe { ns_get_id(netns.as_raw_fd(), &raw mut cookie) };
    match asked {
        Ok(_) => Ok(Identity { inode, cookie: Some(cookie) }),
        // What older kernels say to an ioctl that they don't know.
        Err(nix::Error::ENOTTY | nix::Error::EINVAL) => Ok(Identity { inode, cookie: None }),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a network namespace through any of its holders. What is returned has that inode number.
///
/// The error is that of the first holder that is still there but doesn't let us in, or `NotFound`
/// when all of them are gone.
pub fn open(inode: u64, holders: &[Holder]) -> io::Result<OwnedFd> {
    let mut refused = None;
    for holder in holders {
        match through(holder).and_then(|fd| verified(&fd, inode)) {
            Ok(netns) => return Ok(netns),
            Err(error) if is_gone(&error) => {}
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| {
        let gone = "nothing that held the namespace leads to it any more";
        io::Error::new(io::ErrorKind::NotFound, gone)
    }))
}

/// Whether an error of [`open`] says no more than that nothing leads to the namespace any more.
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// A descriptor, `O_PATH` or better, for whatever the holder refers to now.
fn through(holder: &Holder) -> io::Result<OwnedFd> {
    if !holder.leads() {
        return Err(io::ErrorKind::NotFound.into());
    }
    match holder {
        Holder::Process { pid, .. } => pinned(&format!("/proc/{pid}/ns/net")),
        Holder::Thread { pid, tid, .. } => pinned(&format!("/proc/{pid}/task/{tid}/ns/net")),
        Holder::Fd { pid, fd, .. } => pinned(&format!("/proc/{pid}/fd/{fd}")),
        Holder::Socket { pid, fd, .. } => fds::open_socket(*pid, *fd),
        Holder::Mount { path, pid: None } => Ok(own_mount(path)?),
        Holder::Mount { path, pid: Some(pid) } => foreign_mount(path, *pid),
        Holder::Nsid { .. } => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn pinned(path: &str) -> io::Result<OwnedFd> {
    Ok(open_path(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?)
}

fn own_mount(path: &Text) -> Result<OwnedFd, Errno> {
    let path = OsStr::from_bytes(path.as_bytes());
    open_path(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Walks a path in the mount namespace of another process, which may be hostile: never out of its
/// root directory, along no symbolic link, and only as far as the kernel's own memory reaches
/// (`RESOLVE_CACHED`, openat2(2), Linux 5.12). A mount keeps its whole path in memory, so that is
/// no loss, and no network or user-space file system is asked, which might never answer.
fn foreign_mount(text: &Text, pid: i32) -> io::Result<OwnedFd> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = open_path(format!("/proc/{pid}/root"), directory, Mode::empty())?;
    let resolve = ResolveFlags::IN_ROOT
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::CACHED;
    let path = OsStr::from_bytes(text.as_bytes());
    // A mount made or moved anywhere on the host at the same time disturbs such a walk, too.
    for _ in 0..50 {
        match openat2(&root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve) {
            Err(Errno::AGAIN) => thread::sleep(Duration::from_micros(50)),
            Err(Errno::INVAL | Errno::NOSYS) => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "a path of another mount namespace can only be walked safely from Linux 5.12 on",
                ));
            }
            result => return Ok(result?),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::WouldBlock,
        format!("{text} of process {pid} leads through a file system that may not answer"),
    ))
}

/// Opens what `fd` refers to if, and only if, it is the namespace with that inode number.
fn verified(fd: &OwnedFd, inode: u64) -> io::Result<OwnedFd> {
    if !is_namespace(fd.as_fd(), inode)? {
        return Err(io::ErrorKind::NotFound.into());
    }
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    Ok(openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Whether the link `name` of a directory leads to the network namespace with that inode number.
pub(super) fn is_netns(directory: BorrowedFd<'_>, name: &CStr, inode: u64) -> bool {
    nix::ioctl_none!(ns_get_nstype, 0xb7, 3);
    let pinned = openat(directory, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    let netns = pinned.map_err(io::Error::from).and_then(|fd| verified(&fd, inode));
    // SAFETY: the request takes no argument; it returns a CLONE_NEW* flag (ioctl_nsfs(2)).
    #[allow(unsafe_code)]
    let of_type = |fd: OwnedFd| unsafe { ns_get_nstype(fd.as_raw_fd()) };
    netns.is_ok_and(|fd| of_type(fd) == Ok(nix::libc::CLONE_NEWNET))
}

/// Inode numbers are unique among namespaces of all types, so this one also tells the type.
fn is_namespace(fd: BorrowedFd<'_>, inode: u64) -> io::Result<bool> {
    // NSFS_MAGIC in linux/magic.h.
    let nsfs = fstatfs(fd)?.f_type == 0x6e73_6673;
    Ok(nsfs && fstat(fd)?.st_ino == inode)
}
