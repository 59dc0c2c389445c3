//! What a person asks for, on identities. Nothing here says whether it can be done, or how.

use crate::model::{
    Address, LinkKey, MacAddr, MacvlanFlags, Mode, NetnsId, PortOption, Text, Vlan,
};

/// One wish. Several make one plan; each is planned as if those before it had been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A new sub-interface.
    Create(Box<NewLink>),
    /// Another value for properties of a link, in this order.
    Edit {
        /// The link.
        link: LinkKey,
        /// What to change.
        edits: Vec<Edit>,
    },
    /// A link goes away.
    Delete(LinkKey),
    /// A new named namespace, as `ip netns add` makes it.
    CreateNetns(Text),
    /// A named namespace loses its name, as with `ip netns delete`; it dies when nothing else
    /// holds it.
    DeleteNetns(NetnsId),
}

/// A namespace that something goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One that exists.
    Known(NetnsId),
    /// One with a name in /run/netns, made for this if it does not exist yet in the plan.
    New(Text),
}

/// A sub-interface to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// Kind and what belongs to it.
    pub kind: NewKind,
    /// The link below.
    pub parent: LinkKey,
    /// Name; see [`Link::name`](crate::model::Link::name).
    pub name: Text,
    /// Where it goes.
    pub netns: Place,
    /// Interface index to ask for; `None` leaves it to the kernel. Only undo asks.
    pub ifindex: Option<u32>,
    /// MAC; `None` leaves it to the kernel.
    pub mac: Option<MacAddr>,
    /// MTU in bytes; `None` takes the parent's.
    pub mtu: Option<u32>,
    /// Alias, up to 255 bytes.
    pub alias: Option<Text>,
    /// Addresses to add once it exists.
    pub addresses: Vec<Address>,
    /// Whether to set it up in the end.
    pub up: bool,
}

impl NewLink {
    /// A link that leaves all that can be left to the kernel, and stays down.
    pub fn new(kind: NewKind, parent: LinkKey, name: Text, netns: Place) -> Self {
        Self {
            kind,
            parent,
            name,
            netns,
            ifindex: None,
            mac: None,
            mtu: None,
            alias: None,
            addresses: Vec::new(),
            up: false,
        }
    }

    /// The macvlan part, of a macvlan or macvtap.
    pub fn macvlan(&self) -> Option<&NewMacvlan> {
        match &self.kind {
            NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) => Some(macvlan),
            NewKind::Vlan(_) => None,
        }
    }

    /// Whether it takes its parent for itself.
    pub fn is_passthru(&self) -> bool {
        self.macvlan().is_some_and(|macvlan| macvlan.mode == Mode::Passthru)
    }
}

/// The kinds that can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewKind {
    /// macvlan.
    Macvlan(NewMacvlan),
    /// macvtap.
    Macvtap(NewMacvlan),
    /// 802.1Q or 802.1ad sub-interface.
    Vlan(Vlan),
}

/// The macvlan part of a new link; `None` leaves a value to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMacvlan {
    /// Mode.
    pub mode: Mode,
    /// `nopromisc`, `nodst`.
    pub flags: MacvlanFlags,
    /// Broadcast queue length to ask for, in frames.
    pub bc_queue_len: Option<u32>,
    /// Receivers above which a multicast is queued; −1 never queues. Belongs to the parent.
    pub bc_cutoff: Option<i32>,
    /// Source MACs, in source mode.
    pub sources: Vec<MacAddr>,
}

impl NewKind {
    /// The word `ip` uses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Macvlan(_) => "macvlan",
            Self::Macvtap(_) => "macvtap",
            Self::Vlan(_) => "vlan",
        }
    }
}

impl NewMacvlan {
    /// A macvlan of one mode, all else left to the kernel.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            flags: MacvlanFlags::default(),
            bc_queue_len: None,
            bc_cutoff: None,
            sources: Vec::new(),
        }
    }
}

/// A property of a link and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// macvlan mode.
    Mode(Mode),
    /// One macvlan flag, on or off.
    Flag {
        /// A bit of [`MacvlanFlags`].
        bit: u16,
        /// Its new state.
        on: bool,
    },
    /// Broadcast queue length asked for, in frames.
    BcQueueLen(u32),
    /// Broadcast cut-off of the parent's port.
    BcCutoff(i32),
    /// Adds a MAC to the source list.
    AddSource(MacAddr),
    /// Takes a MAC from the source list.
    RemoveSource(MacAddr),
    /// Replaces the source list; empty flushes it.
    SetSources(Vec<MacAddr>),
    /// Name.
    Name(Text),
    /// Alias; `None` removes it.
    Alias(Option<Text>),
    /// MAC.
    Mac(MacAddr),
    /// MTU in bytes.
    Mtu(u32),
    /// Administrative state.
    Up(bool),
    /// Adds an address.
    AddAddress(Address),
    /// Removes an address, known by address and prefix length.
    RemoveAddress(Address),
    /// Moves the link to another namespace.
    Netns(Place),
    /// An option of a bridge's port.
    Port(PortOption),
}
