//! What a test on the wire found, beside what was predicted. Plain data; others send the frames.

use std::net::IpAddr;

use super::{Endpoint, Verdict};
use crate::model::{Answers, Arrived, Topology};

/// Which frames arrived when it was tried: there, and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Frames to the receiver's own address.
    pub unicast: [bool; 2],
    /// Broadcasts.
    pub broadcast: [bool; 2],
    /// What the first was answered by the second, and the second by the first; `None` where they have no
    /// addresses for it.
    pub answers: Option<[Answers; 2]>,
}

impl Found {
    /// The same, seen from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        let turned = |[there, back]: [bool; 2]| [back, there];
        Self {
            unicast: turned(self.unicast),
            broadcast: turned(self.broadcast),
            answers: self.answers.map(|[there, back]| [back, there]),
        }
    }

    /// Whether every frame did as predicted.
    pub fn agrees(&self, verdict: &Verdict) -> bool {
        let Self { unicast, broadcast, .. } = *self;
        verdict.arrived() == Arrived { unicast, broadcast }
    }
}

/// What was answered where one address asked for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The address asked from.
    pub from: IpAddr,
    /// The address asked for.
    pub to: IpAddr,
    /// What was answered.
    pub answers: Answers,
}

impl Answered {
    /// What that was, as a sentence.
    pub fn sentence(&self) -> String {
        let Self { from, to, answers: Answers { resolved, echoed } } = self;
        let who = if to.is_ipv4() { "ARP" } else { "neighbour solicitation" };
        match (resolved, echoed) {
            (true, true) => format!("{to}, asked from {from}, answers {who} and ICMP echo."),
            (true, false) => format!("{to}, asked from {from}, answers {who}, but not ICMP echo."),
            (false, _) => format!("{to}, asked from {from}, does not answer {who}."),
        }
    }

    /// That somebody was asked for a MAC whom the own stack of the asking interface would not have asked;
    /// `None` where it would.
    pub fn asked_instead(topology: &Topology, asking: Endpoint) -> Option<String> {
        let Endpoint::Link(key) = asking else { return None };
        let is_noarp = topology.link(key)?.flags.is_noarp();
        is_noarp.then(|| {
            let name = topology.describe(key);
            format!("The probe asked; the own stack of {name} asks nobody (arp off).")
        })
    }

    /// Whether the outside answered as predicted. That takes a broadcast there and a frame back, for
    /// the echo also a frame there; what else is predicted of these ends nobody outside tells.
    pub fn agrees(&self, ends: [Endpoint; 2], verdict: &Verdict) -> bool {
        let Arrived { unicast, broadcast } = verdict.arrived();
        let (there, back) = ways(ends);
        let Answers { resolved, echoed } = self.answers;
        resolved == (broadcast[there] && unicast[back]) && (!echoed || unicast[there])
    }

    /// Which frames arrived as far as the answers tell, the others as predicted.
    pub(super) fn measured(&self, ends: [Endpoint; 2], predicted: Arrived) -> Arrived {
        let Arrived { mut unicast, mut broadcast } = predicted;
        let (there, back) = ways(ends);
        (broadcast[there], unicast[back]) = (self.answers.resolved, self.answers.resolved);
        unicast[there] |= self.answers.echoed;
        Arrived { unicast, broadcast }
    }
}

/// The places of the ways to the outside and back in what is known of two ends.
fn ways([from, _]: [Endpoint; 2]) -> (usize, usize) {
    if matches!(from, Endpoint::Outside(_)) { (1, 0) } else { (0, 1) }
}

/// What a test of two ends found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Which frames passed between two interfaces.
    Frames(Found),
    /// What one address in the outside answered.
    Outside(Answered),
}

impl Finding {
    /// The same, seen from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Frames(found) => Self::Frames(found.reversed()),
            Self::Outside(answered) => Self::Outside(answered),
        }
    }

    /// Whether all that was measured is as predicted.
    pub fn agrees(&self, ends: [Endpoint; 2], verdict: &Verdict) -> bool {
        match self {
            Self::Frames(found) => found.agrees(verdict),
            Self::Outside(answered) => answered.agrees(ends, verdict),
        }
    }
}
