//! Everything the screen depends on, and how events change it. Pure: no I/O, no clock, no terminal;
//! what must be done outside comes back as [`Effect`]s.

mod act;
pub mod action;
pub mod authority;
pub mod change;
pub mod chord;
mod copy;
pub mod event;
pub mod fix;
pub mod form;
pub mod glow;
pub mod glyphs;
pub mod keymap;
mod kin;
mod lab;
pub mod layout;
pub mod lesson;
pub mod log;
mod marks;
mod mouse;
mod news;
pub mod packets;
pub mod prompt;
pub mod reach;
mod roll;
mod scopes;
pub mod screens;
pub mod sheet;
pub mod traffic;
pub mod tree;
mod update;

#[cfg(test)]
pub(crate) mod driver;
#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use ratatui::layout::Rect;

use crate::lint::Finding;
use crate::model::{Counts, Item, Link, LinkKey, Topology};
use crate::plan::session::Session;

pub use action::Action;
pub use authority::Authority;
pub use event::{Effect, Event, ExportFormat, Now};
pub use lab::Lab;
pub use update::update;

use change::Work;
use form::Form;
use glow::Glow;
use glyphs::Glyphs;
use keymap::Keymap;
use lesson::Course;
use log::Log;
use packets::Packets;
use prompt::Prompt;
use reach::Reach;
use screens::card::Shown;
use screens::{Open, Screen};
use sheet::{Sheet, Tone};
use traffic::Traffic;
use tree::Tree;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorDepth {
    /// No colour, by wish (`NO_COLOR`) or by lack.
    None,
    /// The sixteen that every terminal's own palette defines.
    #[default]
    Sixteen,
    /// The xterm palette.
    TwoFiftySix,
    /// 24 bits.
    True,
}

/// What does not change while the program runs.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Colours to use.
    pub colors: ColorDepth,
    /// Whether the mouse is ours; the help screen tells.
    pub mouse: bool,
    /// The user's keys.
    pub keymap: Keymap,
    /// What may be changed.
    pub authority: Authority,
    /// After how long every change reverts by itself unless it is kept; zero for never. Where
    /// nothing was said, only one that endangers the operator's own connection does.
    pub confirm_within: Option<Duration>,
    /// Where random numbers begin.
    pub seed: u64,
    /// The lab that is looked at in place of a host.
    pub lab: Option<Lab>,
}

/// What has the focus while the trees are on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The tree.
    #[default]
    Tree,
    /// The details beside or below it.
    Details,
}

/// A sentence in the footer, until a key is pressed or its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
    /// When it disappears.
    pub until: Duration,
}

/// A picture held still, and what happened behind it since.
#[derive(Debug)]
struct Held {
    topology: Topology,
    log: Log,
    count: usize,
}

/// The state of the user interface.
#[derive(Debug)]
pub struct App {
    settings: Settings,
    topology: Topology,
    held: Option<Held>,
    ready: bool,
    lost: Option<String>,
    tree: Tree,
    findings: Vec<Finding>,
    worst: HashMap<Item, usize>,
    counts: Counts,
    warnings: usize,
    pane: Pane,
    details_scroll: usize,
    screens: Vec<Open>,
    prompt: Option<Prompt>,
    form: Option<Form>,
    /// The marked rows, while rows are being marked.
    marks: Option<BTreeSet<LinkKey>>,
    work: Work,
    reach: Reach,
    course: Course,
    /// What the mode card on the screen shows.
    card: Option<Shown>,
    /// What passes an interface, while somebody looks.
    packets: Option<Packets>,
    /// The interface whose packets the runtime was last asked for.
    capturing: Option<LinkKey>,
    /// The SSH connection that the operator works through.
    session: Option<Session>,
    random: u64,
    filter: String,
    log: Log,
    traffic: Traffic,
    glow: Glow,
    notice: Option<Notice>,
    area: Rect,
    now: Now,
    watched: Vec<LinkKey>,
    detailed: Option<LinkKey>,
    examined: Option<LinkKey>,
    /// The rows no longer fit the selection of what to show.
    stale: bool,
    /// What is derived from the topology no longer fits it.
    outdated: bool,
    digested: Duration,
    dirty: bool,
}

impl App {
    /// An empty screen; the size comes with the first resize event.
    pub fn new(settings: Settings) -> Self {
        let topology = settings.lab.as_ref().map(Lab::topology).unwrap_or_default();
        Self {
            random: settings.seed,
            settings,
            topology,
            held: None,
            ready: false,
            lost: None,
            tree: Tree::default(),
            findings: Vec::new(),
            worst: HashMap::new(),
            counts: Counts::default(),
            warnings: 0,
            pane: Pane::Tree,
            details_scroll: 0,
            screens: Vec::new(),
            prompt: None,
            form: None,
            marks: None,
            work: Work::default(),
            reach: Reach::default(),
            course: Course::default(),
            card: None,
            packets: None,
            capturing: None,
            session: None,
            filter: String::new(),
            log: Log::default(),
            traffic: Traffic::default(),
            glow: Glow::default(),
            notice: None,
            area: Rect::default(),
            now: Now::default(),
            watched: Vec::new(),
            detailed: None,
            examined: None,
            stale: false,
            outdated: false,
            digested: Duration::ZERO,
            dirty: true,
        }
    }

    /// Whether the screen no longer shows the state.
    pub fn needs_draw(&self) -> bool {
        self.dirty
    }

    /// Tells that the screen shows the state.
    pub fn drawn(&mut self) {
        self.dirty = false;
    }

    /// How long until time alone changes the screen; `None` when nothing on it moves.
    pub fn next_tick(&self, now: Now) -> Option<Duration> {
        let now = now.since_start;
        let notice = self.notice.as_ref().map(|notice| notice.until.saturating_sub(now));
        let growth = self.outdated.then(|| (self.digested + news::GROWTH).saturating_sub(now));
        let count = self.next_count(now);
        let lesson = self.next_of_lesson(now);
        let others = [notice, growth, count, lesson, self.reach.next(now)].into_iter().flatten();
        self.glow.next(now).into_iter().chain(others).min()
    }

    /// Settings as they were given.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The characters to draw with.
    pub fn glyphs(&self) -> &'static Glyphs {
        if self.settings.ascii { &glyphs::ASCII } else { &glyphs::UNICODE }
    }

    /// The host as it is shown: as it is, or as it was when the picture was held still.
    pub fn topology(&self) -> &Topology {
        self.held.as_ref().map_or(&self.topology, |held| &held.topology)
    }

    /// How many things happened since the picture is held still.
    pub fn paused(&self) -> Option<usize> {
        self.held.as_ref().map(|held| held.count)
    }

    /// Whether the first full picture is complete.
    pub fn ready(&self) -> bool {
        self.ready
    }

    /// Why no more news comes.
    pub fn lost(&self) -> Option<&str> {
        self.lost.as_deref()
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// All findings, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The worst finding of a link or namespace.
    pub fn worst_finding(&self, item: Item) -> Option<&Finding> {
        self.findings.get(*self.worst.get(&item)?)
    }

    /// Numbers for the header.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many findings and problems there are that are worse than a note.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// What has the focus while the trees are on the screen.
    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// First line of the details on the screen.
    pub fn details_scroll(&self) -> usize {
        self.details_scroll
    }

    /// What lies over the trees.
    pub fn screen(&self) -> Option<&Open> {
        self.screens.last()
    }

    /// What is being typed.
    pub fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// The filter's text; empty when there is none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// What happened.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What the watched links carry.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Which rows changed a moment ago.
    pub fn glow(&self) -> &Glow {
        &self.glow
    }

    /// A sentence for the footer.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// The selected link, if a link is selected.
    pub fn selected_link(&self) -> Option<&Link> {
        match self.tree.selected()? {
            Item::Link(key) => self.topology().link(key),
            _ => None,
        }
    }

    /// The text of what lies over the trees.
    pub fn sheet(&self, screen: Screen) -> Sheet {
        let sheet = match screen {
            Screen::Details => screens::details::sheet(self),
            Screen::Help => screens::help::sheet(self),
            Screen::Warnings => screens::warnings::sheet(self),
            Screen::Events => screens::events::sheet(self),
            Screen::Lessons => self.lessons_sheet(),
            Screen::Reach => self.reach_sheet(),
            Screen::Path => self.path_sheet(),
            Screen::Card => self.card_sheet(),
            Screen::Modes => screens::card::modes(),
            Screen::Packets => self.packets_sheet(),
            Screen::Packet => self.packet_sheet(),
            Screen::Confirm => self.question().unwrap_or_default(),
            Screen::Failed => {
                self.failed().map(|failed| failed.sheet(self.glyphs())).unwrap_or_default()
            }
        };
        sheet.spelled(self.glyphs())
    }

    /// Whether details are on the screen, in their pane or over everything.
    fn shows_details(&self) -> bool {
        match self.screens.last() {
            Some(open) => open.screen == Screen::Details,
            None => self.layout().details.height > 0,
        }
    }
}
