//! When to look where the kernel does not call us: a steady beat, and how much fits into it.
//!
//! A process that unshares its namespace makes no event anywhere, so processes and threads are
//! looked through on every beat. Descriptors, sockets and other mount namespaces cost more; how
//! often they are looked through follows from what it cost the last time.

use std::time::{Duration, Instant};

/// Under a second, so that a namespace is never unseen for longer than that.
const BEAT: Duration = Duration::from_millis(900);
/// A full look may take this part of a core: 1/400.
const FULL_SHARE: u32 = 400;
/// Bounds between two full looks.
const FULL_EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Shortest time between two looks that a hint asks for.
const HINT_PAUSE: Duration = Duration::from_millis(100);
/// In this many beats every namespace is read once, event or not.
const SWEEP_BEATS: usize = 34;
/// The same where no event can come: under two seconds.
const DEAF_SWEEP_BEATS: usize = 2;

/// What is due now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) beat: bool,
    pub(super) full: bool,
}

/// The times of the next looks.
#[derive(Debug)]
pub(super) struct Schedule {
    beat: Instant,
    full: Instant,
    hint: Instant,
}

impl Schedule {
    pub(super) fn new(now: Instant, full_cost: Duration) -> Self {
        let mut schedule = Self { beat: now + BEAT, full: now, hint: now };
        schedule.full_took(now, full_cost);
        schedule
    }

    /// Takes what is due; a beat that was missed is not made up for.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        if now < self.beat {
            return Due::default();
        }
        self.beat = now + BEAT;
        Due { beat: true, full: now >= self.full }
    }

    /// Plans the next full look by the cost of this one.
    pub(super) fn full_took(&mut self, now: Instant, cost: Duration) {
        self.full = now + (cost * FULL_SHARE).clamp(FULL_EVERY.0, FULL_EVERY.1);
    }

    /// Whether a hint may start a look now; if not, when.
    pub(super) fn hint(&mut self, now: Instant) -> Result<(), Instant> {
        if now < self.hint {
            return Err(self.hint);
        }
        self.hint = now + HINT_PAUSE;
        Ok(())
    }

    /// How long nothing is due.
    pub(super) fn wait(&self, now: Instant, other: Option<Instant>) -> Duration {
        let next = other.map_or(self.beat, |other| other.min(self.beat));
        next.saturating_duration_since(now)
    }
}

/// How many of so many namespaces are read again in one beat.
pub(super) fn sweep_share(namespaces: usize, is_deaf: bool) -> usize {
    namespaces.div_ceil(if is_deaf { DEAF_SWEEP_BEATS } else { SWEEP_BEATS })
}

/// In how many beats every link that changes without events is read once: in two, which is under
/// two seconds, until there are so many of them that reading them costs too much.
pub(super) fn silent_turns(links: usize) -> usize {
    const IN_ONE_BEAT: usize = 500;
    links.div_ceil(IN_ONE_BEAT).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_come_under_a_second_apart_and_full_looks_by_their_cost() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut schedule = Schedule::new(start, Duration::from_millis(10));
        assert_eq!(schedule.due(after(899)), Due::default());
        assert_eq!(schedule.due(after(900)), Due { beat: true, full: false });
        assert_eq!(schedule.wait(after(900), None), Duration::from_millis(900));
        assert_eq!(schedule.wait(after(900), Some(after(950))), Duration::from_millis(50));
        assert_eq!(schedule.due(after(4000)), Due { beat: true, full: true });
        schedule.full_took(after(4000), Duration::from_secs(1));
        assert_eq!(schedule.due(after(33_999)), Due { beat: true, full: false });
        assert_eq!(schedule.due(after(34_899)), Due { beat: true, full: true });
    }

    #[test]
    fn hints_wait_for_each_other() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::ZERO);
        assert_eq!(schedule.hint(start), Ok(()));
        assert_eq!(schedule.hint(start), Err(start + HINT_PAUSE));
        assert_eq!(schedule.hint(start + HINT_PAUSE), Ok(()));
    }

    #[test]
    fn links_without_events_are_read_within_two_beats_up_to_a_thousand() {
        assert_eq!([0, 1, 999, 1000, 1001, 5000].map(silent_turns), [2, 2, 2, 2, 3, 10]);
    }

    #[test]
    fn every_namespace_gets_its_turn() {
        for namespaces in [0, 1, 33, 34, 35, 1000] {
            assert!(sweep_share(namespaces, false) * SWEEP_BEATS >= namespaces);
            assert!(sweep_share(namespaces, true) * 2 >= namespaces);
        }
    }
}
