//! A list to choose from: the modes of a macvlan, the namespaces that a link can be moved to, or the
//! forms in which a network can be copied.

use tui_input::Input;

use crate::app::App;
use crate::app::event::Effect;
use crate::app::prompt::Prompt;
use crate::model::{LinkKey, Mode, NetnsId, Topology};
use crate::plan::recipe::{Form, Of, recipe};
use crate::plan::{Edit, Place, Request};

/// For how many links every mode is planned beforehand; of more, only the selected one.
const WEIGHED: usize = 100;

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// A macvlan mode.
    Mode(Mode),
    /// A namespace.
    Netns(NetnsId),
    /// A named namespace that does not exist yet.
    NewNetns,
    /// What would make an equal network, or why that can't be said.
    Recipe(Form, Result<String, String>),
}

/// What follows when a row is taken.
pub(in crate::app) enum Next {
    /// A change, to be planned. Links that are so already are passed over by the plan.
    Changes(Vec<Request>),
    /// A name is still missing.
    Name,
    /// A copy, or why there is none.
    Copy(Result<Effect, String>),
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it stands for.
    pub picked: Picked,
    /// What it is called.
    pub label: String,
    /// What it means.
    pub meaning: String,
    /// Why it would be refused, as far as that was found out for all rows.
    pub refusal: Option<String>,
}

/// A list with what is typed to narrow it.
#[derive(Clone, Debug)]
pub struct Picker {
    /// What it asks.
    pub title: String,
    /// What is typed.
    pub input: Input,
    /// Which of the rows found.
    pub choice: usize,
    /// All rows.
    pub choices: Vec<Choice>,
    /// The links that the change is for; none of a copy.
    pub links: Vec<LinkKey>,
    /// Why the selected row would be refused.
    pub refusal: Option<String>,
}

impl Picker {
    /// The five modes, with the present one selected.
    pub(super) fn modes(topology: &Topology, links: Vec<LinkKey>) -> Self {
        let mode_of = |key: &LinkKey| Some(topology.link(*key)?.macvlan()?.mode);
        let now = links.first().and_then(mode_of);
        let choices = Mode::ALL.map(|mode| Choice {
            picked: Picked::Mode(mode),
            label: mode.to_string(),
            meaning: if links.len() == 1 && Some(mode) == now {
                format!("now: {}", mode.meaning())
            } else {
                mode.meaning().into()
            },
            refusal: None,
        });
        let choice = Mode::ALL.iter().position(|mode| Some(*mode) == now).unwrap_or(0);
        let title = format!("Mode of {}", named(topology, &links));
        Self { choice, ..Self::new(title, choices.into(), links) }
    }

    /// All namespaces but the one that all links are in already, then a new one.
    pub(super) fn namespaces(topology: &Topology, links: Vec<LinkKey>) -> Self {
        let known = topology.in_display_order().into_iter().map(|namespace| namespace.netns.id);
        let known = known.filter(|id| links.iter().any(|link| link.netns != *id));
        let mut choices: Vec<_> = known
            .map(|id| Choice {
                picked: Picked::Netns(id),
                label: topology.label(id).into_owned(),
                meaning: String::new(),
                refusal: None,
            })
            .collect();
        choices.push(Choice {
            picked: Picked::NewNetns,
            label: "(new)".into(),
            meaning: "a named namespace, made for this".into(),
            refusal: None,
        });
        let title = format!("Move {} to", named(topology, &links));
        Self::new(title, choices, links)
    }

    /// The forms in which a network, or that of a link, can be copied; the first that it can is
    /// selected.
    pub(in crate::app) fn recipes(topology: &Topology, of: Of) -> Self {
        let name = match of {
            Of::Link(key) => topology.describe(key),
            Of::Network(key) => {
                let view = topology.network(key);
                view.map(|view| view.network.name.to_string()).unwrap_or_default()
            }
        };
        let choices = Form::ALL.map(|form| {
            let text = recipe(topology, of, form);
            let refusal = text.as_ref().err().cloned();
            let (label, meaning) = (form.name().into(), form.meaning().into());
            Choice { picked: Picked::Recipe(form, text), label, meaning, refusal }
        });
        let choice = choices.iter().position(|choice| choice.refusal.is_none()).unwrap_or(0);
        let title = format!("Copy {name} as");
        Self { choice, ..Self::new(title, choices.into(), Vec::new()) }
    }

    fn new(title: String, choices: Vec<Choice>, links: Vec<LinkKey>) -> Self {
        Self { title, input: Input::default(), choice: 0, choices, links, refusal: None }
    }

    /// The rows whose label contains what is typed, those that begin with it first.
    pub fn found(&self) -> Vec<&Choice> {
        let typed = self.input.value().to_lowercase();
        let place = |choice: &&Choice| choice.label.to_lowercase().find(&typed);
        let mut found: Vec<_> = self.choices.iter().filter(|c| place(c).is_some()).collect();
        found.sort_by_key(|choice| place(choice) != Some(0));
        found
    }

    /// The selected mode, where the choice is of modes.
    pub(in crate::app) fn mode(&self) -> Option<Mode> {
        match self.chosen()?.picked {
            Picked::Mode(mode) => Some(mode),
            _ => None,
        }
    }

    /// The selected row.
    pub fn chosen(&self) -> Option<&Choice> {
        self.found().get(self.choice).copied()
    }
}

impl Choice {
    /// What follows when it is taken.
    pub(in crate::app) fn leads_to(&self, links: &[LinkKey]) -> Next {
        let edit = match &self.picked {
            Picked::Mode(mode) => Edit::Mode(*mode),
            Picked::Netns(netns) => Edit::Netns(Place::Known(*netns)),
            Picked::NewNetns => return Next::Name,
            Picked::Recipe(form, text) => {
                let copy = text.as_ref().map(|text| Effect::copy_recipe(*form, text));
                return Next::Copy(copy.map_err(Clone::clone));
            }
        };
        let request = |key: &LinkKey| Request::Edit { link: *key, edits: vec![edit.clone()] };
        Next::Changes(links.iter().map(request).collect())
    }
}

impl App {
    pub(super) fn pick_mode(&mut self) -> Result<(), String> {
        let targets = self.changeable_targets()?;
        let mut picker = Picker::modes(&self.topology, targets);
        let weighed = if picker.links.len() > WEIGHED { 0 } else { picker.choices.len() };
        for choice in &mut picker.choices[..weighed] {
            choice.refusal = self.refusal(choice, &picker.links);
        }
        // Where no mode is left to choose, that is said at once. The last one is not passthru, which
        // alone could be the present one here, so the reason against it is the one that matters.
        let why = picker.choices.iter().map(|choice| choice.refusal.clone());
        if let Some(why) = why.collect::<Option<Vec<_>>>() {
            self.note_choice(picker.choices.last(), &picker.links);
            return Err(why.into_iter().next_back().unwrap_or_default());
        }
        self.prompt = Some(Prompt::Pick(Box::new(picker)));
        self.check_choice();
        Ok(())
    }

    pub(super) fn pick_netns(&mut self) -> Result<(), String> {
        let targets = self.changeable_targets()?;
        let picker = Picker::namespaces(&self.topology, targets);
        self.prompt = Some(Prompt::Pick(Box::new(picker)));
        self.check_choice();
        Ok(())
    }

    /// Says below the list why its selected choice would be refused.
    pub(in crate::app) fn check_choice(&mut self) {
        let Some(Prompt::Pick(picker)) = &self.prompt else { return };
        let (chosen, links) = (picker.chosen().cloned(), picker.links.clone());
        let refusal = chosen.as_ref().and_then(|choice| self.refusal(choice, &links));
        if refusal.is_some() {
            self.note_choice(chosen.as_ref(), &links);
        }
        if let Some(Prompt::Pick(picker)) = &mut self.prompt {
            picker.refusal = refusal;
        }
    }

    /// The reason against a choice is on the screen.
    fn note_choice(&mut self, choice: Option<&Choice>, links: &[LinkKey]) {
        if let Some(Next::Changes(requests)) = choice.map(|choice| choice.leads_to(links)) {
            self.note_refusal(&requests);
        }
    }

    /// Why a choice would be refused.
    fn refusal(&self, choice: &Choice, links: &[LinkKey]) -> Option<String> {
        match choice.leads_to(links) {
            Next::Changes(requests) => self.plan(&requests).err(),
            Next::Copy(text) => text.err(),
            Next::Name => None,
        }
    }
}

/// `eth0 in web`, or how many they are.
pub(in crate::app) fn named(topology: &Topology, links: &[LinkKey]) -> String {
    match links {
        [link] => topology.describe(*link),
        links => format!("{} links", links.len()),
    }
}
