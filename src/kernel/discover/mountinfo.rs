//! Reads `/proc/PID/mountinfo` (proc_pid_mountinfo(5)): which network namespaces are mounted where,
//! and whether the path still leads to them.
//!
//! Mount points are any bytes, written by whoever owns the mount namespace. A line that can't be
//! understood is skipped.

use std::collections::{HashMap, HashSet};

use super::directory::number;

/// A mount of a network namespace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NetnsMount {
    /// Inode number of the namespace.
    pub(super) inode: u64,
    /// Mount point, unescaped, relative to the root of the process that reads.
    pub(super) point: Vec<u8>,
    /// Whether another mount lies over it, so that the path leads elsewhere.
    pub(super) covered: bool,
}

/// One line; the mount point as it stands, escaped.
struct Line<'a> {
    id: u64,
    parent: u64,
    root: &'a [u8],
    point: &'a [u8],
    /// Type of the file system.
    kind: &'a [u8],
    /// Options of the file system, not of the mount.
    options: &'a [u8],
}

impl<'a> Line<'a> {
    /// `36 35 98:0 /root /point rw,noatime shared:1 - ext3 /dev/root rw,errors=continue`; the
    /// fields between the mount's options and the dash vary in number.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.split(|&b| b == b' ');
        let id = number(fields.next()?)?;
        let parent = number(fields.next()?)?;
        let _device = fields.next()?;
        let root = fields.next()?;
        let point = fields.next()?;
        let _mount_options = fields.next()?;
        fields.by_ref().find(|field| *field == b"-")?;
        let kind = fields.next()?;
        let _source = fields.next();
        Some(Self { id, parent, root, point, kind, options: fields.next().unwrap_or(&[]) })
    }
}

fn lines(mountinfo: &[u8]) -> impl Iterator<Item = Line<'_>> {
    mountinfo.split(|&b| b == b'\n').filter_map(Line::parse)
}

/// The mounts of network namespaces, in the order of the file.
pub(super) fn netns_mounts(mountinfo: &[u8]) -> Vec<NetnsMount> {
    let lines: Vec<Line> = lines(mountinfo).collect();
    let tree = Tree::new(&lines);
    lines
        .iter()
        .filter(|line| line.kind == b"nsfs")
        .filter_map(|line| {
            let inode = line.root.strip_prefix(b"net:[")?.strip_suffix(b"]")?;
            Some(NetnsMount {
                inode: number(inode)?,
                point: unescape(line.point),
                covered: tree.top(line.point) != line.id,
            })
        })
        .collect()
}

/// Whether a cgroup hierarchy of version 1 marks sockets with the cgroup of whoever last received
/// them (`sock_update_classid` in the kernel).
pub(super) fn marks_sockets(mountinfo: &[u8]) -> bool {
    lines(mountinfo).any(|line| {
        line.kind == b"cgroup"
            && line.options.split(|&b| b == b',').any(|o| o == b"net_cls" || o == b"net_prio")
    })
}

/// The mounts of one mount namespace, as a walk along a path meets them.
struct Tree<'a> {
    /// Where a walk begins: the mount that has the root directory, or lies under it.
    start: u64,
    /// (parent, mount point) → the mount on it.
    mounted: HashMap<(u64, &'a [u8]), u64>,
}

impl<'a> Tree<'a> {
    fn new(lines: &[Line<'a>]) -> Self {
        // The root mount of the namespace may be its own parent, which is no step of a walk.
        let steps = || lines.iter().filter(|line| line.id != line.parent);
        let ids: HashSet<u64> = steps().map(|line| line.id).collect();
        let start = steps().map(|line| line.parent).find(|parent| !ids.contains(parent));
        Self {
            start: start.unwrap_or(0),
            mounted: steps().map(|line| ((line.parent, line.point), line.id)).collect(),
        }
    }

    /// The mount that a walk along `path` ends on.
    fn top(&self, path: &'a [u8]) -> u64 {
        let mut at = self.cross(self.start, b"/");
        let ends = path.iter().enumerate().skip(1).filter(|(_, b)| **b == b'/').map(|(i, _)| i);
        for end in ends.chain([path.len()]) {
            at = self.cross(at, &path[..end]);
        }
        at
    }

    /// Onto whatever is mounted at `point`, and on top of that, and so on.
    fn cross(&self, from: u64, point: &'a [u8]) -> u64 {
        let mut at = from;
        // The kernel's mounts are a tree; a file that claims a circle must still come to an end.
        for _ in 0..self.mounted.len() {
            match self.mounted.get(&(at, point)) {
                Some(next) => at = *next,
                None => break,
            }
        }
        at
    }
}

/// Turns `\ooo` back into bytes: the kernel writes space, tab, newline, `#` and backslash so.
fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let [first, tail @ ..] = rest {
        if let [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] = rest {
            bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    fn escape(path: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in path {
            if b" \t\n\\#".contains(&byte) {
                out.extend(format!("\\{byte:03o}").bytes());
            } else {
                out.push(byte);
            }
        }
        out
    }

    /// (id, parent, point) of mounts; those with an id of 100 or more are network namespaces.
    fn mountinfo(mounts: &[(u64, u64, &str)]) -> String {
        mounts.iter().fold(String::new(), |mut out, (id, parent, point)| {
            let (root, kind) = match id {
                100.. => (format!("net:[{id}]"), "nsfs"),
                _ => ("/".into(), "ext4"),
            };
            writeln!(out, "{id} {parent} 0:4 {root} {point} rw shared:7 master:2 - {kind} x rw")
                .expect("a String");
            out
        })
    }

    fn covered(mounts: &[(u64, u64, &str)]) -> Vec<u64> {
        let found = netns_mounts(mountinfo(mounts).as_bytes());
        found.into_iter().filter(|mount| mount.covered).map(|mount| mount.inode).collect()
    }

    #[test]
    fn a_kernels_line_is_understood() {
        let line = b"518 27 0:4 net:[4026532212] /run/netns/a\\040b rw shared:270 - nsfs nsfs rw\n";
        let expected =
            NetnsMount { inode: 4_026_532_212, point: b"/run/netns/a b".to_vec(), covered: false };
        assert_eq!(netns_mounts(line), [expected]);
    }

    #[test]
    fn a_mount_under_another_is_covered() {
        let plain = [(1, 0, "/"), (100, 1, "/a"), (101, 1, "/ab"), (102, 1, "/b/a")];
        assert_eq!(covered(&plain), [] as [u64; 0]);
        let stacked = [(1, 0, "/"), (100, 1, "/a"), (101, 100, "/a")];
        assert_eq!(covered(&stacked), [100]);
        let directory = [(1, 0, "/"), (100, 1, "/d/a"), (2, 1, "/d"), (101, 2, "/d/a")];
        assert_eq!(covered(&directory), [100]);
        let root = [(1, 0, "/"), (100, 1, "/a"), (2, 1, "/")];
        assert_eq!(covered(&root), [100]);
    }

    #[test]
    fn the_root_need_not_be_a_mount_nor_stand_first() {
        // As seen from a chroot into a plain directory, and with a root that is its own parent.
        assert_eq!(covered(&[(100, 1, "/a"), (101, 100, "/a")]), [100]);
        assert_eq!(covered(&[(100, 1, "/a"), (1, 1, "/"), (101, 1, "/b")]), [] as [u64; 0]);
    }

    #[test]
    fn only_old_cgroups_mark_sockets() {
        let v1 = b"1 0 0:4 / /c rw - cgroup cgroup rw,net_cls,net_prio\n";
        let v2 = b"1 0 0:4 / /net_cls rw - cgroup2 net_cls rw\n";
        assert!(marks_sockets(v1));
        assert!(!marks_sockets(v2));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            netns_mounts(&bytes);
            marks_sockets(&bytes);
        }

        #[test]
        fn any_tree_comes_to_an_end(mounts in proptest::collection::vec((98..103u64, 98..103u64, "/[ab/]{0,4}"), 0..12)) {
            let mounts: Vec<_> = mounts.iter().map(|(id, parent, point)| (*id, *parent, point.as_str())).collect();
            netns_mounts(mountinfo(&mounts).as_bytes());
        }

        #[test]
        fn escaped_paths_come_back(path in proptest::collection::vec(1..=255u8, 0..40)) {
            prop_assert_eq!(unescape(&escape(&path)), path.clone());
            let mut line = b"1 0 0:4 net:[7] ".to_vec();
            line.extend(escape(&path));
            line.extend(b" rw - nsfs nsfs rw\n");
            prop_assert_eq!(&netns_mounts(&line)[0].point, &path);
        }
    }
}
