//! Toy networks to learn on: topologies as data, and how one is built in a sandbox and taken down
//! again. It must never touch a host: it builds only where nothing but `lo` is, and clears only what
//! this process has built.

mod build;
mod check;
mod file;

#[cfg(test)]
mod tests;

use crate::model::text::printable;
use crate::model::{Address, MacAddr, MacvlanFlags, Mode};

pub use build::{Failure, Told, clear};

/// A topology of the program's own.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// What the command line calls it.
    pub name: &'static str,
    /// The file, TOML.
    pub text: &'static str,
}

impl Shipped {
    /// The topology; a test parses every one.
    pub fn lab(&self) -> Result<Lab, Wrong> {
        Lab::parse(&format!("{}.toml", self.name), self.text)
    }
}

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        [$(Shipped {
            name: $name,
            text: include_str!(concat!("../../assets/labs/", $name, ".toml")),
        }),+]
    };
}

/// Every file of `assets/labs`, in the order in which they are best met.
const SHIPPED: [Shipped; 9] = shipped![
    "modes",
    "vepa-hairpin",
    "passthru",
    "source",
    "docker",
    "host-shim",
    "parent-down",
    "two-parents",
    "big",
];

/// All topologies of the program's own.
pub fn shipped() -> &'static [Shipped] {
    &SHIPPED
}

/// A topology: what `assets/labs/*.toml` describe, with `repeat` written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lab {
    /// One line.
    pub title: String,
    /// What there is to see.
    pub about: String,
    /// Bridges, each in a namespace of the same name.
    pub switches: Vec<String>,
    /// Cables from the first namespace to a switch.
    pub parents: Vec<Parent>,
    /// Hosts that are joined to a switch by a cable of their own.
    pub outsides: Vec<Outside>,
    /// Named namespaces with sub-interfaces.
    pub containers: Vec<Container>,
    /// Sub-interfaces of the first namespace.
    pub interfaces: Vec<Interface>,
}

/// One end of a veth pair, in the first namespace; the other is a switch's port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Name.
    pub name: String,
    /// The switch that has the other end.
    pub switch: String,
    /// MAC; `None` leaves it to the kernel.
    pub mac: Option<MacAddr>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Whether it is up.
    pub up: bool,
    /// Whether the switch sends frames back out of the port that they came in by.
    pub hairpin: bool,
    /// Ids of the VLANs on it, 1 to 4094.
    pub vlans: Vec<u16>,
}

impl Parent {
    /// The names of its VLAN interfaces, with their ids.
    pub fn vlans(&self) -> impl Iterator<Item = (String, u16)> {
        self.vlans.iter().map(|id| (vlan_name(&self.name, *id), *id))
    }
}

/// A namespace whose eth0 is one end of a veth pair; the other is a switch's port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Name of the namespace.
    pub name: String,
    /// The switch that has the other end.
    pub switch: String,
    /// MAC of its eth0; `None` leaves it to the kernel.
    pub mac: Option<MacAddr>,
    /// Addresses of its eth0.
    pub addresses: Vec<Address>,
}

/// A named namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Its sub-interfaces.
    pub interfaces: Vec<Interface>,
}

/// A macvlan or macvtap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name.
    pub name: String,
    /// The parent or VLAN in the first namespace that it is on.
    pub parent: String,
    /// Which of the two it is.
    pub kind: Kind,
    /// Mode.
    pub mode: Mode,
    /// MAC; `None` leaves it to the kernel, which gives a passthru its parent's.
    pub mac: Option<MacAddr>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Flags.
    pub flags: MacvlanFlags,
    /// Source MACs.
    pub sources: Vec<MacAddr>,
    /// Whether it is up.
    pub up: bool,
}

/// Kinds of sub-interfaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// macvlan.
    #[default]
    Macvlan,
    /// macvtap.
    Macvtap,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub struct Wrong {
    /// The file, as it may be printed.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right, as it may be printed.
    pub why: String,
}

impl Lab {
    /// Reads a topology. `file` is its name in what is told of errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, Wrong> {
        let wrong = |at: usize, why: String| {
            let line = 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
            // It quotes the file.
            let why = printable(why.as_bytes()).into_owned();
            Wrong { file: file.into(), line, why }
        };
        let read: file::File = toml::from_str(text).map_err(|error| {
            wrong(error.span().map_or(0, |span| span.start), error.message().trim().into())
        })?;
        check::check(read).map_err(|fault| wrong(fault.at, fault.why))
    }

    /// The topology of the program's own that has this name.
    pub fn shipped(name: &str) -> Option<Result<Self, Wrong>> {
        SHIPPED.iter().find(|shipped| shipped.name == name).map(Shipped::lab)
    }
}

/// What the VLAN interface on a parent is called.
fn vlan_name(parent: &str, id: u16) -> String {
    format!("{parent}.{id}")
}

/// What the switch's port at the other end of a parent's or an outside host's cable is called.
pub fn port_name(name: &str) -> String {
    format!("to-{name}")
}
