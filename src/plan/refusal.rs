//! Why a request is not even put to the kernel, and what would work instead.

/// The rules that can be known beforehand; each is something the kernel refuses, or does in a way
/// that nobody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Nothing is to be changed, or it has that value already.
    NothingToDo,
    /// The link or namespace is not there (any more), or out of sight.
    Unseen,
    /// No path leads into the namespace, so nothing in it can be changed.
    NoWayIn,
    /// A sub-interface beside a passthru one.
    BesidePassthru,
    /// A passthru sub-interface beside others.
    PassthruBesideOthers,
    /// To or from passthru: it can only be chosen when the link is made.
    ChangePassthru,
    /// The parent is a port of a bridge (or another device that takes its frames).
    ParentIsPort,
    /// The parent has ipvlan sub-interfaces.
    ParentHasIpvlan,
    /// The parent is the loopback interface.
    ParentIsLoopback,
    /// The parent has no Ethernet header.
    ParentNotEthernet,
    /// The MAC is in use by the parent or a sibling, in whichever namespace.
    MacInUse,
    /// The MAC is zero, multicast, or not of six bytes.
    MacUnusable,
    /// A passthru sub-interface takes its parent's MAC.
    MacOfPassthru,
    /// The MTU is above the parent's, or outside the device's limits.
    Mtu,
    /// The name is empty, too long, or has characters that the kernel refuses.
    NameUnusable,
    /// The name is taken in that namespace, possibly as an alternative name.
    NameTaken,
    /// The alias is longer than 255 bytes.
    AliasTooLong,
    /// nopromisc toggled while the passthru sub-interface is down: a kernel bug.
    NopromiscWhileDown,
    /// nopromisc outside passthru mode.
    NopromiscOutsidePassthru,
    /// A source list, or nodst, outside source mode.
    SourceOutsideSourceMode,
    /// The property belongs to macvlans only.
    NotMacvlan,
    /// The property belongs to ports of bridges only.
    NotBridgePort,
    /// A VLAN id outside 1 to 4094, or one that the parent has already.
    VlanId,
    /// A VLAN can't be up while its parent is down.
    ParentDown,
    /// The address is there already, or is not there to be removed, or its prefix is too long.
    Address,
    /// A link that can't be deleted or moved: the loopback interface, a network card.
    Fixed,
    /// A namespace name that is taken or no file name.
    NetnsName,
    /// The namespace has no name in /run/netns, or is the host's own.
    NetnsNotNamed,
}

impl Rule {
    /// Every rule, for tests that loop over them.
    pub const ALL: [Self; 28] = [
        Self::NothingToDo,
        Self::Unseen,
        Self::NoWayIn,
        Self::BesidePassthru,
        Self::PassthruBesideOthers,
        Self::ChangePassthru,
        Self::ParentIsPort,
        Self::ParentHasIpvlan,
        Self::ParentIsLoopback,
        Self::ParentNotEthernet,
        Self::MacInUse,
        Self::MacUnusable,
        Self::MacOfPassthru,
        Self::Mtu,
        Self::NameUnusable,
        Self::NameTaken,
        Self::AliasTooLong,
        Self::NopromiscWhileDown,
        Self::NopromiscOutsidePassthru,
        Self::SourceOutsideSourceMode,
        Self::NotMacvlan,
        Self::NotBridgePort,
        Self::VlanId,
        Self::ParentDown,
        Self::Address,
        Self::Fixed,
        Self::NetnsName,
        Self::NetnsNotNamed,
    ];
}

/// A request that is refused before the kernel is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}; {way_out}")]
pub struct Refusal {
    /// The rule that says no.
    pub rule: Rule,
    /// What can't be done and why, as a sentence without a full stop that names links and
    /// namespaces.
    pub why: String,
    /// What would work, in the same form.
    pub way_out: String,
}

impl Refusal {
    pub(super) fn new(rule: Rule, why: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { rule, why: why.into(), way_out: way_out.into() }
    }
}
