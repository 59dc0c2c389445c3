//! Arguments of `macvlens reach` and `macvlens probe`.

use std::net::IpAddr;

use clap::{Args, ValueEnum};

use super::change::text;
use crate::model::Text;
use crate::reach::Switch;

/// Arguments of `reach`.
#[derive(Debug, Args)]
pub struct Reach {
    /// From where: [NS/]NAME, parent:[NS/]NAME for a parent's own stack, or outside:[NS/]NAME for what
    /// is behind its wire
    #[arg(value_name = "A", required_unless_present = "matrix", value_parser = text())]
    pub from: Option<Text>,

    /// To where
    #[arg(value_name = "B", required_unless_present = "matrix", value_parser = text())]
    pub to: Option<Text>,

    /// Show who reaches whom among all sub-interfaces of this parent, itself and the outside
    #[arg(long, value_name = "PARENT", conflicts_with_all = ["from", "to"], value_parser = text())]
    pub matrix: Option<Text>,

    /// Whether a switch that is out of sight sends frames back through the port that they came from
    #[arg(long, value_enum, default_value_t)]
    pub hairpin: Hairpin,

    /// What to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Shape,
}

/// Arguments of `probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// From where: [NS/]NAME, or parent:[NS/]NAME for a parent's own stack
    #[arg(value_name = "A", value_parser = text())]
    pub from: Text,

    /// To where; outside:[NS/]PARENT with an --address there
    #[arg(value_name = "B", value_parser = text())]
    pub to: Text,

    /// Ask for this address in the outside
    #[arg(long)]
    pub address: Option<IpAddr>,

    /// Whether a switch that is out of sight is predicted to send frames back
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

/// What `reach` and `probe` can print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
}
