//! Rows of aligned cells for the tree and the table: widths, colours, and the cut at the edge of a
//! terminal. Text comes in printable; nothing here escapes.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::model::text::{ascii, fitting, shorten};

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

/// Columns that give way where lines are too long.
#[derive(Clone, Copy, Default)]
pub(super) struct Flexible {
    /// Those of names, which are cut in the middle, first;
    pub(super) names: &'static [usize],
    /// then those of lists, which are cut at the end.
    pub(super) lists: &'static [usize],
}

/// A name is not made narrower than this while a line is too long,
const NAME: usize = 12;
/// and neither is a list, with room for most IPv4 addresses.
const LIST: usize = 16;

/// Writes the rows, aligned.
pub(super) fn write(
    out: &mut impl Write,
    rows: Vec<Row>,
    flexible: Flexible,
    style: Style,
) -> io::Result<()> {
    let mut rows = rows;
    if style.ascii {
        spell(&mut rows);
    }
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        if let Row::Columns(cells) = row {
            widths.resize(widths.len().max(cells.len()), 0);
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.text.width().max(*width);
            }
        }
    }
    if let Some(limit) = style.width {
        squeeze(&mut widths, flexible.names, NAME, limit);
        squeeze(&mut widths, flexible.lists, LIST, limit);
        fill(&mut rows, flexible, &widths, style.ellipsis());
    }
    for row in &rows {
        match row {
            Row::Columns(cells) => write_line(out, cells, &widths, style)?,
            Row::Line(cells) => write_line(out, cells, &[], style)?,
        }
    }
    Ok(())
}

/// Spells every text with ASCII alone.
fn spell(rows: &mut [Row]) {
    for row in rows {
        let (Row::Columns(cells) | Row::Line(cells)) = row;
        for cell in cells {
            if let Cow::Owned(spelled) = ascii(&cell.text) {
                cell.text = spelled;
            }
        }
    }
}

/// Takes from the widest of these columns until the line fits or all are as narrow as they may be.
fn squeeze(widths: &mut [usize], columns: &[usize], least: usize, limit: usize) {
    let taken: usize = widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum();
    for _ in limit..taken.saturating_sub(GAP) {
        let wide = columns.iter().copied().filter(|column| widths.get(*column) > Some(&least));
        let Some(widest) = wide.max_by_key(|column| widths[*column]) else { break };
        widths[widest] -= 1;
    }
}

/// Cuts the cells to the columns' widths.
fn fill(rows: &mut [Row], flexible: Flexible, widths: &[usize], ellipsis: &str) {
    for row in rows {
        let Row::Columns(cells) = row else { continue };
        for (column, (cell, width)) in cells.iter_mut().zip(widths).enumerate() {
            if cell.text.width() <= *width {
                continue;
            }
            if flexible.names.contains(&column) {
                cell.text = shorten(&cell.text, *width, ellipsis).into_owned();
            } else {
                let kept = fitting(cell.text.chars(), width.saturating_sub(ellipsis.width()));
                cell.text.truncate(kept);
                cell.text.push_str(ellipsis);
            }
        }
    }
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
        let keep = fitting(text.chars(), left);
        if keep < text.len() {
            pieces[i].0.truncate(keep);
            pieces[i].0.push_str(ellipsis);
            pieces.truncate(i + 1);
            return;
        }
        left -= text.width();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(rows: Vec<Row>, style: Style) -> String {
        named(rows, Flexible::default(), style)
    }

    fn named(rows: Vec<Row>, flexible: Flexible, style: Style) -> String {
        let mut out = Vec::new();
        write(&mut out, rows, flexible, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn row(cells: &[&str]) -> Row {
        Row::Columns(cells.iter().map(|&cell| cell.into()).collect())
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows =
            vec![row(&["網卡0", "", "a"]), row(&["x", "", "", "b"]), row(&["long name", "", ""])];
        assert_eq!(text(rows, Style::default()), "網卡0      a\nx             b\nlong name\n");
    }

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        let rows = || vec![row(&["abc", "網卡"])];
        let at = |width| text(rows(), Style { width: Some(width), ..Style::default() });
        assert_eq!(at(9), "abc  網卡\n");
        assert_eq!(at(8), "abc  網…\n");
        assert_eq!(at(7), "abc  …\n");
        assert_eq!(at(0), "\n");
        let ascii = Style { width: Some(8), ascii: true, color: false };
        assert_eq!(text(vec![row(&["abc", "word"])], ascii), "abc  ...\n");
        let ascii = Style { width: None, ..ascii };
        assert_eq!(text(rows(), ascii), "abc  \\u{7db2}\\u{5361}\n");
    }

    #[test]
    fn names_give_way_before_anything_is_lost() {
        let rows = || {
            vec![
                row(&[
                    "k8s-production-namespace-web-0",
                    "02:42:c0:a8:80:de",
                    "10.0.0.1/8, fe80::1/64",
                ]),
                row(&["short", "02:42:c0:a8:80:df", ""]),
            ]
        };
        let flexible = Flexible { names: &[0], lists: &[2] };
        let first = |width| {
            let text = named(rows(), flexible, Style { width: Some(width), ..Style::default() });
            text.lines().next().unwrap().to_owned()
        };
        assert_eq!(first(60), "k8s-prod…ce-web-0  02:42:c0:a8:80:de  10.0.0.1/8, fe80::1/64");
        assert_eq!(first(50), "k8s-pr…web-0  02:42:c0:a8:80:de  10.0.0.1/8, fe80…");
        assert_eq!(first(34), "k8s-pr…web-0  02:42:c0:a8:80:de  …");
    }

    #[test]
    fn colours_end_with_their_cell() {
        let rows = vec![Row::Columns(vec![Cell::new("up", Paint::Good), "x".into()])];
        let style = Style { color: true, ..Style::default() };
        assert_eq!(text(rows, style), "\x1b[32mup\x1b[0m  x\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_limit(cells in proptest::collection::vec("[a網 ]{0,9}", 1..5),
                                           limit in 0usize..40, ascii: bool) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let style = Style { width: Some(limit), ascii, color: false };
            prop_assert!(text(vec![row(&cells)], style).trim_end_matches('\n').width() <= limit);
        }
    }
}
