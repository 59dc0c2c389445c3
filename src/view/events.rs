//! The last things that happened, above the footer: one line each where there is room for three,
//! side by side where there is one line.

use ratatui::layout::Position;
use unicode_width::UnicodeWidthStr;

use super::Canvas;
use crate::app::log::{Line, Log};
use crate::app::sheet::Tone;

/// Columns between two happenings on one line.
const GAP: u16 = 3;

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let layout = canvas.layout;
    canvas.titled_rule(layout.events_rule, "", "", false);
    if layout.rule.width > 0 && !layout.events_rule.is_empty() {
        let at = Position::new(layout.rule.x, layout.events_rule.y);
        canvas.put(at, canvas.glyphs.foot, 1, canvas.theme.rule());
    }
    let area = layout.events;
    let count = usize::from(area.height);
    if count == 0 {
        return;
    }
    let newest: Vec<_> = if count == 1 {
        fitting(canvas.app.log(), usize::from(area.width))
    } else {
        canvas.app.log().lines().rev().take(count).collect()
    };
    let mut at = Position::new(area.x + 1, area.y);
    for line in newest.iter().rev() {
        let room = area.right().saturating_sub(at.x);
        let x = canvas.put(at, &line.time, room, canvas.theme.dim()) + 2;
        let room = area.right().saturating_sub(x);
        let style = canvas.theme.tone(line.tone);
        let end = canvas.put(Position::new(x, at.y), &line.text, room, style);
        at = match count {
            1 => Position::new(end + GAP, at.y),
            _ => Position::new(area.x + 1, at.y + 1),
        };
    }
    if newest.is_empty() {
        let style = canvas.theme.tone(Tone::Dim);
        let at = Position::new(area.x + 1, area.y);
        canvas.put(at, "Nothing changed since the start.", area.width - 1, style);
    }
}

/// The newest happenings that fit side by side, the newest first and always there.
fn fitting(log: &Log, width: usize) -> Vec<&Line> {
    let mut room = width;
    let lines = log.lines().rev().enumerate();
    lines
        .take_while(|(place, line)| {
            let wanted = line.time.width() + line.text.width() + 2 + usize::from(GAP);
            let fits = wanted <= room;
            room = room.saturating_sub(wanted);
            fits || *place == 0
        })
        .map(|(_, line)| line)
        .collect()
}
