//! A form, at the bottom over the trees.
//!
//! ```text
//! ─ Create a sub-interface on ens8 in host ────────────────────────────────
//!  kind       ‹ macvlan ›  an interface with a MAC of its own
//!  name       macvlan2
//!
//!  ✓ ready    ip link add link ens8 name macvlan2 type macvlan mode bridge
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::{Canvas, footer, panel};
use crate::app::form::{Field, Form, Value};
use crate::app::sheet::{Sheet, Tone};

/// Draws the form; tells where the cursor is, if a text has it.
pub(super) fn draw(canvas: &mut Canvas<'_>, form: &Form) -> Option<Position> {
    panel::clear(canvas);
    let layout = canvas.layout;
    let fields = form.shown();
    let focus = fields.iter().position(|field| field.what == form.focus()).unwrap_or(0);
    let height = usize::from(layout.screen.height);
    let first = form.first_seen(height);
    let place = if fields.len() > height {
        let last = (first + height).min(fields.len());
        format!("{}-{last} of {}", first + 1, fields.len())
    } else {
        String::new()
    };
    canvas.titled_rule(layout.screen_title, &form.title, &place, true);
    let labels = fields.iter().map(|field| field.label.len()).max().unwrap_or(0) + 1;
    let labels = u16::try_from(labels).unwrap_or(layout.screen.width).min(layout.screen.width);
    let mut cursor = None;
    for (row, (place, field)) in
        layout.screen.rows().zip(fields.into_iter().enumerate().skip(first))
    {
        let focused = place == focus;
        let style = if focused { canvas.theme.key() } else { canvas.theme.label() };
        canvas.put(Position::new(row.x, row.y), field.label, labels, style);
        let room = Rect { x: row.x + labels, width: row.width - labels, ..row };
        cursor = draw_field(canvas, room, field, focused).or(cursor);
    }
    draw_standing(canvas, form);
    cursor
}

/// The value, and behind it what is wrong with it or what it means.
fn draw_field(
    canvas: &mut Canvas<'_>,
    area: Rect,
    field: &Field,
    focused: bool,
) -> Option<Position> {
    let at = Position::new(area.x, area.y);
    let strong = if focused { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
    let (end, meaning, cursor) = match &field.value {
        Value::Text(input) => {
            let text = input.value();
            let hint = if text.is_empty() { field.hint } else { "" };
            let width = u16::try_from(text.width() + 1).unwrap_or(area.width);
            let error = if field.error.is_some() { area.width / 2 } else { 0 };
            let room = width.min(area.width.saturating_sub(error));
            let cursor = footer::draw_input(canvas, at, input, room.max(1));
            let end = at.x + if text.is_empty() { 0 } else { room };
            (end, hint, focused.then_some(cursor))
        }
        Value::Choice { options, at: chosen } => {
            let (word, meaning) = options.get(*chosen).map_or(("", ""), |(w, m)| (w, m));
            let text = format!("{} {word} {}", canvas.glyphs.before, canvas.glyphs.after);
            (canvas.put(at, &text, area.width, strong), meaning, None)
        }
        Value::Toggle(on) => {
            let text = if *on { canvas.glyphs.on } else { canvas.glyphs.off };
            (canvas.put(at, text, area.width, strong), field.hint, None)
        }
    };
    let (said, tone) = match &field.error {
        Some(error) => (error.as_str(), Tone::Error),
        None => (meaning, Tone::Dim),
    };
    let gap = 2;
    let room = area.right().saturating_sub(end + gap);
    canvas.put(Position::new(end + gap, at.y), said, room, canvas.theme.tone(tone));
    cursor
}

/// Whether what the form says can be done.
fn draw_standing(canvas: &mut Canvas<'_>, form: &Form) {
    let area = canvas.layout.answers;
    let mut sheet = Sheet::default();
    let (sign, tone) = match form.standing.refusal() {
        None => {
            for command in form.standing.commands() {
                sheet.toned("ready", canvas.glyphs.text(command), Tone::Note);
            }
            (canvas.glyphs.good, Tone::Good)
        }
        Some(why) => {
            sheet.toned("not yet", canvas.glyphs.text(why), Tone::Warning);
            (canvas.glyphs.warning, Tone::Warning)
        }
    };
    let style = canvas.theme.tone(tone);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
    let lines = sheet.lines(usize::from(inner.width));
    let labels = u16::try_from(sheet.label_width(usize::from(inner.width))).unwrap_or(0);
    for (number, (row, line)) in inner.rows().skip(1).zip(&lines).enumerate() {
        if number == 0 {
            canvas.put(Position::new(area.x, row.y), sign, 1, style);
            canvas.put(Position::new(row.x, row.y), line.label, labels, style);
        }
        let at = Position::new(row.x + labels, row.y);
        let room = row.width.saturating_sub(labels);
        canvas.put(at, line.text, room, canvas.theme.tone(line.tone));
    }
}
