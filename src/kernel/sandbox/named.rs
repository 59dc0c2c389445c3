//! Named network namespaces as ip-netns(8) makes them, for sandboxes.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use super::Error;
use crate::kernel::named;
use crate::model::text::printable;

/// Makes a network namespace and mounts it at `/run/netns/NAME`.
pub fn create(name: impl AsRef<OsStr>) -> Result<(), Error> {
    attempt("creating", name.as_ref(), |name| named::create(name).map(drop))
}

/// Opens the namespace, for [`enter::inside`](crate::kernel::enter::inside) and for links to be put
/// into it.
pub fn open(name: impl AsRef<OsStr>) -> Result<OwnedFd, Error> {
    attempt("opening", name.as_ref(), named::open)
}

/// Takes the name away. The namespace lives on for as long as something else holds it.
pub fn delete(name: impl AsRef<OsStr>) -> Result<(), Error> {
    attempt("deleting", name.as_ref(), named::delete)
}

fn attempt<T>(
    doing: &str,
    name: &OsStr,
    work: impl FnOnce(&[u8]) -> io::Result<T>,
) -> Result<T, Error> {
    work(name.as_bytes()).map_err(|error| {
        let name = printable(name.as_bytes());
        Error::building(format!("{doing} the network namespace {name}"), error)
    })
}
