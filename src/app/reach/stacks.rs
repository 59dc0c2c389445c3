//! What both stacks say of packets between the two whose way is on the screen: asked when it opens, when
//! an end or the prediction changes, and now and then, as routes and neighbours change without news.

use std::time::Duration;

use crate::app::App;
use crate::app::event::Effect;
use crate::app::screens::Screen;
use crate::model::{Happening, LinkKey, Neighbour, Stack};
use crate::reach::{Endpoint, Verdict};

use super::trial::links;

/// How often they are asked while somebody looks.
const EVERY: Duration = Duration::from_secs(2);

/// The pair that is asked about, and the answers.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pair: Option<[LinkKey; 2]>,
    /// When they were asked last; `None` where they have to be asked at once. Since the start.
    last: Option<Duration>,
    answers: Option<[Stack; 2]>,
    /// What was predicted without them.
    predicted: Option<Verdict>,
    /// When an end or that prediction changed last. Since the start.
    changed: Option<Duration>,
}

impl Asked {
    /// The answers about a pair, in its order, if they are there.
    pub(super) fn about(&self, pair: [Endpoint; 2]) -> Option<&[Stack; 2]> {
        let pair = links(pair)?;
        self.answers.as_ref().filter(|_| self.pair == Some(pair))
    }

    /// Forgets what was said of links that have changed.
    pub(super) fn forget(&mut self, told: &[Happening], now: Duration) {
        let mut keys = told.iter().filter_map(|happening| Some(happening.link.as_ref()?.key));
        if keys.any(|key| self.pair.is_some_and(|pair| pair.contains(&key))) {
            self.change(now);
        }
    }

    fn change(&mut self, now: Duration) {
        (self.last, self.answers, self.changed) = (None, None, Some(now));
    }

    /// How long until they are asked again; `None` while nobody looks.
    pub(super) fn next(&self, now: Duration) -> Option<Duration> {
        self.pair?;
        Some(self.last.map_or(Duration::ZERO, |last| (last + EVERY).saturating_sub(now)))
    }
}

impl App {
    /// Asks about the pair on the screen, when it is time to.
    pub(super) fn ask_stacks(&mut self, effects: &mut Vec<Effect>) {
        let is_open = self.screens.iter().any(|open| open.screen == Screen::Path);
        let wanted = self.reach.pair.filter(|_| is_open).and_then(links);
        let predicted = wanted.map(|pair| {
            let [from, to] = pair.map(Endpoint::Link);
            Verdict::between(self.topology(), from, to, self.reach.assumed, None)
        });
        let now = self.now.since_start;
        let asked = &mut self.reach.stacks;
        if asked.pair != wanted {
            *asked = Asked { pair: wanted, predicted, ..Asked::default() };
        } else if asked.predicted != predicted {
            asked.predicted = predicted;
            asked.change(now);
        }
        if asked.next(now).is_some_and(|left| left.is_zero()) {
            asked.last = Some(now);
            effects.extend(wanted.map(Effect::AskStacks));
        }
    }

    /// Takes what both stacks said. What failed before the last change tells nothing of now.
    pub(in crate::app) fn stacks_said(&mut self, pair: [LinkKey; 2], mut answers: [Stack; 2]) {
        let now = self.now.since_start;
        let asked = &mut self.reach.stacks;
        if asked.pair != Some(pair) {
            return;
        }
        if asked.changed.is_some_and(|changed| now < changed + Stack::MOMENT) {
            for stack in &mut answers {
                if stack.neighbour == Some(Neighbour::Failed) {
                    stack.neighbour = Some(Neighbour::Unknown);
                }
            }
        }
        let answers = Some(answers);
        self.dirty |= asked.answers != answers;
        asked.answers = answers;
    }
}
