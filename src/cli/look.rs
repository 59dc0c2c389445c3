//! Arguments of the commands that only look.

use clap::{Args, ValueEnum};

use crate::model::filter::Filter;
use crate::model::forest::{Grouping, Selection};
use crate::output::Format;

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
    /// Networks of Docker, Podman and CNI, and in each its members
    Network,
}

impl From<By> for Grouping {
    fn from(by: By) -> Self {
        match by {
            By::Parent => Self::Parent,
            By::Namespace => Self::Namespace,
            By::Network => Self::Network,
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
