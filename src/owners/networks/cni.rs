//! CNI network configurations: `*.conflist`, and `*.conf` and `*.json` with a single plugin (the CNI
//! specification, "Network configuration format"; the documents of the plugins macvlan, ipvlan,
//! host-local and static).
//!
//! What a plugin does with a field was checked with version 1.1.1 of the plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::directory::{Directory, has_extension};
use super::{Told, host_local, libcni};
use crate::model::belief::{Belief, Driver, Engine, Home, Network, Range, Subnet};
use crate::model::{Text, prefix};
use crate::owners::fields::{Faults, check_name, json, quoted};

/// `ConfFiles` is asked for these by all who use libcni.
const EXTENSIONS: [&str; 3] = ["conf", "conflist", "json"];

/// Reads a directory of configurations, and what became of them.
pub(super) fn read(root: &Path, directory: &Directory) -> Option<Told> {
    let mut networks: Vec<Network> = Vec::new();
    let mut taken = BTreeSet::new();
    let mut problems = directory.each(
        |name| has_extension(name, &EXTENSIONS),
        |file, content| {
            let list = List::read(file, content)?;
            check_name(&list.name)?;
            // Who looks for a network takes the first file that has it.
            if !taken.insert(list.name.clone()) {
                return Err(format!("an earlier file has the network {}", quoted(&list.name)));
            }
            networks.extend(list.network());
            Ok(())
        },
    )?;
    let mut members = libcni::Members::default();
    if !networks.is_empty() {
        problems.extend(libcni::read(root, &networks, &mut members));
        problems.extend(host_local::read(root, &networks, &mut members));
    }
    let belief = Belief {
        engine: Engine::Cni,
        origin: directory.place(),
        user: None,
        home: Home::Host,
        networks,
        containers: members.into_containers(),
    };
    Some(Told { place: directory.place(), belief, problems })
}

/// A list of plugins, which all work on one interface.
#[derive(Deserialize)]
struct List {
    #[serde(default)]
    name: String,
    plugins: Vec<Plugin>,
    #[serde(default)]
    args: Option<Args>,
    /// Written by nerdctl.
    #[serde(default, rename = "nerdctlLabels")]
    nerdctl_labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Args {
    /// Written by Podman, where it uses CNI.
    #[serde(default)]
    podman_labels: Option<BTreeMap<String, String>>,
}

/// The configuration of one plugin, unread unless it makes interfaces of ours.
#[derive(Deserialize)]
struct Plugin {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// What the plugins macvlan and ipvlan read (`NetConf`).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Interface {
    master: String,
    mode: String,
    mtu: i64,
    link_in_container: bool,
    ipam: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ipam {
    #[serde(rename = "type")]
    kind: String,
}

/// host-local: one range in the older way, and sets of ranges of which each gives one address.
#[derive(Default, Deserialize)]
#[serde(default)]
struct HostLocal {
    #[serde(flatten)]
    old: HostLocalRange,
    ranges: Option<Vec<Vec<HostLocalRange>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HostLocalRange {
    subnet: String,
    range_start: String,
    range_end: String,
    gateway: String,
}

/// static: every member gets these addresses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Static {
    addresses: Option<Vec<StaticAddress>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StaticAddress {
    address: String,
    gateway: String,
}

impl List {
    fn read(file: &Path, content: &[u8]) -> Result<Self, String> {
        if has_extension(file, &["conflist"]) {
            return json(content);
        }
        let plugin: Plugin = json(content)?;
        let name = plugin.rest.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let args = plugin.rest.get("args").and_then(|args| Args::deserialize(args).ok());
        Ok(Self { name, plugins: vec![plugin], args, nerdctl_labels: None })
    }

    /// The network, if it is one of macvlan or ipvlan.
    fn network(self) -> Option<Network> {
        let mut faults = Faults::default();
        let mut ours = self.plugins.iter().filter_map(|plugin| {
            Some((Driver::named(&plugin.kind)?, Interface::deserialize(&plugin.rest)))
        });
        let (driver, interface) = ours.next()?;
        if ours.next().is_some() {
            // Both ADD requests have the same CNI_IFNAME.
            faults.note(
                "A second plugin makes an interface of the same name, so that no container can be \
                 added."
                    .into(),
            );
        }
        let interface = interface.unwrap_or_else(|error| {
            faults.note(format!("The plugin can't read it: {}.", quoted(&error.to_string())));
            Interface::default()
        });
        let modes: &[&str] = match driver {
            Driver::Macvlan => &["bridge", "private", "vepa", "passthru"],
            Driver::Ipvlan => &["l2", "l3", "l3s"],
        };
        if interface.link_in_container {
            faults.note(format!(
                "Its parent {} is looked for in each container's own namespace (linkInContainer).",
                quoted(&interface.master)
            ));
        }
        let parent = Some(&interface.master)
            .filter(|master| !master.is_empty() && !interface.link_in_container);
        let (ipam, subnets) = interface.addresses(&mut faults);
        let labels = self.args.and_then(|args| args.podman_labels).or(self.nerdctl_labels);
        Some(Network {
            id: Text::from(&*self.name),
            name: Text::from(&*self.name),
            driver,
            parent: parent.map(|master| Text::from(&**master)),
            mode: faults.mode(driver, &interface.mode, modes),
            mtu: faults.mtu(&interface.mtu.to_string()),
            internal: false,
            subnets,
            labels: texts(labels),
            ipam,
            faults: faults.into_sentences(),
        })
    }
}

/// Labels as the model has them.
pub(super) fn texts(labels: Option<BTreeMap<String, String>>) -> BTreeMap<Text, Text> {
    let labels = labels.unwrap_or_default().into_iter();
    labels.map(|(key, value)| (Text::from(&*key), Text::from(&*value))).collect()
}

impl Interface {
    /// Who gives addresses, and out of which subnets.
    fn addresses(&self, faults: &mut Faults) -> (Option<Text>, Vec<Subnet>) {
        let Some(ipam) = &self.ipam else { return (None, Vec::new()) };
        let subnets = Ipam::deserialize(ipam).and_then(|Ipam { kind }| {
            let subnets = match &*kind {
                "host-local" => HostLocal::deserialize(ipam)?.subnets(faults),
                "static" => Static::deserialize(ipam)?.subnets(faults),
                _ => Vec::new(),
            };
            Ok(((!kind.is_empty()).then(|| Text::from(&*kind)), subnets))
        });
        subnets.unwrap_or_else(|error| {
            faults.note(format!(
                "What gives addresses can't be read: {}.",
                quoted(&error.to_string())
            ));
            (None, Vec::new())
        })
    }
}

impl HostLocal {
    fn subnets(&self, faults: &mut Faults) -> Vec<Subnet> {
        let old = Some(&self.old).filter(|range| !range.subnet.is_empty());
        let ranges = old.into_iter().chain(self.ranges.iter().flatten().flatten());
        let subnet = |range: &HostLocalRange| {
            let ends = [&*range.range_start, &*range.range_end];
            faults.subnet(&range.subnet, &range.gateway, ends)
        };
        ranges.filter_map(subnet).collect()
    }
}

impl Static {
    fn subnets(&self, faults: &mut Faults) -> Vec<Subnet> {
        let all = self.addresses.iter().flatten().filter_map(|given| {
            let Some((ip, bits)) = prefix::parse(&given.address) else {
                faults.note(format!(
                    "Its address {} is none, like 192.0.2.7/24.",
                    quoted(&given.address)
                ));
                return None;
            };
            let gateway = faults.ip("gateway", &given.gateway);
            let range = Some(Range::Between(Some(ip), Some(ip)));
            Some(Subnet { gateway, range, ..Subnet::new(prefix::first(ip, bits), bits) })
        });
        all.collect()
    }
}
