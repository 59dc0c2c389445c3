//! What the watched links carried in the last minute, from counters read once a second.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::model::{LinkKey, Stats};

/// How many readings are kept.
const KEPT: usize = 60;

/// Bytes a second in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Received.
    pub rx: f64,
    /// Sent.
    pub tx: f64,
}

/// One link's last minute.
#[derive(Debug)]
pub struct History {
    at: Duration,
    last: Stats,
    rates: VecDeque<Rate>,
}

impl History {
    /// The counters as they were read last.
    pub fn totals(&self) -> Stats {
        self.last
    }

    /// Rates, oldest first; none before the second reading.
    pub fn rates(&self) -> impl ExactSizeIterator<Item = Rate> + '_ {
        self.rates.iter().copied()
    }

    /// The last rate.
    pub fn now(&self) -> Option<Rate> {
        self.rates.back().copied()
    }
}

/// The last minute of every watched link.
#[derive(Debug, Default)]
pub struct Traffic {
    histories: HashMap<LinkKey, History>,
}

impl Traffic {
    /// What is known of a link.
    pub fn of(&self, key: LinkKey) -> Option<&History> {
        self.histories.get(&key)
    }

    /// Forgets all but these links.
    pub fn keep(&mut self, keys: &[LinkKey]) {
        self.histories.retain(|key, _| keys.contains(key));
    }

    /// Takes a reading; tells whether anything looks different because of it.
    pub fn add(&mut self, key: LinkKey, at: Duration, stats: Stats) -> bool {
        let Some(history) = self.histories.get_mut(&key) else {
            self.histories.insert(key, History { at, last: stats, rates: VecDeque::new() });
            return true;
        };
        let seconds = at.saturating_sub(history.at).as_secs_f64();
        if seconds <= 0.0 {
            return false;
        }
        let rate = Rate {
            rx: per_second(history.last.rx_bytes, stats.rx_bytes, seconds),
            tx: per_second(history.last.tx_bytes, stats.tx_bytes, seconds),
        };
        // A line that is flat does not grow either, so an idle link costs no drawing at all.
        let flat = !history.rates.is_empty() && history.rates.iter().all(|old| *old == rate);
        let changed = history.last != stats || !flat;
        if changed {
            if history.rates.len() == KEPT {
                history.rates.pop_front();
            }
            history.rates.push_back(rate);
        }
        (history.at, history.last) = (at, stats);
        changed
    }
}

/// Counters start anew when a link is made anew with its old identity.
#[expect(clippy::cast_precision_loss, reason = "a rate is shown with two digits")]
fn per_second(before: u64, after: u64, seconds: f64) -> f64 {
    after.saturating_sub(before) as f64 / seconds
}

/// A number of bytes as people say it: `17 B`, `1.2 kB`, `340 MB`.
pub fn bytes(count: f64) -> String {
    let mut value = count;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            let digits = usize::from(unit != "B" && value < 9.95);
            return format!("{value:.digits$} {unit}");
        }
        value /= 1000.0;
    }
    format!("{value:.0} PB")
}

/// Draws values as a row of bars, the highest one full.
pub fn sparkline(values: impl IntoIterator<Item = f64>, bars: &[char; 8]) -> String {
    let values: Vec<f64> = values.into_iter().collect();
    let most = values.iter().copied().fold(0.0, f64::max);
    values
        .into_iter()
        .map(|value| {
            let full = bars.len() - 1;
            let place = (1..=full).rev().find(|&n| value > 0.0 && value / most >= share(n, full));
            bars[place.unwrap_or(0)]
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "there are eight bars")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NetnsId;

    #[test]
    fn rates_come_from_two_readings() {
        let key = LinkKey { netns: NetnsId::Cookie(1), ifindex: 2 };
        let mut traffic = Traffic::default();
        let stats = |rx_bytes| Stats { rx_bytes, ..Stats::default() };
        assert!(traffic.add(key, Duration::from_secs(1), stats(1000)));
        assert_eq!(traffic.of(key).unwrap().now(), None);
        assert!(traffic.add(key, Duration::from_secs(3), stats(3000)));
        assert_eq!(traffic.of(key).unwrap().now(), Some(Rate { rx: 1000.0, tx: 0.0 }));
        for second in 4..100 {
            traffic.add(key, Duration::from_secs(second), stats(3000));
        }
        assert_eq!(traffic.of(key).unwrap().rates().len(), KEPT);
        assert!(!traffic.add(key, Duration::from_secs(200), stats(3000)), "an idle link is still");
        traffic.keep(&[]);
        assert!(traffic.of(key).is_none());
    }

    #[test]
    fn an_idle_link_looks_the_same_from_its_second_rate_on() {
        let key = LinkKey { netns: NetnsId::Cookie(1), ifindex: 2 };
        let mut traffic = Traffic::default();
        let mut add = |second| traffic.add(key, Duration::from_secs(second), Stats::default());
        assert!(add(1) && add(2));
        assert!((3..10).all(|second| !add(second)));
        assert_eq!(traffic.of(key).unwrap().rates().len(), 1);
    }

    #[test]
    fn numbers_are_short() {
        let said: Vec<_> =
            [0.0, 999.0, 1234.0, 12_345.0, 999_999.0, 3e9].into_iter().map(bytes).collect();
        assert_eq!(said, ["0 B", "999 B", "1.2 kB", "12 kB", "1.0 MB", "3.0 GB"]);
    }

    #[test]
    fn bars_show_the_shape() {
        let bars = super::super::glyphs::UNICODE.bars;
        assert_eq!(sparkline([0.0, 1.0, 50.0, 100.0], &bars), "▁▁▄█");
        assert_eq!(sparkline([0.0, 0.0], &bars), "▁▁");
    }
}
