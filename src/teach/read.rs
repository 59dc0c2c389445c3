//! A lesson's file: front matter in TOML between two lines of `+++`, then a section for every step.
//! Whatever is not known is refused, with its line.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::check::{Check, Condition, Place};
use super::lesson::{Lesson, Need, Step, Stroke};
use super::prose;
use crate::plan::Rule;

/// Where the front matter begins and ends.
const FENCE: &str = "+++";
/// Before the title of a step.
const SECTION: &str = "## ";

/// A line, counted from 1, and what is wrong there.
type Refused = (usize, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    title: String,
    lab: String,
    mode: Option<Spanned<String>>,
    needs: Option<Spanned<String>>,
    step: Vec<FrontStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontStep {
    check: Spanned<Value>,
    hint: String,
    go: Option<String>,
    keys: Spanned<String>,
    needs: Option<Spanned<String>>,
}

/// A part of the text under a title.
struct Section<'a> {
    title: &'a str,
    text: String,
}

/// Reads a lesson.
pub(super) fn lesson(name: &str, text: &str) -> Result<Lesson, Refused> {
    if let Some(line) = text.lines().position(|line| !line.is_ascii()) {
        return Err((line + 1, "only ASCII, which every terminal can show".into()));
    }
    let mut lines = text.lines();
    if lines.next() != Some(FENCE) {
        return Err((1, format!("a lesson begins with a line of {FENCE}")));
    }
    let front: Vec<&str> = lines.by_ref().take_while(|line| *line != FENCE).collect();
    let behind = front.len() + 2;
    // The empty line stands for the fence, so that the parser counts as an editor does.
    let toml = format!("\n{}", front.join("\n"));
    let front: Front = toml::from_str(&toml).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(&toml, span.start));
        (line, error.message().to_owned())
    })?;
    let sections = sections(lines, behind)?;
    if sections.len() != front.step.len() {
        let (steps, sections) = (front.step.len(), sections.len());
        let why = format!("{steps} steps, but {sections} sections that begin with '{SECTION}'");
        return Err((behind, why));
    }
    let step = |(front, section)| step(&toml, front, &section);
    let steps: Result<_, _> = front.step.into_iter().zip(sections).map(step).collect();
    Ok(Lesson {
        name: name.into(),
        title: front.title,
        lab: front.lab,
        mode: parsed(&toml, front.mode)?,
        needs: parsed(&toml, front.needs)?,
        steps: steps?,
    })
}

/// The number of the line in which a byte stands.
fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

fn parsed<T: FromStr<Err: Display>>(
    toml: &str,
    word: Option<Spanned<String>>,
) -> Result<Option<T>, Refused> {
    let parse = |word: Spanned<String>| {
        let line = line_at(toml, word.span().start);
        word.get_ref().parse().map_err(|why: T::Err| (line, why.to_string()))
    };
    word.map(parse).transpose()
}

/// The sections of the text behind the front matter, which has so many lines.
fn sections<'a>(
    lines: impl Iterator<Item = &'a str>,
    behind: usize,
) -> Result<Vec<Section<'a>>, Refused> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for (number, line) in lines.enumerate() {
        let refused = |why: &str| Err((behind + number + 1, why.to_owned()));
        if let Some(title) = line.strip_prefix(SECTION) {
            sections.push(Section { title: title.trim(), text: String::new() });
        } else if line.starts_with(['#', '|', '>']) || line.starts_with("```") {
            return refused("only paragraphs, lists, `code` and **bold** words");
        } else if let Some(section) = sections.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        } else if !line.trim().is_empty() {
            return refused("text before the first section");
        }
    }
    Ok(sections)
}

fn step(toml: &str, front: FrontStep, section: &Section<'_>) -> Result<Step, Refused> {
    let at = |word: usize| move |why: String| (line_at(toml, word), why);
    let (check, keys) = (front.check.span().start, front.keys.span().start);
    let text = prose::parse(&section.text);
    if text.is_empty() {
        return Err(at(check)(format!("nothing is written under '{}'", section.title)));
    }
    Ok(Step {
        title: section.title.into(),
        text,
        check: self::check(front.check.into_inner()).map_err(at(check))?,
        hint: front.hint,
        go: front.go,
        keys: strokes(front.keys.get_ref()).map_err(at(keys))?,
        needs: parsed(toml, front.needs)?,
    })
}

/// Keys and quoted text, separated by spaces.
fn strokes(text: &str) -> Result<Vec<Stroke>, String> {
    let mut strokes = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let behind = if let Some(quoted) = rest.strip_prefix('"') {
            let (text, behind) = quoted.split_once('"').ok_or("a quotation mark is missing")?;
            strokes.push(Stroke::Text(text.into()));
            behind
        } else {
            let (key, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            strokes.push(Stroke::Key(key.into()));
            behind
        };
        rest = behind.trim_start();
    }
    if strokes.is_empty() { Err("no keys: nothing would do the step".into()) } else { Ok(strokes) }
}

impl FromStr for Need {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let need = [Self::Vlan].into_iter().find(|need| need.name() == text);
        need.ok_or_else(|| format!("'{text}' is nothing that a kernel may lack: 8021q is"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScreenWords {
    screen: String,
    of: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkWords {
    link: String,
    exists: Option<bool>,
    mode: Option<String>,
    up: Option<bool>,
    mac: Option<String>,
    parent: Option<String>,
    address: Option<String>,
    source: Option<String>,
    unlisted: Option<String>,
    nopromisc: Option<bool>,
    carrier: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReachWords {
    from: String,
    to: String,
    reaches: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbedWords {
    probed: [String; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedWords {
    refused: String,
}

/// A check, or a list of which all must hold.
fn check(words: Value) -> Result<Check, String> {
    match words {
        Value::Table(table) => check_of(table),
        Value::Array(all) if !all.is_empty() => {
            all.into_iter().map(check).collect::<Result<_, _>>().map(Check::All)
        }
        _ => Err("a check is a table, or a list of tables".into()),
    }
}

/// A single check; the word that none of the others has tells what it is about.
fn check_of(table: Table) -> Result<Check, String> {
    let subjects = ["screen", "link", "from", "probed", "refused"];
    match subjects.into_iter().find(|subject| table.contains_key(*subject)) {
        Some("screen") => {
            let ScreenWords { screen: word, of } = read(table)?;
            let place = Place::ALL.into_iter().find(|(_, known, _)| *known == word);
            let words = Place::ALL.map(|(_, word, _)| word).join(", ");
            let unknown = || format!("'{word}' is not a screen; there are {words}");
            place.map(|(place, ..)| Check::Screen(place, of)).ok_or_else(unknown)
        }
        Some("link") => link(read(table)?),
        Some("from") => {
            let ReachWords { from, to, reaches: wanted } = read(table)?;
            Ok(Check::Reaches { ends: [from, to], wanted })
        }
        Some("probed") => Ok(Check::Probed(read::<ProbedWords>(table)?.probed)),
        Some("refused") => {
            Ok(Check::Refused(read::<RefusedWords>(table)?.refused.parse::<Rule>()?))
        }
        _ => Err(format!("a check is about one of {}", subjects.join(", "))),
    }
}

fn read<T: for<'de> Deserialize<'de>>(table: Table) -> Result<T, String> {
    Value::Table(table).try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

fn link(words: LinkWords) -> Result<Check, String> {
    let mut conditions = Vec::new();
    conditions.extend(word(words.mode)?.map(Condition::Mode));
    conditions.extend(words.up.map(Condition::Up));
    conditions.extend(word(words.mac)?.map(Condition::Mac));
    conditions.extend(words.parent.map(Condition::Parent));
    conditions.extend(words.address.map(Condition::Address));
    conditions.extend(word(words.source)?.map(|mac| Condition::Source(mac, true)));
    conditions.extend(word(words.unlisted)?.map(|mac| Condition::Source(mac, false)));
    conditions.extend(words.nopromisc.map(Condition::Nopromisc));
    conditions.extend(words.carrier.map(Condition::Carrier));
    match (words.exists, conditions.is_empty()) {
        (None, true) => Err(format!("nothing is asked of {}", words.link)),
        (Some(false), true) => Ok(Check::Gone(words.link)),
        (Some(false), false) => Err(format!("nothing can hold of {} if it is gone", words.link)),
        _ => Ok(Check::Link(words.link, conditions)),
    }
}

fn word<T: FromStr<Err: Display>>(word: Option<String>) -> Result<Option<T>, String> {
    word.map(|word| word.parse().map_err(|why: T::Err| why.to_string())).transpose()
}
