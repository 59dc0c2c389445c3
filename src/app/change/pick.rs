//! A list to choose from while a change begins: the modes of a macvlan, or the namespaces that a
//! link can be moved to.

use tui_input::Input;

use crate::model::{LinkKey, Mode, NetnsId, Topology};
use crate::plan::{Edit, Place, Request};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// A macvlan mode.
    Mode(Mode),
    /// A namespace.
    Netns(NetnsId),
    /// A named namespace that does not exist yet.
    NewNetns,
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
    /// The links that the change is for.
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

    fn new(title: String, choices: Vec<Choice>, links: Vec<LinkKey>) -> Self {
        Self { title, input: Input::default(), choice: 0, choices, links, refusal: None }
    }

    /// The rows whose label contains what is typed.
    pub fn found(&self) -> Vec<&Choice> {
        let typed = self.input.value().to_lowercase();
        self.choices.iter().filter(|c| c.label.to_lowercase().contains(&typed)).collect()
    }

    /// The selected row.
    pub fn chosen(&self) -> Option<&Choice> {
        self.found().get(self.choice).copied()
    }
}

impl Choice {
    /// What choosing it asks for; `None` where a name is missing. Links that are so already are
    /// passed over by the plan.
    pub(in crate::app) fn requests(&self, links: &[LinkKey]) -> Option<Vec<Request>> {
        let edit = match &self.picked {
            Picked::Mode(mode) => Edit::Mode(*mode),
            Picked::Netns(netns) => Edit::Netns(Place::Known(*netns)),
            Picked::NewNetns => return None,
        };
        let request = |key: &LinkKey| Request::Edit { link: *key, edits: vec![edit.clone()] };
        Some(links.iter().map(request).collect())
    }
}

/// `eth0 in web`, or how many they are.
pub(in crate::app) fn named(topology: &Topology, links: &[LinkKey]) -> String {
    match links {
        [link] => topology.describe(*link),
        links => format!("{} links", links.len()),
    }
}
