//! What an engine wrote of a container.

use std::io;

use super::files::is_missing;
use crate::model::{Pod, Text};

/// What was read of a container, whatever wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Name; in a pod that of the container.
    pub(super) name: Option<Text>,
    /// Image, as it was asked for.
    pub(super) image: Option<Text>,
    /// The pod that it is part of.
    pub(super) pod: Option<Pod>,
    /// Whether it is the container that holds its pod's namespaces.
    pub(super) is_sandbox: bool,
}

/// `None` where nothing was found to read.
pub(super) type Read = Option<io::Result<Facts>>;

/// The first that is there, readable or not.
pub(super) fn first_found(reads: impl Iterator<Item = io::Result<Facts>>) -> Read {
    let mut reads = reads;
    reads.find(|read| !read.as_ref().is_err_and(is_missing))
}
