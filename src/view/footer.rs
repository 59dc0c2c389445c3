//! The line at the bottom: a notice, what is being typed, or the keys that matter here.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use tui_input::Input;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Canvas, panel};
use crate::app::Notice;
use crate::app::prompt::Prompt;
use crate::app::sheet::{Sheet, Tone};

/// Lines that a notice takes at most.
const MOST: u16 = 8;

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    match canvas.app.notice() {
        Some(notice) => draw_notice(canvas, notice),
        None => draw_hints(canvas, canvas.layout.footer.x + 1, &canvas.app.hints()),
    }
}

/// A notice that is longer than the line covers as many above it as it takes, for it may be the only
/// place where a refusal says what would work.
fn draw_notice(canvas: &mut Canvas<'_>, notice: &Notice) {
    draw_above(canvas, canvas.layout.footer.bottom(), &notice.text, notice.tone);
}

/// Covers the lines that a text takes above one.
fn draw_above(canvas: &mut Canvas<'_>, below: u16, text: &str, tone: Tone) {
    let footer = canvas.layout.footer;
    let mut sheet = Sheet::default();
    sheet.toned("", canvas.glyphs.text(text), tone);
    let lines = sheet.lines(usize::from(footer.width.saturating_sub(2)));
    let height = u16::try_from(lines.len()).unwrap_or(MOST).min(MOST);
    let area = Rect { y: below.saturating_sub(height), height, ..footer };
    panel::blank(canvas, area);
    for (row, line) in area.rows().zip(&lines) {
        let style = canvas.theme.tone(line.tone);
        canvas.put(Position::new(row.x + 1, row.y), line.text, row.width - 1, style);
    }
}

/// As many hints as fit; the last two, help and quit, before all others.
fn draw_hints(canvas: &mut Canvas<'_>, start: u16, hints: &[(String, &str)]) {
    let area = canvas.layout.footer;
    let width = |(key, word): &(String, &str)| key.width() + 1 + word.width() + 2;
    let (others, last) = hints.split_at(hints.len().saturating_sub(2));
    let taken: usize = last.iter().map(width).sum();
    let mut room = usize::from(area.right().saturating_sub(start)).saturating_sub(taken);
    let mut shown = Vec::new();
    for hint in others {
        let Some(left) = room.checked_sub(width(hint)) else { break };
        room = left;
        shown.push(hint);
    }
    shown.extend(last);
    let mut x = start;
    for (key, word) in shown {
        let room = area.right().saturating_sub(x);
        x = canvas.put(Position::new(x, area.y), key, room, canvas.theme.key()) + 1;
        let room = area.right().saturating_sub(x);
        x = canvas.put(Position::new(x, area.y), word, room, canvas.theme.dim()) + 2;
    }
}

/// Draws what is being typed and tells where its cursor is. What is said of it stands behind it, or where
/// there is no room above.
pub(super) fn draw_prompt(canvas: &mut Canvas<'_>, prompt: &Prompt) -> Position {
    let area = canvas.layout.footer;
    let at = Position::new(area.x + 1, area.y);
    let x = canvas.put(at, &label(canvas, prompt), area.width - 1, canvas.theme.key());
    let room = area.right().saturating_sub(x + 1);
    let text_room = room.min(room / 2 + 20);
    let end = draw_input(canvas, Position::new(x, area.y), prompt.input(), text_room);
    let at = Position::new(x + text_width(prompt.input(), text_room) + 2, area.y);
    let room = area.right().saturating_sub(at.x);
    let (said, tone) = remark(canvas, prompt);
    let x = if canvas.glyphs.text(&said).width() < usize::from(room) {
        canvas.put(at, &said, room, canvas.theme.tone(tone))
    } else {
        draw_above(canvas, area.y, &said, tone);
        at.x
    };
    let hints = canvas.app.hints();
    let width: usize = hints.iter().map(|(key, word)| key.width() + word.width() + 3).sum();
    let start = area.right().saturating_sub(u16::try_from(width).unwrap_or(area.width));
    if start > x + 2 {
        draw_hints(canvas, start, &hints);
    }
    end
}

fn label(canvas: &Canvas<'_>, prompt: &Prompt) -> String {
    match prompt {
        Prompt::Filter { .. } => "/".into(),
        Prompt::Palette { .. } => ":".into(),
        Prompt::Export { format, .. } => format!("export {} to ", format.name()),
        Prompt::Write { .. } => "write packets to ".into(),
        Prompt::Pick(_) => "choose ".into(),
        Prompt::Netns { .. } => "name of the new namespace ".into(),
        Prompt::Address { parent, .. } => {
            let parent = canvas.app.topology().link(*parent);
            let name = parent.map(|link| link.name.to_string()).unwrap_or_default();
            format!("ask outside {name} for ")
        }
    }
}

/// What is said of what is typed: how much it finds, why it would be refused, what is expected.
fn remark(canvas: &Canvas<'_>, prompt: &Prompt) -> (String, Tone) {
    let expected = match prompt {
        Prompt::Filter { .. } => found(canvas),
        Prompt::Netns { refusal: Some(why), .. } | Prompt::Address { refusal: Some(why), .. } => {
            return (why.clone(), Tone::Warning);
        }
        Prompt::Address { input, proposal, .. } if input.value().is_empty() => {
            let such = proposal.map(|address| format!(", such as {address} (Enter)"));
            format!("address of a host there{}", such.unwrap_or_default())
        }
        _ => String::new(),
    };
    (expected, Tone::Dim)
}

fn text_width(input: &Input, room: u16) -> u16 {
    u16::try_from(input.value().width()).unwrap_or(room).min(room)
}

pub(super) fn draw_input(
    canvas: &mut Canvas<'_>,
    at: Position,
    input: &Input,
    room: u16,
) -> Position {
    let scroll = input.visual_scroll(usize::from(room));
    let mut skipped = 0;
    let shown: String = input
        .value()
        .chars()
        .skip_while(|c| {
            let hidden = skipped < scroll;
            skipped += c.width().unwrap_or(0);
            hidden
        })
        .collect();
    let shown = if shown.is_ascii() { shown } else { as_typed(canvas, &shown) };
    canvas.buffer.set_stringn(at.x, at.y, shown, usize::from(room), Style::new());
    let cursor = input.visual_cursor().saturating_sub(scroll);
    Position::new(at.x + u16::try_from(cursor).unwrap_or(room).min(room), at.y)
}

/// What was typed, in the columns that the cursor counts: `?` stands for what can't be shown.
fn as_typed(canvas: &Canvas<'_>, typed: &str) -> String {
    let mut shown = String::new();
    for c in typed.chars() {
        if canvas.glyphs.text(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8() {
            shown.extend(std::iter::repeat_n('?', c.width().unwrap_or(0)));
        } else {
            shown.push(c);
        }
    }
    shown
}

fn found(canvas: &Canvas<'_>) -> String {
    let (count, what) = match canvas.app.packets() {
        Some(packets) => (packets.window(0).entries.len(), "packet"),
        None => (canvas.app.tree().rows().len(), "row"),
    };
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}
