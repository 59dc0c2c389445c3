//! A plan, carried out: the facts are read again, each op is put to the kernel, and where one fails
//! those before it are taken back.
//!
//! The only part of the program that changes anything. It decides nothing: what is done, and what
//! undoes it, stands in the plan, and what an error means here is explained by `plan`.

mod carry;
mod executor;
mod verify;
mod world;

use nix::errno::Errno;

pub use executor::{Executor, Job, Report, ReversionCause};
use world::World;

use crate::plan::{self, Fate, Op, Outcome, Plan, Target, Verdict};

/// Why an op was not done.
#[derive(Debug)]
enum Failure {
    /// The kernel refused, perhaps with a sentence of its own.
    Refused { errno: Errno, said: Option<String> },
    /// What is in the way, as a sentence without a full stop.
    Told(String),
}

/// Carries out a plan on the thread that calls, which must be in the namespace that the program
/// started in; returns when all is done or taken back.
pub fn perform(plan: &Plan) -> Outcome {
    let mut run = match Run::start(plan) {
        Ok(run) => run,
        Err(outcome) => return outcome,
    };
    let changed = plan::changed_since(&run.world.topology, &plan.facts);
    if !changed.is_empty() {
        return untried(plan, Verdict::WorldChanged(changed));
    }
    for (at, step) in plan.steps.iter().enumerate() {
        match run.attempt(&step.op) {
            Ok(()) => run.done(at, &step.undo),
            Err(why) => {
                run.fates[at] = Fate::Failed;
                run.take_back();
                return run.end(plan, Verdict::Failed(why));
            }
        }
    }
    run.end(plan, Verdict::Done)
}

/// Carries out as much of a plan as can be, whatever else has changed and whatever fails: what
/// brings an operator's own connection back must not stop half-way.
fn perform_all(plan: &Plan) -> Outcome {
    let mut run = match Run::start(plan) {
        Ok(run) => run,
        Err(outcome) => return outcome,
    };
    let mut failures = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        match run.attempt(&step.op) {
            Ok(()) => run.done(at, &step.undo),
            Err(why) => {
                run.fates[at] = Fate::Failed;
                failures.push(why);
            }
        }
    }
    let verdict =
        if failures.is_empty() { Verdict::Done } else { Verdict::Failed(failures.join("; ")) };
    run.end(plan, verdict)
}

fn untried(plan: &Plan, verdict: Verdict) -> Outcome {
    Outcome { verdict, fates: vec![Fate::NotTried; plan.steps.len()], undo: None }
}

/// A plan on its way.
struct Run {
    world: World,
    /// What became of each step so far.
    fates: Vec<Fate>,
    /// What undoes each step that was done.
    undo: Vec<Vec<Op>>,
}

impl Run {
    fn start(plan: &Plan) -> Result<Self, Outcome> {
        let steps = plan.steps.len();
        match World::look() {
            Ok(world) => Ok(Self {
                world,
                fates: vec![Fate::NotTried; steps],
                undo: vec![Vec::new(); steps],
            }),
            Err(error) => Err(untried(plan, Verdict::Failed(error.to_string()))),
        }
    }

    /// Carries out an op; what went wrong is explained from the state of things right then.
    fn attempt(&mut self, op: &Op) -> Result<(), String> {
        carry::carry_out(&mut self.world, op).map_err(|failure| {
            self.world.look_again();
            match failure {
                Failure::Told(why) => why,
                Failure::Refused { errno, said } => {
                    plan::explain(&self.world.topology, op, errno as i32, said.as_deref())
                }
            }
        })
    }

    /// Notes a step as done. What its undo names by name is what has that name now: later it may
    /// have another, or be somewhere else.
    fn done(&mut self, at: usize, undo: &[Op]) {
        self.fates[at] = Fate::Done;
        let resolve =
            |target: &Target| self.world.find(target).map_or_else(|| target.clone(), Target::Link);
        self.undo[at] = undo
            .iter()
            .map(|op| match op {
                Op::Delete(target) => Op::Delete(resolve(target)),
                Op::Set(target, setting) => Op::Set(resolve(target), setting.clone()),
                other => other.clone(),
            })
            .collect();
    }

    /// Undoes what was done, the last first, as far as it can be. What is as it was is well, even
    /// where the kernel refuses to make it so.
    fn take_back(&mut self) {
        for at in (0..self.fates.len()).rev() {
            if self.fates[at] != Fate::Done {
                continue;
            }
            let undo = self.undo[at].clone();
            let mut failures = Vec::new();
            for op in &undo {
                let attempt = self.attempt(op);
                failures.extend(attempt.err().filter(|_| !plan::is_so(&self.world.topology, op)));
            }
            self.fates[at] = match failures.into_iter().next() {
                None if undo.is_empty() => Fate::Left("nothing can undo it".into()),
                None => Fate::Undone,
                Some(why) => Fate::Left(why),
            };
        }
    }

    fn end(mut self, plan: &Plan, verdict: Verdict) -> Outcome {
        let stands = |fate: &Fate| matches!(fate, Fate::Done | Fate::Left(_));
        let steps = self.fates.iter().zip(&self.undo).rev();
        let ops: Vec<Op> =
            steps.filter(|(fate, _)| stands(fate)).flat_map(|(_, undo)| undo.clone()).collect();
        let undo = (!ops.is_empty()).then(|| {
            self.world.look_again();
            Box::new(plan::undo(&self.world.topology, &undo_title(&plan.title), ops))
        });
        Outcome { verdict, fates: self.fates, undo }
    }
}

/// `Undo: X` for X, and `Redo: X` for that.
fn undo_title(title: &str) -> String {
    match (title.strip_prefix("Undo: "), title.strip_prefix("Redo: ")) {
        (Some(done), _) => format!("Redo: {done}"),
        (None, undone) => format!("Undo: {}", undone.unwrap_or(title)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_do_not_grow() {
        let undo = undo_title("Delete eth0 in a");
        assert_eq!(undo, "Undo: Delete eth0 in a");
        assert_eq!(undo_title(&undo), "Redo: Delete eth0 in a");
        assert_eq!(undo_title(&undo_title(&undo)), undo);
    }
}
