//! What passes an interface: how the capture goes, and below it a line a packet, the newest last. Small
//! screens have fewer columns.
//!
//! ```text
//! ─ Packets on eth0 in web ──────────────────────────────────────────── 1-3 of 3, live ─
//!  3 packets  dropped: 0 by the kernel, 0 here
//!  time         way proto  source → destination      says                          bytes
//!  22:31:04.120 out arp    eth0/web → broadcast      ARP who-has 10.0.0.5 tell …      42
//! ```

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{Canvas, sheet};
use crate::app::action::{Action, Motion};
use crate::app::log::time_of_day;
use crate::app::packets::{Entry, Packets, Stage, Window};
use crate::app::screens::{Screen, in_groups};
use crate::model::text::shorten;

/// Widths of the columns; one that has no room is zero.
struct Columns {
    time: usize,
    way: usize,
    protocol: usize,
    /// Source and destination, each.
    end: usize,
    length: usize,
}

impl Columns {
    /// Those of a line; `arrow` is what stands between source and destination.
    fn of(width: u16, arrow: &str) -> Self {
        let all = Self { time: 12, way: 3, protocol: 6, end: 17, length: 6 };
        match width {
            // Both ends share what is left of the line.
            0..60 => {
                let taken = all.way + 1 + all.protocol + 1 + 1 + arrow.width() + 1;
                let end = usize::from(width).saturating_sub(taken) / 2;
                Self { time: 0, end, length: 0, ..all }
            }
            60..100 => Self { time: 8, end: 12, length: 0, ..all },
            100..150 => all,
            _ => Self { end: 24, ..all },
        }
    }
}

/// A text of a line, its width, and how it looks.
type Cell = (String, usize, Style);

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let Some(packets) = canvas.app.packets() else { return };
    let screen = canvas.layout.screen;
    let height = canvas.app.packet_rows();
    let window = packets.window(height);
    let words = canvas.app.sheet(Screen::Packets);
    let below = u16::try_from(height + 1).unwrap_or(screen.height).min(screen.height);
    let above = Rect { height: screen.height - below, ..screen };
    sheet::draw(canvas, above, (Rect { height: 0, ..screen }, true), &words, 0, None);
    let remark = remark(canvas, packets, &window);
    canvas.titled_rule(canvas.layout.screen_title, &words.title, &remark, true);
    let mut lines = Rect { y: above.bottom(), height: below, ..screen }.rows();
    let columns = Columns::of(screen.width, canvas.glyphs.arrow);
    if let Some(line) = lines.next() {
        draw_heads(canvas, line, &columns);
    }
    if window.entries.is_empty() {
        let why = if packets.filter().is_empty() {
            "Nothing has passed yet."
        } else {
            "No packet matches the filter."
        };
        if let Some(line) = lines.next() {
            canvas.put(line.as_position(), why, line.width, canvas.theme.dim());
        }
        return;
    }
    for (line, place) in lines.zip(window.shown.clone()) {
        draw_packet(canvas, line, &columns, window.entries[place]);
        if place == window.cursor {
            canvas.buffer.set_style(line, canvas.theme.selected(true));
        }
    }
}

/// Where the list is, and whether it moves.
fn remark(canvas: &Canvas<'_>, packets: &Packets, window: &Window<'_>) -> String {
    let state = match packets.stage() {
        Stage::Opening => "opening".into(),
        Stage::Over(_) => "over".into(),
        Stage::Live if packets.is_held() => "paused".into(),
        Stage::Live if packets.follows() => "live".into(),
        Stage::Live => format!("{} follows", canvas.app.key_of(Action::Move(Motion::Last))),
    };
    if window.shown.len() == window.entries.len() {
        return state;
    }
    let [first, last, all] = [window.shown.start + 1, window.shown.end, window.entries.len()]
        .map(|n| in_groups(n as u64));
    format!("{first}-{last} of {all}, {state}")
}

fn draw_heads(canvas: &mut Canvas<'_>, line: Rect, columns: &Columns) {
    let style = canvas.theme.heads();
    let head = |name: &str, width| (name.to_owned(), width, style);
    let ends = format!("source {} destination", canvas.glyphs.arrow);
    let cells = [
        head("time", columns.time),
        head("way", columns.way),
        head("proto", columns.protocol),
        head(&ends, ends_width(canvas, columns)),
    ];
    draw_line(canvas, line, columns, &cells, "says", "bytes", style);
}

fn ends_width(canvas: &Canvas<'_>, columns: &Columns) -> usize {
    2 * columns.end + canvas.glyphs.arrow.width() + 2
}

fn draw_packet(canvas: &mut Canvas<'_>, line: Rect, columns: &Columns, entry: &Entry) {
    let packet = &entry.caught.packet;
    let (plain, dim) = (Style::new(), canvas.theme.dim());
    let wall = entry.caught.wall;
    let seconds = u32::try_from(wall.as_secs()).unwrap_or_default();
    let mut time = time_of_day(seconds);
    if columns.time > time.len() {
        time = format!("{time}.{:03}", wall.subsec_millis());
    }
    let [from, to] =
        [(packet.source, &entry.names[0]), (packet.target, &entry.names[1])].map(|(mac, name)| {
            name.clone().map_or_else(|| (mac.to_string(), dim), |name| (name, plain))
        });
    let arrow = canvas.glyphs.arrow;
    let cells = [
        (time, columns.time, dim),
        (packet.direction.word().into(), columns.way, plain),
        (packet.protocol.into(), columns.protocol, plain),
        (from.0, columns.end, from.1),
        (arrow.into(), arrow.width(), dim),
        (to.0, columns.end, to.1),
    ];
    let mut says = packet.summary.clone();
    if let Some(id) = packet.vlan {
        says = format!("VLAN {id} {says}");
    }
    draw_line(canvas, line, columns, &cells, &says, &packet.length.to_string(), plain);
}

/// Cells from the left, the length at the right end, and what the packet says in between.
fn draw_line(
    canvas: &mut Canvas<'_>,
    line: Rect,
    columns: &Columns,
    cells: &[Cell],
    says: &str,
    length: &str,
    style: Style,
) {
    let mut at = line.as_position();
    for (content, width, style) in cells.iter().filter(|(_, width, _)| *width > 0) {
        let content = canvas.glyphs.text(content);
        let content = shorten(&content, *width, canvas.glyphs.ellipsis);
        let width = u16::try_from(*width).unwrap_or(line.width);
        let room = line.right().saturating_sub(at.x).min(width);
        canvas.put(at, &content, room, *style);
        at.x = at.x.saturating_add(width + 1);
    }
    let end = line.right().saturating_sub(u16::try_from(columns.length).unwrap_or(0));
    let room = end.saturating_sub(at.x + u16::from(columns.length > 0));
    if columns.time > 0 {
        canvas.put(at, says, room, style);
    }
    if columns.length > 0 {
        let (length, width) = (format!("{length:>0$}", columns.length), columns.length);
        let at = Position::new(end, line.y);
        canvas.put(at, &length, u16::try_from(width).unwrap_or(0), style);
    }
}
