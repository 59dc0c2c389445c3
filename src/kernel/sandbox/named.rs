//! Named network namespaces as ip-netns(8) makes them: a file in /run/netns on which the
//! namespace is mounted. For sandboxes: it takes /run/netns for granted.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use super::Error;
use crate::kernel::enter;
use crate::model::text::printable;

/// Makes a network namespace and mounts it at `/run/netns/NAME`.
pub fn create(name: impl AsRef<OsStr>) -> Result<(), Error> {
    attempt("creating", name.as_ref(), |path| {
        OpenOptions::new().write(true).create_new(true).mode(0o444).open(path)?;
        enter::fresh(|| {
            let here = Some("/proc/thread-self/ns/net");
            mount(here, path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        })?
        .map_err(|errno| {
            // The file alone would be a name for nothing; the mount's error is the one to tell.
            let _ = fs::remove_file(path);
            errno.into()
        })
    })
}

/// Opens the namespace, for [`enter::inside`] and for links to be put into it.
pub fn open(name: impl AsRef<OsStr>) -> Result<OwnedFd, Error> {
    attempt("opening", name.as_ref(), |path| File::open(path).map(OwnedFd::from))
}

/// Takes the name away. The namespace lives on for as long as something else holds it.
pub fn delete(name: impl AsRef<OsStr>) -> Result<(), Error> {
    attempt("deleting", name.as_ref(), |path| {
        umount2(path, MntFlags::MNT_DETACH)?;
        fs::remove_file(path)
    })
}

fn attempt<T>(
    doing: &str,
    name: &OsStr,
    work: impl FnOnce(&Path) -> io::Result<T>,
) -> Result<T, Error> {
    let path = PathBuf::from("/run/netns").join(name);
    // `join` would follow an absolute or an upward path out of the directory.
    let result = if path.parent() == Some(Path::new("/run/netns")) && path.file_name() == Some(name)
    {
        work(&path)
    } else {
        Err(io::ErrorKind::InvalidFilename.into())
    };
    result.map_err(|error| {
        let name = printable(name.as_encoded_bytes());
        Error::building(format!("{doing} the network namespace {name}"), error)
    })
}
