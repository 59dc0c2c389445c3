//! The command line: the one source of `--help`, the completions and the man page. It only says
//! what can be asked for; the binary does it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_mangen::roff::{Roff, roman};

use crate::model::filter::{self, Filter};
use crate::model::forest::{Grouping, Selection};
use crate::output::Format;

/// Show every macvlan of this host, in every network namespace.
///
/// Without a command, the terminal UI opens and follows the kernel live.
#[derive(Debug, Parser)]
#[command(name = "macvlens", version, after_long_help = long_help("macvlens"))]
pub struct Cli {
    /// How things look, whatever is asked for.
    #[command(flatten)]
    pub look: Look,

    /// Leave the mouse to the terminal
    #[arg(long)]
    pub no_mouse: bool,

    /// Read the settings of the UI from this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do instead of opening the UI.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How things look.
#[derive(Clone, Copy, Debug, Args)]
pub struct Look {
    /// Draw with ASCII characters only
    #[arg(long, global = true, display_order = 100)]
    pub ascii: bool,

    /// Use no colours, as with NO_COLOR in the environment
    #[arg(long, global = true, display_order = 100)]
    pub no_color: bool,
}

/// What there is besides the UI.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what is there now, and exit
    #[command(after_long_help = long_help("show"))]
    Show(Show),

    /// Print what is there now and then every change, as JSON lines, until interrupted
    #[command(after_long_help = long_help("watch"))]
    Watch(Watch),

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
        #[arg(value_parser = ["show", "watch", "completions", "man"])]
        command: Option<String>,
    },
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,

    /// What the tree is grouped by
    #[arg(long, value_enum, default_value_t)]
    pub by: By,

    /// Print all links, not only macvlans and what they sit on
    #[arg(long)]
    pub all: bool,

    /// Print only links that match all of these
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
}

impl Show {
    /// What is to be shown.
    pub fn selection(&self) -> Selection {
        Selection {
            grouping: self.by.into(),
            all: self.all,
            filter: Filter::parse(&self.filter.join(" ")),
            ..Selection::default()
        }
    }
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Stream,

    /// Follow all links, not only macvlans and what they sit on
    #[arg(long)]
    pub all: bool,
}

/// What a tree is grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Parents, and below each its sub-interfaces in all namespaces
    #[default]
    Parent,
    /// Namespaces, and in each its links
    Namespace,
}

impl From<By> for Grouping {
    fn from(by: By) -> Self {
        match by {
            By::Parent => Self::Parent,
            By::Namespace => Self::Namespace,
        }
    }
}

/// What `watch` can write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Stream {
    /// A JSON object a line
    #[default]
    Jsonl,
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
}

impl Status {
    /// Every status, in the order of the numbers.
    pub const ALL: [Self; 4] = [Self::Fine, Self::Failed, Self::Usage, Self::Incomplete];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Fine => "all went well",
            Self::Failed => "something failed",
            Self::Usage => "wrong usage",
            Self::Incomplete => "incomplete: some namespaces could not be read; stderr names them",
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

/// Writes the completions for a shell.
pub fn write_completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    // clap_complete panics where it can't write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "macvlens", &mut script);
    out.write_all(&script)
}

/// Writes the man page of the program, or of one of its commands.
pub fn write_man(command: Option<&str>, out: &mut impl Write) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = command.and_then(|name| program.find_subcommand(name)).unwrap_or(&program);
    let sections = sections(page.get_name());
    let has_commands = page.has_subcommands();
    let man = clap_mangen::Man::new(page.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if has_commands {
        man.render_subcommands_section(out)?;
    }
    let mut roff = Roff::new();
    for (title, body) in sections {
        roff.control("SH", [title.to_uppercase().as_str()]);
        roff.control("nf", []).text([roman(body)]).control("fi", []);
    }
    roff.to_writer(out)
}

/// Examples by command.
const EXAMPLES: [(&str, &[&str]); 5] = [
    (
        "macvlens",
        &[
            "sudo macvlens                       open the UI",
            "sudo macvlens show                  print the tree of parents and sub-interfaces",
            "sudo macvlens show mode:vepa        only sub-interfaces in vepa mode",
            "sudo macvlens watch                 print every change, as JSON lines",
        ],
    ),
    (
        "show",
        &[
            "macvlens show                       the tree, by parent",
            "macvlens show --by namespace --all  every link of every namespace",
            "macvlens show -o table ip:10.0.0.0/24 '!mode:bridge'",
            "macvlens show -o json | jq '.namespaces[].links[] | select(.macvlan)'",
            "macvlens show -o dot | dot -Tsvg > macvlans.svg",
        ],
    ),
    (
        "watch",
        &[
            "macvlens watch                      macvlans and what they sit on",
            "macvlens watch --all | jq -c 'select(.event == \"link-gone\")'",
        ],
    ),
    (
        "completions",
        &[
            "macvlens completions bash > /etc/bash_completion.d/macvlens",
            "macvlens completions fish > ~/.config/fish/completions/macvlens.fish",
        ],
    ),
    (
        "man",
        &[
            "macvlens man > /usr/local/share/man/man1/macvlens.1",
            "macvlens man show > /usr/local/share/man/man1/macvlens-show.1",
        ],
    ),
];

const PRIVILEGES: &str = "\
Looking into other namespaces needs root or the capabilities cap_sys_admin,
cap_sys_ptrace, cap_net_admin, cap_net_broadcast and cap_dac_read_search. Without
them macvlens shows its own namespace and says what it could not see.";

/// What long help and man page say of a command beyond its options: titles and bodies.
fn sections(command: &str) -> Vec<(&'static str, String)> {
    let examples = EXAMPLES.iter().filter(|(name, _)| *name == command);
    let mut sections: Vec<_> =
        examples.map(|(_, examples)| ("Examples", examples.join("\n"))).collect();
    if ["macvlens", "show"].contains(&command) {
        sections.push(("Filter", filter_words()));
    }
    if command == "macvlens" {
        sections.push(("Environment", "NO_COLOR  if set and not empty, no colours".into()));
        sections.push(("Privileges", PRIVILEGES.into()));
    }
    let statuses = Status::ALL.map(|status| format!("{}  {}", status.code(), status.meaning()));
    sections.push(("Exit status", statuses.join("\n")));
    sections
}

fn long_help(command: &str) -> String {
    let indented =
        |(title, body): (&str, String)| format!("{title}:\n{body}").replace('\n', "\n  ");
    sections(command).into_iter().map(indented).collect::<Vec<_>>().join("\n\n")
}

fn filter_words() -> String {
    let words = filter::WORDS.iter();
    let mut lines: Vec<_> =
        words.map(|(word, meaning)| format!("{:<8}{meaning}", format!("{word}:"))).collect();
    lines.push("Anything else is matched fuzzily; ! in front inverts; all terms must hold.".into());
    lines.join("\n")
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
