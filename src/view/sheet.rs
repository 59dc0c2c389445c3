//! Scrolling text: the details pane and the screens over everything.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use crate::app::screens::Open;
use crate::app::sheet::{Sheet, Tone};

/// Draws a screen over the trees.
pub(super) fn draw_screen(canvas: &mut Canvas<'_>, open: Open) {
    let sheet = canvas.app.sheet(open.screen);
    let layout = canvas.layout;
    canvas.titled_rule(layout.screen_title, &sheet.title, true);
    let cursor = open.is_list().then_some(open.cursor);
    draw(canvas, layout.screen, layout.screen_title, &sheet, open.scroll, cursor);
}

/// Draws a sheet from a line on; says at the right end of its title line where that is.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    title: Rect,
    sheet: &Sheet,
    scroll: usize,
    cursor: Option<usize>,
) {
    let lines = sheet.lines(usize::from(area.width));
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
    let height = usize::from(area.height);
    if lines.len() > height {
        let last = (scroll + height).min(lines.len());
        let text = format!(" {}-{last} of {} ", scroll + 1, lines.len());
        let width = u16::try_from(text.len()).unwrap_or(0);
        let x = title.right().saturating_sub(width + 1).max(title.x);
        canvas.put(Position::new(x, title.y), &text, width, canvas.theme.dim());
    }
}
