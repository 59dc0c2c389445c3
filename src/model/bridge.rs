//! What a bridge does with frames, as a whole and at one of its ports.
//!
//! Read from the records of links; the MACs and VLANs that a bridge knows are not.

use std::fmt;

/// What is worth knowing of a bridge (`IFLA_BR_*` of linux/if_link.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bridge {
    /// Whether it runs a spanning tree, which then decides about its ports (`IFLA_BR_STP_STATE`).
    pub stp: bool,
    /// Whether its ports take only frames of their VLANs (`IFLA_BR_VLAN_FILTERING`).
    pub vlan_filtering: bool,
}

impl Bridge {
    /// What is on: `stp, vlan_filtering`; empty where nothing is.
    pub fn words(self) -> String {
        let on = [(self.stp, "stp"), (self.vlan_filtering, "vlan_filtering")];
        let on: Vec<_> = on.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
        on.join(", ")
    }
}

/// A link as a port of a bridge (`IFLA_BRPORT_*` of linux/if_link.h), in the words of bridge(8). What an
/// old kernel does not tell is as it is unless somebody changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BridgePort {
    /// Whether it takes and sends frames (`IFLA_BRPORT_STATE`).
    pub state: PortState,
    /// Whether frames may leave through it that came in through it (`IFLA_BRPORT_MODE`).
    pub hairpin: bool,
    /// Whether it is kept from the other isolated ports (`IFLA_BRPORT_ISOLATED`).
    pub isolated: bool,
    /// Whether the bridge learns the MACs behind it (`IFLA_BRPORT_LEARNING`).
    pub learning: bool,
    /// Whether it sends frames to MACs that the bridge does not know (`IFLA_BRPORT_UNICAST_FLOOD`).
    pub flood: bool,
    /// Whether it sends broadcasts of other ports (`IFLA_BRPORT_BCAST_FLOOD`).
    pub bcast_flood: bool,
}

impl Default for BridgePort {
    fn default() -> Self {
        Self {
            state: PortState::Forwarding,
            hairpin: false,
            isolated: false,
            learning: true,
            flood: true,
            bcast_flood: true,
        }
    }
}

impl BridgePort {
    /// The state, and what else is not as it is by itself: `forwarding, hairpin on`.
    pub fn words(self) -> String {
        let usual = Self::default();
        let options = [
            ("hairpin", self.hairpin, usual.hairpin),
            ("isolated", self.isolated, usual.isolated),
            ("learning", self.learning, usual.learning),
            ("flood", self.flood, usual.flood),
            ("bcast_flood", self.bcast_flood, usual.bcast_flood),
        ];
        let unusual = options.into_iter().filter(|(_, is, usual)| is != usual);
        let unusual =
            unusual.map(|(name, is, _)| format!("{name} {}", if is { "on" } else { "off" }));
        let words: Vec<_> = [self.state.name().to_owned()].into_iter().chain(unusual).collect();
        words.join(", ")
    }
}

/// `BR_STATE_*` of linux/if_bridge.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortState {
    /// It is set down or has no carrier, or somebody said so.
    Disabled,
    /// The spanning tree is finding out whether it may forward.
    Listening,
    /// It learns MACs, and does not forward yet.
    Learning,
    /// It takes and sends frames; no other state does.
    Forwarding,
    /// The spanning tree, or somebody, keeps it closed.
    Blocking,
}

impl PortState {
    /// To `IFLA_BRPORT_STATE`.
    pub fn to_kernel(self) -> u8 {
        match self {
            Self::Disabled => 0,
            Self::Listening => 1,
            Self::Learning => 2,
            Self::Forwarding => 3,
            Self::Blocking => 4,
        }
    }

    /// From `IFLA_BRPORT_STATE`.
    pub fn from_kernel(value: u8) -> Option<Self> {
        Some(match value {
            0 => Self::Disabled,
            1 => Self::Listening,
            2 => Self::Learning,
            3 => Self::Forwarding,
            4 => Self::Blocking,
            _ => return None,
        })
    }

    /// The word of bridge(8).
    pub fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Listening => "listening",
            Self::Learning => "learning",
            Self::Forwarding => "forwarding",
            Self::Blocking => "blocking",
        }
    }
}

/// An option of a bridge's port and the value for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortOption {
    /// [`BridgePort::hairpin`].
    Hairpin(bool),
    /// [`BridgePort::isolated`].
    Isolated(bool),
    /// [`BridgePort::flood`].
    Flood(bool),
    /// [`BridgePort::bcast_flood`].
    BcastFlood(bool),
    /// [`BridgePort::state`].
    State(PortState),
}

impl fmt::Display for PortOption {
    /// `hairpin on`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.value())
    }
}

impl PortOption {
    /// The word of bridge(8) for the option.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hairpin(_) => "hairpin",
            Self::Isolated(_) => "isolated",
            Self::Flood(_) => "flood",
            Self::BcastFlood(_) => "bcast_flood",
            Self::State(_) => "state",
        }
    }

    /// The word for the value.
    pub fn value(self) -> &'static str {
        match self {
            Self::Hairpin(on) | Self::Isolated(on) | Self::Flood(on) | Self::BcastFlood(on) => {
                if on { "on" } else { "off" }
            }
            Self::State(state) => state.name(),
        }
    }

    /// The same option as it is at a port now.
    #[must_use]
    pub fn at(self, port: BridgePort) -> Self {
        match self {
            Self::Hairpin(_) => Self::Hairpin(port.hairpin),
            Self::Isolated(_) => Self::Isolated(port.isolated),
            Self::Flood(_) => Self::Flood(port.flood),
            Self::BcastFlood(_) => Self::BcastFlood(port.bcast_flood),
            Self::State(_) => Self::State(port.state),
        }
    }

    /// Gives a port the value.
    pub fn apply(self, port: &mut BridgePort) {
        match self {
            Self::Hairpin(on) => port.hairpin = on,
            Self::Isolated(on) => port.isolated = on,
            Self::Flood(on) => port.flood = on,
            Self::BcastFlood(on) => port.bcast_flood = on,
            Self::State(state) => port.state = state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_by_what_is_unusual_of_it() {
        assert_eq!(BridgePort::default().words(), "forwarding");
        let odd = BridgePort {
            state: PortState::Blocking,
            hairpin: true,
            learning: false,
            ..BridgePort::default()
        };
        assert_eq!(odd.words(), "blocking, hairpin on, learning off");
    }

    #[test]
    fn states_are_the_kernels() {
        let names: Vec<_> =
            (0..=5).map_while(PortState::from_kernel).map(PortState::name).collect();
        assert_eq!(names, ["disabled", "listening", "learning", "forwarding", "blocking"]);
        let back = (0..5).filter_map(PortState::from_kernel).map(PortState::to_kernel);
        assert!(back.eq(0..5));
    }
}
