//! What libcni remembers of the containers that it added: the results in its cache (`cachedInfo` in
//! libcni/api.go).

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use super::directory::Directory;
use crate::model::belief::{Attachment, Container, Network};
use crate::model::{Problem, Text, prefix};
use crate::owners::fields::json;

/// The containers found so far, by id.
#[derive(Default)]
pub(super) struct Members(BTreeMap<Text, Container>);

impl Members {
    /// The place of a container in a network.
    pub(super) fn at(
        &mut self,
        container: &str,
        network: &Text,
        interface: Option<&str>,
    ) -> &mut Attachment {
        let interface = interface.filter(|name| !name.is_empty()).map(Text::from);
        let places = &mut self.container(container).attachments;
        let is_it = |at: &Attachment| at.network == *network && at.interface == interface;
        let at = places.iter().position(is_it).unwrap_or_else(|| {
            let network = network.clone();
            places.push(Attachment { network, interface, ..Attachment::default() });
            places.len() - 1
        });
        &mut places[at]
    }

    fn container(&mut self, id: &str) -> &mut Container {
        let id = Text::from(id);
        self.0.entry(id.clone()).or_insert_with(|| Container { id, ..Container::default() })
    }

    /// Who is known to be in which network.
    pub(super) fn known(&self) -> HashSet<(Text, Text)> {
        let places = self.0.values().flat_map(|container| {
            let networks = container.attachments.iter().map(|place| place.network.clone());
            networks.map(|network| (container.id.clone(), network))
        });
        places.collect()
    }

    /// The containers, of which no more is known.
    pub(super) fn into_containers(self) -> Vec<Container> {
        self.0.into_values().collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    kind: String,
    container_id: String,
    if_name: String,
    network_name: String,
    /// What the caller told besides (CNI_ARGS).
    #[serde(default)]
    cni_args: Option<Vec<(String, String)>>,
    #[serde(default)]
    result: Option<Outcome>,
}

/// The result of an ADD since version 0.3.0 of the specification.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome {
    interfaces: Option<Vec<Interface>>,
    ips: Option<Vec<Ip>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Interface {
    name: String,
    mac: String,
    /// Path of the container's namespace; empty for an interface on the host.
    sandbox: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ip {
    address: String,
    interface: Option<usize>,
}

/// The cache, where nobody told libcni another one.
pub(super) fn directory(root: &Path) -> Directory {
    Directory::inside(root, Path::new("/var/lib/cni"), "results")
}

/// Reads the places of containers in these networks.
pub(super) fn read(root: &Path, networks: &[Network], members: &mut Members) -> Vec<Problem> {
    let of_ours = |file: &Path| {
        let file = file.as_os_str().as_encoded_bytes();
        let after = |network: &Network| file.strip_prefix(network.name.as_bytes());
        networks.iter().filter_map(after).any(|rest| rest.starts_with(b"-"))
    };
    let problems = directory(root).each(of_ours, |_, content| {
        let cached: Cached = json(content)?;
        if cached.kind != "cniCacheV1" {
            return Err("it is of another kind than cniCacheV1".into());
        }
        let name = cached.network_name.as_bytes();
        if let Some(network) = networks.iter().find(|network| network.name.as_bytes() == name) {
            // Kubernetes says so of its pods and Podman of its containers.
            let args = cached.cni_args.iter().flatten();
            let name = args.rev().find(|(key, _)| key == "K8S_POD_NAME");
            if let Some((_, name)) = name {
                members.container(&cached.container_id).name = Text::from(&**name);
            }
            let place = members.at(&cached.container_id, &network.id, Some(&cached.if_name));
            cached.result.unwrap_or_default().tell(&cached.if_name, place);
        }
        Ok(())
    });
    problems.unwrap_or_default()
}

impl Outcome {
    fn tell(&self, name: &str, place: &mut Attachment) {
        let interfaces = self.interfaces.as_deref().unwrap_or_default();
        let is_it = |made: &Interface| made.name == name && !made.sandbox.is_empty();
        let at = interfaces.iter().position(is_it);
        place.mac = at.and_then(|at| interfaces[at].mac.parse().ok());
        let here = |ip: &&Ip| ip.interface.is_none() || ip.interface == at;
        let addresses = self.ips.iter().flatten().filter(here).map(|ip| prefix::parse(&ip.address));
        place.addresses = addresses.flatten().collect::<Vec<(IpAddr, u8)>>();
    }
}
