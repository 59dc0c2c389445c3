//! What a parent must be like.

use super::{Verdict, require, seen_link, some_of};
use crate::model::link::MAX_DEPTH;
use crate::model::{Link, LinkKey, LinkKind, MacAddr, Topology, Vlan};
use crate::plan::simulate::is_passthru;
use crate::plan::{Refusal, Rule};

/// The link on which the kernel puts a macvlan that is asked for on this one: a macvlan's own
/// parent in place of the macvlan.
pub(in crate::plan) fn lower(topology: &Topology, parent: LinkKey) -> Result<&Link, Refusal> {
    let mut link = seen_link(topology, parent)?;
    for _ in 0..MAX_DEPTH {
        let Some(below) = link.parent.as_ref().filter(|_| link.macvlan().is_some()) else {
            break;
        };
        let key = below.key().ok_or_else(|| {
            let described = topology.describe(link.key);
            let why = format!("the parent of {described}, which would be the new one's, is unseen");
            Refusal::new(Rule::Unseen, why, "create it on a parent that can be seen")
        })?;
        link = seen_link(topology, key)?;
    }
    Ok(link)
}

/// Whether a link is of a kind that sub-interfaces can be made on.
pub(in crate::plan) fn is_ethernet(topology: &Topology, parent: &Link) -> Verdict {
    let described = topology.describe(parent.key);
    require(
        !parent.flags.is_loopback(),
        Rule::ParentIsLoopback,
        || format!("{described} is the loopback interface, which takes no sub-interfaces"),
        || "choose a network card, a veth, a bridge or a VLAN as parent".into(),
    )?;
    require(
        !is_vrf(parent),
        Rule::ParentNotEthernet,
        || format!("{described} is a VRF, which has no frames of its own to share"),
        || "choose one of its ports as parent".into(),
    )?;
    require(
        parent.mac.is_some_and(|mac: MacAddr| mac.is_ethernet()),
        Rule::ParentNotEthernet,
        || {
            format!(
                "{described} is no Ethernet interface, and its frames have no MAC to tell them by"
            )
        },
        || "choose an Ethernet interface as parent".into(),
    )
}

/// Whether the use that is made of a link allows macvlans on it.
pub(in crate::plan) fn takes_macvlan(topology: &Topology, parent: &Link) -> Verdict {
    let described = topology.describe(parent.key);
    let children: Vec<&Link> = topology.children_of(parent.key).collect();
    let taking = |kinds: &[&[u8]]| {
        let found = children.iter().find(
            |child| matches!(&child.kind, LinkKind::Other(kind) if kinds.contains(&kind.as_bytes())),
        );
        found.map(|child| topology.describe(child.key))
    };
    if let Some(other) = taking(&[b"ipvlan", b"ipvtap"]) {
        let why = format!("{described} has the ipvlan {other}, and a parent has one or the other");
        let way_out = format!("delete {other}, or create a VLAN on {described} as parent");
        return Err(Refusal::new(Rule::ParentHasIpvlan, why, way_out));
    }
    let master = parent
        .master
        .and_then(|ifindex| topology.link(LinkKey { netns: parent.key.netns, ifindex }))
        // A VRF registers no receive handler on its ports.
        .filter(|master| !is_vrf(master));
    let taker = master.map(|master| (master.kind.name().into_owned(), master));
    if let Some((kind, master)) = taker {
        let master = topology.describe(master.key);
        let why = format!("{described} is a port of the {kind} {master}, which takes its frames");
        let way_out = format!("create it on {master} instead");
        return Err(Refusal::new(Rule::ParentIsPort, why, way_out));
    }
    if let Some(other) = taking(&[b"macsec"]) {
        let why = format!("the macsec {other} takes the frames of {described}");
        return Err(Refusal::new(Rule::ParentIsPort, why, format!("create it on {other} instead")));
    }
    Ok(())
}

/// Whether the link is a port of a bridge.
pub(in crate::plan) fn is_bridge_port(topology: &Topology, link: &Link) -> Verdict {
    let described = topology.describe(link.key);
    require(
        link.bridge_port.is_some(),
        Rule::NotBridgePort,
        || format!("{described} is no port of a bridge, and only these have such options"),
        || "choose a port of a bridge, such as the one behind a parent".into(),
    )
}

fn is_vrf(link: &Link) -> bool {
    matches!(&link.kind, LinkKind::Other(kind) if kind.as_bytes() == b"vrf")
}

/// A passthru sub-interface is alone on its parent.
pub(in crate::plan) fn has_room_for(topology: &Topology, parent: &Link, passthru: bool) -> Verdict {
    let described = topology.describe(parent.key);
    let siblings: Vec<&Link> =
        topology.children_of(parent.key).filter(|child| child.macvlan().is_some()).collect();
    if let Some(alone) = siblings.iter().find(|child| is_passthru(child)) {
        let alone = topology.describe(alone.key);
        return Err(Refusal::new(
            Rule::BesidePassthru,
            format!("{alone} has {described} for itself, being in passthru mode"),
            format!(
                "create a VLAN sub-interface on {described} and use that as parent, or delete {alone}"
            ),
        ));
    }
    let names: Vec<String> = siblings.iter().map(|child| topology.describe(child.key)).collect();
    require(
        !passthru || names.is_empty(),
        Rule::PassthruBesideOthers,
        || {
            let others = some_of(&names, 8);
            format!("passthru takes {described} for itself, which has {others} on it already")
        },
        || {
            format!(
                "create a VLAN sub-interface on {described} and use that as parent, or take \
                 another mode"
            )
        },
    )
}

/// Whether the parent has room for the VLAN id.
pub(in crate::plan) fn vlan_id(topology: &Topology, parent: &Link, vlan: Vlan) -> Verdict {
    let described = topology.describe(parent.key);
    require(
        (1..=4094).contains(&vlan.id),
        Rule::VlanId,
        || format!("{} is no VLAN id", vlan.id),
        || "take one from 1 to 4094".into(),
    )?;
    // Tags of different protocols are different tags.
    let same = |child: &&Link| {
        child.vlan().is_some_and(|own| (own.id, own.protocol) == (vlan.id, vlan.protocol))
    };
    match topology.children_of(parent.key).find(same) {
        None => Ok(()),
        Some(owner) => {
            let owner = topology.describe(owner.key);
            Err(Refusal::new(
                Rule::VlanId,
                format!("{owner} has VLAN id {vlan} on {described} already"),
                format!("take another id, or use {owner}"),
            ))
        }
    }
}

/// Whether the parent's state lets the VLAN be up. A macvlan may be up without its parent.
pub(in crate::plan) fn vlan_lets_up(
    topology: &Topology,
    parent: &Link,
    described: &str,
    vlan: Vlan,
) -> Verdict {
    require(
        parent.flags.is_up() || !vlan.follows_parent(),
        Rule::ParentDown,
        || {
            let parent = topology.describe(parent.key);
            format!("{parent} is down, and the VLAN {described} can't be up without it")
        },
        || format!("set {} up first", topology.describe(parent.key)),
    )
}
