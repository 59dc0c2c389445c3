//! Who reaches whom on one parent, as a screen: which pair is selected and what is assumed.
//!
//! Verdicts are not kept: they are computed from the topology for what is on the screen. Only what was
//! found on the wire is kept, in `trial`.

mod grid;
mod outside;
mod path;
mod remedy;
mod stacks;
mod text;
mod trial;

#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod stacks_tests;
#[cfg(test)]
mod switch_tests;
#[cfg(test)]
mod tests;

pub use grid::{Grid, MODE};
pub use text::{outcome, tone};
pub use trial::{Stage, Trials};

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use ratatui::layout::Position;

use super::App;
use super::action::Motion;
use super::event::Effect;
use super::screens::{Open, Screen};
use super::tree;
use crate::model::{Happening, Item, LinkKey};
use crate::reach::{Endpoint, Matrix, Switch, Verdict};

/// What is selected, assumed and known.
#[derive(Debug, Default)]
pub struct Reach {
    /// The parent of the matrix; `None` where only a path is asked for.
    parent: Option<LinkKey>,
    /// The selected pair: who begins, and with whom.
    pair: Option<[Endpoint; 2]>,
    /// Where in the matrix the two are, for when one of them goes.
    places: [usize; 2],
    assumed: Switch,
    trials: Trials,
    stacks: stacks::Asked,
    /// The address that was asked for last behind the wire of each parent.
    asked_last: BTreeMap<LinkKey, IpAddr>,
}

impl Reach {
    /// Whether no test is under way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.trials.is_idle()
    }

    /// Forgets what was found at links that something has happened to.
    pub(super) fn forget(&mut self, told: &[Happening], now: Duration) {
        self.trials.forget(told);
        self.stacks.forget(told, now);
    }

    /// How long until there is something to ask again.
    pub(super) fn next(&self, now: Duration) -> Option<Duration> {
        self.stacks.next(now)
    }
}

impl App {
    /// The selected pair: who begins, and with whom.
    pub fn reach_pair(&self) -> Option<[Endpoint; 2]> {
        self.reach.pair
    }

    /// What is known from the wire.
    pub fn trials(&self) -> &Trials {
        &self.reach.trials
    }

    /// The matrix of the parent.
    pub fn matrix(&self) -> Option<Matrix> {
        Some(Matrix::of(self.topology(), self.reach.parent?, self.reach.assumed))
    }

    /// The verdict on a pair under what is assumed, and after what its stacks said, if they did.
    fn verdict_on(&self, [from, to]: [Endpoint; 2]) -> Verdict {
        let stacks = self.reach.stacks.about([from, to]);
        Verdict::between(self.topology(), from, to, self.reach.assumed, stacks)
    }

    /// Whether the matrix or a path is open, possibly below something else.
    fn reach_is_open(&self) -> bool {
        self.screens.iter().any(|open| matches!(open.screen, Screen::Reach | Screen::Path))
    }

    /// Opens the matrix of what is selected, or the path between two marked rows.
    pub(super) fn open_reach(&mut self) {
        let opened = match self.marked()[..] {
            [] => self.open_matrix(),
            [from, to] => {
                self.reach.parent = None;
                self.reach.pair = Some([from, to].map(Endpoint::Link));
                self.screens.push(Open::new(Screen::Path));
                Ok(())
            }
            ref other => {
                Err(format!("mark two rows to see the way between them, not {}", other.len()))
            }
        };
        if let Err(why) = opened {
            self.tell(Err(why));
        }
    }

    fn open_matrix(&mut self) -> Result<(), String> {
        let topology = self.topology();
        let no_link =
            || self.why_no_link().unwrap_or_else(|| "select a parent, or a link on one".into());
        let selected = match self.tree.selected() {
            Some(Item::Link(key)) => topology.link(key).ok_or("the link is gone")?,
            Some(Item::Network(key)) => {
                let parent = topology.network(key).and_then(|view| view.parent);
                parent.and_then(|key| topology.link(key)).ok_or_else(no_link)?
            }
            _ => return Err(no_link()),
        };
        let parent = if selected.macvlan().is_some() {
            topology.parent_of(selected)
        } else {
            Some(selected)
        };
        let parent = parent.ok_or("its parent is out of sight, and with it who reaches whom")?.key;
        let matrix = Matrix::of(topology, parent, self.reach.assumed);
        let from = matrix.ends.iter().position(|end| *end == Endpoint::Link(selected.key));
        let from = from.filter(|_| selected.key != parent).unwrap_or(0);
        if matrix.ends.len() < 3 {
            return Err(format!("there is no macvlan on {}", topology.describe(parent)));
        }
        self.reach.parent = Some(parent);
        self.reach.places = [from, usize::from(from == 0)];
        self.reach.pair = None;
        self.screens.push(Open::new(Screen::Reach));
        Ok(())
    }

    /// Goes to another row of the matrix; in the list, to another receiver.
    pub(super) fn walk_reach(&mut self, motion: Motion) -> bool {
        let grid = self.grid();
        let (axis, page) =
            if grid.is_list { (1, grid.columns.len()) } else { (0, grid.rows.len()) };
        self.step_reach(axis, motion, page)
    }

    /// Goes to another column of the matrix; in the list, to another sender.
    pub(super) fn cross_reach(&mut self, forward: bool) {
        let motion = if forward { Motion::Down } else { Motion::Up };
        let axis = usize::from(!self.grid().is_list);
        self.step_reach(axis, motion, 1);
    }

    fn step_reach(&mut self, axis: usize, motion: Motion, page: usize) -> bool {
        let Some(matrix) = self.matrix().filter(|_| self.is_matrix_on_top()) else { return false };
        let before = self.reach.places;
        self.reach.places[axis] = tree::step(before[axis], motion, page, matrix.ends.len());
        self.reach.pair = None;
        self.find_pair(&matrix);
        self.reach.places != before
    }

    /// Selects the pair at a place on the screen.
    pub(super) fn press_cell(&mut self, at: Position) {
        let Some(matrix) = self.matrix() else { return };
        if let Some(places) = self.grid().places_at(at, self.reach.places) {
            self.reach.places = places;
            self.reach.pair = None;
            self.find_pair(&matrix);
            self.dirty = true;
        }
    }

    fn is_matrix_on_top(&self) -> bool {
        self.screens.last().is_some_and(|open| open.screen == Screen::Reach)
    }

    /// Puts the selection where its two ends are now; an end that is gone gives way to what is there.
    fn find_pair(&mut self, matrix: &Matrix) {
        let last = matrix.ends.len().saturating_sub(1);
        for axis in 0..2 {
            let end = self.reach.pair.map(|pair| pair[axis]);
            let found = matrix.ends.iter().position(|known| Some(*known) == end);
            self.reach.places[axis] = found.unwrap_or(self.reach.places[axis].min(last));
        }
        self.reach.pair = Some(self.reach.places.map(|place| matrix.ends[place]));
    }

    /// Opens the way between the selected two, or closes it.
    pub(super) fn open_path(&mut self) {
        match self.reach.pair.filter(|_| self.reach_is_open()) {
            Some(_) => self.open(Screen::Path),
            None => self.tell(Err(self.why_no_pair())),
        }
    }

    /// Assumes the other kind of switch, where it is out of sight; asks whether to make a bridge of this
    /// host the other kind.
    pub(super) fn flip_switch(&mut self) {
        let end = self.reach.pair.map(|[from, _]| from).or(self.reach.parent.map(Endpoint::Link));
        if let Some(port) = end.and_then(|end| self.port_behind(end)) {
            let asked = self.is_free().and_then(|()| self.propose_hairpin(port));
            return asked.unwrap_or_else(|why| self.tell(Err(why)));
        }
        self.reach.assumed = match self.reach.assumed {
            Switch::Normal => Switch::Reflective,
            Switch::Reflective => Switch::Normal,
        };
    }

    /// Keeps the selection on what there is, and the tests going while somebody looks.
    pub(super) fn settle_reach(&mut self, effects: &mut Vec<Effect>) {
        if !self.reach_is_open() {
            self.reach.trials.stop();
            return self.ask_stacks(effects);
        }
        match (self.reach.parent, self.matrix()) {
            (Some(parent), Some(matrix)) if self.topology().link(parent).is_some() => {
                self.find_pair(&matrix);
            }
            (Some(_), _) => {
                let gone = |open: &Open| matches!(open.screen, Screen::Reach | Screen::Path);
                self.screens.retain(|open| !gone(open));
                self.tell(Err("the parent is gone".into()));
            }
            (None, _) => {}
        }
        self.ask_stacks(effects);
        self.next_trial(effects);
    }
}
