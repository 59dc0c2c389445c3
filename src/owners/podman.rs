//! Containers of Podman, rootful and of users, in the storage that it shares with CRI-O and Buildah;
//! and where the network namespaces of users' engines are.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use serde::Deserialize;

use super::claim::{Claim, is_id, strip};
use super::facts::{Facts, Read, first_found};
use super::files::{MOST_ENTRIES, pin_below};
use super::supervisor;
use super::world::World;
use crate::model::{OwnerKind, Text};

/// Lists of containers, one for each storage driver; `volatile-` those that a restart ends.
const LISTS: [&str; 4] = [
    "overlay-containers/containers.json",
    "overlay-containers/volatile-containers.json",
    "vfs-containers/containers.json",
    "btrfs-containers/containers.json",
];

/// `libpod-ID.scope` by the systemd driver, `libpod-ID` by cgroupfs, `libpod-payload-ID` in the
/// cgroup of a service (Quadlet, `--cgroups=split`). Its monitor is in `libpod-conmon-ID`.
pub(super) fn claim(parts: &[&[u8]], at: usize) -> Option<Claim> {
    let name = strip(parts[at], "libpod-", ".scope").or_else(|| strip(parts[at], "libpod-", ""))?;
    let id = strip(name, "payload-", "").unwrap_or(name);
    is_id(id).then(|| Claim::new(OwnerKind::Podman, id))
}

/// What Podman wrote of a container, or, where its storage is elsewhere, the name that it told the
/// container's monitor.
pub(super) fn facts(world: &World, claim: &Claim, pid: i32) -> Read {
    let root: Option<PathBuf> = match claim.user.filter(|uid| *uid != 0) {
        Some(uid) => world.home(uid).map(|home| home.join(".local/share/containers/storage")),
        None => Some(world.root.join("var/lib/containers/storage")),
    };
    let lists = LISTS.iter().filter_map(|list| {
        let json = world.of_engine(root.clone()?, Path::new(list));
        json.and_then(|json| listed(&json, claim.id.as_bytes())).transpose()
    });
    first_found(lists).or_else(|| {
        let name = supervisor::of(world, claim, pid)?.name?;
        Some(Ok(Facts { name: Some(name), ..Facts::default() }))
    })
}

#[derive(Deserialize)]
struct Container {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    metadata: String,
}

/// What Podman keeps as a string of JSON within the list.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(rename = "image-name")]
    image: String,
    name: String,
}

/// Finds a container in `containers.json`.
pub(super) fn listed(json: &[u8], id: &[u8]) -> std::io::Result<Option<Facts>> {
    let all: Vec<Container> = serde_json::from_slice(json)?;
    Ok(all.into_iter().find(|container| container.id.as_bytes() == id).map(|container| {
        let metadata: Metadata = serde_json::from_str(&container.metadata).unwrap_or_default();
        let some = |value: String| (!value.is_empty()).then(|| Text::from(&*value));
        let first = container.names.and_then(|names| names.into_iter().next());
        Facts {
            name: first.and_then(some).or_else(|| some(metadata.name)),
            image: some(metadata.image),
            ..Facts::default()
        }
    }))
}

/// Where Podman mounts the namespace that stands for the host's in the engine of a user: since
/// version 5 always here (`common/libnetwork/internal/rootlessnetns`), before that in another
/// directory with a part of a hash in its name (`libpod/networking_linux.go`).
pub(super) fn rootless_netns(root: &Path, uid: u32) -> Text {
    let runtime = format!("run/user/{uid}");
    let newer = "containers/networks/rootless-netns/rootless-netns";
    let below = |path: &str| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        pin_below(open(root.join(&runtime), flags, Mode::empty())?, Path::new(path))
    };
    let older = || {
        let directory = below("netns").ok()?;
        let names = fs::read_dir(format!("/proc/self/fd/{}", directory.as_raw_fd())).ok()?;
        let names = names.take(MOST_ENTRIES).flatten();
        let mut names = names.map(|entry| entry.file_name().into_encoded_bytes());
        names.find(|name| name.starts_with(b"rootless-netns-"))
    };
    match older().filter(|_| below(newer).is_err()) {
        Some(name) => [format!("/{runtime}/netns/").as_bytes(), &name].concat().into(),
        None => Text::from(&*format!("/{runtime}/{newer}")),
    }
}
