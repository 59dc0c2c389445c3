//! What passes an interface, live, as long as somebody looks: which packets are kept, which of them are
//! on the screen, and which one is selected.
//!
//! The capture itself is the business of the runtime: it is asked for while the screen is open, and its
//! end is asked for when the screen closes, however that happens.

mod batch;
#[cfg(test)]
pub(crate) mod fixture;
mod ring;
mod sift;
mod text;

#[cfg(test)]
mod tests;

use std::ops::Range;

use tui_input::Input;

use super::action::{Action, Motion};
use super::authority::Authority;
use super::event::Effect;
use super::prompt::{self, Prompt};
use super::screens::{Open, Screen, in_groups};
use super::{App, tree};
use crate::model::LinkKey;
use crate::reach::{Endpoint, Names};
use ring::Ring;
use sift::Sieve;

pub use batch::{Batch, Caught, Counts};
pub use ring::Entry;

/// Why a program that only looks sees no packets.
const READ_ONLY: &str = "read-only: seeing packets takes CAP_NET_RAW, which was given up; start macvlens without --read-only";

/// How far a capture is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Its socket is being opened.
    #[default]
    Opening,
    /// It goes on.
    Live,
    /// It is over, and why.
    Over(String),
}

/// A capture as it is shown.
#[derive(Debug)]
pub struct Packets {
    link: LinkKey,
    /// What the interface was last called.
    title: String,
    stage: Stage,
    ring: Ring,
    names: Names,
    sieve: Sieve,
    /// Number of the selected packet; `None` as long as the newest is followed.
    selected: Option<u64>,
    /// Number of the first packet on the screen.
    top: u64,
    /// What came since the list is held still.
    held: Option<Held>,
    /// What the capture last counted.
    counts: Counts,
    /// The file that is being written.
    file: Option<String>,
    /// The packet that is told in full. It may have left the ring.
    told: Option<Box<Entry>>,
}

/// What waits until the list goes on.
#[derive(Debug, Default)]
struct Held {
    /// How many came, kept or not.
    seen: u64,
    ring: Ring,
}

/// The packets on the screen.
#[derive(Debug)]
pub struct Window<'a> {
    /// Those that the filter lets through.
    pub entries: Vec<&'a Entry>,
    /// Which of them are on the screen.
    pub shown: Range<usize>,
    /// Which of them is selected.
    pub cursor: usize,
}

impl Packets {
    fn new(link: LinkKey, names: Names) -> Self {
        Self {
            link,
            title: String::new(),
            stage: Stage::Opening,
            ring: Ring::default(),
            names,
            sieve: Sieve::default(),
            selected: None,
            top: 0,
            held: None,
            counts: Counts::default(),
            file: None,
            told: None,
        }
    }

    /// Whether the list is held still.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether the newest packet is selected, and will be.
    pub fn follows(&self) -> bool {
        self.selected.is_none()
    }

    /// How far the capture is.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The filter's text; empty when there is none.
    pub fn filter(&self) -> &str {
        self.sieve.text()
    }

    /// What is in a window of so many lines.
    pub fn window(&self, height: usize) -> Window<'_> {
        let entries = self.ring.passing();
        let last = entries.len().saturating_sub(1);
        let place = |number| entries.partition_point(|entry| entry.caught.number < number);
        let cursor = self.selected.map_or(last, |number| place(number).min(last));
        let most = entries.len().saturating_sub(height);
        let first = match self.selected {
            None => most,
            Some(_) => {
                place(self.top).max((cursor + 1).saturating_sub(height)).min(cursor).min(most)
            }
        };
        let shown = first..(first + height).min(entries.len());
        Window { entries, shown, cursor }
    }
}

impl App {
    /// The capture that is on the screen.
    pub fn packets(&self) -> Option<&Packets> {
        self.packets.as_ref()
    }

    /// Packets that fit on the screen, below what is told of the capture and the heads of the columns.
    pub fn packet_rows(&self) -> usize {
        let screen = self.layout().screen;
        let lines = self.sheet(Screen::Packets).lines(usize::from(screen.width)).len();
        usize::from(screen.height).saturating_sub(lines + 1)
    }

    /// Shows what passes the selected interface, or closes that.
    pub(super) fn open_packets(&mut self) {
        let on_top = self.screens.last().map(|open| open.screen);
        if matches!(on_top, Some(Screen::Packets | Screen::Packet)) {
            return self.screens.retain(|open| !is_of_packets(open));
        }
        match self.interface_to_watch().and_then(|link| self.may_capture().map(|()| link)) {
            Ok(link) => {
                self.screens.retain(|open| !is_of_packets(open));
                self.screens.push(Open::new(Screen::Packets));
                self.watch_packets(link);
            }
            Err(why) => self.tell(Err(why)),
        }
    }

    /// Where packets are looked at: at the sender of the selected pair, else at the selected row.
    fn interface_to_watch(&self) -> Result<LinkKey, String> {
        let on_top = self.screens.last().map(|open| open.screen);
        if let (Some(Screen::Reach | Screen::Path), Some([from, _])) = (on_top, self.reach_pair()) {
            let (Endpoint::Link(key) | Endpoint::Outside(key)) = from;
            return Ok(key);
        }
        let why = || self.why_no_link().unwrap_or_else(|| "select an interface".into());
        self.selected_link().map(|link| link.key).ok_or_else(why)
    }

    /// Whether a packet socket may be opened; the error is a sentence. What the kernel refuses is told
    /// then.
    fn may_capture(&self) -> Result<(), String> {
        match self.settings.authority {
            Authority::ReadOnly => Err(READ_ONLY.into()),
            _ => Ok(()),
        }
    }

    /// Begins with an empty list. The capture behind it is asked for when all is settled, in place of the
    /// one before.
    fn watch_packets(&mut self, link: LinkKey) {
        let names = Names::new(self.topology(), link);
        self.packets = Some(Packets::new(link, names));
        self.capturing = None;
    }

    /// Moves the selection; at the end it follows the newest again.
    pub(super) fn walk_packets(&mut self, motion: Motion) -> bool {
        let height = self.packet_rows();
        let Some(packets) = &mut self.packets else { return false };
        let window = packets.window(height);
        let to = tree::step(window.cursor, motion, height, window.entries.len());
        let at_end = to + 1 >= window.entries.len();
        let number = window.entries.get(to).map(|entry| entry.caught.number);
        let selected = number.filter(|_| !at_end);
        std::mem::replace(&mut packets.selected, selected) != selected
    }

    /// Selects the packet on a line of the list, where it stays.
    pub(super) fn press_packet(&mut self, line: usize) {
        let height = self.packet_rows();
        let Some(packets) = &mut self.packets else { return };
        let window = packets.window(height);
        let place = Some(window.shown.start + line).filter(|place| window.shown.contains(place));
        if let Some(number) = place.map(|place| window.entries[place].caught.number) {
            packets.selected = Some(number);
            self.dirty = true;
        }
    }

    /// Does what a key asks for that means something only where packets are shown.
    pub(super) fn handle_packets(&mut self, action: Action, effects: &mut Vec<Effect>) {
        let key = self.key_of(Action::Packets);
        let Some(packets) = &mut self.packets else {
            return self
                .tell(Err(format!("no packets are shown: {key} shows those of an interface")));
        };
        match action {
            Action::HoldPackets => match packets.held.take() {
                None => packets.held = Some(Held::default()),
                Some(held) => packets.ring.append(held.ring, &packets.names, &packets.sieve),
            },
            Action::ClearPackets => {
                packets.ring.clear();
                packets.held = packets.held.take().map(|_| Held::default());
                packets.selected = None;
            }
            Action::FilterPackets => {
                let before = packets.filter().to_owned();
                self.prompt = Some(Prompt::Filter { input: Input::new(before.clone()), before });
            }
            Action::WritePackets if packets.file.is_some() => effects.push(Effect::EndWriting),
            Action::WritePackets => match packets.stage {
                Stage::Opening => self.tell(Err("nothing has been captured yet".into())),
                _ => self.prompt = Some(Prompt::write()),
            },
            _ => self.tell_packet(),
        }
    }

    /// Tells the selected packet in full, or closes that. From then on it stays selected.
    fn tell_packet(&mut self) {
        if self.screens.last().is_some_and(|open| open.screen == Screen::Packet) {
            return self.open(Screen::Packet);
        }
        let height = self.packet_rows();
        let Some(packets) = &mut self.packets else { return };
        let window = packets.window(height);
        let told = window.entries.get(window.cursor).map(|entry| Box::new((*entry).clone()));
        if let Some(entry) = told {
            packets.selected = Some(entry.caught.number);
            packets.told = Some(entry);
            self.open(Screen::Packet);
        }
    }

    /// Writes what is in the ring and all that follows.
    pub(super) fn write_packets(&mut self, path: &str, effects: &mut Vec<Effect>) {
        let Some(packets) = &self.packets else { return };
        let proposed = path == prompt::CAPTURE;
        let waiting = packets.held.as_ref().map(|held| held.ring.frames()).unwrap_or_default();
        let (frames, taken) = ([packets.ring.frames(), waiting].concat(), packets.counts.seen);
        let (link, path) = (packets.link, path.to_owned());
        effects.push(Effect::WritePackets { link, path, proposed, frames, taken });
    }

    /// Takes what the runtime says of the file: its path, or why there is none.
    pub(super) fn writing(&mut self, begun: Result<String, String>) {
        match (begun, &mut self.packets) {
            (Ok(path), Some(packets)) => packets.file = Some(path),
            (Ok(_), None) => {}
            (Err(why), _) => self.tell(Err(why)),
        }
        self.dirty = true;
    }

    /// Takes the end of a file.
    pub(super) fn written(&mut self, path: &str, result: Result<u64, String>) {
        if let Some(packets) = &mut self.packets {
            packets.file.take_if(|file| file == path);
        }
        self.tell(match result {
            Ok(1) => Ok(format!("1 packet written to {path}")),
            Ok(many) => Ok(format!("{} packets written to {path}", in_groups(many))),
            Err(why) => Err(format!("writing {path}: {why}")),
        });
    }

    /// Takes packets. They wait while the list is held still.
    pub(super) fn caught(&mut self, batch: Batch) {
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        let Some(packets) = &mut self.packets else { return };
        self.dirty = true;
        if packets.stage == Stage::Opening {
            packets.stage = Stage::Live;
        }
        let ring = match &mut packets.held {
            None => &mut packets.ring,
            Some(held) => {
                held.seen += batch.counts.seen.saturating_sub(packets.counts.seen);
                &mut held.ring
            }
        };
        for caught in batch.packets {
            packets.names.meet(topology, &caught.packet);
            ring.push(caught, &packets.names, &packets.sieve);
        }
        packets.counts = batch.counts;
    }

    /// Takes the end of the capture that was asked for; what was shown stays.
    pub(super) fn capture_ended(&mut self, why: String) {
        if let Some(packets) = &mut self.packets {
            packets.stage = Stage::Over(why);
            // What became of it is told for itself.
            packets.file = None;
            self.dirty = true;
        }
    }

    /// Whether keys are about packets.
    pub(super) fn is_packets_on_top(&self) -> bool {
        self.screens.last().is_some_and(is_of_packets)
    }

    /// Shows only packets in which these words occur.
    pub(super) fn set_packet_filter(&mut self, text: &str) {
        let Some(packets) = &mut self.packets else { return };
        packets.sieve = Sieve::parse(text);
        packets.ring.derive(&packets.names, &packets.sieve);
        self.dirty = true;
    }

    /// Names the interface and whose addresses are known anew, after a change of the host.
    pub(super) fn rename_packets(&mut self) {
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        let Some(packets) = &mut self.packets else { return };
        packets.names = Names::new(topology, packets.link);
        let waiting = packets.held.iter().flat_map(|held| held.ring.entries());
        for entry in packets.ring.entries().chain(waiting) {
            packets.names.meet(topology, &entry.caught.packet);
        }
        packets.ring.derive(&packets.names, &packets.sieve);
    }

    /// Asks for the capture that the screen needs, and for its end when there is none.
    pub(super) fn settle_packets(&mut self, effects: &mut Vec<Effect>) {
        if !self.screens.iter().any(is_of_packets) {
            self.packets = None;
        }
        let height = if self.packets.is_some() { self.packet_rows() } else { 0 };
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        if let Some(packets) = &mut self.packets {
            if packets.title.is_empty() || topology.link(packets.link).is_some() {
                packets.title = topology.describe(packets.link);
            }
            let window = packets.window(height);
            let number = |place: usize| window.entries.get(place).map(|entry| entry.caught.number);
            let (top, cursor) = (number(window.shown.start), number(window.cursor));
            packets.top = top.unwrap_or(0);
            packets.selected = packets.selected.and(cursor);
        }
        let wanted = self.packets.as_ref().map(|packets| packets.link);
        if wanted != self.capturing {
            self.capturing = wanted;
            effects.push(Effect::Capture(wanted));
        }
    }
}

/// Whether a screen is there only as long as there is a capture.
fn is_of_packets(open: &Open) -> bool {
    matches!(open.screen, Screen::Packets | Screen::Packet)
}
