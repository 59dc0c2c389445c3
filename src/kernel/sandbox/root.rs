//! The file system of a sandbox: the host's, without the host's namespaces.
//!
//! A copy of the host's mounts would hold every network namespace that is mounted anywhere, such
//! as Docker's below /run/docker, and a program inside would find them all. An ordinary user may
//! not unmount what was copied, so the root is made anew and only the rest is put into it.

use std::ffi::{CString, OsStr};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, geteuid, mkdir, pivot_root, symlinkat};

use super::{AtStep, Error, Step, Stepped};
use crate::kernel::discover;

const NONE: Option<&str> = None;
/// Where the new root is built: a directory that every system has and that it covers anyway.
const NEW: &str = "/run/new";

/// What the new root is made of; prepared before the fork.
pub(super) struct Root {
    /// Directories of the old root, with their place below the new one.
    directories: Vec<(CString, CString)>,
    /// Symbolic links of the old root: what they say, and their place below the new one.
    links: Vec<(CString, CString)>,
    /// Where namespaces are mounted.
    namespaces: Vec<CString>,
    directory: CString,
}

impl Root {
    /// Looks at the host's root. `directory` is where the program shall start.
    pub(super) fn plan(directory: &Path) -> Self {
        let (mut directories, mut links) = (Vec::new(), Vec::new());
        for entry in fs::read_dir("/").into_iter().flatten().flatten() {
            let name = entry.file_name();
            let place = || path([OsStr::new(NEW), &name]);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && name != "proc" && name != "run" => {
                    directories.extend(path([OsStr::new(""), &name]).zip(place()));
                }
                Ok(kind) if kind.is_symlink() => {
                    let target = fs::read_link(entry.path()).ok();
                    let target =
                        target.and_then(|t| CString::new(t.into_os_string().into_vec()).ok());
                    links.extend(target.zip(place()));
                }
                _ => {}
            }
        }
        let namespaces = discover::own_mount_points().into_iter();
        Self {
            directories,
            links,
            namespaces: namespaces.filter_map(|point| CString::new(point).ok()).collect(),
            directory: CString::new(directory.as_os_str().as_bytes()).unwrap_or_default(),
        }
    }

    /// Root may unmount, as long as it is root of the host: in a mount namespace of its own it
    /// takes away every mounted network namespace, wherever it is.
    pub(super) fn clear(&self) -> Stepped {
        if geteuid().is_root() {
            unshare(CloneFlags::CLONE_NEWNS).at(Step::Mounts)?;
            mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE).at(Step::Mounts)?;
            for point in &self.namespaces {
                // What can't be unmounted is left behind with the old root, if it is below /run.
                let _ = umount2(&**point, MntFlags::MNT_DETACH);
            }
        }
        Ok(())
    }

    /// Makes the new root and moves into it.
    pub(super) fn enter(&self) -> Stepped {
        let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        let tmpfs = |place, step| {
            mount(Some("tmpfs"), place, Some("tmpfs"), plain, Some("mode=755")).at(step)
        };
        let make = |place, step| mkdir(place, Mode::from_bits_truncate(0o755)).at(step);
        mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE).at(Step::Mounts)?;
        tmpfs("/run", Step::Run)?;
        make(NEW, Step::Run)?;
        tmpfs(NEW, Step::Run)?;
        for (from, to) in &self.directories {
            mkdir(&**to, Mode::from_bits_truncate(0o755)).at(Step::Mounts)?;
            // A directory that can't be bound stays empty.
            let _ = mount(Some(&**from), &**to, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE);
        }
        for (target, at) in &self.links {
            symlinkat(&**target, rustix::fs::CWD, &**at).at(Step::Mounts)?;
        }
        // While the old /proc is in sight, without which the kernel refuses a new one.
        make("/run/new/proc", Step::Proc)?;
        let proc = plain | MsFlags::MS_NOEXEC;
        mount(Some("proc"), "/run/new/proc", Some("proc"), proc, NONE).at(Step::Proc)?;
        // The new network namespace's own sysfs. Over the old one, which must stay: the kernel
        // makes a new one only where one is in sight, and `ip netns exec` unmounts the topmost.
        let sysfs = mount(Some("sysfs"), "/run/new/sys", Some("sysfs"), proc, NONE);
        sysfs
            .or_else(|_| mount(Some("/sys"), "/run/new/sys", NONE, MsFlags::MS_BIND, NONE))
            .at(Step::Mounts)?;
        make("/run/new/run", Step::Run)?;
        tmpfs("/run/new/run", Step::Run)?;
        make("/run/new/run/netns", Step::Run)?;
        make("/run/new/old", Step::Mounts)?;
        pivot_root(NEW, "/run/new/old").at(Step::Mounts)?;
        umount2("/old", MntFlags::MNT_DETACH).at(Step::Mounts)?;
        // An empty directory more would do no harm.
        let _ =
            nix::unistd::unlinkat(rustix::fs::CWD, "/old", nix::unistd::UnlinkatFlags::RemoveDir);
        chdir(&*self.directory).or_else(|_| chdir("/")).at(Step::Mounts)
    }
}

/// Covers directories with empty ones, for a program inside a sandbox; those that are not there or can't be
/// seen need no cover.
pub fn cover(directories: &[&str]) -> Result<(), Error> {
    for directory in directories {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
        match mount(Some("tmpfs"), *directory, Some("tmpfs"), flags, Some("mode=755")) {
            Ok(()) | Err(Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES) => {}
            Err(errno) => return Err(Error::building(format!("covering {directory}"), errno)),
        }
    }
    Ok(())
}

fn path(parts: [&OsStr; 2]) -> Option<CString> {
    CString::new(parts.map(OsStr::as_bytes).join(&b'/')).ok()
}
