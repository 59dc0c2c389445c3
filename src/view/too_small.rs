//! What a screen shows on which nothing else would fit.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Canvas;
use crate::app::layout::SMALLEST;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let sentence = format!(
        "macvlens needs {}x{} characters, this is {}x{}.",
        SMALLEST.0, SMALLEST.1, area.width, area.height
    );
    let mut rest = &*sentence;
    for row in area.rows() {
        let room = usize::from(row.width);
        let fits = if rest.len() <= room { rest.len() } else { break_before(rest, room) };
        canvas.put(Position::new(row.x, row.y), &rest[..fits], row.width, Style::new());
        rest = rest[fits..].trim_start();
    }
}

/// Where to break an ASCII text that is longer than the room.
fn break_before(text: &str, room: usize) -> usize {
    text[..room].rfind(' ').filter(|at| *at > 0).unwrap_or(room)
}
