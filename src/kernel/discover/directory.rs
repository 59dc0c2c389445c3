//! /proc/PID held by a descriptor, so that everything read through it belongs to one process.
//!
//! A process id is used again soon after a process has ended; an open /proc/PID is not: reads
//! through it fail with ESRCH or ENOENT from then on (proc(5)).

use std::ffi::CStr;
use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use procfs::FromRead;
use procfs::process::{Stat, StatFlags};
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, openat, readlinkat_raw, statat};
use rustix::io::{Errno, read, retry_on_intr};
use rustix::path::Arg;

use crate::model::Text;

/// The directory of one process.
pub(super) struct Directory {
    pub(super) pid: i32,
    /// Inode number of the directory, which no other process's has. The kernel may give the same
    /// process another one when memory is short.
    pub(super) inode: u64,
    fd: OwnedFd,
}

impl Directory {
    /// Opens what /proc lists as a process.
    pub(super) fn open(proc: BorrowedFd<'_>, listed: &Numbered<'_>) -> Result<Self, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(proc, listed.name, flags, Mode::empty())?;
        Ok(Self { pid: listed.number, inode: listed.inode, fd })
    }

    /// Inode number of the namespace that a link such as `ns/net` or `task/7/ns/net` names.
    pub(super) fn namespace(&self, link: impl Arg) -> Result<u64, Errno> {
        namespace(self.fd.as_fd(), link)
    }

    /// The first line of a small file such as `comm`.
    pub(super) fn line(&self, file: impl Arg) -> Result<Text, Errno> {
        let file = self.open_file(file)?;
        let mut buffer = [0; 64];
        let length = retry_on_intr(|| read(&file, &mut buffer))?;
        let line = &buffer[..length];
        Ok(line.strip_suffix(b"\n").unwrap_or(line).into())
    }

    /// What follows `key` on the line of a short file that begins with it.
    pub(super) fn line_of(&self, file: impl Arg, key: &[u8]) -> Option<Vec<u8>> {
        let file = self.open_file(file).ok()?;
        let mut buffer = [0; 512];
        let length = retry_on_intr(|| read(&file, &mut buffer)).ok()?;
        let mut lines = buffer[..length].split(|&b| b == b'\n');
        lines.find_map(|line| line.strip_prefix(key)).map(<[u8]>::to_vec)
    }

    /// The whole of a file.
    pub(super) fn content(&self, file: &CStr) -> Result<Vec<u8>, Errno> {
        let mut content = Vec::new();
        File::from(self.open_file(file)?)
            .read_to_end(&mut content)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(content)
    }

    /// When the process started, in clock ticks after boot: with the pid, who it is.
    pub(super) fn start(&self) -> Option<u64> {
        Some(self.stat()?.starttime)
    }

    pub(super) fn stat(&self) -> Option<Stat> {
        Stat::from_read(File::from(self.open_file(c"stat").ok()?)).ok()
    }

    /// Whether the process has ended, or is about to.
    pub(super) fn is_ending(&self) -> bool {
        self.stat().is_none_or(|stat| {
            matches!(stat.state, 'Z' | 'X')
                || stat.flags().is_ok_and(|flags| flags.contains(StatFlags::PF_EXITING))
        })
    }

    /// A directory such as `fd`, for [`numbers`].
    pub(super) fn directory(&self, name: &CStr) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(&self.fd, name, flags, Mode::empty())
    }

    /// Whether `task` surely lists one thread alone.
    pub(super) fn has_one_thread(&self) -> bool {
        lists_one_thread(self.fd.as_fd(), c"task")
    }

    fn open_file(&self, name: impl Arg) -> Result<OwnedFd, Errno> {
        openat(&self.fd, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
    }
}

/// The network namespace of a process that has one thread alone. It is asked by pid, which takes
/// half as long as to open the directory; two processes may answer when one takes over its pid.
pub(super) fn only_namespace(proc: BorrowedFd<'_>, listed: &Numbered<'_>) -> Option<u64> {
    let below = |path: &[u8]| [listed.name.to_bytes(), path].concat();
    let netns = namespace(proc, below(b"/ns/net")).ok()?;
    lists_one_thread(proc, below(b"/task")).then_some(netns)
}

fn namespace(directory: BorrowedFd<'_>, link: impl Arg) -> Result<u64, Errno> {
    let mut buffer = [MaybeUninit::uninit(); 64];
    let (link, _) = readlinkat_raw(directory, link, &mut buffer)?;
    Link::parse(link).inode().ok_or(Errno::INVAL)
}

/// Whether a directory `task` surely lists one thread alone. Its link count is two and one for each
/// thread (`proc_task_getattr` in fs/proc/base.c); asking is cheaper than listing.
fn lists_one_thread(directory: BorrowedFd<'_>, task: impl Arg) -> bool {
    statat(directory, task, AtFlags::empty()).is_ok_and(|stat| stat.st_nlink == 3)
}

/// An entry of a directory whose name is a number.
pub(super) struct Numbered<'a> {
    pub(super) number: i32,
    pub(super) name: &'a CStr,
    /// Inode number as listed; 0 for one that was not.
    pub(super) inode: u64,
}

/// Calls `each` for every entry of a directory whose name is a number.
pub(super) fn numbers(
    directory: impl AsFd,
    mut each: impl FnMut(&Numbered<'_>),
) -> Result<(), Errno> {
    let mut buffer = [MaybeUninit::uninit(); 8192];
    let mut entries = RawDir::new(directory, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(number) = number(name.to_bytes()) {
            each(&Numbered { number, name, inode: entry.ino() });
        }
    }
    Ok(())
}

/// What a link in /proc/PID/ns or /proc/PID/fd points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// `net:[INODE]`
    Netns(u64),
    /// `socket:[INODE]`, a number in sockfs.
    Socket(u64),
    /// A namespace of another type, the same way.
    Namespace(u64),
    /// A path, but for devices, of which every process has some.
    Path,
    /// What looks like the device of a macvtap: `/dev/tapN`, or `/tapN` where that /dev is a mount
    /// of another mount namespace.
    Tap,
    Other,
}

impl Link {
    pub(super) fn parse(link: &[u8]) -> Self {
        let in_dev = link.strip_prefix(b"/dev").filter(|rest| rest.starts_with(b"/"));
        let tap = in_dev.unwrap_or(link).strip_prefix(b"/tap").and_then(number::<u32>);
        if tap.is_some() {
            return Self::Tap;
        }
        if link.starts_with(b"/") && in_dev.is_none() {
            return Self::Path;
        }
        let Some((kind, inode)) = split(link) else { return Self::Other };
        match kind {
            b"net" => Self::Netns(inode),
            b"socket" => Self::Socket(inode),
            b"mnt" | b"pid" => Self::Namespace(inode),
            _ => Self::Other,
        }
    }

    fn inode(self) -> Option<u64> {
        match self {
            Self::Netns(inode) | Self::Namespace(inode) => Some(inode),
            Self::Socket(_) | Self::Path | Self::Tap | Self::Other => None,
        }
    }
}

/// `kind:[inode]` in its two parts.
fn split(link: &[u8]) -> Option<(&[u8], u64)> {
    let link = link.strip_suffix(b"]")?;
    let open = link.iter().position(|&b| b == b'[')?;
    Some((link[..open].strip_suffix(b":")?, number(&link[open + 1..])?))
}

/// A decimal number without a sign.
pub(super) fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    let plain = digits.first()?.is_ascii_digit();
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_told_apart() {
        assert_eq!(Link::parse(b"net:[4026531833]"), Link::Netns(4_026_531_833));
        assert_eq!(Link::parse(b"socket:[7]"), Link::Socket(7));
        assert_eq!(Link::parse(b"mnt:[8]"), Link::Namespace(8));
        for tap in ["/dev/tap7", "/tap4294967295"] {
            assert_eq!(Link::parse(tap.as_bytes()), Link::Tap, "{tap}");
        }
        for path in ["/home/tap7", "/tap", "/tap7x", "/devtap7", "/tap7 (deleted)"] {
            assert_eq!(Link::parse(path.as_bytes()), Link::Path, "{path}");
        }
        for other in [
            "/dev/null",
            "/dev/tap",
            "/dev/net/tap7",
            "net:[]",
            "net:[-1]",
            "net:[+1]",
            "net:[7",
            "pipe:[7]",
            "",
            "]",
        ] {
            assert_eq!(Link::parse(other.as_bytes()), Link::Other, "{other}");
        }
    }
}
