//! What the columns of a tree's row say, and how much room each column gets.

use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{Canvas, networks};
use crate::app::sheet::Tone;
use crate::app::traffic::{bytes, sparkline};
use crate::app::tree::{Row, UNSEEN, Widths};
use crate::lint::Severity;
use crate::model::forest::Grouping;
use crate::model::{
    Holder, Item, Link, Netns, NetnsId, OperState, OwnerKind, PortOption, Topology,
};

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
    pub(super) place_style: Style,
    pub(super) mode: String,
    pub(super) mode_style: Style,
    pub(super) state: &'static str,
    pub(super) state_style: Style,
    pub(super) mac: String,
    pub(super) mac_style: Style,
    pub(super) traffic: String,
    pub(super) spread: Spread,
    /// The worst finding: its sign, and at a glance what it says.
    pub(super) finding: Option<(&'static str, &'static str, Style)>,
    pub(super) tail: Vec<(String, Style)>,
}

/// Which columns the tail takes beside its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Spread {
    /// None.
    #[default]
    Columns,
    /// Those behind the mode.
    BehindMode,
    /// All but the name, which is as wide as it is.
    WholeLine,
}

const MODE: usize = 8;
/// A mode whose flags are cut.
const FLAGGED_MODE: usize = 12;
const STATE: usize = 7;
const MAC: usize = 17;
/// Bars of the last seconds and a rate such as `999 kB/s`.
const TRAFFIC: usize = BARS + 9;
const BARS: usize = 8;
/// The tail should have room for an IPv4 address with its prefix and a sign that there are more,
const TAIL: usize = 20;
/// and is of use down to this width;
const LEAST_TAIL: usize = 12;
/// below that there is room for a sign.
const SIGN: usize = 1;
/// Longer names are not worth a column.
const LONG: usize = 32;
/// Names that are cut in the middle still tell what they name in so many columns.
const NAME: usize = 12;
const PLACE: usize = 11;
const LEAST_PLACE: usize = 9;

impl Columns {
    /// Divides a line. As it gets narrower the state goes first (the mode's column then tells it of
    /// links without a mode), then names and flags are cut, then the addresses, then the MAC goes, and
    /// in the end all of a warning but its sign.
    pub(super) fn divide(width: usize, wishes: Widths, traffic: bool) -> Self {
        let tail = wishes.address.clamp(LEAST_TAIL, TAIL);
        let name = wishes.name.max(NAME);
        let mode = wishes.mode.max(MODE);
        let narrow = Self {
            name: NAME,
            place: LEAST_PLACE,
            mode: mode.min(FLAGGED_MODE),
            state: 0,
            mac: 0,
            traffic: if traffic { TRAFFIC } else { 0 },
            tail: LEAST_TAIL,
        };
        let whole = Self { place: PLACE, state: STATE, mac: MAC, tail, ..narrow };
        let without_state = Self { mac: MAC, ..narrow };
        let uncut = Self { name: name.min(LONG), place: wishes.place.clamp(PLACE, LONG), ..whole };
        let whole = Some(whole).filter(|_| uncut.sum() <= width);
        let mut wanted = whole.into_iter().chain([without_state, narrow]);
        let Some(mut columns) = wanted.find(|columns| columns.sum() <= width) else {
            return Self::narrowest(width, wishes);
        };
        let mut spare = width - columns.sum();
        let extra = (tail - columns.tail).min(spare);
        columns.tail += extra;
        spare -= extra;
        // Neither name nor place may take more than half of what they share while the other lacks
        // room.
        let shared = columns.name + columns.place + spare;
        columns.name = name.min(shared.div_ceil(2).max(shared.saturating_sub(wishes.place)));
        columns.place = (shared - columns.name).min(wishes.place.max(columns.place));
        let spare = width - columns.sum();
        let flags = mode.saturating_sub(columns.mode).min(spare);
        columns.mode += flags;
        columns.tail += spare - flags;
        columns
    }

    /// Name, place, mode and a sign.
    fn narrowest(width: usize, wishes: Widths) -> Self {
        let room = width.saturating_sub(MODE + SIGN + 4);
        let most = (room * 2 / 5).max(room.saturating_sub(wishes.name));
        let place = wishes.place.max(LEAST_PLACE).min(most);
        let (name, mode, tail) = (room - place, MODE, SIGN);
        Self { name, place, mode, state: 0, mac: 0, traffic: 0, tail }
    }

    /// All columns, a space before the first and one between any two.
    fn sum(&self) -> usize {
        let columns =
            [self.name, self.place, self.mode, self.state, self.mac, self.traffic, self.tail];
        columns.iter().filter(|column| **column > 0).map(|column| column + 1).sum()
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
        Item::Network(key) => networks::of_network(canvas, key, row, columns),
        Item::Member(key) => networks::of_member(canvas, key),
        Item::Unattached => networks::of_unattached(canvas),
        Item::UnseenParent { netns, nsid, ifindex, .. } => of_unseen(canvas, netns, nsid, ifindex),
    };
    // A network tells the number of its members anyway.
    if !row.open && row.children > 0 && !matches!(row.item, Item::Network(_)) {
        let text =
            if row.children == 1 { "1 child".into() } else { format!("{} children", row.children) };
        cells.tail.insert(0, (text, canvas.theme.dim()));
    }
    cells.finding = canvas.app.worst_finding(row.item).and_then(|finding| {
        let (glyph, tone) = match finding.severity {
            Severity::Error => (canvas.glyphs.error, Tone::Error),
            Severity::Warning => (canvas.glyphs.warning, Tone::Warning),
            Severity::Note => return None,
        };
        Some((glyph, finding.glance, canvas.theme.tone(tone)))
    });
    cells
}

impl Cells {
    /// The tail with its finding, for so much room: said in words where addresses and words fit,
    /// else by its sign, so that it does not hide the address that it is about.
    pub(super) fn told(&self, room: usize) -> Vec<(String, Style)> {
        let mut told = self.tail.clone();
        let Some((sign, glance, style)) = self.finding else {
            if room <= SIGN {
                told.clear();
            }
            return told;
        };
        if room <= SIGN {
            return vec![(sign.into(), style)];
        }
        let words = format!("{sign} {glance}");
        let rest: usize = told.iter().map(|(text, _)| text.width() + 1).sum();
        let fits = told.is_empty() || words.width() + rest <= room;
        told.insert(0, (if fits { words } else { sign.into() }, style));
        told
    }
}

fn of_link(canvas: &Canvas<'_>, link: &Link, columns: &Columns) -> Cells {
    let theme = canvas.theme;
    let state = state_word(link.oper_state);
    let state_style = theme.state(link.oper_state);
    let (mode, mode_style) = match link.macvlan() {
        Some(macvlan) => (macvlan.words(), theme.mode(macvlan.mode)),
        None if columns.state == 0 => (state.to_owned(), state_style),
        None => (link.kind.name().into_owned(), theme.dim()),
    };
    let by_network = canvas.app.tree().selection.grouping == Grouping::Network;
    let is_heading = link.macvlan().is_none() && !by_network;
    let heading = if is_heading { Tone::Heading } else { Tone::Plain };
    let addresses = link.addresses.iter().map(|address| (address.cidr(), Style::new()));
    let networks = networks::on(canvas, link.key);
    let hairpin = link.bridge_port.map(|port| {
        let style = if port.hairpin { theme.tone(Tone::Note) } else { theme.dim() };
        (PortOption::Hairpin(port.hairpin).to_string(), style)
    });
    Cells {
        name: link.name.to_string(),
        name_style: theme.tone(heading),
        place: place(canvas, link),
        place_style: place_style(canvas, link),
        mode,
        mode_style,
        state,
        state_style,
        mac: link.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        traffic: if columns.traffic > 0 { traffic(canvas, link) } else { String::new() },
        tail: networks.into_iter().chain(hairpin).chain(addresses).collect(),
        ..Cells::default()
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

/// The namespace; in the tree by namespace the parent.
fn place(canvas: &Canvas<'_>, link: &Link) -> String {
    let topology = canvas.app.topology();
    if canvas.app.tree().selection.grouping != Grouping::Namespace {
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

/// The namespaces in use stand out from those left over.
fn place_style(canvas: &Canvas<'_>, link: &Link) -> Style {
    let by_namespace = canvas.app.tree().selection.grouping == Grouping::Namespace;
    if by_namespace || is_leftover(canvas.app.topology(), link.key.netns) {
        canvas.theme.dim()
    } else {
        Style::new()
    }
}

/// Whether nobody lives in a namespace.
fn is_leftover(topology: &Topology, id: NetnsId) -> bool {
    let owner = topology.namespace(id).and_then(|namespace| namespace.netns.owner.as_deref());
    owner.is_some_and(|owner| owner.kind == OwnerKind::Leftover)
}

fn of_netns(canvas: &Canvas<'_>, id: NetnsId) -> Cells {
    let topology = canvas.app.topology();
    let theme = canvas.theme;
    let tone = if is_leftover(topology, id) { Tone::Dim } else { Tone::Heading };
    let tail = topology.namespace(id).map(|namespace| (summary(&namespace.netns), theme.dim()));
    Cells {
        name: topology.label(id).into_owned(),
        name_style: theme.tone(tone),
        spread: Spread::WholeLine,
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
        place_style: canvas.theme.dim(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_fill_the_line_and_mac_and_state_go_whole(
            width in 40_usize..250,
            (name, place, mode, address) in (2_usize..90, 0_usize..90, 4_usize..19, 0_usize..44),
        ) {
            let wishes = Widths { name, place, mode, address };
            let columns = Columns::divide(width, wishes, width >= 110);
            prop_assert_eq!(columns.sum(), width);
            prop_assert!([0, MAC].contains(&columns.mac) && [0, STATE].contains(&columns.state));
            prop_assert!(width < 68 || columns.mac == MAC);
            let is_plain = mode <= MODE && address <= 18 && name <= NAME && place <= PLACE;
            prop_assert!(width < 80 || !is_plain || columns.state == STATE);
            let uncut = columns.name >= name && columns.place >= place;
            prop_assert!(columns.state == 0 || uncut || name > LONG || place > LONG);
        }
    }
}
