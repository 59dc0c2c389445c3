//! What a test on the wire found, beside what was predicted. Plain data; others send the frames.

use super::Verdict;
use crate::model::{Answers, Arrived};

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
