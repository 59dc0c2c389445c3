//! The hand that does a step for the learner: it leaves what is open, selects the row, and presses the
//! step's keys one after the other, each when the one before has had its effect.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::play::Play;
use crate::app::action::Action;
use crate::app::chord::Chord;
use crate::app::event::Effect;
use crate::app::{App, Pane};
use crate::model::Item;
use crate::teach::{Step, Stroke, check};

/// Between two keys of a hand that helps.
pub(super) const PACE: Duration = Duration::from_millis(500);
/// How often Esc is pressed before it is given up.
const ESCAPES: u8 = 20;
/// How much faster a word is typed than keys are pressed, and what is open is left.
const FASTER: u32 = 4;

/// Keys that are being pressed for the learner.
#[derive(Clone, Debug)]
pub(super) struct Hand {
    /// The row to select first.
    go: Option<&'static str>,
    escapes: u8,
    keys: VecDeque<Press>,
    pace: Duration,
    /// When the next is pressed.
    pub(super) at: Duration,
    /// When the last was pressed.
    pub(super) since: Duration,
    /// What was pressed so far, as the lesson spells it.
    pub(super) shown: Vec<&'static str>,
}

#[derive(Clone, Debug)]
struct Press {
    key: KeyEvent,
    /// What to show when it is pressed; nothing of a letter inside a word.
    shown: Option<&'static str>,
    /// Whether a letter of the same word follows.
    in_word: bool,
}

impl Hand {
    fn new(step: &'static Step, pace: Duration, at: Duration) -> Self {
        let keys = step.keys.iter().flat_map(presses).collect();
        let go = step.go.as_deref();
        Self { go, escapes: 0, keys, pace, at, since: at, shown: Vec::new() }
    }

    /// Whether everything was pressed.
    pub(super) fn is_done(&self) -> bool {
        self.go.is_none() && self.keys.is_empty()
    }
}

/// The key presses of a stroke.
fn presses(stroke: &'static Stroke) -> Vec<Press> {
    match stroke {
        Stroke::Key(word) => {
            let chord = word.parse::<Chord>().map(KeyEvent::from);
            let press = |key| Press { key, shown: Some(word.as_str()), in_word: false };
            chord.map(press).into_iter().collect()
        }
        Stroke::Text(text) => {
            let letters = text.chars().enumerate().map(|(place, c)| Press {
                key: KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE),
                shown: (place == 0).then_some(text.as_str()),
                in_word: place + 1 < text.chars().count(),
            });
            letters.collect()
        }
    }
}

impl App {
    /// Begins to do the step that is on.
    pub(super) fn lend_hand(&mut self, pace: Duration) {
        let now = self.now.since_start;
        let lacks = self.course.obstacle();
        let covers = self.lesson_covers();
        let Some(running) = self.course.open.as_mut().filter(|running| running.is_on()) else {
            return;
        };
        if let Some(need) = lacks {
            let why = format!("this kernel has no {}: nothing can do this step here", need.name());
            return self.tell(Err(why));
        }
        running.hand = running.step().map(|step| Hand::new(step, pace, now));
        running.hidden |= covers;
    }

    /// Takes the hand away, because the learner presses keys.
    pub(in crate::app) fn stop_hand(&mut self) {
        if let Some(running) = &mut self.course.open {
            running.hand = None;
        }
    }

    /// Whether whatever the last key began has come to its end.
    pub(super) fn is_ready_for_a_key(&self) -> bool {
        !self.is_applying() && self.reach.is_idle()
    }

    /// When the hand presses its next key; `None` while it has none, or waits for an event.
    pub(super) fn next_press(&self) -> Option<Duration> {
        let running = self.course.open.as_ref()?;
        let hand = running.hand.as_ref().filter(|hand| !hand.is_done())?;
        let stopped = running.play.as_ref().is_some_and(Play::is_paused);
        (!stopped && self.is_ready_for_a_key()).then_some(hand.at)
    }

    /// Presses the next key, if its time has come.
    pub(super) fn move_hand(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now.since_start;
        if self.next_press().is_some_and(|at| at <= now) {
            self.press_next(effects);
        }
    }

    /// Presses the next key, or goes one step towards where it is to be pressed.
    pub(super) fn press_next(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now.since_start;
        let is_home = self.is_home();
        let agrees = self.confirm().is_some_and(|confirm| confirm.apply);
        let Some(hand) = self.course.open.as_mut().and_then(|running| running.hand.as_mut()) else {
            return;
        };
        self.dirty = true;
        (hand.since, hand.at) = (now, now + hand.pace);
        if let Some(name) = hand.go {
            if !is_home && hand.escapes < ESCAPES {
                hand.escapes += 1;
                hand.at = now + hand.pace / FASTER;
                return self.press(KeyEvent::from(KeyCode::Esc), effects);
            }
            hand.go = None;
            if let Some(key) = check::found(&self.topology, name) {
                self.show(Item::Link(key));
            } else {
                self.stop_hand();
                let restart = self.key_of(Action::RestartLesson);
                self.tell(Err(format!("{name} is not there; {restart} begins the lesson again")));
            }
        } else if let Some(press) = hand.keys.pop_front() {
            if press.in_word {
                hand.at = now + hand.pace / FASTER;
            }
            // Which answer is proposed depends on what else would happen: a learner looks first.
            let is_chosen = press.key.code == KeyCode::Right && agrees;
            hand.shown.extend(press.shown.filter(|_| !is_chosen));
            if !is_chosen {
                self.press(press.key, effects);
            }
        }
    }

    /// Whether nothing is open, typed, marked or filtered.
    fn is_home(&self) -> bool {
        self.screens.is_empty()
            && self.prompt.is_none()
            && self.form.is_none()
            && self.marks.is_none()
            && self.filter.is_empty()
            && self.pane == Pane::Tree
    }
}
