//! The words of a topology's file, as they stand there, each with its place. What they mean together
//! is judged by `check`.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::Kind;
use crate::model::{Address, MacAddr, Mode};

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: String,
    pub(super) about: String,
    #[serde(default)]
    pub(super) switch: Vec<Switch>,
    #[serde(default)]
    pub(super) parent: Vec<Parent>,
    #[serde(default)]
    pub(super) outside: Vec<Outside>,
    #[serde(default)]
    pub(super) container: Vec<Container>,
    #[serde(default)]
    pub(super) interface: Vec<Interface>,
}

/// `[[switch]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    pub(super) name: Spanned<String>,
}

/// `[[parent]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parent {
    pub(super) name: Spanned<String>,
    pub(super) switch: Spanned<String>,
    pub(super) mac: Option<Spanned<Word<MacAddr>>>,
    #[serde(default)]
    pub(super) addresses: Vec<Spanned<Word<Address>>>,
    #[serde(default = "yes")]
    pub(super) up: bool,
    #[serde(default)]
    pub(super) hairpin: bool,
    #[serde(default)]
    pub(super) vlans: Vec<Spanned<i64>>,
}

/// `[[outside]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outside {
    pub(super) name: Spanned<String>,
    pub(super) switch: Spanned<String>,
    pub(super) mac: Option<Spanned<Word<MacAddr>>>,
    #[serde(default)]
    pub(super) addresses: Vec<Spanned<Word<Address>>>,
}

/// `[[container]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Container {
    pub(super) name: Spanned<String>,
    pub(super) repeat: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) interface: Vec<Interface>,
}

/// `[[interface]]`, or one of a container's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Interface {
    pub(super) name: Spanned<String>,
    pub(super) parent: Spanned<String>,
    #[serde(default)]
    pub(super) kind: Kind,
    pub(super) mode: Spanned<Word<Mode>>,
    pub(super) mac: Option<Spanned<Word<MacAddr>>>,
    #[serde(default)]
    pub(super) addresses: Vec<Spanned<Word<Address>>>,
    #[serde(default)]
    pub(super) flags: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) sources: Vec<Spanned<Word<MacAddr>>>,
    #[serde(default = "yes")]
    pub(super) up: bool,
}

fn yes() -> bool {
    true
}

/// A value that is written as the command line takes it.
pub(super) struct Word<T>(pub(super) T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}
