//! What belongs to a VLAN sub-interface: its tag and how it is bound to its parent.
//!
//! Names and bits are the kernel's (linux/if_vlan.h); nothing here knows which ids are free.

use std::fmt;

/// The VLAN part of a link (`IFLA_VLAN_*` of linux/if_link.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vlan {
    /// VLAN id, 1 to 4094; 0 carries only a priority.
    pub id: u16,
    /// `IFLA_VLAN_PROTOCOL`.
    pub protocol: VlanProtocol,
    /// `IFLA_VLAN_FLAGS`.
    pub flags: VlanFlags,
    /// Whether it translates priorities (`IFLA_VLAN_INGRESS_QOS`, `IFLA_VLAN_EGRESS_QOS`).
    pub has_priority_maps: bool,
}

impl Vlan {
    /// An 802.1Q sub-interface as the kernel makes it when nothing else is asked for.
    pub fn new(id: u16) -> Self {
        Self {
            id,
            protocol: VlanProtocol::Ieee8021Q,
            flags: VlanFlags::default(),
            has_priority_maps: false,
        }
    }

    /// Whether it goes up and down with its parent, and can't be up without it.
    pub fn follows_parent(self) -> bool {
        self.flags.0 & VlanFlags::LOOSE_BINDING == 0
    }
}

impl fmt::Display for Vlan {
    /// The id, and the protocol where it is not the usual one: `50`, `50 802.1ad`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            VlanProtocol::Ieee8021Q => write!(f, "{}", self.id),
            VlanProtocol::Ieee8021Ad => write!(f, "{} {}", self.id, self.protocol.name()),
        }
    }
}

/// The tag's protocol (`ETH_P_*` of linux/if_ether.h); the kernel takes no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VlanProtocol {
    /// A customer's tag.
    Ieee8021Q,
    /// A provider's tag, around customers' ones.
    Ieee8021Ad,
}

impl VlanProtocol {
    /// Every protocol.
    pub const ALL: [Self; 2] = [Self::Ieee8021Q, Self::Ieee8021Ad];

    /// From the EtherType, in host order.
    pub fn from_ethertype(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.to_ethertype() == number)
    }

    /// The EtherType, in host order.
    pub fn to_ethertype(self) -> u16 {
        match self {
            Self::Ieee8021Q => 0x8100,
            Self::Ieee8021Ad => 0x88a8,
        }
    }

    /// The word `ip` uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ieee8021Q => "802.1Q",
            Self::Ieee8021Ad => "802.1ad",
        }
    }
}

/// `IFLA_VLAN_FLAGS`, as the kernel's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VlanFlags(pub u32);

impl VlanFlags {
    /// Receivers see the frame without the tag.
    pub const REORDER_HDR: u32 = 1;
    /// Its state is its own, not its parent's.
    pub const LOOSE_BINDING: u32 = 4;

    /// Every bit and the word that `ip` uses for it.
    pub const ALL: [(u32, &str); 5] = [
        (Self::REORDER_HDR, "reorder_hdr"),
        (2, "gvrp"),
        (Self::LOOSE_BINDING, "loose_binding"),
        (8, "mvrp"),
        (16, "bridge_binding"),
    ];

    /// The bits that differ from what a new VLAN has.
    pub fn unusual(self) -> u32 {
        self.0 ^ Self::default().0
    }
}

impl Default for VlanFlags {
    fn default() -> Self {
        Self(Self::REORDER_HDR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_survives_the_kernel() {
        for protocol in VlanProtocol::ALL {
            assert_eq!(VlanProtocol::from_ethertype(protocol.to_ethertype()), Some(protocol));
            assert!(protocol.name().starts_with("802.1"));
        }
        assert_eq!(VlanProtocol::from_ethertype(0x800), None);
    }

    #[test]
    fn only_the_unusual_protocol_is_spelled_out() {
        let plain = Vlan::new(50);
        assert_eq!(plain.to_string(), "50");
        let provider = Vlan { protocol: VlanProtocol::Ieee8021Ad, ..plain };
        assert_eq!(provider.to_string(), "50 802.1ad");
    }
}
