//! What Podman says of its networks in its own API and not in Docker's: the parent, the part of
//! a subnet that addresses are given out of, and who gives them.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Deserialize;

use super::convert::text;
use crate::model::Text;
use crate::model::belief::{self, Range};

/// A network as `GET /libpod/networks/json` describes it (container-libs, `types.Network`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Network {
    id: String,
    #[serde(rename = "network_interface")]
    parent: String,
    subnets: Option<Vec<Subnet>>,
    ipam_options: Option<IpamOptions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Subnet {
    subnet: String,
    lease_range: Option<LeaseRange>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LeaseRange {
    start_ip: Option<IpAddr>,
    end_ip: Option<IpAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IpamOptions {
    driver: String,
}

/// Adds to networks what Podman itself says of them.
pub(super) fn complete(networks: &mut [belief::Network], own: Vec<Network>) {
    let mut by_id: HashMap<Text, &mut belief::Network> =
        networks.iter_mut().map(|network| (network.id.clone(), network)).collect();
    for own in own {
        let Some(network) = by_id.get_mut(own.id.as_bytes()) else { continue };
        network.parent = text(own.parent);
        // `host-local` is what Podman does by itself.
        let ipam = own.ipam_options.and_then(|ipam| text(ipam.driver));
        network.ipam = ipam.filter(|driver| driver.as_bytes() != b"host-local");
        for own in own.subnets.unwrap_or_default() {
            let same = |subnet: &&mut belief::Subnet| subnet.to_string() == own.subnet;
            if let Some(subnet) = network.subnets.iter_mut().find(same) {
                let range = own.lease_range;
                subnet.range = range.map(|range| Range::Between(range.start_ip, range.end_ip));
            }
        }
    }
}
