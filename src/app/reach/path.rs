//! The way of frames between two ends, drawn: what they pass stands side by side, and each frame goes
//! from one to the next until it arrives or is dropped.
//!
//! ```text
//!                eth0/web        ens8        switch         ens8       eth0/db
//!                  vepa         parent       assumed       parent       vepa
//! unicast           │────────────→│────────────→✗            │            │
//!                   │             │             ✗←───────────│←───────────│
//! ```

use unicode_width::UnicodeWidthStr;

use crate::app::App;
use crate::app::glyphs::Glyphs;
use crate::app::sheet::{Sheet, Tone};
use crate::model::text::shorten;
use crate::reach::{Behind, Endpoint, Segment, Station, Switch, Way, lost_at, stations};

/// Columns for the labels before the drawing.
const LABEL: u16 = 10;
/// A station that is narrower can't be told from others.
const NARROWEST: usize = 9;

impl App {
    /// The way between the selected two, both ways, to one and to all.
    pub(in crate::app) fn path_sheet(&self) -> Sheet {
        let Some(pair) = self.reach.pair else { return Sheet::default() };
        let topology = self.topology();
        let name = |end: Endpoint| match end {
            Endpoint::Link(key) => topology.describe(key),
            Endpoint::Outside(key) => format!("outside of {}", topology.describe(key)),
        };
        let [from, to] = pair.map(name);
        let mut sheet = Sheet::new(format!("{from} {} {to}", self.glyphs().arrow));
        if pair[0] != pair[1] {
            self.draw_frames(&mut sheet, pair);
            sheet.add("", "");
        }
        self.tell_pair(&mut sheet, pair);
        if let Some(behind) = self.behind(pair) {
            sheet.toned("switch", behind.sentence(topology), Tone::Dim);
        }
        sheet
    }

    /// What is behind the wire that the first frame leaves through to the other end.
    fn behind(&self, ends: [Endpoint; 2]) -> Option<Behind> {
        Behind::between(self.topology(), ends, self.reach.assumed)
    }

    fn draw_frames(&self, sheet: &mut Sheet, pair: [Endpoint; 2]) {
        let stations = stations(self.topology(), pair[0], pair[1]);
        let room = usize::from(self.places(self.area).screen.width.saturating_sub(LABEL));
        let drawing = Drawing { glyphs: self.glyphs(), column: room / stations.len() };
        let is_drawn = drawing.column >= NARROWEST;
        if is_drawn {
            let names = stations.iter().map(|station| self.name_of(*station));
            sheet.add("", drawing.heads(names));
            let kinds = stations.iter().map(|station| self.kind_of(*station, pair));
            sheet.toned("", drawing.heads(kinds), Tone::Dim);
        }
        let verdict = self.verdict_on(pair);
        for (label, ways) in [("unicast", &verdict.unicast), ("broadcast", &verdict.broadcast)] {
            if is_drawn {
                sheet.add("", drawing.idle(stations.len()));
            }
            for (way, is_back) in ways.iter().zip([false, true]) {
                let mut order = stations.clone();
                if is_back {
                    order.reverse();
                }
                let lost = lost_at(way, &order);
                let text = if is_drawn {
                    drawing.frame(stations.len(), lost, is_back)
                } else {
                    self.frame_in_words(&order, lost)
                };
                sheet.toned(if is_back { "" } else { label }, text, tone(way));
            }
        }
    }

    /// The same where there is no room to draw.
    fn frame_in_words(&self, stations: &[Station], lost: Option<usize>) -> String {
        let glyphs = self.glyphs();
        let reached = lost.map_or(stations.len(), |at| at + 1);
        let names: Vec<_> = stations[..reached].iter().map(|s| self.name_of(*s)).collect();
        let sign = if lost.is_some() { glyphs.error } else { glyphs.good };
        format!("{} {sign}", names.join(&format!(" {} ", glyphs.arrow)))
    }

    fn name_of(&self, station: Station) -> String {
        let topology = self.topology();
        match station {
            Station::End(end) => end.label(topology),
            Station::Lower(key) => {
                topology.link(key).map(|link| link.name.to_string()).unwrap_or_default()
            }
            Station::Switch => "switch".into(),
        }
    }

    fn kind_of(&self, station: Station, pair: [Endpoint; 2]) -> String {
        let topology = self.topology();
        match station {
            Station::End(Endpoint::Outside(_)) => "the wire".into(),
            Station::End(Endpoint::Link(key)) => {
                let macvlan = topology.link(key).and_then(|link| link.macvlan());
                macvlan.map_or("own stack".into(), |macvlan| macvlan.mode.to_string())
            }
            Station::Lower(_) => "parent".into(),
            Station::Switch => {
                match self.behind(pair).filter(|b| !b.is_assumed()).map(|b| (b.segment, b.switch)) {
                    Some((Segment::Bridge(_), Switch::Normal)) => "hairpin off".into(),
                    Some((Segment::Bridge(_), Switch::Reflective)) => "hairpin on".into(),
                    Some((Segment::Peer(_), _)) => "none".into(),
                    _ => "assumed".into(),
                }
            }
        }
    }
}

fn tone(way: &Way) -> Tone {
    if way.arrives() { Tone::Good } else { Tone::Error }
}

/// Stations side by side, all of one width.
struct Drawing {
    glyphs: &'static Glyphs,
    column: usize,
}

impl Drawing {
    /// Texts over the stations, each in the middle of its own.
    fn heads(&self, texts: impl Iterator<Item = String>) -> String {
        let mut line = String::new();
        for text in texts {
            let text = self.glyphs.text(&text);
            let text = shorten(&text, self.column - 1, self.glyphs.ellipsis);
            let before = (self.column - text.width()) / 2;
            line.extend(std::iter::repeat_n(' ', before));
            line.push_str(&text);
            line.extend(std::iter::repeat_n(' ', self.column - before - text.width()));
        }
        line
    }

    /// No frame.
    fn idle(&self, count: usize) -> String {
        self.line(count, |_| (self.glyphs.vertical, [" "; 2]))
    }

    /// A frame that gets to a station, the sender's being 0, or to the last.
    fn frame(&self, count: usize, lost: Option<usize>, is_back: bool) -> String {
        let end = count - 1;
        let (reached, place) =
            (lost.unwrap_or(end), |at: usize| if is_back { end - at } else { at });
        let Glyphs { horizontal, right, left, vertical, error, .. } = *self.glyphs;
        self.line(count, |at| {
            let sign = if lost == Some(place(at)) { error } else { vertical };
            // The hop to the right of a station begins there, or, on the way back, ends there.
            let passed = if is_back { at < end && place(at) <= reached } else { at < reached };
            match (passed, is_back) {
                (false, _) => (sign, [" "; 2]),
                (true, false) => (sign, [horizontal, right]),
                (true, true) => (sign, [left, horizontal]),
            }
        })
    }

    /// A line of stations; each is told by its sign and by what the way to the next begins or ends
    /// with: on the way there the arrow's head stands last, on the way back first.
    fn line<'a>(&self, count: usize, told: impl Fn(usize) -> (&'a str, [&'a str; 2])) -> String {
        let rule = self.glyphs.horizontal;
        let mut line = " ".repeat(self.column / 2);
        for at in 0..count {
            let (sign, [first, end]) = told(at);
            line.push_str(sign);
            if at + 1 < count {
                let fill = if first == " " { " " } else { rule };
                line.push_str(first);
                line.push_str(&fill.repeat(self.column.saturating_sub(3)));
                line.push_str(end);
            }
        }
        line
    }
}
