//! Lessons as data: a title, the lab that one plays in, and steps. All of them are part of the program.

use std::sync::OnceLock;

use super::check::Check;
use super::prose::Block;
use super::read;
use crate::model::Mode;

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../assets/lessons/", $name, ".md")))),+]
    };
}

/// Every lesson by the name of its file, in the order in which they are best taken.
const FILES: [(&str, &str); 14] = files![
    "bridge",
    "host",
    "vepa",
    "private",
    "passthru",
    "nopromisc",
    "vlan",
    "source",
    "source-lists",
    "mac",
    "parent-down",
    "ifindex",
    "engines",
    "two-parents",
];

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The name of its file, without the ending.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// The lab that it plays in.
    pub lab: String,
    /// The mode that it is about, if it is about one.
    pub mode: Option<Mode>,
    /// What the kernel must have for it.
    pub needs: Option<Need>,
    /// What is done, one after the other.
    pub steps: Vec<Step>,
}

/// A step of a lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is called.
    pub title: String,
    /// What to look at, what to press and why.
    pub text: Vec<Block>,
    /// What ends it.
    pub check: Check,
    /// One or two sentences for those who are stuck.
    pub hint: String,
    /// The row to select first, `[NS/]NAME`; without one, the step goes on where the one before it
    /// has ended.
    pub go: Option<String>,
    /// What to press then.
    pub keys: Vec<Stroke>,
    /// What the kernel must have for it.
    pub needs: Option<Need>,
}

/// What is pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A key, by its word in the key table.
    Key(String),
    /// Text, a character at a time.
    Text(String),
}

/// Something that not every kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// VLAN interfaces (`CONFIG_VLAN_8021Q`).
    Vlan,
}

impl Need {
    /// The word for it, as the kernel's module is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vlan => "8021q",
        }
    }
}

/// What is wrong with a lesson's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("assets/lessons/{name}.md:{line}: {why}")]
pub struct LessonError {
    /// The lesson.
    pub name: String,
    /// The line, counted from 1.
    pub line: usize,
    /// Why, as a sentence without a full stop.
    pub why: String,
}

impl Lesson {
    /// Reads a lesson's file.
    pub fn parse(name: &str, text: &str) -> Result<Self, LessonError> {
        let located = |(line, why)| LessonError { name: name.into(), line, why };
        read::lesson(name, text).map_err(located)
    }

    /// The lesson of this name among those of the program.
    pub fn named(name: &str) -> Option<&'static Self> {
        shipped().iter().find(|lesson| lesson.name == name)
    }

    /// What the kernel must have for a step.
    pub fn need_of(&self, step: &Step) -> Option<Need> {
        step.needs.or(self.needs)
    }
}

/// All lessons of the program, in the order in which they are best taken.
pub fn shipped() -> &'static [Lesson] {
    static ALL: OnceLock<Vec<Lesson>> = OnceLock::new();
    // The files are correct; the test below reads every one of them.
    let parse = |(name, text): &(&str, &str)| Lesson::parse(name, text).ok();
    ALL.get_or_init(|| FILES.iter().filter_map(parse).collect())
}

#[cfg(test)]
#[path = "lesson_tests.rs"]
mod tests;
