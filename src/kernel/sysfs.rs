//! The second witness: what a namespace's own sysfs says of its links.
//!
//! After a setns /sys still shows the old namespace, so a fresh sysfs is mounted inside, seen by
//! nobody else, and read through its descriptor, which does not keep the namespace alive.

use std::ffi::OsStr;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use super::KernelError;
use super::enter;
use crate::model::{TapDevice, Text};

/// `/sys/class/net` of one namespace.
pub(super) struct Sysfs {
    class_net: OwnedFd,
}

impl Sysfs {
    /// Opens the sysfs of the namespace that a descriptor stands for. Needs CAP_SYS_ADMIN.
    pub(super) fn of(netns: BorrowedFd<'_>) -> Result<Self, KernelError> {
        let refused = |errno| KernelError::refused("mounting sysfs in a namespace", errno);
        let mount = enter::inside(netns, mount)
            .map_err(|error| refused(super::error::errno_of(&error)))?
            .map_err(|errno| refused(Errno::from_raw(errno.raw_os_error())))?;
        Self::below(&mount, "class/net").map_err(refused)
    }

    /// Opens the sysfs that is mounted on /sys. It may be another namespace's, which
    /// [`Sysfs::lower`] notices by the ifindex.
    pub(super) fn mounted() -> Result<Self, KernelError> {
        Self::below(CWD, "/sys/class/net")
            .map_err(|errno| KernelError::refused("opening /sys/class/net", errno))
    }

    fn below(at: impl std::os::fd::AsFd, path: &str) -> Result<Self, Errno> {
        let class_net = openat(at, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| Errno::from_raw(errno.raw_os_error()))?;
        Ok(Self { class_net })
    }

    /// Names of the links that sysfs lists (`/sys/class/net/*`).
    pub(super) fn names(&self) -> Vec<Text> {
        let Ok(directory) = Dir::read_from(&self.class_net) else {
            return Vec::new();
        };
        let names = directory.flatten().map(|entry| Text::from(entry.file_name().to_bytes()));
        names.filter(|name| !matches!(name.as_bytes(), b"." | b"..")).collect()
    }

    /// The ifindex that sysfs gives a name.
    pub(super) fn ifindex(&self, name: &Text) -> Option<u32> {
        self.read(name, b"ifindex")?.trim().parse().ok()
    }

    /// The `lower_*` entries of a link, without the prefix; `None` where sysfs has no such link.
    pub(super) fn lower(&self, name: &Text, ifindex: u32) -> Option<Vec<Text>> {
        if self.ifindex(name) != Some(ifindex) {
            return None;
        }
        let mut lower: Vec<Text> = self
            .entries(name)?
            .iter()
            .filter_map(|entry| entry.strip_prefix(b"lower_").map(Text::from))
            .collect();
        lower.sort();
        Some(lower)
    }

    /// The character device of a macvtap.
    pub(super) fn tap_device(&self, name: &Text) -> Option<TapDevice> {
        let number = |entry: &Vec<u8>| {
            let digits = entry.strip_prefix(b"tap").filter(|n| n.iter().all(u8::is_ascii_digit))?;
            std::str::from_utf8(digits).ok()?.parse::<u32>().ok()
        };
        let tap = self.entries(name)?.iter().find_map(number)?;
        let numbers = self.read(name, format!("tap{tap}/dev").as_bytes())?;
        Some(TapDevice { name: tap, number: numbers.trim().parse().ok()? })
    }

    fn entries(&self, name: &Text) -> Option<Vec<Vec<u8>>> {
        let path = OsStr::from_bytes(name.as_bytes());
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(&self.class_net, path, flags, Mode::empty()).ok()?;
        let entries = Dir::read_from(&directory).ok()?.flatten();
        Some(entries.map(|entry| entry.file_name().to_bytes().to_vec()).collect())
    }

    fn read(&self, name: &Text, file: &[u8]) -> Option<String> {
        let path = [name.as_bytes(), b"/", file].concat();
        let file =
            openat(&self.class_net, OsStr::from_bytes(&path), OFlags::CLOEXEC, Mode::empty());
        std::io::read_to_string(std::fs::File::from(file.ok()?)).ok()
    }
}

/// Makes a sysfs of the calling thread's namespace and opens its root, attached nowhere.
fn mount() -> Result<OwnedFd, rustix::io::Errno> {
    let filesystem = fsopen("sysfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&filesystem)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    fsmount(&filesystem, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}
