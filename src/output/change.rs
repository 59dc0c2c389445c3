//! A change on paper: its plan for people, as a script for bash, or as JSON together with what
//! became of it. The README explains the JSON field by field.

use std::io::{self, Write};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::document::SCHEMA;
use super::json::write_line;
use crate::plan::journal::Entry;
use crate::plan::{Fate, Outcome, Plan, Verdict, Weight};

/// What became of a plan.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// Nothing was tried: it was only asked what would happen, or the question was declined.
    Planned,
    /// It was carried out, or an attempt was made.
    Tried(&'a Outcome),
    /// It was carried out and then undone because nobody confirmed it.
    Reverted {
        /// What became of the undoing.
        outcome: &'a Outcome,
        /// Why it was undone.
        why: &'a str,
    },
}

impl Ending<'_> {
    /// `planned`, `done`, `failed`, `world-changed` or `reverted`, and why it is not `done`.
    pub fn result(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Planned => ("planned", None),
            Self::Tried(outcome) => match &outcome.verdict {
                Verdict::Done => ("done", None),
                Verdict::WorldChanged(changes) => ("world-changed", Some(changes.join("; "))),
                Verdict::Failed(why) => ("failed", Some(why.clone())),
            },
            Self::Reverted { outcome, why } => match Ending::Tried(outcome).result() {
                (_, None) => ("reverted", Some((*why).into())),
                (_, Some(failure)) => ("failed", Some(format!("{why}, but not undone: {failure}"))),
            },
        }
    }
}

/// Writes a plan for a person who is about to decide.
pub fn write_plan(out: &mut impl Write, plan: &Plan, danger: Option<&str>) -> io::Result<()> {
    writeln!(out, "{}", plan.title)?;
    write_lines(out, "  ", plan.summary.iter())?;
    write_lines(out, "  ", plan.steps.iter().map(|step| &step.command))?;
    write_consequences(out, "", plan, danger)
}

/// Writes a plan as a script for bash: the commands, joined so that none runs after one that
/// failed, and all else as comments.
pub fn write_script(out: &mut impl Write, plan: &Plan, danger: Option<&str>) -> io::Result<()> {
    writeln!(out, "# {}", plan.title)?;
    write_lines(out, "#   ", plan.summary.iter())?;
    let commands: Vec<_> = plan.steps.iter().map(|step| step.command.as_str()).collect();
    writeln!(out, "{}", commands.join(" &&\n"))?;
    write_consequences(out, "# ", plan, danger)
}

fn write_consequences(
    out: &mut impl Write,
    prefix: &str,
    plan: &Plan,
    danger: Option<&str>,
) -> io::Result<()> {
    let indented = format!("{prefix}  ");
    let mut section = |title: &str, lines: Vec<&str>| {
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(out, "{prefix}{title}:")?;
        write_lines(out, &indented, lines.into_iter())
    };
    section("Danger", danger.into_iter().collect())?;
    section("What else happens", plan.impact.iter().map(|impact| &*impact.text).collect())?;
    section("Undone by", plan.reversal())?;
    section("What undo does not bring back", plan.lost.iter().map(String::as_str).collect())
}

/// Each entry on a line of its own; should one have several, each of them gets the prefix.
fn write_lines(
    out: &mut impl Write,
    prefix: &str,
    mut entries: impl Iterator<Item = impl AsRef<str>>,
) -> io::Result<()> {
    entries.try_for_each(|entry| {
        entry.as_ref().lines().try_for_each(|line| writeln!(out, "{prefix}{line}"))
    })
}

/// Writes what became of each step, for a plan that was not simply done.
pub fn write_fates(out: &mut impl Write, plan: &Plan, fates: &[Fate]) -> io::Result<()> {
    plan.steps.iter().zip(fates).try_for_each(|(step, fate)| {
        let command = &step.command;
        match fate {
            Fate::Done => writeln!(out, "  done: {command}"),
            Fate::Failed => writeln!(out, "  failed: {command}"),
            Fate::Undone => writeln!(out, "  done and undone again: {command}"),
            Fate::Left(why) => writeln!(out, "  done and left, {why}: {command}"),
            Fate::NotTried => writeln!(out, "  not tried: {command}"),
        }
    })
}

/// Writes a plan and what became of it as one line of JSON.
pub fn write_json(
    out: &mut impl Write,
    plan: &Plan,
    danger: Option<&str>,
    ending: Ending<'_>,
) -> io::Result<()> {
    write_line(out, &Document::new(plan, danger, ending))
}

/// Writes a change as one line of a journal.
pub fn write_entry(out: &mut impl Write, time: SystemTime, entry: &Entry) -> io::Result<()> {
    let Entry { title, commands, result, why } = entry;
    let time = DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true);
    let why = why.as_deref();
    write_line(out, &JournalLine { schema: SCHEMA, time, title, commands, result, why })
}

/// Writes a refusal as one line of JSON; `rule` is a rule's name, or that of a rule of the command
/// line alone.
pub fn write_refusal(out: &mut impl Write, rule: &str, why: &str, way_out: &str) -> io::Result<()> {
    write_line(out, &Refused { schema: SCHEMA, result: "refused", rule, why, way_out })
}

#[derive(Serialize)]
struct JournalLine<'a> {
    schema: u32,
    time: String,
    title: &'a str,
    commands: &'a [String],
    result: &'a str,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct Refused<'a> {
    schema: u32,
    result: &'static str,
    rule: &'a str,
    why: &'a str,
    way_out: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    title: &'a str,
    summary: &'a [String],
    steps: Vec<Step<'a>>,
    impact: Vec<Impact<'a>>,
    lost: &'a [String],
    danger: Option<&'a str>,
    result: &'static str,
    why: Option<String>,
}

#[derive(Serialize)]
struct Step<'a> {
    command: &'a str,
    undo_commands: &'a [String],
    fate: Option<&'static str>,
    fate_why: Option<&'a str>,
}

#[derive(Serialize)]
struct Impact<'a> {
    weight: &'static str,
    text: &'a str,
}

impl<'a> Document<'a> {
    fn new(plan: &'a Plan, danger: Option<&'a str>, ending: Ending<'a>) -> Self {
        let (result, why) = ending.result();
        let steps = plan.steps.iter().enumerate().map(|(at, step)| {
            let (fate, fate_why) = match ending {
                Ending::Planned => (None, None),
                Ending::Tried(outcome) => fate(outcome.fates.get(at)),
                Ending::Reverted { outcome, .. } if outcome.verdict == Verdict::Done => {
                    (Some("undone"), None)
                }
                Ending::Reverted { .. } => (Some("done"), None),
            };
            Step { command: &step.command, undo_commands: &step.undo_commands, fate, fate_why }
        });
        let impact = plan.impact.iter().map(|impact| Impact {
            weight: match impact.weight {
                Weight::Loss => "loss",
                Weight::Note => "note",
            },
            text: &impact.text,
        });
        Self {
            schema: SCHEMA,
            title: &plan.title,
            summary: &plan.summary,
            steps: steps.collect(),
            impact: impact.collect(),
            lost: &plan.lost,
            danger,
            result,
            why,
        }
    }
}

fn fate(fate: Option<&Fate>) -> (Option<&'static str>, Option<&str>) {
    match fate {
        None | Some(Fate::NotTried) => (Some("not-tried"), None),
        Some(Fate::Done) => (Some("done"), None),
        Some(Fate::Failed) => (Some("failed"), None),
        Some(Fate::Undone) => (Some("undone"), None),
        Some(Fate::Left(why)) => (Some("left"), Some(why)),
    }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
