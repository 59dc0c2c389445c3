//! A list to choose from, in a box above the footer; what would be refused is dim, with the reason.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::text::fit;
use super::{Canvas, panel};
use crate::app::change::pick::Picker;
use crate::app::sheet::{Sheet, Tone};

/// Rows shown at once.
const MOST: usize = 12;
/// Lines below the list, for the reason against the selected row.
const REASON: u16 = 2;

pub(super) fn draw(canvas: &mut Canvas<'_>, picker: &Picker) {
    let found = picker.found();
    let below = canvas.layout.screen.height.saturating_sub(REASON);
    let height = found.len().clamp(1, MOST.min(usize::from(below)).max(1));
    let first = (picker.choice + 1).saturating_sub(height);
    let lines = u16::try_from(height).unwrap_or(below);
    let body = canvas.layout.body;
    let height_of_all = (lines + 1 + REASON).min(body.height);
    let area = Rect { y: body.bottom() - height_of_all, height: height_of_all, ..body };
    panel::blank(canvas, area);
    let place = if found.len() > height {
        format!("{}-{} of {}", first + 1, first + height, found.len())
    } else {
        String::new()
    };
    canvas.titled_rule(Rect { height: 1, ..area }, &picker.title, &place, true);
    let mark = canvas.glyphs.ellipsis;
    let widest = found.iter().map(|choice| canvas.glyphs.text(&choice.label).chars().count()).max();
    let labels = widest.unwrap_or(0).clamp(8, usize::from(area.width) / 2);
    let visible = found.iter().enumerate().skip(first).take(height);
    for (line, (place, choice)) in area.rows().skip(1).zip(visible) {
        let refused = choice.refusal.is_some();
        let label = fit(&canvas.glyphs.text(&choice.label), labels, mark);
        let style = if refused { canvas.theme.dim() } else { Style::new() };
        let x = canvas.put(Position::new(line.x + 1, line.y), &label, line.width - 1, style) + 2;
        let room = line.right().saturating_sub(x);
        canvas.put(Position::new(x, line.y), &choice.meaning, room, canvas.theme.dim());
        if place == picker.choice {
            canvas.buffer.set_style(line, canvas.theme.selected(true));
        }
    }
    if found.is_empty() {
        let at = Position::new(area.x + 1, area.y + 1);
        canvas.put(at, "Nothing has such a name.", area.width - 1, canvas.theme.dim());
    }
    if let Some(refusal) = &picker.refusal {
        let reason = Rect { y: area.bottom() - REASON, height: REASON, ..area };
        draw_reason(canvas, reason, refusal);
    }
}

fn draw_reason(canvas: &mut Canvas<'_>, area: Rect, refusal: &str) {
    let mut sheet = Sheet::default();
    sheet.add(canvas.glyphs.warning, canvas.glyphs.text(refusal));
    let width = area.width.saturating_sub(2);
    let style = canvas.theme.tone(Tone::Warning);
    for (row, line) in area.rows().zip(sheet.lines(usize::from(width))) {
        canvas.put(Position::new(row.x + 1, row.y), line.label, 1, style);
        canvas.put(Position::new(row.x + 3, row.y), line.text, row.width.saturating_sub(4), style);
    }
}
