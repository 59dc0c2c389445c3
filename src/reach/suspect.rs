//! What to suspect where frames did not do what was predicted of them: what this host does not show.

use std::net::IpAddr;

use super::{Answered, Behind, Endpoint, Reason, Segment, Switch, Verdict};
use crate::model::{Link, LinkKey, Topology};

/// Something that makes frames arrive that should not, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspect {
    /// Nobody in the outside has this address.
    NoHost(IpAddr),
    /// This interface, which takes frames of listed senders alone, lists one that was taken for a stranger.
    Listed(LinkKey),
    /// A filter on this interface's way drops frames.
    Filter(LinkKey),
    /// The network out of sight drops MACs that it was not told of.
    UnknownMac,
    /// The hypervisor's port gives the parent only frames for its own MAC.
    Promiscuous(LinkKey),
    /// The switch out of sight sends frames back, or does not, against the assumption.
    Hairpin(Switch),
    /// The two parents are joined somewhere out of sight.
    Joined,
    /// They are not joined, against the assumption.
    NotJoined,
    /// Two have the same MAC, and what is for the first goes to where the second is.
    SameMac(LinkKey, LinkKey),
    /// The bridge does not take the VLAN of the frames at one of its ports.
    VlanFilter(LinkKey),
    /// The state changed between the look and the test.
    Changed,
}

impl Suspect {
    /// What may be behind frames that arrived (`measured`, there and back: unicast, broadcast) otherwise
    /// than predicted, the likeliest first; nothing where all did as predicted.
    pub fn all(
        topology: &Topology,
        ends: [Endpoint; 2],
        verdict: &Verdict,
        measured: [[bool; 2]; 2],
    ) -> Vec<Self> {
        let mut all = Vec::new();
        let ways = [&verdict.unicast, &verdict.broadcast];
        for (ways, arrived) in ways.into_iter().zip(measured) {
            for (at, (way, arrived)) in ways.iter().zip(arrived).enumerate() {
                if way.arrives() == arrived {
                    continue;
                }
                let (from, to) = (ends[at], ends[1 - at]);
                let found = match way.lost {
                    Some(Reason::NotReflected { .. }) => vec![Self::Hairpin(Switch::Reflective)],
                    Some(Reason::Apart(_)) => vec![Self::Joined],
                    Some(Reason::NotListed(key))
                        if matches!(from, Endpoint::Outside(_)) && lists(topology, key) =>
                    {
                        vec![Self::Listed(key)]
                    }
                    Some(_) => vec![Self::Changed],
                    None => Self::of_loss(topology, [from, to], way.direct),
                };
                all.extend(found);
            }
        }
        let mut told = Vec::new();
        all.retain(|suspect| {
            !told.contains(suspect) && {
                told.push(*suspect);
                true
            }
        });
        all
    }

    /// What may be behind an answer from the outside that was not predicted, or its lack.
    pub fn of_answer(
        topology: &Topology,
        ends: [Endpoint; 2],
        verdict: &Verdict,
        answered: &Answered,
    ) -> Vec<Self> {
        if answered.agrees(ends, verdict) {
            return Vec::new();
        }
        let measured = answered.measured(ends, verdict.arrived());
        let nobody = (!answered.answers.resolved).then_some(Self::NoHost(answered.to));
        let all = Self::all(topology, ends, verdict, [measured.unicast, measured.broadcast]);
        nobody.into_iter().chain(all).collect()
    }

    fn of_loss(topology: &Topology, [from, to]: [Endpoint; 2], direct: bool) -> Vec<Self> {
        let key = |end: Endpoint| match end {
            Endpoint::Link(key) | Endpoint::Outside(key) => key,
        };
        let mut all = vec![Self::Filter(key(to)), Self::Filter(key(from))];
        let Some(place) = to.place(topology) else { return all };
        let is_outside = |end| matches!(end, Endpoint::Outside(_));
        let is_twin = |link: &&Link| {
            link.mac == place.link.mac && link.key != place.link.key && link.flags.is_up()
        };
        // Nobody here has the MACs of the outside.
        let has_mac = place.link.mac.is_some() && !is_outside(to);
        let twin = topology.links().filter(|_| has_mac).find(is_twin);
        all.extend(twin.map(|twin| Self::SameMac(place.link.key, twin.key)));
        let behind = Behind::of(topology, to, Switch::Normal).filter(|_| !direct);
        let filters = behind.is_some_and(|behind| behind.filters_vlans(topology));
        if let (true, Some(Segment::Bridge(key))) = (filters, behind.map(|behind| behind.segment)) {
            all.insert(0, Self::VlanFilter(key));
        }
        let joins =
            Behind::between(topology, [from, to], Switch::Normal).is_some_and(|it| it.joins);
        if joins || behind.is_some_and(|behind| behind.segment == Segment::Unseen) {
            // Frames between two parents are not sent back, but passed on.
            let other = from.place(topology).map(|place| place.lower.key) != Some(place.lower.key);
            let passing = if other { Self::NotJoined } else { Self::Hairpin(Switch::Normal) };
            // What comes from the outside of a parent, or goes there, is not sent back.
            all.extend((other || !is_outside(from) && !is_outside(to)).then_some(passing));
            all.extend([Self::UnknownMac, Self::Promiscuous(place.lower.key)]);
        }
        all
    }

    /// What to look at, as a sentence.
    pub fn sentence(&self, topology: &Topology) -> String {
        match self {
            Self::NoHost(address) => {
                format!("Frames should pass: perhaps nobody there has {address}.")
            }
            Self::Listed(key) => format!(
                "{} lists the MAC of that host; predicted is one that is in no list.",
                topology.describe(*key)
            ),
            Self::Filter(key) => format!(
                "A filter on {} drops them: see tc filter and tc qdisc, and nft list ruleset \
                 (netdev and bridge) there.",
                topology.describe(*key)
            ),
            Self::UnknownMac => {
                "The network outside drops MACs that it was not told of, as clouds do.".into()
            }
            Self::Promiscuous(key) => format!(
                "Promiscuous mode is off at the hypervisor's port of {}.",
                topology.describe(*key)
            ),
            Self::Hairpin(Switch::Reflective) => {
                "The switch out of sight sends frames back: predict with --hairpin on.".into()
            }
            Self::Hairpin(Switch::Normal) => {
                "The switch out of sight does not send frames back: predict with --hairpin off."
                    .into()
            }
            Self::Joined => "The two networks are joined out of sight.".into(),
            Self::NotJoined => "Nothing joins the two networks, against what is assumed.".into(),
            Self::SameMac(key, other) => format!(
                "{} has the same MAC as {}: where frames for it go depends on who sent last.",
                topology.describe(*key),
                topology.describe(*other)
            ),
            Self::VlanFilter(key) => format!(
                "{} filters VLANs, and not all of its ports take these frames: see bridge vlan there.",
                topology.describe(*key)
            ),
            Self::Changed => "Something changed since the host was read: test again.".into(),
        }
    }
}

/// Whether the interface has a list of senders with somebody in it.
fn lists(topology: &Topology, key: LinkKey) -> bool {
    let macvlan = topology.link(key).and_then(Link::macvlan);
    macvlan.is_some_and(|macvlan| !macvlan.sources.is_empty())
}
