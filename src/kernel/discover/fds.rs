//! Namespaces that are kept alive by an open descriptor: of the namespace itself, or of a socket
//! in it (SIOCGSKNS in net/socket.c: the namespace a socket was made in). And on the same way, devices
//! of macvtaps that are open.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::libc;
use rustix::fs::{AtFlags, FileType, Mode, StatxFlags, fstat, readlinkat_raw, statat, statx};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::Found;
use super::blind::{Blind, Unseen};
use super::directory::{Directory, Link, Numbered, number, numbers};
use super::memory::Memory;
use super::open;
use crate::model::{DeviceNumber, Holder, Text};

/// The inode numbers of namespaces: fixed ones from 0xEFFFFFF8 on, all others from 0xF0000000 on
/// (`MNT_NS_INIT_INO` in linux/nsfs.h, `PROC_DYNAMIC_FIRST` in fs/proc/generic.c).
const NAMESPACE_INODES: RangeInclusive<u64> = 0xefff_fff8..=0xffff_ffff;

/// The namespaces of sockets, by the socket's inode number in sockfs. A socket never changes its
/// namespace, and the numbers are counted upwards.
pub(super) type Sockets = Memory<u64, u64>;

/// Finds what a process holds by descriptors. `homes` are where its threads live: a socket there is
/// nothing to tell of. Without `sockets` none is looked at.
pub(super) fn look(
    process: &Directory,
    homes: &Found,
    mut sockets: Option<&mut Sockets>,
    found: &mut Found,
    taps: &mut BTreeSet<DeviceNumber>,
    blind: &mut Blind,
) {
    let pid = process.pid;
    let mut command = None;
    let mut pidfd = None;
    let directory = match process.directory(c"fd") {
        Ok(directory) => directory,
        Err(errno) => return blind.note(Unseen::Descriptors, process, errno),
    };
    let listed = numbers(&directory, |&Numbered { number: fd, name, .. }| {
        let mut buffer = [MaybeUninit::uninit(); 64];
        // A descriptor that can't be read was closed just now.
        let Ok((link, _)) = readlinkat_raw(&directory, name, &mut buffer) else { return };
        let kind = Link::parse(link);
        let netns = match kind {
            Link::Netns(inode) => Some(inode),
            Link::Path => behind_path(process, &directory, fd, name),
            Link::Socket(socket) => sockets.as_deref_mut().and_then(|sockets| {
                let answer = sockets.recall(socket, || ask(pid, fd, socket, &mut pidfd));
                answer.map_err(|errno| blind.note(Unseen::Sockets, process, errno)).ok()
            }),
            Link::Tap => match device(&directory, name) {
                None => behind_path(process, &directory, fd, name),
                Some(device) => {
                    taps.extend(can_transfer(&directory, name).then_some(device));
                    None
                }
            },
            Link::Namespace(_) | Link::Other => None,
        };
        let is_socket = matches!(kind, Link::Socket(_));
        let is_home = |inode| is_socket && homes.iter().any(|(home, _)| *home == inode);
        let Some(inode) = netns.filter(|inode| !is_home(*inode)) else { return };
        let Some(command) = name_of(process, &mut command) else { return };
        let holder = if is_socket {
            Holder::Socket { pid, fd, command }
        } else {
            Holder::Fd { pid, fd, command }
        };
        found.push((inode, holder));
    });
    listed.unwrap_or_else(|errno| blind.note(Unseen::Descriptors, process, errno));
}

/// The command of a process, read at the first need.
fn name_of(process: &Directory, command: &mut Option<Text>) -> Option<Text> {
    if command.is_none() {
        *command = process.line(c"comm").ok();
    }
    command.clone()
}

/// The namespace behind a descriptor that was opened by the path of a mount. Its link shows that
/// path, or `/` once the mount is gone, and not `net:[INODE]`.
///
/// To ask the file itself could block on a dead file server, so the number in `fdinfo` (Linux 5.14)
/// must first be one that namespaces have.
fn behind_path(process: &Directory, directory: &OwnedFd, fd: i32, name: &CStr) -> Option<u64> {
    let info = process.line_of(&*format!("fdinfo/{fd}"), b"ino:\t")?;
    let inode = number(&info).filter(|inode| NAMESPACE_INODES.contains(inode))?;
    open::is_netns(directory.as_fd(), name, inode).then_some(inode)
}

/// The number of the device behind a descriptor. No more is asked than the kernel knows by itself,
/// and nothing opened: that could have an effect.
fn device(directory: &OwnedFd, name: &CStr) -> Option<DeviceNumber> {
    let flags = AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    let stat = statx(directory, name, flags, StatxFlags::TYPE).ok()?;
    let is_device = FileType::from_raw_mode(stat.stx_mode.into()) == FileType::CharacterDevice;
    is_device.then_some(DeviceNumber { major: stat.stx_rdev_major, minor: stat.stx_rdev_minor })
}

/// Whether a descriptor is one for reading or writing. Anybody may have one with `O_PATH`, and such
/// a link has no permissions (`tid_fd_revalidate` in fs/proc/fd.c).
fn can_transfer(directory: &OwnedFd, name: &CStr) -> bool {
    let link = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW);
    link.is_ok_and(|link| Mode::from_raw_mode(link.st_mode).intersects(Mode::RUSR | Mode::WUSR))
}

/// The namespace of the socket at `fd` of the process.
fn ask(
    pid: i32,
    fd: i32,
    socket: u64,
    pidfd: &mut Option<Result<OwnedFd, Errno>>,
) -> Result<u64, Errno> {
    let process = pidfd.get_or_insert_with(|| open_process(pid));
    let process = process.as_ref().map_err(|errno| *errno)?;
    let copy = pidfd_getfd(process, fd, PidfdGetfdFlags::empty()).map_err(closed)?;
    // The pid, or the descriptor, may have passed to another meanwhile.
    if fstat(&copy)?.st_ino != socket {
        return Err(Errno::SRCH);
    }
    Ok(fstat(netns_of(&copy)?)?.st_ino)
}

fn open_process(pid: i32) -> Result<OwnedFd, Errno> {
    pidfd_open(Pid::from_raw(pid).ok_or(Errno::SRCH)?, PidfdFlags::empty())
}

/// EBADF says that the descriptor was closed meanwhile: nothing is missed.
fn closed(errno: Errno) -> Errno {
    if errno == Errno::BADF { Errno::SRCH } else { errno }
}

/// Opens the namespace of a socket in another process.
pub(super) fn open_socket(pid: i32, fd: i32) -> io::Result<OwnedFd> {
    let copy = pidfd_getfd(open_process(pid)?, fd, PidfdGetfdFlags::empty()).map_err(closed)?;
    Ok(netns_of(&copy)?)
}

/// Opens the namespace that a socket was made in; needs `CAP_NET_ADMIN` in it.
fn netns_of(socket: &OwnedFd) -> Result<OwnedFd, Errno> {
    const SIOCGSKNS: u16 = 0x894c;
    // SAFETY: the request takes no argument and returns a new descriptor or a negative number.
    #[allow(unsafe_code)]
    let fd = unsafe { libc::ioctl(socket.as_raw_fd(), libc::Ioctl::from(SIOCGSKNS)) };
    if fd < 0 {
        let error = io::Error::last_os_error();
        let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
        // No socket: the descriptor was closed, and its number given to another file.
        return Err(if errno == Errno::NOTTY { Errno::SRCH } else { errno });
    }
    // SAFETY: the kernel has just made this descriptor for us, and nothing else knows of it.
    #[allow(unsafe_code)]
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
