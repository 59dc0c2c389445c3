//! What the columns of a tree's row say, and how much room each column gets.

use ratatui::style::Style;

use super::Canvas;
use crate::app::sheet::Tone;
use crate::app::traffic::{bytes, sparkline};
use crate::app::tree::{Row, UNSEEN};
use crate::lint::Severity;
use crate::model::forest::Grouping;
use crate::model::{Holder, Item, Link, Netns, NetnsId, OperState};

/// Widths of the columns; a column without room is 0. What is left over is for the tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) name: usize,
    pub(super) place: usize,
    pub(super) mode: usize,
    pub(super) state: usize,
    pub(super) mac: usize,
    pub(super) traffic: usize,
    pub(super) tail: usize,
}

/// The columns of one row.
#[derive(Default)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) name_style: Style,
    pub(super) place: String,
    pub(super) mode: String,
    pub(super) mode_style: Style,
    pub(super) state: &'static str,
    pub(super) state_style: Style,
    pub(super) mac: String,
    pub(super) traffic: String,
    /// Whether the tail takes the room of the columns before it too.
    pub(super) wide_tail: bool,
    pub(super) tail: Vec<(String, Style)>,
}

const MODE: usize = 8;
const STATE: usize = 7;
const MAC: usize = 17;
/// Bars of the last seconds and a rate such as `999 kB/s`.
const TRAFFIC: usize = BARS + 9;
const BARS: usize = 8;
/// The tail should have room for an IPv4 address with its prefix,
const TAIL: usize = 18;
/// and is of use down to this width;
const LEAST_TAIL: usize = 12;
/// below that there is room for a sign.
const SIGN: usize = 1;

impl Columns {
    /// Divides a line. As it gets narrower the state goes first (the mode's column then tells it
    /// of links without a mode), then the MAC, then the addresses and all of a warning but its sign.
    pub(super) fn divide(width: usize, name: usize, place: usize, traffic: bool) -> Self {
        let mut columns = Self {
            name: name.clamp(12, 26.max(width / 4)),
            place: place.clamp(9, 14.max(width / 6)),
            mode: MODE,
            state: STATE,
            mac: MAC,
            traffic: if traffic { TRAFFIC } else { 0 },
            tail: 0,
        };
        if columns.rest(width) < TAIL {
            columns.state = 0;
        }
        if columns.rest(width) < LEAST_TAIL {
            columns.mac = 0;
        }
        if columns.rest(width) < LEAST_TAIL {
            let room = width.saturating_sub(MODE + SIGN + 4);
            columns.place = columns.place.min(room * 2 / 5);
            columns.name = room.saturating_sub(columns.place);
            columns.tail = SIGN;
        } else {
            let spare = columns.rest(width).saturating_sub(TAIL);
            let wider = place.saturating_sub(columns.place).min(spare);
            columns.place += wider;
            columns.name += name.saturating_sub(columns.name).min(spare - wider);
            columns.tail = columns.rest(width);
        }
        columns
    }

    /// What is left over for the tail.
    fn rest(&self, width: usize) -> usize {
        let before = [self.name, self.place, self.mode, self.state, self.mac, self.traffic];
        let taken: usize = before.iter().filter(|column| **column > 0).map(|c| c + 1).sum();
        width.saturating_sub(taken + 1)
    }

    /// Columns from the place on, for a tail that takes all of them.
    pub(super) fn behind_name(&self, width: usize) -> usize {
        width.saturating_sub(self.name + 2)
    }
}

/// What a row says.
pub(super) fn cells(canvas: &Canvas<'_>, row: &Row, columns: &Columns) -> Cells {
    let mut cells = match row.item {
        Item::Link(key) => match canvas.app.topology().link(key) {
            Some(link) => of_link(canvas, link, columns),
            None => Cells::default(),
        },
        Item::Netns(id) => of_netns(canvas, id),
        Item::UnseenParent { netns, nsid, ifindex, .. } => of_unseen(canvas, netns, nsid, ifindex),
    };
    if !row.open && row.children > 0 {
        let text =
            if row.children == 1 { "1 child".into() } else { format!("{} children", row.children) };
        cells.tail.insert(0, (text, canvas.theme.dim()));
    }
    let sign = canvas.app.worst_finding(row.item).and_then(|finding| {
        let (glyph, tone) = match finding.severity {
            Severity::Error => (canvas.glyphs.error, Tone::Error),
            Severity::Warning => (canvas.glyphs.warning, Tone::Warning),
            Severity::Note => return None,
        };
        Some((glyph, finding.glance, canvas.theme.tone(tone)))
    });
    if columns.tail == SIGN && !cells.wide_tail {
        cells.tail.clear();
        cells.tail.extend(sign.map(|(glyph, _, style)| (glyph.to_owned(), style)));
    } else if let Some((glyph, glance, style)) = sign {
        cells.tail.insert(0, (format!("{glyph} {glance}"), style));
    }
    cells
}

fn of_link(canvas: &Canvas<'_>, link: &Link, columns: &Columns) -> Cells {
    let theme = canvas.theme;
    let state = state_word(link.oper_state);
    let state_style = theme.state(link.oper_state);
    let (mode, mode_style) = match link.macvlan() {
        Some(macvlan) => (macvlan.mode.to_string(), theme.mode(macvlan.mode)),
        None if columns.state == 0 => (state.to_owned(), state_style),
        None => (link.kind.name().into_owned(), theme.dim()),
    };
    let heading = if link.macvlan().is_none() { Tone::Heading } else { Tone::Plain };
    let flags = link.macvlan().map(|macvlan| macvlan.flags.names()).unwrap_or_default();
    let flags = flags.into_iter().map(|flag| (flag.to_owned(), theme.dim()));
    let addresses = link.addresses.iter().map(|address| (address.cidr(), Style::new()));
    Cells {
        name: link.name.to_string(),
        name_style: theme.tone(heading),
        place: place(canvas, link),
        mode,
        mode_style,
        state,
        state_style,
        mac: link.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        traffic: if columns.traffic > 0 { traffic(canvas, link) } else { String::new() },
        wide_tail: false,
        tail: flags.chain(addresses).collect(),
    }
}

/// The last seconds as bars, and the sum of both directions now.
fn traffic(canvas: &Canvas<'_>, link: &Link) -> String {
    let Some(history) = canvas.app.traffic().of(link.key) else { return String::new() };
    let Some(now) = history.now() else { return String::new() };
    let skipped = history.rates().len().saturating_sub(BARS);
    let recent = history.rates().skip(skipped).map(|rate| rate.rx + rate.tx);
    let bars = sparkline(recent, &canvas.glyphs.bars);
    format!("{bars:>BARS$} {}/s", bytes(now.rx + now.tx))
}

/// In the tree by parent the namespace; in the tree by namespace the parent.
fn place(canvas: &Canvas<'_>, link: &Link) -> String {
    let topology = canvas.app.topology();
    if canvas.app.tree().selection.grouping == Grouping::Parent {
        return topology.label(link.key.netns).into_owned();
    }
    let Some(parent) = &link.parent else { return String::new() };
    let arrow = canvas.glyphs.arrow;
    match topology.parent_of(link) {
        None => format!("{arrow} unseen"),
        Some(found) if parent.netns == Some(link.key.netns) => format!("{arrow} {}", found.name),
        Some(found) => format!("{arrow} {} in {}", found.name, topology.label(found.key.netns)),
    }
}

fn of_netns(canvas: &Canvas<'_>, id: NetnsId) -> Cells {
    let topology = canvas.app.topology();
    let theme = canvas.theme;
    let tail = topology.namespace(id).map(|namespace| (summary(&namespace.netns), theme.dim()));
    Cells {
        name: topology.label(id).into_owned(),
        name_style: theme.tone(Tone::Heading),
        wide_tail: true,
        tail: tail.into_iter().collect(),
        ..Cells::default()
    }
}

/// Inode number and the first things that keep it alive.
fn summary(netns: &Netns) -> String {
    let mut words: Vec<String> = netns.inode.iter().map(|inode| format!("net:[{inode}]")).collect();
    let names = netns.names();
    words.extend(names.iter().take(1).map(ToString::to_string));
    let mut holders = netns.holders.iter().filter(|holder| !matches!(holder, Holder::Mount { .. }));
    words.extend(holders.next().map(crate::app::screens::namespace::holding));
    let more = holders.count() + names.len().saturating_sub(1);
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join("  ")
}

fn of_unseen(
    canvas: &Canvas<'_>,
    netns: Option<NetnsId>,
    nsid: Option<i32>,
    ifindex: u32,
) -> Cells {
    let topology = canvas.app.topology();
    let place = match (netns, nsid) {
        (Some(id), _) => topology.label(id).into_owned(),
        (None, Some(nsid)) => format!("(nsid {nsid})"),
        (None, None) => "(out of sight)".into(),
    };
    Cells {
        name: UNSEEN.into(),
        name_style: canvas.theme.tone(Tone::Note),
        place,
        tail: vec![(format!("ifindex {ifindex}"), canvas.theme.dim())],
        ..Cells::default()
    }
}

/// A word of at most seven letters.
fn state_word(state: OperState) -> &'static str {
    match state {
        OperState::LowerLayerDown => "LLDOWN",
        OperState::NotPresent => "ABSENT",
        other => other.name(),
    }
}
