//! The addresses that the CNI plugin host-local has given and not taken back: one file an address,
//! with the container and the interface (`plugins/ipam/host-local/backend/disk`).

use std::net::IpAddr;
use std::path::Path;

use super::directory::Directory;
use super::libcni::Members;
use crate::model::belief::Network;
use crate::model::{Problem, Text, prefix};

/// Where the plugin keeps them unless its `dataDir` says otherwise, with a directory a network.
const DATA: &str = "/var/lib/cni/networks";

/// The directories of all networks.
pub(super) fn directories(root: &Path) -> Vec<Directory> {
    let all = Directory::of_host(root, Path::new(DATA), false).names().unwrap_or_default();
    all.into_iter().map(|network| directory(root, Path::new(&network.name))).collect()
}

fn directory(root: &Path, network: &Path) -> Directory {
    Directory::inside(root, Path::new(DATA), network)
}

/// Adds the places of containers that are not known to be in a network.
pub(super) fn read(root: &Path, networks: &[Network], members: &mut Members) -> Vec<Problem> {
    let known = members.known();
    let mut problems = Vec::new();
    for network in networks {
        let Ok(name) = std::str::from_utf8(network.name.as_bytes()) else { continue };
        // Beside the addresses there are `lock` and `last_reserved_ip.0`.
        let wanted = |file: &Path| ip(file).is_some();
        let read = directory(root, Path::new(name)).each(wanted, |file, content| {
            let content = std::str::from_utf8(content).map_err(|error| error.to_string())?;
            let mut lines = content.lines().map(str::trim);
            let container = lines.next().filter(|id| !id.is_empty());
            let container = container.ok_or("it names no container")?;
            if let Some(ip) = ip(file)
                && !known.contains(&(Text::from(container), network.id.clone()))
            {
                let place = members.at(container, &network.id, lines.next());
                place.addresses.push((ip, bits(network, ip)));
            }
            Ok(())
        });
        problems.extend(read.unwrap_or_default());
    }
    problems
}

fn ip(file: &Path) -> Option<IpAddr> {
    file.to_str()?.parse().ok()
}

/// The length of the prefix that an address of a network has.
fn bits(network: &Network, ip: IpAddr) -> u8 {
    let subnet = network.subnets.iter().find(|subnet| subnet.contains(ip));
    subnet.map_or(prefix::width(ip), |subnet| subnet.net.1)
}
