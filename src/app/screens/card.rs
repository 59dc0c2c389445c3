//! Mode cards as sheets: which one is on the screen, and for which link. What it says is the
//! business of `teach`.

use crate::app::App;
use crate::app::glyphs::Glyphs;
use crate::app::prompt::Prompt;
use crate::app::sheet::{Sheet, Tone};
use crate::model::{Item, LinkKey, Mode};
use crate::reach::{Endpoint, Switch};
use crate::teach::card::{self, Card, Command, Subject};

use super::{Open, Screen};

/// What a figure leaves unsaid.
const SIGNS: &str = "✗ dropped here. Hairpin on: the switch sends frames back through the port that \
                     they came from (reflective relay).";

/// What the card on the screen shows.
#[derive(Debug)]
pub(in crate::app) struct Shown {
    mode: Mode,
    subject: Option<Subject>,
    /// The list that it was opened from, to go back to.
    prompt: Option<Prompt>,
}

/// The modes, an entry each.
pub fn modes() -> Sheet {
    let mut sheet = Sheet::new("Modes");
    for mode in Mode::ALL {
        sheet.add(mode.name(), mode.meaning());
    }
    sheet
}

/// The card of a mode for a pane of this width, with its commands.
pub fn sheet(card: &Card, commands: &[Command], width: usize, glyphs: &Glyphs) -> Sheet {
    let mut sheet = Sheet::new(format!("Mode {}", card.mode));
    sheet.add("", capitalised(card.mode.meaning()));
    add_figures(&mut sheet, card, width, glyphs);
    sheet.toned("", glyphs.signs(SIGNS), Tone::Dim);
    sheet.heading("Who gets frames of whom");
    for line in card::table(card) {
        sheet.add("", glyphs.signs(&line));
    }
    sheet.toned("", glyphs.signs(&card::legend(card)), Tone::Dim);
    for (title, text) in [("Costs", card.cost), ("Needs", card.needs), ("Used for", card.used_for)]
    {
        sheet.heading(title);
        sheet.add("", text);
    }
    sheet.heading("Commands");
    for command in commands {
        match command {
            Ok(text) => sheet.toned("", text, Tone::Note),
            Err(why) => sheet.toned("", why, Tone::Dim),
        };
    }
    sheet
}

/// The figures with the switch off and on, side by side where there is room.
fn add_figures(sheet: &mut Sheet, card: &Card, width: usize, glyphs: &Glyphs) {
    const GAP: usize = 4;
    let [off, on] = [Switch::Normal, Switch::Reflective]
        .map(|switch| card::figure(card, switch).into_iter().map(|line| glyphs.signs(&line)));
    sheet.add("", "").add("", glyphs.signs(card.caption));
    if width < 2 * card::WIDTH + GAP {
        for (title, lines) in [("hairpin off", off), ("hairpin on", on)] {
            sheet.heading(title);
            for line in lines {
                sheet.add("", line);
            }
        }
        return;
    }
    let beside = card::WIDTH + GAP;
    sheet.heading(format!("{:beside$}hairpin on", "hairpin off"));
    for (left, right) in off.zip(on) {
        sheet.add("", format!("{left:beside$}{right}"));
    }
}

fn capitalised(clause: &str) -> String {
    let mut rest = clause.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(rest).chain(['.']).collect()
}

impl App {
    /// The card on the screen.
    pub(in crate::app) fn card_sheet(&self) -> Sheet {
        let Some(shown) = &self.card else { return Sheet::default() };
        let Some(card) = Card::of(shown.mode) else { return Sheet::default() };
        let commands = card::commands(self.topology(), shown.subject.as_ref(), shown.mode);
        let width = usize::from(self.places(self.area).screen.width);
        let mut sheet = sheet(card, &commands, width, self.glyphs());
        if let Some(Subject::Link(key)) = &shown.subject {
            let link = self.topology().describe(*key);
            sheet.title = format!("{}, for {link}", sheet.title);
        }
        sheet
    }

    /// Opens the card of the mode at hand, or the list of modes where there is none. On a card it goes to
    /// the list, and on the list it closes it.
    pub(in crate::app) fn open_card(&mut self) {
        match self.screens.last().map(|open| open.screen) {
            Some(Screen::Card) => return self.replace_card(Screen::Modes),
            Some(Screen::Modes) => return self.back(),
            _ => {}
        }
        let at_hand = self.mode_at_hand();
        self.screens.retain(|open| !matches!(open.screen, Screen::Card | Screen::Modes));
        let (screen, mode, subject) = match at_hand {
            Some((mode, subject)) if Card::of(mode).is_some() => (Screen::Card, mode, subject),
            _ => (Screen::Modes, Mode::ALL[0], None),
        };
        self.card = Some(Shown { mode, subject, prompt: self.prompt.take() });
        self.screens.push(Open::new(screen));
    }

    /// Opens the card that is selected in the list.
    pub(in crate::app) fn open_selected_card(&mut self) {
        let Some(open) = self.screens.last().filter(|open| open.screen == Screen::Modes) else {
            return;
        };
        if let (Some(mode), Some(shown)) = (Mode::ALL.get(open.cursor), &mut self.card) {
            shown.mode = *mode;
            self.replace_card(Screen::Card);
        }
    }

    /// Goes to the card of the next mode, or of the one before, around the end.
    pub(in crate::app) fn turn_card(&mut self, forward: bool) {
        let is_card = self.screens.last().is_some_and(|open| open.screen == Screen::Card);
        let Some(shown) = self.card.as_mut().filter(|_| is_card) else { return };
        let at = Mode::ALL.iter().position(|mode| *mode == shown.mode).unwrap_or(0);
        let step = if forward { 1 } else { Mode::ALL.len() - 1 };
        shown.mode = Mode::ALL[(at + step) % Mode::ALL.len()];
        self.replace_card(Screen::Card);
    }

    /// Goes back to the list that a card was opened from, once the card is closed.
    pub(in crate::app) fn resume_prompt(&mut self, closed: Open) {
        if matches!(closed.screen, Screen::Card | Screen::Modes) {
            self.prompt = self.card.take().and_then(|shown| shown.prompt);
        }
    }

    /// Puts a card, or the list with this card's mode selected, in the place of what is on top.
    fn replace_card(&mut self, screen: Screen) {
        let mode = self.card.as_ref().map(|shown| shown.mode);
        let place = Mode::ALL.iter().position(|known| Some(*known) == mode).unwrap_or(0);
        let cursor = if screen == Screen::Modes { place } else { 0 };
        self.screens.pop();
        self.screens.push(Open { cursor, ..Open::new(screen) });
    }

    /// The mode that is in front of the user, and of what.
    fn mode_at_hand(&self) -> Option<(Mode, Option<Subject>)> {
        if let Some(prompt) = &self.prompt {
            let Prompt::Pick(picker) = prompt else { return None };
            let subject = match picker.links[..] {
                [link] => Some(Subject::Link(link)),
                _ => None,
            };
            return Some((picker.mode()?, subject));
        }
        if let (Some(form), true) = (&self.form, self.screens.is_empty()) {
            return form.is_on_mode().then(|| (form.mode(), form.new_link().map(Subject::New)));
        }
        let key = self.link_at_hand()?;
        let mode = self.topology().link(key)?.macvlan()?.mode;
        Some((mode, Some(Subject::Link(key))))
    }

    /// The sub-interface in front of the user: of a pair, the one that begins before the other.
    fn link_at_hand(&self) -> Option<LinkKey> {
        let topology = self.topology();
        let is_macvlan =
            |key: &LinkKey| topology.link(*key).is_some_and(|link| link.macvlan().is_some());
        match self.screens.last().map(|open| open.screen) {
            Some(Screen::Reach | Screen::Path) => {
                let ends = self.reach_pair().into_iter().flatten();
                let links = ends.filter_map(|end| match end {
                    Endpoint::Link(key) => Some(key),
                    Endpoint::Outside(_) => None,
                });
                links.into_iter().find(is_macvlan)
            }
            _ => match self.tree().selected()? {
                Item::Link(key) => Some(key),
                Item::Member(key) => Some(topology.member(key)?.1.link?),
                _ => None,
            },
        }
    }
}
