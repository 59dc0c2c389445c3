//! Where things are on the screen. Shared by the mouse, by paging and by drawing, so that all three
//! agree.

use ratatui::layout::Rect;

use super::screens::Screen;
use super::{App, form};

/// Smallest screen that shows more than a sentence.
pub const SMALLEST: (u16, u16) = (40, 10);

/// The answers to a question.
pub const ANSWERS: [&str; 2] = ["Cancel", "Apply"];

/// Columns in which a tree shows all that it has but the state, and the least that details need.
const TREE: u16 = 80;
const DETAILS: u16 = 40;
/// Columns of a screen that has room for a lesson beside the tree.
const TREE_AND_LESSON: u16 = 110;
/// Columns and rows of one that has room for it below.
const LESSON_BELOW: (u16, u16) = (60, 20);
/// Columns in which a tree has room for traffic beside addresses.
const TREE_WITH_TRAFFIC: u16 = 110;

/// Places of the panes; a pane that has no room is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The line at the top.
    pub header: Rect,
    /// Title line of the tree.
    pub title: Rect,
    /// Column heads of the tree.
    pub heads: Rect,
    /// Rows of the tree.
    pub rows: Rect,
    /// Whether the rows are wide enough for a column of traffic.
    pub traffic: bool,
    /// Title line of the details pane.
    pub details_title: Rect,
    /// The rule left of the details pane.
    pub rule: Rect,
    /// The details.
    pub details: Rect,
    /// The rule above the events.
    pub events_rule: Rect,
    /// The last events.
    pub events: Rect,
    /// Title line of a screen over everything.
    pub screen_title: Rect,
    /// A screen over everything but header and footer.
    pub screen: Rect,
    /// The answers below a question.
    pub answers: Rect,
    /// Everything between header and footer that the lesson leaves.
    pub body: Rect,
    /// The line at the bottom.
    pub footer: Rect,
    /// Title line of the lesson.
    pub lesson_title: Rect,
    /// The lesson.
    pub lesson: Rect,
    /// The rule left of the lesson.
    pub lesson_rule: Rect,
    /// Whether the lesson hides all else.
    pub lesson_covers: bool,
}

impl Layout {
    /// Places of the [`ANSWERS`] with their brackets, at the right end of the last line below a
    /// question.
    pub fn answer_places(&self) -> [Rect; 2] {
        let line = self.answers.rows().next_back().unwrap_or_default();
        let mut end = line.right();
        let mut places = ANSWERS.map(|word| {
            let width = u16::try_from(word.len()).unwrap_or(0) + 4;
            Rect { width, ..line }
        });
        for place in places.iter_mut().rev() {
            end = end.saturating_sub(place.width + 2);
            place.x = end;
        }
        places.map(|place| line.intersection(place))
    }

    /// Makes room at the bottom, over the panes, for a screen of so many lines and what stands
    /// below them.
    #[must_use]
    pub(super) fn with_panel(mut self, lines: usize, below: u16) -> Self {
        let all = self.screen_title.height + self.screen.height;
        let lines = u16::try_from(lines).unwrap_or(all);
        let height = lines.saturating_add(below).saturating_add(1).min(all);
        let top = self.body.bottom().saturating_sub(height);
        self.screen_title.y = top.max(self.screen_title.y);
        let below = below.min(height.saturating_sub(2));
        self.screen.y = self.screen_title.y + self.screen_title.height;
        self.screen.height = height.saturating_sub(1 + below);
        self.answers = Rect { y: self.screen.bottom(), height: below, ..self.screen };
        for pane in [
            &mut self.rows,
            &mut self.details,
            &mut self.rule,
            &mut self.events_rule,
            &mut self.events,
        ] {
            pane.height = pane.height.min(top.saturating_sub(pane.y));
        }
        self
    }
}

impl App {
    /// Where things are on the screen.
    pub fn layout(&self) -> Layout {
        self.layout_in(self.area)
    }

    /// Where things are on a screen of this size.
    pub fn layout_in(&self, area: Rect) -> Layout {
        let layout = self.places(area);
        match (self.screens.last().copied(), &self.form) {
            (Some(open), _) if open.is_panel() => {
                let sheet = self.sheet(open.screen);
                let lines = sheet.lines(usize::from(layout.screen.width)).len();
                let answers = if open.screen == Screen::Confirm { 2 } else { 0 };
                layout.with_panel(lines, answers)
            }
            (None, Some(form)) => layout.with_panel(form.shown().len(), form::BELOW),
            _ => layout,
        }
    }

    /// Where things are on a screen of this size as long as no panel lies over them.
    pub(super) fn places(&self, area: Rect) -> Layout {
        if self.shows_lesson() { layout_with_lesson(area) } else { layout(area) }
    }
}

/// Whether the screen is too small for anything.
pub fn too_small(area: Rect) -> bool {
    area.width < SMALLEST.0 || area.height < SMALLEST.1
}

/// Divides a screen with a lesson. Wide ones have it at the side, high ones below all else; on small
/// ones it hides the rest until it is put away.
fn layout_with_lesson(area: Rect) -> Layout {
    if too_small(area) {
        return Layout::default();
    }
    let mut rest = area;
    let (_, body) = cut_top(area, 1);
    let (mut pane, _) = cut_bottom(body, 1);
    let beside = area.width >= TREE_AND_LESSON;
    let below = !beside && area.width >= LESSON_BELOW.0 && area.height >= LESSON_BELOW.1;
    if beside {
        pane.width = (area.width * 3 / 8).min(60);
        rest.width -= pane.width;
        pane.x = rest.right();
    } else if below {
        pane.height = area.height * 9 / 20;
        rest.height -= pane.height;
        pane.y = rest.bottom() - 1;
    }
    let mut layout = layout(rest);
    layout.header.width = area.width;
    layout.footer = Rect { y: area.bottom() - 1, width: area.width, ..layout.footer };
    (layout.lesson_title, layout.lesson) = cut_top(pane, 1);
    if beside {
        layout.lesson_rule = Rect { width: 1, ..layout.lesson };
        layout.lesson = inset(layout.lesson, 1, 0);
    }
    layout.lesson = inset(layout.lesson, 1, 1);
    layout.lesson_covers = !beside && !below;
    layout
}

/// Divides the screen. Wide ones have the details at the side, high ones below, others none.
pub fn layout(area: Rect) -> Layout {
    if too_small(area) {
        return Layout::default();
    }
    let (header, rest) = cut_top(area, 1);
    let (body, footer) = cut_bottom(rest, 1);
    let (screen_title, screen) = cut_top(body, 1);
    let screen = inset(screen, 1, 1);
    let (main, strip) = cut_bottom(body, strip_height(area.height));
    let (events_rule, events) = cut_top(strip, 1);
    let mut layout = Layout {
        header,
        events_rule,
        events,
        screen_title,
        screen,
        body,
        footer,
        ..Layout::default()
    };
    let mut tree = main;
    if area.width >= TREE + DETAILS {
        let width = (area.width - TREE).min(72);
        let left = Rect { width: main.width - width, ..main };
        let right = Rect { x: left.right(), width, ..main };
        tree = left;
        (layout.details_title, layout.details) = cut_top(right, 1);
        layout.rule = Rect { width: 1, ..layout.details };
        layout.details = inset(layout.details, 2, 1);
    } else if area.height >= 20 {
        let (above, below) = cut_bottom(main, area.height / 3);
        tree = above;
        (layout.details_title, layout.details) = cut_top(below, 1);
        layout.details = inset(layout.details, 1, 1);
    }
    (layout.title, tree) = cut_top(tree, 1);
    (layout.heads, layout.rows) = cut_top(tree, u16::from(area.height >= 14));
    layout.traffic = tree.width >= TREE_WITH_TRAFFIC;
    layout
}

/// The events with the rule above them: nothing on low screens, one line, or three.
fn strip_height(height: u16) -> u16 {
    match height {
        0..16 => 0,
        16..36 => 2,
        _ => 4,
    }
}

fn cut_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let top = Rect { height, ..area };
    (top, Rect { y: area.y + height, height: area.height - height, ..area })
}

fn cut_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let top = Rect { height: area.height - height, ..area };
    (top, Rect { y: top.bottom(), height, ..area })
}

fn inset(area: Rect, left: u16, right: u16) -> Rect {
    Rect { x: area.x + left, width: area.width.saturating_sub(left + right), ..area }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_stay_on_the_screen_at_any_size() {
        for width in 0..200 {
            for height in 0..60 {
                let area = Rect::new(0, 0, width, height);
                let l = layout(area);
                for pane in [l.header, l.rows, l.details, l.events, l.screen, l.footer, l.rule] {
                    assert_eq!(area.intersection(pane), pane, "{width}x{height}");
                }
                if !too_small(area) {
                    assert!(l.rows.height >= 3, "{width}x{height} {l:?}");
                }
            }
        }
    }
}
