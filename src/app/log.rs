//! What happened since the start, one line each, with the time of day. Bounded: the oldest lines
//! make room.

use std::collections::VecDeque;

use crate::model::{Difference, Happening, Item, What};

use super::glyphs::Glyphs;
use super::roll::Told;
use super::sheet::Tone;
use crate::plan::journal::Entry;

/// How many lines are kept.
const KEPT: usize = 1000;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Time of day, `22:31:04`.
    pub time: String,
    /// What happened.
    pub text: String,
    /// What it was about; `None` for a change that was made here.
    pub item: Option<Item>,
    /// Appeared, gone, changed, or how a change went.
    pub tone: Tone,
    /// The commands of a change that was made here.
    pub commands: Vec<String>,
}

/// The lines, oldest first.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
}

impl Log {
    /// Adds a line. The loopback interface comes and goes with its namespace, which is told.
    pub fn add(&mut self, wall: u32, happening: &Happening, glyphs: &Glyphs) {
        if happening.link.as_ref().is_some_and(|link| link.kind == "loopback") {
            return;
        }
        self.push(line(wall, happening, glyphs));
    }

    /// Adds what an engine told.
    pub(super) fn add_told(&mut self, wall: u32, told: &Told, glyphs: &Glyphs) {
        let text = glyphs.text(&told.text).into_owned();
        let (time, item, tone) = (time_of_day(wall), Some(told.item), told.tone);
        self.push(Line { time, text, item, tone, commands: Vec::new() });
    }

    /// Adds a change that was made here, or tried.
    pub(super) fn record(&mut self, wall: u32, entry: &Entry, glyphs: &Glyphs) {
        let why = entry.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        let text = format!("{} {}: {}{why}", glyphs.change, entry.title, entry.result);
        let tone = if matches!(entry.result, "failed" | "world-changed") {
            Tone::Error
        } else {
            Tone::Note
        };
        let (time, commands) = (time_of_day(wall), entry.commands.clone());
        self.push(Line { time, text: glyphs.text(&text).into_owned(), item: None, tone, commands });
    }

    fn push(&mut self, line: Line) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Takes over the lines of another log.
    pub fn append(&mut self, later: Log) {
        self.lines.extend(later.lines);
        let surplus = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..surplus);
    }

    /// All lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }
}

fn line(wall: u32, happening: &Happening, glyphs: &Glyphs) -> Line {
    let (sign, tone) = match happening.what {
        What::Appeared => ('+', Tone::Added),
        What::Gone => ('-', Tone::Removed),
        What::Changed(_) => ('~', Tone::Changed),
    };
    let netns = &happening.netns_label;
    let mut text = match &happening.link {
        None => format!("{sign} namespace {netns}"),
        Some(link) => format!("{sign} {} in {netns}", link.name),
    };
    match (&happening.what, &happening.link) {
        (What::Changed(list), _) => text.push_str(&changes(list, glyphs)),
        (_, Some(link)) => {
            text.push_str(&link.parent.as_ref().map(|p| format!(" on {p}")).unwrap_or_default());
        }
        _ => {}
    }
    let item = match &happening.link {
        Some(link) => Some(Item::Link(link.key)),
        None => Some(Item::Netns(happening.netns)),
    };
    Line {
        time: time_of_day(wall),
        text: glyphs.text(&text).into_owned(),
        item,
        tone,
        commands: Vec::new(),
    }
}

fn changes(list: &[Difference], glyphs: &Glyphs) -> String {
    let told: Vec<_> = list
        .iter()
        .map(|difference| {
            let field = difference.field.replace('_', " ");
            let or_none = |value: &str| {
                if value.is_empty() { "none".to_owned() } else { value.to_owned() }
            };
            let (from, to) = (or_none(&difference.from), or_none(&difference.to));
            format!(" {field} {from} {} {to}", glyphs.arrow)
        })
        .collect();
    told.join(";")
}

/// Seconds since midnight as `HH:MM:SS`.
pub fn time_of_day(seconds: u32) -> String {
    let (hours, minutes, seconds) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::super::glyphs::UNICODE;
    use super::*;
    use crate::model::fixture::{C2, host, key};
    use crate::model::{Change, LinkKind, Mode};

    #[test]
    fn lines_tell_what_happened() {
        let mut topology = host();
        let mut link = topology.link(key(C2, 2)).unwrap().clone();
        let LinkKind::Macvlan(macvlan) = &mut link.kind else { panic!("a macvlan") };
        macvlan.mode = Mode::Bridge;
        let mut told = topology.apply(Change::Link(Box::new(link)));
        told.extend(topology.apply(Change::NetnsGone(C2)));
        let lines: Vec<_> =
            told.iter().map(|happening| line(81_064, happening, &UNICODE)).collect();
        assert_eq!(lines[0].time, "22:31:04");
        assert_eq!(lines[0].text, "~ eth0 in centos1-2 mode vepa → bridge");
        assert_eq!(lines[1].text, "- eth0 in centos1-2 on ens8 in host");
        assert_eq!(lines[2].text, "- namespace centos1-2");
    }

    #[test]
    fn it_does_not_grow() {
        let told = host().apply(Change::NetnsGone(C2));
        let (mut log, mut later) = (Log::default(), Log::default());
        for _ in 0..KEPT {
            log.add(0, &told[0], &UNICODE);
            later.add(1, &told[0], &UNICODE);
        }
        later.add(2, &told[0], &UNICODE);
        log.append(later);
        assert_eq!(log.lines().len(), KEPT);
        assert_eq!(log.lines().next_back().map(|line| &*line.time), Some("00:00:02"));
    }
}
