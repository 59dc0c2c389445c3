//! Whose a namespace is: a container, a pod, a machine, a service or a process.
//!
//! What stands in here was read from paths and files that others wrote; [`owners`](crate::owners)
//! finds it out.

use super::Text;

/// What kind of thing lives in a namespace. Where several do, the first of this order is the one
/// that the namespace is called by, and of equal ones the one with the lowest pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerKind {
    /// A pod or a container of one, whatever runtime made it.
    Kubernetes,
    /// A container of Docker.
    Docker,
    /// A container of Podman.
    Podman,
    /// A container of CRI-O, outside a pod that can be named.
    CriO,
    /// A container of containerd, by `ctr` or nerdctl.
    Containerd,
    /// A container of LXC or Incus.
    Lxc,
    /// A container of systemd-nspawn(1).
    Nspawn,
    /// A virtual machine of libvirt.
    Libvirt,
    /// A service with a namespace of its own (`PrivateNetwork=` in systemd.exec(5)).
    Systemd,
    /// An application of Flatpak.
    Flatpak,
    /// A process that belongs to none of these.
    Process,
    /// Nobody: no process and no socket, only a mount or a descriptor.
    Leftover,
}

impl OwnerKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 12] = [
        Self::Kubernetes,
        Self::Docker,
        Self::Podman,
        Self::CriO,
        Self::Containerd,
        Self::Lxc,
        Self::Nspawn,
        Self::Libvirt,
        Self::Systemd,
        Self::Flatpak,
        Self::Process,
        Self::Leftover,
    ];

    /// The word in the JSON document and in front of a label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::CriO => "cri-o",
            Self::Containerd => "containerd",
            Self::Lxc => "lxc",
            Self::Nspawn => "nspawn",
            Self::Libvirt => "libvirt",
            Self::Systemd => "systemd",
            Self::Flatpak => "flatpak",
            Self::Process => "process",
            Self::Leftover => "leftover",
        }
    }

    /// Whether it is a container of an engine, of which several may share one namespace.
    pub fn is_container(self) -> bool {
        self <= Self::Containerd
    }
}

/// A pod of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pod {
    /// Namespace in the sense of Kubernetes; `None` where only the pod's uid is known.
    pub namespace: Option<Text>,
    /// Name, or the uid where nothing tells the name.
    pub name: Text,
    /// Id of the container that holds the pod's namespaces.
    pub sandbox: Option<Text>,
}

impl std::fmt::Display for Pod {
    /// `default/web-0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

/// Who lives in a namespace, or holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Kind.
    pub kind: OwnerKind,
    /// Name. Of a container whose name can't be read, the first twelve digits of its id; of a
    /// process its command; of a leftover what holds it.
    pub name: Text,
    /// Id that the engine gave it.
    pub id: Option<Text>,
    /// The pod that it is, or is part of.
    pub pod: Option<Pod>,
    /// Image, as it was asked for.
    pub image: Option<Text>,
    /// The user of a process, or of an engine that runs without privileges.
    pub user: Option<Text>,
    /// Its processes, ascending; those that hold the namespace by a socket where none is inside.
    pub pids: Vec<i32>,
    /// All containers that share the namespace, where it is a pod's or there are several.
    pub members: Vec<Owner>,
    /// Since when a leftover has been mounted, in seconds since 1970.
    pub since: Option<i64>,
    /// What could not be read of it, and why.
    pub unread: Option<String>,
}

impl Owner {
    /// An owner of which no more is known.
    pub fn new(kind: OwnerKind, name: Text) -> Self {
        Self {
            kind,
            name,
            id: None,
            pod: None,
            image: None,
            user: None,
            pids: Vec::new(),
            members: Vec::new(),
            since: None,
            unread: None,
        }
    }

    /// `docker centos1-2`, `pod default/web-0`, `podman web (alice)`; `None` for processes and
    /// leftovers, which are called by what holds the namespace.
    ///
    /// The kind in front is ours, so that no name of a container can pass for `host` or for
    /// a namespace of another kind.
    pub fn label(&self) -> Option<String> {
        if let Some(pod) = &self.pod {
            return Some(format!("pod {pod}"));
        }
        let kind = match self.kind {
            OwnerKind::Process | OwnerKind::Leftover => return None,
            kind => kind.name(),
        };
        Some(match &self.user {
            Some(user) => format!("{kind} {} ({user})", self.name),
            None => format!("{kind} {}", self.name),
        })
    }

    /// Makes one owner of all that share a namespace: the first of them by [`OwnerKind`] and pid,
    /// with the containers as its members where there are several or where they are a pod.
    pub fn join(mut all: Vec<Self>) -> Option<Self> {
        all.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.pids.cmp(&b.pids)));
        let mut owner = all.first()?.clone();
        let mut containers = all;
        containers.retain(|owner| owner.kind.is_container());
        if let Some(pod) = &owner.pod {
            let is_sandbox = |member: &Self| member.id.is_some() && member.id == pod.sandbox;
            owner.pids = containers.iter().flat_map(|member| member.pids.clone()).collect();
            owner.pids.sort_unstable();
            owner.unread = containers.iter().find_map(|member| member.unread.clone());
            containers.retain(|member| !is_sandbox(member));
            owner.name = pod.name.clone();
            owner.id.clone_from(&pod.sandbox);
            owner.image = None;
            owner.members = containers;
        } else if containers.len() > 1 {
            owner.members = containers;
        }
        Some(owner)
    }

    /// The owner and its members.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.members)
    }
}

#[cfg(test)]
#[path = "owner_tests.rs"]
mod tests;
