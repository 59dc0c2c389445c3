//! Changes from the key to the report: what is asked for becomes a plan, the plan is confirmed,
//! carried out elsewhere, and can be undone. Nothing leaves here as [`Effect::Apply`] that was not
//! on the screen with an answer below it.

mod confirm;
mod hairpin;
pub mod pick;
#[cfg(test)]
mod question_tests;
mod report;
#[cfg(test)]
mod rope_tests;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

pub use confirm::Confirm;
pub use report::{Failed, Pending};

use super::App;
use super::action::Verb;
use super::event::Effect;
use super::form::Form;
use super::prompt::Prompt;
use super::screens::{Open, Screen};
use crate::model::{Item, LinkKey, MemberKey, NetnsId};
use crate::plan::{self, Edit, Plan, Request};

/// How many changes can be undone, one after the other.
const UNDONE: usize = 100;

/// Where a plan comes from, to make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It was asked for.
    Requests(Vec<Request>),
    /// It reverses the last change.
    Undo,
    /// It makes a change again.
    Redo,
}

/// A plan that is being carried out.
#[derive(Clone, Debug)]
struct Running {
    plan: Plan,
    asked: Asked,
    /// What was selected when the answer was given.
    selected: Option<Item>,
}

/// Changes on their way.
#[derive(Debug, Default)]
pub struct Work {
    confirm: Option<Confirm>,
    /// What became different since the question was asked, so that a yes would be refused.
    meanwhile: Vec<String>,
    running: Option<Running>,
    pending: Option<Pending>,
    failed: Option<Failed>,
    /// What reverses the changes made, the last one at the end.
    undo: VecDeque<Plan>,
    /// What makes undone ones again.
    redo: VecDeque<Plan>,
    /// Whether the user was told what quitting would do.
    warned: bool,
}

impl App {
    /// The question on the screen.
    pub fn confirm(&self) -> Option<&Confirm> {
        self.work.confirm.as_ref()
    }

    /// The change that reverts by itself unless it is kept.
    pub fn pending(&self) -> Option<&Pending> {
        self.work.pending.as_ref()
    }

    /// Whole seconds until that happens.
    pub fn seconds_left(&self, pending: &Pending) -> u64 {
        pending.seconds_left(self.now.since_start)
    }

    /// Whether a plan is being carried out.
    pub fn is_applying(&self) -> bool {
        self.work.running.is_some()
    }

    /// What could not be done.
    pub fn failed(&self) -> Option<&Failed> {
        self.work.failed.as_ref()
    }

    /// Begins a change, or says why that can't be.
    pub(super) fn change(&mut self, verb: Verb, effects: &mut Vec<Effect>) {
        let begun = match verb {
            Verb::Shell => self.has_stage().and_then(|()| self.shell(effects)),
            _ => self.is_free().and_then(|()| self.begin(verb)),
        };
        if let Err(why) = begun {
            self.tell(Err(why));
        }
    }

    fn begin(&mut self, verb: Verb) -> Result<(), String> {
        match verb {
            Verb::Create => self.open_create(),
            Verb::Edit => self.open_edit(),
            Verb::Mode => self.pick_mode(),
            Verb::Move => self.pick_netns(),
            Verb::UpDown => self.set_up_down(),
            Verb::Hairpin => self.turn_hairpin(),
            Verb::Delete => self.delete(),
            Verb::NewNetns => {
                self.may_change_all()?;
                self.prompt = Some(Prompt::netns(Vec::new()));
                Ok(())
            }
            Verb::Undo => self.undo(),
            Verb::Redo => self.redo(),
            Verb::Shell => Ok(()),
        }
    }

    /// One change at a time: the next one is planned on what the last one left.
    pub(super) fn is_free(&self) -> Result<(), String> {
        self.has_stage()?;
        if self.work.running.is_some() {
            return Err("the last change is still being made".into());
        }
        if self.work.pending.is_some() {
            let (keep, revert) = (super::Action::Keep, super::Action::Revert);
            let (keep, revert) = (self.key_of(keep), self.key_of(revert));
            return Err(format!("the last change waits: {keep} keeps it, {revert} reverts it"));
        }
        Ok(())
    }

    /// Plans what is asked for and shows it, or says why not.
    pub(super) fn propose(&mut self, requests: Vec<Request>) -> Result<(), String> {
        let planned = self.plan(&requests);
        if planned.is_err() {
            self.note_refusal(&requests);
        }
        let plan = planned?;
        self.ask_whether(plan, Asked::Requests(requests));
        Ok(())
    }

    /// The plan for requests, made on the host as it is, not as a picture held still shows it.
    pub(super) fn plan(&self, requests: &[Request]) -> Result<Plan, String> {
        self.may_do(requests)?;
        plan::build(&self.topology, requests).map_err(|refusal| refusal.to_string())
    }

    /// The links that a change is for, after a look at whether they may be changed.
    fn changeable_targets(&self) -> Result<Vec<LinkKey>, String> {
        let targets = self.targets();
        if targets.is_empty() {
            self.may_change_all()?;
            return Err(self
                .why_no_link()
                .unwrap_or_else(|| "nothing to change: select a link".into()));
        }
        targets.iter().try_for_each(|key| self.may_change(key.netns))?;
        Ok(targets)
    }

    fn open_create(&mut self) -> Result<(), String> {
        let parent = match self.tree.selected() {
            Some(Item::Link(key)) => {
                self.may_change(key.netns)?;
                let link = self.topology.link(key).ok_or("the link is gone")?;
                let is_made_on =
                    link.macvlan().is_some() || self.topology.membership(key).is_some();
                match &link.parent {
                    Some(parent) if is_made_on => {
                        parent.key().filter(|key| self.topology.link(*key).is_some())
                    }
                    _ => Some(key),
                }
            }
            Some(Item::Network(key) | Item::Member(MemberKey { network: key, .. })) => {
                self.topology.network(key).ok_or("the network is gone")?.parent
            }
            _ => {
                self.may_change_all()?;
                return Err("select the link that is to be the parent".into());
            }
        };
        let parent = parent.ok_or("its parent is out of sight, so nothing can be made on it")?;
        self.may_change(parent.netns)?;
        let form = Form::create(&self.topology, parent);
        self.open_form(form);
        Ok(())
    }

    fn open_edit(&mut self) -> Result<(), String> {
        let targets = self.changeable_targets()?;
        let form = Form::edit(&self.topology, &targets).ok_or("the link is gone")?;
        self.open_form(form);
        Ok(())
    }

    fn open_form(&mut self, form: Form) {
        self.form = Some(form);
        self.check_form();
    }

    /// All up, or, when all are up, all down.
    fn set_up_down(&mut self) -> Result<(), String> {
        let targets = self.changeable_targets()?;
        let is_up = |key: &LinkKey| self.topology.link(*key).is_some_and(|l| l.flags.is_up());
        let up = !targets.iter().all(is_up);
        let edit = |link| Request::Edit { link, edits: vec![Edit::Up(up)] };
        self.propose(targets.into_iter().map(edit).collect())
    }

    fn delete(&mut self) -> Result<(), String> {
        let requests = match (self.targets(), self.tree.selected()) {
            (links, Some(Item::Netns(netns))) if links.is_empty() => {
                vec![Request::DeleteNetns(netns)]
            }
            _ => self.changeable_targets()?.into_iter().map(Request::Delete).collect(),
        };
        self.propose(requests)
    }

    fn shell(&mut self, effects: &mut Vec<Effect>) -> Result<(), String> {
        let netns = self.netns_of_selected().ok_or_else(|| {
            self.why_no_link().unwrap_or_else(|| "select a namespace, or a link in one".into())
        })?;
        self.may_change(netns)?;
        effects.push(Effect::Shell(netns));
        Ok(())
    }

    fn netns_of_selected(&self) -> Option<NetnsId> {
        match self.tree.selected()? {
            Item::Netns(netns) => Some(netns),
            Item::Link(key) => Some(key.netns),
            Item::UnseenParent { netns, .. } => netns,
            Item::Member(key) => self.topology.member(key)?.1.netns,
            Item::Network(_) | Item::Unattached => None,
        }
    }

    fn undo(&mut self) -> Result<(), String> {
        self.retrace(Asked::Undo, |work| &mut work.undo)
    }

    fn redo(&mut self) -> Result<(), String> {
        self.retrace(Asked::Redo, |work| &mut work.redo)
    }

    /// Plans the last of these again, with what it brings along as the host is now. One that can't be
    /// done any more, or would do nothing, is told of and forgotten: the one before has its turn.
    fn retrace(
        &mut self,
        asked: Asked,
        plans: fn(&mut Work) -> &mut VecDeque<Plan>,
    ) -> Result<(), String> {
        self.may_change_something()?;
        let (word, done, none) = match asked {
            Asked::Redo => ("Redo", "made again", "nothing was undone that could be made again"),
            _ => ("Undo", "undone", "nothing was changed that could be undone"),
        };
        let last = plans(&mut self.work).pop_back().ok_or(none)?;
        let title = bare(&last.title);
        let ops: Vec<_> = last.steps.iter().map(|step| step.op.clone()).collect();
        if !plan::is_possible(&self.topology, &ops) {
            let why = plan::changed_since(&self.topology, &last.facts).join("; ");
            let why = if why.is_empty() { "what it takes is gone".to_owned() } else { why };
            return Err(format!("{title} can't be {done} any more: {why}"));
        }
        let plan = plan::undo(&self.topology, &format!("{word}: {title}"), ops);
        if plan.steps.is_empty() {
            return Err(format!("{title} is {done} already: there is nothing to do"));
        }
        plans(&mut self.work).push_back(last);
        self.ask_whether(plan, asked);
        Ok(())
    }

    /// Refuses where nothing at all may be changed.
    fn may_change_something(&self) -> Result<(), String> {
        match self.settings.authority {
            super::Authority::Own(_) => Ok(()),
            _ => self.may_change_all(),
        }
    }

    /// Puts a plan on the screen, with a question.
    fn ask_whether(&mut self, plan: Plan, asked: Asked) {
        let session = self.session.as_ref();
        let danger =
            session.and_then(|session| plan::session::danger(&self.topology, &plan, session));
        let revert_after =
            plan::session::revert_after(self.settings.confirm_within, danger.as_ref());
        self.work.meanwhile.clear();
        self.work.confirm = Some(Confirm::new(plan, asked, danger, revert_after));
        let stays =
            |open: &Open| matches!(open.screen, Screen::Details | Screen::Reach | Screen::Path);
        self.screens.retain(stays);
        self.screens.push(Open::new(Screen::Confirm));
        self.dirty = true;
    }

    /// Plans the same again, from what is there now.
    pub(super) fn again(&mut self) {
        let Some(failed) = self.work.failed.take() else { return };
        self.back();
        let planned = self.is_free().and_then(|()| match failed.asked {
            Asked::Requests(requests) => self.propose(requests),
            Asked::Undo => self.undo(),
            Asked::Redo => self.redo(),
        });
        if let Err(why) = planned {
            self.tell(Err(why));
        }
    }

    /// Ends the program; while a change waits to be kept, only when asked twice.
    pub(super) fn quit(&mut self, effects: &mut Vec<Effect>) {
        let quit = self.key_of(super::Action::Quit);
        let what = match (&self.work.running, &self.work.pending) {
            _ if self.work.warned => None,
            (Some(_), _) => Some(format!("a change is being made; {quit} again waits and quits")),
            (None, Some(_)) => {
                let keep = self.key_of(super::Action::Keep);
                Some(format!(
                    "quitting reverts the change that waits; {keep} keeps it, {quit} again quits"
                ))
            }
            (None, None) => None,
        };
        match what {
            None => effects.push(Effect::Quit),
            Some(what) => {
                self.work.warned = true;
                self.tell(Err(what));
            }
        }
    }

    /// Forgets that the user was told what quitting would do.
    pub(super) fn unwarn(&mut self) {
        self.work.warned = false;
    }

    /// How long until a countdown shows another number.
    pub(super) fn next_count(&self, now: Duration) -> Option<Duration> {
        self.work.pending.as_ref()?.next_count(now)
    }

    /// Finds out whether what is asked about is still as it was.
    pub(super) fn check_question(&mut self) {
        if let Some(confirm) = &self.work.confirm {
            self.work.meanwhile = plan::changed_since(&self.topology, &confirm.plan.facts);
        }
    }

    /// Forgets what is no longer on the screen.
    pub(super) fn settle_work(&mut self) {
        let shown = |screen| self.screens.iter().any(|open| open.screen == screen);
        let (confirm, failed) = (shown(Screen::Confirm), shown(Screen::Failed));
        self.work.confirm.take_if(|_| !confirm);
        self.work.failed.take_if(|_| !failed);
    }
}

/// The title of a change without what tells that it is made backwards or again.
fn bare(title: &str) -> &str {
    let words = ["Undo: ", "Redo: "];
    words.iter().find_map(|word| title.strip_prefix(word)).map_or(title, bare)
}

/// Adds a plan at the end; the oldest makes room.
fn push(plans: &mut VecDeque<Plan>, plan: Plan) {
    if plans.len() == UNDONE {
        plans.pop_front();
    }
    plans.push_back(plan);
}
