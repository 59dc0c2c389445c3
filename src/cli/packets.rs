//! Arguments of `macvlens packets`.

use std::path::PathBuf;

use clap::Args;

use super::Shape;
use super::change::text;
use crate::model::Text;

/// Arguments of `packets`.
#[derive(Debug, Args)]
pub struct Packets {
    /// The interface: [NS/]NAME
    #[arg(value_name = "NAME", value_parser = text())]
    pub name: Text,

    /// End after so many packets
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// Write them to this new file as well, whole, for Wireshark or tcpdump
    #[arg(short, long, value_name = "FILE.pcapng")]
    pub write: Option<PathBuf>,

    /// What to print; JSON is a line a packet
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Shape,
}
