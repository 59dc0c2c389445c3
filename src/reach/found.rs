//! What a test on the wire found, beside what was predicted. Plain data; others send the frames.

use super::{Verdict, Way};

/// Which frames arrived when it was tried: there, and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Frames to the receiver's own address.
    pub unicast: [bool; 2],
    /// Broadcasts.
    pub broadcast: [bool; 2],
}

impl Found {
    /// The same, seen from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        let turned = |[there, back]: [bool; 2]| [back, there];
        Self { unicast: turned(self.unicast), broadcast: turned(self.broadcast) }
    }

    /// Whether every frame did as predicted.
    pub fn agrees(&self, verdict: &Verdict) -> bool {
        let arrives = |ways: &[Way; 2]| ways.each_ref().map(Way::arrives);
        arrives(&verdict.unicast) == self.unicast && arrives(&verdict.broadcast) == self.broadcast
    }
}
