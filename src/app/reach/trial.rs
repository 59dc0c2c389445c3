//! Tests on the wire: which are wanted, under way and done, one at a time. A result counts only as long
//! as nothing on the way between both changes and the prediction that it stands beside is still the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::event::Effect;
use crate::app::{App, Authority};
use crate::model::{Answers, Happening, LinkKey};
use crate::reach::{self, Answered, Endpoint, Finding, Found, Pair, Switch, Verdict};

/// Tests by pair; of two ends the lesser stands first, and any interface before the outside.
#[derive(Debug, Default)]
pub struct Trials {
    done: BTreeMap<[Endpoint; 2], Trial>,
    underway: Option<Order>,
    /// With the addresses, where one is asked for in the outside.
    waiting: BTreeMap<[Endpoint; 2], Option<Pair>>,
    /// How many were asked for together.
    wanted: usize,
}

/// What was found, and what had been predicted under which assumption.
#[derive(Debug)]
struct Trial {
    predicted: Verdict,
    assumed: Switch,
    /// What was on the way then.
    passed: BTreeSet<LinkKey>,
    result: Result<Finding, String>,
}

impl Trial {
    /// Whether this of the frames had been predicted, in the verdict's order or turned round.
    fn stands_beside(&self, verdict: &Verdict, is_turned: bool) -> bool {
        let of = |verdict: &Verdict| [verdict.unicast, verdict.broadcast];
        let now =
            of(verdict).map(|[there, back]| if is_turned { [back, there] } else { [there, back] });
        of(&self.predicted) == now
    }
}

/// A test whose result has not come yet.
#[derive(Debug)]
struct Order {
    pair: [Endpoint; 2],
    asked: Option<Pair>,
    predicted: Verdict,
    assumed: Switch,
    passed: BTreeSet<LinkKey>,
    /// Whether something on the way has changed since.
    is_stale: bool,
}

/// How far the test of a pair is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Frames are being sent, or will be.
    Waiting,
    /// What was found out, or why nothing could be sent.
    Done(Result<Finding, String>),
}

impl Trials {
    /// How many of those asked for together are done, while some are not.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let left = self.waiting.len() + usize::from(self.underway.is_some());
        (left > 0).then(|| (self.wanted.saturating_sub(left), self.wanted))
    }

    /// Whether no test is under way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.underway.is_none() && self.waiting.is_empty()
    }

    /// Forgets what has not begun.
    pub(super) fn stop(&mut self) {
        self.waiting.clear();
    }

    /// Forgets what was found on ways on which a link has changed.
    pub(super) fn forget(&mut self, told: &[Happening]) {
        for key in told.iter().filter_map(|happening| Some(happening.link.as_ref()?.key)) {
            self.done.retain(|_, trial| !trial.passed.contains(&key));
            if let Some(order) = &mut self.underway {
                order.is_stale |= order.passed.contains(&key);
            }
        }
    }

    /// Wants tests of pairs in the order in which they are kept, with the addresses to ask from and for in
    /// the outside.
    pub(super) fn want(&mut self, tests: impl IntoIterator<Item = ([Endpoint; 2], Option<Pair>)>) {
        let underway = self.underway.as_ref().map(|order| (order.pair, order.asked));
        self.waiting.extend(tests.into_iter().filter(|test| Some(*test) != underway));
        self.wanted = self.waiting.len() + usize::from(self.underway.is_some());
    }
}

/// The two in the order in which they are kept, and whether that turns them round.
fn kept([from, to]: [Endpoint; 2]) -> ([Endpoint; 2], bool) {
    if to < from { ([to, from], true) } else { ([from, to], false) }
}

/// The interfaces of a pair of them; the outside is nobody in particular.
pub(super) fn links(pair: [Endpoint; 2]) -> Option<[LinkKey; 2]> {
    match pair {
        [Endpoint::Link(from), Endpoint::Link(to)] if from != to => Some([from, to]),
        _ => None,
    }
}

impl App {
    /// How far the test of a pair is, on which `verdict` is the prediction; `None` where there is none
    /// that still means something.
    pub fn trial(&self, pair: [Endpoint; 2], verdict: &Verdict) -> Option<Stage> {
        let (key, is_turned) = kept(pair);
        let trials = &self.reach.trials;
        let waits = trials.underway.as_ref().is_some_and(|order| order.pair == key);
        if waits || trials.waiting.contains_key(&key) {
            return Some(Stage::Waiting);
        }
        let trial = trials.done.get(&key)?;
        let is_same = if trial.assumed == self.reach.assumed {
            trial.stands_beside(verdict, is_turned)
        } else {
            let now = Verdict::of_frames_between(self.topology(), pair, trial.assumed);
            trial.stands_beside(&now, is_turned)
        };
        let turned = |found: Finding| if is_turned { found.reversed() } else { found };
        is_same.then(|| Stage::Done(trial.result.clone().map(turned)))
    }

    /// Tests the selected pair; of the outside asks first for whom to look there.
    pub(in crate::app) fn probe(&mut self, effects: &mut Vec<Effect>) {
        let pair = self.reach.pair.filter(|_| self.reach_is_open());
        let pair = pair.ok_or_else(|| self.why_no_pair());
        let begun = pair.and_then(|pair| self.may_probe().map(|()| kept(pair).0)).and_then(
            |pair| match pair {
                [from, to] if from == to => Err("both ends are the same: select two".into()),
                [Endpoint::Link(from), Endpoint::Outside(parent)] => {
                    self.ask_for_address(from, parent, effects)
                }
                pair => {
                    self.reach.trials.want([(pair, None)]);
                    Ok(())
                }
            },
        );
        if let Err(why) = begun {
            self.tell(Err(why));
        }
    }

    /// Tests all pairs of the matrix's interfaces, one after the other; asked again, stops that.
    pub(in crate::app) fn probe_all(&mut self, effects: &mut Vec<Effect>) {
        if !self.reach.trials.waiting.is_empty() {
            self.reach.trials.stop();
            return self.tell(Ok("no more pairs are probed".into()));
        }
        let Some(matrix) = self.matrix().filter(|_| self.reach_is_open()) else {
            return self.probe(effects);
        };
        if let Err(why) = self.may_probe() {
            return self.tell(Err(why));
        }
        let ends = matrix.ends;
        let pairs = ends.iter().enumerate().flat_map(|(at, from)| {
            ends[at + 1..].iter().filter_map(|to| {
                let pair = [*from, *to];
                links(pair).map(|_| (kept(pair).0, None))
            })
        });
        self.reach.trials.want(pairs);
    }

    /// Why there is nothing that a key of the matrix could be about.
    pub(super) fn why_no_pair(&self) -> String {
        format!(
            "no pair is selected: {} shows who reaches whom",
            self.key_of(crate::app::Action::Reach)
        )
    }

    /// Whether frames may be sent; the error is a sentence. What the kernel refuses is told then.
    pub(in crate::app) fn may_probe(&self) -> Result<(), String> {
        match self.settings.authority {
            Authority::ReadOnly => {
                Err("read-only: a probe sends frames; start macvlens without --read-only".into())
            }
            _ => Ok(()),
        }
    }

    /// Orders the next test, when none is under way.
    pub(super) fn next_trial(&mut self, effects: &mut Vec<Effect>) {
        if self.reach.trials.underway.is_some() || self.lesson_probes() {
            return;
        }
        let Some((pair, asked)) = self.reach.trials.waiting.pop_first() else { return };
        let effect = match (pair, asked) {
            ([Endpoint::Link(from), Endpoint::Link(to)], _) => Effect::Probe([from, to]),
            ([Endpoint::Link(from), Endpoint::Outside(_)], Some(asked)) => {
                Effect::ProbeOutside { from, asked }
            }
            _ => return,
        };
        let assumed = self.reach.assumed;
        let predicted = self.verdict_on(pair);
        let passed = reach::links_between(self.topology(), pair);
        self.reach.trials.underway =
            Some(Order { pair, asked, predicted, assumed, passed, is_stale: false });
        effects.push(effect);
        self.dirty = true;
    }

    /// Takes the result of a test between interfaces.
    pub(in crate::app) fn probed(&mut self, pair: [LinkKey; 2], result: Result<Found, String>) {
        let is_answered = |order: &mut Order| order.pair == pair.map(Endpoint::Link);
        let Some(order) = self.reach.trials.underway.take_if(is_answered) else { return };
        if result.is_ok() {
            self.course.note_probe(pair);
        }
        self.keep(order, result.map(Finding::Frames));
    }

    /// Takes what one address in the outside answered.
    pub(in crate::app) fn outside_probed(
        &mut self,
        link: LinkKey,
        asked: Pair,
        result: Result<Answers, String>,
    ) {
        let is_answered =
            |order: &mut Order| order.pair[0] == Endpoint::Link(link) && order.asked == Some(asked);
        let Some(order) = self.reach.trials.underway.take_if(is_answered) else { return };
        let Pair { from, to } = asked;
        let finding = |answers| Finding::Outside(Answered { from, to, answers });
        self.keep(order, result.map(finding).map_err(|why| format!("asking for {to}: {why}")));
    }

    fn keep(&mut self, order: Order, result: Result<Finding, String>) {
        let Order { pair, predicted, assumed, passed, is_stale, .. } = order;
        if !is_stale {
            self.reach.trials.done.insert(pair, Trial { predicted, assumed, passed, result });
        }
        self.dirty = true;
    }
}
