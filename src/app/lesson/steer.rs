//! What the keys of a lesson do: its steps, its text, and whether its pane is on the screen.

use crossterm::event::KeyEvent;

use super::{Mark, Phase, hand};
use crate::app::action::{Action, Motion};
use crate::app::chord::Chord;
use crate::app::event::Effect;
use crate::app::{App, keymap, tree};

impl App {
    /// Does what a key of the lesson asks for.
    pub(in crate::app) fn steer(&mut self, action: Action, effects: &mut Vec<Effect>) {
        let now = self.now.since_start;
        let Some(running) = &mut self.course.open else { return };
        let is_under_way = !matches!(running.phase, Phase::Staging | Phase::Settling(_));
        match action {
            Action::Hint => running.hint = !running.hint,
            Action::ShowLesson => running.hidden = !running.hidden,
            Action::CloseLesson => self.course.open = None,
            Action::NextStep if running.can_go_on() => {
                if running.is_on() {
                    running.mark(Mark::Passed);
                }
                self.enter_next();
            }
            Action::PreviousStep if is_under_way && running.at > 0 => {
                running.enter(running.at - 1, now);
            }
            Action::RestartLesson => {
                let lesson = running.lesson;
                self.start_lesson(lesson, effects);
            }
            Action::DoStep => self.lend_hand(hand::PACE),
            _ => {}
        }
    }

    /// Scrolls the text of the lesson.
    pub(in crate::app) fn scroll_lesson(&mut self, motion: Motion) {
        let Some(page) = self.lesson_page() else { return };
        let (height, lines) = (usize::from(page.text_area.height), page.text.len());
        let stops = lines.saturating_sub(height) + 1;
        if let Some(running) = &mut self.course.open {
            running.scroll = tree::step(running.scroll.min(stops - 1), motion, height, stops);
            self.dirty = true;
        }
    }

    /// Whether the lesson hides all else.
    pub(in crate::app) fn lesson_covers(&self) -> bool {
        self.layout().lesson_covers
    }

    /// Takes a key while the lesson hides all else, and tells whether it was for that: a motion
    /// scrolls, and whatever is not the lesson's business shows what lies below it again.
    pub(in crate::app) fn uncover(&mut self, key: KeyEvent) -> bool {
        let action = self.settings.keymap.action(&self.scopes_of_keys(), Chord::from(key));
        match action {
            Some(Action::Move(motion)) => {
                self.scroll_lesson(motion);
                return true;
            }
            Some(action) if keymap::is_of_lesson(action) => return false,
            _ => {}
        }
        if let Some(running) = &mut self.course.open {
            running.hidden = true;
            self.dirty = true;
        }
        matches!(action, None | Some(Action::Back | Action::Details | Action::Toggle))
    }

    /// Whether the lesson is on the screen.
    pub(in crate::app) fn shows_lesson(&self) -> bool {
        self.course.open.as_ref().is_some_and(|running| !running.hidden)
    }
}
