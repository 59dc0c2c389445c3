//! Where keys are valid at the moment: what lies on top decides first.

use super::App;
use super::form::Form;
use super::keymap::Scope;
use super::screens::Screen;

impl App {
    /// Where keys of the keyboard are valid.
    pub fn scopes(&self) -> Vec<Scope> {
        if self.is_playing() { vec![Scope::Play] } else { self.scopes_of_keys() }
    }

    /// The same for keys that come from a lesson which performs itself.
    pub(super) fn scopes_of_keys(&self) -> Vec<Scope> {
        let mut scopes = self.scopes_below_lesson();
        if self.in_lesson() {
            scopes.insert(0, Scope::Lesson);
        }
        scopes
    }

    fn scopes_below_lesson(&self) -> Vec<Scope> {
        let mut scopes = match (&self.prompt, self.screens.last().map(|open| open.screen)) {
            (Some(prompt), _) if prompt.is_on_mode() => return vec![Scope::Choice, Scope::Prompt],
            (Some(_), _) => return vec![Scope::Prompt],
            (None, Some(Screen::Card | Screen::Modes)) => vec![Scope::Cards, Scope::Anywhere],
            (None, Some(Screen::Reach | Screen::Path)) => vec![Scope::Reach, Scope::Anywhere],
            (None, Some(Screen::Packets | Screen::Packet)) => vec![Scope::Packets, Scope::Anywhere],
            (None, Some(Screen::Warnings)) => vec![Scope::Warnings, Scope::Anywhere],
            (None, Some(Screen::Lessons)) => vec![Scope::Lessons, Scope::Anywhere],
            (None, Some(Screen::Confirm)) => return vec![Scope::Confirm, Scope::Anywhere],
            (None, Some(Screen::Failed)) => return vec![Scope::Failed, Scope::Anywhere],
            (None, Some(_)) => vec![Scope::Anywhere],
            (None, None) if self.form.as_ref().is_some_and(Form::is_on_mode) => {
                return vec![Scope::Choice, Scope::Form];
            }
            (None, None) if self.form.is_some() => return vec![Scope::Form],
            (None, None) if self.marks.is_some() => {
                vec![Scope::Mark, Scope::Browse, Scope::Anywhere]
            }
            (None, None) => vec![Scope::Browse, Scope::Anywhere],
        };
        if self.pending().is_some() {
            scopes.insert(0, Scope::Pending);
        }
        scopes
    }
}
