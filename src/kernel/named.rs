//! Named network namespaces, made and removed as ip-netns(8) does it, so that `ip netns` and every
//! program that goes by /run/netns see them: a file on which the namespace is mounted, in a
//! directory whose mounts are shared with other mount namespaces.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::discover::{self, Identity};
use super::enter;
use crate::model::Holder;

const DIRECTORY: &str = "/run/netns";
const NONE: Option<&str> = None;

/// Makes a network namespace and mounts it at `/run/netns/NAME`; tells which one it is. Its loopback
/// interface is down. Where it fails it leaves no file behind.
pub(super) fn create(name: &[u8]) -> io::Result<Identity> {
    let path = path(name)?;
    share_directory()?;
    // The mode is that of the file below the mount; `ip netns` gives it none.
    OpenOptions::new().write(true).create_new(true).mode(0o000).open(&path)?;
    let mounted = enter::fresh(|| {
        let here = File::open("/proc/thread-self/ns/net")?;
        mount(Some("/proc/thread-self/ns/net"), &path, NONE, MsFlags::MS_BIND, NONE)?;
        discover::identify(here.as_fd())
    });
    mounted.and_then(|mounted| mounted).inspect_err(|_| {
        // The error to tell is the one above.
        let _ = umount2(&path, MntFlags::MNT_DETACH);
        let _ = fs::remove_file(&path);
    })
}

/// Takes the name away. The namespace lives on for as long as something else holds it. A file that
/// nothing is mounted on is removed as well.
pub(super) fn delete(name: &[u8]) -> io::Result<()> {
    let path = path(name)?;
    match umount2(&path, MntFlags::MNT_DETACH) {
        Ok(()) | Err(Errno::EINVAL) => fs::remove_file(&path),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens the namespace that has the name now.
pub(super) fn open(name: &[u8]) -> io::Result<OwnedFd> {
    let path = path(name)?;
    let inode = fs::symlink_metadata(&path)?.ino();
    let path = path.as_os_str().as_bytes().into();
    discover::open(inode, &[Holder::Mount { path, pid: None }])
}

/// The file of a name. What is no name of a file would lead out of the directory.
fn path(name: &[u8]) -> io::Result<PathBuf> {
    let path = Path::new(DIRECTORY).join(OsStr::from_bytes(name));
    let is_inside = path.parent() == Some(Path::new(DIRECTORY))
        && path.file_name() == Some(OsStr::from_bytes(name));
    if is_inside { Ok(path) } else { Err(Errno::EINVAL.into()) }
}

/// Makes the directory, and makes it a mount that passes on what is mounted in it.
fn share_directory() -> io::Result<()> {
    match DirBuilder::new().mode(0o755).create(DIRECTORY) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // `ip netns` takes this lock too: two at once would mount the directory on itself twice.
    let lock = Flock::lock(File::open(DIRECTORY)?, FlockArg::LockExclusive);
    let _lock = lock.map_err(|(_, errno)| errno)?;
    let share = || mount(NONE, DIRECTORY, NONE, MsFlags::MS_SHARED | MsFlags::MS_REC, NONE);
    match share() {
        // Not a mount point yet.
        Err(Errno::EINVAL) => {
            let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
            mount(Some(DIRECTORY), DIRECTORY, NONE, flags, NONE)?;
            Ok(share()?)
        }
        other => Ok(other?),
    }
}
