//! What a step asks the wire by itself: one test at a time, once the kernel has been quiet for
//! a moment, and never while the learner's own tests are under way.

use std::time::Duration;

use super::Phase;
use crate::app::App;
use crate::app::event::Effect;
use crate::model::{Arrived, LinkKey};
use crate::reach::Found;
use crate::teach::Measured;

/// How long nothing must have happened before frames are sent.
const QUIET: Duration = Duration::from_millis(300);
/// After how long it is tried again, as not all that matters makes an event.
const AGAIN: Duration = Duration::from_secs(3);

/// A test that the lesson asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pair: [LinkKey; 2],
    at: Duration,
}

impl App {
    /// Whether a test of the lesson is under way.
    pub(in crate::app) fn lesson_probes(&self) -> bool {
        self.course.asked.is_some()
    }

    /// When frames are to be sent for the step that is on, if it is about that.
    pub(super) fn next_measure(&self) -> Option<Duration> {
        let running = self.course.open.as_ref()?;
        let Phase::On(since) = running.phase else { return None };
        self.check_on()?.pair(&self.topology)?;
        if self.lesson_probes() || !self.reach.is_idle() || self.is_applying() {
            return None;
        }
        let quiet = since.max(self.course.moved) + QUIET;
        let again = running.seen.measured.as_ref().map(|_| self.course.answered + AGAIN);
        Some(quiet.max(again.unwrap_or_default()))
    }

    /// Sends frames for the step that is on, if the time has come.
    pub(super) fn measure(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now.since_start;
        if self.next_measure().is_none_or(|at| at > now) {
            return;
        }
        let Some(pair) = self.check_on().and_then(|check| check.pair(&self.topology)) else {
            return;
        };
        match self.may_probe() {
            Ok(()) => {
                self.course.asked = Some(Asked { pair, at: now });
                effects.push(Effect::Probe(pair));
            }
            Err(why) => self.learn(Measured { pair, reaches: Err(why) }),
        }
    }

    /// Takes the answer if it is the lesson that asked; tells whether it was. What has changed in the
    /// meantime makes it worthless.
    pub(in crate::app) fn lesson_probed(
        &mut self,
        pair: [LinkKey; 2],
        result: &Result<Found, String>,
    ) -> bool {
        let Some(asked) = self.course.asked.take_if(|asked| asked.pair == pair) else {
            return false;
        };
        if asked.at >= self.course.moved {
            let reaches = result.clone().map(reaches);
            self.learn(Measured { pair, reaches });
        }
        true
    }

    fn learn(&mut self, measured: Measured) {
        self.course.answered = self.now.since_start;
        if let Some(running) = &mut self.course.open {
            running.seen.measured = Some(measured);
            self.dirty = true;
        }
    }
}

/// Whether the first of two reaches the second: frames pass as a ping needs them and, where both have
/// addresses, one was answered.
fn reaches(found: Found) -> bool {
    let Found { unicast, broadcast, answers } = found;
    Arrived { unicast, broadcast }.frames_pass() && answers.is_none_or(|[first, _]| first.echoed)
}
