//! From requests to a plan, or to a refusal: a pure function of them and the topology.
//!
//! Every request is checked against the rules on a topology in which those before it have been
//! simulated, so that several make one plan.

mod create;
mod delete;
mod edit;
mod netns;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::collections::VecDeque;

use super::draft::Draft;
use super::refusal::{Refusal, Rule};
use super::rules::enterable;
use super::{Op, Place, Plan, Request, Setting, simulate};
use crate::model::{NetnsId, Topology};

/// Plans the requests, in their order. Of several, those that change nothing are passed over; a
/// plan that would be empty is refused.
pub fn build(topology: &Topology, requests: &[Request]) -> Result<Plan, Refusal> {
    let mut draft = Draft::new(topology);
    let mut nothing = None;
    for request in requests {
        let line = words::subject(&draft, request).filter(|_| requests.len() > 1);
        match add(&mut draft, request, line.as_deref()) {
            Err(refusal) if refusal.rule == Rule::NothingToDo => nothing = Some(refusal),
            done => done?,
        }
    }
    if draft.is_empty() {
        return Err(nothing.unwrap_or_else(|| {
            Refusal::new(Rule::NothingToDo, "nothing is asked for", "choose something to change")
        }));
    }
    Ok(draft.finish(words::title(topology, requests)))
}

/// A plan of these ops, as the undo of another plan gives them; those without an effect on the
/// topology, or on a link that goes in the end, are left out. No rule is checked: they lead to a
/// state that the kernel has had.
pub fn undo(topology: &Topology, title: &str, ops: Vec<Op>) -> Plan {
    let mut draft = Draft::new(topology);
    let mut ops = VecDeque::from(ops);
    while let Some(op) = ops.pop_front() {
        if op.is_moot_before(&ops) || is_so(&draft.now, &op) {
            continue;
        }
        let line = words::of_op(&draft.now, &op);
        draft.summary.push(line);
        draft.push(op);
    }
    draft.finish(title.to_owned())
}

/// Whether all that these ops name is there, or made by one before, so that [`undo`] can plan them.
pub fn is_possible(topology: &Topology, ops: &[Op]) -> bool {
    let mut now = topology.clone();
    ops.iter().all(|op| {
        let possible = simulate::is_possible(&now, op);
        simulate::apply(&mut now, op);
        possible
    })
}

/// Whether an op that changes a property would change nothing.
pub fn is_so(topology: &Topology, op: &Op) -> bool {
    let Op::Set(target, setting) = op else { return false };
    let link = simulate::find(topology, target).and_then(|key| topology.link(key));
    link.is_some_and(|link| edit::is_so(link, setting))
}

/// Plans one request. `subject` names what it is about where a line of the summary has to.
fn add(draft: &mut Draft<'_>, request: &Request, subject: Option<&str>) -> Result<(), Refusal> {
    match request {
        Request::Create(new) => create::create(draft, new),
        Request::Edit { link, edits } => edit::edit(draft, *link, edits, subject),
        Request::Delete(link) => delete::delete(draft, *link),
        Request::CreateNetns(name) => netns::create(draft, name),
        Request::DeleteNetns(id) => netns::delete(draft, *id),
    }
}

/// The namespace that something goes into, made first if it is to be new.
fn arrive(draft: &mut Draft<'_>, place: &Place) -> Result<NetnsId, Refusal> {
    let id = match place {
        Place::Known(id) => *id,
        Place::New(name) => {
            let made = simulate::find_netns(&draft.now, place);
            match made.filter(|id| simulate::is_placeholder(*id)) {
                Some(id) => id,
                None => return netns::make(draft, name),
            }
        }
    };
    enterable(&draft.now, id)?;
    draft.rely_on_netns(id);
    Ok(id)
}

/// Adds an op that changes a link which an earlier step made.
fn set_new(
    draft: &mut Draft<'_>,
    key: crate::model::LinkKey,
    settings: impl IntoIterator<Item = Setting>,
) {
    for setting in settings {
        if let Some(target) = draft.target(key) {
            draft.push(Op::Set(target, setting));
        }
    }
}
