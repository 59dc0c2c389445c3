//! The shapes of the JSON document, field by field. The README explains the same fields to those who
//! read the document; a test compares the two.
//!
//! Schema 1 may gain fields; none goes away or changes its meaning without a higher number.

use std::borrow::Cow;

use serde::Serialize;

use super::networks::Network;

/// Number of the schema.
pub const SCHEMA: u32 = 1;

/// The whole document, without the schema number.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// The machine.
    pub host: Host<'a>,
    /// Whether nothing is missing from the view.
    pub complete: bool,
    /// What could not be seen.
    pub problems: Vec<Problem<'a>>,
    /// The host's namespace first, then the program's own, then the others by label.
    pub namespaces: Vec<Namespace<'a>>,
    /// Networks that engines tell of, by name.
    pub networks: Vec<Network<'a>>,
}

/// The machine.
#[derive(Debug, Serialize)]
pub struct Host<'a> {
    /// `gethostname(2)`.
    pub hostname: &'a str,
    /// `uname -r`.
    pub kernel: &'a str,
    /// `built-in`, `loaded`, `loadable`, `missing` or `unknown`.
    pub macvlan_support: &'static str,
}

/// What could not be seen.
#[derive(Debug, Serialize)]
pub struct Problem<'a> {
    /// What, in which namespace or process.
    pub what: &'a str,
    /// Why, and what would help.
    pub why: &'a str,
    /// Whether something may be missing from the view because of it.
    pub incomplete: bool,
}

/// A namespace.
#[derive(Debug, Serialize)]
pub struct Namespace<'a> {
    /// Inode number in nsfs, which `lsns` shows too; null for a hidden namespace.
    pub id: Option<u64>,
    /// `NS_GET_ID`; null where the kernel has none.
    pub cookie: Option<u64>,
    /// What the screen calls it; unique on this host at this time.
    pub label: Cow<'a, str>,
    /// Whether the program ran in it.
    pub current: bool,
    /// Whether it is the host's first namespace.
    pub root: bool,
    /// Paths on which it is mounted.
    pub names: Vec<Cow<'a, str>>,
    /// Everything found that keeps it alive.
    pub holders: Vec<Holder<'a>>,
    /// Who lives in it; null for the host's, and where nothing tells.
    pub owner: Option<Owner<'a>>,
    /// Whether its links could be read.
    pub readable: bool,
    /// Its links by ascending ifindex.
    pub links: Vec<Link<'a>>,
}

/// Who lives in a namespace, or holds it.
#[derive(Debug, Serialize)]
pub struct Owner<'a> {
    /// The engine, or another kind of owner.
    pub kind: &'static str,
    /// Name of the container, pod, machine or service; command of a process; what holds a leftover.
    pub name: Cow<'a, str>,
    /// The engine's id of a container.
    pub id: Option<Cow<'a, str>>,
    /// The pod that it is, or is part of.
    pub pod: Option<Pod<'a>>,
    /// Image of a container, as it was asked for.
    pub image: Option<Cow<'a, str>>,
    /// User of a process, or of an engine without privileges.
    pub user: Option<Cow<'a, str>>,
    /// Its processes.
    pub pids: &'a [i32],
    /// Since when a leftover has been mounted, RFC 3339 in UTC.
    pub since: Option<String>,
    /// What could not be read of it, and why.
    pub unread: Option<&'a str>,
    /// The containers that share the namespace, where it is a pod's or there are several.
    pub members: Vec<Owner<'a>>,
}

/// A pod of Kubernetes.
#[derive(Debug, Serialize)]
pub struct Pod<'a> {
    /// Namespace; null where only the uid is known.
    pub namespace: Option<Cow<'a, str>>,
    /// Name, or the uid.
    pub name: Cow<'a, str>,
}

/// Something that keeps a namespace alive, or led to it.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Holder<'a> {
    /// A process.
    Process {
        /// Process id.
        pid: i32,
        /// `/proc/PID/comm`.
        command: Cow<'a, str>,
    },
    /// A thread that is in another namespace than its process.
    Thread {
        /// Process id.
        pid: i32,
        /// Thread id.
        tid: i32,
        /// `/proc/PID/task/TID/comm`.
        command: Cow<'a, str>,
    },
    /// A mount.
    Mount {
        /// Mount point.
        path: Cow<'a, str>,
        /// A process in whose mount namespace the path holds; absent for the program's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        pid: Option<i32>,
    },
    /// An open file descriptor.
    Fd {
        /// Process id.
        pid: i32,
        /// Descriptor number.
        fd: i32,
        /// `/proc/PID/comm`.
        command: Cow<'a, str>,
    },
    /// A socket whose process is in another namespace.
    Socket {
        /// Process id.
        pid: i32,
        /// Descriptor number.
        fd: i32,
        /// `/proc/PID/comm`.
        command: Cow<'a, str>,
    },
    /// Nothing in sight; links elsewhere name it.
    Nsid {
        /// The id by which it was found.
        nsid: i32,
    },
}

/// A network interface.
#[derive(Debug, Serialize)]
pub struct Link<'a> {
    /// Index within its namespace.
    pub ifindex: u32,
    /// Name.
    pub name: Cow<'a, str>,
    /// `ip link set … alias`.
    pub alias: Option<Cow<'a, str>>,
    /// Alternative names.
    pub alt_names: Vec<Cow<'a, str>>,
    /// `macvlan`, `macvtap`, `vlan`, `veth`, `loopback`, `device`, or the kernel's word.
    pub kind: Cow<'a, str>,
    /// Link-layer address.
    pub mac: Option<String>,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// As `ip link` prints them between `<` and `>`.
    pub flags: Vec<&'static str>,
    /// RFC 2863 state, as `ip` prints it.
    pub oper_state: &'static str,
    /// Queueing discipline.
    pub qdisc: Cow<'a, str>,
    /// How many users want it promiscuous.
    pub promiscuity: u32,
    /// ifindex of the bridge, bond or VRF that it is a port of.
    pub master: Option<u32>,
    /// What the bridge does at this link; only of a port of one.
    pub bridge_port: Option<BridgePort>,
    /// IP addresses in the kernel's order.
    pub addresses: Vec<Address>,
    /// The link below.
    pub parent: Option<Lower<'a>>,
    /// The other end of a veth or netkit pair.
    pub peer: Option<Lower<'a>>,
    /// What only this kind of link has.
    #[serde(flatten)]
    pub detail: Detail<'a>,
}

/// What only some kinds of links have.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Detail<'a> {
    /// macvlan.
    Macvlan {
        /// Mode, flags, queues.
        macvlan: Macvlan,
    },
    /// macvtap.
    Macvtap {
        /// Mode, flags, queues.
        macvlan: Macvlan,
        /// The character device.
        tap_device: Option<String>,
        /// Who has it open.
        tap_holder: Option<Box<Owner<'a>>>,
    },
    /// vlan.
    Vlan {
        /// VLAN id.
        vlan_id: u16,
        /// `802.1Q` or `802.1ad`.
        vlan_protocol: &'static str,
    },
    /// bridge.
    Bridge {
        /// What it does as a whole.
        bridge: Bridge,
    },
    /// Any other.
    None {},
}

/// What a bridge does as a whole.
#[derive(Debug, Serialize)]
pub struct Bridge {
    /// Whether it runs a spanning tree.
    pub stp: bool,
    /// Whether its ports take only frames of their VLANs.
    pub vlan_filtering: bool,
}

/// What a bridge does at one of its ports, in the words of bridge(8).
#[derive(Debug, Serialize)]
pub struct BridgePort {
    /// `disabled`, `listening`, `learning`, `forwarding` or `blocking`.
    pub state: &'static str,
    /// Whether frames may leave through it that came in through it.
    pub hairpin: bool,
    /// Whether it is kept from the other isolated ports.
    pub isolated: bool,
    /// Whether the bridge learns the MACs behind it.
    pub learning: bool,
    /// Whether it sends frames to MACs that the bridge does not know.
    pub flood: bool,
    /// Whether it sends broadcasts of other ports.
    pub bcast_flood: bool,
}

/// What macvlan and macvtap have.
#[derive(Debug, Serialize)]
pub struct Macvlan {
    /// `private`, `vepa`, `bridge`, `passthru`, `source`, or `mode N` for one newer than this.
    pub mode: String,
    /// `nopromisc`, `nodst`.
    pub flags: Vec<&'static str>,
    /// Broadcast queue length asked for; null where the kernel does not say.
    pub bc_queue_len: Option<u32>,
    /// Broadcast queue length in use by the parent.
    pub bc_queue_len_used: Option<u32>,
    /// Number of receivers above which a multicast is queued.
    pub bc_cutoff: i32,
    /// MACs accepted in source mode.
    pub sources: Vec<String>,
}

/// An IP address.
#[derive(Debug, Serialize)]
pub struct Address {
    /// `inet` or `inet6`.
    pub family: &'static str,
    /// The address.
    pub address: String,
    /// Length of the prefix in bits.
    pub prefix_len: u8,
    /// `global`, `site`, `link`, `host`, `nowhere`, or a number.
    pub scope: String,
    /// As `ip address` prints them.
    pub flags: Vec<&'static str>,
    /// The other end of a point-to-point link.
    pub peer: Option<String>,
    /// Seconds of life left; null is forever.
    pub valid_lft: Option<u32>,
    /// Seconds until deprecated; null is forever.
    pub preferred_lft: Option<u32>,
}

/// The link that another one names as its lower link or peer.
#[derive(Debug, Serialize)]
pub struct Lower<'a> {
    /// `id` of its namespace; null when that is not in sight.
    pub namespace: Option<u64>,
    /// Index within its namespace.
    pub ifindex: u32,
    /// Its name; null when it is not in sight.
    pub name: Option<Cow<'a, str>>,
    /// Where the relation was read: `netlink`, and `sysfs` where that agrees.
    pub evidence: Vec<&'static str>,
    /// The id under which the link's namespace knows the other's; null when both are in one.
    pub nsid: Option<i32>,
}
