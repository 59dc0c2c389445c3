//! Network configuration files. A placeholder that finds none.

use std::path::PathBuf;

use crate::model::{Belief, Problem, Text};

/// Where the files are.
pub(super) struct Files {
    /// The root directory.
    pub(super) root: PathBuf,
    /// Directories with CNI configurations.
    pub(super) cni_conf_dirs: Vec<PathBuf>,
}

/// What one place says.
pub(super) struct Told {
    /// The place.
    pub(super) place: Text,
    /// What it says.
    pub(super) belief: Belief,
    /// What of it could not be read.
    pub(super) problems: Vec<Problem>,
}

/// Unequal when anything may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp;

/// Reads all.
pub(super) fn read(files: &Files) -> Vec<Told> {
    let _ = (&files.root, &files.cni_conf_dirs);
    Vec::new()
}

/// What tells whether anything may have changed.
pub(super) fn stamp(files: &Files) -> Stamp {
    let _ = files;
    Stamp
}
