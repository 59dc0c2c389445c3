//! Where what `export` prints is tried, and what came of it.

use std::process::Command;

use macvlens::model::{Address, Link, Topology};

use super::docker::SOCKET;
use super::sh;

/// Runs what was printed, with the test's Docker engine.
#[track_caller]
pub(crate) fn bash(script: &str) -> String {
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("DOCKER_HOST", SOCKET)
        .output()
        .expect("bash");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Makes parents p0, p1, …, all up.
pub(crate) fn parents(count: usize) {
    for number in 0..count {
        sh(&format!(
            "ip link add p{number} type veth peer name q{number}
             ip link set p{number} up; ip link set q{number} up"
        ));
    }
}

/// The link of that name in a named namespace, or in the own one.
pub(crate) fn link(topology: &Topology, netns: Option<&str>, name: &str) -> Option<Link> {
    let namespace = match netns {
        Some(netns) => topology.namespace_named(netns.as_bytes()),
        None => topology.namespaces().find(|namespace| namespace.netns.current),
    };
    namespace?.link_named(name.as_bytes()).cloned()
}

/// The global addresses, as they were given.
pub(crate) fn addresses(link: &Link) -> Vec<String> {
    let global = link.addresses.iter().filter(|address| address.scope == 0);
    let mut list: Vec<_> = global.map(Address::cidr).collect();
    list.sort();
    list
}
