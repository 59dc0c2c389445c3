//! What container engines and network configurations say of themselves: their networks, and the
//! containers in them with the addresses that they believe to have given.
//!
//! It is kept apart from what the kernel shows, so that the two can be compared; see
//! [`membership`](super::membership). All texts were written by others.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::text::printable;
use super::{MacAddr, Owner, Text, prefix};

/// Who told: one API socket or one place with files. A new belief of the same source replaces its
/// older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// What makes networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// Docker.
    Docker,
    /// Podman, with netavark or CNI below it.
    Podman,
    /// A CNI network configuration, of Kubernetes, CRI-O, containerd or nerdctl.
    Cni,
}

impl Engine {
    /// Every engine, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Docker, Self::Podman, Self::Cni];

    /// The word in the JSON document and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Cni => "cni",
        }
    }

    /// What it is called in sentences.
    pub fn label(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
            Self::Cni => "CNI",
        }
    }
}

/// The network namespace in which an engine works, and so has the parents of its networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// That of the host, or our own where the host's is out of sight.
    #[default]
    Host,
    /// The namespace with this inode number: that of the process behind the socket.
    Inode(u64),
    /// The namespace that is mounted on this path, as engines of ordinary users have one.
    Mounted(Text),
}

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belief {
    /// Whose networks they are.
    pub engine: Engine,
    /// Where it was read: `unix:///run/docker.sock`, `/etc/cni/net.d`.
    pub origin: Text,
    /// The user of an engine that runs without privileges.
    pub user: Option<Text>,
    /// Where the parents are.
    pub home: Home,
    /// Networks whose driver is macvlan or ipvlan.
    pub networks: Vec<Network>,
    /// All containers, running or not; those whose id is the same as an
    /// [`Owner`]'s are that owner.
    pub containers: Vec<Container>,
}

impl Belief {
    /// Whether it can be true of that owner: an engine without privileges has the containers of its
    /// user, and its word on those of others would be a stranger's.
    pub fn is_about(&self, owner: &Owner) -> bool {
        self.user.is_none() || self.user == owner.user
    }

    /// Whether it was read from files and not told by an engine: their origin is a path.
    pub fn is_of_files(&self) -> bool {
        self.origin.as_bytes().starts_with(b"/")
    }
}

/// How a network makes its interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Driver {
    /// macvlan.
    Macvlan,
    /// ipvlan.
    Ipvlan,
}

impl Driver {
    /// The driver's name, which is also the kind of its links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Macvlan => "macvlan",
            Self::Ipvlan => "ipvlan",
        }
    }

    /// The mode of its interfaces where nobody says one: what Docker, netavark and the CNI plugins
    /// take.
    pub fn usual_mode(self) -> &'static str {
        match self {
            Self::Macvlan => "bridge",
            Self::Ipvlan => "l2",
        }
    }

    /// The driver of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Macvlan, Self::Ipvlan].into_iter().find(|driver| driver.name() == name)
    }
}

/// A network as its engine describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The engine's id; the name where it has none (CNI). Unique within its source.
    pub id: Text,
    /// Name.
    pub name: Text,
    /// Driver.
    pub driver: Driver,
    /// Name of the parent in the engine's namespace; `None` where the engine says none, and so takes
    /// the interface of the default route (CNI, Podman) or a dummy of its own (Docker).
    pub parent: Option<Text>,
    /// The mode in the driver's words, [`Driver::usual_mode`] where the engine says none.
    pub mode: Text,
    /// MTU, where it is said.
    pub mtu: Option<u32>,
    /// Whether it has no way out.
    pub internal: bool,
    /// Its subnets.
    pub subnets: Vec<Subnet>,
    /// Its labels.
    pub labels: BTreeMap<Text, Text>,
    /// Where members get their addresses, where that is not the engine itself: `dhcp`, `host-local`.
    pub ipam: Option<Text>,
    /// What of it could not be understood, as sentences.
    pub faults: Vec<String>,
}

/// A subnet of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its prefix: an address and a length in bits.
    pub net: (IpAddr, u8),
    /// Gateway.
    pub gateway: Option<IpAddr>,
    /// Out of which part addresses are given.
    pub range: Option<Range>,
    /// Addresses that are never given (`--aux-address`), by name.
    pub aux: Vec<(Text, IpAddr)>,
}

impl Subnet {
    /// A subnet of which no more is said.
    pub fn new(ip: IpAddr, prefix_len: u8) -> Self {
        Self { net: (ip, prefix_len), gateway: None, range: None, aux: Vec::new() }
    }

    /// Whether an address is inside.
    pub fn contains(&self, ip: IpAddr) -> bool {
        prefix::contains(self.net.0, self.net.1, ip)
    }
}

impl fmt::Display for Subnet {
    /// `192.168.128.0/24`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.net.0, self.net.1)
    }
}

/// A part of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// A smaller prefix (Docker).
    Prefix(IpAddr, u8),
    /// From the first to the last (Podman, CNI), where they are said.
    Between(Option<IpAddr>, Option<IpAddr>),
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(ip, len) => write!(f, "{ip}/{len}"),
            Self::Between(Some(first), Some(last)) => write!(f, "{first} to {last}"),
            Self::Between(Some(first), None) => write!(f, "from {first}"),
            Self::Between(None, Some(last)) => write!(f, "to {last}"),
            Self::Between(None, None) => f.write_str("all"),
        }
    }
}

/// What a container does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerState {
    /// It runs.
    Running,
    /// It is frozen; its interfaces stay.
    Paused,
    /// Between two runs.
    Restarting,
    /// Made, but never started.
    Created,
    /// It has ended, or is being removed.
    Exited,
    /// The source does not say.
    #[default]
    Unknown,
}

impl ContainerState {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Created => "created",
            Self::Exited => "stopped",
            Self::Unknown => "unknown",
        }
    }

    /// Whether its interfaces must be there.
    pub fn has_interfaces(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// A container as its engine describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// The engine's id, whole; of CNI that of the container that holds the namespace.
    pub id: Text,
    /// Name, without the slash that Docker begins it with; empty where the source does not say.
    pub name: Text,
    /// Image, as it was asked for.
    pub image: Option<Text>,
    /// What it does.
    pub state: ContainerState,
    /// Its labels.
    pub labels: BTreeMap<Text, Text>,
    /// The networks that it is in.
    pub attachments: Vec<Attachment>,
}

impl Container {
    /// Its name, or the first twelve digits of its id, in printable characters.
    pub fn label(&self) -> Cow<'_, str> {
        if self.name.is_empty() {
            let id = self.id.as_bytes();
            return printable(&id[..id.len().min(12)]);
        }
        self.name.printable()
    }

    /// `project` and `service` of Compose, Docker's or Podman's, where it made the container.
    pub fn compose(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        COMPOSE.iter().filter_map(|(word, keys)| {
            Some((*word, keys.iter().find_map(|key| self.labels.get(key.as_bytes()))?))
        })
    }
}

/// Labels that Compose gives to containers, by what they say.
const COMPOSE: [(&str, [&str; 2]); 2] = [
    ("project", ["com.docker.compose.project", "io.podman.compose.project"]),
    ("service", ["com.docker.compose.service", "io.podman.compose.service"]),
];

/// Whether a label is one that [`Container::compose`] reads.
pub fn is_of_compose(label: &Text) -> bool {
    COMPOSE.iter().flat_map(|(_, keys)| keys).any(|key| key.as_bytes() == label.as_bytes())
}

/// A container's place in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// [`Network::id`] of a network of the same source.
    pub network: Text,
    /// Name of the interface, where the source says it.
    pub interface: Option<Text>,
    /// MAC that the engine believes it to have; `None` where it does not say.
    pub mac: Option<MacAddr>,
    /// Addresses that the engine believes it to have, with the length of their prefixes.
    pub addresses: Vec<(IpAddr, u8)>,
}
