//! How events change the state: the one reducer.

use crossterm::event::{Event as Input, KeyEvent, KeyEventKind};
use ratatui::layout::Rect;

use super::action::{Action, Motion};
use super::chord::Chord;
use super::event::{Effect, Event, Now};
use super::keymap::{Keymap, Scope};
use super::screens::Screen;
use super::{App, Pane, mouse};
use crate::model::forest::SortBy;

/// Takes one event and says what must be done outside because of it.
pub fn update(app: &mut App, now: Now, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    app.now = now;
    match event {
        Event::Input(input) => app.input(input, &mut effects),
        Event::Changes(changes) => app.changes(changes),
        Event::Ready => {
            app.ready = true;
            app.dirty = true;
            app.begin_course(&mut effects);
        }
        Event::Stats(list) => {
            // Watched is only what is on the screen.
            for (key, stats) in list.into_iter().filter(|(key, _)| app.watched.contains(key)) {
                app.dirty |= app.traffic.add(key, now.since_start, stats);
            }
        }
        Event::Tick => {}
        Event::Exported(result) => app.tell(result.map(|path| format!("written to {path}"))),
        Event::Copied(result) => app.tell(result.map(|told| format!("copied: {told}"))),
        Event::Applied { outcome, reverts_in } => app.applied(outcome, reverts_in, &mut effects),
        Event::Kept => app.kept(&mut effects),
        Event::Reverted { outcome, why } => app.reverted(outcome, &why, &mut effects),
        Event::Probed { pair, result } => {
            if !app.lesson_probed(pair, &result) {
                app.probed(pair, result);
            }
        }
        Event::OutsideProbed { from, asked, result } => app.outside_probed(from, asked, result),
        Event::Gateway { of, gateway } => app.gateway_said(of, gateway),
        Event::Stacks { pair, stacks } => app.stacks_said(pair, stacks),
        Event::Session(session) => app.session = Some(session),
        Event::ShellEnded(result) => {
            if let Err(why) = result {
                app.tell(Err(why));
            }
        }
        Event::Caught(batch) => app.caught(batch),
        Event::CaptureEnded(why) => app.capture_ended(why),
        Event::Writing(begun) => app.writing(begun),
        Event::Written { path, result } => app.written(&path, result),
        Event::JournalFailed(why) | Event::RecordingFailed(why) => app.tell(Err(why)),
        Event::Staged(result) => app.staged(result, &mut effects),
        Event::Lost(why) => {
            app.tell(Err(why.clone()));
            app.lost = Some(why);
        }
    }
    app.pass_time();
    app.lead(&mut effects);
    app.settle(&mut effects);
    effects
}

impl App {
    fn input(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Key(key) if key.kind != KeyEventKind::Release => self.key(key, effects),
            Input::Mouse(event) => mouse::click(self, event, effects),
            Input::Resize(width, height) => {
                self.area = Rect::new(0, 0, width, height);
                self.dirty = true;
            }
            Input::Paste(text) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.paste(&text);
                    self.narrow();
                } else if self.screens.is_empty() {
                    self.paste_into_field(&text);
                }
            }
            Input::Key(_) | Input::FocusGained | Input::FocusLost => {}
        }
    }

    /// Takes a key of the keyboard.
    fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if self.is_playing() {
            return self.direct(key, effects);
        }
        self.stop_hand();
        if !(self.lesson_covers() && self.uncover(key)) {
            self.press(key, effects);
        }
    }

    /// Does what a key means to this user.
    fn press(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let action = self.settings.keymap.action(&self.scopes_of_keys(), Chord::from(key));
        self.take_key(key, action, effects);
    }

    /// Does what a key of the table means, whichever keys this user has.
    pub(super) fn press_of_table(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let action = Keymap::default().action(&self.scopes_of_keys(), Chord::from(key));
        self.take_key(key, action, effects);
    }

    /// Does what a key means; one without a meaning is text, where text is typed.
    fn take_key(&mut self, key: KeyEvent, action: Option<Action>, effects: &mut Vec<Effect>) {
        self.dirty |= self.notice.take().is_some();
        if action != Some(Action::Quit) {
            self.unwarn();
        }
        if action != Some(Action::LeaveForm) {
            self.unwarn_form();
        }
        match action {
            Some(action) => self.perform(action, effects),
            None => {
                if let Some(prompt) = &mut self.prompt {
                    if prompt.edit(key) {
                        self.narrow();
                    }
                } else if self.screens.is_empty() {
                    self.edit_field(key);
                } else {
                    self.lead_to_trees(key);
                }
            }
        }
    }

    /// Says of a key that it does something on the trees alone, rather than nothing at all.
    fn lead_to_trees(&mut self, key: KeyEvent) {
        let is_question = self
            .screens
            .last()
            .is_some_and(|open| matches!(open.screen, Screen::Confirm | Screen::Failed));
        let moves = |action: &Action| {
            use Action::{Collapse, Details, Expand, NextPane, Toggle, ToggleAll};
            matches!(action, Collapse | Details | Expand | NextPane | Toggle | ToggleAll)
        };
        let action = self.settings.keymap.action(&[Scope::Browse], Chord::from(key));
        if !is_question && action.is_some_and(|action| !moves(&action)) {
            let (key, back) = (Chord::from(key), self.key_of(Action::Back));
            self.tell(Err(format!("{key} is a key of the trees; {back} leads back there")));
        }
    }

    /// Does what a key or the palette asks for.
    pub(super) fn perform(&mut self, action: Action, effects: &mut Vec<Effect>) {
        if let Action::Move(motion) = action {
            self.dirty |= self.walk(motion);
            return;
        }
        self.dirty = true;
        match action {
            Action::Move(_) => {}
            Action::Collapse | Action::Expand | Action::Toggle | Action::ToggleAll => {
                self.fold(action);
            }
            Action::Grouping | Action::Sort | Action::Invert | Action::All => self.arrange(action),
            Action::Details => self.open(Screen::Details),
            Action::Card | Action::ChoiceCard => self.open_card(),
            Action::OpenCard => self.open_selected_card(),
            Action::PreviousMode => self.turn_card(false),
            Action::NextMode => self.turn_card(true),
            Action::Warnings => self.open(Screen::Warnings),
            Action::Events => self.open(Screen::Events),
            Action::Help => self.open(Screen::Help),
            Action::Reach => self.open_reach(),
            Action::PreviousColumn => self.cross_reach(false),
            Action::NextColumn => self.cross_reach(true),
            Action::Path => self.open_path(),
            Action::Probe => self.probe(effects),
            Action::ProbeAll => self.probe_all(effects),
            Action::AssumeSwitch => self.flip_switch(),
            Action::Fix => self.fix(),
            Action::CopyFix => self.copy_fix(effects),
            Action::Packets => self.open_packets(),
            Action::Packet
            | Action::HoldPackets
            | Action::FilterPackets
            | Action::WritePackets
            | Action::ClearPackets => self.handle_packets(action, effects),
            Action::NextPane => self.next_pane(),
            Action::NextMatch => self.next_match(true),
            Action::PreviousMatch => self.next_match(false),
            Action::Filter | Action::Palette | Action::Export => self.ask(action),
            Action::GoTo => self.go_to_finding(),
            Action::Pause => self.pause(),
            Action::Copy => self.copy(effects),
            Action::Back => self.back(),
            Action::Accept => self.accept(effects),
            Action::Cancel => self.cancel(),
            Action::NextChoice => self.choose(true),
            Action::PreviousChoice => self.choose(false),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::Rescan => effects.push(Effect::Rescan),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Quit => self.quit(effects),
            Action::Change(verb) => self.change(verb, effects),
            Action::Marking => self.toggle_marking(),
            Action::Mark => self.mark_row(),
            Action::MarkShown => self.mark_shown(),
            Action::Keep => self.answer_pending(Effect::Keep, effects),
            Action::Revert => self.answer_pending(Effect::Revert, effects),
            Action::OtherAnswer => self.other_answer(),
            Action::Decide => self.decide(effects),
            Action::CopyPlan => self.copy_plan(effects),
            Action::RevertByItself => self.toggle_reversion(),
            Action::Again => self.again(),
            Action::NextField => self.step_field(true),
            Action::PreviousField => self.step_field(false),
            Action::NextValue => self.turn_field(true),
            Action::PreviousValue => self.turn_field(false),
            Action::FieldDone => self.field_done(),
            Action::PlanForm => self.plan_form(),
            Action::LeaveForm => self.leave_form(),
            Action::Lessons => self.list_lessons(),
            Action::StartLesson => self.start_selected_lesson(effects),
            Action::LessonUp => self.scroll_lesson(Motion::Up),
            Action::LessonDown => self.scroll_lesson(Motion::Down),
            Action::Hint
            | Action::DoStep
            | Action::NextStep
            | Action::PreviousStep
            | Action::RestartLesson
            | Action::CloseLesson
            | Action::ShowLesson
            | Action::PausePlay
            | Action::StepPlay
            | Action::LeavePlay => self.steer(action, effects),
        }
    }

    fn fold(&mut self, action: Action) {
        if self.pane == Pane::Details {
            return;
        }
        match action {
            Action::Collapse => self.tree.collapse(),
            Action::Expand => self.tree.expand(),
            Action::Toggle => self.tree.toggle(),
            _ => self.tree.toggle_all(),
        }
        self.stale = true;
    }

    fn arrange(&mut self, action: Action) {
        let glyphs = self.glyphs();
        let selection = &mut self.tree.selection;
        // The next tree has its rows at once, all others wait for theirs.
        self.stale |= action != Action::Grouping;
        match action {
            Action::Sort => {
                let at = SortBy::ALL.iter().position(|known| *known == selection.sort).unwrap_or(0);
                selection.sort = SortBy::ALL[(at + 1) % SortBy::ALL.len()];
            }
            Action::Invert => selection.invert = !selection.invert,
            Action::All => selection.all = !selection.all,
            _ => {
                let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
                let before = self.tree.selected();
                self.tree.next_grouping(topology, glyphs);
                if self.tree.selected() != before {
                    self.details_scroll = 0;
                }
            }
        }
    }
}
