//! The networks of the JSON document: their shapes, and how they are filled. The kernel's word comes
//! first, and what an engine believes stands beside it.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Serialize;

use super::json::json_text;
use crate::lint;
use crate::model::belief;
use crate::model::forest::{self, Selection};
use crate::model::{Address, MemberView, NetworkView, Text, Topology};

/// A macvlan or ipvlan network of an engine.
#[derive(Debug, Serialize)]
pub struct Network<'a> {
    /// `docker`, `podman` or `cni`.
    pub engine: &'static str,
    /// User of an engine without privileges.
    pub user: Option<Cow<'a, str>>,
    /// Socket or directory that it was read from.
    pub origin: Cow<'a, str>,
    /// Name.
    pub name: Cow<'a, str>,
    /// The engine's id; the name where it has none.
    pub id: Cow<'a, str>,
    /// `macvlan` or `ipvlan`.
    pub driver: &'static str,
    /// Name of the parent in the engine's namespace; null where the engine names none.
    pub parent: Option<Cow<'a, str>>,
    /// Mode in the driver's words.
    pub mode: Cow<'a, str>,
    /// Whether it has no way out.
    pub internal: bool,
    /// Its subnets.
    pub subnets: Vec<Subnet<'a>>,
    /// Its containers, those first that have an interface.
    pub members: Vec<Member<'a>>,
    /// What looks wrong about it or its members, as sentences.
    pub problems: Vec<String>,
}

/// A subnet of a network.
#[derive(Debug, Serialize)]
pub struct Subnet<'a> {
    /// Prefix.
    pub subnet: String,
    /// Gateway.
    pub gateway: Option<IpAddr>,
    /// The part of it that addresses are given from.
    pub range: Option<String>,
    /// Addresses that are never given.
    pub aux: Vec<Aux<'a>>,
}

/// An address that is never given.
#[derive(Debug, Serialize)]
pub struct Aux<'a> {
    /// What it is called.
    pub name: Cow<'a, str>,
    /// The address.
    pub address: IpAddr,
}

/// A container in a network.
#[derive(Debug, Serialize)]
pub struct Member<'a> {
    /// Name of the container; null where nobody tells.
    pub owner: Option<Cow<'a, str>>,
    /// What the container does; null where its engine does not say.
    pub state: Option<&'static str>,
    /// `id` of its namespace; null when it has none.
    pub namespace: Option<u64>,
    /// Its interface in that namespace; null when it has none.
    pub ifindex: Option<u32>,
    /// MAC of the interface; what the engine believes where there is none.
    pub mac: Option<String>,
    /// Addresses of the interface with their prefix lengths; what the engine believes where there is
    /// none.
    pub addresses: Vec<String>,
    /// What the engine says that it gave.
    pub believed: Option<Believed>,
}

/// What an engine says that it gave to a container.
#[derive(Debug, Serialize)]
pub struct Believed {
    /// MAC; null where it does not say.
    pub mac: Option<String>,
    /// Addresses with their prefix lengths.
    pub addresses: Vec<String>,
}

/// The networks that a selection takes: those of the tree by network.
pub(super) fn networks<'a>(topology: &'a Topology, selection: &Selection) -> Vec<Network<'a>> {
    let taken = forest::networks(topology, selection);
    taken.iter().map(|network| Network::new(topology, network)).collect()
}

impl<'a> Network<'a> {
    fn new(topology: &'a Topology, view: &NetworkView<'a>) -> Self {
        let NetworkView { belief, network, .. } = *view;
        let problems = lint::of_network(topology, view.key).into_iter();
        Self {
            engine: belief.engine.name(),
            user: belief.user.as_ref().map(json_text),
            origin: json_text(&belief.origin),
            name: json_text(&network.name),
            id: json_text(&network.id),
            driver: network.driver.name(),
            parent: network.parent.as_ref().map(json_text),
            mode: json_text(&network.mode),
            internal: network.internal,
            subnets: network.subnets.iter().map(Subnet::from).collect(),
            problems: problems.map(|finding| finding.sentence).collect(),
            members: view.members().map(|member| Member::new(topology, &member)).collect(),
        }
    }
}

impl<'a> From<&'a belief::Subnet> for Subnet<'a> {
    fn from(subnet: &'a belief::Subnet) -> Self {
        let aux =
            |(name, address): &'a (Text, IpAddr)| Aux { name: json_text(name), address: *address };
        Self {
            subnet: subnet.to_string(),
            gateway: subnet.gateway,
            range: subnet.range.as_ref().map(ToString::to_string),
            aux: subnet.aux.iter().map(aux).collect(),
        }
    }
}

impl<'a> Member<'a> {
    fn new(topology: &'a Topology, member: &MemberView<'a>) -> Self {
        let namespace = member.netns.and_then(|id| topology.namespace(id));
        let link = member.link.and_then(|key| topology.link(key));
        let told = member.container.map(|container| &container.name);
        let owner = namespace.and_then(|namespace| namespace.netns.owner.as_deref());
        let owner = told.filter(|name| !name.is_empty()).or(owner.map(|owner| &owner.name));
        let believed = member.attachment.map(Believed::from);
        let (mac, addresses) = match (link, &believed) {
            (Some(link), _) => (
                link.mac.map(|mac| mac.to_string()),
                link.addresses.iter().map(Address::cidr).collect(),
            ),
            (None, Some(believed)) => (believed.mac.clone(), believed.addresses.clone()),
            (None, None) => (None, Vec::new()),
        };
        Self {
            owner: owner.map(json_text),
            state: member.container.and_then(|container| match container.state {
                belief::ContainerState::Unknown => None,
                state => Some(state.name()),
            }),
            namespace: namespace.and_then(|namespace| namespace.netns.inode),
            ifindex: link.map(|link| link.key.ifindex),
            mac,
            addresses,
            believed,
        }
    }
}

impl From<&belief::Attachment> for Believed {
    fn from(attachment: &belief::Attachment) -> Self {
        Self {
            mac: attachment.mac.map(|mac| mac.to_string()),
            addresses: attachment.addresses.iter().map(|(ip, len)| format!("{ip}/{len}")).collect(),
        }
    }
}
