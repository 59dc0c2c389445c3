//! Changes as JSON lines, for `macvlens watch`: first the whole document, then a line for everything
//! that happens. The clock is the caller's.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::document::{self, Document, SCHEMA};
use super::json::{json_text, write_line};
use super::networks::{Network, networks};
use crate::model::forest::{Selection, is_macvlan_or_below};
use crate::model::{Difference, Happening, LinkKey, LinkNote, Topology, What};

/// Writes the lines of one watch and remembers which links it has told of, so that nothing
/// disappears that never appeared, and nothing that appeared stays for ever.
#[derive(Debug)]
pub struct Watch {
    all: bool,
    told: BTreeSet<LinkKey>,
    /// The networks as they were written last.
    networks: Vec<u8>,
}

#[derive(Serialize)]
struct Line<'a, T> {
    schema: u32,
    time: String,
    event: &'a str,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize)]
struct Event<'a> {
    namespace: Namespace<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change<'a>>>,
}

#[derive(Serialize)]
struct Networks<'a> {
    networks: Vec<Network<'a>>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    id: Option<u64>,
    label: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Link<'a> {
    Present(Box<document::Link<'a>>),
    Gone { ifindex: u32, name: Cow<'a, str>, kind: &'a str },
}

#[derive(Serialize)]
struct Change<'a> {
    field: &'static str,
    from: &'a str,
    to: &'a str,
}

impl Watch {
    /// A watch over all links, or over macvlans and what is below them.
    pub fn new(all: bool) -> Self {
        Self { all, told: BTreeSet::new(), networks: Vec::new() }
    }

    /// Writes the whole document, as the first line, or again when happenings may have been missed.
    pub fn snapshot(
        &mut self,
        out: &mut impl Write,
        topology: &Topology,
        time: SystemTime,
    ) -> io::Result<()> {
        let shown = topology.links().filter(|link| self.all || is_macvlan_or_below(topology, link));
        self.told = shown.map(|link| link.key).collect();
        let document = Document::new(topology, &self.selection());
        self.networks = serde_json::to_vec(&document.networks)?;
        write(out, "snapshot", time, document)
    }

    /// Writes the networks, if they are not as they were written last.
    pub fn networks(
        &mut self,
        out: &mut impl Write,
        topology: &Topology,
        time: SystemTime,
    ) -> io::Result<()> {
        let networks = networks(topology, &self.selection());
        let written = serde_json::to_vec(&networks)?;
        if written == self.networks {
            return Ok(());
        }
        self.networks = written;
        write(out, "networks-changed", time, Networks { networks })
    }

    fn selection(&self) -> Selection {
        Selection { all: self.all, ..Selection::default() }
    }

    /// Writes one happening, after the topology has taken it in. Nothing is written for a link
    /// outside this watch.
    pub fn happening(
        &mut self,
        out: &mut impl Write,
        topology: &Topology,
        happening: &Happening,
        time: SystemTime,
    ) -> io::Result<()> {
        let link = match &happening.link {
            None => None,
            Some(note) => match self.link(topology, note, &happening.what) {
                None => return Ok(()),
                some => some,
            },
        };
        let event = match (&happening.what, link.is_some()) {
            (What::Appeared, true) => "link-appeared",
            (What::Gone, true) => "link-gone",
            (What::Changed(_), true) => "link-changed",
            (What::Appeared, false) => "namespace-appeared",
            (What::Gone, false) => "namespace-gone",
            (What::Changed(_), false) => "namespace-changed",
        };
        let changes = match &happening.what {
            What::Changed(list) => Some(list.iter().map(Change::from).collect()),
            What::Appeared | What::Gone => None,
        };
        let namespace = Namespace { id: happening.netns_inode, label: &happening.netns_label };
        write(out, event, time, Event { namespace, link, changes })
    }

    /// The link that something happened to, unless it is outside this watch. A link that is gone
    /// again by now, with the news of that still to come, is told of by its name only.
    fn link<'a>(
        &mut self,
        topology: &'a Topology,
        note: &'a LinkNote,
        what: &What,
    ) -> Option<Link<'a>> {
        let present = topology.link(note.key).filter(|_| *what != What::Gone);
        let wanted = self.all
            || self.told.contains(&note.key)
            || present.is_some_and(|link| is_macvlan_or_below(topology, link));
        if !wanted {
            return None;
        }
        if *what == What::Gone {
            self.told.remove(&note.key);
        } else {
            self.told.insert(note.key);
        }
        Some(match present {
            Some(link) => Link::Present(Box::new(document::Link::new(topology, link))),
            None => Link::Gone {
                ifindex: note.key.ifindex,
                name: json_text(&note.name),
                kind: &note.kind,
            },
        })
    }
}

impl<'a> From<&'a Difference> for Change<'a> {
    fn from(difference: &'a Difference) -> Self {
        Self { field: difference.field, from: &difference.from, to: &difference.to }
    }
}

fn write(
    out: &mut impl Write,
    event: &str,
    time: SystemTime,
    rest: impl Serialize,
) -> io::Result<()> {
    let time = DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true);
    write_line(out, &Line { schema: SCHEMA, time, event, rest })
}
