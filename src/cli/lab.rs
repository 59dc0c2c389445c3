//! Arguments of `macvlens lab`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::Lessons;

/// Arguments of `lab`.
#[derive(Debug, Args)]
pub struct Lab {
    /// The topology; modes if not given
    #[arg(value_name = "NAME", conflicts_with = "file")]
    pub name: Option<String>,

    /// List the topologies
    #[arg(long, conflicts_with_all = ["name", "file", "print", "command", "lesson", "play"])]
    pub list: bool,

    /// Take the topology from this file
    #[arg(long, value_name = "FILE.toml", conflicts_with_all = ["lesson", "play"])]
    pub file: Option<PathBuf>,

    /// Print a topology's file, to start an own one from
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "file", "command", "lesson", "play"])]
    pub print: Option<String>,

    /// Lessons in it.
    #[command(flatten)]
    pub lessons: Lessons,

    /// A command to run in the lab instead of opening the UI
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = ["lesson", "play"])]
    pub command: Vec<OsString>,
}

impl Lab {
    /// What the command line calls the topology, where it names one of the program's own.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("modes")
    }

    /// Whether the UI is asked for.
    pub fn is_on_screen(&self) -> bool {
        !self.list && self.print.is_none() && self.command.is_empty()
    }
}
