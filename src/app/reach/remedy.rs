//! What would make the selected pair reach each other, as a change that waits for an answer, or as
//! commands to copy.

use crate::app::event::Effect;
use crate::app::{App, fix};
use crate::plan::{self, Request};
use crate::reach::{Beside, Fix};

impl App {
    /// The smallest change that would do, or why there is none.
    pub(super) fn remedy(&self) -> Result<Fix, String> {
        let pair = self.reach.pair.filter(|_| self.reach_is_open());
        let [from, to] = pair.ok_or_else(|| self.why_no_pair())?;
        let verdict = self.verdict_on([from, to]);
        if from == to || verdict.is_reachable() {
            return Err("there is nothing to fix between these two".into());
        }
        let why_none = || match Beside::instead(self.topology(), [from, to], &verdict) {
            Some(beside) => {
                format!("there is nothing to fix: {}", beside.sentence(self.topology()))
            }
            None => "no change that macvlens could make would do".into(),
        };
        Fix::of(self.topology(), from, to, &verdict).ok_or_else(why_none)
    }

    /// Plans the change and asks whether to make it.
    pub(in crate::app) fn fix(&mut self) {
        let asked = self.remedy().and_then(|fix| {
            let requests = self.requests(&fix)?;
            self.is_free()?;
            self.propose(requests)
        });
        if let Err(why) = asked {
            self.tell(Err(why));
        }
    }

    fn requests(&self, fix: &Fix) -> Result<Vec<Request>, String> {
        let ends = self.reach.pair.ok_or_else(|| self.why_no_pair())?;
        Ok(fix::requests(&self.topology, fix, ends))
    }

    /// Copies the commands of the change.
    pub(in crate::app) fn copy_fix(&mut self, effects: &mut Vec<Effect>) {
        match self.remedy().and_then(|fix| self.commands(&fix)) {
            Ok(commands) => effects.push(Effect::copy_commands(commands)),
            Err(why) => self.tell(Err(why)),
        }
    }

    /// What an operator would type.
    pub(super) fn commands(&self, fix: &Fix) -> Result<String, String> {
        let plan = plan::build(&self.topology, &self.requests(fix)?);
        let plan = plan.map_err(|refusal| refusal.to_string())?;
        let commands: Vec<_> = plan.steps.iter().map(|step| &*step.command).collect();
        Ok(commands.join("\n"))
    }
}
