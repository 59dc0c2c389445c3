//! Who can talk to whom: predicted from modes, flags, states and places alone.
//!
//! A frame is followed from its sender to its receiver as the macvlan driver would pass it
//! (`drivers/net/macvlan.c`), and where it is lost is the answer's reason. Nothing is sent, and
//! nothing here looks at anything but the topology; what can't be seen is assumed, and said so.

mod behind;
mod beside;
mod bridging;
mod endpoint;
mod fix;
mod found;
mod frame;
mod layer3;
mod leg;
mod matrix;
mod names;
mod obstacle;
mod owners;
mod path;
mod port;
mod reason;
mod segment;
mod suspect;

#[cfg(test)]
mod layer3_tests;
#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod uplink_tests;

pub use behind::Behind;
pub use beside::Beside;
pub use bridging::Refusal;
pub use endpoint::Endpoint;
pub use fix::Fix;
pub use found::{Answered, Finding, Found};
pub use frame::{Cast, Way, way};
pub use layer3::{Pair, pair, pair_of, question, sources};
pub use matrix::Matrix;
pub use names::Names;
pub use obstacle::Obstacle;
pub use path::{Station, links_between, lost_at, stations};
pub use reason::Reason;
pub use segment::{Segment, Switch};
pub use suspect::Suspect;

use crate::model::{Arrived, LinkKey, Stack, Topology};
use frame::follow;
use owners::Owners;
use port::Ports;
use segment::Wire;

/// What passes between two endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Frames to the receiver's own address: there, and back.
    pub unicast: [Way; 2],
    /// Broadcasts, as ARP requests are: there, and back.
    pub broadcast: [Way; 2],
    /// What keeps packets away although frames pass; `None` of the outside and of a machine that has a
    /// macvtap open, whose addresses nobody here knows.
    pub obstacle: Option<Obstacle>,
}

impl Verdict {
    /// What passes between two endpoints, where a switch that is out of sight is as assumed; `stacks`
    /// are the answers of both kernels, each about the other's address, where they were asked.
    pub fn between(
        topology: &Topology,
        from: Endpoint,
        to: Endpoint,
        assumed: Switch,
        stacks: Option<&[Stack; 2]>,
    ) -> Self {
        let (ports, owners) = (Ports::of(topology, &[from, to]), Owners::of(topology));
        Self::on(topology, (&ports, &owners), [from, to], stacks, |wire| wire.switch(assumed))
    }

    /// The same without a look at packets: what is asked where only frames matter, as addresses are
    /// looked for on the whole host.
    pub fn of_frames_between(topology: &Topology, ends: [Endpoint; 2], assumed: Switch) -> Self {
        let ports = Ports::of(topology, &ends);
        Self::of_frames(topology, &ports, ends, |wire| wire.switch(assumed))
    }

    /// The same where the ports of both and the owners of addresses are gathered already, under any switch.
    fn on(
        topology: &Topology,
        (ports, owners): (&Ports, &Owners),
        ends: [Endpoint; 2],
        stacks: Option<&[Stack; 2]>,
        switch: impl Fn(&Wire<'_>) -> Switch,
    ) -> Self {
        let passes = |from: LinkKey, to: LinkKey| {
            let ends = [from, to].map(Endpoint::Link);
            Self::of_frames(topology, &Ports::of(topology, &ends), ends, &switch).frames_pass()
        };
        let obstacle = layer3::obstacle(topology, owners, ends, stacks, passes);
        Self { obstacle, ..Self::of_frames(topology, ports, ends, &switch) }
    }

    /// The same without a look at packets.
    fn of_frames(
        topology: &Topology,
        ports: &Ports,
        [from, to]: [Endpoint; 2],
        switch: impl Fn(&Wire<'_>) -> Switch,
    ) -> Self {
        let both = |cast| {
            [[from, to], [to, from]].map(|ends| follow(topology, ports, ends, cast, &switch))
        };
        let (unicast, broadcast) = (both(Cast::Unicast), both(Cast::Broadcast));
        Self { unicast, broadcast, obstacle: None }
    }

    /// Which frames arrive.
    pub fn arrived(&self) -> Arrived {
        let arrived = |ways: &[Way; 2]| ways.each_ref().map(Way::arrives);
        Arrived { unicast: arrived(&self.unicast), broadcast: arrived(&self.broadcast) }
    }

    /// Whether frames pass as a ping from the first endpoint needs them.
    pub fn frames_pass(&self) -> bool {
        self.arrived().frames_pass()
    }

    /// Whether a ping from the first endpoint works.
    pub fn is_reachable(&self) -> bool {
        self.frames_pass() && self.obstacle.is_none()
    }

    /// What it comes to, in a few words.
    pub fn summary(&self) -> &'static str {
        let Arrived { unicast, broadcast } = self.arrived();
        match (unicast, broadcast) {
            _ if self.is_reachable() => "reachable",
            _ if self.frames_pass() => "not reachable: frames pass, but packets do not",
            ([true, true], _) => "not reachable: only broadcasts fail, and ARP with them",
            ([false, false], [false, false]) => "not reachable: nothing passes",
            _ => "not reachable: only some frames pass",
        }
    }

    /// Why a ping from the first endpoint does not work: the first thing that fails, frames before
    /// packets.
    pub fn reason(&self) -> Option<Reason> {
        let ways = [&self.broadcast[0], &self.unicast[0], &self.unicast[1]];
        ways.into_iter().find_map(|way| way.lost).or(self.obstacle.map(Reason::Packets))
    }
}
