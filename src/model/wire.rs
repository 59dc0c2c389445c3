//! What kernels and the wire told of two ends: where their stacks would send packets, which frames
//! arrived, what was answered. Plain data of those who ask, for those who compare it with predictions.

use std::net::IpAddr;
use std::time::Duration;

use super::MacAddr;

/// What the stack of one end would do with a packet to the other, as its kernel answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Where the packet would go (RTM_GETROUTE of rtnetlink(7)); `None` where nobody asked.
    pub route: Option<Route>,
    /// What it knows of the MAC that the other's address has; `None` where nobody asked.
    pub neighbour: Option<Neighbour>,
    /// Whether packets are dropped whose answers would leave through another interface:
    /// the larger `rp_filter` of the interface and of all is 1 (ip-sysctl); IPv6 has none.
    pub strict_reverse_path: bool,
}

impl Stack {
    /// How long ago an attempt may have failed that still tells something of now.
    pub const MOMENT: Duration = Duration::from_secs(5);
}

/// What a kernel knows of the MAC of an address (RTM_GETNEIGH of rtnetlink(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// Nothing: it would ask.
    Unknown,
    /// It has asked in vain a moment ago (`NUD_FAILED`).
    Failed,
    /// It was answered, or has heard of it otherwise, and sends there until it learns better.
    Learned(MacAddr),
    /// It was told, and asks no more (`NUD_PERMANENT`, `NUD_NOARP`).
    Told(MacAddr),
}

/// The answer to a route's look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Out of an interface, to a gateway or straight.
    Through {
        /// `RTA_OIF`.
        oif: u32,
        /// `RTA_GATEWAY`; `None` also where that is of the other family (`RTA_VIA`).
        gateway: Option<IpAddr>,
    },
    /// To the namespace itself (`RTN_LOCAL`).
    Local,
    /// None, or one that refuses.
    None,
}

/// Which frames arrived, or would: there, and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Frames to the receiver's own address.
    pub unicast: [bool; 2],
    /// Broadcasts.
    pub broadcast: [bool; 2],
}

impl Arrived {
    /// All of them.
    pub const ALL: Self = Self { unicast: [true; 2], broadcast: [true; 2] };

    /// Whether frames pass as a ping from the first needs them: the request for the other's MAC,
    /// a broadcast, there, and all else both ways.
    pub fn frames_pass(self) -> bool {
        self.broadcast[0] && self.unicast == [true, true]
    }
}

/// What the stack of one end answered the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// It said which MAC has its address, by ARP or, of IPv6, by neighbour discovery.
    pub resolved: bool,
    /// It answered an ICMP echo request; nobody asks where it told no MAC.
    pub echoed: bool,
}
