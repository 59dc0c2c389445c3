//! The command line: the one source of `--help`, the completions and the man page. It only says
//! what can be asked for; the binary does it.

mod change;
mod export;
mod help;
mod lab;
mod lesson;
mod look;
mod packets;
mod reach;

use std::os::fd::RawFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::model::Mode;

pub use change::{Change, Create, Delete, Edits, Kind, Manner, Named, Netns, Report, Set};
pub use export::Export;
use help::long_help;
pub use help::{write_completions, write_man};
pub use lab::Lab;
pub use lesson::Lessons;
pub use look::{By, Look, Show, Stream, Watch};
pub use packets::Packets;
pub use reach::{Probe, Reach, Shape};

/// Show every macvlan of this host, in every network namespace.
///
/// Without a command, the terminal UI opens and follows the kernel live.
#[derive(Debug, Parser)]
#[command(name = "macvlens", version, after_long_help = long_help("macvlens"))]
pub struct Cli {
    /// How things look, whatever is asked for.
    #[command(flatten)]
    pub look: Look,

    /// Refuse every change
    #[arg(long, global = true, display_order = 100)]
    pub read_only: bool,

    /// Undo every change by itself unless it is confirmed again within so many seconds; without
    /// this, 30 for one that touches what carries your SSH connection; 0 never
    #[arg(long, global = true, value_name = "SECONDS", display_order = 100)]
    pub confirm_within: Option<u32>,

    /// Append every change to this file, as a JSON line
    #[arg(long, global = true, value_name = "FILE", display_order = 100)]
    pub journal: Option<PathBuf>,

    /// Record the UI's screen in this new file, as an asciicast; what is typed is not in it
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "picture",
        display_order = 100
    )]
    pub record: Option<PathBuf>,

    /// Ask the engine at this address, such as unix:///run/docker.sock or tcp://HOST:PORT, and no
    /// other Docker; without this, that in DOCKER_HOST, else those at the usual places
    #[arg(long, global = true, value_name = "HOST", display_order = 100)]
    pub docker_host: Option<String>,

    /// Read CNI network configurations from this directory and not from /etc/cni/net.d; may be
    /// repeated
    #[arg(long, global = true, value_name = "DIR", display_order = 100)]
    pub cni_conf_dir: Vec<PathBuf>,

    /// Draw the UI's screen as an SVG picture into this new file instead of opening it
    #[arg(long, global = true, value_name = "FILE", display_order = 100)]
    pub picture: Option<PathBuf>,

    /// Keys to press before the picture is taken, as the help screen spells them, with spaces between
    #[arg(long, global = true, requires = "picture", default_value = "", display_order = 100)]
    pub keys: String,

    /// Columns and rows of the picture
    #[arg(long, global = true, requires = "picture", value_name = "COLUMNSxROWS",
        value_parser = size, default_value = "120x36", display_order = 100)]
    pub size: (u16, u16),

    /// Leave the mouse to the terminal
    #[arg(long)]
    pub no_mouse: bool,

    /// Read the settings from this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Tells the process inside a lab's namespaces where its topology is: the number of a descriptor
    #[arg(long, hide = true)]
    pub inside_lab: Option<RawFd>,

    /// What to do instead of opening the UI.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Columns and rows, at least those that show more than a sentence.
fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').map(|(columns, rows)| (columns.parse(), rows.parse()));
    match parts {
        Some((Ok(columns @ 40..=500), Ok(rows @ 10..=200))) => Ok((columns, rows)),
        _ => Err("columns and rows are like 120x36, from 40x10 to 500x200".into()),
    }
}

impl Cli {
    /// Whether the UI is asked for.
    pub fn opens_ui(&self) -> bool {
        match &self.command {
            None => true,
            Some(Command::Lab(lab)) => lab.is_on_screen(),
            Some(_) => false,
        }
    }

    /// Whether options are given that mean something to the UI alone.
    pub fn is_for_ui(&self) -> bool {
        self.record.is_some() || self.picture.is_some()
    }

    /// How long every change can wait to be confirmed again, if that was said.
    pub fn confirm_within(&self) -> Option<Duration> {
        self.confirm_within.map(|seconds| Duration::from_secs(seconds.into()))
    }
}

/// The names of [`Command`]'s variants; a test compares them.
const COMMANDS: [&str; 14] = [
    "show",
    "watch",
    "reach",
    "probe",
    "packets",
    "export",
    "lab",
    "create",
    "delete",
    "set",
    "netns",
    "modes",
    "completions",
    "man",
];

/// What there is besides the UI.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what is there now, and exit
    #[command(after_long_help = long_help("show"))]
    Show(Show),

    /// Print what is there now and then every change, as JSON lines, until interrupted
    #[command(after_long_help = long_help("watch"))]
    Watch(Watch),

    /// Predict whether one endpoint reaches another, and say why not
    #[command(after_long_help = long_help("reach"))]
    Reach(Reach),

    /// Test with a few frames whether one interface reaches another, beside the prediction
    #[command(after_long_help = long_help("probe"))]
    Probe(Probe),

    /// Show what passes an interface, live, and keep it for Wireshark
    #[command(after_long_help = long_help("packets"))]
    Packets(Packets),

    /// Print what would make an equal network or interface
    #[command(after_long_help = long_help("export"))]
    Export(Export),

    /// Open the UI on a toy network of its own, to learn and to try things; needs no root
    #[command(after_long_help = long_help("lab"))]
    Lab(Lab),

    /// Make a macvlan, macvtap or VLAN sub-interface
    #[command(after_long_help = long_help("create"))]
    Create(Box<Create>),

    /// Delete a link
    #[command(after_long_help = long_help("delete"))]
    Delete(Delete),

    /// Change properties of a link
    #[command(after_long_help = long_help("set"))]
    Set(Box<Set>),

    /// Make and delete named namespaces, as ip netns does
    #[command(subcommand, after_long_help = long_help("netns"))]
    Netns(Netns),

    /// Print what a macvlan mode does, who reaches whom in it, and what it costs and needs
    #[command(after_long_help = long_help("modes"))]
    Modes {
        /// The mode; without one, all five in a sentence each
        #[arg(value_parser = change::mode())]
        mode: Option<Mode>,
    },

    /// Print completions for a shell
    #[command(after_long_help = long_help("completions"))]
    Completions {
        /// The shell
        shell: Shell,
    },

    /// Print the man page of macvlens or of one of its commands
    #[command(after_long_help = long_help("man"))]
    Man {
        /// The command
        #[arg(value_parser = COMMANDS)]
        command: Option<String>,
    },
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All went well.
    Fine,
    /// Something failed; stderr says what.
    Failed,
    /// The command line made no sense. clap ends the program with the same number.
    Usage,
    /// The view has gaps; stderr names them.
    Incomplete,
    /// A rule forbids the change, and nothing was tried.
    Refused,
    /// What the plan relied on changed before it could be carried out, and nothing was tried.
    WorldChanged,
}

impl Status {
    /// Every status, in the order of the numbers.
    pub const ALL: [Self; 6] = [
        Self::Fine,
        Self::Failed,
        Self::Usage,
        Self::Incomplete,
        Self::Refused,
        Self::WorldChanged,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::WorldChanged => 5,
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Fine => "all went well",
            Self::Failed => {
                "something failed, a change was declined or reverted, or A does not reach B"
            }
            Self::Usage => "wrong usage, such as an unknown or ambiguous name",
            Self::Incomplete => "incomplete: some namespaces could not be read; stderr names them",
            Self::Refused => "refused by a rule, or because of --read-only; nothing was changed",
            Self::WorldChanged => "the world changed since the plan was made; nothing was changed",
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests;
