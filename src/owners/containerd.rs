//! Containers of containerd: those of `ctr`, nerdctl, and of Kubernetes through its CRI plugin.

use std::path::PathBuf;

use super::claim::{Claim, is_id, strip};
use super::facts::{Read, first_found};
use super::kubernetes;
use super::oci::Bundle;
use super::supervisor;
use super::world::World;
use crate::model::OwnerKind;

/// State directories: the usual one, and those of k3s and MicroK8s.
const STATES: [&str; 3] =
    ["run/containerd", "run/k3s/containerd", "var/snap/microk8s/common/run/containerd"];
/// The namespace of containerd in which everything of Kubernetes is.
const KUBERNETES: &str = "k8s.io";

/// `cri-containerd-ID.scope` and `nerdctl-ID.scope` by the systemd driver, also as
/// `SLICE:cri-containerd:ID` where systemd does not carry it out; `SPACE/ID` by cgroupfs, which may
/// be something else and is one only if there is a bundle of it.
pub(super) fn claim(parts: &[&[u8]], at: usize) -> Option<Claim> {
    let part = parts[at];
    let in_space = |id, space: &[u8]| {
        let claim = Claim::new(OwnerKind::Containerd, id);
        Some(Claim { space: Some(space.into()), ..claim })
    };
    for prefix in ["cri-containerd-", "nerdctl-"] {
        if let Some(id) = strip(part, prefix, ".scope").filter(|id| is_id(id)) {
            let is_cri = prefix.starts_with("cri");
            return in_space(id, if is_cri { KUBERNETES.as_bytes() } else { b"default" });
        }
    }
    let mut fields = part.split(|&b| b == b':');
    if let (Some(_slice), Some(by), Some(id)) = (fields.next(), fields.next(), fields.next())
        && is_name(id)
    {
        let space = if by == b"cri-containerd" { KUBERNETES.as_bytes() } else { by };
        return is_name(space).then(|| in_space(id, space)).flatten();
    }
    let is_last = at + 1 == parts.len();
    let above = at.checked_sub(1).map(|above| parts[above])?;
    if is_id(part) {
        let is_pod = kubernetes::pod_uid(&parts[..at]).is_some();
        return in_space(part, if is_pod { KUBERNETES.as_bytes() } else { above });
    }
    let is_plain = at == 1 && is_last && is_name(part) && is_name(above);
    (is_plain && !above.ends_with(b".slice")).then(|| in_space(part, above)).flatten()
}

/// What the bundle says of a container. A container that is Docker's by all but its cgroup
/// (`--cgroup-parent`) is in the namespace `moby`.
pub(super) fn facts(world: &World, claim: &Claim, pid: i32) -> Read {
    let space = claim.space.as_ref()?;
    let file =
        PathBuf::from(format!("io.containerd.runtime.v2.task/{space}/{}/config.json", claim.id));
    let read =
        |state: &&str| Ok(Bundle::read(&world.of_engine(world.root.join(state), &file)?)?.facts());
    // Any two words look like a name in a namespace; that alone is not worth a search.
    if !is_id(claim.id.as_bytes()) {
        return first_found(STATES[..1].iter().map(read));
    }
    first_found(STATES.iter().map(read)).or_else(|| {
        let supervisor = supervisor::of(world, claim, pid)?;
        Some(Ok(supervisor.bundle?.facts()))
    })
}

/// Whether this may be a name in containerd, and so part of a path (`identifiers.Validate`).
fn is_name(text: &[u8]) -> bool {
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    text.len() <= 76
        && text.first().is_some_and(u8::is_ascii_alphanumeric)
        && text.iter().all(is_inner)
}
