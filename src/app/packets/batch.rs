//! What the runtime hands over of a capture, a few times a second at most.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Frame, Packet};

/// A packet as it was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// Its place in the capture, from 1 on. Some are missing where more came than can be shown.
    pub number: u64,
    /// Local wall clock when the kernel had it, since midnight.
    pub wall: Duration,
    /// Its bytes.
    pub frame: Arc<Frame>,
    /// What they say.
    pub packet: Packet,
}

/// What came since the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Packets, the oldest first.
    pub packets: Vec<Caught>,
    /// What was counted so far.
    pub counts: Counts,
}

/// What a capture counts from its start on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that came; the number of the last one.
    pub seen: u64,
    /// Packets that the kernel dropped, because they were not taken soon enough.
    pub dropped: u64,
    /// Packets of those that came that are not shown, because more came than a screen can follow.
    pub skipped: u64,
    /// Packets in the file that is being written.
    pub written: u64,
}
