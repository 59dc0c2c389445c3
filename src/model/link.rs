//! Links: network interfaces of any kind, in any namespace.

use std::fmt;

use super::{
    Address, Bridge, BridgePort, MacAddr, Macvlan, NetnsId, Parent, TapDevice, Text, Vlan,
};

/// Links nest at most eight deep (`MAX_NEST_DEV`); this ends every loop that wrong data could make.
pub const MAX_DEPTH: usize = 16;

/// Identity of a link. Names and bare ifindexes repeat across namespaces, this does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// The namespace.
    pub netns: NetnsId,
    /// Interface index within that namespace.
    pub ifindex: u32,
}

impl fmt::Display for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interface {} of {}", self.ifindex, self.netns)
    }
}

/// Kind of a link (`IFLA_INFO_KIND`), with what is worth showing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// macvlan.
    Macvlan(Macvlan),
    /// macvtap: a macvlan whose frames go to a character device.
    Macvtap(Macvlan),
    /// 802.1Q or 802.1ad sub-interface.
    Vlan(Vlan),
    /// One half of a cable between namespaces; its `IFLA_LINK` is the other half, not a parent.
    Veth,
    /// The loopback interface.
    Loopback,
    /// A device of a driver, without a kind: physical or paravirtual.
    Device,
    /// Any other kind, by the kernel's name (ipvlan, bridge, bond, vxlan, tun, dummy, …).
    Other(Text),
}

impl LinkKind {
    /// The word for people and for the JSON document.
    pub fn name(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Macvlan(_) => "macvlan".into(),
            Self::Macvtap(_) => "macvtap".into(),
            Self::Vlan(_) => "vlan".into(),
            Self::Veth => "veth".into(),
            Self::Loopback => "loopback".into(),
            Self::Device => "device".into(),
            Self::Other(kind) => kind.printable(),
        }
    }
}

/// `ifi_flags` (netdevice(7), linux/if.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkFlags(pub u32);

/// Bits and words in the order in which `ip` prints them; `RUNNING` is folded into `NO-CARRIER`.
const FLAG_NAMES: [(u32, &str); 18] = [
    (0x8, "LOOPBACK"),
    (0x2, "BROADCAST"),
    (0x10, "POINTOPOINT"),
    (0x1000, "MULTICAST"),
    (0x80, "NOARP"),
    (0x200, "ALLMULTI"),
    (0x100, "PROMISC"),
    (0x400, "MASTER"),
    (0x800, "SLAVE"),
    (0x4, "DEBUG"),
    (0x8000, "DYNAMIC"),
    (0x4000, "AUTOMEDIA"),
    (0x2000, "PORTSEL"),
    (0x20, "NOTRAILERS"),
    (0x1, "UP"),
    (0x1_0000, "LOWER_UP"),
    (0x2_0000, "DORMANT"),
    (0x4_0000, "ECHO"),
];

impl LinkFlags {
    const UP: u32 = 0x1;
    const LOOPBACK: u32 = 0x8;
    const RUNNING: u32 = 0x40;
    const NOARP: u32 = 0x80;
    const LOWER_UP: u32 = 0x1_0000;
    const DORMANT: u32 = 0x2_0000;

    /// The same, administratively up or down. Going down also takes the carrier away.
    #[must_use]
    pub fn with_up(self, up: bool) -> Self {
        Self(if up {
            self.0 | Self::UP
        } else {
            self.0 & !(Self::UP | Self::RUNNING | Self::LOWER_UP)
        })
    }

    /// Without the bits that come and go with the carrier (`IFF_RUNNING`, `IFF_LOWER_UP`,
    /// `IFF_DORMANT`): what somebody decided.
    #[must_use]
    pub fn without_carrier(self) -> Self {
        Self(self.0 & !(Self::RUNNING | Self::LOWER_UP | Self::DORMANT))
    }

    /// Administratively up.
    pub fn is_up(self) -> bool {
        self.0 & Self::UP != 0
    }

    /// The physical layer below has a signal.
    pub fn is_lower_up(self) -> bool {
        self.0 & Self::LOWER_UP != 0
    }

    /// The loopback interface.
    pub fn is_loopback(self) -> bool {
        self.0 & Self::LOOPBACK != 0
    }

    /// No address is resolved here: `arp off` of ip-link(8).
    pub fn is_noarp(self) -> bool {
        self.0 & Self::NOARP != 0
    }

    /// The words of `ip link`, in its order.
    pub fn names(self) -> Vec<&'static str> {
        let mut names = Vec::new();
        if self.is_up() && self.0 & Self::RUNNING == 0 {
            names.push("NO-CARRIER");
        }
        names.extend(FLAG_NAMES.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| *name));
        names
    }
}

/// RFC 2863 operational state (`IFLA_OPERSTATE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperState {
    /// The driver does not say.
    #[default]
    Unknown,
    /// Some component is missing.
    NotPresent,
    /// Down.
    Down,
    /// Down because the link below is.
    LowerLayerDown,
    /// Being tested.
    Testing,
    /// Waiting for something outside, such as 802.1X.
    Dormant,
    /// Up.
    Up,
}

impl OperState {
    /// From linux/if.h's `IF_OPER_*`.
    pub fn from_kernel(value: u8) -> Self {
        match value {
            1 => Self::NotPresent,
            2 => Self::Down,
            3 => Self::LowerLayerDown,
            4 => Self::Testing,
            5 => Self::Dormant,
            6 => Self::Up,
            _ => Self::Unknown,
        }
    }

    /// The word `ip` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::NotPresent => "NOTPRESENT",
            Self::Down => "DOWN",
            Self::LowerLayerDown => "LOWERLAYERDOWN",
            Self::Testing => "TESTING",
            Self::Dormant => "DORMANT",
            Self::Up => "UP",
        }
    }
}

impl fmt::Display for OperState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Identity.
    pub key: LinkKey,
    /// Name: 1 to 15 bytes, any but NUL, `/`, `:` and white space.
    pub name: Text,
    /// `IFLA_IFALIAS`, free text up to 255 bytes.
    pub alias: Option<Text>,
    /// Alternative names (`IFLA_ALT_IFNAME`).
    pub alt_names: Vec<Text>,
    /// Kind and what belongs to it.
    pub kind: LinkKind,
    /// Link-layer address; tunnels may have none.
    pub mac: Option<MacAddr>,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// Interface flags.
    pub flags: LinkFlags,
    /// Operational state.
    pub oper_state: OperState,
    /// Name of the queueing discipline.
    pub qdisc: Text,
    /// How many users want the interface promiscuous (`IFLA_PROMISCUITY`).
    pub promiscuity: u32,
    /// The link below this one.
    pub parent: Option<Parent>,
    /// The other end of a veth or netkit pair. Same shape as a parent, another relation.
    pub peer: Option<Parent>,
    /// The bridge, bond or VRF that this link is a port of (`IFLA_MASTER`), by ifindex in the
    /// same namespace.
    pub master: Option<u32>,
    /// What the bridge does at this link; only of a port of one.
    pub bridge_port: Option<BridgePort>,
    /// What a bridge does as a whole; only of one.
    pub bridge: Option<Bridge>,
    /// IP addresses in the kernel's order.
    pub addresses: Vec<Address>,
    /// macvtap: the character device.
    pub tap_device: Option<TapDevice>,
}

impl Link {
    /// Whether it is a bridge, which has ports.
    pub fn is_bridge(&self) -> bool {
        matches!(&self.kind, LinkKind::Other(kind) if kind.as_bytes() == b"bridge")
    }

    /// The macvlan part, of a macvlan or macvtap.
    pub fn macvlan(&self) -> Option<&Macvlan> {
        match &self.kind {
            LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) => Some(macvlan),
            _ => None,
        }
    }

    /// The macvlan part, to be changed.
    pub fn macvlan_mut(&mut self) -> Option<&mut Macvlan> {
        match &mut self.kind {
            LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) => Some(macvlan),
            _ => None,
        }
    }

    /// The VLAN part, of a VLAN sub-interface.
    pub fn vlan(&self) -> Option<Vlan> {
        match self.kind {
            LinkKind::Vlan(vlan) => Some(vlan),
            _ => None,
        }
    }

    /// Whether it goes up and down with its parent.
    pub fn is_up_with_parent(&self) -> bool {
        self.vlan().is_some_and(Vlan::follows_parent)
    }

    /// Whether it goes when the link that it has as parent goes: not so the tunnels that merely
    /// prefer a link to send through.
    pub fn lives_on_parent(&self) -> bool {
        match &self.kind {
            LinkKind::Macvlan(_) | LinkKind::Macvtap(_) | LinkKind::Vlan(_) => true,
            LinkKind::Other(kind) => {
                matches!(
                    kind.as_bytes(),
                    b"ipvlan" | b"ipvtap" | b"macsec" | b"vxlan" | b"rmnet" | b"ipoib"
                )
            }
            LinkKind::Veth | LinkKind::Loopback | LinkKind::Device => false,
        }
    }

    /// The name as `ip link` writes it inside the namespace: `NAME@ifN` with a parent elsewhere.
    /// With the parent in the same namespace `ip` writes its name, which the caller knows.
    pub fn name_at_ifindex(&self) -> String {
        match self.parent.as_ref().or(self.peer.as_ref()) {
            Some(parent) => format!("{}@if{}", self.name, parent.ifindex),
            None => self.name.to_string(),
        }
    }
}
