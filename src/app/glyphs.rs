//! The characters that the screen is drawn with, once for terminals that have Unicode and once for
//! those that do not. Text from outside is spelled by them, too: in ASCII where there is nothing else.

use std::borrow::Cow;

use crate::model::text;

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
    /// Eight heights from nearly nothing to full.
    pub bars: [char; 8],
}

impl Glyphs {
    /// Printable text as the terminal can show it; what was spelled once stays as it is.
    pub fn text<'a>(&self, printable: &'a str) -> Cow<'a, str> {
        if self.ascii { text::ascii(printable) } else { printable.into() }
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
    warning: "⚠",
    error: "✗",
    dot: "·",
    horizontal: "─",
    vertical: "│",
    tee: "┬",
    foot: "┴",
    ascending: "▴",
    descending: "▾",
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
    warning: "!",
    error: "X",
    dot: "-",
    horizontal: "-",
    vertical: "|",
    tee: "+",
    foot: "+",
    ascending: "^",
    descending: "v",
    bars: ['_', '.', ':', '-', '=', '+', '*', '#'],
};

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::{ASCII, UNICODE};

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
        ] {
            assert_eq!(unicode.width(), ascii.width(), "{unicode} {ascii}");
            assert!(ascii.is_ascii());
        }
    }
}
