//! Namespaces that are kept alive by a mount: in our mount namespace, and in those of others.

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::Found;
use super::directory::Directory;
use super::mountinfo::netns_mounts;
use crate::model::{Holder, Text};

/// Finds the mounts of the mount namespace that a process lives in, unless they are `known`. One
/// process tells for all of them: reading it for each costs more than all the rest of a scan.
pub(super) fn other(
    process: &Directory,
    known: &mut BTreeSet<u64>,
    found: &mut Found,
) -> Result<(), Errno> {
    let inode = process.namespace(c"ns/mnt")?;
    if !known.contains(&inode) {
        let mountinfo = process.content(c"mountinfo").map_err(ended)?;
        found.extend(holders(&mountinfo, Some(process.pid)));
        known.insert(inode);
    }
    Ok(())
}

/// The holders that a mountinfo tells of; `pid`: the process it was read of, if not our own.
pub(super) fn holders(mountinfo: &[u8], pid: Option<i32>) -> impl Iterator<Item = (u64, Holder)> {
    netns_mounts(mountinfo).into_iter().map(move |mut mount| {
        if mount.covered {
            mount.point.extend(Holder::COVERED.bytes());
        }
        (mount.inode, Holder::Mount { path: Text::from(mount.point), pid })
    })
}

/// `mounts_open_common` in fs/proc_namespace.c says EINVAL of a process that has left its mount
/// namespace, which is to say, that has ended.
fn ended(errno: Errno) -> Errno {
    if errno == Errno::INVAL { Errno::SRCH } else { errno }
}
