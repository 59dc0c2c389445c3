//! Drawing: state in, screen out. One file a pane; nothing here changes state or knows a key.

mod details;
mod events;
mod footer;
mod form;
mod header;
mod lesson;
mod networks;
mod packets;
mod palette;
mod panel;
mod picker;
pub mod picture;
mod reach;
mod rows;
mod sheet;
pub mod theme;
mod too_small;
mod tree;

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod lesson_tests;
#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod packet_tests;
#[cfg(test)]
mod reach_tests;
#[cfg(test)]
mod tests;
mod text;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::layout::{Layout, too_small};
use crate::app::prompt::Prompt;
use crate::app::screens::{Open, Screen};
use crate::app::{App, glyphs::Glyphs};
use crate::model::text::shorten;

use theme::Theme;

/// What every pane is drawn with.
struct Canvas<'a> {
    app: &'a App,
    buffer: &'a mut Buffer,
    layout: Layout,
    theme: Theme,
    glyphs: &'static Glyphs,
}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, app: &App) {
    let area = frame.area();
    let mut canvas = Canvas {
        app,
        layout: app.layout_in(area),
        theme: Theme::new(app.settings().colors),
        glyphs: app.glyphs(),
        buffer: frame.buffer_mut(),
    };
    if too_small(area) {
        return too_small::draw(&mut canvas, area);
    }
    header::draw(&mut canvas);
    let mut cursor = None;
    match app.screen() {
        Some(Open { screen: Screen::Reach, .. }) => reach::draw(&mut canvas),
        Some(Open { screen: Screen::Packets, .. }) => packets::draw(&mut canvas),
        Some(open) if !open.is_panel() => sheet::draw_screen(&mut canvas, *open),
        open => {
            tree::draw(&mut canvas);
            details::draw(&mut canvas);
            events::draw(&mut canvas);
            match (open, app.form()) {
                (Some(open), _) => panel::draw(&mut canvas, *open),
                (None, Some(form)) => cursor = form::draw(&mut canvas, form),
                (None, None) => {}
            }
        }
    }
    lesson::draw(&mut canvas);
    match app.prompt() {
        None => footer::draw(&mut canvas),
        Some(prompt) => {
            match prompt {
                Prompt::Palette { input, choice } => {
                    palette::draw(&mut canvas, input.value(), *choice);
                }
                Prompt::Pick(picker) => picker::draw(&mut canvas, picker),
                Prompt::Filter { .. }
                | Prompt::Export { .. }
                | Prompt::Write { .. }
                | Prompt::Netns { .. }
                | Prompt::Address { .. } => {}
            }
            cursor = Some(footer::draw_prompt(&mut canvas, prompt));
        }
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

impl Canvas<'_> {
    /// Writes a text, cut to a width; gives the column behind it.
    fn put(&mut self, at: Position, text: &str, width: u16, style: ratatui::style::Style) -> u16 {
        let text = self.glyphs.text(text);
        let cut = text::cut(&text, usize::from(width), self.glyphs.ellipsis);
        self.buffer.set_stringn(at.x, at.y, cut, usize::from(width), style).0
    }

    /// Fills a line with a horizontal rule that carries a title, and at its right end a remark.
    fn titled_rule(&mut self, area: Rect, title: &str, remark: &str, focused: bool) {
        if area.is_empty() {
            return;
        }
        let rule = self.glyphs.horizontal.repeat(usize::from(area.width));
        self.buffer.set_stringn(area.x, area.y, rule, usize::from(area.width), self.theme.rule());
        if !title.is_empty() {
            let at = Position::new(area.x + 1, area.y);
            let taken = if remark.is_empty() { 3 } else { remark.width() + 5 };
            let room = usize::from(area.width).saturating_sub(taken);
            let title = self.glyphs.text(title);
            let title = shorten(&title, room.saturating_sub(2), self.glyphs.ellipsis);
            self.put(at, &format!(" {title} "), area.width, self.theme.title(focused));
        }
        if !remark.is_empty() {
            let width = u16::try_from(remark.width() + 2).unwrap_or(area.width);
            let at = Position::new(area.right().saturating_sub(width + 1).max(area.x), area.y);
            self.put(at, &format!(" {remark} "), width, self.theme.dim());
        }
    }
}
