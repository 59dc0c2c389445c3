//! What is particular to a macvlan or macvtap link: mode, flags, queues and the source list.

use std::fmt;
use std::str::FromStr;

use super::MacAddr;

/// How a macvlan treats frames between siblings (`IFLA_MACVLAN_MODE`, ip-link(8)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Siblings never talk, not even through a switch that reflects.
    Private,
    /// Every frame leaves through the parent; siblings talk only if the switch outside reflects.
    Vepa,
    /// Siblings talk directly, in memory.
    Bridge,
    /// One single sub-interface takes the parent for itself.
    Passthru,
    /// Only frames from listed source MACs are received.
    Source,
    /// A mode this program does not know; the kernel's number is kept.
    Unknown(u32),
}

impl Mode {
    /// The five modes, in the kernel's order.
    pub const ALL: [Self; 5] =
        [Self::Private, Self::Vepa, Self::Bridge, Self::Passthru, Self::Source];

    /// From `enum macvlan_mode` of linux/if_link.h.
    pub fn from_kernel(value: u32) -> Self {
        Self::ALL.into_iter().find(|mode| mode.to_kernel() == value).unwrap_or(Self::Unknown(value))
    }

    /// To `enum macvlan_mode` of linux/if_link.h.
    pub fn to_kernel(self) -> u32 {
        match self {
            Self::Private => 1,
            Self::Vepa => 2,
            Self::Bridge => 4,
            Self::Passthru => 8,
            Self::Source => 16,
            Self::Unknown(value) => value,
        }
    }

    /// The word `ip` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Vepa => "vepa",
            Self::Bridge => "bridge",
            Self::Passthru => "passthru",
            Self::Source => "source",
            Self::Unknown(_) => "unknown",
        }
    }

    /// What the mode does to its siblings' frames, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Private => "siblings never talk, not even when the switch returns the frame",
            Self::Vepa => "every frame goes out; siblings talk only through a reflecting switch",
            Self::Bridge => "siblings in bridge mode talk directly, without the switch",
            Self::Passthru => "the one sub-interface of its parent, sharing the parent's MAC",
            Self::Source => "receives only frames whose source MAC is on its list",
            Self::Unknown(_) => "a mode newer than this program",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(value) => f.pad(&format!("mode {value}")),
            known => f.pad(known.name()),
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mode| mode.name() == text).ok_or_else(|| {
            format!("'{text}' is not a mode; there are private, vepa, bridge, passthru and source")
        })
    }
}

/// `IFLA_MACVLAN_FLAGS`, as the kernel's bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MacvlanFlags(pub u16);

impl MacvlanFlags {
    /// Passthru only: the parent is not put into promiscuous mode.
    pub const NOPROMISC: u16 = 1;
    /// Source mode only: no copy of a listed sender's frame goes to other receivers.
    pub const NODST: u16 = 2;

    /// Every bit and the word that `ip` uses for it.
    pub const ALL: [(u16, &str); 2] = [(Self::NOPROMISC, "nopromisc"), (Self::NODST, "nodst")];

    /// Whether all these bits are set.
    pub fn has(self, bits: u16) -> bool {
        self.0 & bits == bits
    }

    /// The same with these bits on or off.
    #[must_use]
    pub fn with(self, bits: u16, on: bool) -> Self {
        Self(if on { self.0 | bits } else { self.0 & !bits })
    }

    /// The words for the bits that are set.
    pub fn names(self) -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| name).collect()
    }
}

/// The macvlan part of a link. Attributes the running kernel does not report are `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macvlan {
    /// `IFLA_MACVLAN_MODE`.
    pub mode: Mode,
    /// `IFLA_MACVLAN_FLAGS`.
    pub flags: MacvlanFlags,
    /// Broadcast queue length asked for, in frames (`IFLA_MACVLAN_BC_QUEUE_LEN`).
    pub bc_queue_len: Option<u32>,
    /// The length in use: the largest that any sub-interface of the parent asked for.
    pub bc_queue_len_used: Option<u32>,
    /// Receivers above which a multicast is queued instead of delivered at once
    /// (`IFLA_MACVLAN_BC_CUTOFF`); it belongs to the parent, and the kernel omits it when it is 1.
    pub bc_cutoff: i32,
    /// Source MACs accepted in source mode (`IFLA_MACVLAN_MACADDR_DATA`).
    pub sources: Vec<MacAddr>,
}

impl Macvlan {
    /// The mode with its flags: `passthru,nopromisc`.
    pub fn words(&self) -> String {
        let mut words = vec![self.mode.to_string()];
        words.extend(self.flags.names().into_iter().map(str::to_owned));
        words.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_set_one_by_one() {
        let both = MacvlanFlags::default()
            .with(MacvlanFlags::NOPROMISC, true)
            .with(MacvlanFlags::NODST, true);
        assert_eq!(both.names(), ["nopromisc", "nodst"]);
        assert_eq!(both.with(MacvlanFlags::NOPROMISC, false).names(), ["nodst"]);
        assert!(both.has(MacvlanFlags::NODST) && !MacvlanFlags(4).has(MacvlanFlags::NODST));
    }

    #[test]
    fn every_mode_survives_the_kernel_and_the_command_line() {
        for mode in Mode::ALL {
            assert_eq!(Mode::from_kernel(mode.to_kernel()), mode);
            assert_eq!(mode.name().parse::<Mode>(), Ok(mode));
            assert!(!mode.meaning().is_empty());
        }
        assert_eq!(Mode::from_kernel(32), Mode::Unknown(32));
        assert_eq!(Mode::Unknown(32).to_string(), "mode 32");
    }
}
