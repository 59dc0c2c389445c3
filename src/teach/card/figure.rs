//! The way of frames in one mode, drawn: interfaces above, the parent below them, the switch below that.
//!
//! ```text
//! ┌ this ────┐ ┌ sibling ┐ ┌ host ───┐
//! │   vepa   │ │  vepa   │ │own stack│
//! └─┬──┬──┬──┘ └─────────┘ └─────────┘
//!   │  │  │
//! ```

use super::{Card, Other, Passes};
use crate::reach::Switch;

/// Columns of a figure.
pub const WIDTH: usize = 36;
/// Lines of a figure.
pub const HEIGHT: usize = 13;

/// Whether a card's figures show what its interface sends or what it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// A broadcast that it sends.
    Sends,
    /// Frames to it.
    Receives,
}

/// What becomes of a frame in a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It turns round in the parent and arrives.
    Direct,
    /// It arrives through the switch.
    Arrives,
    /// The switch drops it.
    AtSwitch,
    /// It comes back from the switch, and the parent gives it to nobody.
    AtParent,
    /// It comes in through the wire, and arrives if its sender is listed.
    Listed,
}

/// The first column of each box above, and its width.
const BOXES: [(usize, usize); 3] = [(0, 12), (13, 11), (25, 11)];
/// Lines: the boxes' lower edge, the inside of the parent, and the wire's end.
const EDGE: usize = 2;
const PARENT: usize = 5;
const END: usize = 12;

/// Where a frame goes: its column at this interface, that at the other one, and the line of the
/// switch in which it turns.
struct Lane {
    this: usize,
    other: usize,
    turn: usize,
}

impl Card {
    /// The ends that a figure shows, with the fate of the frame between them and this interface.
    pub fn fates(&self, switch: Switch) -> Vec<(Other, Fate)> {
        let shown = |other: Other| match other {
            Other::Sibling(mode) => mode == self.mode,
            Other::Host | Other::Outside => true,
        };
        let claims = self.claims.iter().filter(|claim| shown(claim.other));
        let way = usize::from(self.motion == Motion::Receives);
        claims
            .map(|claim| {
                let is_direct = claim.off[way] == Passes::All && claim.other != Other::Outside;
                let fate = match (claim.under(switch)[way], switch) {
                    (Passes::All, _) if is_direct => Fate::Direct,
                    (Passes::All, _) => Fate::Arrives,
                    (Passes::Listed, _) => Fate::Listed,
                    (Passes::Nothing | Passes::NoArp, Switch::Normal) => Fate::AtSwitch,
                    (Passes::Nothing | Passes::NoArp, Switch::Reflective) => Fate::AtParent,
                };
                (claim.other, fate)
            })
            .collect()
    }
}

/// The figure of a card under such a switch: [`HEIGHT`] lines of at most [`WIDTH`] columns.
pub fn figure(card: &Card, switch: Switch) -> Vec<String> {
    let fates = card.fates(switch);
    let mut canvas = Canvas::new();
    for (at, (title, words)) in
        [("this", card.mode.name()), ("sibling", card.mode.name()), ("host", "own stack")]
            .into_iter()
            .enumerate()
    {
        let is_missing = at == 1 && !fates.iter().any(|(other, _)| is_sibling(*other));
        if !is_missing {
            let (x, width) = BOXES[at];
            canvas.frame(x, 0, width, EDGE);
            canvas.text(x + 1, 0, &format!(" {title} "));
            canvas.text(x + 1 + (width - 2 - words.len()) / 2, 1, words);
        }
    }
    canvas.frame(0, PARENT - 1, WIDTH, PARENT + 1);
    canvas.text(20, PARENT, "parent");
    canvas.frame(0, PARENT + 3, WIDTH, END - 1);
    canvas.text(20, PARENT + 4, "switch");
    canvas.text(4, END, "outside");
    for (other, fate) in fates {
        canvas.draw(other, fate, card.motion);
    }
    canvas.lines()
}

fn is_sibling(other: Other) -> bool {
    matches!(other, Other::Sibling(_))
}

/// Characters by line and column.
struct Canvas([[char; WIDTH]; HEIGHT]);

impl Canvas {
    fn new() -> Self {
        Self([[' '; WIDTH]; HEIGHT])
    }

    fn lines(&self) -> Vec<String> {
        self.0.iter().map(|line| line.iter().collect::<String>().trim_end().to_owned()).collect()
    }

    fn text(&mut self, x: usize, y: usize, text: &str) {
        for (cell, c) in self.0[y][x..].iter_mut().zip(text.chars()) {
            *cell = c;
        }
    }

    /// A box from one line to another.
    fn frame(&mut self, x: usize, top: usize, width: usize, bottom: usize) {
        let rule = "─".repeat(width - 2);
        self.text(x, top, &format!("┌{rule}┐"));
        self.text(x, bottom, &format!("└{rule}┘"));
        for line in &mut self.0[top + 1..bottom] {
            line[x] = '│';
            line[x + width - 1] = '│';
        }
    }

    /// A line down a column, through the edges of boxes.
    fn column(&mut self, x: usize, lines: std::ops::Range<usize>) {
        for line in &mut self.0[lines] {
            line[x] = if line[x] == '─' { '┼' } else { '│' };
        }
    }

    /// A line down one column, along a line, and up the other.
    fn turn(&mut self, from: usize, to: usize, y: usize) {
        let (left, right) = (from.min(to), from.max(to));
        let rule = "─".repeat(right - left - 1);
        self.text(left, y, &format!("└{rule}┘"));
    }

    /// The way of a frame, with a head where it arrives or a sign where it does not.
    fn draw(&mut self, other: Other, fate: Fate, motion: Motion) {
        let lane = Lane::of(other);
        let (from, to) = match motion {
            Motion::Sends => (lane.this, lane.other),
            Motion::Receives => (lane.other, lane.this),
        };
        let arrives = matches!(fate, Fate::Direct | Fate::Arrives | Fate::Listed);
        if other == Other::Outside {
            self.column(lane.this, EDGE + 1..END);
            let (top, bottom) = match motion {
                Motion::Sends => ('┬', '▼'),
                Motion::Receives => ('▲', '│'),
            };
            self.0[EDGE][lane.this] = top;
            self.0[END][lane.this] = bottom;
            if fate == Fate::Listed {
                self.0[PARENT][lane.this] = '?';
            }
            return;
        }
        self.0[EDGE][from] = '┬';
        if arrives {
            self.0[EDGE][to] = '▲';
        }
        let turn = if fate == Fate::Direct { PARENT } else { lane.turn };
        self.column(from, EDGE + 1..turn);
        match fate {
            Fate::AtSwitch => self.0[turn][from] = '✗',
            Fate::Direct | Fate::Arrives | Fate::Listed => self.column(to, EDGE + 1..turn),
            Fate::AtParent => self.column(to, PARENT + 1..turn),
        }
        if fate != Fate::AtSwitch {
            self.turn(from, to, turn);
        }
        match fate {
            Fate::AtParent => self.0[PARENT][to] = '✗',
            Fate::Listed => self.0[PARENT][to] = '?',
            Fate::Direct | Fate::Arrives | Fate::AtSwitch => {}
        }
    }
}

impl Lane {
    fn of(other: Other) -> Self {
        match other {
            Other::Sibling(_) => Self { this: 8, other: 18, turn: PARENT + 4 },
            Other::Host => Self { this: 5, other: 30, turn: PARENT + 5 },
            Other::Outside => Self { this: 2, other: 2, turn: END },
        }
    }
}
