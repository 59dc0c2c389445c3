//! The tree on the screen: which rows there are, which are closed, which one is selected.
//!
//! The selection is a thing, not a row number: it stays on that thing while rows come and go. Rows
//! are made anew only when something that they are made of changed.

use std::collections::{HashMap, HashSet};

use unicode_width::UnicodeWidthStr;

use crate::model::forest::{Grouping, Selection, forest};
use crate::model::{Item, Link, NetnsId, Node, Topology};

use super::action::Motion;
use super::glyphs::Glyphs;
use super::kin::kin;
use super::screens::network;

/// The name of a parent that is out of sight.
pub const UNSEEN: &str = "? parent unseen";

/// A visible row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub item: Item,
    /// How many rows it hangs below.
    pub depth: u16,
    /// Bit N is set when the row's ancestor at depth N, or the row itself, is the last child.
    pub lasts: u32,
    /// How many children it has, shown or not.
    pub children: usize,
    /// Whether its children are shown.
    pub open: bool,
}

/// Columns that the widest of each kind of text would like to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Widths {
    /// Names of links, with what leads to them.
    pub name: usize,
    /// Namespaces; in the tree by namespace an arrow and the parent.
    pub place: usize,
    /// Macvlan modes with their flags.
    pub mode: usize,
    /// First addresses, with a sign that there are more.
    pub address: usize,
}

/// The tree with its selection.
#[derive(Debug, Default)]
pub struct Tree {
    /// What the tree is made of.
    pub selection: Selection,
    closed: HashSet<Item>,
    rows: Vec<Row>,
    selected: Option<Item>,
    /// What is selected because this tree lacks the second thing.
    stand_in: Option<(Item, Item)>,
    cursor: usize,
    offset: usize,
    height: usize,
    widths: Widths,
}

impl Tree {
    /// All rows that are not inside a closed one.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The selected thing.
    pub fn selected(&self) -> Option<Item> {
        self.selected
    }

    /// The selected row's number.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Number of the first row on the screen.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What the columns would like to have.
    pub fn widths(&self) -> Widths {
        self.widths
    }

    /// The rows on the screen.
    pub fn visible(&self) -> &[Row] {
        let end = (self.offset + self.height).min(self.rows.len());
        &self.rows[self.offset.min(end)..end]
    }

    /// Tells how many rows fit on the screen.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        self.follow();
    }

    /// Makes the rows anew. A selection that is gone moves to the nearest row that is left.
    pub fn rebuild(&mut self, topology: &Topology, glyphs: &Glyphs) {
        let nodes = forest(topology, &self.selection);
        self.fill(topology, &nodes, glyphs);
    }

    fn fill(&mut self, topology: &Topology, nodes: &[Node], glyphs: &Glyphs) {
        self.forget_closed(topology, nodes);
        let old = std::mem::take(&mut self.rows);
        self.flatten(nodes, 0, 0);
        self.measure(topology, glyphs);
        let places: HashMap<Item, usize> =
            self.rows.iter().enumerate().map(|(place, row)| (row.item, place)).collect();
        let at = |item: &Item| places.get(item).copied();
        self.cursor = self.selected.as_ref().and_then(at).unwrap_or_else(|| {
            let (before, after) = old.split_at(self.cursor.min(old.len()));
            let nearest = after.iter().chain(before.iter().rev()).find_map(|row| at(&row.item));
            nearest.unwrap_or(0)
        });
        self.selected = self.rows.get(self.cursor).map(|row| row.item);
        self.follow();
    }

    /// Goes to the next of the trees and makes its rows. The selection stays on its thing, opened to if need be; a thing
    /// that the tree does not have gives way to something that belongs to it, until a tree comes
    /// that has it.
    pub fn next_grouping(&mut self, topology: &Topology, glyphs: &Glyphs) {
        self.selection.grouping = match self.selection.grouping {
            Grouping::Parent => Grouping::Namespace,
            Grouping::Namespace => Grouping::Network,
            Grouping::Network => Grouping::Parent,
        };
        let nodes = forest(topology, &self.selection);
        if let Some(selected) = self.selected {
            self.stand_in_for(topology, &nodes, selected);
        }
        self.fill(topology, &nodes, glyphs);
    }

    fn stand_in_for(&mut self, topology: &Topology, nodes: &[Node], selected: Item) {
        let stands_for = self.stand_in.filter(|(stand_in, _)| *stand_in == selected);
        let wanted = stands_for.map_or(selected, |(_, wanted)| wanted);
        let mut there = HashSet::new();
        collect(nodes, &mut there);
        let mut found = std::iter::once(wanted).chain(kin(topology, wanted));
        if let Some(found) = found.find(|item| there.contains(item)) {
            self.stand_in = Some((found, wanted));
            self.select_among(nodes, found);
        }
    }

    /// Goes to the tree that has things of this kind.
    pub fn go_to_tree_of(&mut self, topology: &Topology, item: Item) {
        let is_macvlan = |key| topology.link(key).is_some_and(|link| link.macvlan().is_some());
        self.selection.grouping = match item {
            Item::Netns(_) => Grouping::Namespace,
            Item::UnseenParent { .. } => Grouping::Parent,
            Item::Network(_) | Item::Member(_) | Item::Unattached => Grouping::Network,
            Item::Link(key) if self.selection.grouping == Grouping::Network && !is_macvlan(key) => {
                Grouping::Parent
            }
            Item::Link(_) => self.selection.grouping,
        };
    }

    /// Selects a thing if the tree has it, opening what it is in. Rows must be rebuilt after it.
    pub fn select(&mut self, topology: &Topology, wanted: Item) -> bool {
        self.stand_in = None;
        self.select_among(&forest(topology, &self.selection), wanted)
    }

    fn select_among(&mut self, nodes: &[Node], wanted: Item) -> bool {
        let Some(path) = path_to(nodes, wanted) else { return false };
        self.selected = Some(wanted);
        self.open_all(path.split_last().map_or(&[], |(_, above)| above));
        true
    }

    /// Selects a row by its number; tells whether the selection moved.
    pub fn go_to(&mut self, row: usize) -> bool {
        let row = row.min(self.rows.len().saturating_sub(1));
        let before = (self.cursor, self.offset);
        self.cursor = row;
        let selected = self.rows.get(row).map(|row| row.item);
        self.stand_in.take_if(|_| selected != self.selected);
        self.selected = selected;
        self.follow();
        before != (self.cursor, self.offset)
    }

    /// Moves the selection; tells whether it moved.
    pub fn walk(&mut self, motion: Motion) -> bool {
        self.go_to(step(self.cursor, motion, self.height, self.rows.len()))
    }

    /// Scrolls without leaving the selection out of sight; tells whether anything moved.
    pub fn scroll(&mut self, down: bool, lines: usize) -> bool {
        let most = self.rows.len().saturating_sub(self.height);
        let offset = if down { self.offset + lines } else { self.offset.saturating_sub(lines) };
        let before = self.offset;
        self.offset = offset.min(most);
        let last = (self.offset + self.height).saturating_sub(1);
        let moved = self.go_to(self.cursor.clamp(self.offset, last.max(self.offset)));
        moved || self.offset != before
    }

    /// Closes the selected row, or goes to the row above it. Rows must be rebuilt after it.
    pub fn collapse(&mut self) {
        let Some(row) = self.rows.get(self.cursor) else { return };
        if row.open && row.children > 0 {
            self.closed.insert(row.item);
        } else if let Some(above) =
            self.rows[..self.cursor].iter().rposition(|other| other.depth < row.depth)
        {
            self.go_to(above);
        }
    }

    /// Opens the selected row, or goes to its first child. Rows must be rebuilt after it.
    pub fn expand(&mut self) {
        let Some(row) = self.rows.get(self.cursor) else { return };
        if row.children > 0 && !self.closed.remove(&row.item) {
            self.go_to(self.cursor + 1);
        }
    }

    /// Opens or closes the selected row. Rows must be rebuilt after it.
    pub fn toggle(&mut self) {
        if let Some(row) = self.rows.get(self.cursor)
            && row.children > 0
            && !self.closed.remove(&row.item)
        {
            self.closed.insert(row.item);
        }
    }

    /// Opens every row, or closes every row when all are open. Rows must be rebuilt after it.
    pub fn toggle_all(&mut self) {
        if self.rows.iter().any(|row| row.children > 0 && !row.open) {
            self.closed.clear();
            return;
        }
        let root = self.rows[..self.rows.len().min(self.cursor + 1)]
            .iter()
            .rfind(|row| row.depth == 0)
            .map(|row| row.item);
        self.closed = self.rows.iter().filter(|r| r.children > 0).map(|r| r.item).collect();
        self.selected = root;
    }

    fn flatten(&mut self, nodes: &[Node], depth: u16, lasts: u32) {
        for (place, node) in nodes.iter().enumerate() {
            let last = place + 1 == nodes.len();
            let lasts = if last { lasts | 1 << depth } else { lasts };
            let open = !self.closed.contains(&node.item);
            let (item, children) = (node.item, node.children.len());
            self.rows.push(Row { item, depth, lasts, children, open });
            if open {
                self.flatten(&node.children, depth + 1, lasts);
            }
        }
    }

    fn open_all(&mut self, items: &[Item]) {
        for item in items {
            self.closed.remove(item);
        }
    }

    fn measure(&mut self, topology: &Topology, glyphs: &Glyphs) {
        let mut widest = Widths::default();
        for row in &self.rows {
            let name = self.measure_row(topology, glyphs, row.item, &mut widest);
            widest.name = widest.name.max(2 * usize::from(row.depth) + 2 + name);
        }
        self.widths = widest;
    }

    /// Widens the columns for a row; gives the width of its name where that is in a column.
    fn measure_row(
        &self,
        topology: &Topology,
        glyphs: &Glyphs,
        item: Item,
        widest: &mut Widths,
    ) -> usize {
        let width = |text: &str| glyphs.text(text).width();
        let mut widen = |place: usize, mode: usize, first: usize, addresses: usize| {
            let more = if addresses > 1 { 1 + glyphs.ellipsis.width() } else { 0 };
            widest.place = widest.place.max(place);
            widest.mode = widest.mode.max(mode);
            widest.address = widest.address.max(first + more);
        };
        match item {
            Item::Link(key) => topology.link(key).map_or(0, |link| {
                let first = link.addresses.first().map_or(0, |address| address.cidr().len());
                let mode = link.macvlan().map_or(0, |macvlan| macvlan.words().len());
                let place = self.place_width(topology, link, glyphs);
                widen(place, mode, first, link.addresses.len());
                width(&link.name.printable())
            }),
            Item::Network(key) => topology.network(key).map_or(0, |view| {
                let (place, mode) = (network::engine(view.belief), network::mode(view.network));
                widen(width(&place), width(&mode), 0, 0);
                width(&view.network.name.printable())
            }),
            Item::Member(key) => topology.member(key).map_or(0, |(_, member)| {
                let label = |id: NetnsId| width(&topology.label(id));
                let believed = network::believed(&member);
                let first = believed.first().map_or(0, String::len);
                let state = network::state(&member).len();
                widen(member.netns.map_or(0, label), state, first, believed.len());
                width(&network::name_of(&member))
            }),
            // Beside these are no columns, so that they take what they need.
            Item::Netns(_) | Item::Unattached => 0,
            Item::UnseenParent { .. } => UNSEEN.len(),
        }
    }

    /// Columns of a link's namespace, or of an arrow and its parent's description.
    fn place_width(&self, topology: &Topology, link: &Link, glyphs: &Glyphs) -> usize {
        let width = |text: &str| glyphs.text(text).width();
        if self.selection.grouping != Grouping::Namespace {
            return width(&topology.label(link.key.netns));
        }
        topology.parent_of(link).map_or(0, |parent| {
            let elsewhere = parent.key.netns != link.key.netns;
            let label = if elsewhere { width(&topology.label(parent.key.netns)) + 4 } else { 0 };
            glyphs.arrow.width() + 1 + width(&parent.name.printable()) + label
        })
    }

    /// Keeps the selected row on the screen.
    fn follow(&mut self) {
        let height = self.height.max(1);
        let most = self.rows.len().saturating_sub(height);
        let first = (self.cursor + 1).saturating_sub(height);
        self.offset = self.offset.clamp(first, self.cursor.max(first)).min(most);
    }

    /// What no longer exists need not be remembered as closed.
    fn forget_closed(&mut self, topology: &Topology, nodes: &[Node]) {
        self.closed.retain(|item| match item {
            Item::Netns(id) => topology.namespace(*id).is_some(),
            Item::Link(key) => topology.link(*key).is_some(),
            Item::UnseenParent { .. } | Item::Unattached => {
                nodes.iter().any(|node| node.item == *item)
            }
            Item::Network(key) => topology.network(*key).is_some(),
            Item::Member(key) => topology.member(*key).is_some(),
        });
    }
}

/// Where a motion leads from a row, with `page` rows on the screen and `len` rows in all.
pub(super) fn step(from: usize, motion: Motion, page: usize, len: usize) -> usize {
    let page = page.max(1);
    let half = page.div_ceil(2);
    let to = match motion {
        Motion::Up => from.saturating_sub(1),
        Motion::Down => from + 1,
        Motion::PageUp => from.saturating_sub(page),
        Motion::PageDown => from + page,
        Motion::HalfUp => from.saturating_sub(half),
        Motion::HalfDown => from + half,
        Motion::First => 0,
        Motion::Last => len,
    };
    to.min(len.saturating_sub(1))
}

/// The way from a root to an item, the item included.
fn path_to(nodes: &[Node], wanted: Item) -> Option<Vec<Item>> {
    for node in nodes {
        if node.item == wanted {
            return Some(vec![node.item]);
        }
        if let Some(mut path) = path_to(&node.children, wanted) {
            path.insert(0, node.item);
            return Some(path);
        }
    }
    None
}

/// All items of a tree.
fn collect(nodes: &[Node], items: &mut HashSet<Item>) {
    for node in nodes {
        items.insert(node.item);
        collect(&node.children, items);
    }
}
