//! What is to be equalled, freed of where it was read: by the network's own words where a network
//! made it, by what the kernel shows otherwise.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Form, Of};
use crate::model::belief::{Driver, Subnet};
use crate::model::{
    Address, Link, LinkKind, Macvlan, Mode, NetnsId, NetworkView, OwnerKind, Text, Topology, prefix,
};

use super::range;
use crate::plan::simulate::DEFAULT_BC_QUEUE_LEN;

/// A network or a link to be equalled.
pub(super) struct Blueprint<'a> {
    pub(super) topology: &'a Topology,
    /// The link, where it is about one.
    pub(super) link: Option<&'a Link>,
    /// The network, where there is one.
    pub(super) network: Option<NetworkView<'a>>,
    /// Name of the network.
    pub(super) name: Text,
    pub(super) driver: Driver,
    /// The mode in the driver's words.
    pub(super) mode: String,
    /// MTU, where it is not the parent's.
    pub(super) mtu: Option<u32>,
    pub(super) internal: bool,
    pub(super) subnets: Vec<Subnet>,
    /// What a form can do nothing about.
    pub(super) notes: Vec<String>,
}

impl<'a> Blueprint<'a> {
    pub(super) fn of(topology: &'a Topology, of: Of) -> Result<Self, String> {
        match of {
            Of::Link(key) => {
                let link = topology.link(key).ok_or("the link is gone")?;
                Self::of_link(topology, link)
            }
            Of::Network(key) => {
                let network = topology.network(key).ok_or("the network is gone")?;
                Ok(Self::of_network(topology, network))
            }
        }
    }

    fn of_network(topology: &'a Topology, view: NetworkView<'a>) -> Self {
        let network = view.network;
        Self {
            topology,
            link: None,
            network: Some(view),
            name: network.name.clone(),
            driver: network.driver,
            mode: network.mode.to_string(),
            mtu: network.mtu,
            internal: network.internal,
            subnets: network.subnets.clone(),
            notes: network.faults.iter().map(|fault| format!("not understood: {fault}")).collect(),
        }
    }

    fn of_link(topology: &'a Topology, link: &'a Link) -> Result<Self, String> {
        let described = topology.describe(link.key);
        let driver = match &link.kind {
            LinkKind::Macvlan(_) | LinkKind::Macvtap(_) => Driver::Macvlan,
            LinkKind::Other(kind) if kind.as_bytes() == b"ipvlan" => Driver::Ipvlan,
            other => {
                let kind = other.name();
                let what = "choose a macvlan, macvtap or ipvlan interface, or a network";
                return Err(format!("{described} is of the kind {kind}; {what}"));
            }
        };
        if let Some((network, _)) = topology.membership(link.key) {
            return Ok(Self { link: Some(link), ..Self::of_network(topology, network) });
        }
        let mut notes = Vec::new();
        let mode = if let Some(macvlan) = link.macvlan() {
            macvlan.mode.to_string()
        } else {
            notes.push(format!(
                "which ipvlan mode {described} has is not known; l2 is the usual one"
            ));
            "l2".into()
        };
        let parent_mtu = topology.parent_of(link).map(|parent| parent.mtu);
        Ok(Self {
            topology,
            link: Some(link),
            network: None,
            name: name(topology, link),
            driver,
            mode,
            mtu: Some(link.mtu).filter(|mtu| parent_mtu.is_some_and(|parent| parent != *mtu)),
            internal: false,
            subnets: subnets(&link.addresses),
            notes,
        })
    }

    /// The macvlan part of the link, if it is about one.
    pub(super) fn macvlan(&self) -> Option<&'a Macvlan> {
        self.link.and_then(Link::macvlan)
    }

    /// Whether the link has a character device.
    pub(super) fn is_tap(&self) -> bool {
        self.link.is_some_and(|link| matches!(link.kind, LinkKind::Macvtap(_)))
    }

    /// The namespace that engines and networkd work in: the network's own, or else the host's.
    pub(super) fn home(&self) -> Option<NetnsId> {
        match &self.network {
            Some(view) => view.home,
            None => self.host(),
        }
    }

    /// The host's namespace, or our own where that is out of sight.
    pub(super) fn host(&self) -> Option<NetnsId> {
        self.topology.host_namespace().map(|namespace| namespace.netns.id)
    }

    /// The link below, as the kernel shows it.
    pub(super) fn parent(&self) -> Result<&'a Link, String> {
        if let Some(link) = self.link {
            return self.topology.parent_of(link).ok_or_else(|| {
                let described = self.topology.describe(link.key);
                format!("the parent of {described} is out of sight; look again as root")
            });
        }
        let view = self.network.as_ref().ok_or("nothing to equal")?;
        let found = view.parent.and_then(|key| self.topology.link(key));
        found.ok_or_else(|| match &view.network.parent {
            Some(parent) => format!(
                "the parent {parent} of network {} is not in sight; bring it back, or choose a \
                 member that has an interface",
                self.name
            ),
            None => format!(
                "the engine names no parent for network {}; choose a member that has an interface",
                self.name
            ),
        })
    }

    /// Addresses for a first member: one of each subnet that nobody is known to have.
    pub(super) fn free_addresses(&self, notes: &mut Vec<String>) -> Vec<Address> {
        let links = self.topology.links().flat_map(|link| &link.addresses).map(|own| own.ip);
        let members = self.network.iter().flat_map(|network| &network.belief.containers);
        let believed = members.flat_map(|container| &container.attachments);
        let believed = believed.flat_map(|attachment| &attachment.addresses).map(|(ip, _)| *ip);
        let kept = self.subnets.iter().flat_map(|subnet| {
            subnet.gateway.into_iter().chain(subnet.aux.iter().map(|(_, ip)| *ip))
        });
        let taken: BTreeSet<IpAddr> = links.chain(believed).chain(kept).collect();
        let mut free = Vec::new();
        for subnet in &self.subnets {
            match range::free(subnet, &taken) {
                Some(ip) => {
                    notes.push(format!(
                        "{ip} is free as far as is known; any other of {subnet} does as well"
                    ));
                    free.push(Address::new(ip, subnet.net.1));
                }
                None => notes.push(format!("no address of {subnet} is free")),
            }
        }
        free
    }

    /// Name of the parent in the namespace where `form` is read; `None` where the engine leaves it
    /// open.
    pub(super) fn parent_name(
        &self,
        form: Form,
        notes: &mut Vec<String>,
    ) -> Result<Option<Text>, String> {
        if let Some(view) = &self.network {
            let Some(name) = view.network.parent.clone() else { return Ok(None) };
            if view.parent.is_none() {
                notes.push(format!("there is no {name} in sight where the engine works"));
            }
            return Ok(Some(name));
        }
        let parent = self.parent()?;
        if Some(parent.key.netns) == self.home() {
            return Ok(Some(parent.name.clone()));
        }
        Err(format!(
            "the parent is {}, and {} takes parents of its own namespace only; move the parent \
             there, or say it with ip",
            self.topology.describe(parent.key),
            form.reader()
        ))
    }

    /// The broadcast queue length that was asked for the link, in frames, if it is not the usual one.
    pub(super) fn bc_queue_len(&self) -> Option<u32> {
        self.macvlan()?.bc_queue_len.filter(|length| *length != DEFAULT_BC_QUEUE_LEN)
    }

    /// What else of the link is not as usual, in the words of `ip`.
    pub(super) fn particulars(&self) -> Vec<String> {
        let Some(macvlan) = self.macvlan() else { return Vec::new() };
        let mut words: Vec<String> =
            macvlan.flags.names().into_iter().map(|flag| format!("flag {flag}")).collect();
        words.extend((macvlan.bc_cutoff != 1).then(|| format!("bclim {}", macvlan.bc_cutoff)));
        words
    }

    /// The mode, if it is one of those that a form has; what to do instead otherwise.
    pub(super) fn mode_among(&self, form: Form, known: &[&str]) -> Result<&str, String> {
        if known.contains(&self.mode.as_str()) {
            return Ok(&self.mode);
        }
        let elsewhere = match self.mode.parse::<Mode>() {
            Ok(Mode::Source) if self.driver == Driver::Macvlan => "say it with ip or networkd",
            _ => "choose one of these",
        };
        Err(format!(
            "{} takes the {} modes {}, not {}; {elsewhere}",
            form.reader(),
            self.driver.name(),
            known.join(", "),
            self.mode
        ))
    }
}

/// A network is called like the container that it is made after, or like its interface.
fn name(topology: &Topology, link: &Link) -> Text {
    let owner = topology.namespace(link.key.netns).and_then(|n| n.netns.owner.as_deref());
    match owner {
        Some(owner) if owner.kind.is_container() || owner.kind == OwnerKind::Lxc => {
            owner.name.clone()
        }
        _ => link.name.clone(),
    }
}

/// The prefixes of global addresses, but for those of a single address.
fn subnets(addresses: &[Address]) -> Vec<Subnet> {
    let mut subnets: Vec<Subnet> = Vec::new();
    for address in addresses.iter().filter(|address| address.scope == 0) {
        let near = address.peer.unwrap_or(address.ip);
        let subnet = Subnet::new(prefix::first(near, address.prefix_len), address.prefix_len);
        if address.prefix_len < prefix::width(near) && !subnets.contains(&subnet) {
            subnets.push(subnet);
        }
    }
    subnets
}
