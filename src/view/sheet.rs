//! Scrolling text: the details pane and the screens over everything.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use crate::app::screens::Open;
use crate::app::sheet::{Sheet, Tone};

/// Draws a screen over the trees.
pub(super) fn draw_screen(canvas: &mut Canvas<'_>, open: Open) {
    let sheet = canvas.app.sheet(open.screen);
    let layout = canvas.layout;
    let cursor = open.is_list().then_some(open.cursor);
    draw(canvas, layout.screen, (layout.screen_title, true), &sheet, open.scroll, cursor);
}

/// Draws a sheet from a line on below its title, which says where that is and may have the focus.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (title, focused): (Rect, bool),
    sheet: &Sheet,
    scroll: usize,
    cursor: Option<usize>,
) {
    let lines = sheet.lines(usize::from(area.width));
    let height = usize::from(area.height);
    let last = (scroll + height).min(lines.len());
    let place = if lines.len() > height {
        format!("{}-{last} of {}", scroll + 1, lines.len())
    } else {
        String::new()
    };
    canvas.titled_rule(title, &sheet.title, &place, focused);
    let labels = u16::try_from(sheet.label_width(usize::from(area.width))).unwrap_or(area.width);
    let shown = lines.iter().skip(scroll);
    for (row, line) in area.rows().zip(shown) {
        let heading = line.tone == Tone::Heading;
        let label = labels.saturating_sub(1);
        canvas.put(Position::new(row.x, row.y), line.label, label, canvas.theme.label());
        let indent = if heading { 0 } else { labels.min(row.width) };
        let at = Position::new(row.x + indent, row.y);
        canvas.put(at, line.text, row.width - indent, canvas.theme.tone(line.tone));
        if cursor == Some(line.entry) {
            canvas.buffer.set_style(row, canvas.theme.selected(true));
        }
    }
}
