//! One line a link, for eyes, `grep` and `awk`. A cell without a value is `-`.

use std::io::{self, Write};

use super::columns::{self, Cell, Flexible, Paint, Row, Style};
use crate::model::forest::{Grouping, Selection, forest};
use crate::model::{Address, Item, Link, Topology};

const HEADER: [&str; 9] =
    ["NAMESPACE", "NAME", "KIND", "MODE", "FLAGS", "MAC", "ADDRESSES", "STATE", "PARENT"];

pub(super) fn write(
    out: &mut impl Write,
    topology: &Topology,
    selection: &Selection,
    style: Style,
) -> io::Result<()> {
    let header = HEADER.map(|title| Cell::new(title, Paint::Strong));
    let mut rows = vec![Row::Columns(header.into())];
    let selection = Selection { grouping: Grouping::Namespace, ..selection.clone() };
    for namespace in forest(topology, &selection) {
        for node in namespace.children {
            if let Item::Link(key) = node.item
                && let Some(link) = topology.link(key)
            {
                rows.push(Row::Columns(row(topology, link).into()));
            }
        }
    }
    columns::write(out, rows, Flexible { names: &[0, 1, 8], lists: &[6] }, style)
}

fn row(topology: &Topology, link: &Link) -> [Cell; HEADER.len()] {
    let macvlan = link.macvlan();
    let parent = link.parent.as_ref().map(|_| match topology.parent_of(link) {
        Some(parent) => topology.describe(parent.key),
        None => "unseen".into(),
    });
    let addresses: Vec<_> = link.addresses.iter().map(Address::cidr).collect();
    [
        topology.label(link.key.netns).into_owned(),
        link.name.to_string(),
        link.kind.name().into_owned(),
        macvlan.map(|macvlan| macvlan.mode.to_string()).unwrap_or_default(),
        macvlan.map(|macvlan| macvlan.flags.names().join(",")).unwrap_or_default(),
        link.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        addresses.join(","),
        link.oper_state.to_string(),
        parent.unwrap_or_default(),
    ]
    .map(|text| if text.is_empty() { "-".into() } else { text.into() })
}
