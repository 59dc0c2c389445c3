//! What both stacks say of packets between the two whose way is on the screen: asked once when it opens,
//! and again when an end changes.

use crate::app::App;
use crate::app::event::Effect;
use crate::app::screens::Screen;
use crate::model::{Happening, LinkKey, Stack};
use crate::reach::Endpoint;

use super::trial::links;

/// The pair that was asked about, and the answers.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pair: Option<[LinkKey; 2]>,
    answers: Option<[Stack; 2]>,
}

impl Asked {
    /// The answers about a pair, in its order, if they are there.
    pub(super) fn about(&self, pair: [Endpoint; 2]) -> Option<&[Stack; 2]> {
        let pair = links(pair)?;
        self.answers.as_ref().filter(|_| self.pair == Some(pair))
    }

    /// Forgets what was said of links that have changed.
    pub(super) fn forget(&mut self, told: &[Happening]) {
        let mut keys = told.iter().filter_map(|happening| Some(happening.link.as_ref()?.key));
        if keys.any(|key| self.pair.is_some_and(|pair| pair.contains(&key))) {
            *self = Self::default();
        }
    }
}

impl App {
    /// Asks about the pair on the screen, unless that was done.
    pub(super) fn ask_stacks(&mut self, effects: &mut Vec<Effect>) {
        let is_open = self.screens.iter().any(|open| open.screen == Screen::Path);
        let wanted = self.reach.pair.filter(|_| is_open).and_then(links);
        if self.reach.stacks.pair == wanted {
            return;
        }
        self.reach.stacks = Asked { pair: wanted, answers: None };
        effects.extend(wanted.map(Effect::AskStacks));
    }

    /// Takes what both stacks said.
    pub(in crate::app) fn stacks_said(&mut self, pair: [LinkKey; 2], answers: [Stack; 2]) {
        if self.reach.stacks.pair == Some(pair) {
            self.reach.stacks.answers = Some(answers);
            self.dirty = true;
        }
    }
}
