//! Text for a pane that scrolls: details, help, warnings, events. What it says is made here and in
//! `screens`; colours are the business of `view`.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::glyphs::Glyphs;
use crate::model::Item;

/// What a piece of text means, for the theme to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    #[default]
    Plain,
    /// Less important.
    Dim,
    /// A heading.
    Heading,
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// Looks wrong.
    Warning,
    /// Broken.
    Error,
    /// Appeared.
    Added,
    /// Gone.
    Removed,
    /// Different.
    Changed,
}

/// A paragraph with a label in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What the text is about; empty to continue the entry above.
    pub label: String,
    /// The text.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
    /// What it leads to.
    pub target: Option<Item>,
}

/// Paragraphs under a title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The title.
    pub title: String,
    /// The paragraphs.
    pub entries: Vec<Entry>,
}

/// One line of a sheet, cut to a width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLine<'a> {
    /// The entry's label, on its first line.
    pub label: &'a str,
    /// A part of its text.
    pub text: &'a str,
    /// The entry's tone.
    pub tone: Tone,
    /// The entry's number.
    pub entry: usize,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), entries: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn add(&mut self, label: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.toned(label, text, Tone::Plain)
    }

    /// Adds a paragraph with a tone.
    pub fn toned(
        &mut self,
        label: impl Into<String>,
        text: impl Into<String>,
        tone: Tone,
    ) -> &mut Self {
        self.entries.push(Entry { label: label.into(), text: text.into(), tone, target: None });
        self
    }

    /// Adds a heading with an empty line above it.
    pub fn heading(&mut self, text: impl Into<String>) -> &mut Self {
        if !self.entries.is_empty() {
            self.add("", "");
        }
        self.toned("", text, Tone::Heading)
    }

    /// The sheet as these characters spell it, before its lines are broken.
    pub(super) fn spelled(mut self, glyphs: &Glyphs) -> Self {
        let spell = |text: &mut String| {
            if let Cow::Owned(spelled) = glyphs.text(text) {
                *text = spelled;
            }
        };
        spell(&mut self.title);
        for entry in &mut self.entries {
            spell(&mut entry.label);
            spell(&mut entry.text);
        }
        self
    }

    /// Columns that the labels take in a pane of this width, the gap behind them included. Labels
    /// may be other people's text, so they never get more than a third.
    pub fn label_width(&self, width: usize) -> usize {
        match self.entries.iter().map(|entry| entry.label.width()).max() {
            None | Some(0) => 0,
            Some(label) => (label + 1).min(width / 3),
        }
    }

    /// The lines for a pane of this width.
    pub fn lines(&self, width: usize) -> Vec<SheetLine<'_>> {
        let room = width.saturating_sub(self.label_width(width)).max(1);
        let mut lines = Vec::new();
        for (entry, paragraph) in self.entries.iter().enumerate() {
            // Headings stand where the labels do.
            let room = if paragraph.tone == Tone::Heading { width.max(1) } else { room };
            let mut label = &*paragraph.label;
            for text in wrap(&paragraph.text, room) {
                lines.push(SheetLine { label, text, tone: paragraph.tone, entry });
                label = "";
            }
        }
        lines
    }
}

/// Breaks a text at double spaces rather than at single ones, and words that are wider than the room where they have to.
fn wrap(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    // No text is wider than its characters together, and one that is much longer than a line is
    // looked at no further than its line reaches.
    while let Some(fits) = end_of_room(rest, room) {
        let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
        let hard = fits.max(first);
        // A space right behind the room is as good a place as one inside.
        let reach = rest[hard..].chars().next().map_or(hard, |c| hard + c.len_utf8());
        let space = |gap| rest[..reach].rfind(gap).filter(|at| *at > 0);
        let at = space("  ").or_else(|| space(" ")).unwrap_or(hard);
        lines.push(rest[..at].trim_end());
        rest = rest[at..].trim_start();
    }
    lines.push(rest);
    lines
}

/// Where the first character stands that no longer fits; `None` if all of them do.
fn end_of_room(text: &str, room: usize) -> Option<usize> {
    let mut width = 0;
    let mut characters = text.char_indices();
    let outside = characters.find(|(_, c)| {
        width += c.width().unwrap_or(0);
        width > room
    });
    outside.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("網卡網卡", 3), ["網", "卡", "網", "卡"]);
        assert_eq!(wrap("", 3), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a網 ]{0,40}", room in 1_usize..12) {
            let lines = wrap(&text, room);
            let squeeze = |text: &str| text.replace(' ', "");
            prop_assert_eq!(squeeze(&lines.concat()), squeeze(&text));
            prop_assert!(lines.iter().all(|line| line.width() <= room.max(2)));
        }
    }
}
