//! What the lesson's pane says, and where in the pane: the step's text, how far its check is, the hint,
//! and the keys. Shared by scrolling and drawing.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{Phase, Running};
use crate::app::App;
use crate::app::action::Action;
use crate::app::chord::Chord;
use crate::app::keymap::Scope;
use crate::app::sheet::{Sheet, Tone};
use crate::teach::prose::{self, Block, Span, Type};
use crate::teach::{Step, Stroke};

/// Panes with fewer columns need another line for their keys.
const NARROW: usize = 60;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing yet.
    Open,
    /// Its check held.
    Done,
    /// The learner went on without.
    Passed,
}

/// A key and the word for it.
pub type Hint = (String, &'static str);

/// Everything in the pane.
#[derive(Clone, Debug)]
pub struct Page {
    /// The lesson's title.
    pub title: String,
    /// `2 of 4`.
    pub place: String,
    /// A mark for every step.
    pub marks: Vec<Mark>,
    /// Which of them is on; as many as there are at the end.
    pub at: usize,
    /// What the step is called.
    pub heading: String,
    /// The lines of its text.
    pub text: Vec<Vec<Span>>,
    /// First line of the text on the screen.
    pub scroll: usize,
    /// How far it is, what was pressed, and the hint.
    pub state: Sheet,
    /// Whether the step was ticked just now.
    pub is_ticked: bool,
    /// The keys, by lines.
    pub keys: Vec<Vec<Hint>>,
    /// Where heading, text, state and keys are.
    pub heading_area: Rect,
    /// Where the text is.
    pub text_area: Rect,
    /// Where the state is.
    pub state_area: Rect,
    /// Where the keys are.
    pub keys_area: Rect,
}

impl App {
    /// What the lesson's pane says, if it is on the screen.
    pub fn lesson_page(&self) -> Option<Page> {
        self.lesson_page_in(self.layout().lesson)
    }

    /// The same in a pane of this place and size.
    pub fn lesson_page_in(&self, area: Rect) -> Option<Page> {
        let running = self.course.open.as_ref().filter(|_| !area.is_empty())?;
        let width = usize::from(area.width);
        let (heading, text) = self.words_of(running);
        let mut text = prose::lines(&text, width);
        let state = self.state_of(running).spelled(self.glyphs());
        let all = running.lesson.steps.len();
        let place = format!("{} of {all}", (running.at + 1).min(all));
        let (heading_area, rest) = cut(area, 1);
        let state_height = to_u16(state.lines(width).len());
        // The text gets what is left, and the keys that scroll it are shown where that is not enough.
        let divide = |scrolls: [bool; 2]| {
            let mut keys = broken(self.keys_of(running, scrolls), width);
            keys.truncate(usize::from(area.height / 8).max(1) + usize::from(width < NARROW));
            let (rest, keys_area) = cut(rest, rest.height.saturating_sub(to_u16(keys.len())));
            let (text_area, state_area) =
                cut(rest, rest.height - state_height.min(rest.height / 2));
            (keys, keys_area, text_area, state_area)
        };
        let mut divided = divide([false; 2]);
        if text.len() > usize::from(divided.2.height) {
            text.retain(|line| !line.is_empty());
        }
        let hidden = |text_area: Rect| text.len().saturating_sub(usize::from(text_area.height));
        if hidden(divided.2) > 0 {
            let most = hidden(divide([true; 2]).2);
            divided = divide([running.scroll > 0, running.scroll < most]);
        }
        let (keys, keys_area, text_area, state_area) = divided;
        let most = hidden(text_area);
        Some(Page {
            title: running.lesson.title.clone(),
            place,
            marks: running.marks.clone(),
            at: running.at,
            heading,
            scroll: running.scroll.min(most),
            text,
            state,
            is_ticked: matches!(running.phase, Phase::Ticked(_)),
            keys,
            heading_area,
            text_area,
            state_area,
            keys_area,
        })
    }

    /// What there is to read.
    fn words_of(&self, running: &Running) -> (String, Vec<Block>) {
        let plain = |text: String| {
            vec![Block { mark: String::new(), spans: vec![Span { text, set: Type::Plain }] }]
        };
        let lab = &running.lesson.lab;
        match (&running.phase, running.step()) {
            (Phase::Staging | Phase::Settling(_), _) => {
                ("One moment".into(), plain(format!("The lab '{lab}' is being built.")))
            }
            (Phase::Failed(why), _) => {
                ("The lab could not be built".into(), plain(self.glyphs().text(why).into_owned()))
            }
            (_, Some(step)) => (step.title.clone(), step.text.clone()),
            (_, None) => ("That was all".into(), self.last_words(running)),
        }
    }

    fn last_words(&self, running: &Running) -> Vec<Block> {
        let key = |action| self.key_of(action);
        let passed = running.marks.contains(&Mark::Passed);
        let done = if passed { "You came to the end." } else { "You did every step." };
        let text = if running.play.is_some() {
            let (leave, quit) = (key(Action::LeavePlay), key(Action::Quit));
            format!(
                "The lesson has ended. `{leave}` leaves the lab to you, `{quit}` ends the program."
            )
        } else {
            let (list, close) = (key(Action::Lessons), key(Action::CloseLesson));
            format!(
                "{done} The lab stays as it is: try what you like. `{list}` lists the lessons, `{close}` \
                 closes this pane."
            )
        };
        prose::parse(&text)
    }

    /// How far the step is.
    fn state_of(&self, running: &Running) -> Sheet {
        let glyphs = self.glyphs();
        let mut sheet = Sheet::default();
        let Some(step) = running.step() else { return sheet };
        let pressed = running.hand.as_ref().map(|hand| hand.shown.join(" "));
        if let Some(pressed) = pressed.filter(|pressed| !pressed.is_empty()) {
            sheet.toned("pressed", pressed, Tone::Heading);
        }
        let own = self.own_keys(step);
        if !own.is_empty() {
            sheet.toned("yours", own.join(", "), Tone::Note);
        }
        match &running.phase {
            Phase::On(_) => {
                if let Some(need) = self.course.obstacle() {
                    let (need, next) = (need.name(), self.key_of(Action::NextStep));
                    let text = format!("This kernel has no {need}: {next} goes on without it.");
                    sheet.toned("skip", text, Tone::Warning);
                } else {
                    let missing = step.check.missing(&self.topology, &running.seen);
                    sheet.toned("not yet", missing, Tone::Note);
                }
            }
            Phase::Ticked(_) | Phase::Again => {
                sheet.toned(glyphs.good, step.check.goal(), Tone::Good);
            }
            _ => {}
        }
        match &running.play {
            Some(play) if play.stopped => {
                sheet.toned(
                    "paused",
                    "This did not turn out as the lesson expects.",
                    Tone::Warning,
                );
            }
            Some(play) if play.is_paused() => {
                let key = self.key_of(Action::PausePlay);
                sheet.toned("paused", format!("{key} goes on."), Tone::Changed);
            }
            _ => {}
        }
        if running.hint {
            sheet.toned("hint", &*step.hint, Tone::Changed);
        }
        sheet
    }

    /// This user's keys where the step names the table's: `F12 for m (mode)`.
    fn own_keys(&self, step: &Step) -> Vec<String> {
        let spans = step.text.iter().flat_map(|block| &block.spans);
        let named = spans.filter(|span| span.set == Type::Code).map(|span| &span.text);
        let pressed = step.keys.iter().filter_map(|stroke| match stroke {
            Stroke::Key(word) => Some(word),
            Stroke::Text(_) => None,
        });
        let mut told = Vec::new();
        for key in named.chain(pressed).filter_map(|word| word.parse::<Chord>().ok()) {
            for (row, own) in self.settings.keymap.moved(key) {
                let own = own.first().map_or_else(|| format!(":{}", row.name), Chord::to_string);
                let line = format!("{own} for {key} ({})", row.name);
                if !told.contains(&line) {
                    told.push(line);
                }
            }
        }
        told
    }

    /// Keys that mean something now, with their words; of those that scroll up and down, these.
    fn keys_of(&self, running: &Running, scrolls: [bool; 2]) -> Vec<Hint> {
        let scopes = [if running.play.is_some() { Scope::Play } else { Scope::Lesson }];
        let is_over = running.phase == Phase::Over;
        let idle = |action| match action {
            Action::Hint | Action::DoStep => !running.is_on(),
            Action::NextStep => !running.can_go_on(),
            Action::PreviousStep => running.at == 0,
            Action::PausePlay | Action::StepPlay => is_over,
            Action::LessonUp => !scrolls[0],
            Action::LessonDown => !scrolls[1],
            // Behind all others.
            Action::ShowLesson => true,
            _ => false,
        };
        let rows = self.settings.keymap.hints(&scopes);
        let rows = rows.filter(|(row, _)| !idle(row.action));
        let hints = rows.map(|(row, key)| (key.to_string(), row.hint));
        let hide = || (self.key_of(Action::ShowLesson), "hide");
        hints.chain(running.play.is_none().then(hide)).collect()
    }
}

/// Puts hints into lines of this width.
fn broken(hints: Vec<Hint>, width: usize) -> Vec<Vec<Hint>> {
    let mut lines: Vec<Vec<Hint>> = Vec::new();
    let mut taken = 0;
    for hint in hints {
        let wanted = hint.0.width() + 1 + hint.1.width();
        if let Some(line) = lines.last_mut().filter(|_| taken + 2 + wanted <= width) {
            taken += 2 + wanted;
            line.push(hint);
        } else {
            taken = wanted;
            lines.push(vec![hint]);
        }
    }
    lines
}

/// The first lines of an area, and the rest.
fn cut(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let rest = Rect { y: area.y + height, height: area.height - height, ..area };
    (Rect { height, ..area }, rest)
}

fn to_u16(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
