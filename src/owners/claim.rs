//! What the cgroup path of a process says of its owner (cgroups(7), `/proc/PID/cgroup`).
//!
//! The path is the one word on the owner that a process inside can't change: whoever is given
//! a part of the tree can only add to the end. So of several containers the outermost counts, and
//! what lies below a user's slice counts as that user's.

use crate::model::{OwnerKind, Text};

use super::{containerd, crio, docker, kubernetes, machine, podman, service};

/// Who a process belongs to, as far as its cgroup tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Claim {
    /// Kind; of a container in a pod that of its engine.
    pub(super) kind: OwnerKind,
    /// Id of a container, name of everything else; empty for a process.
    pub(super) id: Text,
    /// The uid of the pod that the container is in.
    pub(super) pod: Option<Text>,
    /// The namespace of containerd that the container is in.
    pub(super) space: Option<Text>,
    /// The user below whose slice it is.
    pub(super) user: Option<u32>,
}

impl Claim {
    pub(super) fn new(kind: OwnerKind, id: &[u8]) -> Self {
        Self { kind, id: id.into(), pod: None, space: None, user: None }
    }

    /// A process of which its cgroup tells nothing.
    pub(super) fn process() -> Self {
        Self::new(OwnerKind::Process, b"")
    }

    /// Reads `/proc/PID/cgroup`, with one line for each hierarchy of version 1 and one for version 2
    /// (`0::PATH`). In a hybrid of both the path that says most counts.
    pub(super) fn read(cgroup: &[u8]) -> Self {
        let paths = cgroup.split(|&b| b == b'\n').filter_map(|line| {
            let mut fields = line.splitn(3, |&b| b == b':');
            let _hierarchy = fields.next()?;
            let _controllers = fields.next()?;
            fields.next()
        });
        let claims = paths.filter(|path| path.len() > 1).map(Self::of_path);
        claims.min_by_key(|claim| claim.kind).unwrap_or_else(Self::process)
    }

    fn of_path(path: &[u8]) -> Self {
        let parts: Vec<&[u8]> =
            path.split(|&b| b == b'/').filter(|part| !part.is_empty()).collect();
        let found = (0..parts.len())
            .find_map(|at| Some((at, FAMILIES.iter().find_map(|of| of(&parts, at))?)));
        let Some((at, mut claim)) = found else {
            let mut claim = service::claim(&parts).unwrap_or_else(Self::process);
            if claim.kind != OwnerKind::Process {
                claim.user = user(&parts);
            }
            return claim;
        };
        // Whatever is below was put there by who lives inside.
        let parts = &parts[..=at];
        claim.user = user(parts);
        if claim.kind.is_container() {
            claim.pod = kubernetes::pod_uid(parts);
        }
        claim
    }
}

fn user(parts: &[&[u8]]) -> Option<u32> {
    parts.iter().find_map(|part| service::user(part))
}

/// What the part of a path at a place says, with what is above it.
type Family = fn(&[&[u8]], usize) -> Option<Claim>;

/// One for each family of runtimes. The last takes what only looks like the id of a container.
const FAMILIES: [Family; 6] = [
    docker::claim,
    podman::claim,
    crio::claim,
    machine::claim,
    service::flatpak,
    containerd::claim,
];

/// What is left of a part of a path without what surrounds it.
pub(super) fn strip<'a>(part: &'a [u8], before: &str, after: &str) -> Option<&'a [u8]> {
    part.strip_prefix(before.as_bytes())?.strip_suffix(after.as_bytes())
}

/// Whether this is the id of a container as engines make them: 64 hexadecimal digits.
pub(super) fn is_id(text: &[u8]) -> bool {
    text.len() == 64 && text.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
