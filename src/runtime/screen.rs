//! What is drawn, as bytes for the terminal: as few as it takes, because lines can be slow.
//!
//! Only `draw` differs from ratatui's own backend for crossterm. It changes a colour without naming
//! the other, leaves the colour alone for a blank, moves within a line by its column, and erases
//! the rest of a line instead of writing blanks. A frame is a single write.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A terminal behind a writer.
#[derive(Debug)]
pub(super) struct Screen<W: Write> {
    backend: CrosstermBackend<W>,
    /// What the terminal shows, row by row; cells that are not there are blank.
    rows: Vec<Vec<Cell>>,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { backend: CrosstermBackend::new(writer), rows: Vec::new() }
    }

    /// Notes what the terminal will show, and where that differs from what it shows now.
    fn note<'a>(&mut self, content: impl Iterator<Item = (u16, u16, &'a Cell)>) -> Vec<(u16, u16)> {
        let mut changed = Vec::new();
        for (x, y, cell) in content {
            let (column, row) = (usize::from(x), usize::from(y));
            if self.rows.len() <= row {
                self.rows.resize_with(row + 1, Vec::new);
            }
            let cells = &mut self.rows[row];
            if cells.len() <= column {
                cells.resize(column + 1, Cell::EMPTY);
            }
            cells[column] = cell.clone();
            changed.push((x, y));
        }
        changed
    }

    fn encode(&self, changed: &[(u16, u16)]) -> String {
        let mut pen = Pen::default();
        for line in changed.chunk_by(|a, b| a.1 == b.1) {
            let y = line[0].1;
            let cells = &self.rows[usize::from(y)];
            let end = cells.iter().rposition(|cell| !is_empty(cell));
            let end = end.map_or(0, |last| last + cells[last].symbol().width());
            let (text, rest) = line.split_at(line.partition_point(|(x, _)| usize::from(*x) < end));
            for (x, _) in text {
                let cell = &cells[usize::from(*x)];
                pen.move_to(*x, y);
                pen.write(cell);
            }
            if let Some((x, _)) = rest.first() {
                pen.move_to(*x, y);
                pen.erase_rest();
            }
        }
        pen.finish()
    }
}

/// Whether erasing leaves a cell as it is to be.
fn is_empty(cell: &Cell) -> bool {
    is_blank(cell) && cell.bg == Color::Reset
}

/// Whether a cell shows nothing but its background.
fn is_blank(cell: &Cell) -> bool {
    let visible = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    cell.symbol() == " " && !cell.modifier.intersects(visible)
}

/// Where the terminal writes next, and how.
#[derive(Default)]
struct Pen {
    out: String,
    /// `None` where that depends on what the terminal thinks of a character's width.
    column: Option<u16>,
    row: Option<u16>,
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    fn move_to(&mut self, x: u16, y: u16) {
        if self.row != Some(y) {
            self.control(format_args!("{};{}H", y + 1, x + 1));
        } else if self.column != Some(x) {
            self.control(format_args!("{}G", x + 1));
        }
        (self.column, self.row) = (Some(x), Some(y));
    }

    fn write(&mut self, cell: &Cell) {
        let inked = !is_blank(cell);
        let visible = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
        if inked || cell.bg != self.bg || self.modifier.intersects(visible) {
            self.style(cell);
        }
        self.out.push_str(cell.symbol());
        self.column = self.column.filter(|_| cell.symbol().len() == 1).map(|column| column + 1);
    }

    /// Select Graphic Rendition (ECMA-48 §8.3.117). An attribute goes only with all others.
    fn style(&mut self, cell: &Cell) {
        let mut wanted = Vec::new();
        if !cell.modifier.contains(self.modifier) || is_plain(cell) && !self.is_plain() {
            wanted.push(String::new());
            (self.fg, self.bg, self.modifier) = Default::default();
        }
        let added = cell.modifier - self.modifier;
        for (bit, code) in (0..9).zip(1..) {
            if added.bits() & 1 << bit != 0 {
                wanted.push(format!("{code}"));
            }
        }
        if cell.fg != self.fg {
            wanted.push(color(cell.fg, 30));
        }
        if cell.bg != self.bg {
            wanted.push(color(cell.bg, 40));
        }
        if !wanted.is_empty() {
            self.control(format_args!("{}m", wanted.join(";")));
        }
        (self.fg, self.bg, self.modifier) = (cell.fg, cell.bg, cell.modifier);
    }

    fn is_plain(&self) -> bool {
        (self.fg, self.bg, self.modifier) == Default::default()
    }

    /// Erases to the end of the line; terminals do that with the background at the time.
    fn erase_rest(&mut self) {
        if self.bg != Color::Reset || !self.modifier.is_empty() {
            self.style(&Cell::EMPTY);
        }
        self.control(format_args!("K"));
    }

    fn finish(mut self) -> String {
        self.style(&Cell::EMPTY);
        self.out
    }

    fn control(&mut self, sequence: std::fmt::Arguments<'_>) {
        self.out.push_str("\x1b[");
        // Writing into a String cannot fail.
        let _ = std::fmt::Write::write_fmt(&mut self.out, sequence);
    }
}

fn is_plain(cell: &Cell) -> bool {
    (cell.fg, cell.bg, cell.modifier) == Default::default()
}

/// The parameters of a colour, for the foreground from 30 on and for the background from 40 on.
fn color(color: Color, base: u8) -> String {
    let number = match color {
        Color::Reset => return (base + 9).to_string(),
        Color::Indexed(index) => return format!("{};5;{index}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    (base + number).to_string()
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let changed = self.note(content);
        if changed.is_empty() {
            return Ok(());
        }
        let bytes = self.encode(&changed);
        self.backend.write_all(bytes.as_bytes())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.backend.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.backend.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.backend.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.backend.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.rows.clear();
        self.backend.clear()
    }

    /// Only ever asked for all that is drawn on.
    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.rows.clear();
        self.backend.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.backend.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.backend.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.backend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    const AREA: Rect = Rect { x: 0, y: 0, width: 12, height: 4 };

    /// Texts anywhere, in any style; the screen is blank where there is none.
    fn picture() -> impl Strategy<Value = Buffer> {
        let color = prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::DarkGray),
            Just(Color::Indexed(244)),
            Just(Color::Rgb(1, 2, 3)),
        ];
        let modifier = prop_oneof![
            Just(Modifier::empty()),
            Just(Modifier::BOLD),
            Just(Modifier::REVERSED),
            Just(Modifier::BOLD | Modifier::UNDERLINED),
        ];
        let piece = ((0..12_u16, 0..4_u16), "[ab  é]{1,9}", (color.clone(), color, modifier));
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| {
            let mut buffer = Buffer::empty(AREA);
            for ((x, y), text, (fg, bg, modifier)) in pieces {
                let style = Style::new().fg(fg).bg(bg).add_modifier(modifier);
                buffer.set_stringn(x, y, text, usize::from(12 - x), style);
            }
            buffer
        })
    }

    fn vt_color(color: Color) -> vt100::Color {
        match color {
            Color::Red => vt100::Color::Idx(1),
            Color::DarkGray => vt100::Color::Idx(8),
            Color::Indexed(index) => vt100::Color::Idx(index),
            Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
            _ => vt100::Color::Default,
        }
    }

    proptest! {
        #[test]
        fn the_terminal_shows_what_was_drawn(pictures in proptest::collection::vec(picture(), 1..6)) {
            let mut terminal = vt100::Parser::new(4, 12, 0);
            let mut screen = Screen::new(Vec::new());
            let mut before = Buffer::empty(AREA);
            for picture in pictures {
                let changed = before.diff(&picture);
                let positions = screen.note(changed.into_iter());
                terminal.process(screen.encode(&positions).as_bytes());
                for at in AREA.positions() {
                    let (cell, shown) = (&picture[at], terminal.screen().cell(at.y, at.x).unwrap());
                    let text = if shown.has_contents() { shown.contents() } else { " " };
                    prop_assert_eq!(text, cell.symbol());
                    prop_assert_eq!(shown.bgcolor(), vt_color(cell.bg));
                    prop_assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED));
                    prop_assert_eq!(shown.underline(), cell.modifier.contains(Modifier::UNDERLINED));
                    if !is_blank(cell) {
                        prop_assert_eq!(shown.fgcolor(), vt_color(cell.fg));
                        prop_assert_eq!(shown.bold(), cell.modifier.contains(Modifier::BOLD));
                    }
                }
                before = picture;
            }
        }
    }

    #[test]
    fn the_rest_of_a_line_is_erased() {
        let mut screen = Screen::new(Vec::new());
        let before = Buffer::with_lines(["one and another"]);
        let after = Buffer::with_lines(["one more       "]);
        let mut bytes = |from: &Buffer, to: &Buffer| {
            let changed = screen.note(from.diff(to).into_iter());
            screen.encode(&changed)
        };
        bytes(&Buffer::empty(before.area), &before);
        assert_eq!(bytes(&before, &after), "\x1b[1;5Hmore\x1b[K");
        let wide = Buffer::with_lines(["one 網  x      "]);
        assert_eq!(bytes(&after, &wide), "\x1b[1;5H網\x1b[7G  x");
    }
}
