//! What the mouse does: a click selects, a click on the sign before a name opens or closes, a click
//! on an answer gives it, a click in the matrix selects a pair, the wheel scrolls what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::action::Motion;
use super::event::Effect;
use super::screens::Screen;
use super::{App, Pane};

/// Rows that one notch of the wheel scrolls.
const NOTCH: usize = 3;

/// Takes a mouse event.
pub(super) fn click(app: &mut App, event: MouseEvent, effects: &mut Vec<Effect>) {
    let at = Position::new(event.column, event.row);
    let pressed = event.kind == MouseEventKind::Down(MouseButton::Left) && app.prompt.is_none();
    // What lies below a form stays as it is.
    let in_form = app.form.is_some() && app.screens.is_empty();
    match event.kind {
        _ if in_form && pressed => app.press_field(at),
        _ if in_form => {}
        MouseEventKind::ScrollDown => wheel(app, at, true),
        MouseEventKind::ScrollUp => wheel(app, at, false),
        _ if pressed => press(app, at, effects),
        _ => {}
    }
}

fn wheel(app: &mut App, at: Position, down: bool) {
    let layout = app.layout();
    if app.screens.is_empty() && !layout.details.contains(at) {
        app.dirty |= app.tree.scroll(down, NOTCH);
        return;
    }
    let pane = std::mem::replace(&mut app.pane, Pane::Details);
    let motion = if down { Motion::Down } else { Motion::Up };
    for _ in 0..NOTCH {
        app.dirty |= app.walk(motion);
    }
    app.pane = pane;
}

fn press(app: &mut App, at: Position, effects: &mut Vec<Effect>) {
    let layout = app.layout();
    if let Some(open) = app.screens.last().copied() {
        if open.screen == Screen::Confirm {
            let [cancel, apply] = layout.answer_places();
            if cancel.contains(at) || apply.contains(at) {
                app.answer(apply.contains(at), effects);
            }
        }
        if open.screen == Screen::Packets && layout.screen.contains(at) {
            let below = usize::from(layout.screen.bottom() - at.y);
            if let Some(line) = app.packet_rows().checked_sub(below) {
                app.press_packet(line);
            }
        }
        if open.screen == Screen::Reach {
            app.press_cell(at);
        }
        let line = open.scroll + usize::from(at.y.saturating_sub(layout.screen.y));
        if open.is_list() && layout.screen.contains(at) {
            let sheet = app.sheet(open.screen);
            let lines = sheet.lines(usize::from(layout.screen.width));
            if let (Some(line), Some(top)) = (lines.get(line), app.screens.last_mut()) {
                top.cursor = line.entry;
                app.dirty = true;
            }
        }
    } else if layout.details.contains(at) {
        app.pane = Pane::Details;
        app.dirty = true;
    } else if layout.rows.contains(at) {
        let place = app.tree.offset() + usize::from(at.y - layout.rows.y);
        let Some(row) = app.tree.rows().get(place) else { return };
        let sign = marker_column(row.depth);
        let on_sign = row.children > 0 && at.x.saturating_sub(layout.rows.x) == sign;
        app.pane = Pane::Tree;
        app.tree.go_to(place);
        if on_sign {
            app.tree.toggle();
            app.stale = true;
        }
        app.dirty = true;
    }
}

/// Column of the sign that opens and closes a row, from the left edge of the tree.
fn marker_column(depth: u16) -> u16 {
    1 + 2 * depth
}
