//! Containers of Docker, and of Docker under Kubernetes (cri-dockerd).

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::claim::{Claim, is_id, strip};
use super::facts::{Facts, Read, first_found};
use super::supervisor;
use super::world::World;
use crate::model::{OwnerKind, Pod, Text};

/// Where `dockerd` keeps its state unless told otherwise, and where it does as a snap.
const ROOTS: [&str; 2] = ["var/lib/docker", "var/snap/docker/common/var-lib-docker"];

/// `docker-ID.scope` by the systemd driver, `docker/ID` by cgroupfs.
pub(super) fn claim(parts: &[&[u8]], at: usize) -> Option<Claim> {
    let by_systemd = strip(parts[at], "docker-", ".scope");
    let by_cgroupfs = || (at > 0 && parts[at - 1] == b"docker").then_some(parts[at]);
    let id = by_systemd.or_else(by_cgroupfs).filter(|id| is_id(id))?;
    Some(Claim::new(OwnerKind::Docker, id))
}

/// What `dockerd` wrote of a container. With another `data-root` than usual, its containerd's bundle
/// tells where: the container's /etc/hosts and the like are mounted from there.
pub(super) fn facts(world: &World, claim: &Claim, pid: i32) -> Read {
    let file = PathBuf::from(format!("containers/{}/config.v2.json", claim.id));
    let usual = || -> Vec<PathBuf> {
        match claim.user.filter(|uid| *uid != 0) {
            Some(uid) => {
                world.home(uid).map(|home| home.join(".local/share/docker")).into_iter().collect()
            }
            None => ROOTS.iter().map(|root| world.root.join(root)).collect(),
        }
    };
    let told = || supervisor::of(world, claim, pid)?.docker_root();
    let read = |root: PathBuf| config(&world.of_engine(root, &file)?);
    first_found(usual().into_iter().map(read)).or_else(|| told().map(read))
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "Name", default)]
    name: String,
    #[serde(rename = "Config", default)]
    config: Inner,
}

#[derive(Default, Deserialize)]
struct Inner {
    #[serde(rename = "Image", default)]
    image: String,
    #[serde(rename = "Labels", default)]
    labels: Option<HashMap<String, String>>,
}

/// Reads `config.v2.json`.
pub(super) fn config(json: &[u8]) -> std::io::Result<Facts> {
    let Config { name, config: Inner { image, labels } } = serde_json::from_slice(json)?;
    let labels = labels.unwrap_or_default();
    let text = |key: &str| labels.get(key).map(|value| Text::from(&**value));
    let some = |value: &str| (!value.is_empty()).then(|| Text::from(value));
    let pod = text("io.kubernetes.pod.name").map(|name| Pod {
        namespace: text("io.kubernetes.pod.namespace"),
        name,
        sandbox: text("io.kubernetes.sandbox.id"),
    });
    let is_sandbox = text("io.kubernetes.docker.type") == Some("podsandbox".into());
    let name = text("io.kubernetes.container.name").or_else(|| some(name.trim_start_matches('/')));
    Ok(Facts { name, image: some(&image), pod, is_sandbox })
}
