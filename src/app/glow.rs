//! Which rows changed a moment ago. A change glows and fades in three steps.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::Item;

/// How bright a row glows; the last step is the faintest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Brightness {
    /// Just changed.
    Full,
    /// Changed a moment ago.
    Half,
    /// Nearly faded.
    Faint,
}

const STEPS: [(Duration, Brightness); 3] = [
    (Duration::from_millis(600), Brightness::Full),
    (Duration::from_millis(1300), Brightness::Half),
    (Duration::from_secs(2), Brightness::Faint),
];

/// Times of recent changes.
#[derive(Debug, Default)]
pub struct Glow {
    since: HashMap<Item, Duration>,
    now: Duration,
}

impl Glow {
    /// Something changed.
    pub fn mark(&mut self, item: Item, now: Duration) {
        self.since.insert(item, now);
    }

    /// Time went on; tells whether anything looks different now.
    pub fn pass(&mut self, now: Duration) -> bool {
        let before = std::mem::replace(&mut self.now, now);
        let changed = self.since.values().any(|since| at(*since, before) != at(*since, now));
        self.since.retain(|_, since| at(*since, now).is_some());
        changed
    }

    /// How bright something glows.
    pub fn brightness(&self, item: &Item) -> Option<Brightness> {
        at(*self.since.get(item)?, self.now)
    }

    /// How long it takes until something looks different; `None` when nothing glows.
    pub fn next(&self, now: Duration) -> Option<Duration> {
        let ends = self.since.values().flat_map(|since| {
            STEPS.iter().filter_map(|(length, _)| (*since + *length).checked_sub(now))
        });
        ends.min().map(|wait| wait.max(Duration::from_millis(10)))
    }
}

fn at(since: Duration, now: Duration) -> Option<Brightness> {
    let age = now.saturating_sub(since);
    STEPS.iter().find(|(length, _)| age < *length).map(|(_, brightness)| *brightness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NetnsId;

    #[test]
    fn it_fades_in_steps_and_then_costs_nothing() {
        let item = Item::Netns(NetnsId::Cookie(1));
        let mut glow = Glow::default();
        glow.mark(item, Duration::ZERO);
        assert!(!glow.pass(Duration::from_millis(100)));
        assert_eq!(glow.brightness(&item), Some(Brightness::Full));
        assert_eq!(glow.next(Duration::from_millis(100)), Some(Duration::from_millis(500)));
        assert!(glow.pass(Duration::from_millis(600)));
        assert_eq!(glow.brightness(&item), Some(Brightness::Half));
        assert!(glow.pass(Duration::from_secs(3)));
        assert_eq!((glow.brightness(&item), glow.next(Duration::from_secs(3))), (None, None));
        assert!(glow.since.is_empty());
    }
}
