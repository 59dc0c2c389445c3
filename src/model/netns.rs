//! Network namespaces: what they are called, what keeps them alive, whether we can look inside.

use std::fmt;

use super::{Owner, Text};

/// Identity of a network namespace for as long as the program runs.
///
/// Inode numbers are handed out again at once when a namespace dies, so the cookie is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetnsId {
    /// `NS_GET_ID` (ioctl_nsfs(2)), equal to `SO_NETNS_COOKIE` (socket(7)); never reused.
    Cookie(u64),
    /// Inode number in nsfs, where the kernel has no cookie.
    Inode(u64),
    /// A namespace that only an nsid leads to; numbered by us in the order of appearance.
    Hidden(u64),
}

impl fmt::Display for NetnsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cookie(n) => write!(f, "the namespace with cookie {n}"),
            Self::Inode(n) => write!(f, "namespace net:[{n}]"),
            Self::Hidden(n) => write!(f, "hidden namespace {n}"),
        }
    }
}

/// What keeps a namespace alive, or led us to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A process whose main thread is in the namespace.
    Process {
        /// Process id, as our /proc shows it.
        pid: i32,
        /// `/proc/PID/comm`.
        command: Text,
    },
    /// A thread in another namespace than its process.
    Thread {
        /// Process id.
        pid: i32,
        /// Thread id.
        tid: i32,
        /// `/proc/PID/task/TID/comm`.
        command: Text,
    },
    /// A mount of the namespace's nsfs file.
    Mount {
        /// Mount point, as its own mount namespace names it; see [`Holder::leads`].
        path: Text,
        /// A process through whose `/proc/PID/root` the path is reached; `None` for our own
        /// mount namespace.
        pid: Option<i32>,
    },
    /// An open file descriptor for the namespace.
    Fd {
        /// Process id.
        pid: i32,
        /// Descriptor number.
        fd: i32,
        /// `/proc/PID/comm`.
        command: Text,
    },
    /// A socket that lives in the namespace while its process lives in another.
    Socket {
        /// Process id.
        pid: i32,
        /// Descriptor number.
        fd: i32,
        /// `/proc/PID/comm`.
        command: Text,
    },
    /// Nothing that can be seen: links elsewhere have their parent in it.
    Nsid {
        /// The id that the observer's table has for it.
        nsid: i32,
    },
}

impl Holder {
    /// Ends the path of a mount that lies under another one, as the kernel's own `//deleted` ends
    /// that of a mount whose directory entry is gone.
    pub const COVERED: &str = "//covered";

    /// Whether a mount's path leads to the namespace; true for all other holders.
    pub fn leads(&self) -> bool {
        match self {
            Self::Mount { path, .. } => ![Self::COVERED, "//deleted"]
                .iter()
                .any(|end| path.as_bytes().ends_with(end.as_bytes())),
            _ => true,
        }
    }

    /// The process that holds it, if it is one.
    pub fn pid(&self) -> Option<i32> {
        match self {
            Self::Process { pid, .. }
            | Self::Thread { pid, .. }
            | Self::Fd { pid, .. }
            | Self::Socket { pid, .. } => Some(*pid),
            Self::Mount { .. } | Self::Nsid { .. } => None,
        }
    }

    /// The `kind` in the JSON document.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Process { .. } => "process",
            Self::Thread { .. } => "thread",
            Self::Mount { .. } => "mount",
            Self::Fd { .. } => "fd",
            Self::Socket { .. } => "socket",
            Self::Nsid { .. } => "nsid",
        }
    }
}

impl fmt::Display for Holder {
    /// In words for people: `pid 4151 bash`, `/run/netns/test1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, command } => write!(f, "pid {pid} {command}"),
            Self::Thread { pid, tid, command } => {
                write!(f, "thread {tid} {command} of pid {pid}")
            }
            Self::Mount { path, pid: None } => write!(f, "{path}"),
            Self::Mount { path, pid: Some(pid) } => write!(f, "{path} in the mounts of pid {pid}"),
            Self::Fd { pid, fd, command } => write!(f, "descriptor {fd} of pid {pid} {command}"),
            Self::Socket { pid, fd, command } => write!(f, "socket {fd} of pid {pid} {command}"),
            Self::Nsid { nsid } => write!(f, "nsid {nsid}"),
        }
    }
}

/// How much of a namespace can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Its links and addresses are in the topology.
    Open,
    /// It exists, but its links can't be read.
    Closed {
        /// Why, and what would help.
        why: String,
    },
}

/// A network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Netns {
    /// Identity.
    pub id: NetnsId,
    /// Inode number in nsfs, what `lsns` shows; `None` for a hidden namespace.
    pub inode: Option<u64>,
    /// `NS_GET_ID`, where the kernel has it.
    pub cookie: Option<u64>,
    /// Whether the program runs in it.
    pub current: bool,
    /// Whether it is the host's first namespace, in which physical cards are born.
    pub root: bool,
    /// Everything found that keeps it alive, sorted.
    pub holders: Vec<Holder>,
    /// Who lives in it or holds it; `None` for the host's, and where nothing tells.
    pub owner: Option<Box<Owner>>,
    /// Whether we can look inside.
    pub view: View,
}

impl Netns {
    /// Mount paths that lead to the namespace, own mount namespace first, without repetition.
    pub fn names(&self) -> Vec<&Text> {
        let mut names = Vec::new();
        for own in [true, false] {
            for holder in &self.holders {
                if let Holder::Mount { path, pid } = holder
                    && pid.is_none() == own
                    && holder.leads()
                    && !names.contains(&path)
                {
                    names.push(path);
                }
            }
        }
        names
    }

    /// The name that `ip netns` knows it by; the first where it has several.
    pub fn iproute_name(&self) -> Option<&[u8]> {
        self.iproute_names().next()
    }

    /// All names that `ip netns` knows it by.
    pub fn iproute_names(&self) -> impl Iterator<Item = &[u8]> {
        self.holders.iter().filter_map(|holder| match holder {
            Holder::Mount { path, pid: None } => ["/run/netns/", "/var/run/netns/"]
                .iter()
                .find_map(|dir| path.as_bytes().strip_prefix(dir.as_bytes()))
                .filter(|name| !name.is_empty() && !name.contains(&b'/')),
            _ => None,
        })
    }

    /// What to call it, the first of these that there is:
    ///
    /// 1. `host`;
    /// 2. the name that `ip netns` knows it by, unless an engine made that up for its owner;
    /// 3. `current`, where the program itself lives;
    /// 4. its owner, such as `docker centos1-2`; see [`Owner::label`];
    /// 5. the last part of another mount path;
    /// 6. the first process, descriptor or socket that holds it, and at last its inode number.
    ///
    /// Not necessarily unique; see [`Topology::label`](super::Topology::label).
    pub fn label(&self) -> String {
        if self.root {
            return "host".into();
        }
        let owner = self.owner.as_deref().and_then(Owner::label);
        if let Some(name) = self.iproute_name()
            && (owner.is_none() || !is_made_up(name))
        {
            return super::text::printable(name).into_owned();
        }
        if self.current {
            return "current".into();
        }
        if let Some(owner) = owner {
            return owner;
        }
        if let Some(path) = self.names().first() {
            let bytes = path.as_bytes();
            let last = bytes.rsplit(|&b| b == b'/').next().unwrap_or(bytes);
            return super::text::printable(last).into_owned();
        }
        for holder in &self.holders {
            match holder {
                Holder::Process { pid, command } | Holder::Thread { pid, command, .. } => {
                    return format!("{command} ({pid})");
                }
                Holder::Fd { pid, command, .. } => return format!("fd of {command} ({pid})"),
                Holder::Socket { pid, command, .. } => {
                    return format!("socket of {command} ({pid})");
                }
                Holder::Nsid { nsid } => return format!("hidden (nsid {nsid})"),
                Holder::Mount { .. } => {}
            }
        }
        match (self.inode, self.id) {
            (Some(inode), _) => format!("net:[{inode}]"),
            (None, NetnsId::Cookie(n) | NetnsId::Inode(n) | NetnsId::Hidden(n)) => {
                format!("hidden {n}")
            }
        }
    }
}

/// Whether a name in /run/netns is one that an engine made up: `cni-UUID` of containerd and CRI-O,
/// `netns-UUID` of Podman.
fn is_made_up(name: &[u8]) -> bool {
    let uuid = [&b"cni-"[..], b"netns-"].iter().find_map(|prefix| name.strip_prefix(*prefix));
    uuid.is_some_and(|uuid| {
        uuid.len() == 36 && uuid.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
    })
}
