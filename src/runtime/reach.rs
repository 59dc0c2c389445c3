//! `macvlens reach` and `macvlens probe`: who reaches whom as predicted, and as measured.

use std::io::{self, Write, stdout};

use anyhow::{Context, Result};

use super::change::inode_of;
use super::print::{finish, misuse, name_gaps};
use super::probing::Questions;
use super::{engines, style};
use crate::app;
use crate::cli::{Cli, Probe, Reach, Shape, Status};
use crate::model::resolve::{Resolver, Unresolved};
use crate::model::{LinkKey, Stack, Text, Topology};
use crate::output::Style;
use crate::output::reach::{self as paper, Pair, Remedy};
use crate::plan;
use crate::probe;
use crate::reach::{self, Answered, Endpoint, Fix, Matrix, Switch, Verdict};

/// Predicts what the command line asks for.
pub fn run(cli: &Cli, args: &Reach) -> Result<Status> {
    let topology = &engines::look(cli)?;
    let assumed = args.hairpin.into();
    if let Some(parent) = &args.matrix {
        return match parent_called(&resolver(topology), parent.as_bytes()) {
            Ok(parent) => matrix(cli, topology, parent, assumed, args.output),
            Err(unresolved) => misuse(cli, topology, &unresolved),
        };
    }
    let ends = match two_ends(topology, args.from.as_ref(), args.to.as_ref()) {
        Ok(ends) => ends,
        Err(unresolved) => return misuse(cli, topology, &unresolved),
    };
    let stacks = stacks(topology, ends);
    let verdict = &Verdict::between(topology, ends[0], ends[1], assumed, stacks.as_ref());
    let fixes = [Fix::of, Fix::hairpin].map(|find| find(topology, ends[0], ends[1], verdict));
    let remedies: Vec<_> = fixes.iter().flatten().map(|fix| remedy(topology, fix, ends)).collect();
    let pair = Pair { ends, verdict, assumed };
    print(|out| match args.output {
        Shape::Text => paper::write_pair(out, topology, pair, &remedies, style(cli.look)),
        Shape::Json => paper::write_pair_json(out, topology, pair, remedies.first()),
    })?;
    // What is out of sight may be what decides.
    name_gaps(topology, style(cli.look).ascii).context("writing to stderr")?;
    Ok(if verdict.is_reachable() { Status::Fine } else { Status::Failed })
}

/// Predicts and measures what the command line asks for.
pub fn probe(cli: &Cli, args: &Probe) -> Result<Status> {
    let topology = &engines::look(cli)?;
    let assumed = args.hairpin.into();
    let ends = match two_ends(topology, Some(&args.from), Some(&args.to)) {
        Ok(ends) => ends,
        Err(unresolved) => return misuse(cli, topology, &unresolved),
    };
    let verdict = &Verdict::between(topology, ends[0], ends[1], assumed, None);
    let pair = Pair { ends, verdict, assumed };
    let (from, to) = match (ends, args.address) {
        ([Endpoint::Link(from), Endpoint::Link(to)], None) => (from, to),
        ([Endpoint::Link(from), Endpoint::Outside(parent)], Some(address)) => {
            return match reach::question(topology, from, parent, address) {
                Ok(asked) => {
                    probe_outside(topology, pair, (from, asked), style(cli.look), args.output)
                }
                Err(why) => misuse(cli, topology, &unresolved(why)),
            };
        }
        (_, None) => {
            let why = "the outside can't be tested: nobody there tells what arrived; name an \
                       interface of this host that is joined to it, or as B the outside with an \
                       --address there to ask for";
            return misuse(cli, topology, &unresolved(why.into()));
        }
        (_, Some(_)) => {
            let why = "--address is asked for in the outside alone: from an interface, and B is \
                       outside:PARENT";
            return misuse(cli, topology, &unresolved(why.into()));
        }
    };
    let measured = probe::frames(topology, from, to).map_err(advised)?;
    let answered = answered(topology, from, to)?;
    print(|out| match args.output {
        Shape::Text => paper::write_test(out, topology, pair, measured, answered, style(cli.look)),
        Shape::Json => paper::write_test_json(out, topology, pair, Some(measured), answered),
    })?;
    Ok(if measured.frames_pass() { Status::Fine } else { Status::Failed })
}

/// Asks for one address in the outside, where nobody else tells what arrived.
fn probe_outside(
    topology: &Topology,
    pair: Pair<'_>,
    (key, reach::Pair { from, to }): (LinkKey, reach::Pair),
    style: Style,
    shape: Shape,
) -> Result<Status> {
    let answers = probe::answers(topology, key, from, to).map_err(advised)?;
    let answered = Answered { from, to, answers };
    print(|out| match shape {
        Shape::Text => paper::write_question(out, topology, pair, answered, style),
        Shape::Json => paper::write_test_json(out, topology, pair, None, Some(answered)),
    })?;
    Ok(if answers.resolved { Status::Fine } else { Status::Failed })
}

/// What the stack of the second answers the first, where both have addresses for it.
fn answered(topology: &Topology, from: LinkKey, to: LinkKey) -> Result<Option<Answered>> {
    let Ok(pair) = reach::pair(topology, from, to) else { return Ok(None) };
    let answers = probe::answers(topology, from, pair.from, pair.to).map_err(advised)?;
    Ok(Some(Answered { from: pair.from, to: pair.to, answers }))
}

/// With what would help in front, where something would.
pub(super) fn advised(error: probe::ProbeError) -> anyhow::Error {
    let advice = error.advice();
    let error = anyhow::Error::from(error);
    match advice {
        Some(advice) => error.context(advice),
        None => error,
    }
}

fn matrix(
    cli: &Cli,
    topology: &Topology,
    parent: LinkKey,
    assumed: Switch,
    shape: Shape,
) -> Result<Status> {
    let matrix = &Matrix::of(topology, parent, assumed);
    let parent = topology.link(parent).context("the parent is gone")?;
    print(|out| match shape {
        Shape::Text => paper::write_matrix(out, topology, parent, matrix, assumed, style(cli.look)),
        Shape::Json => paper::write_matrix_json(out, topology, parent, matrix, assumed),
    })
}

fn print(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Result<Status> {
    let mut text = Vec::new();
    write(&mut text)?;
    finish(stdout().write_all(&text))
}

pub(super) fn resolver(topology: &Topology) -> Resolver<'_> {
    Resolver { topology, inode_of: &inode_of }
}

fn unresolved(why: String) -> Unresolved {
    Unresolved { why, ambiguous: false, candidates: Vec::new() }
}

fn two_ends(
    topology: &Topology,
    from: Option<&Text>,
    to: Option<&Text>,
) -> Result<[Endpoint; 2], Unresolved> {
    let resolver = resolver(topology);
    let end = |text: Option<&Text>| called(&resolver, text.map_or(&[], Text::as_bytes));
    let ends = [end(from)?, end(to)?];
    if ends[0] == ends[1] {
        return Err(unresolved("A and B are the same".into()));
    }
    Ok(ends)
}

/// The endpoint that is called so.
fn called(resolver: &Resolver<'_>, text: &[u8]) -> Result<Endpoint, Unresolved> {
    if let Some(parent) = text.strip_prefix(b"parent:") {
        return parent_called(resolver, parent).map(Endpoint::Link).map_err(with("parent:"));
    }
    if let Some(parent) = text.strip_prefix(b"outside:") {
        return parent_called(resolver, parent).map(Endpoint::Outside).map_err(with("outside:"));
    }
    resolver.link(text).map(Endpoint::Link)
}

/// Puts back in front of what could be typed instead what was taken off.
fn with(prefix: &'static str) -> impl Fn(Unresolved) -> Unresolved {
    move |mut unresolved| {
        for candidate in &mut unresolved.candidates {
            candidate.selector.splice(0..0, prefix.bytes());
        }
        unresolved
    }
}

/// The link that is called so, unless it is a sub-interface, which has no stack or wire of a parent.
fn parent_called(resolver: &Resolver<'_>, text: &[u8]) -> Result<LinkKey, Unresolved> {
    let key = resolver.link(text)?;
    let topology = resolver.topology;
    match topology.link(key).filter(|link| link.macvlan().is_some()) {
        None => Ok(key),
        Some(link) => {
            let [name, parent] = [
                topology.describe(key),
                topology
                    .parent_of(link)
                    .map_or("a parent out of sight".into(), |parent| topology.describe(parent.key)),
            ];
            Err(unresolved(format!("{name} is no parent: it is a sub-interface of {parent}")))
        }
    }
}

/// What both kernels say of packets to the other end; `None` where they have no addresses for it.
fn stacks(topology: &Topology, ends: [Endpoint; 2]) -> Option<[Stack; 2]> {
    let [Endpoint::Link(from), Endpoint::Link(to)] = ends else { return None };
    Some(Questions::of(topology, [from, to])?.ask())
}

/// The fix, and the commands of the plan that brings it about.
fn remedy(topology: &Topology, fix: &Fix, ends: [Endpoint; 2]) -> Remedy {
    let sentence = fix.sentence(topology);
    match plan::build(topology, &app::fix::requests(topology, fix, ends)) {
        Ok(plan) => {
            let commands = plan.steps.into_iter().map(|step| step.command).collect();
            Remedy { sentence, commands }
        }
        Err(refusal) => {
            let sentence = format!("{sentence} That is refused: {}.", refusal.why);
            Remedy { sentence, commands: Vec::new() }
        }
    }
}
