//! Why packets do not arrive although frames pass: one table of sentences.

use std::net::IpAddr;

use super::reason::Names;
use crate::model::{LinkKey, MacAddr, Topology};

/// The first thing that keeps packets from their receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// One of the ends is out of sight.
    Unseen,
    /// An interface has no address in use.
    NoAddress(LinkKey),
    /// One has only IPv4, the other only IPv6.
    NoCommonFamily,
    /// An interface of another namespace has the address, too.
    SameAddress(LinkKey, LinkKey, IpAddr),
    /// The interface has no address in the other's subnet, and its routes were not asked for.
    NoCommonSubnet(LinkKey, IpAddr),
    /// The namespace of the interface has no route to the other's address.
    NoRoute(LinkKey, IpAddr),
    /// The address of the other is one of the namespace itself.
    OwnAddress(LinkKey, IpAddr),
    /// The namespace sends packets to the address through another of its interfaces.
    RoutedElsewhere(LinkKey, LinkKey, IpAddr),
    /// The namespace drops packets of the address that come in through the first, because its answers
    /// would leave through the second.
    ReversePath(LinkKey, LinkKey, IpAddr),
    /// The namespace sends packets to the address to a gateway.
    RoutedVia(LinkKey, IpAddr, IpAddr),
    /// The kernel has asked for the address in vain a moment ago.
    NeighbourFailed(LinkKey, IpAddr),
    /// The interface asks for no MACs, and was not told that of the address.
    AsksNoArp(LinkKey, IpAddr),
    /// The first tells nobody its MAC, and the second was not told that of the address, which the first has.
    AnswersNoArp(LinkKey, LinkKey, IpAddr),
    /// The namespace was told a MAC of the address which the other does not have.
    ToldOfOther(LinkKey, IpAddr, MacAddr),
}

impl Obstacle {
    /// The obstacle as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        let names = Names(topology);
        let (full, name) = (|key| names.full(key), |key| names.short(key));
        let place = |key: LinkKey| topology.label(key.netns);
        match *self {
            Self::Unseen => "One of the two is out of sight.".into(),
            Self::NoAddress(key) => format!("{} has no address in use.", full(key)),
            Self::NoCommonFamily => "One has only IPv4 addresses, the other only IPv6.".into(),
            Self::SameAddress(key, other, ip) => {
                format!("{ip} of {} is also the address of {}.", full(key), full(other))
            }
            Self::NoCommonSubnet(key, target) => {
                format!("{} has no address in the subnet of {target}.", full(key))
            }
            Self::NoRoute(key, target) => format!("{} has no route to {target}.", place(key)),
            Self::OwnAddress(key, target) => {
                format!("{target} is an address of {} itself.", place(key))
            }
            Self::RoutedElsewhere(key, other, target) => format!(
                "{} sends packets to {target} through {} instead of {}.",
                place(key),
                name(other),
                name(key)
            ),
            Self::ReversePath(key, other, source) => format!(
                "{} drops packets from {source} that come in through {}, because its answers would \
                 leave through {} (rp_filter 1).",
                place(key),
                name(key),
                name(other)
            ),
            Self::RoutedVia(key, gateway, target) => {
                format!("{} sends packets to {target} to the gateway {gateway}.", place(key))
            }
            Self::NeighbourFailed(key, target) => {
                format!("{} asked for {target} on {} and got no answer.", place(key), name(key))
            }
            Self::AsksNoArp(key, target) => format!(
                "{} asks for no MACs (arp off), and nobody has told {} that of {target}.",
                full(key),
                place(key)
            ),
            Self::AnswersNoArp(key, asking, target) => format!(
                "{} answers no ARP (arp off), and nobody has told {} the MAC of {target}.",
                full(key),
                place(asking)
            ),
            Self::ToldOfOther(key, target, mac) => format!(
                "{} was told that {target} has the MAC {mac}, which nothing at the other end has \
                 (neighbour entry on {}).",
                place(key),
                name(key)
            ),
        }
    }
}
