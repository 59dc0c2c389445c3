//! The question whether to make a change, with everything that one has to know before saying yes.

use std::time::Duration;

use super::{Asked, Running};
use crate::app::App;
use crate::app::event::Effect;
use crate::app::glyphs::Glyphs;
use crate::app::sheet::{Sheet, Tone};
use crate::plan::session::{Danger, ROPE};
use crate::plan::{Op, Plan, Weight};

/// A plan that waits for an answer.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// The plan.
    pub plan: Plan,
    /// Where it comes from.
    pub asked: Asked,
    /// What it would do to the operator's own SSH connection.
    pub danger: Option<Danger>,
    /// After how long it reverts by itself unless it is kept.
    pub revert_after: Option<Duration>,
    /// Whether the answer is yes.
    pub apply: bool,
}

impl Confirm {
    /// The proposed answer is no where something goes, is lost or could cut the operator off.
    pub(super) fn new(
        plan: Plan,
        asked: Asked,
        danger: Option<Danger>,
        revert_after: Option<Duration>,
    ) -> Self {
        let deletes =
            plan.steps.iter().any(|step| matches!(step.op, Op::Delete(_) | Op::DeleteNetns { .. }));
        let mut confirm = Self { plan, asked, danger, revert_after: None, apply: false };
        confirm.revert_after = revert_after.filter(|_| confirm.can_revert());
        confirm.apply = !deletes && !confirm.loses() && confirm.danger.is_none();
        confirm
    }

    /// Whether every step can be undone, and that is of use to an operator who is cut off.
    fn can_revert(&self) -> bool {
        let saves = self.danger.as_ref().is_none_or(|danger| danger.undo_saves);
        saves && self.plan.steps.iter().all(|step| !step.undo.is_empty())
    }

    /// Whether something is lost.
    pub fn loses(&self) -> bool {
        self.plan.impact.iter().any(|impact| impact.weight == Weight::Loss)
    }

    /// What it says above the answers.
    fn sheet(&self, glyphs: &Glyphs, meanwhile: &[String]) -> Sheet {
        let plan = &self.plan;
        let mut sheet = Sheet::new(&*plan.title);
        for change in meanwhile {
            let text = format!("Meanwhile {change}, so this can't be done as it stands.");
            sheet.toned(glyphs.warning, text, Tone::Warning);
        }
        if let Some(danger) = &self.danger {
            sheet.toned(glyphs.error, &*danger.how, Tone::Error);
        }
        if let Some(limit) = self.revert_after {
            let seconds = limit.as_secs();
            let text = format!("Reverts by itself after {seconds} s unless you keep it.");
            sheet.toned("", text, Tone::Warning);
        } else if self.danger.is_some() && !self.can_revert() {
            sheet.toned(
                "",
                "Undoing it does not bring the connection back, so it does not revert by itself.",
                Tone::Error,
            );
        }
        if !sheet.entries.is_empty() {
            sheet.add("", "");
        }
        for line in &plan.summary {
            sheet.add("", line);
        }
        for step in &plan.steps {
            sheet.toned("$", &*step.command, Tone::Note);
        }
        if !plan.impact.is_empty() {
            sheet.heading("What else happens");
        }
        for impact in &plan.impact {
            match impact.weight {
                Weight::Loss => sheet.toned(glyphs.warning, &*impact.text, Tone::Warning),
                Weight::Note => sheet.add(glyphs.dot, &*impact.text),
            };
        }
        let back = plan.reversal();
        if back.is_empty() {
            sheet.heading("Nothing can reverse it");
        } else {
            sheet.heading("Reverted by");
        }
        for command in back {
            sheet.toned("$", command, Tone::Dim);
        }
        for lost in &plan.lost {
            sheet.toned(glyphs.warning, format!("not brought back: {lost}"), Tone::Warning);
        }
        sheet
    }
}

impl App {
    /// The text of the question.
    pub(in crate::app) fn question(&self) -> Option<Sheet> {
        Some(self.confirm()?.sheet(self.glyphs(), &self.work.meanwhile))
    }

    /// Goes to the other answer.
    pub(in crate::app) fn other_answer(&mut self) {
        if let Some(confirm) = &mut self.work.confirm {
            confirm.apply = !confirm.apply;
        }
    }

    /// Gives an answer.
    pub(in crate::app) fn answer(&mut self, apply: bool, effects: &mut Vec<Effect>) {
        if let Some(confirm) = &mut self.work.confirm {
            confirm.apply = apply;
            self.dirty = true;
            self.decide(effects);
        }
    }

    /// Lets the change revert by itself, or not.
    pub(in crate::app) fn toggle_reversion(&mut self) {
        let asked = self.settings.confirm_within.filter(|limit| !limit.is_zero());
        match &mut self.work.confirm {
            Some(confirm) if confirm.can_revert() => {
                confirm.revert_after = match confirm.revert_after {
                    None => Some(asked.unwrap_or(ROPE)),
                    Some(_) => None,
                };
            }
            Some(_) => self.tell(Err(
                "undoing it does not bring back what it takes away, so it can't revert by itself"
                    .into(),
            )),
            None => {}
        }
    }

    /// Asks for the plan's commands to be copied, a line each.
    pub(in crate::app) fn copy_plan(&mut self, effects: &mut Vec<Effect>) {
        if let Some(confirm) = &self.work.confirm {
            let commands = confirm.plan.steps.iter().map(|step| &*step.command);
            effects.push(Effect::copy_commands(commands.collect::<Vec<_>>().join("\n")));
        }
    }

    /// Takes the answer. A form that led here comes back after a no, and is done with a yes.
    pub(in crate::app) fn decide(&mut self, effects: &mut Vec<Effect>) {
        let Some(confirm) = self.work.confirm.take() else { return };
        self.back();
        if !confirm.apply {
            return;
        }
        if let Err(why) = self.is_free().and_then(|()| self.may_change_something()) {
            self.tell(Err(why));
            return;
        }
        self.form = None;
        let Confirm { plan, asked, revert_after, .. } = confirm;
        self.work.running =
            Some(Running { plan: plan.clone(), asked, selected: self.tree.selected() });
        effects.push(Effect::Apply { plan: Box::new(plan), revert_after });
    }
}
