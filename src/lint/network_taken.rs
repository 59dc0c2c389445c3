//! A network's parent is in use in a way that leaves no room for the network's interfaces.

use super::{Check, Lint, Severity, belief};
use crate::model::belief::Driver;
use crate::model::{Link, LinkKey, LinkKind, Mode, NetworkView, Topology};

pub(super) const LINT: Lint = Lint {
    code: "network-parent-taken",
    severity: Severity::Error,
    glance: "parent taken",
    check: Check::Network(check),
};

/// What the kernel answers.
const INVALID: &str = "invalid argument";
const BUSY: &str = "device or resource busy";

fn check(topology: &Topology, network: &NetworkView<'_>) -> Option<String> {
    let parent = topology.link(network.carrier(topology)?)?;
    let (why, answer) =
        port(topology, parent).or_else(|| neighbour(topology, network, parent.key))?;
    Some(format!(
        "Network {} can't use its parent {} because {why}, so the next start of a container in it \
         fails with \"{answer}\". Free the parent, or make the network anew with another one.",
        belief::called(network),
        topology.describe(parent.key),
    ))
}

/// Links whose frames others take already (`rx_handler` of the kernel), and the one without any.
fn port(topology: &Topology, parent: &Link) -> Option<(String, &'static str)> {
    if parent.kind == LinkKind::Loopback {
        return Some(("that is the loopback interface".into(), INVALID));
    }
    let master = topology.link(LinkKey { ifindex: parent.master?, ..parent.key })?;
    let LinkKind::Other(kind) = &master.kind else { return None };
    let takes_frames = [&b"bridge"[..], b"bond", b"team", b"openvswitch"];
    takes_frames
        .contains(&kind.as_bytes())
        .then(|| (format!("that is a port of the {kind} {}", master.name), BUSY))
}

/// A link on the parent, not the network's own, beside which the kernel lets none of it stand.
fn neighbour(
    topology: &Topology,
    network: &NetworkView<'_>,
    parent: LinkKey,
) -> Option<(String, &'static str)> {
    let is_own = |link: &Link| {
        topology.membership(link.key).is_some_and(|(known, _)| known.key == network.key)
    };
    let describe = |link: &Link| topology.describe(link.key);
    let driver = network.network.driver;
    let alone = network.network.mode.as_bytes() == Mode::Passthru.name().as_bytes();
    topology.children_of(parent).find_map(|link| {
        let macvlan = link.macvlan();
        let is_ipvlan = matches!(link.kind.name().as_ref(), "ipvlan" | "ipvtap");
        let told = match driver {
            Driver::Macvlan if is_ipvlan => {
                Some((format!("{}, an ipvlan, is on it", describe(link)), BUSY))
            }
            Driver::Ipvlan if macvlan.is_some() => {
                Some((format!("{}, a {}, is on it", describe(link), link.kind.name()), BUSY))
            }
            Driver::Macvlan if macvlan.is_some_and(|macvlan| macvlan.mode == Mode::Passthru) => {
                Some((format!("{} has it alone, in passthru mode", describe(link)), INVALID))
            }
            Driver::Macvlan if alone && macvlan.is_some() => {
                Some((format!("{} is on it and passthru needs it alone", describe(link)), INVALID))
            }
            _ => None,
        };
        told.filter(|_| !is_own(link))
    })
}
