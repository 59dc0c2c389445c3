//! What the screens over the trees say, as sheets of text. How they look is the business of `view`.

pub mod card;
pub mod details;
pub mod events;
pub mod help;
pub mod namespace;
pub mod network;
pub mod warnings;

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod tests;

use super::glyphs::Glyphs;

/// Things of a list that are worth a place in the details.
const LISTED: usize = 20;

/// What stands for the rest of a list that is longer, and where all of it is.
fn more(count: usize, glyphs: &Glyphs) -> Option<String> {
    let (mark, number) = (glyphs.ellipsis, in_groups(count as u64));
    (count > 0)
        .then(|| format!("{mark} {number} more (whole in JSON: macvlens show --output json)"))
}

/// A number with a comma before every three digits.
pub fn in_groups(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A screen over the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Everything known of the selected row.
    Details,
    /// The keys.
    Help,
    /// Findings and problems.
    Warnings,
    /// What happened.
    Events,
    /// Who reaches whom on a parent.
    Reach,
    /// The way of frames between two ends.
    Path,
    /// The card of a mode.
    Card,
    /// The modes, to choose a card.
    Modes,
    /// What passes an interface.
    Packets,
    /// All that is known of one packet.
    Packet,
    /// Whether to make a change.
    Confirm,
    /// What could not be done.
    Failed,
}

/// A screen that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Which one.
    pub screen: Screen,
    /// First line shown.
    pub scroll: usize,
    /// The selected entry, on a screen whose entries can be selected.
    pub cursor: usize,
}

impl Open {
    /// A screen at its beginning.
    pub fn new(screen: Screen) -> Self {
        Self { screen, scroll: 0, cursor: 0 }
    }

    /// Whether it takes only the room that it needs, and leaves the rest to the trees.
    pub fn is_panel(&self) -> bool {
        matches!(self.screen, Screen::Confirm | Screen::Failed)
    }

    /// Whether its entries can be selected.
    pub fn is_list(&self) -> bool {
        matches!(self.screen, Screen::Warnings | Screen::Modes)
    }
}
