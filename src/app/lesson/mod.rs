//! The lesson beside the trees: which step is on, what is ticked, what the learner asked for.
//!
//! Nothing is ticked because a key was pressed: a step ends when its check holds, of the kernel as it
//! is, of the wire, or of what is on the screen. Progress is kept for the session only.

mod hand;
mod list;
mod measure;
mod page;
mod play;
mod steer;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

pub use page::{Hint, Mark, Page};

use super::change::Work;
use super::event::Effect;
use super::screens::Screen;
use super::{Action, App, Pane};
use crate::model::forest::Selection;
use crate::model::{Change, Happening, LinkKey, Problem, ProblemSource};
use crate::plan::{self, Request, Rule};
use crate::teach::{Check, Lesson, Need, Place, Seen, Step};
use hand::Hand;
use measure::Asked;
use play::Play;

/// How long a tick is seen before the next step begins.
const TICKED: Duration = Duration::from_millis(1500);
/// How long nothing must have happened for a lab that was built to be all on the screen.
const QUIET: Duration = Duration::from_millis(400);

/// After how long it is, whatever happens.
const LONGEST: Duration = Duration::from_secs(5);

/// What has been learnt, and the lesson that is open.
#[derive(Debug, Default)]
pub struct Course {
    open: Option<Running>,
    /// Lessons taken to their end.
    done: BTreeSet<&'static str>,
    /// The lab that is being built; it is, also when the lesson is closed meanwhile.
    staging: Option<&'static str>,
    /// Whether this kernel has no VLANs, which are all that is ever left out of a lab.
    lacks_vlans: bool,
    /// When something last happened in the kernel.
    moved: Duration,
    /// What the lesson asked the wire; it outlives the step, as the answer comes in any case.
    asked: Option<Asked>,
    /// When the wire answered last.
    answered: Duration,
}

/// A lesson that is open.
#[derive(Debug)]
struct Running {
    lesson: &'static Lesson,
    /// The step, counted from 0; as many as there are when all are behind.
    at: usize,
    marks: Vec<Mark>,
    phase: Phase,
    seen: Seen,
    /// Whether the hint is shown.
    hint: bool,
    /// First line of the text on the screen.
    scroll: usize,
    /// Whether the learner put the pane away.
    hidden: bool,
    hand: Option<Hand>,
    play: Option<Play>,
}

/// What a lesson waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Its lab is being taken down and built.
    Staging,
    /// That failed; why.
    Failed(String),
    /// The lab is there since then, and the first news of it may still come.
    Settling(Duration),
    /// The step is on since then.
    On(Duration),
    /// The step was ticked then.
    Ticked(Duration),
    /// The learner looks again at a step that is done.
    Again,
    /// All steps are behind.
    Over,
}

impl Running {
    fn new(lesson: &'static Lesson, phase: Phase, play: Option<Play>) -> Self {
        Self {
            lesson,
            at: 0,
            marks: vec![Mark::Open; lesson.steps.len()],
            phase,
            seen: Seen::default(),
            hint: false,
            scroll: 0,
            hidden: false,
            hand: None,
            play,
        }
    }

    fn step(&self) -> Option<&'static Step> {
        self.lesson.steps.get(self.at)
    }

    fn is_on(&self) -> bool {
        matches!(self.phase, Phase::On(_))
    }

    /// Whether there is a step to leave for the next one.
    fn can_go_on(&self) -> bool {
        matches!(self.phase, Phase::On(_) | Phase::Ticked(_) | Phase::Again)
    }

    /// Goes to a step; to one that is done, only to read it again.
    fn enter(&mut self, at: usize, now: Duration) {
        self.at = at.min(self.lesson.steps.len());
        self.phase = match self.marks.get(self.at) {
            None => Phase::Over,
            Some(Mark::Done) => Phase::Again,
            Some(Mark::Open | Mark::Passed) => Phase::On(now),
        };
        self.seen.measured = None;
        (self.hint, self.hidden, self.scroll, self.hand) = (false, false, 0, None);
        if let Some(play) = &mut self.play {
            play.begin_step();
        }
    }

    /// What was seen so far counted for this step; from here on it counts for the next one.
    fn mark(&mut self, mark: Mark) {
        if let Some(known) = self.marks.get_mut(self.at) {
            *known = mark;
        }
        self.seen = Seen::default();
    }
}

impl Course {
    /// Something happened in the kernel: what was measured before means nothing any more.
    pub(super) fn take_note(&mut self, told: &[Happening], now: Duration) {
        if !told.is_empty() {
            self.moved = now;
            if let Some(running) = &mut self.open {
                running.seen.measured = None;
            }
        }
    }

    /// The learner tested a pair, of which the lesser key stands first, and the wire has answered.
    pub(super) fn note_probe(&mut self, pair: [LinkKey; 2]) {
        if let Some(running) = &mut self.open {
            running.seen.probed.insert(pair);
        }
    }

    /// A rule refused something where the learner can read it.
    pub(super) fn note_rule(&mut self, rule: Option<Rule>) {
        if let Some(running) = &mut self.open {
            running.seen.refused.extend(rule);
        }
    }

    fn lacks(&self, need: Option<Need>) -> Option<Need> {
        need.filter(|need| match need {
            Need::Vlan => self.lacks_vlans,
        })
    }

    /// What the step needs and this kernel lacks.
    fn obstacle(&self) -> Option<Need> {
        let running = self.open.as_ref()?;
        self.lacks(running.lesson.need_of(running.step()?))
    }

    fn is_staging(&self) -> bool {
        let is_settling = |running: &Running| matches!(running.phase, Phase::Settling(_));
        self.staging.is_some() || self.open.as_ref().is_some_and(is_settling)
    }
}

/// When a lab that is there since then is taken to be all on the screen.
fn settled(since: Duration, moved: Duration) -> Duration {
    (since.max(moved) + QUIET).min(since + LONGEST)
}

impl App {
    /// Whether a lesson is open.
    pub(super) fn in_lesson(&self) -> bool {
        self.course.open.is_some()
    }

    /// Refuses changes and shells while the lab is taken down and built.
    pub(super) fn has_stage(&self) -> Result<(), String> {
        if self.course.is_staging() { Err("the lab is being built".into()) } else { Ok(()) }
    }

    /// Begins the lesson that the program was started with.
    pub(super) fn begin_course(&mut self, effects: &mut Vec<Effect>) {
        let Some(lab) = &self.settings.lab else { return };
        self.course.lacks_vlans = !lab.left_out.is_empty();
        let play = lab.speed.map(Play::new);
        let is_here = |lesson: &Lesson| lesson.lab == lab.name;
        let Some(lesson) = lab.lesson else {
            let key = self.key_of(Action::Lessons);
            let about = lab.about.split_whitespace().collect::<Vec<_>>().join(" ");
            return self.tell(Ok(format!("lab {}: {about} {key} lists the lessons.", lab.name)));
        };
        if is_here(lesson) {
            let phase = Phase::Settling(self.now.since_start);
            self.course.open = Some(Running::new(lesson, phase, play));
        } else {
            self.stage(lesson, play, effects);
        }
    }

    /// Opens a lesson from its beginning, in a lab that is built anew.
    fn start_lesson(&mut self, lesson: &'static Lesson, effects: &mut Vec<Effect>) {
        match self.is_free() {
            Ok(()) => self.stage(lesson, None, effects),
            Err(why) => self.tell(Err(why)),
        }
    }

    fn stage(&mut self, lesson: &'static Lesson, play: Option<Play>, effects: &mut Vec<Effect>) {
        self.course.open = Some(Running::new(lesson, Phase::Staging, play));
        self.course.staging = Some(&lesson.lab);
        effects.push(Effect::Stage(lesson.lab.clone()));
        self.clear_desk();
    }

    /// Leaves everything that is about a host which will be another one.
    fn clear_desk(&mut self) {
        if self.held.is_some() {
            self.pause();
        }
        self.screens.clear();
        (self.prompt, self.form, self.marks) = (None, None, None);
        self.pane = Pane::Tree;
        self.work = Work::default();
        self.filter.clear();
        self.tree.selection = Selection::default();
        (self.stale, self.dirty) = (true, true);
    }

    /// The lab of the lesson is there, or could not be built.
    pub(super) fn staged(
        &mut self,
        result: Result<Vec<Problem>, String>,
        effects: &mut Vec<Effect>,
    ) {
        self.dirty = true;
        let Some(name) = self.course.staging.take() else { return };
        let phase = match result {
            Ok(left_out) => {
                self.course.lacks_vlans = !left_out.is_empty();
                if let Some(lab) = &mut self.settings.lab {
                    (lab.name, lab.left_out) = (name.into(), left_out.clone());
                }
                let change = Change::Problems { source: ProblemSource::Lab, list: left_out };
                self.changes(vec![change]);
                effects.push(Effect::Rescan);
                Phase::Settling(self.now.since_start)
            }
            Err(why) => Phase::Failed(why),
        };
        if let Some(running) = self.course.open.as_mut().filter(|r| r.phase == Phase::Staging) {
            running.phase = phase;
        }
    }

    /// Lets the lesson go on as far as what is known by now allows.
    pub(super) fn lead(&mut self, effects: &mut Vec<Effect>) {
        self.play_on();
        self.move_hand(effects);
        let now = self.now.since_start;
        let place = self.place();
        let row = self.selected_link().map(|link| link.key);
        let moved = self.course.moved;
        let Some(running) = &mut self.course.open else { return };
        (running.seen.place, running.seen.row) = (place, row);
        match running.phase {
            Phase::Settling(since) if self.ready && now >= settled(since, moved) => {
                running.enter(0, now);
                self.tree.go_to(0);
                self.dirty = true;
            }
            Phase::Ticked(since) if running.play.is_none() && now >= since + TICKED => {
                self.enter_next();
            }
            _ => {}
        }
        self.check(effects);
    }

    /// Ticks the step that is on if its check holds; what only the wire knows it is asked.
    fn check(&mut self, effects: &mut Vec<Effect>) {
        let Some(check) = self.check_on().filter(|_| self.course.obstacle().is_none()) else {
            return;
        };
        let now = self.now.since_start;
        let Some(running) = &mut self.course.open else { return };
        if check.holds(&self.topology, &running.seen) == Some(true) {
            running.mark(Mark::Done);
            running.phase = Phase::Ticked(now);
            running.hidden = false;
            self.dirty = true;
        } else {
            self.measure(effects);
        }
    }

    fn enter_next(&mut self) {
        let now = self.now.since_start;
        let Some(running) = &mut self.course.open else { return };
        running.enter(running.at + 1, now);
        if running.phase == Phase::Over {
            self.course.done.insert(&running.lesson.name);
        }
        self.dirty = true;
    }

    /// How long until time alone takes the lesson further.
    pub(super) fn next_of_lesson(&self, now: Duration) -> Option<Duration> {
        let running = self.course.open.as_ref()?;
        let phase = match running.phase {
            Phase::Settling(since) => Some(settled(since, self.course.moved)),
            Phase::Ticked(since) if running.play.is_none() => Some(since + TICKED),
            _ => None,
        };
        let times = [phase, self.next_press(), self.next_measure(), self.next_of_play()];
        times.into_iter().flatten().min().map(|at| at.saturating_sub(now))
    }

    /// What a step can ask for to be open.
    fn place(&self) -> Option<Place> {
        match self.screens.last().map(|open| open.screen) {
            Some(Screen::Details) => Some(Place::Details),
            Some(Screen::Reach) => Some(Place::Reach),
            Some(Screen::Path) => Some(Place::Way),
            Some(Screen::Warnings) => Some(Place::Warnings),
            Some(Screen::Card) => Some(Place::Card),
            _ => None,
        }
    }

    /// A plan was refused where the learner can read it.
    pub(super) fn note_refusal(&mut self, requests: &[Request]) {
        if self.in_lesson() {
            let refusal = plan::build(&self.topology, requests).err();
            self.course.note_rule(refusal.map(|refusal| refusal.rule));
        }
    }

    /// The check of the step that is on.
    fn check_on(&self) -> Option<&'static Check> {
        let running = self.course.open.as_ref().filter(|running| running.is_on())?;
        Some(&running.step()?.check)
    }
}
