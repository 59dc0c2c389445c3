//! Arguments of `macvlens reach`.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use crate::reach::Switch;

/// Arguments of `reach`.
#[derive(Debug, Args)]
pub struct Reach {
    /// From where: [NS/]NAME, parent:[NS/]NAME for a parent's own stack, or outside:[NS/]NAME for what
    /// is behind its wire
    #[arg(value_name = "A", required_unless_present = "matrix", conflicts_with = "matrix")]
    pub from: Option<OsString>,

    /// To where
    #[arg(value_name = "B", required_unless_present = "matrix", conflicts_with = "matrix")]
    pub to: Option<OsString>,

    /// Show who reaches whom among all sub-interfaces of this parent, itself and the outside
    #[arg(long, value_name = "PARENT")]
    pub matrix: Option<OsString>,

    /// Whether a switch that is out of sight sends frames back through the port that they came from
    #[arg(long, value_enum, default_value_t)]
    pub hairpin: Hairpin,

    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Shape,
}

/// How a switch that is out of sight is assumed to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Hairpin {
    /// It sends them back (reflective relay)
    On,
    /// It does not, as nearly all switches
    #[default]
    Off,
}

impl From<Hairpin> for Switch {
    fn from(hairpin: Hairpin) -> Self {
        match hairpin {
            Hairpin::On => Self::Reflective,
            Hairpin::Off => Self::Normal,
        }
    }
}

/// What `reach` can print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
}
