//! What is known of the switch behind an endpoint's wire, so that an answer can say what it rests on.

use super::Endpoint;
use super::bridging::Course;
use super::segment::{Segment, Switch, Wire};
use crate::model::{LinkKey, Topology};

/// What is behind the wire that an endpoint's frames leave through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Whom the wire leads to.
    pub segment: Segment,
    /// How that treats frames for the same wire; as assumed where it is [`Segment::Unseen`].
    pub switch: Switch,
    /// The bridge's port, or the other end of the veth pair.
    far: Option<LinkKey>,
    /// Whether something out of sight is assumed to join two networks.
    pub(super) joins: bool,
}

impl Behind {
    /// What is behind an endpoint's wire; `None` where that wire is out of sight.
    pub fn of(topology: &Topology, end: Endpoint, assumed: Switch) -> Option<Self> {
        let wire = Wire::of(topology, end.place(topology)?.lower);
        let far = wire.port.or_else(|| topology.peer_of(wire.base)).map(|link| link.key);
        Some(Self { segment: wire.segment, switch: wire.switch(assumed), far, joins: false })
    }

    /// What is behind the wire that the frames of the first leave through to the second.
    pub fn between(
        topology: &Topology,
        [from, to]: [Endpoint; 2],
        assumed: Switch,
    ) -> Option<Self> {
        let behind = Self::of(topology, from, assumed)?;
        let [leaves, enters] =
            [from, to].map(|end| end.place(topology).map(|place| Wire::of(topology, place.lower)));
        let outside = [from, to].map(|end| matches!(end, Endpoint::Outside(_)));
        let course = leaves
            .zip(enters)
            .and_then(|(leaves, enters)| Course::between(topology, &leaves, &enters, outside));
        let joins = course.is_some_and(|course| course.is_assumed);
        Some(Self { joins, ..behind })
    }

    /// Whether some of it is out of sight.
    pub fn is_assumed(&self) -> bool {
        self.joins || self.segment == Segment::Unseen
    }

    /// The device's port on a bridge of this host.
    pub fn port(&self) -> Option<LinkKey> {
        self.far.filter(|_| matches!(self.segment, Segment::Bridge(_)))
    }

    /// What it is, and whether that was read or assumed, as a sentence; with another one about what
    /// of it was not read.
    pub fn sentence(&self, topology: &Topology) -> String {
        let mut sentence = self.what(topology);
        if self.filters_vlans(topology) {
            sentence.push_str(
                " It filters VLANs; which ones its ports take was not read, and nothing is predicted of \
                 that.",
            );
        }
        sentence
    }

    /// Whether it is a bridge that lets only frames of some VLANs pass.
    pub(super) fn filters_vlans(&self, topology: &Topology) -> bool {
        let Segment::Bridge(key) = self.segment else { return false };
        let bridge = topology.link(key).and_then(|link| link.bridge);
        bridge.is_some_and(|bridge| bridge.vlan_filtering)
    }

    fn what(&self, topology: &Topology) -> String {
        let state = |on: &str, off: &str| match self.switch {
            Switch::Reflective => on.to_owned(),
            Switch::Normal => off.to_owned(),
        };
        match (self.segment, self.far) {
            _ if self.joins => "Assumed: a switch out of sight that joins the two networks.".into(),
            (Segment::Unseen, _) => format!(
                "Assumed: a switch out of sight that {} (hairpin {}).",
                state("sends frames back", "does not send frames back"),
                state("on", "off")
            ),
            (Segment::Nowhere, _) => {
                "There is no wire: what leaves through the parent goes nowhere.".into()
            }
            (Segment::Bridge(bridge), Some(port)) => format!(
                "The switch is {} on this host, hairpin {} at its port {}.",
                topology.describe(bridge),
                state("on", "off"),
                topology.describe(port)
            ),
            (Segment::Bridge(bridge), None) => {
                format!("The switch is {} on this host.", topology.describe(bridge))
            }
            (Segment::Peer(key), far) => format!(
                "The wire ends at {} on this host; there is no switch.",
                topology.describe(far.unwrap_or(key))
            ),
        }
    }
}
