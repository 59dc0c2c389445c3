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
    let scroll = canvas.app.details_scroll();
    sheet::draw(canvas, layout.details, (layout.details_title, focused), &text, scroll, None);
    let style = canvas.theme.rule();
    for row in layout.rule.rows() {
        canvas.put(Position::new(row.x, row.y), canvas.glyphs.vertical, 1, style);
    }
    if layout.rule.width > 0 {
        let at = Position::new(layout.details_title.x, layout.details_title.y);
        canvas.put(at, canvas.glyphs.tee, 1, style);
    }
}
