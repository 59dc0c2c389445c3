//! The characters that the screen is drawn with, once for terminals that have Unicode and once for
//! those that do not. Text from outside is spelled by them, too: in ASCII where there is nothing else.

use std::borrow::Cow;

use crate::model::text;
use crate::teach::card;

/// A set of characters; every one is a single column wide unless said otherwise.
#[derive(Debug)]
pub struct Glyphs {
    /// Whether text from outside is spelled in ASCII, too.
    ascii: bool,
    /// Before an open row.
    pub open: &'static str,
    /// Before a closed row.
    pub closed: &'static str,
    /// Before a child that has siblings below, two columns.
    pub branch: &'static str,
    /// Before the last child, two columns.
    pub last: &'static str,
    /// Beside the children of a row with siblings below, two columns.
    pub trunk: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// From one thing to another.
    pub arrow: &'static str,
    /// Head of an arrow to the right.
    pub right: &'static str,
    /// Head of an arrow to the left.
    pub left: &'static str,
    /// Something that needs attention.
    pub warning: &'static str,
    /// Something that is broken.
    pub error: &'static str,
    /// Between words of a list.
    pub dot: &'static str,
    /// Horizontal rule.
    pub horizontal: &'static str,
    /// Vertical rule.
    pub vertical: &'static str,
    /// Where a vertical rule hangs from a horizontal one.
    pub tee: &'static str,
    /// Where a vertical rule stands on a horizontal one.
    pub foot: &'static str,
    /// Ascending order.
    pub ascending: &'static str,
    /// Descending order.
    pub descending: &'static str,
    /// Before a marked row.
    pub marked: &'static str,
    /// Around the value of a field that has others.
    pub before: &'static str,
    /// Behind such a value.
    pub after: &'static str,
    /// Something that can be done.
    pub good: &'static str,
    /// A switch that is on.
    pub on: &'static str,
    /// A switch that is off.
    pub off: &'static str,
    /// Before a change that was made here.
    pub change: &'static str,
    /// Eight heights from nearly nothing to full.
    pub bars: [char; 8],
}

impl Glyphs {
    /// Printable text as the terminal can show it, with its arrow for those of plans; what was spelled
    /// once stays as it is.
    pub fn text<'a>(&self, printable: &'a str) -> Cow<'a, str> {
        match self.ascii {
            false => printable.into(),
            true if printable.contains(UNICODE.arrow) => {
                let text = printable.replace(UNICODE.arrow, self.arrow);
                text::ascii(&text).into_owned().into()
            }
            true => text::ascii(printable),
        }
    }

    /// A text of mode cards, with their signs.
    pub fn signs(&self, text: &str) -> String {
        if self.ascii { card::ascii(text) } else { text.to_owned() }
    }
}

/// For terminals with Unicode.
pub static UNICODE: Glyphs = Glyphs {
    ascii: false,
    open: "▾",
    closed: "▸",
    branch: "├─",
    last: "└─",
    trunk: "│ ",
    ellipsis: "…",
    arrow: "→",
    right: "→",
    left: "←",
    warning: "⚠",
    error: "✗",
    dot: "·",
    horizontal: "─",
    vertical: "│",
    tee: "┬",
    foot: "┴",
    ascending: "▴",
    descending: "▾",
    marked: "●",
    before: "‹",
    after: "›",
    good: "✓",
    on: "[✓]",
    off: "[ ]",
    change: "»",
    bars: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
};

/// For terminals without.
pub static ASCII: Glyphs = Glyphs {
    ascii: true,
    open: "v",
    closed: ">",
    branch: "|-",
    last: "`-",
    trunk: "| ",
    ellipsis: "~",
    arrow: "->",
    right: ">",
    left: "<",
    warning: "!",
    error: "X",
    dot: "-",
    horizontal: "-",
    vertical: "|",
    tee: "+",
    foot: "+",
    ascending: "^",
    descending: "v",
    marked: "*",
    before: "<",
    after: ">",
    good: "+",
    on: "[x]",
    off: "[ ]",
    change: ">",
    bars: ['_', '.', ':', '-', '=', '+', '*', '#'],
};

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::{ASCII, UNICODE};

    #[test]
    fn ascii_has_an_arrow_of_its_own_for_plans() {
        assert_eq!(ASCII.text("vepa → é"), "vepa -> \\u{e9}");
        assert_eq!(UNICODE.text("vepa → é"), "vepa → é");
    }

    #[test]
    fn both_sets_take_the_same_columns() {
        for (unicode, ascii) in [
            (UNICODE.open, ASCII.open),
            (UNICODE.branch, ASCII.branch),
            (UNICODE.last, ASCII.last),
            (UNICODE.trunk, ASCII.trunk),
            (UNICODE.ellipsis, ASCII.ellipsis),
            (UNICODE.warning, ASCII.warning),
            (UNICODE.vertical, ASCII.vertical),
            (UNICODE.marked, ASCII.marked),
            (UNICODE.before, ASCII.before),
            (UNICODE.after, ASCII.after),
            (UNICODE.on, ASCII.on),
            (UNICODE.right, ASCII.right),
            (UNICODE.left, ASCII.left),
            (UNICODE.good, ASCII.good),
            (UNICODE.error, ASCII.error),
        ] {
            assert_eq!(unicode.width(), ascii.width(), "{unicode} {ascii}");
            assert!(ascii.is_ascii());
        }
    }
}
