//! What comes into the state machine and what it asks for. Neither does anything by itself: the
//! runtime makes events and performs effects.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::packets::Batch;
use crate::model::{Answers, Change, Frame, LinkKey, NetnsId, Problem, Stack, Stats};
use crate::plan::journal::Entry;
use crate::plan::recipe::Form;
use crate::plan::session::Session;
use crate::plan::{Outcome, Plan};
use crate::reach::{Found, Pair};

/// When an event came in; the state machine reads no clock of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time since the program started.
    pub since_start: Duration,
    /// Local wall clock, in seconds since midnight.
    pub wall: u32,
}

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key, the mouse, a resize, pasted text.
    Input(crossterm::event::Event),
    /// News of the host, in order.
    Changes(Vec<Change>),
    /// The first full picture of the host is complete; from here on changes are worth telling.
    Ready,
    /// Counters of the links asked for by [`Effect::Watch`], once a second.
    Stats(Vec<(LinkKey, Stats)>),
    /// The time that [`App::next_tick`](super::App::next_tick) named has come.
    Tick,
    /// An export ended: where it went, or why it failed.
    Exported(Result<String, String>),
    /// A copy ended: [`Effect::Copy::told`], or why it failed.
    Copied(Result<String, String>),
    /// The observer stopped; a sentence that says why.
    Lost(String),
    /// The plan of [`Effect::Apply`] was carried out, or failed.
    Applied {
        /// What became of it.
        outcome: Outcome,
        /// How long it stands unless [`Effect::Keep`] comes in time.
        reverts_in: Option<Duration>,
    },
    /// The change that waited stands.
    Kept,
    /// The change that waited was reverted.
    Reverted {
        /// What became of the undoing.
        outcome: Outcome,
        /// Why, as a clause: `nobody kept it in time`.
        why: String,
    },
    /// The SSH connection that the operator works through.
    Session(Session),
    /// The shell of [`Effect::Shell`] ended, or why there was none.
    ShellEnded(Result<(), String>),
    /// The test of [`Effect::Probe`] is over.
    Probed {
        /// The two.
        pair: [LinkKey; 2],
        /// What arrived, or why nothing could be sent.
        result: Result<Found, String>,
    },
    /// The question of [`Effect::ProbeOutside`] is over.
    OutsideProbed {
        /// Who asked.
        from: LinkKey,
        /// From which address for which.
        asked: Pair,
        /// What was answered, or why nothing could be sent.
        result: Result<Answers, String>,
    },
    /// There is a gateway for [`Effect::AskGateway`].
    Gateway {
        /// The interface that has it.
        of: LinkKey,
        /// Its address.
        gateway: IpAddr,
    },
    /// What both stacks answered [`Effect::AskStacks`].
    Stacks {
        /// The two.
        pair: [LinkKey; 2],
        /// Each about packets to the other; nothing of one that could not be asked.
        stacks: [Stack; 2],
    },
    /// What the capture of [`Effect::Capture`] has caught, at most ten times a second; the first one, as
    /// soon as its socket is open, is empty.
    Caught(Batch),
    /// That capture is over, though nobody asked for its end; why, as a clause.
    CaptureEnded(String),
    /// The file of [`Effect::WritePackets`] is begun: where it is, or why there is none.
    Writing(Result<String, String>),
    /// That file is complete.
    Written {
        /// Where it is.
        path: String,
        /// How many packets it has, or why it can't be completed.
        result: Result<u64, String>,
    },
    /// The journal could not be written; why.
    JournalFailed(String),
    /// The lab of [`Effect::Stage`] is built, with what had to be left out of it; or why it is not.
    Staged(Result<Vec<Problem>, String>),
    /// The recording ended before the session; why.
    RecordingFailed(String),
}

/// Something that the state machine wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End the program.
    Quit,
    /// Stop as Ctrl-Z does, and redraw on return.
    Suspend,
    /// Clear the terminal and draw everything anew.
    Redraw,
    /// Look for namespaces again and read all of them.
    Rescan,
    /// Put a text into the terminal's clipboard (OSC 52).
    Copy {
        /// The text.
        text: String,
        /// What to call it when that is done.
        told: String,
    },
    /// Write what is shown to a file.
    Export {
        /// As what.
        format: ExportFormat,
        /// Where to.
        path: String,
        /// Whether the path is only a proposal, which gets a number when there is such a file.
        proposed: bool,
    },
    /// From now on read the counters of exactly these links.
    Watch(Vec<LinkKey>),
    /// Find out how this link's parent is known; the answer comes as `Change::Link`.
    Examine(LinkKey),
    /// Send a few frames between two interfaces, both ways; the answer comes as [`Event::Probed`].
    /// The next one is not asked for before.
    Probe([LinkKey; 2]),
    /// Ask from an interface for one address in the outside; the answer comes as
    /// [`Event::OutsideProbed`]. The next test is not asked for before.
    ProbeOutside {
        /// Who asks.
        from: LinkKey,
        /// From which address for which.
        asked: Pair,
    },
    /// Ask the interface's stack for the gateway behind it; one that there is comes as [`Event::Gateway`].
    AskGateway(LinkKey),
    /// Ask both stacks for their ways to each other; the answer, if the two have addresses for it, comes as
    /// [`Event::Stacks`].
    AskStacks([LinkKey; 2]),
    /// Capture what passes this interface, and nothing else any more; `None` to end it. What comes is told
    /// by [`Event::Caught`].
    Capture(Option<LinkKey>),
    /// Write captured packets to a file, and from then on all that come.
    WritePackets {
        /// The interface that they passed.
        link: LinkKey,
        /// Where to.
        path: String,
        /// Whether the path is only a proposal, which gets a number when there is such a file.
        proposed: bool,
        /// Those that come first.
        frames: Vec<Arc<Frame>>,
        /// Number of the last packet that was told; those behind it follow.
        taken: u64,
    },
    /// Complete that file.
    EndWriting,
    /// Carry out a plan that was confirmed; the answer comes as [`Event::Applied`].
    Apply {
        /// The plan.
        plan: Box<Plan>,
        /// Revert it after this time unless [`Effect::Keep`] comes before.
        revert_after: Option<Duration>,
    },
    /// Let the change stand that would revert by itself.
    Keep,
    /// Revert it now.
    Revert,
    /// Give the terminal to a shell in this namespace until it ends.
    Shell(NetnsId),
    /// Append this to the journal's file, if there is one.
    Journal(Entry),
    /// Take down the lab and build the one of this name; the answer comes as [`Event::Staged`].
    Stage(String),
}

impl Effect {
    /// Copies commands of `ip`, one a line.
    pub(super) fn copy_commands(text: String) -> Self {
        let told = match text.lines().count() {
            0 | 1 => text.clone(),
            lines => format!("{lines} commands, a line each"),
        };
        Self::Copy { text, told }
    }

    /// Copies what would make an equal network. No line ends it: in a shell it waits for Enter.
    pub(super) fn copy_recipe(form: Form, text: &str) -> Self {
        let text = text.trim_end().to_owned();
        let told = match (form, text.lines().count()) {
            (Form::Docker | Form::Podman, 0 | 1) => format!("1 {} command", form.name()),
            (_, 1) => format!("{}, 1 line", form.meaning()),
            (_, lines) => format!("{}, {lines} lines", form.meaning()),
        };
        Self::Copy { text, told }
    }
}

/// What an export can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// The tree as text.
    #[default]
    Tree,
    /// One line a link.
    Table,
    /// The versioned JSON document.
    Json,
    /// A graph for Graphviz.
    Dot,
}

impl ExportFormat {
    /// Every format, in the order in which the prompt walks through them.
    pub const ALL: [Self; 4] = [Self::Tree, Self::Table, Self::Json, Self::Dot];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Json => "json",
            Self::Dot => "dot",
        }
    }

    /// What a path's ending asks for.
    pub fn of_path(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        match ending {
            "tree" => Some(Self::Tree),
            "gv" => Some(Self::Dot),
            other => Self::ALL.into_iter().find(|format| format.extension() == other),
        }
    }

    /// The usual ending of such a file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Tree => "txt",
            Self::Table => "table",
            Self::Json => "json",
            Self::Dot => "dot",
        }
    }
}
