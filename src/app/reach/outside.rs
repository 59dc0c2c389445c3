//! Which address is asked for in the outside. Nobody there tells which frames arrived, so an operator has
//! to name a host that answers.

use std::net::IpAddr;

use crate::app::App;
use crate::app::event::Effect;
use crate::app::prompt::Prompt;
use crate::model::LinkKey;
use crate::reach::{self, Endpoint, Obstacle, Pair};

impl App {
    /// Starts typing an address behind a parent's wire. Proposed is what was asked for there last, else
    /// the gateway that the stack knows.
    pub(super) fn ask_for_address(
        &mut self,
        from: LinkKey,
        parent: LinkKey,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let topology = self.topology();
        if reach::sources(topology, from).next().is_none() {
            return Err(Obstacle::NoAddress(from).sentence(topology));
        }
        let can_ask = |to: &IpAddr| reach::question(topology, from, parent, *to).is_ok();
        let proposal = self.reach.asked_last.get(&parent).copied().filter(can_ask);
        effects.extend(proposal.is_none().then_some(Effect::AskGateway(from)));
        self.prompt = Some(Prompt::address(from, parent, proposal));
        Ok(())
    }

    /// Takes the gateway of an interface.
    pub(in crate::app) fn gateway_said(&mut self, of: LinkKey, gateway: IpAddr) {
        let topology = self.held.as_ref().map_or(&self.topology, |held| &held.topology);
        if let Some(Prompt::Address { from, parent, proposal: proposal @ None, .. }) =
            &mut self.prompt
            && *from == of
            && reach::question(topology, of, *parent, gateway).is_ok()
        {
            *proposal = Some(gateway);
            self.dirty = true;
        }
    }

    /// Takes the address that was typed; it can be mended where it is refused.
    pub(in crate::app) fn accept_address(&mut self, mut prompt: Prompt) {
        let Prompt::Address { input, from, parent, proposal, refusal } = &mut prompt else {
            return;
        };
        let topology = self.topology();
        match address(input.value(), *proposal)
            .and_then(|to| reach::question(topology, *from, *parent, to))
        {
            Ok(asked) => {
                let Pair { to, .. } = asked;
                let ends = [Endpoint::Link(*from), Endpoint::Outside(*parent)];
                self.reach.asked_last.insert(*parent, to);
                self.reach.trials.want([(ends, Some(asked))]);
            }
            Err(why) => {
                *refusal = Some(why);
                self.prompt = Some(prompt);
            }
        }
    }
}

/// What is asked for.
fn address(text: &str, proposal: Option<IpAddr>) -> Result<IpAddr, String> {
    match (text.trim(), proposal) {
        ("", Some(proposal)) => Ok(proposal),
        ("", None) => Err("an address is needed, such as 192.0.2.1".into()),
        (text, _) => text.parse().map_err(|_| format!("{text} is no IPv4 or IPv6 address")),
    }
}
