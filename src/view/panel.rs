//! What lies at the bottom over the trees and takes only the room that it needs: a question with
//! its answers, what failed.
//!
//! ```text
//! ─ Change mode of eth0 in centos1-2 ──────────────────────────────────────
//!    mode vepa → private
//!  $ ip -n centos1-2 link set dev eth0 type macvlan mode private
//!                                                      [ Cancel ]    Apply
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{Canvas, sheet};
use crate::app::change::Confirm;
use crate::app::screens::Open;
use crate::app::sheet::Tone;

/// Draws a screen that is a panel.
pub(super) fn draw(canvas: &mut Canvas<'_>, open: Open) {
    clear(canvas);
    sheet::draw_screen(canvas, open);
    if let Some(confirm) = canvas.app.confirm() {
        draw_answers(canvas, confirm);
    }
}

/// Blanks everything that a panel covers.
pub(super) fn clear(canvas: &mut Canvas<'_>) {
    let layout = canvas.layout;
    let top = layout.screen_title;
    let height = layout.footer.y.saturating_sub(top.y);
    blank(canvas, Rect { height, ..top });
}

/// Blanks an area, styles included.
pub(super) fn blank(canvas: &mut Canvas<'_>, area: Rect) {
    for row in area.rows() {
        let blank = " ".repeat(usize::from(row.width));
        canvas.buffer.set_stringn(row.x, row.y, blank, usize::from(row.width), Style::reset());
    }
}

/// The answers, at the right end of the last line.
fn draw_answers(canvas: &mut Canvas<'_>, confirm: &Confirm) {
    let Some(line) = canvas.layout.answers.rows().next_back() else { return };
    let answers =
        [("Cancel", !confirm.apply, Tone::Plain), ("Apply", confirm.apply, risk(confirm))];
    let width: usize = answers.iter().map(|(word, ..)| word.len() + 6).sum();
    let mut x = line.right().saturating_sub(u16::try_from(width).unwrap_or(line.width));
    for (word, chosen, tone) in answers {
        let text = if chosen { format!("[ {word} ]") } else { format!("  {word}  ") };
        let style = canvas.theme.tone(tone);
        let style = if chosen { style.patch(canvas.theme.selected(true)) } else { style };
        let room = line.right().saturating_sub(x);
        x = canvas.put(Position::new(x, line.y), &text, room, style) + 2;
    }
}

/// A change that cuts the operator off, or loses something, looks like one.
fn risk(confirm: &Confirm) -> Tone {
    match (&confirm.danger, confirm.loses()) {
        (Some(_), _) => Tone::Error,
        (None, true) => Tone::Warning,
        (None, false) => Tone::Good,
    }
}
