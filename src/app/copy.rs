//! What goes into the clipboard: the `ip` command of a row, or what would make an equal network in
//! a form that is chosen.

use super::change::pick::Picker;
use super::event::Effect;
use super::prompt::Prompt;
use super::screens::{Screen, network};
use super::{App, Pane};
use crate::model::belief::Driver;
use crate::model::{Item, LinkKey, MemberKey};
use crate::plan;
use crate::plan::recipe::Of;

impl App {
    /// Copies the `ip` command of the selected row or, of a network and where all is told of a
    /// macvlan, asks for the form in which to copy what would make an equal network.
    pub(super) fn copy(&mut self, effects: &mut Vec<Effect>) {
        let in_details = self.pane == Pane::Details
            || self.screens.last().is_some_and(|open| open.screen == Screen::Details);
        let of = match self.tree.selected() {
            Some(Item::Network(key) | Item::Member(MemberKey { network: key, .. })) => {
                Some(Of::Network(key))
            }
            Some(Item::Link(key)) if in_details && self.has_recipe(key) => Some(Of::Link(key)),
            _ => None,
        };
        if let Some(of) = of {
            let picker = Picker::recipes(self.topology(), of);
            self.prompt = Some(Prompt::Pick(Box::new(picker)));
            self.check_choice();
            return;
        }
        match self.command() {
            Ok(command) => effects.push(Effect::copy_commands(command)),
            Err(why) => self.tell(Err(why)),
        }
    }

    /// Whether a network could have made the link.
    fn has_recipe(&self, key: LinkKey) -> bool {
        self.topology().link(key).is_some_and(|link| {
            link.macvlan().is_some() || Driver::named(&link.kind.name()).is_some()
        })
    }

    fn command(&self) -> Result<String, String> {
        let topology = self.topology();
        let (netns, link) = match self.tree.selected() {
            Some(Item::Netns(id)) => (id, None),
            Some(Item::Link(key)) => (key.netns, topology.link(key)),
            Some(Item::Network(_) | Item::Member(_) | Item::Unattached) => {
                return Err(self.why_no_link().unwrap_or_default());
            }
            Some(Item::UnseenParent { .. }) => {
                return Err("nothing to copy: no command leads to a parent out of sight".into());
            }
            None => return Err("nothing to copy: no row is selected".into()),
        };
        let namespace =
            topology.namespace(netns).ok_or("nothing to copy: the namespace is gone")?;
        plan::show(&namespace.netns, link).ok_or_else(|| {
            format!("nothing to copy: no path leads into namespace {}", topology.label(netns))
        })
    }

    /// What a row is that stands for no link, and what to select instead; `None` where that needs
    /// no explanation.
    pub(super) fn why_no_link(&self) -> Option<String> {
        let topology = self.topology();
        match self.tree.selected()? {
            Item::Network(key) => {
                let name = &topology.network(key)?.network.name;
                Some(format!("{name} is a network; select one of its members"))
            }
            Item::Member(key) => {
                let name = network::name_of(&topology.member(key)?.1).into_owned();
                Some(format!("{name} has no interface; select a member that has one"))
            }
            Item::Unattached => Some("this row is no link; select one below it".into()),
            Item::Netns(_) | Item::Link(_) | Item::UnseenParent { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
