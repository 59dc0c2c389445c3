//! `config.json` of an OCI bundle: what a runtime was told, with the annotations of whoever told it.

use std::collections::HashMap;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::claim::is_id;
use super::facts::Facts;
use crate::model::{Pod, Text};

/// The parts of the file that tell of the owner.
#[derive(Deserialize)]
pub(super) struct Bundle {
    #[serde(default)]
    annotations: Option<HashMap<String, String>>,
    #[serde(default)]
    mounts: Option<Vec<Mount>>,
}

#[derive(Deserialize)]
struct Mount {
    #[serde(default)]
    source: String,
}

/// The keys under which one writer says what we look for.
struct Keys {
    name: &'static str,
    image: &'static str,
    pod: &'static str,
    namespace: &'static str,
    sandbox: &'static str,
    kind: &'static str,
}

/// The CRI plugin of containerd (`pkg/cri/annotations`), CRI-O (`pkg/annotations`), and nerdctl
/// (`pkg/labels`), which has no pods. No container has those of two.
const WRITERS: [Keys; 3] = [
    Keys {
        name: "io.kubernetes.cri.container-name",
        image: "io.kubernetes.cri.image-name",
        pod: "io.kubernetes.cri.sandbox-name",
        namespace: "io.kubernetes.cri.sandbox-namespace",
        sandbox: "io.kubernetes.cri.sandbox-id",
        kind: "io.kubernetes.cri.container-type",
    },
    Keys {
        name: "io.kubernetes.container.name",
        image: "io.kubernetes.cri-o.ImageName",
        pod: "io.kubernetes.pod.name",
        namespace: "io.kubernetes.pod.namespace",
        sandbox: "io.kubernetes.cri-o.SandboxID",
        kind: "io.kubernetes.cri-o.ContainerType",
    },
    Keys {
        name: "nerdctl/name",
        image: "nerdctl/image-name",
        pod: "",
        namespace: "",
        sandbox: "",
        kind: "",
    },
];

impl Bundle {
    /// Reads `config.json`.
    pub(super) fn read(json: &[u8]) -> io::Result<Self> {
        Ok(serde_json::from_slice(json)?)
    }

    /// What the annotations tell.
    pub(super) fn facts(&self) -> Facts {
        let text = |key: &str| {
            let value = self.annotations.as_ref()?.get(key)?;
            (!value.is_empty()).then(|| Text::from(&**value))
        };
        let facts = WRITERS.iter().map(|keys| Facts {
            name: text(keys.name),
            image: text(keys.image),
            pod: text(keys.pod).map(|name| Pod {
                namespace: text(keys.namespace),
                name,
                sandbox: text(keys.sandbox),
            }),
            is_sandbox: text(keys.kind) == Some("sandbox".into()),
        });
        facts
            .into_iter()
            .find(|facts| facts.name.is_some() || facts.pod.is_some())
            .unwrap_or_default()
    }

    /// The directory below which `dockerd` keeps a container's /etc/hosts, and everything else. One
    /// that shares another's network has that one's.
    pub(super) fn docker_root(&self) -> Option<PathBuf> {
        let mut sources = self.mounts.iter().flatten().map(|mount| Path::new(&mount.source));
        sources.find_map(|source| {
            let container = source.parent()?;
            let containers = container.parent()?;
            let file = source.file_name()?.to_str()?;
            let is_dockers = ["hosts", "hostname", "resolv.conf"].contains(&file)
                && is_id(container.file_name()?.as_bytes())
                && containers.ends_with("containers");
            containers.parent().filter(|root| is_dockers && root.is_absolute()).map(PathBuf::from)
        })
    }
}
