//! The actions that match what is typed, in a box above the footer.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::Canvas;
use super::text::fit;
use crate::app::prompt::found;

/// Actions shown at once.
const MOST: usize = 12;

pub(super) fn draw(canvas: &mut Canvas<'_>, typed: &str, choice: usize) {
    let rows = found(typed);
    let screen = canvas.layout.screen;
    let most = MOST.min(usize::from(screen.height));
    let height = rows.len().clamp(1, most);
    let first = (choice + 1).saturating_sub(height);
    let lines = u16::try_from(height).unwrap_or(screen.height);
    let body = canvas.layout.body;
    let height_of_all = (lines + 1).min(body.height);
    let area = Rect { y: body.bottom() - height_of_all, height: height_of_all, ..body };
    for row in area.rows() {
        let blank = " ".repeat(usize::from(row.width));
        canvas.buffer.set_stringn(row.x, row.y, blank, usize::from(row.width), Style::reset());
    }
    let place = if rows.len() > height {
        format!("{}-{} of {}", first + 1, first + height, rows.len())
    } else {
        String::new()
    };
    canvas.titled_rule(Rect { height: 1, ..area }, "Actions", &place, true);
    let mark = canvas.glyphs.ellipsis;
    let visible = rows.iter().enumerate().skip(first);
    for (line, (place, row)) in area.rows().skip(1).zip(visible) {
        let name = fit(row.name, 16, mark);
        let key = fit(&canvas.app.key_of(row.action), 8, mark);
        let mut x = line.x + 1;
        for (text, style) in
            [(&*name, Style::new()), (&*key, canvas.theme.key()), (row.help, canvas.theme.dim())]
        {
            let room = line.right().saturating_sub(x);
            x = canvas.put(Position::new(x, line.y), text, room, style) + 1;
        }
        if place == choice {
            canvas.buffer.set_style(line, canvas.theme.selected(true));
        }
    }
    if rows.is_empty() {
        let at = Position::new(area.x + 1, area.y + 1);
        canvas.put(at, "No action has such a name.", area.width - 1, canvas.theme.dim());
    }
}
