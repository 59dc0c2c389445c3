//! A screen as an SVG picture: what is in the buffer's cells, each at its place whatever font shows it.
//!
//! Lines of boxes are drawn and not written, so that they are closed; everything else is text that can
//! be selected.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Size of a cell in pixels. The advance of most monospaced fonts is 0.6 of their size.
const CELL: (u16, u16) = (9, 18);
const FONT: u16 = 15;
/// Space around the screen, in pixels.
const MARGIN: u16 = 9;
/// What a terminal shows where no colour is named.
const INK: &str = "#d8dce4";
const PAPER: &str = "#171a21";

/// The screen as a picture with a title for those who can't see it.
pub fn svg(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let mut layers = Layers::default();
    for y in 0..area.height {
        let mut run = Run::default();
        let mut x = 0;
        while x < area.width {
            let cell = &buffer[Position::new(area.x + x, area.y + y)];
            layers.cell(&mut run, cell, (x, y));
            x += u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        }
        layers.end(&mut run);
    }
    let (width, height) = (area.width * CELL.0 + 2 * MARGIN, area.height * CELL.1 + 2 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-size=\"{FONT}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n{}</g>\n</svg>\n",
        escaped(title),
        layers.finish()
    )
}

/// How a piece of text looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    ink: String,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    crossed_out: bool,
}

/// Text that stands together.
#[derive(Default)]
struct Run {
    at: (u16, u16),
    text: String,
    /// Columns that it takes, spaces behind it included.
    columns: u16,
    look: Look,
}

/// What lies over each other: backgrounds, lines by their colour, text.
#[derive(Default)]
struct Layers {
    papers: String,
    lines: BTreeMap<String, String>,
    texts: String,
    /// The background that is not drawn yet: where it begins, how wide it is, and its colour.
    paper: Option<((u16, u16), u16, String)>,
}

impl Layers {
    fn cell(&mut self, run: &mut Run, cell: &Cell, (x, y): (u16, u16)) {
        let (look, paper) = look(cell);
        let symbol = cell.symbol();
        let columns = u16::try_from(symbol.width()).unwrap_or(1).max(1);
        self.paper(paper, (x, y), columns);
        if let Some(path) = drawn(symbol, (x, y)) {
            self.end(run);
            self.lines.entry(look.ink).or_default().push_str(&path);
            return;
        }
        let is_ascii = symbol.is_ascii();
        let is_blank = symbol == " " && !look.underlined && !look.crossed_out;
        let follows = run.look == look && !run.text.is_empty() && !run.text.ends_with("  ");
        if follows && is_ascii || is_blank && !run.text.is_empty() {
            run.text.push_str(symbol);
            run.columns += columns;
        } else if !is_blank {
            self.end(run);
            *run = Run { at: (x, y), text: symbol.into(), columns, look };
            if !is_ascii {
                // Of a font that has other widths, perhaps.
                self.end(run);
            }
        }
    }

    /// Continues the background, or begins another.
    fn paper(&mut self, color: String, at: (u16, u16), columns: u16) {
        if let Some((from, width, before)) = &mut self.paper
            && *before == color
            && from.1 == at.1
        {
            *width += columns;
            return;
        }
        self.end_paper();
        self.paper = (color != PAPER).then_some((at, columns, color));
    }

    fn end_paper(&mut self) {
        let Some(((x, y), columns, color)) = self.paper.take() else { return };
        let (x, y) = (x * CELL.0, y * CELL.1);
        let (width, height) = (columns * CELL.0, CELL.1);
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(
            self.papers,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{color}\"/>"
        );
    }

    /// Writes a run of text, exactly as wide as its cells.
    fn end(&mut self, run: &mut Run) {
        let Run { at: (x, y), text, columns, look } = std::mem::take(run);
        let blanks = u16::try_from(text.len() - text.trim_end_matches(' ').len()).unwrap_or(0);
        let is_lined = look.underlined || look.crossed_out;
        let (text, columns) = if is_lined {
            (&*text, columns)
        } else {
            (text.trim_end_matches(' '), columns - blanks)
        };
        if text.is_empty() {
            return;
        }
        let (x, y) = (x * CELL.0, y * CELL.1 + FONT - 1);
        let width = columns * CELL.0;
        let style = look.attributes();
        let _ = writeln!(
            self.texts,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" \
             xml:space=\"preserve\"{style}>{}</text>",
            escaped(text)
        );
    }

    fn finish(mut self) -> String {
        self.end_paper();
        let mut out = self.papers;
        for (color, path) in self.lines {
            let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\"/>");
        }
        out + &self.texts
    }
}

impl Look {
    fn attributes(&self) -> String {
        let mut out = format!(" fill=\"{}\"", self.ink);
        let decoration = match (self.underlined, self.crossed_out) {
            (true, _) => " text-decoration=\"underline\"",
            (false, true) => " text-decoration=\"line-through\"",
            (false, false) => "",
        };
        for (is_so, attribute) in [
            (self.bold, " font-weight=\"bold\""),
            (self.dim, " opacity=\"0.6\""),
            (self.italic, " font-style=\"italic\""),
            (true, decoration),
        ] {
            out.push_str(if is_so { attribute } else { "" });
        }
        out
    }
}

/// The look of a cell's text, and the colour behind it.
fn look(cell: &Cell) -> (Look, String) {
    let (mut ink, mut paper) = (color(cell.fg, INK), color(cell.bg, PAPER));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    let has = |modifier| cell.modifier.contains(modifier);
    let look = Look {
        ink,
        bold: has(Modifier::BOLD),
        dim: has(Modifier::DIM),
        italic: has(Modifier::ITALIC),
        underlined: has(Modifier::UNDERLINED),
        crossed_out: has(Modifier::CROSSED_OUT),
    };
    (look, paper)
}

/// The path of a line of boxes or of a bar, to be stroked; `None` of what is text.
fn drawn(symbol: &str, (x, y): (u16, u16)) -> Option<String> {
    let mut characters = symbol.chars();
    let (Some(c), None) = (characters.next(), characters.next()) else { return None };
    let (left, top) = (f32::from(x * CELL.0), f32::from(y * CELL.1));
    let (width, height) = (f32::from(CELL.0), f32::from(CELL.1));
    // In the middle of a pixel, so that a line is one pixel wide.
    let (middle, centre) = (left + width / 2.0, top + height / 2.0 + 0.5);
    let [to_left, to_right, up, down] = match c {
        '─' => [true, true, false, false],
        '│' => [false, false, true, true],
        '┌' => [false, true, false, true],
        '┐' => [true, false, false, true],
        '└' => [false, true, true, false],
        '┘' => [true, false, true, false],
        '├' => [false, true, true, true],
        '┤' => [true, false, true, true],
        '┬' => [true, true, false, true],
        '┴' => [true, true, true, false],
        '┼' => [true; 4],
        '▁'..='█' => {
            let eighths = f32::from(u8::try_from(u32::from(c) - u32::from('▁') + 1).unwrap_or(8));
            let bar = height * eighths / 8.0;
            let bottom = top + height;
            let lines = (0..CELL.0).map(|at| left + f32::from(at) + 0.5);
            let strokes = lines.map(|x| format!("M{x} {bottom}v-{bar}"));
            return Some(strokes.collect::<Vec<_>>().concat());
        }
        _ => return None,
    };
    let (right, bottom) = (left + width, top + height);
    let across = match (to_left, to_right) {
        (false, false) => String::new(),
        (is_left, is_right) => {
            let (from, to) =
                (if is_left { left } else { middle }, if is_right { right } else { middle });
            format!("M{from} {centre}H{to}")
        }
    };
    let along = match (up, down) {
        (false, false) => String::new(),
        (is_up, is_down) => {
            let (from, to) =
                (if is_up { top } else { centre }, if is_down { bottom } else { centre });
            format!("M{middle} {from}V{to}")
        }
    };
    Some(across + &along)
}

/// The sixteen of every terminal, on a dark background.
const SIXTEEN: [&str; 16] = [
    "#2a2f3a", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c5cad3",
    "#7f8796", "#ff7b86", "#b0dc8d", "#ffd98f", "#7cc4ff", "#dd92f2", "#6fd3df", "#ffffff",
];

/// A colour as SVG has it; `none` is that of no colour.
fn color(color: Color, none: &str) -> String {
    let named = match color {
        Color::Reset => return none.into(),
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(index) => return indexed(index),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    SIXTEEN[named].into()
}

/// A colour of the xterm palette: the sixteen, a cube of 6 × 6 × 6, 24 grays.
fn indexed(index: u8) -> String {
    match index {
        0..16 => SIXTEEN[usize::from(index)].into(),
        16..232 => {
            let step = |of: u8| match (index - 16) / of % 6 {
                0 => 0,
                steps => 55 + 40 * steps,
            };
            format!("#{:02x}{:02x}{:02x}", step(36), step(6), step(1))
        }
        232.. => {
            let gray = 8 + 10 * (index - 232);
            format!("#{gray:02x}{gray:02x}{gray:02x}")
        }
    }
}

/// Text as XML takes it. What comes from strangers has no control characters left.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
