//! Rows of aligned cells for the tree and the table: widths, colours, and the cut at the edge of a
//! terminal. Text comes in printable; nothing here escapes.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How text is to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Paint with ANSI colours.
    pub color: bool,
    /// Draw with ASCII instead of box-drawing characters.
    pub ascii: bool,
    /// Cut lines at this many columns; never when `None`.
    pub width: Option<usize>,
}

impl Style {
    /// What stands for the part of a line that was cut away.
    fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }
}

/// What a cell is painted with. The sixteen colours are left to the terminal's own palette.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Paint {
    #[default]
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warning,
}

impl Paint {
    /// Parameter of the SGR sequence (ECMA-48 §8.3.117).
    fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
            Self::Warning => Some("33"),
        }
    }
}

/// A piece of text with its colour.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) paint: Paint,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>, paint: Paint) -> Self {
        Self { text: text.into(), paint }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Paint::Plain)
    }
}

/// One line.
pub(super) enum Row {
    /// Cells in columns, as wide as the widest of each.
    Columns(Vec<Cell>),
    /// Cells one after the other, without part in the columns.
    Line(Vec<Cell>),
}

/// Columns are kept apart by two spaces.
const GAP: usize = 2;

/// Writes the rows, aligned.
pub(super) fn write(out: &mut impl Write, rows: &[Row], style: Style) -> io::Result<()> {
    let mut widths = Vec::new();
    for row in rows {
        if let Row::Columns(cells) = row {
            widths.resize(widths.len().max(cells.len()), 0);
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.text.width().max(*width);
            }
        }
    }
    for row in rows {
        match row {
            Row::Columns(cells) => write_line(out, cells, &widths, style)?,
            Row::Line(cells) => write_line(out, cells, &[], style)?,
        }
    }
    Ok(())
}

/// Columns that are empty in every row take no space, and no line ends in spaces.
fn write_line(
    out: &mut impl Write,
    cells: &[Cell],
    widths: &[usize],
    style: Style,
) -> io::Result<()> {
    let mut pieces: Vec<(String, Paint)> = Vec::new();
    let mut gap = 0;
    for (i, cell) in cells.iter().enumerate() {
        let width = cell.text.width();
        let column = widths.get(i).copied().unwrap_or(width);
        if width > 0 {
            pieces.push((" ".repeat(gap), Paint::Plain));
            pieces.push((cell.text.clone(), cell.paint));
            gap = 0;
        }
        if column > 0 {
            gap += column - width + GAP;
        }
    }
    if let Some(limit) = style.width {
        cut(&mut pieces, limit, style.ellipsis());
    }
    for (text, paint) in &pieces {
        match paint.sgr() {
            Some(sgr) if style.color => write!(out, "\x1b[{sgr}m{text}\x1b[0m")?,
            _ => out.write_all(text.as_bytes())?,
        }
    }
    writeln!(out)
}

/// Shortens a line that is wider than the limit and marks the place.
fn cut(pieces: &mut Vec<(String, Paint)>, limit: usize, ellipsis: &str) {
    let total: usize = pieces.iter().map(|(text, _)| text.width()).sum();
    if total <= limit {
        return;
    }
    let ellipsis = &ellipsis[..if ellipsis.width() > limit { 0 } else { ellipsis.len() }];
    let mut left = limit - ellipsis.width();
    for i in 0..pieces.len() {
        let text = &pieces[i].0;
        let keep = fitting(text, left);
        if keep < text.len() {
            pieces[i].0.truncate(keep);
            pieces[i].0.push_str(ellipsis);
            pieces.truncate(i + 1);
            return;
        }
        left -= text.width();
    }
}

/// Length in bytes of the longest beginning that fits into so many columns.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(rows: &[Row], style: Style) -> String {
        let mut out = Vec::new();
        write(&mut out, rows, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn row(cells: &[&str]) -> Row {
        Row::Columns(cells.iter().map(|&cell| cell.into()).collect())
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows =
            [row(&["網卡0", "", "a"]), row(&["x", "", "", "b"]), row(&["long name", "", ""])];
        assert_eq!(text(&rows, Style::default()), "網卡0      a\nx             b\nlong name\n");
    }

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        let rows = [row(&["abc", "網卡"])];
        let at = |width| text(&rows, Style { width: Some(width), ..Style::default() });
        assert_eq!(at(9), "abc  網卡\n");
        assert_eq!(at(8), "abc  網…\n");
        assert_eq!(at(7), "abc  …\n");
        assert_eq!(at(0), "\n");
        let ascii = Style { width: Some(8), ascii: true, color: false };
        assert_eq!(text(&rows, ascii), "abc  ...\n");
    }

    #[test]
    fn colours_end_with_their_cell() {
        let rows = [Row::Columns(vec![Cell::new("up", Paint::Good), "x".into()])];
        let style = Style { color: true, ..Style::default() };
        assert_eq!(text(&rows, style), "\x1b[32mup\x1b[0m  x\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_limit(cells in proptest::collection::vec("[a網 ]{0,9}", 1..5),
                                           limit in 0usize..40, ascii: bool) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let style = Style { width: Some(limit), ascii, color: false };
            prop_assert!(text(&[row(&cells)], style).trim_end_matches('\n').width() <= limit);
        }
    }
}
