//! Where this room reads: /proc, the root directory, and the users of the host.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, statat};

use super::files::{is_missing, open_directory, read_below, read_in, read_proc};
use crate::model::Text;

/// The host as seen from a root directory and through a /proc, which tests put elsewhere.
pub(super) struct World {
    proc: File,
    /// The path of `proc`.
    pub(super) proc_path: PathBuf,
    /// The root directory.
    pub(super) root: PathBuf,
    users: OnceCell<HashMap<u32, User>>,
    /// Directories that were not there.
    missing: RefCell<HashSet<PathBuf>>,
}

/// What /etc/passwd says of a user (passwd(5)).
struct User {
    name: Text,
    home: PathBuf,
}

impl World {
    pub(super) fn new(proc: &Path, root: &Path) -> io::Result<Self> {
        let (proc_path, root) = (proc.to_owned(), root.to_owned());
        Ok(Self {
            proc: File::open(proc)?,
            proc_path,
            root,
            users: OnceCell::new(),
            missing: RefCell::default(),
        })
    }

    /// A file of a process, such as `cgroup`.
    pub(super) fn of_process(&self, pid: i32, file: &str) -> io::Result<Vec<u8>> {
        read_proc(&self.proc, &format!("{pid}/{file}"))
    }

    /// A file that an engine keeps below one of its directories. Many a cgroup looks like that of an
    /// engine that is not here, so a directory that is missing is only asked for once, until
    /// [`World::forget_missing`].
    pub(super) fn of_engine(&self, directory: PathBuf, file: &Path) -> io::Result<Vec<u8>> {
        if self.missing.borrow().contains(&directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let opened = open_directory(&directory);
        if opened.as_ref().is_err_and(is_missing) {
            self.missing.borrow_mut().insert(directory);
        }
        read_in(opened?, file)
    }

    /// Engines may have come since.
    pub(super) fn forget_missing(&self) {
        self.missing.borrow_mut().clear();
    }

    /// The user of a process, by name where there is one.
    pub(super) fn user_of(&self, pid: i32) -> Option<Text> {
        let stat = statat(&self.proc, pid.to_string(), AtFlags::empty()).ok()?;
        Some(self.user(stat.st_uid))
    }

    /// The name of a user, or the number.
    pub(super) fn user(&self, uid: u32) -> Text {
        self.users()
            .get(&uid)
            .map_or_else(|| Text::from(&*uid.to_string()), |user| user.name.clone())
    }

    /// The home directory of a user, if it is that user's.
    pub(super) fn home(&self, uid: u32) -> Option<PathBuf> {
        let home = &self.users().get(&uid)?.home;
        let home = self.root.join(home.strip_prefix("/").ok()?);
        (home.symlink_metadata().ok()?.uid() == uid).then_some(home)
    }

    /// The users of the host, but root, that have a home of their own: uid, name and home.
    pub(super) fn homes(&self) -> Vec<(u32, Text, PathBuf)> {
        let others = self.users().iter().filter(|(uid, _)| **uid != 0);
        let mut homes: Vec<_> = others
            .filter_map(|(&uid, user)| Some((uid, user.name.clone(), self.home(uid)?)))
            .collect();
        homes.sort_unstable();
        homes
    }

    fn users(&self) -> &HashMap<u32, User> {
        self.users.get_or_init(|| {
            let passwd = read_below(&self.root, Path::new("etc/passwd")).unwrap_or_default();
            passwd.split(|&b| b == b'\n').filter_map(user).collect()
        })
    }
}

/// `NAME:x:UID:GID:WHO:HOME:SHELL`
fn user(line: &[u8]) -> Option<(u32, User)> {
    use std::os::unix::ffi::OsStrExt;

    let fields: Vec<&[u8]> = line.split(|&b| b == b':').collect();
    let [name, _, uid, _, _, home, ..] = fields[..] else { return None };
    let uid = std::str::from_utf8(uid).ok()?.parse().ok()?;
    let home = PathBuf::from(std::ffi::OsStr::from_bytes(home));
    Some((uid, User { name: name.into(), home }))
}
