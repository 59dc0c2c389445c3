//! The one way in which this room opens files.
//!
//! What engines write is in part chosen by strangers, and a rootless engine's files are a stranger's
//! altogether. So nothing is followed out of the directory that was asked for, nothing is opened that
//! could block or have an effect, and no more is read than a state file has.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, open, openat, openat2, statat,
};
use rustix::io::Errno;

/// State files have some KiB; that of all containers of Podman has about one for each.
const LARGEST: u64 = 4 << 20;
/// How many files of one directory count.
pub(super) const MOST_ENTRIES: usize = 1000;
/// A file in /proc/PID; cgroups nest, and a command line has many words.
const LARGEST_OF_PROC: u64 = 64 << 10;

/// Reads a file below a directory.
///
/// The way to the directory may lead over links, as it is the administrator's or the kernel's
/// (`/proc/PID/cwd`). Below it, neither links nor other mounts are followed.
pub(super) fn read_below(directory: &Path, file: &Path) -> io::Result<Vec<u8>> {
    read_in(open_directory(directory)?, file)
}

/// Reads a file below an open directory, as [`read_below`] does.
pub(super) fn read_in(directory: impl AsFd, file: &Path) -> io::Result<Vec<u8>> {
    let pinned = pin_below(directory, file)?;
    let stat = fstat(&pinned)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it is not a regular file"));
    }
    let file = File::from(reopen(&pinned, OFlags::NONBLOCK | OFlags::NOCTTY)?);
    bounded(file, Vec::new(), LARGEST)
}

/// What a directory lists.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// By name.
    pub(super) entries: Vec<Entry>,
    /// Whether there are more than [`MOST_ENTRIES`].
    pub(super) is_cut: bool,
}

/// A file as its directory lists it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: OsString,
    /// Equal as long as it is the same file with the same content and permissions: inode number, size
    /// in bytes, and seconds and nanoseconds of its last change (`st_ctim`, which nobody can set).
    pub(super) stamp: [i128; 4],
}

/// Lists a directory below another, which is reached as by [`read_below`].
pub(super) fn list_below(directory: &Path, below: &Path) -> io::Result<Listing> {
    let pinned = pin_below(open_directory(directory)?, below)?;
    let opened = reopen(&pinned, OFlags::DIRECTORY)?;
    let mut listing = Listing::default();
    for entry in Dir::read_from(&opened)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        listing.is_cut = listing.entries.len() == MOST_ENTRIES;
        if listing.is_cut {
            break;
        }
        // One that is gone meanwhile is not there.
        if let Ok(stat) = statat(&opened, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            let stamp = [
                stat.st_ino.into(),
                stat.st_size.into(),
                stat.st_ctime.into(),
                stat.st_ctime_nsec.into(),
            ];
            listing.entries.push(Entry { name: OsString::from_vec(name.to_vec()), stamp });
        }
    }
    listing.entries.sort_unstable();
    Ok(listing)
}

/// Holds on to a directory, without reading it.
pub(super) fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

/// Opens for reading what is pinned, and nothing that took its name meanwhile.
fn reopen(pinned: &OwnedFd, flags: OFlags) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", pinned.as_raw_fd());
    Ok(openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC | flags, Mode::empty())?)
}

/// Holds on to what a name below a directory leads to, whatever that is, without touching it:
/// with `O_PATH` a FIFO does not block and a device does not act.
pub(super) fn pin_below(directory: impl AsFd, file: &Path) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    openat2(directory, file, flags, Mode::empty(), resolve).map_err(explain)
}

/// Reads a file of /proc, such as `4151/cgroup`.
pub(super) fn read_proc(proc: impl AsFd, file: &str) -> io::Result<Vec<u8>> {
    let file = openat(proc, file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut file = File::from(file);
    let mut page = [0; 4096];
    let length = file.read(&mut page)?;
    let content = page[..length].to_vec();
    // Of a process the kernel gives all that it was asked for, or all that there is.
    if length < page.len() { Ok(content) } else { bounded(file, content, LARGEST_OF_PROC) }
}

/// The content, of which the beginning has been read, to its end.
fn bounded(file: File, mut content: Vec<u8>, largest: u64) -> io::Result<Vec<u8>> {
    file.take(largest + 1 - content.len() as u64).read_to_end(&mut content)?;
    if content.len() as u64 > largest {
        return Err(io::Error::other(format!("it has more than {} KiB", largest >> 10)));
    }
    Ok(content)
}

fn explain(errno: Errno) -> io::Error {
    match errno {
        Errno::LOOP => io::Error::other("a symbolic link is in the way"),
        Errno::XDEV => io::Error::other("it leads out of the engine's directory"),
        Errno::NOSYS => io::Error::other("reading it safely needs Linux 5.6"),
        errno => errno.into(),
    }
}

/// Whether an error says that there is no such file.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;

    use super::*;

    fn why(directory: &Path, file: &str) -> String {
        read_below(directory, Path::new(file)).expect_err(file).to_string()
    }

    #[test]
    fn only_regular_files_of_a_bearable_size_below_the_directory_are_read() {
        let world = tempfile::tempdir().expect("a directory");
        let inside = world.path().join("inside");
        std::fs::create_dir(&inside).expect("a directory");
        std::fs::write(world.path().join("secret"), "x").expect("a file");
        std::fs::write(inside.join("plain"), "text").expect("a file");
        assert_eq!(read_below(&inside, Path::new("plain")).expect("its content"), b"text");

        symlink("../secret", inside.join("link")).expect("a link");
        symlink("..", inside.join("up")).expect("a link");
        nix::unistd::mkfifo(&inside.join("fifo"), Mode::S_IRWXU).expect("a FIFO");
        File::create(inside.join("huge")).expect("a file").set_len(1 << 40).expect("a size");
        assert_eq!(why(&inside, "link"), "a symbolic link is in the way");
        assert_eq!(why(&inside, "up/secret"), "a symbolic link is in the way");
        assert_eq!(why(&inside, "../secret"), "it leads out of the engine's directory");
        assert_eq!(why(&inside, "fifo"), "it is not a regular file");
        assert_eq!(why(&inside, "huge"), "it has more than 4096 KiB");
        assert_eq!(why(world.path(), "inside"), "it is not a regular file");
        let missing = read_below(&inside, Path::new("plain/x")).expect_err("no directory");
        assert!(is_missing(&missing) && why(&inside, "none").contains("No such file"));
        // A file without an end: what /proc gives has no size, and neither has a device.
        assert_eq!(why(Path::new("/dev"), "zero"), "it is not a regular file");
    }

    #[test]
    fn a_directory_is_listed_to_a_bearable_length_and_only_where_it_really_is() {
        let world = tempfile::tempdir().expect("a directory");
        let inside = world.path().join("inside/deep");
        std::fs::create_dir_all(&inside).expect("a directory");
        symlink("inside", world.path().join("link")).expect("a link");
        nix::unistd::mkfifo(&world.path().join("fifo"), Mode::S_IRWXU).expect("a FIFO");
        let list = |below: &str| list_below(world.path(), Path::new(below));
        let why = |below: &str| list(below).expect_err(below).to_string();
        assert_eq!(why("link/deep"), "a symbolic link is in the way");
        assert_eq!(why("link"), "a symbolic link is in the way");
        assert_eq!(why(".."), "it leads out of the engine's directory");
        assert!(is_missing(&list("fifo").expect_err("no directory")));
        assert!(is_missing(&list("none").expect_err("nothing")));

        for number in (0..MOST_ENTRIES).rev() {
            std::fs::write(inside.join(format!("{number:04}")), "").expect("a file");
        }
        let whole = list("inside/deep").expect("a listing");
        assert_eq!((whole.entries.len(), whole.is_cut), (MOST_ENTRIES, false));
        assert!(whole.entries.is_sorted() && whole.entries[0].name == "0000");
        std::fs::write(inside.join("more"), "").expect("a file");
        let cut = list("inside/deep").expect("a listing");
        assert_eq!((cut.entries.len(), cut.is_cut), (MOST_ENTRIES, true));
    }
}
