//! The hand that does a step for the learner: it leaves what is open, selects the row, and presses the
//! step's keys one after the other, each when the one before has had its effect. They are the table's
//! keys, and mean what they mean there, also where this user has others.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Course;
use super::play::Play;
use crate::app::action::Action;
use crate::app::chord::Chord;
use crate::app::event::Effect;
use crate::app::{App, Pane};
use crate::model::Item;
use crate::model::forest::Selection;
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
    /// What was pressed so far, with this user's keys.
    pub(super) shown: Vec<String>,
}

#[derive(Clone, Debug)]
enum Press {
    /// A key of the table.
    Key(KeyEvent),
    /// A letter of a word that is typed.
    Letter {
        letter: char,
        /// The whole word, with its first letter.
        word: Option<&'static str>,
        /// Whether another letter of it follows.
        goes_on: bool,
    },
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
            chord.map(Press::Key).into_iter().collect()
        }
        Stroke::Text(text) => {
            let letters = text.char_indices().map(|(place, letter)| Press::Letter {
                letter,
                word: (place == 0).then_some(text.as_str()),
                goes_on: place + letter.len_utf8() < text.len(),
            });
            letters.collect()
        }
    }
}

impl Course {
    fn hand(&mut self) -> Option<&mut Hand> {
        self.open.as_mut()?.hand.as_mut()
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
        let Some(hand) = self.course.hand() else { return };
        self.dirty = true;
        (hand.since, hand.at) = (now, now + hand.pace);
        if let Some(name) = hand.go {
            if !is_home && hand.escapes < ESCAPES {
                hand.escapes += 1;
                hand.at = now + hand.pace / FASTER;
                return self.press_of_table(KeyEvent::from(KeyCode::Esc), effects);
            }
            hand.go = None;
            self.go_to_link(name);
        } else if let Some(press) = hand.keys.pop_front() {
            if matches!(press, Press::Letter { goes_on: true, .. }) {
                hand.at = now + hand.pace / FASTER;
            }
            self.carry_out(&press, effects);
        }
    }

    /// Selects the row of the step, or gives up.
    fn go_to_link(&mut self, name: &str) {
        if let Some(key) = check::found(&self.topology, name) {
            // The keys go from row to row as these stand at the start.
            let all = self.tree.selection.all;
            self.tree.selection = Selection { all, ..Selection::default() };
            self.show(Item::Link(key));
        } else {
            self.stop_hand();
            let restart = self.key_of(Action::RestartLesson);
            self.tell(Err(format!("{name} is not there; {restart} begins the lesson again")));
        }
    }

    fn carry_out(&mut self, press: &Press, effects: &mut Vec<Effect>) {
        let (key, shown) = match *press {
            // Which answer is proposed depends on what else would happen: a learner looks first.
            Press::Key(key) if key.code == KeyCode::Right && self.agrees() => return,
            Press::Key(key) => {
                let chord = Chord::from(key);
                let own = self.settings.keymap.own(&self.scopes_of_keys(), chord);
                (key, Some(own.unwrap_or(chord).to_string()))
            }
            // What was to be opened was refused, and the reason is on the screen: letters would be keys.
            Press::Letter { .. } if !self.takes_text() => return self.rest_hand(),
            Press::Letter { letter, word, .. } => {
                (KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE), word.map(str::to_owned))
            }
        };
        if let Some(hand) = self.course.hand() {
            hand.shown.extend(shown);
        }
        self.press_of_table(key, effects);
    }

    /// Presses nothing more.
    fn rest_hand(&mut self) {
        if let Some(hand) = self.course.hand() {
            hand.keys.clear();
        }
    }

    /// Whether Apply is the answer in brackets.
    fn agrees(&self) -> bool {
        self.confirm().is_some_and(|confirm| confirm.apply)
    }

    /// Whether letters are text.
    fn takes_text(&self) -> bool {
        self.prompt.is_some() || self.screens.is_empty() && self.form.is_some()
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
