//! The tree of the screen, printed: one row a link, with what is worth a remark behind it.

use std::io::{self, Write};

use super::columns::{self, Cell, Flexible, Paint, Row, Style};
use crate::model::forest::{Grouping, Selection, forest};
use crate::model::{
    Address, Counts, Item, Link, LinkKey, LinkKind, MemberView, Mode, Netns, NetworkView, Node,
    OperState, PortOption, Topology, View,
};

/// ```text
/// node2  Linux 6.18.1  macvlan built in  5 namespaces  3 parents  7 sub-interfaces
/// ens8         host   device   52:54:00:1a:0b:0c  10.0.0.5/24   UP
/// ├─ macvlan1  host   bridge   ce:dc:2c:c2:e3:01  10.0.0.21/24  UP
/// └─ macvlan1  test1  private  ce:dc:2c:c2:e3:ca  1.1.1.3/24    UP
/// ```
pub(super) fn write(
    out: &mut impl Write,
    topology: &Topology,
    selection: &Selection,
    style: Style,
) -> io::Result<()> {
    let mut tree = Tree { topology, grouping: selection.grouping, style, rows: Vec::new() };
    tree.rows.push(header(topology));
    let advice = topology.host().support.advice();
    tree.rows.extend(advice.map(|advice| Row::Line(vec![Cell::new(advice, Paint::Faint)])));
    let nodes = forest(topology, selection);
    if nodes.is_empty() {
        let what = if selection.filter.is_empty() { "no macvlan in sight" } else { "no match" };
        tree.rows.push(Row::Line(vec![Cell::new(what, Paint::Faint)]));
    }
    for node in nodes {
        tree.add(&node, "", "");
    }
    columns::write(out, tree.rows, Flexible { names: &[0, 1], lists: &[4] }, style)
}

fn header(topology: &Topology) -> Row {
    let host = topology.host();
    let mut cells: Vec<Cell> = vec![
        Cell::new(&host.hostname, Paint::Strong),
        format!("Linux {}", host.kernel).into(),
        host.support.label().into(),
        Counts::of(topology).to_string().into(),
    ];
    if !topology.is_complete() {
        cells.push(Cell::new("incomplete", Paint::Warning));
    }
    Row::Line(cells)
}

struct Tree<'a> {
    topology: &'a Topology,
    grouping: Grouping,
    style: Style,
    rows: Vec<Row>,
}

impl Tree<'_> {
    /// Adds a node and all below it. `before` stands in front of the node, `below` in front of its
    /// children.
    fn add(&mut self, node: &Node, before: &str, below: &str) {
        let row = match node.item {
            Item::Netns(id) => self.topology.namespace(id).map(|n| self.netns_row(&n.netns)),
            Item::Network(key) => self.topology.network(key).map(|view| network_row(&view)),
            Item::Member(key) => {
                self.topology.member(key).map(|(_, member)| self.member_row(&member, before))
            }
            Item::Unattached => Some(Row::Line(vec![Cell::new("in no network", Paint::Strong)])),
            Item::Link(key) => self.topology.link(key).map(|link| self.link_row(link, before)),
            Item::UnseenParent { ifindex, .. } => {
                let place = super::unseen_place(self.topology, node.item);
                Some(Row::Line(vec![
                    Cell::new("parent unseen", Paint::Warning),
                    Cell::new(format!("interface {ifindex} in {place}"), Paint::Faint),
                ]))
            }
        };
        self.rows.extend(row);
        let [fork, end, line] =
            if self.style.ascii { ["|- ", "`- ", "|  "] } else { ["├─ ", "└─ ", "│  "] };
        for (i, child) in node.children.iter().enumerate() {
            let last = i + 1 == node.children.len();
            let (branch, trunk) = if last { (end, "   ") } else { (fork, line) };
            self.add(child, &format!("{below}{branch}"), &format!("{below}{trunk}"));
        }
    }

    fn netns_row(&self, netns: &Netns) -> Row {
        const FEW: usize = 2;
        let mut words = Vec::new();
        if netns.current && !netns.root {
            words.push("current".to_owned());
        }
        let label = self.topology.label(netns.id).into_owned();
        let inode = netns.inode.map(|inode| format!("net:[{inode}]"));
        words.extend(inode.filter(|inode| *inode != label));
        words.extend(netns.holders.iter().take(FEW).map(ToString::to_string));
        if netns.holders.len() > FEW {
            words.push(format!("{} more", netns.holders.len() - FEW));
        }
        let mut cells =
            vec![Cell::new(label, Paint::Strong), Cell::new(words.join(", "), Paint::Faint)];
        // Why stands on stderr, once for all namespaces with the same reason.
        if netns.view != View::Open {
            cells.push(Cell::new("not readable", Paint::Warning));
        }
        Row::Line(cells)
    }

    /// A member without an interface: what its engine believes of it.
    fn member_row(&self, member: &MemberView<'_>, before: &str) -> Row {
        let name = member.container.map(|container| container.name.to_string());
        let place = member.netns.map(|netns| self.topology.label(netns).into_owned());
        let state = member.container.map(|container| container.state.name().to_owned());
        let mac = member.attachment.and_then(|attachment| attachment.mac);
        let addresses = member.attachment.map_or(&[][..], |attachment| &attachment.addresses);
        let addresses: Vec<_> = addresses.iter().map(|(ip, len)| format!("{ip}/{len}")).collect();
        let cells = [
            format!("{before}{}", name.unwrap_or_default()),
            place.unwrap_or_default(),
            state.unwrap_or_default(),
            mac.map(|mac| mac.to_string()).unwrap_or_default(),
            addresses.join(", "),
        ];
        Row::Columns(cells.map(|text| Cell::new(text, Paint::Faint)).into())
    }

    fn link_row(&self, link: &Link, before: &str) -> Row {
        let paint = if before.is_empty() { Paint::Strong } else { Paint::Plain };
        let place: Cell = match self.grouping {
            Grouping::Parent | Grouping::Network => self.topology.label(link.key.netns).into(),
            Grouping::Namespace => self.parent_cell(link),
        };
        let addresses: Vec<_> = link.addresses.iter().map(Address::cidr).collect();
        Row::Columns(vec![
            Cell::new(format!("{before}{}", link.name), paint),
            place,
            mode(link).into(),
            link.mac.map(|mac| mac.to_string()).unwrap_or_default().into(),
            addresses.join(", ").into(),
            Cell::new(link.oper_state.name(), state_paint(link.oper_state)),
            Cell::new(self.remarks(link).join("; "), Paint::Warning),
        ])
    }

    fn parent_cell(&self, link: &Link) -> Cell {
        let arrow = if self.style.ascii { "->" } else { "→" };
        match (&link.parent, self.topology.parent_of(link)) {
            (None, _) => Cell::default(),
            (_, Some(parent)) if parent.key.netns == link.key.netns => {
                format!("{arrow} {}", parent.name).into()
            }
            (_, Some(parent)) => format!("{arrow} {}", self.topology.describe(parent.key)).into(),
            (Some(_), None) => Cell::new(format!("{arrow} parent unseen"), Paint::Warning),
        }
    }

    fn remarks(&self, link: &Link) -> Vec<String> {
        let mut remarks = Vec::new();
        match &link.kind {
            LinkKind::Macvtap(_) => {
                let device = link.tap_device.map(|device| format!(" {device}"));
                remarks.push(format!("macvtap{}", device.unwrap_or_default()));
            }
            LinkKind::Veth => remarks.extend(link.peer.as_ref().map(|_| self.peer(link))),
            _ => {}
        }
        remarks.extend(
            link.bridge_port
                .map(|port| PortOption::Hairpin(port.hairpin))
                .map(|option| option.to_string()),
        );
        if let Some(macvlan) = link.macvlan().filter(|m| m.mode == Mode::Source) {
            remarks.push(format!("source MACs: {}", macvlan.sources.len()));
        }
        if let Some(parent) = self.topology.parent_of(link)
            && link.oper_state == OperState::LowerLayerDown
        {
            let why = if parent.flags.is_up() { "has no carrier" } else { "is down" };
            remarks.push(format!("{} {why}", parent.name));
        }
        let duplicates =
            link.addresses.iter().filter(|address| address.flags & Address::DADFAILED != 0);
        remarks.extend(duplicates.map(|address| format!("{} is a duplicate", address.ip)));
        remarks.extend(link.master.map(|master| format!("port of {}", self.port_of(link, master))));
        remarks
    }

    fn peer(&self, link: &Link) -> String {
        match self.topology.peer_of(link) {
            Some(peer) => format!("peer {}", self.topology.describe(peer.key)),
            None => "peer unseen".into(),
        }
    }

    fn port_of(&self, link: &Link, master: u32) -> String {
        let key = LinkKey { netns: link.key.netns, ifindex: master };
        match self.topology.link(key) {
            Some(master) => master.name.to_string(),
            None => format!("interface {master}"),
        }
    }
}

/// `vepamv  docker  macvlan vepa on ens8  192.168.128.0/24 gateway 192.168.128.1`
fn network_row(view: &NetworkView<'_>) -> Row {
    let NetworkView { belief, network, .. } = view;
    let engine = match &belief.user {
        Some(user) => format!("{} of {user}", belief.engine.name()),
        None => belief.engine.name().to_owned(),
    };
    let parent = network.parent.as_ref().map(|parent| format!(" on {parent}")).unwrap_or_default();
    let mut cells: Vec<Cell> = vec![
        Cell::new(network.name.to_string(), Paint::Strong),
        engine.into(),
        format!("{} {}{parent}", network.driver.name(), network.mode).into(),
    ];
    cells.extend(network.subnets.iter().map(|subnet| {
        let gateway = subnet.gateway.map(|gateway| format!(" gateway {gateway}"));
        format!("{subnet}{}", gateway.unwrap_or_default()).into()
    }));
    cells.extend(network.internal.then(|| "internal".into()));
    if network.parent.is_some() && view.parent.is_none() {
        cells.push(Cell::new("parent not in sight", Paint::Warning));
    }
    Row::Line(cells)
}

/// The mode with its flags; of other kinds, the kind.
fn mode(link: &Link) -> String {
    match &link.kind {
        LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) => macvlan.words(),
        LinkKind::Vlan(vlan) => format!("vlan {vlan}"),
        other => other.name().into_owned(),
    }
}

fn state_paint(state: OperState) -> Paint {
    match state {
        OperState::Up => Paint::Good,
        OperState::Down => Paint::Bad,
        OperState::LowerLayerDown | OperState::NotPresent => Paint::Warning,
        OperState::Unknown | OperState::Testing | OperState::Dormant => Paint::Plain,
    }
}
