//! What became of a change: told, written into the journal, kept for undo; and the change that
//! waits to be kept.

use std::time::Duration;

use super::{Asked, Running, bare, push};
use crate::app::App;
use crate::app::action::{Action, Verb};
use crate::app::event::Effect;
use crate::app::glyphs::Glyphs;
use crate::app::screens::{Open, Screen};
use crate::app::sheet::{Sheet, Tone};
use crate::model::Item;
use crate::plan::journal::Entry;
use crate::plan::{Fate, Op, Outcome, Plan, Setting, Target, Verdict};

/// A change that stands, and reverts by itself unless it is kept.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its title.
    pub title: String,
    commands: Vec<String>,
    asked: Asked,
    undo: Option<Box<Plan>>,
    /// When it is reverted, as time since the start.
    until: Duration,
}

impl Pending {
    /// Whole seconds that are left.
    pub(super) fn seconds_left(&self, now: Duration) -> u64 {
        let left = self.until.saturating_sub(now);
        left.as_secs() + u64::from(left.subsec_nanos() > 0)
    }

    /// How long until that number is another one; `None` when the time is over.
    pub(super) fn next_count(&self, now: Duration) -> Option<Duration> {
        let left = self.until.checked_sub(now).filter(|left| !left.is_zero())?;
        let part = Duration::from_nanos(left.subsec_nanos().into());
        Some(if part.is_zero() { Duration::from_secs(1) } else { part })
    }
}

/// A plan that was not carried out, or not to its end.
#[derive(Clone, Debug)]
pub struct Failed {
    plan: Plan,
    outcome: Outcome,
    pub(super) asked: Asked,
}

impl Failed {
    /// What went wrong and what became of each step.
    pub(in crate::app) fn sheet(&self, glyphs: &Glyphs) -> Sheet {
        let mut sheet = Sheet::default();
        match &self.outcome.verdict {
            Verdict::Done => {}
            Verdict::WorldChanged(changes) => {
                sheet.title = format!("Not done: {}", self.plan.title);
                sheet.toned("", "Nothing was changed, because meanwhile:", Tone::Warning);
                for change in changes {
                    sheet.add(glyphs.dot, change);
                }
            }
            Verdict::Failed(why) => {
                sheet.title = format!("Failed: {}", self.plan.title);
                sheet.toned(glyphs.error, why, Tone::Error);
                sheet.heading("What was done");
                for (step, fate) in self.plan.steps.iter().zip(&self.outcome.fates) {
                    let (word, tone) = told(fate);
                    sheet.toned(word, &*step.command, tone);
                    if let Fate::Left(why) = fate {
                        sheet.toned("", why, Tone::Warning);
                    }
                }
            }
        }
        sheet
    }
}

fn told(fate: &Fate) -> (&'static str, Tone) {
    match fate {
        Fate::Done => ("done", Tone::Good),
        Fate::Failed => ("failed", Tone::Error),
        Fate::Undone => ("undone", Tone::Plain),
        Fate::Left(_) => ("left", Tone::Warning),
        Fate::NotTried => ("not tried", Tone::Dim),
    }
}

impl App {
    /// A plan was carried out, or failed.
    pub(in crate::app) fn applied(
        &mut self,
        outcome: Outcome,
        reverts_in: Option<Duration>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Running { plan, asked, selected }) = self.work.running.take() else { return };
        self.dirty = true;
        let (result, why) = match &outcome.verdict {
            Verdict::Done => ("done", None),
            Verdict::WorldChanged(changes) => ("world-changed", Some(changes.join("; "))),
            Verdict::Failed(why) => ("failed", Some(why.clone())),
        };
        let commands = commands(&plan);
        self.record(&plan.title, commands.clone(), result, why, effects);
        if outcome.verdict != Verdict::Done {
            if let (Some(undo), false) = (&outcome.undo, asked == Asked::Undo) {
                push(&mut self.work.undo, (**undo).clone());
            }
            self.fail(Failed { plan, outcome, asked });
            return;
        }
        self.marks = None;
        self.follow_moved(selected, outcome.undo.as_deref());
        match reverts_in {
            None => self.stands(&plan.title, &asked, outcome.undo),
            Some(time) => {
                let until = self.now.since_start + time;
                let (title, undo) = (plan.title, outcome.undo);
                self.work.pending = Some(Pending { title, commands, asked, undo, until });
            }
        }
    }

    /// Takes the selection along with a link that was moved: elsewhere it is another link, and the
    /// next key would be for its neighbour.
    fn follow_moved(&mut self, selected: Option<Item>, undo: Option<&Plan>) {
        let Some(Item::Link(before)) = selected else { return };
        let steps = undo.into_iter().flat_map(|plan| &plan.steps);
        let moved = steps.filter_map(|step| match step.op {
            Op::Set(Target::Link(key), Setting::Netns { .. }) => Some(key),
            _ => None,
        });
        let moved: Vec<_> = moved.collect();
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        if let ([key], None) = (&moved[..], topology.link(before)) {
            self.stale |= self.tree.select(topology, Item::Link(*key));
        }
    }

    /// The change that waited was kept.
    pub(in crate::app) fn kept(&mut self, effects: &mut Vec<Effect>) {
        let Some(pending) = self.work.pending.take() else { return };
        self.record(&pending.title, pending.commands, "kept", None, effects);
        self.stands(&pending.title, &pending.asked, pending.undo);
    }

    /// The change that waited was reverted, or could not be.
    pub(in crate::app) fn reverted(
        &mut self,
        outcome: Outcome,
        why: &str,
        effects: &mut Vec<Effect>,
    ) {
        let Some(pending) = self.work.pending.take() else { return };
        let title = format!("Revert: {}", pending.title);
        let undone = pending.undo.map(|plan| *plan);
        let commands = undone.as_ref().map(commands).unwrap_or_default();
        match &outcome.verdict {
            Verdict::Done => {
                self.record(&title, commands, "reverted", Some(why.to_owned()), effects);
                self.tell(Ok(format!("reverted, because {why}: {}", pending.title)));
            }
            Verdict::Failed(failure) => {
                let told = format!("{why}, but it could not be undone: {failure}");
                self.record(&title, commands, "failed", Some(told), effects);
            }
            Verdict::WorldChanged(changes) => {
                let told = format!("{why}, but not undone: {}", changes.join("; "));
                self.record(&title, commands, "failed", Some(told), effects);
            }
        }
        if let (Some(plan), false) = (undone, outcome.verdict == Verdict::Done) {
            let plan = Plan { title, ..plan };
            push(&mut self.work.undo, plan.clone());
            self.fail(Failed { plan, outcome, asked: Asked::Undo });
        }
    }

    /// Asks for the change that waits to be kept, or to be reverted now.
    pub(in crate::app) fn answer_pending(&mut self, effect: Effect, effects: &mut Vec<Effect>) {
        if self.work.pending.is_some() {
            effects.push(effect);
        } else {
            self.tell(Err("no change waits to be kept".into()));
        }
    }

    /// A change that was made and stays.
    fn stands(&mut self, title: &str, asked: &Asked, undo: Option<Box<Plan>>) {
        let (done, undone) = (&mut self.work.undo, &mut self.work.redo);
        match asked {
            Asked::Requests(_) => undone.clear(),
            Asked::Undo => _ = done.pop_back(),
            Asked::Redo => _ = undone.pop_back(),
        }
        let is_undo = *asked == Asked::Undo;
        let back = if is_undo { Verb::Redo } else { Verb::Undo };
        let back = self.key_of(Action::Change(back));
        let what = bare(title);
        let text = match (asked, &undo) {
            (_, None) => format!("done: {title}; it can't be undone"),
            (Asked::Requests(_), _) => format!("done: {what}; {back} undoes it"),
            (Asked::Undo, _) => format!("undone: {what}; {back} makes it again"),
            (Asked::Redo, _) => format!("done again: {what}; {back} undoes it"),
        };
        if let Some(undo) = undo {
            push(if is_undo { &mut self.work.redo } else { &mut self.work.undo }, *undo);
        }
        self.tell(Ok(text));
    }

    fn fail(&mut self, failed: Failed) {
        self.work.failed = Some(failed);
        self.screens.retain(|open| open.screen != Screen::Failed);
        self.screens.push(Open::new(Screen::Failed));
        self.dirty = true;
    }

    /// Writes a change into the list of events and the journal.
    fn record(
        &mut self,
        title: &str,
        commands: Vec<String>,
        result: &'static str,
        why: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let entry = Entry { title: title.to_owned(), commands, result, why };
        let glyphs = self.glyphs();
        let log = self.held.as_mut().map_or(&mut self.log, |held| &mut held.log);
        log.record(self.now.wall, &entry, glyphs);
        effects.push(Effect::Journal(entry));
    }
}

fn commands(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| step.command.clone()).collect()
}
