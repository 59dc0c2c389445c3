//! A form: fields of text, of choices and of yes or no, with a line below that says whether what
//! they say can be done. What the fields are and what they ask for is in `create` and `edit`.

mod create;
mod edit;
mod field;
mod read;
#[cfg(test)]
mod tests;

pub use field::{Field, Value, What};

use crossterm::event::KeyEvent;
use ratatui::layout::Position;
use tui_input::InputRequest;

use super::action::Action;
use super::{App, prompt};
use crate::model::{Link, LinkKey, NetnsId, Topology};
use crate::plan::{self, Refusal, Request, Rule};

/// Lines below the fields: an empty one, and whether it can be done.
pub(super) const BELOW: u16 = 5;

/// What a form is for.
#[derive(Clone, Debug)]
enum Purpose {
    /// A sub-interface on this parent, in one of these namespaces or in a new one.
    Create { parent: LinkKey, namespaces: Vec<NetnsId> },
    /// Other properties for these links, as they were when the form was opened.
    Edit { before: Vec<Link> },
}

/// What can be said of what the fields say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be done, with these commands.
    Ready(Vec<String>),
    /// It can't: the first reason.
    Refused(String),
}

impl Standing {
    /// Why it can't be done.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Ready(_) => None,
            Self::Refused(why) => Some(why),
        }
    }

    /// The commands that would do it.
    pub fn commands(&self) -> &[String] {
        match self {
            Self::Ready(commands) => commands,
            Self::Refused(_) => &[],
        }
    }
}

/// Fields with one that has the focus.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is for, as a title.
    pub title: String,
    /// Whether what it says can be done.
    pub standing: Standing,
    purpose: Purpose,
    fields: Vec<Field>,
    focus: What,
    /// Whether the user was told what leaving would lose.
    warned: bool,
    /// The proposed name, as long as nobody typed another.
    proposal: String,
}

impl Form {
    fn new(title: String, purpose: Purpose, fields: Vec<Field>) -> Self {
        let focus = fields.first().map_or(What::Name, |field| field.what);
        let standing = Standing::Refused(String::new());
        Self { title, standing, purpose, fields, focus, warned: false, proposal: String::new() }
    }

    /// The fields that apply to what the others say.
    pub fn shown(&self) -> Vec<&Field> {
        self.fields.iter().filter(|field| self.applies(field.what)).collect()
    }

    /// The field that has the focus.
    pub fn focus(&self) -> What {
        self.focus
    }

    /// Whether that field is a line of text.
    pub fn is_on_text(&self) -> bool {
        self.field(self.focus).is_some_and(Field::is_text)
    }

    /// Whether that field is the mode.
    pub(super) fn is_on_mode(&self) -> bool {
        self.focus == What::Mode
    }

    /// The first of the fields shown that is seen where there is room for so many.
    pub fn first_seen(&self, room: usize) -> usize {
        let focus = self.shown().iter().position(|field| field.what == self.focus).unwrap_or(0);
        (focus + 1).saturating_sub(room)
    }

    /// Whether something was typed that leaving would lose.
    fn is_typed(&self) -> bool {
        self.fields.iter().any(|field| field.text() != field.initial.trim())
    }

    fn field(&self, what: What) -> Option<&Field> {
        self.fields.iter().find(|field| field.what == what)
    }

    fn field_mut(&mut self, what: What) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.what == what)
    }

    fn text(&self, what: What) -> &str {
        self.field(what).map_or("", Field::text)
    }

    fn is_on(&self, what: What) -> bool {
        self.field(what).is_some_and(|field| matches!(field.value, Value::Toggle(true)))
    }

    /// Keeps the proposed name fitting, as long as nobody typed another.
    fn follow(&mut self, topology: &Topology) {
        if let Purpose::Create { parent, namespaces } = &self.purpose
            && self.text(What::Name) == self.proposal
        {
            self.proposal = self.propose_name(topology, *parent, namespaces);
            let proposal = self.proposal.clone();
            if let Some(field) = self.field_mut(What::Name) {
                field.set_text(&proposal);
            }
        }
    }

    /// Whether a field means anything with what the others say.
    fn applies(&self, what: What) -> bool {
        match &self.purpose {
            Purpose::Create { .. } => self.applies_to_new(what),
            Purpose::Edit { .. } => true,
        }
    }

    /// Puts the focus on the next or previous field, around the end; tells whether it was the last.
    fn step(&mut self, forward: bool) -> bool {
        let shown: Vec<_> = self.shown().iter().map(|field| field.what).collect();
        let at = shown.iter().position(|what| *what == self.focus).unwrap_or(0);
        let len = shown.len().max(1);
        let to = if forward { at + 1 } else { at + len - 1 } % len;
        self.focus = shown.get(to).copied().unwrap_or(self.focus);
        forward && at + 1 == len
    }

    /// The next or previous value of the field that has the focus; in text, the cursor moves.
    fn turn(&mut self, forward: bool) {
        let focus = self.focus;
        if let Some(field) = self.field_mut(focus) {
            field.turn(forward);
        }
    }

    /// Takes a key that the key table gives no meaning. In a MAC's field `g` makes one up, as no
    /// MAC has that letter.
    fn edit_with(&mut self, key: KeyEvent, random: [u8; 6]) -> bool {
        let focus = self.focus;
        let Some(field) = self.field_mut(focus) else { return false };
        if field.what == What::Mac && prompt::typed(key) == Some('g') {
            field.set_text(&plan::suggest::mac(random).to_string());
            return true;
        }
        field.edit(key)
    }

    fn paste(&mut self, text: &str) {
        let focus = self.focus;
        if let Some(Field { value: Value::Text(input), .. }) = self.field_mut(focus) {
            for c in text.chars().filter(|c| !c.is_control()) {
                input.handle(InputRequest::InsertChar(c));
            }
        }
    }

    /// Says at the field that a refusal is about, if there is one, what is wrong.
    fn blame(&mut self, refusal: &Refusal) {
        if let Some(what) = field::of_rule(refusal.rule).filter(|what| self.applies(*what))
            && let Some(field) = self.field_mut(what)
        {
            field.error = Some(refusal.why.clone());
        }
    }

    /// What the fields ask for; the error is the first sentence of what is wrong with them, and
    /// each field says its own.
    fn requests(&mut self) -> Result<Vec<Request>, String> {
        for field in &mut self.fields {
            field.error = field.check().err();
        }
        let wrong = self.shown().into_iter().find_map(|field| {
            field.error.as_ref().map(|error| format!("{}: {error}", field.label))
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        match &self.purpose {
            Purpose::Create { parent, namespaces } => self.request_to_create(*parent, namespaces),
            Purpose::Edit { before } => self.requests_to_edit(before),
        }
    }
}

impl App {
    /// The form on the screen.
    pub fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }

    /// Goes to another field.
    pub(super) fn step_field(&mut self, forward: bool) {
        if let Some(form) = &mut self.form {
            form.step(forward);
        }
    }

    /// Goes to the next field; from the last one to the plan.
    pub(super) fn field_done(&mut self) {
        if self.form.as_mut().is_some_and(|form| form.step(true)) {
            self.plan_form();
        }
    }

    /// Goes to the field that was clicked on; a click on the one that has the focus turns its value.
    pub(super) fn press_field(&mut self, at: Position) {
        let area = self.layout().screen;
        let Some(form) = self.form.as_mut().filter(|_| area.contains(at)) else { return };
        let place = form.first_seen(usize::from(area.height)) + usize::from(at.y - area.y);
        let Some((what, is_text)) =
            form.shown().get(place).map(|field| (field.what, field.is_text()))
        else {
            return;
        };
        if form.focus != what {
            form.focus = what;
            self.dirty = true;
        } else if !is_text {
            self.turn_field(true);
        }
    }

    /// Goes to another value of the field.
    pub(super) fn turn_field(&mut self, forward: bool) {
        if let Some(form) = &mut self.form {
            form.turn(forward);
            self.check_form();
        }
    }

    /// Takes a key that the key table gives no meaning.
    pub(super) fn edit_field(&mut self, key: KeyEvent) {
        let random = self.random();
        if let Some(form) = &mut self.form
            && form.edit_with(key, random)
        {
            self.check_form();
        }
    }

    /// Takes pasted text.
    pub(super) fn paste_into_field(&mut self, text: &str) {
        if let Some(form) = &mut self.form {
            form.paste(text);
            self.check_form();
        }
    }

    /// Leaves the form; where that loses what was typed, only when asked twice.
    pub(super) fn leave_form(&mut self) {
        let leave = self.key_of(Action::LeaveForm);
        let Some(form) = &mut self.form else { return };
        if form.is_typed() && !std::mem::replace(&mut form.warned, true) {
            self.tell(Err(format!("leaving loses what was typed; {leave} again leaves")));
        } else {
            self.form = None;
        }
    }

    /// Forgets that the user was told what leaving would lose.
    pub(super) fn unwarn_form(&mut self) {
        if let Some(form) = &mut self.form {
            form.warned = false;
        }
    }

    /// Finds out whether what the form says can be done; tells the rule that is against it.
    pub(super) fn check_form(&mut self) -> Option<Rule> {
        let mut form = self.form.take()?;
        form.follow(&self.topology);
        let mut rule = None;
        let planned = form.requests().and_then(|requests| {
            self.may_do(&requests)?;
            plan::build(&self.topology, &requests).map_err(|refusal| {
                form.blame(&refusal);
                rule = Some(refusal.rule);
                refusal.to_string()
            })
        });
        form.standing = match planned {
            Ok(plan) => Standing::Ready(plan.steps.into_iter().map(|step| step.command).collect()),
            Err(why) => Standing::Refused(why),
        };
        self.form = Some(form);
        self.dirty = true;
        rule
    }

    /// Shows the plan for what the form says, or goes to the first field that is wrong.
    pub(super) fn plan_form(&mut self) {
        let rule = self.check_form();
        self.course.note_rule(rule);
        let Some(form) = &mut self.form else { return };
        let wrong = form.shown().into_iter().find(|field| field.error.is_some());
        if let Some(what) = wrong.map(|field| field.what) {
            form.focus = what;
        }
        let requests = match form.standing.refusal() {
            Some(why) => Err(why.to_owned()),
            None => form.requests(),
        };
        if let Err(why) = requests.and_then(|requests| self.propose(requests)) {
            self.tell(Err(why));
        }
    }

    /// Six bytes that look random (SplitMix64); only the seed comes from outside.
    fn random(&mut self) -> [u8; 6] {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let [_, _, bytes @ ..] = mixed.to_be_bytes();
        bytes
    }
}
