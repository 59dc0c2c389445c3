//! Networks that files describe: configurations of CNI, and those of Podman's netavark, one file a
//! format.
//!
//! Nothing is asked and nothing written. Every file is taken for hostile, those in users' homes above
//! all: it is read by way of `files`, a bad one is told as a problem, and the others still count.

mod cni;
mod directory;
mod host_local;
mod libcni;
mod netavark;

use std::path::{Path, PathBuf};

use self::directory::Directory;
use super::files::Entry;
use super::world::World;
use crate::model::belief::Belief;
use crate::model::{Problem, Text};

/// Where to look.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The host's root directory.
    pub(super) root: PathBuf,
    /// The directories with CNI configurations, where they were named: absolute paths, taken below
    /// `root`.
    pub(super) cni_conf_dirs: Option<Vec<PathBuf>>,
}

impl Files {
    /// The directories with CNI configurations.
    fn cni(&self) -> impl Iterator<Item = Directory> {
        let usual = [PathBuf::from("/etc/cni/net.d")];
        let named = self.cni_conf_dirs.as_deref();
        let paths = named.unwrap_or(&usual[..]).to_vec();
        paths.into_iter().map(move |path| Directory::of_host(&self.root, &path, named.is_some()))
    }
}

/// One place that was read: a directory of configurations.
#[derive(Debug)]
pub(super) struct Told {
    /// Its path.
    pub(super) place: Text,
    /// What it says.
    pub(super) belief: Belief,
    /// What of it could not be read.
    pub(super) problems: Vec<Problem>,
}

/// What [`read`] reads, without its content: names, sizes, inode numbers and times of change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Vec<Entry>)>);

/// Reads all directories that are there. It may have to wait for a file server where homes are on one.
pub(super) fn read(files: &Files) -> Vec<Told> {
    let cni = files.cni().filter_map(|directory| cni::read(&files.root, &directory));
    let users = users(&files.root);
    let podman = netavark::places(&files.root, users.as_ref());
    cni.chain(podman.into_iter().filter_map(|place| place.read(&files.root))).collect()
}

/// Equal as long as nothing that [`read`] reads has changed, and cheap: no file is opened but
/// /etc/passwd.
pub(super) fn stamp(files: &Files) -> Stamp {
    let users = users(&files.root);
    let podman = netavark::places(&files.root, users.as_ref());
    let directories = files
        .cni()
        .chain([libcni::directory(&files.root)])
        .chain(host_local::directories(&files.root))
        .chain(podman.into_iter().flat_map(netavark::Place::directories));
    Stamp(directories.filter_map(Directory::stamp).collect())
}

/// Those who may have networks of their own; `None` where the host can't be asked for them.
fn users(root: &Path) -> Option<World> {
    World::new(&root.join("proc"), root).ok()
}

#[cfg(test)]
mod tests;
