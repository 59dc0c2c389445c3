//! Who reaches whom: senders in rows, receivers in columns, and below them the selected pair in words.
//! Small screens list the receivers of one sender.
//!
//! ```text
//!  to →          macvlan1  eth0/c2  eth0/c3   host   outside
//!  macvlan1          ·        ✗        ✗       ✗        ✓     bridge
//!  eth0/c2           ✗        ·        ✗=      ✗        ✓     vepa
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{Canvas, sheet, text};
use crate::app::reach::{Grid, MODE, Stage, tone};
use crate::app::screens::Screen;
use crate::app::sheet::Tone;
use crate::model::text::shorten;
use crate::reach::{Endpoint, Matrix, Verdict};

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let area = canvas.layout;
    let (title, screen) = (area.screen_title, area.screen);
    let whole = Rect { y: 0, height: area.footer.bottom(), x: 0, width: area.footer.width };
    let (grid, Some(matrix)) = (canvas.app.grid_in(whole), canvas.app.matrix()) else { return };
    let words = canvas.app.sheet(Screen::Reach);
    sheet::draw(canvas, grid.text, (Rect { height: 0, ..screen }, true), &words, 0, None);
    let shown = if grid.is_list { &grid.columns } else { &grid.rows };
    let mut remarks = Vec::new();
    if shown.len() < matrix.ends.len() {
        remarks.push(format!("{}-{} of {}", shown.start + 1, shown.end, matrix.ends.len()));
    }
    if !grid.is_list && grid.columns.len() < matrix.ends.len() {
        let (first, last) = (grid.columns.start + 1, grid.columns.end);
        remarks.push(format!("to {first}-{last} of {}", matrix.ends.len()));
    }
    if let Some((done, wanted)) = canvas.app.trials().progress() {
        remarks.push(format!("{done} of {wanted} probed"));
    }
    canvas.titled_rule(title, &words.title, &remarks.join(", "), true);
    if grid.is_list {
        draw_list(canvas, &grid, &matrix);
    } else {
        draw_matrix(canvas, &grid, &matrix);
    }
}

fn draw_matrix(canvas: &mut Canvas<'_>, grid: &Grid, matrix: &Matrix) {
    let Some(pair) = canvas.app.reach_pair() else { return };
    let mut lines = grid.area.rows();
    let Some(heads) = lines.next() else { return };
    let to = format!("to {}", canvas.glyphs.arrow);
    canvas.put(heads.as_position(), &to, grid.name, canvas.theme.heads());
    for (cell, to) in cells(grid, heads).zip(grid.columns.clone()) {
        let style = head_style(canvas, matrix.ends[to] == pair[1]);
        let name = label(canvas, matrix.ends[to], usize::from(cell.width - 1));
        put_in_middle(canvas, cell, &name, style);
    }
    for (line, from) in lines.zip(grid.rows.clone()) {
        let end = matrix.ends[from];
        let style = head_style(canvas, end == pair[0]);
        let name = label(canvas, end, usize::from(grid.name));
        canvas.put(line.as_position(), &name, grid.name, style);
        let mut behind = line.x + grid.name;
        for (cell, to) in cells(grid, line).zip(grid.columns.clone()) {
            let (sign, tone) = sign(canvas, matrix, from, to);
            let style = canvas.theme.tone(tone);
            put_in_middle(canvas, cell, &sign, style);
            if pair == [end, matrix.ends[to]] {
                canvas.buffer.set_style(cell, canvas.theme.selected(true));
            }
            behind = cell.right();
        }
        let (mode, style) = mode(canvas, end);
        canvas.put(Position::new(behind + 1, line.y), &mode, MODE - 1, style);
    }
}

/// The places of a line's cells.
fn cells(grid: &Grid, line: Rect) -> impl Iterator<Item = Rect> {
    let (first, width) = (line.x + grid.name, grid.column);
    (first..line.right()).step_by(usize::from(width.max(1))).map(move |x| Rect { x, width, ..line })
}

/// Writes a text in the middle of a cell, whose first column stays empty.
fn put_in_middle(canvas: &mut Canvas<'_>, cell: Rect, text: &str, style: Style) {
    let width = u16::try_from(text.width()).unwrap_or(cell.width).min(cell.width);
    let before = (cell.width - width).div_ceil(2);
    canvas.put(Position::new(cell.x + before, cell.y), text, cell.width - before, style);
}

fn draw_list(canvas: &mut Canvas<'_>, grid: &Grid, matrix: &Matrix) {
    let Some(pair) = canvas.app.reach_pair() else { return };
    let mut lines = grid.area.rows();
    let (Some(head), from) = (lines.next(), grid.rows.start) else { return };
    let name = label(canvas, pair[0], usize::from(head.width) / 2);
    let x = canvas.put(head.as_position(), "from ", head.width, canvas.theme.heads());
    let x = canvas.put(Position::new(x, head.y), &name, head.width, head_style(canvas, true));
    let (mode, style) = mode(canvas, pair[0]);
    canvas.put(Position::new(x + 2, head.y), &mode, MODE, style);
    for (line, to) in lines.zip(grid.columns.clone()) {
        let (sign, tone) = sign(canvas, matrix, from, to);
        let name = label(canvas, matrix.ends[to], usize::from(line.width) / 2);
        let outcome = matrix.verdict(canvas.app.topology(), from, to);
        let outcome = outcome.map_or("", |verdict| crate::app::reach::outcome(&verdict));
        let told = format!("{} {} {outcome}", text::padded(&sign, 3), text::padded(&name, 16));
        let style = canvas.theme.tone(tone);
        canvas.put(line.as_position(), &told, line.width, style);
        if matrix.ends[to] == pair[1] {
            canvas.buffer.set_style(line, canvas.theme.selected(true));
        }
    }
}

fn head_style(canvas: &Canvas<'_>, is_selected: bool) -> Style {
    if is_selected { canvas.theme.title(true) } else { canvas.theme.heads() }
}

fn label(canvas: &Canvas<'_>, end: Endpoint, width: usize) -> String {
    let label = end.label(canvas.app.topology());
    shorten(&canvas.glyphs.text(&label), width, canvas.glyphs.ellipsis).into_owned()
}

/// The sign of a cell: what is predicted, and behind it what the wire said.
fn sign(canvas: &Canvas<'_>, matrix: &Matrix, from: usize, to: usize) -> (String, Tone) {
    let glyphs = canvas.glyphs;
    let Some(verdict) = matrix.verdict(canvas.app.topology(), from, to) else {
        return (glyphs.dot.into(), Tone::Dim);
    };
    let pair = [matrix.ends[from], matrix.ends[to]];
    let (found, tone) = match canvas.app.trial(pair, &verdict) {
        None => ("", tone(&verdict)),
        Some(Stage::Waiting) => (glyphs.ellipsis, Tone::Dim),
        Some(Stage::Done(Err(_))) => ("?", tone(&verdict)),
        Some(Stage::Done(Ok(found))) if found.agrees(pair, &verdict) => ("=", tone(&verdict)),
        Some(Stage::Done(Ok(_))) => ("!", Tone::Changed),
    };
    (format!("{}{found}", predicted(canvas, &verdict)), tone)
}

fn predicted(canvas: &Canvas<'_>, verdict: &Verdict) -> &'static str {
    match (verdict.is_reachable(), verdict.frames_pass()) {
        (true, _) => canvas.glyphs.good,
        (false, true) => canvas.glyphs.warning,
        (false, false) => canvas.glyphs.error,
    }
}

/// The mode of a sub-interface.
fn mode(canvas: &Canvas<'_>, end: Endpoint) -> (String, Style) {
    let Endpoint::Link(key) = end else { return Default::default() };
    let macvlan = canvas.app.topology().link(key).and_then(|link| link.macvlan());
    macvlan
        .map(|macvlan| (macvlan.mode.to_string(), canvas.theme.mode(macvlan.mode)))
        .unwrap_or_default()
}
