//! Engines that are not there: sockets with real answers, with nobody, or with somebody hostile.

mod answers;
mod fake;
mod following;
mod hostile;
mod places;

use std::path::Path;

use self::fake::Engine;
use super::*;
use crate::model::{Belief, Problem};

/// `curl --unix-socket /run/docker.sock http://x/version` (and `/networks`, `/containers/json?all=1`)
/// of Docker 20.10.24, with a veth named `trunk` as the parent, after
/// `docker network create -d macvlan --subnet 192.168.128.0/24 --gateway 192.168.128.1 --ip-range
/// 192.168.128.128/25 --aux-address router=192.168.128.2 -o parent=trunk -o macvlan_mode=bridge
/// --label team=shop --ipv6 --subnet fd00:128::/64 lan` and `docker network create -d ipvlan --subnet
/// 10.8.0.0/24 -o parent=trunk -o ipvlan_mode=l3 l3`; containers `web` (runs), `frozen` (paused),
/// `later` (created with `--ip`), `short` (has ended), `three` (could not start), `none`.
const DOCKER: [(&str, &str); 3] = [
    ("/version", include_str!("fixtures/docker-version.json")),
    ("/networks", include_str!("fixtures/docker-networks.json")),
    ("/containers/json", include_str!("fixtures/docker-containers.json")),
];
/// The same of Podman 4.3.1 with netavark (`podman system service`), with
/// `/v4.0.0/libpod/networks/json` besides, after `podman network create -d macvlan --subnet
/// 192.168.129.0/24 --gateway 192.168.129.1 --ip-range 192.168.129.128/25 -o parent=trunk -o
/// mode=bridge -o mtu=1400 --label team=shop --ipv6 --subnet fd00:129::/64 lan`; containers `web`
/// (runs), `later` (`podman init`), `short` (has ended).
const PODMAN: [(&str, &str); 4] = [
    ("/version", include_str!("fixtures/podman-version.json")),
    ("/networks", include_str!("fixtures/podman-networks.json")),
    ("/containers/json", include_str!("fixtures/podman-containers.json")),
    ("/v4.0.0/libpod/networks/json", include_str!("fixtures/podman-libpod-networks.json")),
];

/// A host without anything but what a test puts there.
fn host() -> (tempfile::TempDir, Sources) {
    let root = tempfile::tempdir().expect("a directory");
    let sources = Sources { root: root.path().to_owned(), ..Sources::default() };
    (root, sources)
}

/// A host on which one engine is named.
fn host_with_named_engine() -> (tempfile::TempDir, std::path::PathBuf, Sources) {
    let (root, sources) = host();
    let path = root.path().join("engine.sock");
    let docker_host = Some(format!("unix://{}", path.display()));
    (root, path, Sources { docker_host, ..sources })
}

fn beliefs(changes: &[Change]) -> Vec<&Belief> {
    fn belief(change: &Change) -> Option<&Belief> {
        let Change::Belief { belief, .. } = change else { return None };
        belief.as_deref()
    }
    changes.iter().filter_map(belief).collect()
}

fn problems(changes: &[Change]) -> Vec<&Problem> {
    fn list(change: &Change) -> &[Problem] {
        let Change::Problems { list, .. } = change else { return &[] };
        list
    }
    changes.iter().flat_map(list).collect()
}

/// Asks the one engine that there is.
#[track_caller]
fn belief(sources: &Sources) -> Belief {
    let changes = ask(sources, fake::PATIENCE);
    assert_eq!(problems(&changes), Vec::<&Problem>::new());
    let beliefs = beliefs(&changes);
    assert_eq!(beliefs.len(), 1, "{changes:?}");
    beliefs[0].clone()
}

/// Why the one engine that there is says nothing.
#[track_caller]
fn why(sources: &Sources, within: Duration) -> String {
    let changes = ask(sources, within);
    assert_eq!(beliefs(&changes), Vec::<&Belief>::new());
    let problems = problems(&changes);
    assert!(problems.len() == 1 && !problems[0].incomplete, "{changes:?}");
    problems[0].why.clone()
}

fn start(path: &Path, documents: &[(&str, &str)]) -> Engine {
    Engine::start(path, documents)
}
