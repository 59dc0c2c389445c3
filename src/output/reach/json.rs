//! The JSON of a pair, of a test and of a matrix. The README explains it field by field.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::super::document::SCHEMA;
use super::super::json::{json_text, write_line};
use super::{Pair, Remedy, mode};
use crate::model::{Arrived, Link, Mode, Topology};
use crate::reach::{Answered, Behind, Endpoint, Matrix, Suspect, Switch, Verdict};

/// Writes the prediction of a pair as one line of JSON.
pub fn write_pair_json(
    out: &mut impl Write,
    topology: &Topology,
    pair: Pair<'_>,
    remedy: Option<&Remedy>,
) -> io::Result<()> {
    let [from, to] = pair.ends.map(|end| End::new(topology, end));
    let document = PairDocument {
        schema: SCHEMA,
        from,
        to,
        verdict: pair.verdict.into(),
        reason: pair.verdict.reason().map(|reason| reason.sentence(topology)),
        switch: pair.behind(topology).map(|behind| behind.sentence(topology)),
        beside: pair.beside(topology).map(|beside| beside.sentence(topology)),
        fix: remedy.map(|remedy| &*remedy.sentence),
        fix_commands: remedy.map_or(&[], |remedy| &remedy.commands),
    };
    write_line(out, &document)
}

/// Writes what was measured beside the prediction as one line of JSON; where nothing was measured, as of
/// the outside, what was answered is compared.
pub fn write_test_json(
    out: &mut impl Write,
    topology: &Topology,
    pair: Pair<'_>,
    measured: Option<Arrived>,
    answered: Option<Answered>,
) -> io::Result<()> {
    let [from, to] = pair.ends.map(|end| End::new(topology, end));
    let predicted = pair.verdict.arrived();
    let resolved = answered.is_some_and(|answered| answered.answers.resolved);
    let agrees = || answered.is_some_and(|answered| answered.agrees(pair.ends, pair.verdict));
    let of_answer = || {
        let of = |answered| Suspect::of_answer(topology, pair.ends, pair.verdict, answered);
        let all = answered.as_ref().map(of).unwrap_or_default();
        all.iter().map(|suspect| suspect.sentence(topology)).collect()
    };
    let document = TestDocument {
        schema: SCHEMA,
        from,
        to,
        predicted: predicted.into(),
        measured: measured.map(Frames::from),
        packets: answered.map(|answered| Packets {
            from: answered.from.to_string(),
            to: answered.to.to_string(),
            resolved: answered.answers.resolved,
            echoed: answered.answers.echoed,
        }),
        reachable: measured.map_or(resolved, Arrived::frames_pass),
        agreed: measured.map_or_else(agrees, |found| found == predicted),
        suspects: measured.map_or_else(of_answer, |found| pair.suspects(topology, found)),
    };
    write_line(out, &document)
}

/// Writes the matrix of a parent as one line of JSON.
pub fn write_matrix_json(
    out: &mut impl Write,
    topology: &Topology,
    parent: &Link,
    matrix: &Matrix,
    assumed: Switch,
) -> io::Result<()> {
    let ends = matrix.ends.iter().map(|end| End::new(topology, *end)).collect();
    let all = 0..matrix.ends.len();
    let pairs = all.clone().flat_map(|from| all.clone().map(move |to| (from, to)));
    let cells = pairs.filter_map(|(from, to)| {
        let verdict = matrix.verdict(topology, from, to)?;
        let reason = verdict.reason().map(|reason| reason.sentence(topology));
        Some(MatrixCell { from, to, verdict: (&verdict).into(), reason })
    });
    let own = Endpoint::Link(parent.key);
    let document = MatrixDocument {
        schema: SCHEMA,
        parent: End::new(topology, own),
        switch: Behind::of(topology, own, assumed).map(|behind| behind.sentence(topology)),
        ends,
        cells: cells.collect(),
    };
    write_line(out, &document)
}

#[derive(Serialize)]
struct PairDocument<'a> {
    schema: u32,
    from: End<'a>,
    to: End<'a>,
    #[serde(flatten)]
    verdict: Passing,
    reason: Option<String>,
    switch: Option<String>,
    beside: Option<String>,
    fix: Option<&'a str>,
    fix_commands: &'a [String],
}

#[derive(Serialize)]
struct TestDocument<'a> {
    schema: u32,
    from: End<'a>,
    to: End<'a>,
    predicted: Frames,
    measured: Option<Frames>,
    packets: Option<Packets>,
    reachable: bool,
    agreed: bool,
    suspects: Vec<String>,
}

#[derive(Serialize)]
struct MatrixDocument<'a> {
    schema: u32,
    parent: End<'a>,
    switch: Option<String>,
    ends: Vec<End<'a>>,
    cells: Vec<MatrixCell>,
}

#[derive(Serialize)]
struct MatrixCell {
    from: usize,
    to: usize,
    #[serde(flatten)]
    verdict: Passing,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Packets {
    from: String,
    to: String,
    resolved: bool,
    echoed: bool,
}

/// An end; of the outside the parent's place.
#[derive(Serialize)]
struct End<'a> {
    kind: &'static str,
    label: String,
    namespace: Option<u64>,
    ifindex: u32,
    name: Option<Cow<'a, str>>,
    mode: Option<&'static str>,
}

#[derive(Serialize)]
struct Passing {
    #[serde(flatten)]
    frames: Frames,
    frames_pass: bool,
    reachable: bool,
}

#[derive(Serialize)]
struct Frames {
    unicast: Ways,
    broadcast: Ways,
}

#[derive(Serialize)]
struct Ways {
    forward: bool,
    back: bool,
}

impl<'a> End<'a> {
    fn new(topology: &'a Topology, end: Endpoint) -> Self {
        let (kind, key) = match end {
            Endpoint::Link(key) => ("interface", key),
            Endpoint::Outside(key) => ("outside", key),
        };
        Self {
            kind,
            label: end.label(topology),
            namespace: topology.namespace(key.netns).and_then(|namespace| namespace.netns.inode),
            ifindex: key.ifindex,
            name: topology.link(key).map(|link| json_text(&link.name)),
            mode: mode(topology, end).map(Mode::name),
        }
    }
}

impl From<&Verdict> for Passing {
    fn from(verdict: &Verdict) -> Self {
        Self {
            frames: verdict.arrived().into(),
            frames_pass: verdict.frames_pass(),
            reachable: verdict.is_reachable(),
        }
    }
}

impl From<Arrived> for Frames {
    fn from(arrived: Arrived) -> Self {
        let ways = |[forward, back]: [bool; 2]| Ways { forward, back };
        Self { unicast: ways(arrived.unicast), broadcast: ways(arrived.broadcast) }
    }
}
