//! Mode cards: what each macvlan mode does, as claims that can be checked, and what it is good for.
//!
//! The table and the figures of a card are made from its claims alone, and a test compares every
//! claim with what `reach` finds in a host that is built for it. Nothing here knows a screen.

mod command;
mod figure;
mod modes;
mod table;

#[cfg(test)]
mod tests;

pub use command::{Command, Subject, commands};
pub use figure::{Fate, HEIGHT, Motion, WIDTH, figure};
pub use modes::CARDS;
pub use table::{legend, table};

use crate::model::Mode;
use crate::reach::Switch;

/// All that is to be said of a mode.
#[derive(Debug)]
pub struct Card {
    /// The mode.
    pub mode: Mode,
    /// Who gets frames of whom.
    pub claims: &'static [Claim],
    /// Which frames the figures show.
    pub motion: Motion,
    /// What the figures show, as a sentence.
    pub caption: &'static str,
    /// What it costs.
    pub cost: &'static str,
    /// What it takes.
    pub needs: &'static str,
    /// What it is used for.
    pub used_for: &'static str,
}

/// What passes between an interface of the card's mode and another end of the same parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The other end.
    pub other: Other,
    /// With an ordinary switch outside: to the other, and from it.
    pub off: [Passes; 2],
    /// With one that sends frames back: to the other, and from it.
    pub on: [Passes; 2],
}

impl Claim {
    /// To the other, and from it, under such a switch.
    pub fn under(&self, switch: Switch) -> [Passes; 2] {
        match switch {
            Switch::Normal => self.off,
            Switch::Reflective => self.on,
        }
    }
}

/// Another end on the same parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// A sub-interface in this mode.
    Sibling(Mode),
    /// The parent's own stack.
    Host,
    /// A machine behind the switch.
    Outside,
}

/// Which frames pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// None.
    Nothing,
    /// Those to the receiver's own MAC, but no broadcasts.
    NoArp,
    /// All.
    All,
    /// All of senders that the receiver lists, and none of others.
    Listed,
}

impl Card {
    /// The card of a mode; `None` of one that this program does not know.
    pub fn of(mode: Mode) -> Option<&'static Self> {
        CARDS.iter().find(|card| card.mode == mode)
    }
}

/// The signs of cards as terminals without Unicode can show them, a column for a column.
pub fn ascii(text: &str) -> String {
    let spelled = |c| match c {
        '┌' | '┐' | '└' | '┘' | '┬' | '┼' | '✓' => '+',
        '─' => '-',
        '│' => '|',
        '▲' => '^',
        '▼' => 'v',
        '✗' => 'X',
        other => other,
    };
    text.chars().map(spelled).collect()
}
