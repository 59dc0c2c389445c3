//! What the actions of the key table do.

use tui_input::Input;

use super::action::{Action, Motion, Verb};
use super::change::pick::{Next, Picker};
use super::event::{Effect, ExportFormat};
use super::form::Form;
use super::keymap::{Row, Scope, TABLE};
use super::prompt::{self, Prompt};
use super::screens::{Open, Screen};
use super::{App, Pane, tree};
use crate::model::{Filter, Item, LinkKey};
use crate::plan::{Edit, Place, Request};

impl App {
    /// Moves or scrolls what has the focus; tells whether anything moved.
    pub(super) fn walk(&mut self, motion: Motion) -> bool {
        let layout = self.layout();
        if self.screens.last().is_some_and(|open| open.screen == Screen::Reach) {
            return self.walk_reach(motion);
        }
        if self.screens.last().is_some_and(|open| open.screen == Screen::Packets) {
            return self.walk_packets(motion);
        }
        if let Some(open) = self.screens.last().copied() {
            let page = usize::from(layout.screen.height);
            let sheet = self.sheet(open.screen);
            let Some(top) = self.screens.last_mut() else { return false };
            if open.is_list() {
                top.cursor = tree::step(open.cursor, motion, page, sheet.entries.len());
            } else {
                let lines = sheet.lines(usize::from(layout.screen.width)).len();
                let stops = lines.saturating_sub(page) + 1;
                top.scroll = tree::step(open.scroll, motion, page, stops);
            }
            return *top != open;
        }
        if self.pane == Pane::Details && layout.details.height > 0 {
            let page = usize::from(layout.details.height);
            let sheet = self.sheet(Screen::Details);
            let lines = sheet.lines(usize::from(layout.details.width)).len();
            let stops = lines.saturating_sub(page) + 1;
            let scroll = tree::step(self.details_scroll, motion, page, stops);
            return std::mem::replace(&mut self.details_scroll, scroll) != scroll;
        }
        let selected = self.tree.selected();
        let moved = self.tree.walk(motion);
        if self.tree.selected() != selected {
            self.details_scroll = 0;
        }
        moved
    }

    /// Opens a screen, or closes it when it is the one on top.
    pub(super) fn open(&mut self, screen: Screen) {
        let open_already = self.screens.last().is_some_and(|open| open.screen == screen);
        self.screens.retain(|open| open.screen != screen);
        if !open_already {
            self.screens.push(Open::new(screen));
        }
    }

    pub(super) fn next_pane(&mut self) {
        self.pane = match self.pane {
            Pane::Tree if self.layout().details.height > 0 => Pane::Details,
            _ => Pane::Tree,
        };
    }

    /// Closes what is on top, a list of packets only without a filter; with nothing there, gives the tree the focus, then drops the filter.
    pub(super) fn back(&mut self) {
        let is_list = self.screens.last().is_some_and(|open| open.screen == Screen::Packets);
        if is_list && self.packets.as_ref().is_some_and(|packets| !packets.filter().is_empty()) {
            return self.set_packet_filter("");
        }
        if let Some(closed) = self.screens.pop() {
            self.resume_prompt(closed);
            return;
        }
        if self.marks.take().is_some() {
            return;
        }
        if self.pane == Pane::Details {
            self.pane = Pane::Tree;
        } else {
            self.set_filter(String::new());
        }
    }

    /// Starts typing.
    pub(super) fn ask(&mut self, action: Action) {
        self.prompt = Some(match action {
            Action::Filter => Prompt::Filter {
                input: Input::new(self.filter.clone()),
                before: self.filter.clone(),
            },
            Action::Palette => Prompt::Palette { input: Input::default(), choice: 0 },
            _ => {
                let format = ExportFormat::default();
                Prompt::Export { input: Input::new(prompt::proposal(format)), format }
            }
        });
    }

    /// Takes what was typed.
    pub(super) fn accept(&mut self, effects: &mut Vec<Effect>) {
        match self.prompt.take() {
            None | Some(Prompt::Filter { .. }) => {}
            Some(Prompt::Palette { input, choice }) => {
                if let Some(row) = prompt::found(input.value()).get(choice) {
                    if matches!(row.scope, Scope::Browse | Scope::Mark) {
                        self.screens.clear();
                        self.form = None;
                    }
                    self.perform(row.action, effects);
                }
            }
            Some(Prompt::Pick(picker)) => self.accept_choice(picker, effects),
            Some(Prompt::Netns { input, links, .. }) => self.accept_netns(input, links),
            Some(prompt @ Prompt::Address { .. }) => self.accept_address(prompt),
            Some(Prompt::Write { input }) => match input.value().trim() {
                "" => self.tell(Err("not written: the path was empty".into())),
                path => self.write_packets(path, effects),
            },
            Some(Prompt::Export { input, format }) => {
                let path = input.value().trim().to_owned();
                if path.is_empty() {
                    self.tell(Err("not written: the path was empty".into()));
                } else {
                    let proposed = path == prompt::proposal(format);
                    effects.push(Effect::Export { format, path, proposed });
                }
            }
        }
    }

    /// Takes the selected row of a list of choices; the list stays where it is refused.
    fn accept_choice(&mut self, mut picker: Box<Picker>, effects: &mut Vec<Effect>) {
        let next = picker.chosen().map(|choice| choice.leads_to(&picker.links));
        let taken = match next {
            None => Err(None),
            Some(Next::Name) => {
                self.prompt = Some(Prompt::netns(picker.links));
                return;
            }
            Some(Next::Changes(requests)) => self.propose(requests).map_err(Some),
            Some(Next::Copy(Err(why))) => Err(Some(why)),
            Some(Next::Copy(Ok(copy))) => {
                effects.push(copy);
                Ok(())
            }
        };
        if let Err(why) = taken {
            picker.refusal = why.or(picker.refusal);
            self.prompt = Some(Prompt::Pick(picker));
        }
    }

    /// Takes the name of a namespace to make; it can be mended where it is refused.
    fn accept_netns(&mut self, input: Input, links: Vec<LinkKey>) {
        let requests = netns_requests(input.value(), &links);
        if let Err(why) = self.propose(requests) {
            self.prompt = Some(Prompt::Netns { input, links, refusal: Some(why) });
        }
    }

    /// Forgets what was typed.
    pub(super) fn cancel(&mut self) {
        if let Some(Prompt::Filter { before, .. }) = self.prompt.take() {
            self.set_filter(before);
        }
    }

    /// The next or previous choice of the prompt.
    pub(super) fn choose(&mut self, forward: bool) {
        if let Some(prompt) = &mut self.prompt {
            prompt.choose(forward);
            self.check_choice();
        }
    }

    /// The tree follows what is typed as a filter; a change that begins, what can be said of it.
    pub(super) fn narrow(&mut self) {
        self.dirty = true;
        match &self.prompt {
            Some(Prompt::Filter { input, .. }) => {
                let text = input.value().to_owned();
                self.set_filter(text);
            }
            Some(Prompt::Pick(_)) => self.check_choice(),
            Some(Prompt::Netns { input, links, .. }) if !input.value().is_empty() => {
                let why = self.plan(&netns_requests(input.value(), links)).err();
                if let Some(Prompt::Netns { refusal, .. }) = &mut self.prompt {
                    *refusal = why;
                }
            }
            _ => {}
        }
    }

    fn set_filter(&mut self, text: String) {
        if self.is_packets_on_top() {
            return self.set_packet_filter(&text);
        }
        self.tree.selection.filter = Filter::parse(&text);
        self.filter = text;
        self.stale = true;
    }

    /// Goes to the next row that itself matches the filter, around the end.
    pub(super) fn next_match(&mut self, forward: bool) {
        let filter = &self.tree.selection.filter;
        if filter.is_empty() {
            let key = self.key_of(Action::Filter);
            self.tell(Err(format!("no filter to match: {key} starts one")));
            return;
        }
        let rows = self.tree.rows();
        let matches = |place: &usize| {
            rows.get(*place).is_some_and(|row| match row.item {
                Item::Link(key) => self
                    .topology()
                    .link(key)
                    .is_some_and(|link| filter.matches(self.topology(), link)),
                Item::Netns(id) => filter.matches_netns(self.topology(), id),
                Item::Network(key) => filter.matches_network(self.topology(), key),
                Item::Member(key) => filter.matches_member(self.topology(), key),
                Item::UnseenParent { .. } | Item::Unattached => false,
            })
        };
        let (len, at) = (rows.len(), self.tree.cursor());
        let mut ways = (1..=len).map(|far| (if forward { at + far } else { at + len - far }) % len);
        let Some(place) = ways.find(matches) else {
            self.tell(Err("no row matches the filter".into()));
            return;
        };
        self.tree.go_to(place);
        self.details_scroll = 0;
    }

    /// Leaves the list of warnings for what the selected one is about.
    pub(super) fn go_to_finding(&mut self) {
        let Some(open) = self.screens.last() else { return };
        let sheet = self.sheet(open.screen);
        let Some(target) = sheet.entries.get(open.cursor).and_then(|entry| entry.target) else {
            return;
        };
        self.screens.clear();
        self.pane = Pane::Tree;
        self.show(target);
    }

    /// Selects something, whatever hides it at the moment.
    pub(super) fn show(&mut self, item: Item) {
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        self.stale = true;
        self.tree.go_to_tree_of(topology, item);
        if self.tree.select(topology, item) {
            return;
        }
        self.filter.clear();
        self.tree.selection.filter = Filter::default();
        if self.tree.select(topology, item) {
            return;
        }
        self.tree.selection.all = true;
        self.tree.select(topology, item);
    }

    /// Keys and words for the footer: those that mean something at the moment.
    pub fn hints(&self) -> Vec<(String, &'static str)> {
        let nothing_to_close = self.screens.is_empty()
            && self.filter.is_empty()
            && self.pane == Pane::Tree
            && self.marks.is_none();
        let no_choice = matches!(
            self.prompt,
            Some(
                Prompt::Filter { .. }
                    | Prompt::Netns { .. }
                    | Prompt::Write { .. }
                    | Prompt::Address { .. }
            )
        );
        let on_text = self.form.as_ref().is_some_and(Form::is_on_text);
        let not_a_link = self.targets().is_empty() && self.why_no_link().is_some();
        let on_card = self.screens.last().is_some_and(|open| open.screen == Screen::Card);
        let nothing_to_watch = match self.screens.last().map(|open| open.screen) {
            None | Some(Screen::Details) => self.selected_link().is_none(),
            Some(Screen::Reach | Screen::Path) => false,
            Some(_) => true,
        };
        let idle = |action| match action {
            Action::Back => nothing_to_close,
            Action::Lessons => self.settings.lab.is_none(),
            Action::ShowLesson => self.shows_lesson(),
            Action::NextValue => on_text,
            Action::NextChoice => no_choice,
            Action::NextMode => !on_card,
            Action::OpenCard => on_card,
            Action::Change(Verb::Mode | Verb::Edit | Verb::Delete) => not_a_link,
            Action::Packets => nothing_to_watch,
            _ => false,
        };
        let mut scopes = self.scopes();
        if self.is_playing() {
            scopes.push(Scope::Anywhere);
        }
        let hints = self.settings.keymap.hints(&scopes);
        // The lesson's pane has its own.
        let shown = |row: &Row| match row.scope {
            Scope::Lesson => row.action == Action::ShowLesson,
            Scope::Play => !self.shows_lesson(),
            _ => !self.is_playing() || row.action == Action::Quit,
        };
        let mut hints: Vec<_> = hints.filter(|(row, _)| shown(row) && !idle(row.action)).collect();
        // Whoever sees a lab for the first time looks for them.
        let first =
            |row: &Row| row.action == Action::Lessons && nothing_to_close && !self.in_lesson();
        hints.sort_by_key(|(row, _)| !first(row));
        hints.into_iter().map(|(row, key)| (key.to_string(), row.hint)).collect()
    }

    /// The first key of an action; its name in the palette where it has none.
    pub fn key_of(&self, action: Action) -> String {
        let mut rows = Scope::ALL.iter().flat_map(|(scope, _)| self.settings.keymap.rows(*scope));
        rows.find(|(row, _)| row.action == action).and_then(|(_, keys)| keys.first()).map_or_else(
            || format!(":{}", TABLE.iter().find(|r| r.action == action).map_or("", |r| r.name)),
            ToString::to_string,
        )
    }
}

/// A namespace of this name, made alone or for links to move to.
fn netns_requests(name: &str, links: &[LinkKey]) -> Vec<Request> {
    if links.is_empty() {
        return vec![Request::CreateNetns(name.into())];
    }
    let edits = vec![Edit::Netns(Place::New(name.into()))];
    links.iter().map(|link| Request::Edit { link: *link, edits: edits.clone() }).collect()
}
