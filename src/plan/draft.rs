//! A plan in the making: takes ops one by one and keeps the topology as it will be when the turn of
//! the next one comes. It checks no rule; that is for `build` to do before it adds an op.

use std::collections::HashMap;

use super::facts::Facts;
use super::impact::Impacts;
use super::{Op, Place, Plan, Setting, Step, Target};
use super::{inverse, ip_command, simulate};
use crate::model::{Link, LinkKey, NetnsId, Topology};

/// Commands for what no command can do.
const NO_COMMAND: &str = "# no path leads into the namespace, so no command of ip can do this";

/// A plan in the making.
pub(super) struct Draft<'a> {
    /// The world as it is.
    before: &'a Topology,
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
    /// For each step, what undo is about where that is not what its op names.
    origins: Vec<Option<Origin>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a Topology) -> Self {
        Self {
            before,
            now: before.clone(),
            summary: Vec::new(),
            steps: Vec::new(),
            impacts: Impacts::default(),
            lost: Vec::new(),
            facts: Facts::new(before),
            moved: HashMap::new(),
            origins: Vec::new(),
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
        let origin = match &op {
            Op::Set(target, Setting::Netns { .. }) => {
                simulate::find(&self.now, target).map(Origin::Link)
            }
            Op::Set(target, Setting::BcCutoff(_)) => simulate::find(&self.now, target)
                .and_then(|key| self.now.parent_of(self.now.link(key)?))
                .map(|parent| Origin::Parent(parent.key)),
            Op::Create(new) => Some(Origin::Parent(new.parent)),
            Op::DeleteNetns { name } => {
                simulate::find_netns(&self.now, &Place::New(name.clone())).map(Origin::Netns)
            }
            _ => None,
        };
        let made = simulate::apply(&mut self.now, &op);
        if let (Some(Origin::Link(from)), Some(to)) = (origin, made) {
            let first = self.moved.iter().find(|(_, now)| **now == from).map(|(key, _)| *key);
            self.moved.insert(first.unwrap_or(from), to);
        }
        self.origins.push(origin);
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

    /// The plan. The ops of undo are those for when all later steps have been undone: what came
    /// back by then may have another identity, and is named instead.
    pub(super) fn finish(mut self, title: String) -> Plan {
        let impact = self.impacts.into_list(&self.now);
        let mut back = Returned::default();
        for (step, origin) in self.steps.iter_mut().zip(self.origins).rev() {
            for mut op in std::mem::take(&mut step.undo) {
                let wanted = brought_back(self.before, &op, origin);
                back.rename(&self.now, &mut op);
                if !simulate::is_possible(&self.now, &op) {
                    self.lost.extend(wanted.filter(|lost| !self.lost.contains(lost)));
                    continue;
                }
                let command = ip_command::command(&self.now, &op);
                step.undo_commands.push(command.unwrap_or_else(|| NO_COMMAND.into()));
                let made = simulate::apply(&mut self.now, &op);
                back.note(&self.now, &op, origin, made);
                step.undo.push(op);
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

/// What an op of undo, in the names of when its step is done, is to bring back, if it was there
/// before the plan.
fn brought_back(before: &Topology, op: &Op, origin: Option<Origin>) -> Option<String> {
    let key = match (op, origin) {
        (Op::Set(_, Setting::BcCutoff(_)), Some(Origin::Parent(key))) => {
            return before
                .link(key)
                .map(|parent| format!("bclim of {}", before.describe(parent.key)));
        }
        (Op::Set(Target::Link(key), _), _) => *key,
        (_, Some(Origin::Link(key))) => key,
        (Op::Create(new), origin) => {
            let netns = match (&new.netns, origin) {
                (Place::Known(netns), _) => *netns,
                (Place::New(_), Some(Origin::Netns(netns))) => netns,
                (Place::New(_), _) => return None,
            };
            LinkKey { netns, ifindex: new.ifindex? }
        }
        _ => return None,
    };
    before.link(key).map(|link| before.describe(link.key))
}

/// What a step changes that its undo brings back with another identity, or through another link.
#[derive(Clone, Copy)]
enum Origin {
    Link(LinkKey),
    /// All sub-interfaces share what is changed through one of them.
    Parent(LinkKey),
    Netns(NetnsId),
}

/// What has come back so far while the steps are undone.
#[derive(Default)]
struct Returned {
    links: HashMap<LinkKey, LinkKey>,
    netns: HashMap<NetnsId, NetnsId>,
}

impl Returned {
    fn note(&mut self, now: &Topology, op: &Op, origin: Option<Origin>, made: Option<LinkKey>) {
        match (op, origin, made) {
            (Op::Set(_, Setting::Netns { .. }), Some(Origin::Link(from)), Some(key)) => {
                self.links.insert(from, key);
            }
            (Op::CreateNetns { name }, Some(Origin::Netns(from)), _) => {
                let place = Place::New(name.clone());
                self.netns.extend(simulate::find_netns(now, &place).map(|id| (from, id)));
            }
            _ => {}
        }
    }

    /// Lets an op mean links and namespaces by what they are since they came back.
    fn rename(&self, now: &Topology, op: &mut Op) {
        match op {
            Op::Delete(target) => self.rename_target(now, target),
            Op::Set(target, setting) => {
                self.rename_target(now, target);
                if let Setting::Netns { place, .. } = setting {
                    self.rename_place(now, place);
                }
            }
            Op::Create(new) => self.rename_place(now, &mut new.netns),
            Op::CreateNetns { .. } | Op::DeleteNetns { .. } => {}
        }
    }

    fn rename_target(&self, now: &Topology, target: &mut Target) {
        match target {
            Target::Named { netns, .. } => self.rename_place(now, netns),
            Target::Link(key) => {
                let netns = self.netns.get(&key.netns).copied().unwrap_or(key.netns);
                let same = LinkKey { netns, ..*key };
                let now_at = self.links.get(key).copied().unwrap_or(same);
                if now_at != *key
                    && let Some(link) = now.link(now_at)
                {
                    *target = simulate::target(now, link);
                }
            }
        }
    }

    fn rename_place(&self, now: &Topology, place: &mut Place) {
        if let Place::Known(id) = place
            && let Some(id) = self.netns.get(id)
        {
            *place = simulate::place(now, *id);
        }
    }
}
