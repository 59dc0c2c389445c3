//! A graph in Graphviz' language: namespaces as boxes, links as nodes, an arrow from each
//! sub-interface to its parent, and a dashed line between the ends of a veth pair.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::model::forest::{Grouping, Selection, forest};
use crate::model::{Address, Item, Link, LinkKey, NetnsId, Node, Topology};

/// What is drawn: the links in sight, and the parents that are not, with what hangs on them.
#[derive(Default)]
struct Drawing {
    links: BTreeSet<LinkKey>,
    unseen: Vec<Node>,
}

impl Drawing {
    fn add(&mut self, node: &Node) {
        match node.item {
            Item::Link(key) => {
                self.links.insert(key);
            }
            Item::UnseenParent { .. } => self.unseen.push(node.clone()),
            Item::Netns(_) | Item::Network(_) | Item::Member(_) | Item::Unattached => {}
        }
        for child in &node.children {
            self.add(child);
        }
    }
}

pub(super) fn write(
    out: &mut impl Write,
    topology: &Topology,
    selection: &Selection,
) -> io::Result<()> {
    // The tree by parent brings along what a matching link sits on, which arrows need.
    let selection = Selection { grouping: Grouping::Parent, ..selection.clone() };
    let mut drawing = Drawing::default();
    for node in forest(topology, &selection) {
        drawing.add(&node);
    }
    writeln!(out, "digraph macvlens {{")?;
    writeln!(out, "  rankdir=RL;")?;
    writeln!(out, "  node [shape=box, fontname=monospace];")?;
    for (number, namespace) in topology.in_display_order().into_iter().enumerate() {
        let shown = namespace.links().filter(|link| drawing.links.contains(&link.key));
        let label = topology.label(namespace.netns.id);
        write_namespace(out, number, &label, &shown.collect::<Vec<_>>())?;
    }
    for (number, node) in drawing.unseen.iter().enumerate() {
        write_unseen(out, number, topology, node)?;
    }
    for link in drawing.links.iter().filter_map(|key| topology.link(*key)) {
        write_edges(out, topology, &drawing, link)?;
    }
    writeln!(out, "}}")
}

fn write_namespace(
    out: &mut impl Write,
    number: usize,
    name: &str,
    links: &[&Link],
) -> io::Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    writeln!(out, "  subgraph cluster_{number} {{")?;
    writeln!(out, "    label={};", quoted(name))?;
    for link in links {
        writeln!(out, "    {} [label={}];", node_id(link.key), quoted(&label(link)))?;
    }
    writeln!(out, "  }}")
}

fn write_unseen(
    out: &mut impl Write,
    number: usize,
    topology: &Topology,
    node: &Node,
) -> io::Result<()> {
    let place = super::unseen_place(topology, node.item);
    let label = quoted(&format!("parent unseen\nin {place}"));
    writeln!(out, "  unseen_{number} [label={label}, style=dashed];")?;
    for child in &node.children {
        if let Item::Link(key) = child.item {
            writeln!(out, "  {} -> unseen_{number};", node_id(key))?;
        }
    }
    Ok(())
}

fn write_edges(
    out: &mut impl Write,
    topology: &Topology,
    drawing: &Drawing,
    link: &Link,
) -> io::Result<()> {
    let from = node_id(link.key);
    if let Some(parent) = topology.parent_of(link) {
        writeln!(out, "  {from} -> {};", node_id(parent.key))?;
    }
    // Both ends name each other; the lesser one draws the line.
    if let Some(peer) = topology.peer_of(link)
        && link.key < peer.key
        && drawing.links.contains(&peer.key)
    {
        let to = node_id(peer.key);
        writeln!(out, "  {from} -> {to} [dir=none, style=dashed, constraint=false];")?;
    }
    Ok(())
}

/// A name that is unique in the graph and needs no quotes.
fn node_id(key: LinkKey) -> String {
    let (kind, number) = match key.netns {
        NetnsId::Cookie(number) => ("c", number),
        NetnsId::Inode(number) => ("i", number),
        NetnsId::Hidden(number) => ("h", number),
    };
    format!("{kind}{number}_{}", key.ifindex)
}

/// Name, mode or kind, MAC and addresses, a line each.
fn label(link: &Link) -> String {
    let mut lines = vec![link.name.to_string()];
    let kind = link.kind.name();
    lines.push(match link.macvlan() {
        Some(macvlan) => format!("{kind} {}", macvlan.mode),
        None => kind.into_owned(),
    });
    lines.extend(link.mac.map(|mac| mac.to_string()));
    lines.extend(link.addresses.iter().map(Address::cidr));
    lines.join("\n")
}

/// A quoted string in which everything stands for itself. In a label Graphviz gives `\N`, `\G` and
/// the like a meaning, and it reads `&…;` as an HTML entity, so both characters are escaped too.
fn quoted(text: &str) -> String {
    let mut string = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => string.push_str("\\\""),
            '\\' => string.push_str("\\\\"),
            '\n' => string.push_str("\\n"),
            '&' => string.push_str("&amp;"),
            c => string.push(c),
        }
    }
    string.push('"');
    string
}
