//! Fills the shapes of the JSON document from the model.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat};

use super::document::{
    Address, Bridge, BridgePort, Detail, Document, Holder, Host, Link, Lower, Macvlan, Namespace,
    Owner, Pod, Problem,
};
use super::json::json_text;
use super::networks::networks;
use crate::model::forest::{Grouping, Selection, forest};
use crate::model::{self, Item, LinkKind, NetnsId, Topology, View};

impl<'a> Document<'a> {
    /// What a selection takes of a topology. Grouping does not matter here.
    pub fn new(topology: &'a Topology, selection: &Selection) -> Self {
        let host = topology.host();
        let problems = topology.problems().map(|problem| Problem {
            what: &problem.what,
            why: &problem.why,
            incomplete: problem.incomplete,
        });
        let by_namespace = Selection { grouping: Grouping::Namespace, ..selection.clone() };
        let namespaces = forest(topology, &by_namespace).into_iter().filter_map(|node| {
            let Item::Netns(id) = node.item else { return None };
            let links = node.children.iter().filter_map(|child| match child.item {
                Item::Link(key) => topology.link(key).map(|link| Link::new(topology, link)),
                _ => None,
            });
            let mut links: Vec<_> = links.collect();
            links.sort_by_key(|link| link.ifindex);
            Namespace::new(topology, id, links)
        });
        Self {
            host: Host {
                hostname: &host.hostname,
                kernel: &host.kernel,
                macvlan_support: host.support.name(),
            },
            complete: topology.is_complete(),
            problems: problems.collect(),
            namespaces: namespaces.collect(),
            networks: networks(topology, selection),
        }
    }
}

impl<'a> Namespace<'a> {
    fn new(topology: &'a Topology, id: NetnsId, links: Vec<Link<'a>>) -> Option<Self> {
        let netns = &topology.namespace(id)?.netns;
        Some(Self {
            id: netns.inode,
            cookie: netns.cookie,
            label: topology.label(id),
            current: netns.current,
            root: netns.root,
            names: netns.names().into_iter().map(json_text).collect(),
            holders: netns.holders.iter().map(Holder::from).collect(),
            owner: netns.owner.as_deref().map(Owner::from),
            readable: netns.view == View::Open,
            links,
        })
    }
}

impl<'a> From<&'a model::Owner> for Owner<'a> {
    fn from(owner: &'a model::Owner) -> Self {
        let since = owner.since.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Self {
            kind: owner.kind.name(),
            name: json_text(&owner.name),
            id: owner.id.as_ref().map(json_text),
            pod: owner.pod.as_ref().map(|pod| Pod {
                namespace: pod.namespace.as_ref().map(json_text),
                name: json_text(&pod.name),
            }),
            image: owner.image.as_ref().map(json_text),
            user: owner.user.as_ref().map(json_text),
            pids: &owner.pids,
            since: since.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)),
            unread: owner.unread.as_deref(),
            members: owner.members.iter().map(Self::from).collect(),
        }
    }
}

impl<'a> From<&'a model::Holder> for Holder<'a> {
    fn from(holder: &'a model::Holder) -> Self {
        use model::Holder as H;
        match holder {
            H::Process { pid, command } => Self::Process { pid: *pid, command: json_text(command) },
            H::Thread { pid, tid, command } => {
                Self::Thread { pid: *pid, tid: *tid, command: json_text(command) }
            }
            H::Mount { path, pid } => Self::Mount { path: json_text(path), pid: *pid },
            H::Fd { pid, fd, command } => {
                Self::Fd { pid: *pid, fd: *fd, command: json_text(command) }
            }
            H::Socket { pid, fd, command } => {
                Self::Socket { pid: *pid, fd: *fd, command: json_text(command) }
            }
            H::Nsid { nsid } => Self::Nsid { nsid: *nsid },
        }
    }
}

impl<'a> Link<'a> {
    /// The link as its topology sees it.
    pub fn new(topology: &'a Topology, link: &'a model::Link) -> Self {
        let lower = |other: &'a model::Parent| Lower::new(topology, link, other);
        Self {
            ifindex: link.key.ifindex,
            name: json_text(&link.name),
            alias: link.alias.as_ref().map(json_text),
            alt_names: link.alt_names.iter().map(json_text).collect(),
            kind: kind(&link.kind),
            mac: link.mac.map(|mac| mac.to_string()),
            mtu: link.mtu,
            flags: flags(topology, link),
            oper_state: link.oper_state.name(),
            qdisc: json_text(&link.qdisc),
            promiscuity: link.promiscuity,
            bridge_port: link.bridge_port.map(BridgePort::from),
            master: link.master,
            addresses: link.addresses.iter().map(Address::from).collect(),
            parent: link.parent.as_ref().map(lower),
            peer: link.peer.as_ref().map(lower),
            detail: Detail::of(topology, link),
        }
    }
}

fn kind(kind: &LinkKind) -> Cow<'_, str> {
    match kind {
        LinkKind::Other(text) => json_text(text),
        known => known.name(),
    }
}

/// `ip` adds M-DOWN behind all others when the link that IFLA_LINK names is in the same namespace
/// and not up (iproute2, `print_linkinfo`).
fn flags(topology: &Topology, link: &model::Link) -> Vec<&'static str> {
    let mut flags = link.flags.names();
    let named = topology.parent_of(link).or_else(|| topology.peer_of(link));
    if named.is_some_and(|named| named.key.netns == link.key.netns && !named.flags.is_up()) {
        flags.push("M-DOWN");
    }
    flags
}

impl<'a> Detail<'a> {
    fn of(topology: &'a Topology, link: &'a model::Link) -> Self {
        match &link.kind {
            LinkKind::Macvlan(macvlan) => Self::Macvlan { macvlan: macvlan.into() },
            LinkKind::Macvtap(macvlan) => Self::Macvtap {
                macvlan: macvlan.into(),
                tap_device: link.tap_device.map(|device| device.to_string()),
                tap_holder: topology
                    .tap_holder(link)
                    .map(|holder| Box::new((&holder.owner).into())),
            },
            LinkKind::Vlan(vlan) => {
                Self::Vlan { vlan_id: vlan.id, vlan_protocol: vlan.protocol.name() }
            }
            LinkKind::Veth | LinkKind::Loopback | LinkKind::Device | LinkKind::Other(_) => {
                let bridge = link
                    .bridge
                    .map(|model::Bridge { stp, vlan_filtering }| Bridge { stp, vlan_filtering });
                bridge.map_or(Self::None {}, |bridge| Self::Bridge { bridge })
            }
        }
    }
}

impl From<model::BridgePort> for BridgePort {
    fn from(port: model::BridgePort) -> Self {
        let model::BridgePort { state, hairpin, isolated, learning, flood, bcast_flood } = port;
        Self { state: state.name(), hairpin, isolated, learning, flood, bcast_flood }
    }
}

impl From<&model::Macvlan> for Macvlan {
    fn from(macvlan: &model::Macvlan) -> Self {
        Self {
            mode: macvlan.mode.to_string(),
            flags: macvlan.flags.names(),
            bc_queue_len: macvlan.bc_queue_len,
            bc_queue_len_used: macvlan.bc_queue_len_used,
            bc_cutoff: macvlan.bc_cutoff,
            sources: macvlan.sources.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&model::Address> for Address {
    fn from(address: &model::Address) -> Self {
        Self {
            family: address.family().name(),
            address: address.ip.to_string(),
            prefix_len: address.prefix_len,
            scope: address.scope_name(),
            flags: address.flag_names(),
            peer: address.peer.map(|peer| peer.to_string()),
            valid_lft: address.valid_lft,
            preferred_lft: address.preferred_lft,
        }
    }
}

impl<'a> Lower<'a> {
    fn new(topology: &'a Topology, link: &model::Link, other: &'a model::Parent) -> Self {
        let found = other.key().and_then(|key| topology.link(key));
        let mut evidence = vec!["netlink"];
        if let Some(found) = found
            && found.key.netns == link.key.netns
            && other.sysfs_lower.as_ref().is_some_and(|lower| lower.contains(&found.name))
        {
            evidence.push("sysfs");
        }
        Self {
            namespace: other.netns.and_then(|id| topology.namespace(id)?.netns.inode),
            ifindex: other.ifindex,
            name: found.map(|found| json_text(&found.name)),
            evidence,
            nsid: other.nsid,
        }
    }
}
