//! The lesson: beside the trees, below them, or over everything.
//!
//! ```text
//! ┬ bridge: siblings talk in memory ──────── 2 of 4 ─
//! │ ✓ ▸ · ·  Ask the wire
//! │ A row sends, a column receives. …
//! │
//! │ not yet  c1/eth0 and c2/eth0 are not probed
//! │ F2 hint  F3 do it for me  F4 next
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::{Canvas, panel};
use crate::app::glow::Brightness;
use crate::app::lesson::{Mark, Page};
use crate::app::sheet::Tone;
use crate::teach::prose::{Span, Type};

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let layout = canvas.layout;
    let Some(page) = canvas.app.lesson_page_in(layout.lesson) else { return };
    let title = layout.lesson_title;
    panel::blank(canvas, Rect { height: title.height + layout.lesson.height, ..title });
    canvas.titled_rule(layout.lesson_title, &page.title, &page.place, true);
    for row in layout.lesson_rule.rows() {
        let style = canvas.theme.rule();
        canvas.put(row.as_position(), canvas.glyphs.vertical, 1, style);
    }
    if layout.lesson_rule.width > 0 {
        let style = canvas.theme.rule();
        canvas.put(layout.lesson_title.as_position(), canvas.glyphs.tee, 1, style);
    }
    draw_heading(canvas, &page);
    for (row, line) in page.text_area.rows().zip(page.text.iter().skip(page.scroll)) {
        draw_line(canvas, row, line);
    }
    draw_state(canvas, &page);
    for (row, hints) in page.keys_area.rows().zip(&page.keys) {
        let mut x = row.x;
        for (key, word) in hints {
            let room = row.right().saturating_sub(x);
            x = canvas.put(Position::new(x, row.y), key, room, canvas.theme.key()) + 1;
            let room = row.right().saturating_sub(x);
            x = canvas.put(Position::new(x, row.y), word, room, canvas.theme.dim()) + 2;
        }
    }
}

/// A sign for every step, and what the one that is on is called.
fn draw_heading(canvas: &mut Canvas<'_>, page: &Page) {
    let area = page.heading_area;
    let mut x = area.x;
    for (place, mark) in page.marks.iter().enumerate() {
        let (sign, tone) = match mark {
            Mark::Done => (canvas.glyphs.good, Tone::Good),
            _ if place == page.at => (canvas.glyphs.closed, Tone::Note),
            Mark::Open => (canvas.glyphs.dot, Tone::Dim),
            Mark::Passed => ("/", Tone::Dim),
        };
        let style = canvas.theme.tone(tone);
        x = canvas.put(Position::new(x, area.y), sign, area.right().saturating_sub(x), style) + 1;
    }
    let room = area.right().saturating_sub(x + 1);
    let style = canvas.theme.tone(Tone::Heading);
    canvas.put(Position::new(x + 1, area.y), &page.heading, room, style);
}

fn draw_line(canvas: &mut Canvas<'_>, row: Rect, line: &[Span]) {
    let mut x = row.x;
    for span in line {
        let style = match span.set {
            Type::Plain => Style::new(),
            Type::Code => canvas.theme.key(),
            Type::Bold => Style::new().add_modifier(Modifier::BOLD),
        };
        let room = row.right().saturating_sub(x);
        x = canvas.put(Position::new(x, row.y), &span.text, room, style);
    }
}

/// How far the step is; what was just ticked glows.
fn draw_state(canvas: &mut Canvas<'_>, page: &Page) {
    let area = page.state_area;
    let width = usize::from(area.width);
    let labels = u16::try_from(page.state.label_width(width)).unwrap_or(area.width);
    for (row, line) in area.rows().zip(page.state.lines(width)) {
        let style = canvas.theme.tone(line.tone);
        canvas.put(row.as_position(), line.label, labels.saturating_sub(1), style);
        let at = Position::new(row.x + labels, row.y);
        canvas.put(at, line.text, row.width.saturating_sub(labels), style);
        if page.is_ticked && line.tone == Tone::Good {
            canvas.buffer.set_style(row, canvas.theme.glow(Brightness::Full));
        }
    }
}
