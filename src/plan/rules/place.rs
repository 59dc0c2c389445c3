//! Whether links and namespaces are there, can be reached, and can go.

use super::{Verdict, require};
use crate::model::{Link, LinkKey, LinkKind, NetnsId, Text, Topology, View};
use crate::plan::ip_command::has_way_in;
use crate::plan::{Refusal, Rule};

/// The link, if it is there.
pub(in crate::plan) fn seen_link(topology: &Topology, key: LinkKey) -> Result<&Link, Refusal> {
    seen(topology, key.netns)?;
    topology.link(key).ok_or_else(|| {
        let (what, netns) = (key.ifindex, topology.label(key.netns));
        let why = format!("interface {what} is not in {netns} any more");
        Refusal::new(Rule::Unseen, why, "look at what is there now and choose again")
    })
}

/// The namespace must be in sight, with its links.
fn seen(topology: &Topology, id: NetnsId) -> Verdict {
    match topology.namespace(id).map(|namespace| &namespace.netns.view) {
        Some(View::Open) => Ok(()),
        Some(View::Closed { why }) => Err(Refusal::new(
            Rule::Unseen,
            format!("the links of {} can't be seen: {why}", topology.label(id)),
            "run as root, or choose a namespace that can be seen",
        )),
        None => Err(Refusal::new(
            Rule::Unseen,
            format!("{id} is not there any more"),
            "look at what is there now and choose again",
        )),
    }
}

/// The namespace must be in sight, and a path must lead into it.
pub(in crate::plan) fn enterable(topology: &Topology, id: NetnsId) -> Verdict {
    seen(topology, id)?;
    let open = topology.namespace(id).is_some_and(|namespace| has_way_in(&namespace.netns));
    require(
        open,
        Rule::NoWayIn,
        || {
            let label = topology.label(id);
            format!("no process, mount or descriptor in sight leads into {label}")
        },
        || "find what keeps it alive, or change it from inside".into(),
    )
}

/// Only what was made can be deleted.
pub(in crate::plan) fn deletable(topology: &Topology, link: &Link) -> Verdict {
    let what = match link.kind {
        LinkKind::Loopback => "the loopback interface",
        LinkKind::Device => "a network card",
        _ => return Ok(()),
    };
    let described = topology.describe(link.key);
    require(
        false,
        Rule::Fixed,
        || format!("{described} is {what}, which can't be deleted"),
        || "set it down, or delete its sub-interfaces".into(),
    )
}

/// Some kinds stay in the namespace in which they were made (`netns_immutable`).
pub(in crate::plan) fn movable(topology: &Topology, link: &Link) -> Verdict {
    let fixed = match &link.kind {
        LinkKind::Loopback => true,
        LinkKind::Other(kind) => {
            matches!(
                kind.as_bytes(),
                b"bridge" | b"bond" | b"team" | b"vrf" | b"openvswitch" | b"batadv" | b"hsr"
            )
        }
        _ => false,
    };
    require(
        !fixed,
        Rule::Fixed,
        || {
            let described = topology.describe(link.key);
            format!("{described} is a {}, which can't be moved", link.kind.name())
        },
        || "make another one in the other namespace, or move its ports".into(),
    )
}

/// The name of a namespace in /run/netns, which can be taken away.
pub(in crate::plan) fn named(topology: &Topology, id: NetnsId) -> Result<Text, Refusal> {
    let Some(namespace) = topology.namespace(id) else {
        let why = format!("{id} is not there any more");
        return Err(Refusal::new(Rule::Unseen, why, "look at what is there now and choose again"));
    };
    let label = topology.label(id);
    if namespace.netns.root {
        let why = format!("{label} is the host's own namespace");
        return Err(Refusal::new(Rule::NetnsNotNamed, why, "choose another one"));
    }
    namespace.netns.iproute_name().map(Text::from).ok_or_else(|| {
        let holders: Vec<_> = namespace.netns.holders.iter().map(ToString::to_string).collect();
        Refusal::new(
            Rule::NetnsNotNamed,
            format!("{label} has no name in /run/netns that could be deleted"),
            format!("end what keeps it alive: {}", super::some_of(&holders, 4)),
        )
    })
}
