//! What lies at the bottom over the trees and takes only the room that it needs: a question with
//! its answers, what failed.
//!
//! ```text
//! ─ Change mode of eth0 in centos1-2 ──────────────────────────────────────
//!    mode vepa → private
//!  $ ip -n centos1-2 link set dev eth0 type macvlan mode private
//!                                                      [ Cancel ]    Apply
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Canvas, sheet};
use crate::app::change::Confirm;
use crate::app::layout::ANSWERS;
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
    let height = layout.body.bottom().saturating_sub(top.y);
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
    let answers = [(!confirm.apply, Tone::Plain), (confirm.apply, risk(confirm))];
    let places = ANSWERS.into_iter().zip(canvas.layout.answer_places());
    for ((word, place), (chosen, tone)) in places.zip(answers) {
        let text = if chosen { format!("[ {word} ]") } else { format!("  {word}  ") };
        let style = canvas.theme.tone(tone);
        let style = if chosen { style.patch(canvas.theme.selected(true)) } else { style };
        canvas.put(place.as_position(), &text, place.width, style);
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
