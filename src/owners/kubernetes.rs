//! Pods in cgroup paths, whatever runtime made their containers.

use super::claim::strip;
use crate::model::Text;

/// The uid of the pod whose part of the tree a path leads through: `kubepods-burstable-podUID.slice`
/// by the systemd driver, with the hyphens of the uid as underscores, `podUID` below `kubepods` by
/// cgroupfs.
pub(super) fn pod_uid(parts: &[&[u8]]) -> Option<Text> {
    parts.iter().enumerate().find_map(|(at, part)| {
        // `SLICE:cri-containerd:ID`, where systemd does not carry it out.
        let part = part.split(|&b| b == b':').next().unwrap_or(part);
        if let Some(slice) = strip(part, "kubepods", ".slice") {
            let start = slice.windows(4).position(|window| window == b"-pod")? + 4;
            let uid: Vec<u8> =
                slice[start..].iter().map(|&b| if b == b'_' { b'-' } else { b }).collect();
            return Some(Text::from(uid));
        }
        let below = parts[..at].iter().any(|above| *above == b"kubepods");
        strip(part, "pod", "").filter(|uid| below && !uid.is_empty()).map(Text::from)
    })
}
