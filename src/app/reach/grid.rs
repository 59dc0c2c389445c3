//! How the matrix fits on the screen: which rows and columns of it are shown, and how wide they are.
//! Shared by drawing and paging.

use std::ops::Range;

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use crate::app::App;
use crate::app::layout::layout;
use crate::app::screens::Screen;

/// Screens that are narrower show a list.
const NARROW: u16 = 60;
/// Fewer columns than these are no matrix.
const FEWEST: usize = 3;
/// Columns for a mode behind a row, with a gap.
pub const MODE: u16 = 9;
/// So many ends are measured; the names of more get the most that there is.
const MEASURED: usize = 50;
/// The most that the name of a row gets, and the least that one of a column does.
const ROW_NAME: usize = 30;
const COLUMN_NAME: usize = 10;

/// The part of the matrix on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Whether the pairs of one sender are listed instead, a receiver a line.
    pub is_list: bool,
    /// All of it, with a line of heads.
    pub area: Rect,
    /// The text below it.
    pub text: Rect,
    /// Width of a row's name.
    pub name: u16,
    /// Width of a column, the gap before it included.
    pub column: u16,
    /// Senders on the screen.
    pub rows: Range<usize>,
    /// Receivers on the screen.
    pub columns: Range<usize>,
}

impl App {
    /// How the matrix fits on the screen.
    pub fn grid(&self) -> Grid {
        self.grid_in(self.area)
    }

    /// How the matrix fits on a screen of this size.
    pub fn grid_in(&self, area: Rect) -> Grid {
        let Some(matrix) = self.matrix() else { return Grid::default() };
        let screen = layout(area).screen;
        let lines = self.sheet(Screen::Reach).lines(usize::from(screen.width)).len();
        let below = u16::try_from(lines).unwrap_or(screen.height).min(screen.height / 2);
        let (height, len) = (screen.height.saturating_sub(below + 1), matrix.ends.len());
        let text = Rect { y: screen.bottom().saturating_sub(below), height: below, ..screen };
        let topology = self.topology();
        let glyphs = self.glyphs();
        let widest = if len > MEASURED {
            ROW_NAME
        } else {
            let widths = matrix.ends.iter().map(|end| glyphs.text(&end.label(topology)).width());
            widths.max().unwrap_or(0)
        };
        let places = self.reach.places;
        let shown = usize::from(height.saturating_sub(1));
        let name = to_u16(widest.min(ROW_NAME)).min(screen.width / 3);
        let room = screen.width.saturating_sub(name + MODE);
        let whole = to_u16(widest + 2);
        // Names are cut where all columns then fit, but not to less than tells what they name.
        let equal = room / to_u16(len).max(1);
        let column = whole.min(equal.max(to_u16(COLUMN_NAME + 2)));
        let count = usize::from(room / column.max(1));
        let is_list = screen.width < NARROW || count < FEWEST.min(len);
        let (rows, columns) = if is_list {
            (places[0]..places[0] + 1, window(places[1], shown, len))
        } else {
            (window(places[0], shown, len), window(places[1], count, len))
        };
        Grid { is_list, area: Rect { height, ..screen }, text, name, column, rows, columns }
    }
}

impl Grid {
    /// The sender and the receiver at a place on the screen, of which `selected` are; a row's name keeps
    /// the receiver.
    pub(super) fn places_at(&self, at: Position, selected: [usize; 2]) -> Option<[usize; 2]> {
        let line = usize::from(at.y.checked_sub(self.area.y + 1)?);
        if !self.area.contains(at) {
            return None;
        }
        if self.is_list {
            return Some([self.rows.start, self.columns.clone().nth(line)?]);
        }
        let from = self.rows.clone().nth(line)?;
        let to = match (at.x - self.area.x).checked_sub(self.name) {
            None => selected[1],
            Some(x) => self.columns.clone().nth(usize::from(x / self.column.max(1)))?,
        };
        Some([from, to])
    }
}

/// So many of all that the selected one is in the middle, where there is more on both sides.
fn window(selected: usize, count: usize, len: usize) -> Range<usize> {
    let count = count.min(len);
    let first = selected.saturating_sub(count / 2).min(len - count);
    first..first + count
}

fn to_u16(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_selected_one_is_always_shown_and_no_room_is_left() {
        for len in 1..30 {
            for count in 1..12 {
                for selected in 0..len {
                    let shown = window(selected, count, len);
                    assert!(shown.contains(&selected) && shown.end <= len);
                    assert_eq!(shown.len(), count.min(len));
                }
            }
        }
    }
}
