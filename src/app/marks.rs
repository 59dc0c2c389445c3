//! Marked rows: a change is for all of them. Marks are on links, not on row numbers.

use std::collections::BTreeSet;

use super::App;
use crate::model::{Item, LinkKey};

impl App {
    /// The marked links while rows are being marked.
    pub fn marks(&self) -> Option<&BTreeSet<LinkKey>> {
        self.marks.as_ref()
    }

    /// How many marked links have no row at the moment: a filter or a closed row hides them.
    pub fn hidden_marks(&self) -> usize {
        let Some(marks) = self.marks.as_ref().filter(|marks| !marks.is_empty()) else { return 0 };
        let shown: BTreeSet<_> = self
            .tree
            .rows()
            .iter()
            .filter_map(|row| match row.item {
                Item::Link(key) => Some(key),
                _ => None,
            })
            .collect();
        marks.difference(&shown).count()
    }

    /// Begins marking rows, or ends it and forgets the marks.
    pub(super) fn toggle_marking(&mut self) {
        self.marks = match self.marks {
            None => Some(BTreeSet::new()),
            Some(_) => None,
        };
    }

    /// Marks the selected row or takes its mark away, and goes down.
    pub(super) fn mark_row(&mut self) {
        let Some(Item::Link(key)) = self.tree.selected() else {
            self.tell(Err("only links can be marked".into()));
            return;
        };
        let marks = self.marks.get_or_insert_default();
        if !marks.remove(&key) {
            marks.insert(key);
        }
        self.tree.go_to(self.tree.cursor() + 1);
    }

    /// Marks every sub-interface that has a row and itself matches the filter.
    pub(super) fn mark_shown(&mut self) {
        let topology = self.topology();
        let filter = &self.tree.selection.filter;
        let shown = self.tree.rows().iter().filter_map(|row| match row.item {
            Item::Link(key) => topology.link(key),
            _ => None,
        });
        let wanted = shown.filter(|link| {
            link.macvlan().is_some() && (filter.is_empty() || filter.matches(topology, link))
        });
        let wanted: Vec<_> = wanted.map(|link| link.key).collect();
        self.marks.get_or_insert_default().extend(wanted);
    }

    /// Forgets marks of links that are gone.
    pub(super) fn prune_marks(&mut self) {
        if let Some(marks) = &mut self.marks {
            marks.retain(|key| self.topology.link(*key).is_some());
        }
    }

    /// What a change is for: the marked links, or the selected one.
    pub(super) fn targets(&self) -> Vec<LinkKey> {
        match (&self.marks, self.tree.selected()) {
            (Some(marks), _) if !marks.is_empty() => self.marked(),
            (_, Some(Item::Link(key))) => vec![key],
            _ => Vec::new(),
        }
    }

    /// The marked links, from the top of the tree to its end; at last those without a row.
    pub(super) fn marked(&self) -> Vec<LinkKey> {
        let Some(marks) = &self.marks else { return Vec::new() };
        let mut shown = BTreeSet::new();
        let rows = self.tree.rows().iter().filter_map(|row| match row.item {
            Item::Link(key) if marks.contains(&key) && shown.insert(key) => Some(key),
            _ => None,
        });
        let mut all: Vec<_> = rows.collect();
        all.extend(marks.difference(&shown));
        all
    }
}
