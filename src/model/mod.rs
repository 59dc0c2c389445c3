//! What a host looks like: namespaces, links, macvlans and how they hang together.
//!
//! Pure data and look-ups. Nothing here does I/O, reads a clock, or knows netlink's types.

pub mod address;
pub mod belief;
pub mod bridge;
pub mod counts;
pub mod difference;
pub mod filter;
#[cfg(test)]
pub(crate) mod fixture;
pub mod forest;
pub mod host;
pub mod link;
pub mod mac;
pub mod macvlan;
pub mod membership;
pub mod netns;
pub mod order;
pub mod owner;
pub mod packet;
pub mod parent;
pub mod prefix;
pub mod problem;
pub mod resolve;
pub mod stats;
pub mod tap;
pub mod text;
pub mod topology;
pub mod vlan;
pub mod wire;

pub use address::{Address, Family};
pub use belief::{Belief, SourceId};
pub use bridge::{Bridge, BridgePort, PortOption, PortState};
pub use counts::Counts;
pub use difference::Difference;
pub use filter::Filter;
pub use forest::{Item, Node};
pub use host::{Host, MacvlanSupport};
pub use link::{Link, LinkFlags, LinkKey, LinkKind, OperState};
pub use mac::MacAddr;
pub use macvlan::{Macvlan, MacvlanFlags, Mode};
pub use membership::{MemberKey, MemberView, NetworkKey, NetworkView};
pub use netns::{Holder, Netns, NetnsId, View};
pub use owner::{Owner, OwnerKind, Pod};
pub use packet::{Direction, Frame, Packet};
pub use parent::Parent;
pub use problem::{Problem, ProblemSource};
pub use stats::Stats;
pub use tap::{DeviceNumber, TapDevice, TapHolder};
pub use text::Text;
pub use topology::{Change, Happening, LinkNote, Namespace, Topology, What};
pub use vlan::{Vlan, VlanFlags, VlanProtocol};
pub use wire::{Answers, Arrived, Neighbour, Route, Stack};
