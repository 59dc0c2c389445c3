//! A change as data: what is asked for, what it takes, what else happens, and how it is undone.
//!
//! Pure. A [`Plan`] is a function of the topology and the requests; whoever carries it out compares
//! the facts that it relied on with the world first.

pub mod build;
mod draft;
mod explain;
mod facts;
mod impact;
mod inverse;
pub mod ip_command;
pub mod journal;
pub mod op;
pub mod outcome;
pub mod recipe;
pub mod refusal;
pub mod request;
mod rules;
pub mod session;
mod simulate;
pub mod suggest;

pub use build::{build, is_possible, is_so, undo};
pub use explain::explain;
pub use facts::changed_since;
pub use ip_command::{shell_quote, show};
pub use op::{Op, Setting, Target};
pub use outcome::{Fate, Outcome, Verdict};
pub use refusal::{Refusal, Rule};
pub use request::{Edit, NewKind, NewLink, NewMacvlan, Place, Request};
pub use rules::{name_fault, netns_name_fault};
pub use simulate::DEFAULT_BC_QUEUE_LEN;

use crate::model::{Link, LinkKey, NetnsId, Text};

/// Everything that a person has to know before saying yes, and everything needed to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is, as a heading: `Change mode of eth0 in centos1-2`.
    pub title: String,
    /// What becomes different, a line each: `mode bridge → private`.
    pub summary: Vec<String>,
    /// What is sent to the kernel, in order.
    pub steps: Vec<Step>,
    /// What else happens, the worst first.
    pub impact: Vec<Impact>,
    /// What undo can't bring back, as phrases; all of it when no step can be undone.
    pub lost: Vec<String>,
    /// What must still be true when it is carried out.
    pub facts: Vec<Fact>,
}

impl Plan {
    /// The commands that reverse all of it, in order. What was set on a link that it made goes with
    /// the link and is not told.
    pub fn reversal(&self) -> Vec<&str> {
        let steps = self.steps.iter().rev();
        let undo: Vec<_> =
            steps.flat_map(|step| step.undo.iter().zip(&step.undo_commands)).collect();
        let needed =
            |at: &usize| !undo[*at].0.is_moot_before(undo[*at..].iter().map(|(op, _)| *op));
        (0..undo.len()).filter(needed).map(|at| undo[at].1.as_str()).collect()
    }
}

/// One op with its command and what reverses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is sent to the kernel.
    pub op: Op,
    /// What an operator would type for it, quoted for a shell. Runs as it stands after those of
    /// the steps before.
    pub command: String,
    /// The ops that reverse it, in order; empty where nothing can.
    pub undo: Vec<Op>,
    /// The commands for `undo`.
    pub undo_commands: Vec<String>,
}

/// Something that a change brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// How bad it is.
    pub weight: Weight,
    /// A sentence without a full stop.
    pub text: String,
}

/// How bad an [`Impact`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something is lost or stops working.
    Loss,
    /// Worth knowing.
    Note,
}

/// Something that a plan relied on. When it no longer holds, the plan is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The link is there and has these properties.
    Link(Box<Link>),
    /// A parent or sibling is there, with this name, kind, mode, MAC, MTU, master and
    /// administrative state; the rest of it is its own business.
    Neighbour(Box<Link>),
    /// These and no others have it as parent.
    Children {
        /// The parent.
        parent: LinkKey,
        /// Its sub-interfaces, sorted.
        children: Vec<LinkKey>,
    },
    /// The namespace is there.
    Netns(NetnsId),
    /// The namespace has this name in /run/netns, and by losing it destroys what it was to destroy.
    Named {
        /// The namespace.
        netns: NetnsId,
        /// The file's name.
        name: Text,
        /// Whether something else holds the namespace.
        held: bool,
        /// Its links, sorted.
        links: Vec<LinkKey>,
    },
    /// Nothing in the namespace has this name.
    FreeName {
        /// The namespace.
        netns: NetnsId,
        /// The name.
        name: Text,
    },
    /// No namespace has this name in /run/netns.
    FreeNetnsName(Text),
}
