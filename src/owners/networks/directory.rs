//! A directory of files that others wrote, read file by file.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::model::{Problem, Text};
use crate::owners::fields::shown;
use crate::owners::files::{Entry, MOST_ENTRIES, is_missing, list_below, read_below};

/// All files of one directory together have no more than this: a file has about a KiB.
const MOST_BYTES: usize = 4 << 20;

/// A directory on the host.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    /// What may be reached over links, as it is the administrator's.
    base: PathBuf,
    /// The way from there, which leads over none.
    below: PathBuf,
    /// Its path on the host.
    path: PathBuf,
    /// Whether it was named by whoever started the program, so that it has to be there.
    named: bool,
}

impl Directory {
    /// The administrator's directory with that absolute path.
    pub(super) fn of_host(root: &Path, path: &Path, named: bool) -> Self {
        Self { base: below(root, path), below: ".".into(), path: path.into(), named }
    }

    /// One below a directory that belongs to somebody else, or that others name files in.
    pub(super) fn inside(root: &Path, outer: &Path, way: impl AsRef<Path>) -> Self {
        let way = way.as_ref();
        Self { base: below(root, outer), below: way.into(), path: outer.join(way), named: false }
    }

    /// Its path, for people.
    pub(super) fn place(&self) -> Text {
        self.path.as_os_str().as_bytes().into()
    }

    /// The names in it, as far as they count.
    pub(super) fn names(&self) -> io::Result<Vec<Entry>> {
        list_below(&self.base, &self.below).map(|listing| listing.entries)
    }

    /// Equal as long as its files are.
    pub(super) fn stamp(self) -> Option<(PathBuf, Vec<Entry>)> {
        Some((self.path.clone(), self.names().ok()?))
    }

    /// Calls `each` for every file of a name that is `wanted`, in the order of their names. What is
    /// wrong with one, or with the directory, is a problem. `None`: there is no such directory.
    pub(super) fn each(
        &self,
        wanted: impl Fn(&Path) -> bool,
        mut each: impl FnMut(&Path, &[u8]) -> Result<(), String>,
    ) -> Option<Vec<Problem>> {
        let listing = match list_below(&self.base, &self.below) {
            Err(error) if is_missing(&error) && !self.named => return None,
            Err(error) => return Some(vec![problem(&self.path, &error.to_string())]),
            Ok(listing) => listing,
        };
        let mut problems = Vec::new();
        if listing.is_cut {
            let why = format!("it has more than {MOST_ENTRIES} files; others are passed over");
            problems.push(problem(&self.path, &why));
        }
        let mut left = MOST_BYTES;
        for entry in &listing.entries {
            let name = Path::new(&entry.name);
            if !wanted(name) {
                continue;
            }
            let content = match read_below(&self.base, &self.below.join(name)) {
                Err(error) if is_missing(&error) => continue,
                content => content.map_err(|error| error.to_string()),
            };
            let content = content.and_then(|content| {
                left = left.checked_sub(content.len()).ok_or_else(too_much)?;
                each(name, &content)
            });
            if let Err(why) = content {
                let why = format!("{why}; it is passed over");
                problems.push(problem(&self.path.join(name), &why));
            }
        }
        Some(problems)
    }
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn too_much() -> String {
    format!("the files of this directory have more than {} KiB in all", MOST_BYTES >> 10)
}

fn problem(path: &Path, why: &str) -> Problem {
    Problem { what: shown(path.as_os_str().as_bytes()), why: why.to_owned(), incomplete: false }
}

/// Whether a file has one of these extensions.
pub(super) fn has_extension(name: &Path, extensions: &[&str]) -> bool {
    let extension = name.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| extensions.contains(&extension))
}
