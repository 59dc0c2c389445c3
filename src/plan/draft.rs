//! A plan in the making: takes ops one by one and keeps the topology as it will be when the turn of
//! the next one comes. It checks no rule; that is for `build` to do before it adds an op.

use std::collections::HashMap;

use super::facts::Facts;
use super::impact::Impacts;
use super::{Op, Plan, Setting, Step, Target};
use super::{inverse, ip_command, simulate};
use crate::model::{Link, LinkKey, NetnsId, Topology};

/// Commands for what no command can do.
const NO_COMMAND: &str = "# no path leads into the namespace, so no command of ip can do this";

/// A plan in the making.
pub(super) struct Draft<'a> {
    /// The world as it will be after the steps so far.
    pub(super) now: Topology,
    /// A line for each thing that becomes different.
    pub(super) summary: Vec<String>,
    steps: Vec<Step>,
    impacts: Impacts,
    lost: Vec<String>,
    facts: Facts<'a>,
    /// Where links are now that were elsewhere before.
    moved: HashMap<LinkKey, LinkKey>,
    /// For each step that moves a link, the key that it had until then.
    moved_from: Vec<Option<LinkKey>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a Topology) -> Self {
        Self {
            now: before.clone(),
            summary: Vec::new(),
            steps: Vec::new(),
            impacts: Impacts::default(),
            lost: Vec::new(),
            facts: Facts::new(before),
            moved: HashMap::new(),
            moved_from: Vec::new(),
        }
    }

    /// The link as the steps so far leave it, by the key that it had before them.
    pub(super) fn link(&self, key: LinkKey) -> Option<&Link> {
        self.now.link(self.moved.get(&key).copied().unwrap_or(key))
    }

    /// How the next op names a link of [`Draft::now`].
    pub(super) fn target(&self, key: LinkKey) -> Option<Target> {
        self.now.link(key).map(|link| simulate::target(&self.now, link))
    }

    /// Adds an op, with its command, undo, facts and what it brings along. Returns the key of a
    /// link that it makes or moves.
    pub(super) fn push(&mut self, op: Op) -> Option<LinkKey> {
        let back = inverse::inverse(&self.now, &op);
        let command = ip_command::command(&self.now, &op);
        self.facts.add(&self.now, &op);
        self.impacts.add(&self.now, &op);
        for lost in back.lost {
            if !self.lost.contains(&lost) {
                self.lost.push(lost);
            }
        }
        let moved_from = match &op {
            Op::Set(target, Setting::Netns(_)) => simulate::find(&self.now, target),
            _ => None,
        };
        let made = simulate::apply(&mut self.now, &op);
        if let (Some(from), Some(to)) = (moved_from, made) {
            let origin = self.moved.iter().find(|(_, now)| **now == from).map(|(key, _)| *key);
            self.moved.insert(origin.unwrap_or(from), to);
        }
        self.moved_from.push(moved_from);
        self.steps.push(Step {
            op,
            command: command.unwrap_or_else(|| NO_COMMAND.into()),
            undo: back.ops,
            undo_commands: Vec::new(),
        });
        made
    }

    /// Relies on a namespace, if it was there before the plan.
    pub(super) fn rely_on_netns(&mut self, id: NetnsId) {
        self.facts.netns(id);
    }

    /// Adds something that is worth knowing.
    pub(super) fn note(&mut self, text: String) {
        self.impacts.note(text);
    }

    /// Whether nothing has been added yet.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The plan. The ops of undo are those for when all later steps have been undone: a link that
    /// was moved away and back may have another index then, and is named instead.
    pub(super) fn finish(mut self, title: String) -> Plan {
        let impact = self.impacts.into_list(&self.now);
        let mut back = HashMap::new();
        for (step, moved_from) in self.steps.iter_mut().zip(self.moved_from).rev() {
            for op in &mut step.undo {
                rename(&self.now, &back, op);
                let command = ip_command::command(&self.now, op);
                step.undo_commands.push(command.unwrap_or_else(|| NO_COMMAND.into()));
                let made = simulate::apply(&mut self.now, op);
                if let (Op::Set(_, Setting::Netns(_)), Some(from)) = (op, moved_from) {
                    back.extend(made.map(|key| (from, key)));
                }
            }
        }
        Plan {
            title,
            summary: self.summary,
            steps: self.steps,
            impact,
            lost: self.lost,
            facts: self.facts.into_list(),
        }
    }
}

/// Lets an op mean the link by the key that it has since it came back.
fn rename(now: &Topology, back: &HashMap<LinkKey, LinkKey>, op: &mut Op) {
    let (Op::Set(target, _) | Op::Delete(target)) = op else { return };
    if let Target::Link(key) = target
        && let Some(link) = back.get(key).and_then(|key| now.link(*key))
    {
        *target = simulate::target(now, link);
    }
}
