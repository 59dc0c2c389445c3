//! What one request to the kernel does. An op names its link by identity, or, where an earlier op
//! of the same plan makes the link, by the name that it will have.

use super::request::{NewLink, Place};
use crate::model::{Address, LinkKey, MacAddr, MacvlanFlags, Mode, PortOption, Text};

/// One request to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Makes a named namespace: a file in /run/netns with the namespace mounted on it.
    CreateNetns {
        /// The file's name.
        name: Text,
    },
    /// Unmounts and removes the file of a named namespace.
    DeleteNetns {
        /// The file's name.
        name: Text,
    },
    /// `RTM_NEWLINK` with `NLM_F_CREATE | NLM_F_EXCL`. Of the new link's properties, `alias`,
    /// `addresses` and `up` are later ops.
    Create(Box<NewLink>),
    /// `RTM_DELLINK`.
    Delete(Target),
    /// Changes one property of a link.
    Set(Target, Setting),
}

impl Op {
    /// Whether it sets only what goes with the link, which a later one of these ops deletes.
    pub(super) fn is_moot_before<'a>(&self, later: impl IntoIterator<Item = &'a Self>) -> bool {
        use Setting::{AddAddress, Alias, RemoveAddress, Up};
        let Self::Set(target, Up(_) | Alias(_) | AddAddress(_) | RemoveAddress(_)) = self else {
            return false;
        };
        later.into_iter().any(|op| matches!(op, Self::Delete(gone) if gone == target))
    }
}

/// The link that an op is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One that existed when the plan was made.
    Link(LinkKey),
    /// One that has this name in this namespace when the op's turn comes, because an earlier op of
    /// the plan made it or moved it there.
    Named {
        /// Where.
        netns: Place,
        /// Under which name.
        name: Text,
    },
}

/// One property and the value that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `IFLA_MACVLAN_MODE`, by `RTM_NEWLINK` without `NLM_F_CREATE`: `RTM_SETLINK` ignores it.
    Mode(Mode),
    /// `IFLA_MACVLAN_FLAGS`, all bits.
    Flags(MacvlanFlags),
    /// `IFLA_MACVLAN_BC_QUEUE_LEN`, in frames.
    BcQueueLen(u32),
    /// `IFLA_MACVLAN_BC_CUTOFF`.
    BcCutoff(i32),
    /// `MACVLAN_MACADDR_ADD`.
    AddSource(MacAddr),
    /// `MACVLAN_MACADDR_DEL`.
    RemoveSource(MacAddr),
    /// `MACVLAN_MACADDR_SET`, or `MACVLAN_MACADDR_FLUSH` when empty.
    Sources(Vec<MacAddr>),
    /// `IFLA_IFNAME`.
    Name(Text),
    /// `IFLA_IFALIAS`; `None` removes it.
    Alias(Option<Text>),
    /// `IFLA_ADDRESS`.
    Mac(MacAddr),
    /// `IFLA_MTU`, in bytes.
    Mtu(u32),
    /// `IFF_UP`.
    Up(bool),
    /// `RTM_NEWADDR` with `NLM_F_CREATE | NLM_F_EXCL`.
    AddAddress(Address),
    /// `RTM_DELADDR`.
    RemoveAddress(Address),
    /// One of `IFLA_BRPORT_*`, by `RTM_NEWLINK`.
    Port(PortOption),
    /// `IFLA_NET_NS_FD`, by `RTM_SETLINK`: moves the link.
    Netns {
        /// Where to.
        place: Place,
        /// Interface index to ask for (`IFLA_NEW_IFINDEX`, Linux 5.13); `None` keeps the one that
        /// it has if it is free there. Only undo asks.
        ifindex: Option<u32>,
    },
}
