//! The line at the top:
//!
//! ```text
//!  macvlens  node2  Linux 6.18.1  macvlan built in   5 namespaces  3 parents  7 sub-interfaces   live  read-only
//! ```
//!
//! On narrow screens the least important words are left out; the state at the right never is.

use ratatui::layout::Position;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::Canvas;
use crate::app::action::Action;
use crate::app::authority::Authority;
use crate::app::change::Pending;
use crate::app::sheet::Tone;

/// A piece of the header, with how long it is kept when room gets scarce; 0 goes last.
struct Piece {
    text: String,
    style: Style,
    rank: u8,
}

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let area = canvas.layout.header;
    if let Some(pending) = canvas.app.pending() {
        draw_countdown(canvas, pending);
        return;
    }
    let right = state(canvas);
    let right_width: usize = right.iter().map(|piece| piece.text.width() + 2).sum();
    let room = usize::from(area.width).saturating_sub(right_width + 1);
    let mut left = facts(canvas);
    while width(&left) > room {
        let Some(least) = (0..left.len()).max_by_key(|at| left[*at].rank) else { break };
        left.remove(least);
    }
    let mut x = area.x + 1;
    for piece in left {
        x = canvas.put(Position::new(x, area.y), &piece.text, area.right() - x, piece.style) + 2;
    }
    let mut x = area.right().saturating_sub(u16::try_from(right_width).unwrap_or(area.width));
    for piece in right {
        let room = area.right().saturating_sub(x);
        x = canvas.put(Position::new(x, area.y), &piece.text, room, piece.style) + 2;
    }
}

/// While a change waits to be kept, nothing else matters as much.
fn draw_countdown(canvas: &mut Canvas<'_>, pending: &Pending) {
    let (app, area) = (canvas.app, canvas.layout.header);
    let seconds = app.seconds_left(pending);
    let (keep, revert) = (app.key_of(Action::Keep), app.key_of(Action::Revert));
    let keys = format!("{keep} keeps, {revert} reverts");
    let count = match seconds {
        0 => "Reverting".to_owned(),
        seconds => format!("Reverts in {seconds} s"),
    };
    let style = canvas.theme.alert();
    let line = " ".repeat(usize::from(area.width));
    canvas.buffer.set_stringn(area.x, area.y, line, usize::from(area.width), style);
    let x = canvas.put(Position::new(area.x + 1, area.y), &count, area.width - 1, style) + 2;
    let x = canvas.put(Position::new(x, area.y), &keys, area.right().saturating_sub(x), style) + 2;
    let room = area.right().saturating_sub(x);
    if room > 0 {
        canvas.put(Position::new(x, area.y), &pending.title, room, style);
    }
}

fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.text.width() + 2).sum()
}

fn facts(canvas: &Canvas<'_>) -> Vec<Piece> {
    let (app, theme) = (canvas.app, canvas.theme);
    let host = app.topology().host();
    let counts = app.counts();
    let piece = |text: String, style, rank| Piece { text, style, rank };
    let plural = |count: usize, one: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
    };
    if host.kernel.is_empty() {
        return vec![piece("macvlens".into(), theme.brand(), 0)];
    }
    let place = match &app.settings().lab {
        Some(lab) => format!("lab {}", lab.name),
        None => host.hostname.clone(),
    };
    let (support, support_rank) = match host.support.advice() {
        None => (Tone::Dim, 7),
        Some(_) => (Tone::Warning, 2),
    };
    let mut parents = plural(counts.parents, "parent");
    if counts.unseen_parents > 0 {
        parents = format!("{parents}, {} unseen", counts.unseen_parents);
    }
    let mut pieces = vec![
        piece("macvlens".into(), theme.brand(), 0),
        piece(canvas.glyphs.text(&place).into_owned(), theme.tone(Tone::Heading), 2),
        piece(format!("Linux {}", host.kernel), theme.dim(), 8),
        piece(host.support.label().into(), theme.tone(support), support_rank),
        piece(plural(counts.namespaces, "namespace"), Style::new(), 4),
        piece(parents, Style::new(), 5),
        piece(plural(counts.sub_interfaces, "sub-interface"), Style::new(), 3),
    ];
    let networks = app.topology().networks().len();
    if networks > 0 {
        pieces.push(piece(plural(networks, "network"), Style::new(), 6));
    }
    let warnings = app.warnings();
    if warnings > 0 {
        let count = if canvas.layout.header.width < 60 {
            warnings.to_string()
        } else {
            plural(warnings, "warning")
        };
        let text = format!("{} {count}", canvas.glyphs.warning);
        pieces.push(piece(text, theme.tone(Tone::Warning), 1));
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

fn state(canvas: &Canvas<'_>) -> Vec<Piece> {
    let (app, theme) = (canvas.app, canvas.theme);
    let (text, style) = match (app.lost(), app.paused(), app.ready()) {
        (Some(_), ..) => (" STOPPED ".into(), theme.alert()),
        (None, Some(count), _) => (format!(" PAUSED +{count} "), theme.alert()),
        (None, None, false) => ("reading".into(), theme.tone(Tone::Note)),
        (None, None, true) if app.is_applying() => (" APPLYING ".into(), theme.alert()),
        (None, None, true) => ("live".into(), theme.tone(Tone::Good)),
    };
    let piece = |text: String, style| Piece { text, style, rank: 0 };
    let (authority, style_of_authority) = match app.settings().authority {
        Authority::All => ("read-write", Style::new()),
        Authority::Own(_) => ("own namespace", Style::new()),
        Authority::None(_) | Authority::ReadOnly => ("read-only", theme.dim()),
    };
    let mut pieces = vec![piece(text, style), piece(authority.into(), style_of_authority)];
    if app.ready() && !app.topology().is_complete() {
        pieces.insert(0, piece("incomplete".into(), theme.tone(Tone::Warning)));
    }
    pieces
}
