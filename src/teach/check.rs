//! What a step waits for: state in the kernel, an answer of the wire, or something on the screen.
//!
//! A check that nobody can decide yet says so; that is not the same as "not done".

use std::collections::BTreeSet;

use crate::model::resolve::Resolver;
use crate::model::{Link, LinkKey, MacAddr, MacvlanFlags, Mode, Parent, Topology};
use crate::plan::Rule;

/// A place of the UI that a step can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everything known of a row.
    Details,
    /// Who reaches whom.
    Reach,
    /// The way between two ends.
    Way,
    /// What looks wrong.
    Warnings,
    /// A mode, drawn.
    Card,
}

impl Place {
    /// Every place with its word in a lesson's file, and how a sentence about it begins.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Details, "details", "the details are"),
        (Self::Reach, "reach", "the matrix is"),
        (Self::Way, "way", "the way is"),
        (Self::Warnings, "warnings", "the list of warnings is"),
        (Self::Card, "card", "the mode's card is"),
    ];

    fn called(self) -> &'static str {
        Self::ALL.iter().find(|(place, ..)| *place == self).map_or("", |(.., called)| called)
    }
}

/// Something that must be so of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is in this macvlan mode.
    Mode(Mode),
    /// It is administratively up, or down.
    Up(bool),
    /// It has this MAC.
    Mac(MacAddr),
    /// It is on this link, `[NS/]NAME`.
    Parent(String),
    /// It has this address, `IP/PREFIX`.
    Address(String),
    /// This MAC is on its source list, or is not.
    Source(MacAddr, bool),
    /// Its `nopromisc` is set, or is not.
    Nopromisc(bool),
    /// It has a carrier.
    Carrier(bool),
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// A place of the UI is open, with this row selected if one is named.
    Screen(Place, Option<String>),
    /// A link is not there.
    Gone(String),
    /// A link is there, and these hold of it.
    Link(String, Vec<Condition>),
    /// Frames pass between the two as a ping needs them, and where both have addresses the second
    /// answers one; or not.
    Reaches {
        /// Who begins.
        ends: [String; 2],
        /// What is waited for.
        wanted: bool,
    },
    /// The learner tested the two, and the wire has answered.
    Probed([String; 2]),
    /// A plan was refused by this rule, for the learner to read.
    Refused(Rule),
    /// All of these.
    All(Vec<Check>),
}

/// What the wire said of a pair, as a lesson asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The two, who begins first.
    pub pair: [LinkKey; 2],
    /// Whether the first reaches the second; or why that could not be found out.
    pub reaches: Result<bool, String>,
}

/// What a learner has seen since the step began, and what was measured for the step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What lies on top.
    pub place: Option<Place>,
    /// The link that is selected.
    pub row: Option<LinkKey>,
    /// Pairs that the learner tested, of which the lesser key stands first.
    pub probed: BTreeSet<[LinkKey; 2]>,
    /// Rules that refused something on the screen.
    pub refused: BTreeSet<Rule>,
    /// What the lesson itself measured last, if it still means something.
    pub measured: Option<Measured>,
}

impl Check {
    /// Whether it holds; `None` as long as that can't be said.
    pub fn holds(&self, topology: &Topology, seen: &Seen) -> Option<bool> {
        Some(match self {
            Self::Screen(place, of) => {
                let is_row =
                    |name: &String| seen.row.is_some() && seen.row == found(topology, name);
                seen.place == Some(*place) && of.as_ref().is_none_or(is_row)
            }
            Self::Gone(name) => found(topology, name).is_none(),
            Self::Link(name, conditions) => match link(topology, name) {
                Some(link) => conditions.iter().all(|known| known.holds(topology, link)),
                None => false,
            },
            Self::Reaches { wanted, .. } => {
                let pair = self.pair(topology)?;
                let measured = seen.measured.as_ref().filter(|known| known.pair == pair)?;
                *measured.reaches.as_ref().ok()? == *wanted
            }
            Self::Probed([one, other]) => match (found(topology, one), found(topology, other)) {
                (Some(one), Some(other)) => seen.probed.contains(&[one.min(other), one.max(other)]),
                _ => false,
            },
            Self::Refused(rule) => seen.refused.contains(rule),
            Self::All(checks) => {
                let and = |all, check: &Self| Some(all && check.holds(topology, seen)?);
                checks.iter().try_fold(true, and)?
            }
        })
    }

    /// The two that the lesson has to test on the wire; `None` where it need not, or they are not
    /// there.
    pub fn pair(&self, topology: &Topology) -> Option<[LinkKey; 2]> {
        match self {
            Self::Reaches { ends: [from, to], .. } => {
                Some([found(topology, from)?, found(topology, to)?])
            }
            Self::All(checks) => checks.iter().find_map(|check| check.pair(topology)),
            _ => None,
        }
    }

    /// What it waits for, as a clause: `c1/eth0 is vepa`.
    pub fn goal(&self) -> String {
        match self {
            Self::Screen(place, None) => format!("{} open", place.called()),
            Self::Screen(place, Some(name)) => format!("{} open for {name}", place.called()),
            Self::Gone(name) => format!("{name} is gone"),
            Self::Link(name, conditions) if conditions.is_empty() => format!("{name} is there"),
            Self::Link(name, conditions) => {
                let goals: Vec<_> = conditions.iter().map(Condition::goal).collect();
                format!("{name} {}", goals.join(" and "))
            }
            Self::Reaches { ends: [from, to], wanted: true } => format!("{from} reaches {to}"),
            Self::Reaches { ends: [from, to], .. } => format!("{from} does not reach {to}"),
            Self::Probed([one, other]) => format!("{one} and {other} are probed"),
            Self::Refused(_) => "the plan is refused".into(),
            Self::All(checks) => checks.iter().map(Self::goal).collect::<Vec<_>>().join(" and "),
        }
    }

    /// What goes with "not yet": what it waits for and, unless that is for the learner to do, how the kernel
    /// is instead: `c1/eth0 is vepa; so far it is bridge`. Of several the first that does not hold.
    pub fn missing(&self, topology: &Topology, seen: &Seen) -> String {
        if let Self::All(checks) = self
            && let Some(first) = checks.iter().find(|one| one.holds(topology, seen) != Some(true))
        {
            return first.missing(topology, seen);
        }
        let goal = self.goal();
        match self.instead(topology, seen) {
            Some(instead) => format!("{goal}; {instead}"),
            None => goal,
        }
    }

    fn instead(&self, topology: &Topology, seen: &Seen) -> Option<String> {
        match self {
            Self::Screen(..)
            | Self::Probed(_)
            | Self::Refused(_)
            | Self::Gone(_)
            | Self::All(_) => None,
            Self::Link(name, conditions) => {
                let Some(link) = link(topology, name) else {
                    return (!conditions.is_empty()).then(|| "it is not there".into());
                };
                let missing = conditions.iter().filter(|known| !known.holds(topology, link));
                let now: Vec<_> = missing.map(|known| known.now(topology, link)).collect();
                Some(format!("so far it {}", now.join(" and ")))
            }
            Self::Reaches { ends, .. } => Some(match &seen.measured {
                Some(Measured { reaches: Ok(true), .. }) => "the wire says that it does".into(),
                Some(Measured { reaches: Ok(false), .. }) => "the wire says no".into(),
                Some(Measured { reaches: Err(why), .. }) => {
                    format!("the wire can't be asked: {why}")
                }
                None => match ends.iter().find(|name| found(topology, name).is_none()) {
                    Some(name) => format!("{name} is not there"),
                    None => "the wire is being asked".into(),
                },
            }),
        }
    }
}

/// The link that a lesson calls so: `[NS/]NAME`.
pub fn found(topology: &Topology, name: &str) -> Option<LinkKey> {
    Resolver { topology, inode_of: &|_| None }.link(name.as_bytes()).ok()
}

fn link<'a>(topology: &'a Topology, name: &str) -> Option<&'a Link> {
    topology.link(found(topology, name)?)
}

impl Condition {
    fn holds(&self, topology: &Topology, link: &Link) -> bool {
        let macvlan = link.macvlan();
        match self {
            Self::Mode(mode) => macvlan.is_some_and(|macvlan| macvlan.mode == *mode),
            Self::Up(up) => link.flags.is_up() == *up,
            Self::Mac(mac) => link.mac.as_ref() == Some(mac),
            Self::Parent(name) => {
                let parent = link.parent.as_ref().and_then(Parent::key);
                parent.is_some() && parent == found(topology, name)
            }
            Self::Address(wanted) => link.addresses.iter().any(|known| known.cidr() == *wanted),
            Self::Source(mac, listed) => {
                macvlan.is_some_and(|macvlan| macvlan.sources.contains(mac) == *listed)
            }
            Self::Nopromisc(set) => {
                macvlan.is_some_and(|known| known.flags.has(MacvlanFlags::NOPROMISC) == *set)
            }
            Self::Carrier(carrier) => link.flags.is_lower_up() == *carrier,
        }
    }

    fn goal(&self) -> String {
        match self {
            Self::Mode(mode) => format!("is {mode}"),
            Self::Up(true) => "is up".into(),
            Self::Up(false) => "is down".into(),
            Self::Mac(mac) => format!("has the MAC {mac}"),
            Self::Parent(name) => format!("is on {name}"),
            Self::Address(address) => format!("has {address}"),
            Self::Source(mac, true) => format!("lists {mac}"),
            Self::Source(mac, false) => format!("does not list {mac}"),
            Self::Nopromisc(true) => "has nopromisc".into(),
            Self::Nopromisc(false) => "is without nopromisc".into(),
            Self::Carrier(true) => "has a carrier".into(),
            Self::Carrier(false) => "has no carrier".into(),
        }
    }

    /// How a link is of which it does not hold.
    fn now(&self, topology: &Topology, link: &Link) -> String {
        match self {
            Self::Mode(_) => match link.macvlan() {
                Some(macvlan) => format!("is {}", macvlan.mode),
                None => "is no macvlan".into(),
            },
            Self::Up(up) => Self::Up(!up).goal(),
            Self::Mac(_) => match &link.mac {
                Some(mac) => Self::Mac(*mac).goal(),
                None => "has no MAC".into(),
            },
            Self::Parent(_) => match topology.parent_of(link) {
                Some(parent) => format!("is on {}", parent.name),
                None => "is on no link in sight".into(),
            },
            Self::Address(address) => format!("does not have {address}"),
            Self::Source(mac, listed) => Self::Source(*mac, !listed).goal(),
            Self::Nopromisc(set) => Self::Nopromisc(!set).goal(),
            Self::Carrier(carrier) => Self::Carrier(!carrier).goal(),
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
