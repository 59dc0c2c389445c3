//! What keeps packets from their way although frames pass: which addresses two would use, whether others
//! have them, too, and then what becomes of packets between them. Addresses are the topology's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::leg::Leg;
use super::owners::Owners;
use super::{Behind, Endpoint, Obstacle, Switch};
use crate::model::{Address, Family, Link, LinkKey, Stack, Topology};

/// The addresses that two ends would use for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Of the one that begins.
    pub from: IpAddr,
    /// Of the other.
    pub to: IpAddr,
}

/// The addresses with which two interfaces would talk, or why they have none in common. Those of a macvtap
/// are in nobody's use while a machine has it open, which gets all that comes in.
pub fn pair(topology: &Topology, from: LinkKey, to: LinkKey) -> Result<Pair, Obstacle> {
    let (Some(a), Some(b)) = (topology.link(from), topology.link(to)) else {
        return Err(Obstacle::Unseen);
    };
    for link in [a, b] {
        if topology.tap_holder(link).is_some() || usable(link).next().is_none() {
            return Err(Obstacle::NoAddress(link.key));
        }
    }
    // That every link has an address of its own link says nothing of those that somebody gave it.
    let pair = closest(a, b, is_global).or_else(|| closest(a, b, |_| true));
    pair.ok_or(Obstacle::NoCommonFamily)
}

/// The addresses of one family with which two interfaces would talk beyond the link.
pub fn pair_of(topology: &Topology, from: LinkKey, to: LinkKey, family: Family) -> Option<Pair> {
    let is_wanted = |address: &Address| address.family() == family && is_global(address);
    closest(topology.link(from)?, topology.link(to)?, is_wanted)
}

/// From where an interface would ask for far addresses: one of its own of each family that it has.
pub fn sources(topology: &Topology, from: LinkKey) -> impl Iterator<Item = IpAddr> {
    let any = [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()];
    any.into_iter().filter_map(move |far| source(topology, from, far))
}

/// The address from which an interface would ask for one that nobody here has: one in its subnet before
/// any.
fn source(topology: &Topology, from: LinkKey, target: IpAddr) -> Option<IpAddr> {
    let link = topology.link(from)?;
    let own = || usable(link).filter(|own| own.ip.is_ipv4() == target.is_ipv4());
    own().find(|own| own.reaches(target)).or_else(|| own().next()).map(|own| own.ip)
}

/// The addresses with which an interface would ask for one host behind the wire of a parent, or why it
/// can't, as a clause.
pub fn question(
    topology: &Topology,
    from: LinkKey,
    parent: LinkKey,
    to: IpAddr,
) -> Result<Pair, String> {
    let is_broadcast = matches!(to, IpAddr::V4(to) if to.is_broadcast());
    if to.is_multicast() || to.is_unspecified() || to.is_loopback() || is_broadcast {
        return Err(format!("{to} is not the address of one host"));
    }
    if let Some(holder) = topology.link(from).and_then(|link| topology.tap_holder(link)) {
        let from = topology.describe(from);
        return Err(format!("{} has {from} open and would get the answer", holder.owner.name));
    }
    // Whoever is on the parent may answer without a frame that leaves.
    let children = topology.children_of(parent).filter(|child| child.macvlan().is_some());
    let mut near = [from, parent].into_iter().filter_map(|key| topology.link(key)).chain(children);
    if let Some(owner) = near.find(|link| link.addresses.iter().any(|own| own.ip == to)) {
        let owner = topology.describe(owner.key);
        return Err(format!("{to} is an address of {owner}, not of the outside"));
    }
    let family = if to.is_ipv4() { "IPv4" } else { "IPv6" };
    let source = source(topology, from, to).ok_or_else(|| {
        format!("{} has no {family} address to ask from", topology.describe(from))
    })?;
    Ok(Pair { from: source, to })
}

/// A pair in one subnet before one that is half in it, and that before any.
fn closest(a: &Link, b: &Link, is_wanted: impl Fn(&Address) -> bool) -> Option<Pair> {
    let of = |link| usable(link).filter(|address| is_wanted(address)).collect::<Vec<_>>();
    let (from, to) = (of(a), of(b));
    let pairs = || from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
    let joined = pairs().find(|(from, to)| from.reaches(to.ip) && to.reaches(from.ip));
    let half = || pairs().find(|(from, to)| from.reaches(to.ip) || to.reaches(from.ip));
    let same_family = || pairs().find(|(from, to)| from.family() == to.family());
    joined.or_else(half).or_else(same_family).map(|(from, to)| Pair { from: from.ip, to: to.ip })
}

/// `RT_SCOPE_LINK` (rtnetlink(7)): of the link alone.
const LINK: u8 = 253;

fn is_global(address: &Address) -> bool {
    address.scope < LINK
}

/// Global addresses before those of the link alone, and none that is not in use.
pub(super) fn usable(link: &Link) -> impl Iterator<Item = &Address> {
    let unusable = Address::DADFAILED | Address::TENTATIVE;
    let mut all: Vec<_> =
        link.addresses.iter().filter(|address| address.flags & unusable == 0).collect();
    all.sort_by_key(|address| !is_global(address));
    all.into_iter()
}

/// Why packets between two interfaces would not arrive although frames do; `stacks` are those of both
/// ends, each towards the other, and `passes` tells whether frames pass between two others as a ping
/// needs them.
pub(super) fn obstacle(
    topology: &Topology,
    owners: &Owners,
    ends: [Endpoint; 2],
    stacks: Option<&[Stack; 2]>,
    passes: impl Fn(LinkKey, LinkKey) -> bool,
) -> Option<Obstacle> {
    let [Endpoint::Link(from), Endpoint::Link(to)] = ends else { return None };
    let is_machine =
        |key| topology.link(key).is_some_and(|link| topology.tap_holder(link).is_some());
    if [from, to].into_iter().any(is_machine) {
        return None;
    }
    let pair = match pair(topology, from, to) {
        Ok(pair) => pair,
        Err(reason) => return Some(reason),
    };
    let mut both = [(from, pair.from, to), (to, pair.to, from)].into_iter();
    let contested = both.find_map(|owner| contested(topology, owners, owner, &passes));
    if contested.is_some() {
        return contested;
    }
    let (a, b) = (topology.link(from)?, topology.link(to)?);
    let [there, back] = [0, 1].map(|at| stacks.map(|stacks| &stacks[at]));
    let Pair { from: source, to: target } = pair;
    let question = Leg { link: a, far: b, source, target, answers: false, stack: there };
    let (source, target) = (target, source);
    let answer = Leg { link: b, far: a, source, target, answers: true, stack: back };
    [question, answer].iter().find_map(|leg| leg.obstacle(topology, &passes))
}

/// That an interface of another namespace answers for the address of this one, too, where frames of who
/// asks get there. What is only assumed to be joined to both has the right to the same address.
fn contested(
    topology: &Topology,
    owners: &Owners,
    (link, ip, asking): (LinkKey, IpAddr, LinkKey),
    passes: impl Fn(LinkKey, LinkKey) -> bool,
) -> Option<Obstacle> {
    let is_in_sight = |from: LinkKey, to: LinkKey| {
        let behind = Behind::between(topology, [from, to].map(Endpoint::Link), Switch::Normal);
        !behind.is_some_and(|behind| behind.joins)
    };
    let mut rivals = owners.rivals(link, ip).filter(|other| passes(asking, *other));
    let other = rivals.find(|other| is_in_sight(asking, *other) || is_in_sight(link, *other))?;
    Some(Obstacle::SameAddress(link, other, ip))
}
