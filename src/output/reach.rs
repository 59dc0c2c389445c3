//! Who reaches whom, printed: one pair with its reason and what would change it, a prediction beside
//! what was measured, or everybody on a parent with everybody. The README explains the JSON.

mod json;

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::columns::{self, Cell, Flexible, Paint, Row, Style};
use crate::model::text::ascii;
use crate::model::{Arrived, Link, Mode, Topology};
use crate::reach::{Answered, Behind, Beside, Endpoint, Matrix, Reason, Suspect, Switch, Verdict};
pub use json::{write_matrix_json, write_pair_json, write_test_json};

/// What would make one reach the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The change, as a sentence.
    pub sentence: String,
    /// The `ip` commands that make it; none where they would be refused.
    pub commands: Vec<String>,
}

/// A pair, and what is predicted of it.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// From the first to the second.
    pub ends: [Endpoint; 2],
    /// The prediction.
    pub verdict: &'a Verdict,
    /// How a switch that is out of sight was assumed to be.
    pub assumed: Switch,
}

/// Writes the prediction of a pair for people; of several remedies the first is the best.
pub fn write_pair(
    out: &mut impl Write,
    topology: &Topology,
    pair: Pair<'_>,
    remedies: &[Remedy],
    style: Style,
) -> io::Result<()> {
    let predicted = pair.verdict.arrived();
    writeln!(out, "{}", plain(&pair.title(topology, pair.verdict.summary(), style), style))?;
    let mut rows = vec![head(&["", "there", "back"])];
    for (name, ways) in [("unicast", predicted.unicast), ("broadcast", predicted.broadcast)] {
        let [there, back] = ways.map(|passes| mark(passes, style));
        rows.push(Row::Columns(vec![format!("  {name}").into(), there, back]));
    }
    columns::write(out, rows, Flexible::default(), style)?;
    let mut say = |text: &str| writeln!(out, "{}", plain(text, style));
    if let Some(reason) = pair.verdict.reason() {
        say(&reason.sentence(topology))?;
    }
    if let Some(behind) = pair.behind(topology) {
        say(&behind.sentence(topology))?;
    }
    if let Some(beside) = pair.beside(topology) {
        say(&beside.sentence(topology))?;
    }
    for (at, remedy) in remedies.iter().enumerate() {
        let begin = if at == 0 { "To change that" } else { "Or" };
        say(&format!("{begin}: {}", remedy.sentence))?;
        remedy.commands.iter().try_for_each(|command| say(&format!("  {command}")))?;
    }
    Ok(())
}

/// Writes what was measured beside the prediction, for people.
pub fn write_test(
    out: &mut impl Write,
    topology: &Topology,
    pair: Pair<'_>,
    measured: Arrived,
    answered: Option<Answered>,
    style: Style,
) -> io::Result<()> {
    let predicted = pair.verdict.arrived();
    let agreed = predicted == measured;
    let summary = if agreed { "as predicted" } else { "NOT as predicted" };
    writeln!(out, "{}", plain(&pair.title(topology, summary, style), style))?;
    let mut rows = vec![head(&["", "predicted", "measured", ""])];
    let casts = [
        ("unicast", predicted.unicast, measured.unicast),
        ("broadcast", predicted.broadcast, measured.broadcast),
    ];
    for (cast, predicted, measured) in casts {
        for (at, way) in ["there", "back"].into_iter().enumerate() {
            let [predicted, measured] = [predicted[at], measured[at]];
            let judged = if predicted == measured {
                Cell::new("agreed", Paint::Faint)
            } else {
                Cell::new("DISAGREED", Paint::Warning)
            };
            let name = format!("  {cast} {way}").into();
            rows.push(Row::Columns(vec![
                name,
                mark(predicted, style),
                mark(measured, style),
                judged,
            ]));
        }
    }
    columns::write(out, rows, Flexible::default(), style)?;
    let mut say = |text: &str| writeln!(out, "{}", plain(text, style));
    if let Some(answered) = answered {
        say(&answered.sentence())?;
        Answered::asked_instead(topology, pair.ends[0]).iter().try_for_each(|told| say(told))?;
    }
    if let Some(reason) = pair.verdict.reason().filter(|_| !predicted.frames_pass()) {
        say(&format!("Predicted because: {}", reason.sentence(topology)))?;
    }
    if let Some(behind) = pair.behind(topology) {
        say(&behind.sentence(topology))?;
    }
    if !agreed {
        say("What may be behind it, the likeliest first:")?;
    }
    let mut suspects = pair.suspects(topology, measured).into_iter();
    suspects.try_for_each(|suspect| say(&format!("  {suspect}")))
}

/// Writes what somebody in the outside answered, beside the prediction, for people.
pub fn write_question(
    out: &mut impl Write,
    topology: &Topology,
    pair: Pair<'_>,
    answered: Answered,
    style: Style,
) -> io::Result<()> {
    let agreed = answered.agrees(pair.ends, pair.verdict);
    let summary = if agreed { "as predicted" } else { "NOT as predicted" };
    let mut say = |text: &str| writeln!(out, "{}", plain(text, style));
    say(&pair.title(topology, summary, style))?;
    say(&answered.sentence())?;
    Answered::asked_instead(topology, pair.ends[0]).iter().try_for_each(|told| say(told))?;
    if let Some(reason) = pair.verdict.reason() {
        say(&format!("Predicted because: {}", reason.sentence(topology)))?;
    }
    if let Some(behind) = pair.behind(topology) {
        say(&behind.sentence(topology))?;
    }
    if !agreed {
        say("What may be behind it, the likeliest first:")?;
    }
    let suspects = Suspect::of_answer(topology, pair.ends, pair.verdict, &answered);
    suspects.iter().try_for_each(|suspect| say(&format!("  {}", suspect.sentence(topology))))
}

/// Writes the matrix of a parent for people: as a list where the terminal is too narrow.
pub fn write_matrix(
    out: &mut impl Write,
    topology: &Topology,
    parent: &Link,
    matrix: &Matrix,
    assumed: Switch,
    style: Style,
) -> io::Result<()> {
    let labels: Vec<_> = matrix.ends.iter().map(|end| end.label(topology)).collect();
    let all = 0..labels.len();
    let verdicts: Vec<Vec<_>> = all
        .clone()
        .map(|from| all.clone().map(|to| matrix.verdict(topology, from, to)).collect())
        .collect();
    let passes = |from: usize, to: usize| verdicts[from][to].as_ref().map(Verdict::frames_pass);
    let title = if style.ascii { "to ->" } else { "to →" };
    let mut rows = vec![head(&[&[title], &*refs(&labels), &["mode"]].concat())];
    for from in all.clone() {
        let mut cells = vec![Cell::from(labels[from].as_str())];
        cells.extend(all.clone().map(|to| match passes(from, to) {
            None => Cell::new(if style.ascii { "." } else { "·" }, Paint::Faint),
            Some(passes) => mark(passes, style),
        }));
        cells.push(mode(topology, matrix.ends[from]).map_or("", Mode::name).into());
        rows.push(Row::Columns(cells));
    }
    let first = labels.iter().map(|label| label.width()).max().unwrap_or(0).max(title.width());
    let width =
        first + labels.iter().map(|label| label.width() + 2).sum::<usize>() + 2 + "passthru".len();
    if style.width.is_some_and(|limit| limit < width) {
        rows = list(&labels, passes, style);
    }
    columns::write(out, rows, Flexible::default(), style)?;
    let mut say = |text: &str| writeln!(out, "{}", plain(text, style));
    let lost = verdicts.iter().flatten().flatten().filter(|verdict| !verdict.frames_pass());
    let mut told: Vec<String> = Vec::new();
    let mut reasons: Vec<Reason> = Vec::new();
    for reason in lost.filter_map(Verdict::reason) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
            let sentence = reason.sentence(topology);
            if !told.contains(&sentence) {
                say(&sentence)?;
                told.push(sentence);
            }
        }
    }
    match Behind::of(topology, Endpoint::Link(parent.key), assumed) {
        Some(behind) => say(&behind.sentence(topology)),
        None => Ok(()),
    }
}

/// For each end those that it reaches, and those that it does not.
fn list(
    labels: &[String],
    passes: impl Fn(usize, usize) -> Option<bool>,
    style: Style,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (from, label) in labels.iter().enumerate() {
        rows.push(Row::Line(vec![Cell::new(label, Paint::Strong)]));
        for wanted in [true, false] {
            let those = (0..labels.len()).filter(|to| passes(from, *to) == Some(wanted));
            rows.extend(those.map(|to| {
                let indented =
                    Cell { text: format!("  {}", mark(wanted, style).text), ..mark(wanted, style) };
                Row::Line(vec![indented, labels[to].as_str().into()])
            }));
        }
    }
    rows
}

impl Pair<'_> {
    fn title(&self, topology: &Topology, summary: &str, style: Style) -> String {
        let arrow = if style.ascii { "->" } else { "→" };
        let [from, to] = self.ends.map(|end| described(topology, end));
        format!("{from} {arrow} {to}: {summary}")
    }

    /// What leads there although the parent's own stack does not.
    fn beside(&self, topology: &Topology) -> Option<Beside> {
        Beside::instead(topology, self.ends, self.verdict)
    }

    /// What is behind the sender's wire, where its frames leave through that.
    fn behind(&self, topology: &Topology) -> Option<Behind> {
        let leaves = !self.verdict.unicast[0].direct;
        leaves.then(|| Behind::between(topology, self.ends, self.assumed)).flatten()
    }

    fn suspects(&self, topology: &Topology, measured: Arrived) -> Vec<String> {
        let measured = [measured.unicast, measured.broadcast];
        let all = Suspect::all(topology, self.ends, self.verdict, measured);
        all.iter().map(|suspect| suspect.sentence(topology)).collect()
    }
}

/// An endpoint in full.
fn described(topology: &Topology, end: Endpoint) -> String {
    match end {
        Endpoint::Link(key) => topology.describe(key),
        Endpoint::Outside(key) => format!("the outside of {}", topology.describe(key)),
    }
}

fn mode(topology: &Topology, end: Endpoint) -> Option<Mode> {
    match end {
        Endpoint::Link(key) => topology.link(key)?.macvlan().map(|macvlan| macvlan.mode),
        Endpoint::Outside(_) => None,
    }
}

fn plain(text: &str, style: Style) -> Cow<'_, str> {
    if style.ascii { ascii(text) } else { text.into() }
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn head(titles: &[&str]) -> Row {
    Row::Columns(titles.iter().map(|title| Cell::new(*title, Paint::Strong)).collect())
}

fn mark(passes: bool, style: Style) -> Cell {
    match (passes, style.ascii) {
        (true, false) => Cell::new("✓", Paint::Good),
        (true, true) => Cell::new("y", Paint::Good),
        (false, false) => Cell::new("✗", Paint::Bad),
        (false, true) => Cell::new("n", Paint::Bad),
    }
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
