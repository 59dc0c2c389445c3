//! Containers of CRI-O, which writes them where Podman does.

use std::path::PathBuf;

use super::claim::{Claim, is_id, strip};
use super::facts::{Read, first_found};
use super::oci::Bundle;
use super::supervisor;
use super::world::World;
use crate::model::OwnerKind;

/// The storage's run directory and the storage itself; both have the bundle.
const STORAGES: [&str; 2] = ["run/containers/storage", "var/lib/containers/storage"];

/// `crio-ID.scope` by the systemd driver, `crio-ID` by cgroupfs.
pub(super) fn claim(parts: &[&[u8]], at: usize) -> Option<Claim> {
    let id = strip(parts[at], "crio-", ".scope").or_else(|| strip(parts[at], "crio-", ""))?;
    is_id(id).then(|| Claim::new(OwnerKind::CriO, id))
}

/// What the bundle says of a container.
pub(super) fn facts(world: &World, claim: &Claim, pid: i32) -> Read {
    let file = PathBuf::from(format!("overlay-containers/{}/userdata/config.json", claim.id));
    let read = |storage: &&str| {
        Ok(Bundle::read(&world.of_engine(world.root.join(storage), &file)?)?.facts())
    };
    first_found(STORAGES.iter().map(read)).or_else(|| {
        let supervisor = supervisor::of(world, claim, pid)?;
        Some(Ok(supervisor.bundle?.facts()))
    })
}
