//! The details of the selected row, beside or below the tree.

use ratatui::layout::Position;

use super::{Canvas, sheet};
use crate::app::Pane;
use crate::app::screens::Screen;

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let layout = canvas.layout;
    if layout.details.is_empty() {
        return;
    }
    let text = canvas.app.sheet(Screen::Details);
    let focused = canvas.app.pane() == Pane::Details;
    canvas.titled_rule(layout.details_title, &text.title, focused);
    let style = canvas.theme.rule();
    for row in layout.rule.rows() {
        canvas.put(Position::new(row.x, row.y), canvas.glyphs.vertical, 1, style);
    }
    if layout.rule.width > 0 {
        let at = Position::new(layout.details_title.x, layout.details_title.y);
        canvas.put(at, canvas.glyphs.tee, 1, style);
    }
    let scroll = canvas.app.details_scroll();
    sheet::draw(canvas, layout.details, layout.details_title, &text, scroll, None);
}
