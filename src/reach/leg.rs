//! One way of packets, there or back: where the stack at its beginning sends them, and to whose MAC.
//!
//! What that stack would do only its kernel knows; where it was asked, its answers come in as [`Stack`], and
//! where not, nothing is claimed of them.

use std::net::IpAddr;

use super::Obstacle;
use crate::model::{Link, LinkKey, MacAddr, Neighbour, Route, Stack, Topology};

/// One way of packets between two interfaces.
pub(super) struct Leg<'a> {
    /// Where they begin.
    pub(super) link: &'a Link,
    /// Whom they are for.
    pub(super) far: &'a Link,
    /// The address they are from.
    pub(super) source: IpAddr,
    /// The address they are for.
    pub(super) target: IpAddr,
    /// Whether they answer others.
    pub(super) answers: bool,
    /// What the stack of the first says, where it was asked.
    pub(super) stack: Option<&'a Stack>,
}

impl Leg<'_> {
    /// What keeps the packets from their way; `passes` tells whether frames pass between two interfaces as
    /// a ping needs them.
    pub(super) fn obstacle(
        &self,
        topology: &Topology,
        passes: impl Fn(LinkKey, LinkKey) -> bool,
    ) -> Option<Obstacle> {
        let (key, target) = (self.link.key, self.target);
        match self.stack.and_then(|stack| stack.route.as_ref()) {
            Some(Route::None) => Some(Obstacle::NoRoute(key, target)),
            Some(Route::Local) => Some(Obstacle::OwnAddress(key, target)),
            Some(Route::Through { oif, gateway }) if *oif != key.ifindex => {
                self.led_through(LinkKey { ifindex: *oif, ..key }, gateway.is_none(), passes)
            }
            Some(Route::Through { gateway: Some(gateway), .. }) if *gateway != target => {
                Some(Obstacle::RoutedVia(key, *gateway, target))
            }
            None if !self.is_near() => Some(Obstacle::NoCommonSubnet(key, target)),
            Some(Route::Through { .. }) | None => self.unresolved(topology),
        }
    }

    fn is_near(&self) -> bool {
        let mut own = self.link.addresses.iter();
        own.any(|own| own.ip == self.source && own.reaches(self.target))
    }

    /// What is wrong with another interface. Answers may take another way than the question; and where the
    /// question would be dropped before it is answered, ARP is answered on that way alone, and leads the
    /// question there.
    fn led_through(
        &self,
        other: LinkKey,
        is_near: bool,
        passes: impl Fn(LinkKey, LinkKey) -> bool,
    ) -> Option<Obstacle> {
        let (key, far, target) = (self.link.key, self.far.key, self.target);
        if self.answers && is_near && passes(other, far) && passes(far, other) {
            return None;
        }
        let is_strict = self.answers && self.stack.is_some_and(|stack| stack.strict_reverse_path);
        Some(if is_strict {
            Obstacle::ReversePath(key, other, target)
        } else {
            Obstacle::RoutedElsewhere(key, other, target)
        })
    }

    /// Why frames with the packets are not for the MAC of the other. With `arp off` the kernel asks for none
    /// and takes its own where it was not told (`arp_constructor`, `ndisc_constructor`); and it answers no
    /// ARP (`arp_rcv`), but neighbour solicitations.
    fn unresolved(&self, topology: &Topology) -> Option<Obstacle> {
        let (key, far, target) = (self.link.key, self.far.key, self.target);
        let answers_none = self.far.flags.is_noarp() && target.is_ipv4();
        match self.stack?.neighbour? {
            Neighbour::Told(mac) if self.link.mac == Some(mac) && self.link.flags.is_noarp() => {
                Some(Obstacle::AsksNoArp(key, target))
            }
            Neighbour::Told(mac) if !is_in(topology, self.far, mac) => {
                Some(Obstacle::ToldOfOther(key, target, mac))
            }
            Neighbour::Unknown | Neighbour::Failed if self.link.flags.is_noarp() => {
                Some(Obstacle::AsksNoArp(key, target))
            }
            Neighbour::Unknown | Neighbour::Failed if answers_none => {
                Some(Obstacle::AnswersNoArp(far, key, target))
            }
            Neighbour::Failed => Some(Obstacle::NeighbourFailed(key, target)),
            Neighbour::Told(_) | Neighbour::Learned(_) | Neighbour::Unknown => None,
        }
    }
}

/// Whether an interface of a link's namespace has the MAC: its stack takes packets from any.
fn is_in(topology: &Topology, link: &Link, mac: MacAddr) -> bool {
    let namespace = topology.namespace(link.key.netns);
    namespace.is_some_and(|namespace| namespace.links().any(|link| link.mac == Some(mac)))
}
