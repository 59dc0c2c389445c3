//! The newest packets of a capture: so many and so many bytes, and no more.

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::Caught;
use super::sift::Sieve;
use crate::model::Frame;
use crate::reach::Names;

/// How many packets are kept.
const KEPT: usize = 2000;
/// How many bytes of frames are kept. Offloads make frames far larger than a wire takes.
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// A packet with what is derived from it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The packet.
    pub caught: Caught,
    /// Names of source and target, where they are known.
    pub names: [Option<String>; 2],
    /// Whether the filter lets it through.
    passes: bool,
}

/// Packets, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// How many made room for newer ones.
    pub(super) gone: u64,
}

impl Ring {
    pub(super) fn push(&mut self, caught: Caught, names: &Names, sieve: &Sieve) {
        self.bytes += caught.frame.bytes.len();
        let mut entry = Entry { caught, names: [None, None], passes: true };
        entry.derive(names, sieve);
        self.entries.push_back(entry);
        while self.entries.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.caught.frame.bytes.len();
            self.gone += 1;
        }
    }

    /// Adds what was kept elsewhere and came later.
    pub(super) fn append(&mut self, later: Self, names: &Names, sieve: &Sieve) {
        self.gone += later.gone;
        for entry in later.entries {
            self.push(entry.caught, names, sieve);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Brings names and what the filter lets through up to date.
    pub(super) fn derive(&mut self, names: &Names, sieve: &Sieve) {
        for entry in &mut self.entries {
            entry.derive(names, sieve);
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// What the filter lets through.
    pub(super) fn passing(&self) -> Vec<&Entry> {
        self.entries.iter().filter(|entry| entry.passes).collect()
    }

    /// The frames themselves.
    pub(super) fn frames(&self) -> Vec<Arc<Frame>> {
        self.entries.iter().map(|entry| Arc::clone(&entry.caught.frame)).collect()
    }
}

impl Entry {
    fn derive(&mut self, names: &Names, sieve: &Sieve) {
        let packet = &self.caught.packet;
        self.names = [packet.source, packet.target].map(|mac| names.get(mac).map(str::to_owned));
        self.passes = sieve.passes(self);
    }
}
