//! Printed outputs: a topology as a tree, a table, JSON or a Graphviz graph, its changes as JSON
//! lines, the plan of a change, who reaches whom and packets as text or JSON, packets for Wireshark.
//!
//! Pure: everything is written to the `io::Write` that the caller gives. What is missing from the
//! view is data in JSON; naming it on stderr is the caller's part.

pub mod change;
mod columns;
pub mod document;
mod dot;
mod fill;
mod json;
mod jsonl;
pub mod networks;
pub mod packets;
pub mod pcapng;
pub mod reach;
mod table;
mod tree;

use std::io::{self, Write};

pub use columns::Style;
pub use json::json_text;
pub use jsonl::Watch;

use crate::model::forest::Selection;
use crate::model::{Item, Topology};

/// What `macvlens show` can write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Parents with their sub-interfaces, or namespaces with their links
    #[default]
    Tree,
    /// One line a link
    Table,
    /// One JSON document
    Json,
    /// A graph for Graphviz
    Dot,
}

/// Writes what a selection takes of a topology. `style` concerns the tree and the table; the
/// selection's grouping concerns the tree.
pub fn write(
    out: &mut impl Write,
    format: Format,
    topology: &Topology,
    selection: &Selection,
    style: Style,
) -> io::Result<()> {
    match format {
        Format::Tree => tree::write(out, topology, selection, style),
        Format::Table => table::write(out, topology, selection, style),
        Format::Json => json::write(out, topology, selection),
        Format::Dot => dot::write(out, topology, selection),
    }
}

/// Where a parent is that is not in sight, as far as anything says.
fn unseen_place(topology: &Topology, item: Item) -> String {
    match item {
        Item::Netns(netns) | Item::UnseenParent { netns: Some(netns), .. } => {
            topology.label(netns).into_owned()
        }
        Item::Link(key) => topology.label(key.netns).into_owned(),
        Item::UnseenParent { nsid: Some(nsid), seen_from, .. } => {
            format!("nsid {nsid} of {}", topology.label(seen_from))
        }
        Item::UnseenParent { nsid: None, .. }
        | Item::Network(_)
        | Item::Member(_)
        | Item::Unattached => "unknown namespace".into(),
    }
}

#[cfg(test)]
mod networks_tests;
#[cfg(test)]
mod tests;
