//! What is being typed: a filter, the name of an action, the path of an export, what a list of
//! choices is narrowed to, the name of a namespace to make, the address of a host outside.

use std::net::IpAddr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::{Input, InputRequest};

use super::action::Action;
use super::change::pick::Picker;
use super::event::ExportFormat;
use super::keymap::{Row, Scope, TABLE};
use crate::model::{LinkKey, Mode};

/// A line of text with what it is for.
#[derive(Clone, Debug)]
pub enum Prompt {
    /// A filter; the tree follows every key.
    Filter {
        /// The text.
        input: Input,
        /// The filter to go back to.
        before: String,
    },
    /// The name of an action.
    Palette {
        /// The text.
        input: Input,
        /// Which of the actions found.
        choice: usize,
    },
    /// The path of an export.
    Export {
        /// The text.
        input: Input,
        /// As what.
        format: ExportFormat,
    },
    /// The path of a file of packets.
    Write {
        /// The text.
        input: Input,
    },
    /// A list to choose from.
    Pick(Box<Picker>),
    /// The name of a namespace to make.
    Netns {
        /// The text.
        input: Input,
        /// The links to move there.
        links: Vec<LinkKey>,
        /// Why that name would be refused.
        refusal: Option<String>,
    },
    /// The address of a host outside to ask for.
    Address {
        /// The text.
        input: Input,
        /// Who asks.
        from: LinkKey,
        /// The parent behind whose wire that host is.
        parent: LinkKey,
        /// What is asked for where nothing is typed.
        proposal: Option<IpAddr>,
        /// Why what was typed last was refused.
        refusal: Option<String>,
    },
}

impl Prompt {
    /// The text with its cursor.
    pub fn input(&self) -> &Input {
        match self {
            Self::Filter { input, .. }
            | Self::Palette { input, .. }
            | Self::Export { input, .. }
            | Self::Write { input }
            | Self::Netns { input, .. }
            | Self::Address { input, .. } => input,
            Self::Pick(picker) => &picker.input,
        }
    }

    /// Whether a mode can be chosen and nothing is typed yet, so that a letter need not be text.
    pub(super) fn is_on_mode(&self) -> bool {
        self.input().value().is_empty() && self.mode().is_some()
    }

    /// The selected mode, where modes are to be chosen from.
    pub(super) fn mode(&self) -> Option<Mode> {
        match self {
            Self::Pick(picker) => picker.mode(),
            _ => None,
        }
    }

    /// Asks for the name of a namespace to make and to move links to.
    pub(super) fn netns(links: Vec<LinkKey>) -> Self {
        Self::Netns { input: Input::default(), links, refusal: None }
    }

    /// Asks for the address of a host behind a parent's wire, which `from` is to ask for.
    pub(super) fn address(from: LinkKey, parent: LinkKey, proposal: Option<IpAddr>) -> Self {
        Self::Address { input: Input::default(), from, parent, proposal, refusal: None }
    }

    /// Asks for the path of a file of packets.
    pub(super) fn write() -> Self {
        Self::Write { input: Input::new(CAPTURE.into()) }
    }

    fn input_mut(&mut self) -> &mut Input {
        match self {
            Self::Filter { input, .. }
            | Self::Palette { input, .. }
            | Self::Export { input, .. }
            | Self::Write { input }
            | Self::Netns { input, .. }
            | Self::Address { input, .. } => input,
            Self::Pick(picker) => &mut picker.input,
        }
    }

    /// Takes a key that the key table gives no meaning; tells whether text or cursor changed.
    pub fn edit(&mut self, key: KeyEvent) -> bool {
        let Some(request) = request(key) else { return false };
        let changed = self.input_mut().handle(request);
        if changed.is_some_and(|changed| changed.value) {
            match self {
                Self::Palette { choice, .. } => *choice = 0,
                Self::Pick(picker) => picker.choice = 0,
                Self::Filter { .. }
                | Self::Export { .. }
                | Self::Write { .. }
                | Self::Netns { .. }
                | Self::Address { .. } => {}
            }
        }
        self.follow_text();
        changed.is_some()
    }

    /// Takes pasted text; control characters have no place in a line.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            self.input_mut().handle(InputRequest::InsertChar(c));
        }
        self.follow_text();
    }

    /// An export is what the ending of its path says; what was refused may be mended.
    fn follow_text(&mut self) {
        match self {
            Self::Export { input, format } => {
                *format = ExportFormat::of_path(input.value()).unwrap_or(*format);
            }
            Self::Address { refusal, .. } => *refusal = None,
            _ => {}
        }
    }

    /// Goes to the next or previous choice, around the end.
    pub fn choose(&mut self, forward: bool) {
        let turn = |at: usize, len: usize| {
            let step = if forward { 1 } else { len.saturating_sub(1) };
            (at + step) % len.max(1)
        };
        match self {
            Self::Filter { .. }
            | Self::Netns { .. }
            | Self::Write { .. }
            | Self::Address { .. } => {}
            Self::Pick(picker) => picker.choice = turn(picker.choice, picker.found().len()),
            Self::Palette { input, choice } => *choice = turn(*choice, found(input.value()).len()),
            Self::Export { input, format } => {
                let at = ExportFormat::ALL.iter().position(|known| known == format).unwrap_or(0);
                let next = ExportFormat::ALL[turn(at, ExportFormat::ALL.len())];
                let path = input.value();
                if ExportFormat::of_path(path).is_some()
                    && let Some((stem, _)) = path.rsplit_once('.')
                {
                    *input = Input::new(format!("{stem}.{}", next.extension()));
                }
                *format = next;
            }
        }
    }
}

/// The path that is proposed for a file of packets.
pub const CAPTURE: &str = "macvlens.pcapng";

/// The path that an export prompt starts with.
pub fn proposal(format: ExportFormat) -> String {
    format!("macvlens.{}", format.extension())
}

/// The actions whose name or help matches, the best first.
pub fn found(text: &str) -> Vec<&'static Row> {
    let offered = TABLE.iter().filter(|row| {
        let scopes = [
            Scope::Browse,
            Scope::Anywhere,
            Scope::Mark,
            Scope::Pending,
            Scope::Reach,
            Scope::Packets,
        ];
        scopes.contains(&row.scope)
            && !matches!(row.action, Action::Palette | Action::Back | Action::Move(_))
    });
    let pattern = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind);
    let (fuzzy, literal) = (pattern(AtomKind::Fuzzy), pattern(AtomKind::Substring));
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<_> = offered
        .filter_map(|row| {
            let mut score = |pattern: &Pattern, text| {
                pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)
            };
            // Help texts are long: they must contain what was typed, and names come first.
            let name = score(&fuzzy, row.name);
            let help = score(&literal, row.help);
            Some(((name.is_some(), name.or(help)?), row))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}

/// The usual keys of a line of text, those of readline included.
pub(super) fn request(key: KeyEvent) -> Option<InputRequest> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('h') if control => InputRequest::DeletePrevChar,
        KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
            InputRequest::InsertChar(c)
        }
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

/// The character that a key types, if it types one.
pub(super) fn typed(key: KeyEvent) -> Option<char> {
    match request(key) {
        Some(InputRequest::InsertChar(c)) => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_its_name() {
        for row in found("") {
            assert_eq!(found(row.name)[0].name, row.name);
        }
        assert_eq!(found("no such thing at all").len(), 0);
    }
}
