//! Named namespaces that are made and deleted, and what becomes of the network cards in them.

use super::cascade::{moved, remove};
use super::{PLACEHOLDER_NETNS, bare};
use crate::model::{
    Change, Holder, Link, LinkFlags, LinkKey, LinkKind, Netns, NetnsId, Text, Topology, View,
};
use crate::plan::Place;

pub(super) fn create_netns(topology: &mut Topology, name: &Text) {
    let taken = topology.namespaces().filter_map(|namespace| match namespace.netns.id {
        NetnsId::Hidden(n) if n >= PLACEHOLDER_NETNS => Some(n),
        _ => None,
    });
    let id = NetnsId::Hidden(taken.max().map_or(PLACEHOLDER_NETNS, |n| n + 1));
    let path = [b"/run/netns/", name.as_bytes()].concat().into();
    topology.apply(Change::Netns(Netns {
        id,
        inode: None,
        cookie: None,
        current: false,
        root: false,
        holders: vec![Holder::Mount { path, pid: None }],
        owner: None,
        view: View::Open,
    }));
    let loopback = Link {
        flags: LinkFlags(0x8),
        mtu: 65536,
        ..bare(LinkKey { netns: id, ifindex: 1 }, "lo".into(), LinkKind::Loopback)
    };
    topology.apply(Change::Link(Box::new(loopback)));
}

pub(super) fn delete_netns(topology: &mut Topology, name: &Text) {
    let Some(namespace) = topology.namespace_named(name.as_bytes()) else {
        return;
    };
    let mut netns = namespace.netns.clone();
    let doomed: Vec<Link> = namespace.links().cloned().collect();
    if outlives_name(&netns) {
        netns.holders.retain(|holder| !is_name(holder, name));
        topology.apply(Change::Netns(netns));
        return;
    }
    for link in doomed {
        match homecoming(topology, &link) {
            Some((root, name)) => come_home(topology, &link, name, &Place::Known(root)),
            None => remove(topology, link.key),
        }
    }
    topology.apply(Change::NetnsGone(netns.id));
}

/// Where a network card goes when its namespace dies, and under which name: to the host's namespace,
/// as `devN` where its name is taken there (`default_device_exit_net` of net/core/dev.c).
pub(in crate::plan) fn homecoming(topology: &Topology, link: &Link) -> Option<(NetnsId, Text)> {
    if link.kind != LinkKind::Device {
        return None;
    }
    let root = topology.namespaces().find(|namespace| namespace.netns.root)?;
    let free = |name: &Text| root.link_named(name.as_bytes()).is_none();
    let numbered = (0_u32..).map(|number| Text::from(format!("dev{number}").into_bytes()));
    let name = std::iter::once(link.name.clone()).chain(numbered).find(free)?;
    Some((root.netns.id, name))
}

/// Moves a network card to where [`homecoming`] says.
pub(in crate::plan) fn come_home(topology: &mut Topology, link: &Link, name: Text, home: &Place) {
    moved(topology, Link { name, ..link.clone() }, home, None);
}

/// Whether a namespace lives on when it loses its name in /run/netns.
pub(in crate::plan) fn outlives_name(netns: &Netns) -> bool {
    netns.current || netns.root || other_holders(netns).next().is_some()
}

/// What keeps a namespace alive beside its name in /run/netns. A link elsewhere does not, and a
/// mount of the same path in another mount namespace is most likely a copy that goes as well.
pub(in crate::plan) fn other_holders(netns: &Netns) -> impl Iterator<Item = &Holder> {
    netns.holders.iter().filter(|holder| match holder {
        Holder::Nsid { .. } => false,
        Holder::Mount { path, .. } => {
            let known = netns.iproute_name().unwrap_or_default();
            !path.as_bytes().strip_suffix(known).is_some_and(|dir| dir.ends_with(b"/run/netns/"))
        }
        _ => true,
    })
}

/// Whether a holder is the file of this name in /run/netns.
fn is_name(holder: &Holder, name: &Text) -> bool {
    let Holder::Mount { path, pid: None } = holder else { return false };
    let directory = path.as_bytes().strip_suffix(name.as_bytes());
    directory.is_some_and(|directory| matches!(directory, b"/run/netns/" | b"/var/run/netns/"))
}
