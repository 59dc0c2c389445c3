//! A lesson that performs itself, for a talk: time to read each step, then its keys, one by one. What
//! is done is done by the same hand that helps a learner.

use std::time::Duration;

use crossterm::event::KeyEvent;

use super::Phase;
use crate::app::App;
use crate::app::action::{Action, Motion};
use crate::app::chord::Chord;
use crate::app::event::Effect;
use crate::app::keymap::Scope;
use crate::teach::prose;

/// For a word: 200 of them are read aloud in a minute.
const WORD: Duration = Duration::from_millis(300);
/// The least that a step stands before its keys are pressed.
const LEAST: Duration = Duration::from_secs(3);
/// Between two keys.
const PACE: Duration = Duration::from_millis(1200);
/// How long a tick stands.
const TICKED: Duration = Duration::from_secs(3);
/// How long a check may take after the last key before the play stops and says so.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a lesson performs itself.
#[derive(Clone, Debug)]
pub(super) struct Play {
    speed: f64,
    paused: bool,
    /// Whether it stopped by itself, because a step did not turn out as expected.
    pub(super) stopped: bool,
}

impl Play {
    /// So many times faster than read aloud.
    pub(super) fn new(speed: f64) -> Self {
        Self { speed: speed.clamp(0.1, 1000.0), paused: false, stopped: false }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn begin_step(&mut self) {
        self.stopped = false;
    }

    fn time(&self, time: Duration) -> Duration {
        time.div_f64(self.speed)
    }
}

/// What comes next by itself.
enum Cue {
    Hand,
    Step,
    Stop,
}

impl App {
    /// Whether a lesson performs itself; then keys are for the play.
    pub(in crate::app) fn is_playing(&self) -> bool {
        self.course.open.as_ref().is_some_and(|running| running.play.is_some())
    }

    /// What the play does next, and when.
    fn cue(&self) -> Option<(Duration, Cue)> {
        let running = self.course.open.as_ref()?;
        let play = running.play.as_ref()?;
        let step = running.step()?;
        match (&running.phase, &running.hand) {
            (Phase::On(since), _) if play.stopped => Some((*since, Cue::Step)),
            (Phase::On(since), None) => {
                let words = u32::try_from(prose::words(&step.text)).unwrap_or(u32::MAX);
                let reading = (WORD * words).max(LEAST);
                let cue = if self.course.obstacle().is_some() { Cue::Step } else { Cue::Hand };
                Some((*since + play.time(reading), cue))
            }
            (Phase::On(_), Some(hand)) if hand.is_done() => {
                Some((hand.since + PATIENCE, Cue::Stop))
            }
            (Phase::Ticked(since), _) => Some((*since + play.time(TICKED), Cue::Step)),
            _ => None,
        }
    }

    /// When the play goes on by itself, or only its text does.
    pub(super) fn next_of_play(&self) -> Option<Duration> {
        let play = self.course.open.as_ref()?.play.as_ref()?;
        let times = [self.cue().map(|(at, _)| at), self.next_line()];
        times.into_iter().flatten().min().filter(|_| !play.paused)
    }

    /// Goes on with the play, if its time has come.
    pub(super) fn play_on(&mut self) {
        let now = self.now.since_start;
        if self.next_of_play().is_none_or(|at| at > now) {
            return;
        }
        if self.next_line().is_some_and(|at| at <= now) {
            self.scroll_lesson(Motion::Down);
        }
        if self.cue().is_some_and(|(at, _)| at <= now) {
            self.take_cue();
        }
    }

    /// When the next line of a text is to come up that is longer than its pane: what is read is kept
    /// in the middle.
    fn next_line(&self) -> Option<Duration> {
        let running = self.course.open.as_ref()?;
        let (Phase::On(since), Some((end, Cue::Hand | Cue::Step))) = (&running.phase, self.cue())
        else {
            return None;
        };
        let page = self.lesson_page().filter(|_| running.hand.is_none())?;
        let height = usize::from(page.text_area.height);
        if page.scroll + height >= page.text.len() {
            return None;
        }
        let read = u32::try_from(page.scroll + height / 2 + 1).ok()?;
        Some(*since + end.saturating_sub(*since) * read / u32::try_from(page.text.len()).ok()?)
    }

    fn take_cue(&mut self) {
        let Some((_, cue)) = self.cue() else { return };
        self.dirty = true;
        match cue {
            Cue::Hand => {
                let play = self.course.open.as_ref().and_then(|running| running.play.as_ref());
                if let Some(pace) = play.map(|play| play.time(PACE)) {
                    self.lend_hand(pace);
                }
            }
            Cue::Step => {
                if let Some(running) = self.course.open.as_mut().filter(|r| r.is_on()) {
                    running.mark(super::Mark::Passed);
                }
                self.enter_next();
            }
            Cue::Stop => {
                if let Some(play) = self.course.open.as_mut().and_then(|r| r.play.as_mut()) {
                    (play.paused, play.stopped) = (true, true);
                }
            }
        }
    }

    /// Takes a key while a lesson performs itself.
    pub(in crate::app) fn direct(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let keymap = &self.settings.keymap;
        let scopes = [Scope::Play, Scope::Lesson, Scope::Anywhere];
        let action = keymap.action(&scopes, Chord::from(key));
        let Some(running) = self.course.open.as_mut() else { return };
        match (action, &mut running.play) {
            (Some(Action::PausePlay), Some(play)) => {
                (play.paused, play.stopped) = (!play.paused, false);
                self.dirty = true;
            }
            (Some(Action::StepPlay), Some(_)) => self.step_play(effects),
            (Some(Action::LeavePlay), _) => {
                (running.play, running.hand) = (None, None);
                self.dirty = true;
            }
            (
                Some(
                    action @ (Action::LessonUp
                    | Action::LessonDown
                    | Action::Quit
                    | Action::Redraw
                    | Action::Suspend),
                ),
                _,
            ) => self.perform(action, effects),
            _ => {}
        }
    }

    /// Does the next thing at once: a key, or what comes when there is none.
    fn step_play(&mut self, effects: &mut Vec<Effect>) {
        let hand = self.course.open.as_ref().and_then(|running| running.hand.as_ref());
        match hand.filter(|hand| !hand.is_done()) {
            Some(_) if self.is_ready_for_a_key() => self.press_next(effects),
            Some(_) => {}
            None => match self.cue() {
                // What was pressed may still have its effect.
                Some((at, Cue::Stop)) if at > self.now.since_start => {}
                _ => self.take_cue(),
            },
        }
    }
}
