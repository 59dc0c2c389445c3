//! Arguments of the commands that change something. Values are checked only as far as their form
//! goes; whether a change is possible is decided where plans are made.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use super::help::long_help;
use crate::model::{Address, MacAddr, MacvlanFlags, Mode, Text};

/// Arguments of `create`.
#[derive(Debug, Args)]
pub struct Create {
    /// The link below
    #[arg(long, value_name = "[NS/]NAME", value_parser = text())]
    pub parent: Text,

    /// Name of the new link
    #[arg(long, value_parser = text())]
    pub name: Text,

    /// Namespace of the new link; that of the parent if not given
    #[arg(long, value_name = "NS", value_parser = text())]
    pub netns: Option<Text>,

    /// Kind of the new link; macvlan if not given, or vlan with --vlan-id
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,

    /// Mode; vepa if not given, as with ip
    #[arg(long, value_parser = mode(), conflicts_with = "vlan_id")]
    pub mode: Option<Mode>,

    /// MAC; chosen by the kernel if not given
    #[arg(long)]
    pub mac: Option<MacAddr>,

    /// MTU in bytes; that of the parent if not given
    #[arg(long, value_name = "BYTES")]
    pub mtu: Option<u32>,

    /// Flag to set; may be repeated
    #[arg(long = "flag", value_name = "FLAG", value_parser = flag(), conflicts_with = "vlan_id")]
    pub flags: Vec<u16>,

    /// Broadcast queue length to ask for
    #[arg(long, value_name = "FRAMES", conflicts_with = "vlan_id")]
    pub bc_queue_len: Option<u32>,

    /// Number of receivers above which a multicast is queued, -1 never; belongs to the parent
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "vlan_id")]
    pub bc_cutoff: Option<i32>,

    /// MAC to accept in source mode; may be repeated
    #[arg(long = "source", value_name = "MAC", conflicts_with = "vlan_id")]
    pub sources: Vec<MacAddr>,

    /// Address to add, such as 192.0.2.7/24; may be repeated
    #[arg(long = "address", value_name = "CIDR")]
    pub addresses: Vec<Address>,

    /// 802.1Q id of a VLAN sub-interface, 1 to 4094
    #[arg(long, value_name = "ID", required_if_eq("kind", "vlan"))]
    pub vlan_id: Option<u16>,

    /// Set it up
    #[arg(long)]
    pub up: bool,

    /// How it is carried out.
    #[command(flatten)]
    pub manner: Manner,
}

/// What `create` can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// An interface with a MAC of its own
    Macvlan,
    /// The same, with a character device for a virtual machine
    Macvtap,
    /// An 802.1Q sub-interface
    Vlan,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// The link
    #[arg(value_name = "[NS/]NAME", value_parser = text())]
    pub link: Text,

    /// How it is carried out.
    #[command(flatten)]
    pub manner: Manner,
}

/// Arguments of `set`.
#[derive(Debug, Args)]
pub struct Set {
    /// The link
    #[arg(value_name = "[NS/]NAME", value_parser = text())]
    pub link: Text,

    /// What becomes different.
    #[command(flatten)]
    pub edits: Edits,

    /// How it is carried out.
    #[command(flatten)]
    pub manner: Manner,
}

/// What `set` can change; at least one.
#[derive(Debug, Default, Args)]
#[group(required = true, multiple = true)]
pub struct Edits {
    /// Mode
    #[arg(long, value_parser = mode())]
    pub mode: Option<Mode>,

    /// MAC
    #[arg(long)]
    pub mac: Option<MacAddr>,

    /// MTU in bytes
    #[arg(long, value_name = "BYTES")]
    pub mtu: Option<u32>,

    /// Name
    #[arg(long, value_name = "NAME", value_parser = text())]
    pub rename: Option<Text>,

    /// Alias; an empty one removes it
    #[arg(long, value_name = "TEXT", value_parser = text())]
    pub alias: Option<Text>,

    /// Move it to this namespace; addresses given with --add-address are added there
    #[arg(long, value_name = "NS", value_parser = text())]
    pub netns: Option<Text>,

    /// Set it up, after all else
    #[arg(long)]
    pub up: bool,

    /// Set it down
    #[arg(long, conflicts_with = "up")]
    pub down: bool,

    /// Flag to set; may be repeated
    #[arg(long = "flag", value_name = "FLAG", value_parser = flag())]
    pub flags: Vec<u16>,

    /// Flag to clear; may be repeated
    #[arg(long = "no-flag", value_name = "FLAG", value_parser = flag())]
    pub no_flags: Vec<u16>,

    /// Broadcast queue length to ask for
    #[arg(long, value_name = "FRAMES")]
    pub bc_queue_len: Option<u32>,

    /// Number of receivers above which a multicast is queued, -1 never; belongs to the parent
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub bc_cutoff: Option<i32>,

    /// MAC to put on the source list; may be repeated
    #[arg(long, value_name = "MAC")]
    pub add_source: Vec<MacAddr>,

    /// MAC to take from the source list; may be repeated
    #[arg(long, value_name = "MAC", conflicts_with = "flush_sources")]
    pub del_source: Vec<MacAddr>,

    /// Empty the source list before --add-source
    #[arg(long)]
    pub flush_sources: bool,

    /// Of a bridge's port: whether the bridge sends its frames back to it
    #[arg(long, value_name = "on|off", value_parser = on_off())]
    pub hairpin: Option<bool>,

    /// Address to add, such as 192.0.2.7/24; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub add_address: Vec<Address>,

    /// Address to remove; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub del_address: Vec<Address>,
}

/// What can be done to named namespaces.
#[derive(Debug, Subcommand)]
pub enum Netns {
    /// Make a named namespace
    #[command(after_long_help = long_help("netns add"))]
    Add(Named),

    /// Take the name from a namespace, which dies when nothing else holds it
    #[command(after_long_help = long_help("netns delete"))]
    Delete(Named),
}

/// Arguments of `netns add` and `netns delete`.
#[derive(Debug, Args)]
pub struct Named {
    /// Name in /run/netns
    #[arg(value_parser = text())]
    pub name: Text,

    /// How it is carried out.
    #[command(flatten)]
    pub manner: Manner,
}

/// A command that changes something.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// `create`.
    Create(&'a Create),
    /// `delete`.
    Delete(&'a Delete),
    /// `set`.
    Set(&'a Set),
    /// `netns add`.
    AddNetns(&'a Named),
    /// `netns delete`.
    DeleteNetns(&'a Named),
}

impl<'a> From<&'a Netns> for Change<'a> {
    fn from(command: &'a Netns) -> Self {
        match command {
            Netns::Add(named) => Self::AddNetns(named),
            Netns::Delete(named) => Self::DeleteNetns(named),
        }
    }
}

impl<'a> Change<'a> {
    /// How it is carried out.
    pub fn manner(self) -> &'a Manner {
        match self {
            Self::Create(create) => &create.manner,
            Self::Delete(delete) => &delete.manner,
            Self::Set(set) => &set.manner,
            Self::AddNetns(named) | Self::DeleteNetns(named) => &named.manner,
        }
    }
}

/// How a change is carried out.
#[derive(Clone, Debug, Args)]
pub struct Manner {
    /// Print the plan, as a script for bash, and change nothing
    #[arg(long, display_order = 90)]
    pub dry_run: bool,

    /// Don't ask before the change
    #[arg(short, long, display_order = 90)]
    pub yes: bool,

    /// What to print
    #[arg(short, long, value_enum, default_value_t, display_order = 90)]
    pub output: Report,
}

impl Manner {
    /// Whether the plan and its result go out as JSON.
    pub fn is_json(&self) -> bool {
        self.output == Report::Json
    }
}

/// How a change is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// Sentences and commands
    #[default]
    Text,
    /// One JSON document with the plan and its result
    Json,
}

/// Takes any bytes.
pub(super) fn text() -> impl TypedValueParser<Value = Text> {
    OsStringValueParser::new().map(|text: OsString| Text::from(text.into_vec()))
}

/// Takes the modes that a person can choose.
pub(super) fn mode() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(Mode::ALL.map(Mode::name)).try_map(|mode| mode.parse::<Mode>())
}

/// Takes `on` and `off`.
fn on_off() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["on", "off"]).map(|word| word == "on")
}

/// Takes the names of the macvlan flags, gives their bits.
fn flag() -> impl TypedValueParser<Value = u16> {
    PossibleValuesParser::new(MacvlanFlags::ALL.map(|(_, name)| name)).try_map(|flag| {
        let known = MacvlanFlags::ALL.into_iter().find(|(_, name)| *name == flag);
        known.map(|(bit, _)| bit).ok_or_else(|| format!("'{flag}' is not a flag"))
    })
}
