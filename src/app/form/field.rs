//! One field of a form, and how keys change it.

use crossterm::event::KeyEvent;
use tui_input::{Input, InputRequest};

use super::read;
use crate::app::prompt;
use crate::plan::Rule;

/// Which property a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// macvlan, macvtap or VLAN.
    Kind,
    /// VLAN id.
    VlanId,
    /// macvlan mode.
    Mode,
    /// Name.
    Name,
    /// Namespace to be in.
    Netns,
    /// Name of a namespace to make.
    NewNetns,
    /// Alias.
    Alias,
    /// MAC.
    Mac,
    /// MTU.
    Mtu,
    /// Flag of passthru mode.
    Nopromisc,
    /// Flag of source mode.
    Nodst,
    /// Broadcast queue length.
    BcQueueLen,
    /// Broadcast cut-off.
    BcCutoff,
    /// Source MACs.
    Sources,
    /// IP addresses.
    Addresses,
    /// Administrative state.
    Up,
}

/// The field that a rule is about.
pub(super) fn of_rule(rule: Rule) -> Option<What> {
    Some(match rule {
        Rule::BesidePassthru | Rule::PassthruBesideOthers | Rule::ChangePassthru => What::Mode,
        Rule::MacInUse | Rule::MacUnusable | Rule::MacOfPassthru => What::Mac,
        Rule::Mtu => What::Mtu,
        Rule::NameUnusable | Rule::NameTaken => What::Name,
        Rule::AliasTooLong => What::Alias,
        Rule::NopromiscWhileDown | Rule::NopromiscOutsidePassthru => What::Nopromisc,
        Rule::SourceOutsideSourceMode => What::Sources,
        Rule::VlanId => What::VlanId,
        Rule::Address => What::Addresses,
        Rule::ParentDown => What::Up,
        Rule::NetnsName => What::NewNetns,
        Rule::NothingToDo
        | Rule::Unseen
        | Rule::NoWayIn
        | Rule::ParentIsPort
        | Rule::ParentHasIpvlan
        | Rule::ParentIsLoopback
        | Rule::ParentNotEthernet
        | Rule::NotMacvlan
        | Rule::NotBridgePort
        | Rule::Fixed
        | Rule::NetnsNotNamed => return None,
    })
}

/// What a field says.
#[derive(Clone, Debug)]
pub enum Value {
    /// A line of text; lists are separated by spaces or commas.
    Text(Input),
    /// One of several words, each with what it means.
    Choice {
        /// The words.
        options: Vec<(String, String)>,
        /// Which one.
        at: usize,
    },
    /// Yes or no.
    Toggle(bool),
}

/// A field with its label.
#[derive(Clone, Debug)]
pub struct Field {
    /// Which property it is about.
    pub what: What,
    /// Its name, that of `ip` where it has one.
    pub label: &'static str,
    /// What it says.
    pub value: Value,
    /// The text that nobody typed: what it began with, or what was proposed since.
    pub(super) initial: String,
    /// What it means to say nothing, or how it is spelled.
    pub hint: &'static str,
    /// What is wrong with what it says.
    pub error: Option<String>,
}

impl Field {
    pub(super) fn text_field(
        what: What,
        label: &'static str,
        text: &str,
        hint: &'static str,
    ) -> Self {
        let value = Value::Text(Input::new(text.into()));
        Self { what, label, value, initial: text.into(), hint, error: None }
    }

    pub(super) fn toggle(what: What, label: &'static str, on: bool, hint: &'static str) -> Self {
        let value = Value::Toggle(on);
        Self { what, label, value, initial: String::new(), hint, error: None }
    }

    pub(super) fn choice(
        what: What,
        label: &'static str,
        options: Vec<(String, String)>,
        at: usize,
    ) -> Self {
        let value = Value::Choice { options, at };
        Self { what, label, value, initial: String::new(), hint: "", error: None }
    }

    /// The text of a field of text, without spaces around it.
    pub(super) fn text(&self) -> &str {
        match &self.value {
            Value::Text(input) => input.value().trim(),
            Value::Choice { .. } | Value::Toggle(_) => "",
        }
    }

    /// Proposes a text.
    pub(super) fn set_text(&mut self, text: &str) {
        self.value = Value::Text(Input::new(text.into()));
        self.initial = text.into();
    }

    /// Whether it is a line of text.
    pub fn is_text(&self) -> bool {
        matches!(self.value, Value::Text(_))
    }

    /// The number of the chosen word.
    pub(super) fn chosen(&self) -> usize {
        match &self.value {
            Value::Choice { at, .. } => *at,
            Value::Text(_) | Value::Toggle(_) => 0,
        }
    }

    /// The next or previous value; in text, the cursor moves.
    pub(super) fn turn(&mut self, forward: bool) {
        match &mut self.value {
            Value::Text(input) => {
                let request =
                    if forward { InputRequest::GoToNextChar } else { InputRequest::GoToPrevChar };
                input.handle(request);
            }
            Value::Choice { options, at } => {
                let step = if forward { 1 } else { options.len().saturating_sub(1) };
                *at = (*at + step) % options.len().max(1);
            }
            Value::Toggle(on) => *on = !*on,
        }
    }

    /// Takes a key; tells whether anything changed. A letter goes to the next word that begins
    /// with it, Space to the next value.
    pub(super) fn edit(&mut self, key: KeyEvent) -> bool {
        if let Value::Text(input) = &mut self.value {
            let request = prompt::request(key);
            return request.and_then(|request| input.handle(request)).is_some();
        }
        match (prompt::typed(key), &mut self.value) {
            (Some(' '), _) => self.turn(true),
            (Some(letter), Value::Choice { options, at }) => {
                let begins = |place: &usize| {
                    options[*place].0.to_lowercase().starts_with(letter.to_ascii_lowercase())
                };
                let len = options.len();
                let Some(found) = (1..=len).map(|far| (*at + far) % len).find(begins) else {
                    return false;
                };
                *at = found;
            }
            _ => return false,
        }
        true
    }

    /// What is wrong with the text, if anything is.
    pub(super) fn check(&self) -> Result<(), String> {
        let text = self.text();
        if text.is_empty() {
            return Ok(());
        }
        match self.what {
            What::Name => read::name(text),
            What::NewNetns => read::netns_name(text),
            What::Alias => read::alias(text),
            What::Mac => read::mac(text).map(drop),
            What::Mtu => read::number::<u32>(text, "bytes, like 1500").map(drop),
            What::VlanId => read::vlan_id(text).map(drop),
            What::BcQueueLen => read::number::<u32>(text, "frames, like 1000").map(drop),
            What::BcCutoff => read::number::<i32>(text, "receivers, or -1").map(drop),
            What::Sources => read::list(text, read::mac).map(drop),
            What::Addresses => read::list(text, str::parse::<crate::model::Address>).map(drop),
            What::Kind | What::Mode | What::Netns | What::Nopromisc | What::Nodst | What::Up => {
                Ok(())
            }
        }
    }
}
