//! The rope that one hangs on: whether a plan touches what carries the operator's own connection.
//!
//! The plan is simulated step by step, and what carries the connection is compared with what it was
//! before; so that an effect through a parent, a port or a passthru sub-interface is seen like one
//! that was asked for.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::Plan;
use super::simulate::{self, is_own, is_passthru};
use crate::model::{Address, Link, LinkKey, LinkKind, MacAddr, Namespace, NetnsId, Topology};

/// The connection through which the operator works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where the operator sits.
    pub client: IpAddr,
    /// The address of this host that the connection ends at.
    pub server: IpAddr,
    /// The namespace in which the server listens.
    pub netns: NetnsId,
    /// The link that the route to the client leaves through; `None` when the kernel was not asked.
    pub oif: Option<u32>,
}

/// How long a change that endangers the connection waits to be confirmed again.
pub const ROPE: Duration = Duration::from_secs(30);

/// After how long a change is undone unless it is confirmed again. What was asked for is for every
/// change, and zero means never.
pub fn revert_after(asked: Option<Duration>, danger: Option<&Danger>) -> Option<Duration> {
    asked.or(danger.map(|_| ROPE)).filter(|limit| !limit.is_zero())
}

/// How a plan endangers the operator's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// How the plan may cut the connection, as a sentence without a full stop.
    pub how: String,
    /// Whether undoing the plan gives back all that carries the connection, the route to a client
    /// behind a gateway included: the kernel forgets it, and undoing does not bring it back. Where
    /// it does not, nobody is helped by a change that reverts by itself.
    pub undo_saves: bool,
}

/// How the plan may cut the connection; `None` if it leaves alone all that carries it.
pub fn danger(topology: &Topology, plan: &Plan, session: &Session) -> Option<Danger> {
    let at_first = carriers(topology, session);
    let look = |after: &Topology| -> Vec<_> {
        at_first.iter().map(|carrier| Carrier::look(after, carrier.link.key)).collect()
    };
    let mut after = topology.clone();
    let mut before: Vec<_> = at_first.iter().cloned().map(Some).collect();
    let (mut how, mut keeps_routes) = (None, true);
    for step in &plan.steps {
        simulate::apply(&mut after, &step.op);
        let now = look(&after);
        let pairs = || before.iter().zip(&now).filter_map(|(old, new)| Some((old.as_ref()?, new)));
        keeps_routes &= pairs().all(|(old, new)| old.keeps_routes(new.as_ref(), session));
        let client = session.client;
        how = how.or_else(|| {
            let cut = pairs().find_map(|(old, new)| {
                let harm = old.harm(new.as_ref(), session)?;
                let link = topology.describe(old.link.key);
                Some(format!("your own connection from {client} runs through {link}, {harm}"))
            });
            let gone = after.namespace(session.netns).is_none();
            cut.or_else(|| {
                gone.then(|| format!("your own connection from {client} ends in this namespace"))
            })
        });
        before = now;
    }
    let how = how?;
    for op in plan.steps.iter().rev().flat_map(|step| &step.undo) {
        simulate::apply(&mut after, op);
    }
    let is_back =
        at_first.iter().zip(look(&after)).all(|(old, new)| old.is_back(new.as_ref(), session));
    let reaches = |carrier: &Carrier| {
        let own = carrier.link.key.netns == session.netns;
        own && carrier.link.addresses.iter().any(|address| address.reaches(session.client))
    };
    let needs_gateway = !at_first.iter().any(reaches);
    Some(Danger { how, undo_saves: is_back && (keeps_routes || !needs_gateway) })
}

/// A link that carries the connection.
#[derive(Clone)]
struct Carrier {
    link: Link,
    /// Whether a passthru sub-interface takes its frames.
    taken: bool,
}

impl Carrier {
    fn look(topology: &Topology, key: LinkKey) -> Option<Self> {
        let taken = topology.children_of(key).any(is_passthru);
        topology.link(key).map(|link| Self { link: link.clone(), taken })
    }

    /// How the connection suffers when the link becomes that.
    fn harm(&self, new: Option<&Self>, session: &Session) -> Option<String> {
        let Some(Self { link: new, taken }) = new else {
            return Some("which is deleted or moved".into());
        };
        let old = &self.link;
        let mac =
            |mac: Option<MacAddr>| mac.map_or_else(|| "none".to_owned(), |mac| mac.to_string());
        if old.flags.is_up() && !new.flags.is_up() {
            return Some("which is set down".into());
        }
        if old.mac != new.mac {
            return Some(format!("whose MAC changes from {} to {}", mac(old.mac), mac(new.mac)));
        }
        if old.mtu != new.mtu {
            return Some(format!("whose MTU changes from {} to {}", old.mtu, new.mtu));
        }
        if old.master != new.master {
            return Some("which leaves its bridge or bond".into());
        }
        let has = |link: &Link| link.addresses.iter().any(|own| own.ip == session.server);
        if old.key.netns == session.netns && has(old) && !has(new) {
            return Some(format!("which loses the address {} that it ends at", session.server));
        }
        if transmission(old) != transmission(new) {
            return Some("which will receive and pass on other frames than before".into());
        }
        (*taken && !self.taken)
            .then(|| "whose frames a new passthru sub-interface takes for itself".into())
    }

    /// Whether the routes through it outlive the change. Those of a link go when it is down or its
    /// addresses go.
    fn keeps_routes(&self, new: Option<&Self>, session: &Session) -> bool {
        if self.link.key.netns != session.netns {
            return true;
        }
        let Some(Self { link: new, .. }) = new else { return false };
        let same_family = |own: &&Address| own.ip.is_ipv4() == session.client.is_ipv4();
        let stays = |own: &Address| new.addresses.iter().any(|other| other.is_same_as(own));
        (new.flags.is_up() || !self.link.flags.is_up())
            && self.link.addresses.iter().filter(same_family).all(stays)
    }

    /// Whether it carries the connection again as it did before. The addresses that the kernel
    /// gives a link by itself come back by themselves.
    fn is_back(&self, now: Option<&Self>, session: &Session) -> bool {
        let mut old = self.clone();
        old.link.addresses.retain(|address| !is_own(&self.link, address));
        old.harm(now, session).is_none()
    }
}

/// The links that the connection comes in through, and everything below that its frames pass; what
/// is nearer to its end comes first.
fn carriers(topology: &Topology, session: &Session) -> Vec<Carrier> {
    let by_route = session.oif.map(|ifindex| LinkKey { netns: session.netns, ifindex });
    let has = |link: &&Link| link.addresses.iter().any(|own| own.ip == session.server);
    let inside = topology.namespace(session.netns).into_iter().flat_map(Namespace::links);
    let by_address = inside.filter(has).map(|link| link.key);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut pending: VecDeque<LinkKey> = by_route.into_iter().chain(by_address).collect();
    while let Some(key) = pending.pop_front() {
        let Some(carrier) = Carrier::look(topology, key).filter(|_| seen.insert(key)) else {
            continue;
        };
        pending.extend(topology.ports_of(key).map(|port| port.key));
        pending.extend(topology.parent_of(&carrier.link).map(|parent| parent.key));
        // Frames leave a pair at its other end, through the bridge that this is a port of.
        if let Some(peer) = topology.peer_of(&carrier.link) {
            pending.push_back(peer.key);
            pending.extend(peer.master.map(|ifindex| LinkKey { netns: peer.key.netns, ifindex }));
        }
        found.push(carrier);
    }
    found
}

/// What decides which frames a link receives and passes on.
fn transmission(link: &Link) -> LinkKind {
    let mut kind = link.kind.clone();
    if let LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) = &mut kind {
        macvlan.bc_cutoff = 1;
        macvlan.bc_queue_len = None;
        // A queue may grow or shrink; none at all means no broadcasts, and so no ARP.
        let none = macvlan.bc_queue_len_used == Some(0);
        macvlan.bc_queue_len_used = none.then_some(0);
    }
    kind
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
