//! Networks of Podman, which netavark makes: one file a network, in a directory of the host and one
//! of each user (`common/libnetwork/netavark` and containers.conf(5), `network_config_dir`).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use super::Told;
use super::cni::texts;
use super::directory::{Directory, has_extension};
use crate::model::Text;
use crate::model::belief::{Belief, Driver, Engine, Home, Network};
use crate::owners::claim::is_id;
use crate::owners::fields::{Faults, check_name, json, quoted};
use crate::owners::podman::rootless_netns;
use crate::owners::world::World;

/// Where the networks of one engine are.
pub(super) struct Place {
    directory: Directory,
    /// Whose engine it is, and where its namespaces may be mounted; the host's has none of these.
    user: Option<(u32, Text, Directory)>,
}

/// The directories of the host and of those users that have a home of their own.
pub(super) fn places(root: &Path, users: Option<&World>) -> Vec<Place> {
    let host = Directory::of_host(root, Path::new("/etc/containers/networks"), false);
    let mut places = vec![Place { directory: host, user: None }];
    for (uid, name, home) in users.map(World::homes).unwrap_or_default() {
        let home = Path::new("/").join(home.strip_prefix(root).unwrap_or(&home));
        let directory = Directory::inside(root, &home, ".local/share/containers/storage/networks");
        let runtime = format!("/run/user/{uid}");
        let namespaces = Directory::inside(root, Path::new(&runtime), "netns");
        places.push(Place { directory, user: Some((uid, name, namespaces)) });
    }
    places
}

impl Place {
    /// All that is looked at.
    pub(super) fn directories(self) -> impl Iterator<Item = Directory> {
        let namespaces = self.user.map(|(.., namespaces)| namespaces);
        [self.directory].into_iter().chain(namespaces)
    }

    /// Reads the networks. Where a user's home is closed to us, nothing tells whether there are any.
    pub(super) fn read(self, root: &Path) -> Option<Told> {
        let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
        if self.user.is_some() && self.directory.names().is_err_and(|error| is_closed(&error)) {
            return None;
        }
        let mut networks = Vec::new();
        let is_json = |name: &Path| has_extension(name, &["json"]);
        let problems = self.directory.each(is_json, |file, content| {
            networks.extend(network(file, content)?);
            Ok(())
        })?;
        let place = self.directory.place();
        let belief = Belief {
            engine: Engine::Podman,
            origin: place.clone(),
            home: self
                .user
                .as_ref()
                .map_or(Home::Host, |(uid, ..)| Home::Mounted(rootless_netns(root, *uid))),
            user: self.user.map(|(_, name, _)| name),
            networks,
            containers: Vec::new(),
        };
        Some(Told { place, belief, problems })
    }
}

/// `types.Network` of containers/common, as far as it is about interfaces.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    name: String,
    id: String,
    driver: String,
    network_interface: String,
    subnets: Option<Vec<SubnetConfig>>,
    internal: bool,
    labels: Option<BTreeMap<String, String>>,
    options: Option<BTreeMap<String, String>>,
    ipam_options: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SubnetConfig {
    subnet: String,
    gateway: String,
    lease_range: Option<LeaseRange>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LeaseRange {
    start_ip: String,
    end_ip: String,
}

/// Reads the file of a network; `None` where it is one of another driver.
fn network(file: &Path, content: &[u8]) -> Result<Option<Network>, String> {
    let config: Config = json(content)?;
    check_name(&config.name)?;
    // Podman passes these over as well.
    if file.file_stem().and_then(|stem| stem.to_str()) != Some(&*config.name) {
        return Err(format!("the network in it is called {}", quoted(&config.name)));
    }
    if !is_id(config.id.as_bytes()) {
        return Err(format!("{} can't be the id of a network", quoted(&config.id)));
    }
    Ok(Driver::named(&config.driver).map(|driver| config.network(driver)))
}

impl Config {
    fn network(self, driver: Driver) -> Network {
        let mut faults = Faults::default();
        let option = |key: &str| self.options.as_ref()?.get(key).map(String::as_str);
        let modes: &[&str] = match driver {
            Driver::Macvlan => &["bridge", "private", "vepa", "passthru", "source"],
            Driver::Ipvlan => &["l2", "l3", "l3s"],
        };
        let mode = faults.mode(driver, option("mode").unwrap_or_default(), modes);
        let mtu = faults.mtu(option("mtu").unwrap_or_default());
        let subnets = self.subnets.iter().flatten().filter_map(|subnet| {
            let lease = subnet.lease_range.as_ref();
            let ends = lease.map_or([""; 2], |lease| [&*lease.start_ip, &*lease.end_ip]);
            faults.subnet(&subnet.subnet, &subnet.gateway, ends)
        });
        let subnets = subnets.collect();
        let ipam = self.ipam_options.as_ref().and_then(|options| options.get("driver"));
        // host-local is what netavark calls that the engine itself gives the addresses.
        let ipam = ipam.filter(|driver| !matches!(&***driver, "" | "host-local"));
        let text = |text: &String| Text::from(&**text);
        Network {
            id: text(&self.id),
            name: text(&self.name),
            driver,
            parent: Some(&self.network_interface).filter(|name| !name.is_empty()).map(text),
            mode,
            mtu,
            internal: self.internal,
            subnets,
            ipam: ipam.map(text),
            labels: texts(self.labels),
            faults: faults.into_sentences(),
        }
    }
}
