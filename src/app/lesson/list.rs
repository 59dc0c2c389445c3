//! The list of lessons, in the order in which they are best taken.

use super::Running;
use crate::app::App;
use crate::app::event::Effect;
use crate::app::screens::Screen;
use crate::app::sheet::{Sheet, Tone};
use crate::teach::shipped;

impl App {
    /// Opens the list of lessons, or closes it; outside a lab says where they are.
    pub(in crate::app) fn list_lessons(&mut self) {
        if self.settings.lab.is_none() {
            let why = "lessons run in a private network: macvlens lab --lesson opens one";
            return self.tell(Err(why.into()));
        }
        self.open(Screen::Lessons);
        let at = |running: &Running| shipped().iter().position(|l| l.name == running.lesson.name);
        let open = self.course.open.as_ref().and_then(at);
        if let Some(top) = self.screens.last_mut().filter(|top| top.screen == Screen::Lessons) {
            top.cursor = open.unwrap_or(0);
        }
    }

    /// The list, with a mark at what was taken to its end.
    pub(in crate::app) fn lessons_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("Lessons");
        let glyphs = self.glyphs();
        for lesson in shipped() {
            let is_open = self.course.open.as_ref().is_some_and(|r| r.lesson.name == lesson.name);
            let (mark, tone) = if self.course.done.contains(&*lesson.name) {
                (glyphs.good, Tone::Good)
            } else if is_open {
                (glyphs.closed, Tone::Note)
            } else {
                ("", Tone::Plain)
            };
            let mut text =
                format!("{}  (lab {}, {} steps)", lesson.title, lesson.lab, lesson.steps.len());
            if let Some(need) = self.course.lacks(lesson.needs) {
                text = format!("{text}  needs {}, which this kernel lacks", need.name());
            }
            sheet.toned(mark, text, tone);
        }
        sheet
    }

    /// Begins the lesson that is selected in the list.
    pub(in crate::app) fn start_selected_lesson(&mut self, effects: &mut Vec<Effect>) {
        let cursor = self.screens.last().filter(|open| open.screen == Screen::Lessons);
        if let Some(lesson) = cursor.and_then(|open| shipped().get(open.cursor)) {
            self.start_lesson(lesson, effects);
        }
    }
}
