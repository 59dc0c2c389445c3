//! Turns hairpin of a bridge's port on or off: whether the switch sends frames back to where they came
//! from, as far as it is a bridge of this host.

use super::{App, Edit, Item, LinkKey, Request};
use crate::model::PortOption;
use crate::reach::{Behind, Endpoint, Switch};

impl App {
    /// At the selected port, or at that behind what is selected.
    pub(super) fn turn_hairpin(&mut self) -> Result<(), String> {
        let Some(Item::Link(key)) = self.tree.selected() else {
            return Err(self.why_no_link().unwrap_or_else(|| "select a parent or a port".into()));
        };
        let is_port = self.topology.link(key).is_some_and(|link| link.bridge_port.is_some());
        let port = if is_port { Some(key) } else { self.port_behind(Endpoint::Link(key)) };
        self.propose_hairpin(port.ok_or_else(|| {
            format!("no bridge of this host is behind {}", self.topology.describe(key))
        })?)
    }

    /// The port of a bridge of this host that an end's frames go to.
    pub(in crate::app) fn port_behind(&self, end: Endpoint) -> Option<LinkKey> {
        Behind::of(&self.topology, end, Switch::Normal)?.port()
    }

    /// Asks whether to turn it on, or off where it is on.
    pub(in crate::app) fn propose_hairpin(&mut self, port: LinkKey) -> Result<(), String> {
        let is_on = self
            .topology
            .link(port)
            .and_then(|port| port.bridge_port)
            .is_some_and(|port| port.hairpin);
        self.propose(vec![Request::Edit {
            link: port,
            edits: vec![Edit::Port(PortOption::Hairpin(!is_on))],
        }])
    }
}
