//! The tree. Only rows on the screen are formatted.
//!
//! ```text
//!  ▾ ens8          host       UP      52:54:00:1a:0b:0c  10.0.0.5/24
//!  ├── macvlan1    test1      private ce:dc:2c:c2:e3:ca  1.1.1.3/24
//!  └── eth0        centos1-2  vepa    02:42:c0:a8:80:de  192.168.128.222/24
//! ```

use std::fmt::Write as _;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::Canvas;
use super::rows::{Cells, Columns, Spread, cells};
use super::text::{cut, fit, padded};
use crate::app::Pane;
use crate::app::action::Action;
use crate::app::glyphs::Glyphs;
use crate::app::sheet::Tone;
use crate::app::tree::Row;
use crate::model::Item;
use crate::model::forest::{Grouping, Selection, SortBy, forest};
use crate::model::text::shorten;

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let layout = canvas.layout;
    let focused = canvas.app.pane() == Pane::Tree;
    canvas.titled_rule(layout.title, &title(canvas), "", focused);
    let width = usize::from(layout.rows.width);
    let columns = Columns::divide(width, canvas.app.tree().widths(), canvas.layout.traffic);
    draw_heads(canvas, layout.heads, &columns);
    let tree = canvas.app.tree();
    let visible = tree.rows().iter().enumerate().skip(tree.offset());
    for (line, (place, row)) in layout.rows.rows().zip(visible) {
        draw_row(canvas, line, row, &columns);
        if let (Item::Link(key), Some(marks)) = (row.item, canvas.app.marks())
            && marks.contains(&key)
        {
            let (sign, style) = (canvas.glyphs.marked, canvas.theme.key());
            canvas.put(Position::new(line.x, line.y), sign, 1, style);
        }
        let mut over = Style::new();
        if let Some(brightness) = canvas.app.glow().brightness(&row.item) {
            over = over.patch(canvas.theme.glow(brightness));
        }
        if place == tree.cursor() {
            over = over.patch(canvas.theme.selected(focused));
        }
        canvas.buffer.set_style(line, over);
    }
    if tree.rows().is_empty() {
        let at = Position::new(layout.rows.x + 1, layout.rows.y);
        let style = canvas.theme.dim();
        canvas.put(at, &empty(canvas), layout.rows.width.saturating_sub(1), style);
    }
}

fn title(canvas: &Canvas<'_>) -> String {
    let app = canvas.app;
    let selection = &app.tree().selection;
    let mut title = selection.grouping.name().replacen('b', "B", 1);
    if selection.all {
        title.push_str(", all links");
    }
    if !app.filter().is_empty() {
        title.push_str("  /");
        title.push_str(app.filter());
    }
    if let Some(marks) = app.marks() {
        let _ = write!(title, "  {} marked", marks.len());
        match app.hidden_marks() {
            0 => {}
            hidden => _ = write!(title, ", {hidden} of them hidden"),
        }
    }
    title
}

fn empty(canvas: &Canvas<'_>) -> String {
    let app = canvas.app;
    if !app.filter().is_empty() {
        let drop = app.key_of(Action::Back);
        // Such as a container that does not run, by the address that it would have.
        let has_some = |grouping: &Grouping| {
            let selection = Selection { grouping: *grouping, ..app.tree().selection.clone() };
            !forest(app.topology(), &selection).is_empty()
        };
        match Grouping::ALL.into_iter().find(has_some) {
            Some(other) => {
                let (other, key) = (other.name(), app.key_of(Action::Grouping));
                format!(
                    "Only the tree {other} has a match; {key} leads there, {drop} drops the filter."
                )
            }
            None => format!("Nothing matches the filter; {drop} drops it."),
        }
    } else if app.ready() && !app.topology().is_complete() {
        let warnings = app.key_of(Action::Warnings);
        format!("No macvlan in what could be read; {warnings} tells what could not.")
    } else if app.ready() {
        let all = app.key_of(Action::All);
        let by_network = app.tree().selection.grouping == Grouping::Network;
        match app.topology().host().support.advice() {
            None if by_network => {
                "No macvlan in any namespace, and no network of an engine.".into()
            }
            None if app.settings().lab.is_some() => {
                format!("No macvlan in any namespace; {all} shows all links.")
            }
            None => format!(
                "No macvlan in any namespace; {all} shows all links, macvlens lab a toy network."
            ),
            Some(advice) => format!("No macvlan in any namespace; {advice}."),
        }
    } else {
        "Reading the host.".into()
    }
}

fn draw_heads(canvas: &mut Canvas<'_>, area: Rect, columns: &Columns) {
    if area.is_empty() {
        return;
    }
    let selection = &canvas.app.tree().selection;
    let sign = if selection.invert { canvas.glyphs.descending } else { canvas.glyphs.ascending };
    let head = |word: &str, sort: SortBy| {
        if selection.sort == sort { format!("{word} {sign}") } else { word.to_owned() }
    };
    let by_namespace = selection.grouping == Grouping::Namespace;
    let place = if by_namespace { "parent".into() } else { head("namespace", SortBy::Namespace) };
    // Where there is no column for the state, the mode's column tells it of the parents.
    let mode = match (columns.state, selection.sort) {
        (0, SortBy::State) => head("state", SortBy::State),
        _ => head("mode", SortBy::Mode),
    };
    let tail = (columns.tail > 1).then(|| head("addresses", SortBy::Address));
    let cells = Cells {
        name: match (by_namespace, selection.sort) {
            (true, SortBy::Namespace) => head("namespace", SortBy::Namespace),
            _ => head("name", SortBy::Name),
        },
        place,
        mode,
        mac: head("MAC", SortBy::Mac),
        traffic: "traffic".into(),
        tail: tail.into_iter().map(|text| (text, Style::new())).collect(),
        ..Cells::default()
    };
    let state = head("state", SortBy::State);
    let style = canvas.theme.heads();
    write_cells(canvas, area, "  ", &cells, &state, columns);
    canvas.buffer.set_style(area, style);
}

fn draw_row(canvas: &mut Canvas<'_>, line: Rect, row: &Row, columns: &Columns) {
    let guides = guides(canvas, row);
    let cells = cells(canvas, row, columns);
    let state = cells.state;
    write_cells(canvas, line, &guides, &cells, state, columns);
    let width = u16::try_from(2 * usize::from(row.depth) + 1).unwrap_or(u16::MAX);
    let style = canvas.theme.rule();
    canvas.buffer.set_style(Rect { x: line.x + 1, width: width.min(line.width), ..line }, style);
}

/// The lines that lead to a row and the sign that opens it, with a space behind.
fn guides(canvas: &Canvas<'_>, row: &Row) -> String {
    let glyphs = canvas.glyphs;
    let last_at = |depth: u16| row.lasts & (1 << depth) != 0;
    let mut text = String::new();
    for depth in 1..row.depth {
        text.push_str(if last_at(depth) { "  " } else { glyphs.trunk });
    }
    if row.depth > 0 {
        text.push_str(if last_at(row.depth) { glyphs.last } else { glyphs.branch });
    }
    text.push_str(match (row.children, row.open, row.depth) {
        (0, _, 0) => " ",
        (0, ..) => glyphs.horizontal,
        (_, true, _) => glyphs.open,
        (_, false, _) => glyphs.closed,
    });
    text.push(' ');
    text
}

fn write_cells(
    canvas: &mut Canvas<'_>,
    line: Rect,
    guides: &str,
    cells: &Cells,
    state: &str,
    columns: &Columns,
) {
    let (mark, glyphs) = (canvas.glyphs.ellipsis, canvas.glyphs);
    let write = |canvas: &mut Canvas<'_>, x: u16, text: &str, style: Style| {
        let room = line.right().saturating_sub(x);
        canvas.put(Position::new(x, line.y), text, room, style) + 1
    };
    let width = usize::from(line.width);
    let label = glyphs.text(&cells.name);
    let name = match cells.spread {
        Spread::WholeLine => (guides.width() + label.width()).min(width * 3 / 5).max(columns.name),
        Spread::Columns | Spread::BehindMode => columns.name,
    };
    let label = shorten(&label, name.saturating_sub(guides.width()), mark);
    let name = padded(&format!("{guides}{label}"), name);
    let mut x = write(canvas, line.x + 1, &name, cells.name_style);
    let place = glyphs.text(&cells.place);
    let place = padded(&shorten(&place, columns.place, mark), columns.place);
    let fitted = |text: &str, width: usize| fit(&glyphs.text(text), width, mark);
    let behind_name = [
        (place, columns.place, cells.place_style),
        (fitted(&cells.mode, columns.mode), columns.mode, cells.mode_style),
        (fitted(state, columns.state), columns.state, cells.state_style),
        (fitted(&cells.mac, columns.mac), columns.mac, cells.mac_style),
        (fitted(&cells.traffic, columns.traffic), columns.traffic, canvas.theme.tone(Tone::Good)),
    ];
    let used = match cells.spread {
        Spread::Columns => behind_name.len(),
        Spread::BehindMode => 2,
        Spread::WholeLine => 0,
    };
    for (text, width, style) in &behind_name[..used] {
        if *width > 0 {
            x = write(canvas, x, text, *style);
        }
    }
    let room = usize::from(line.right().saturating_sub(x));
    for (text, style) in tail(cells.told(room), room, glyphs) {
        x = write(canvas, x, &text, style);
    }
}

/// As much of a tail as there is room for. Whatever is left out, an ellipsis stands for it.
fn tail(items: Vec<(String, Style)>, mut room: usize, glyphs: &Glyphs) -> Vec<(String, Style)> {
    let spelled = |text: &str| glyphs.text(text).into_owned();
    let items: Vec<_> = items.into_iter().map(|(text, style)| (spelled(&text), style)).collect();
    let mut rest: usize = items.iter().map(|(text, _)| text.width() + 1).sum();
    let mark = glyphs.ellipsis;
    let mut shown = Vec::new();
    for (text, style) in items {
        let last = rest == text.width() + 1;
        rest -= text.width() + 1;
        let reserved = if last || rest + text.width() <= room { 0 } else { 1 + mark.width() };
        let fits = text.width() + reserved <= room;
        let text = cut(&text, room.saturating_sub(reserved), mark).into_owned();
        room = room.saturating_sub(text.width() + 1);
        shown.push((text, style));
        if !fits {
            break;
        }
    }
    shown
}
