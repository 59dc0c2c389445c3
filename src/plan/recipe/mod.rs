//! What would make an equal network, in the words of an engine, of CNI, of systemd-networkd or of
//! `ip`.

use crate::model::{LinkKey, NetworkKey, Topology};

/// A way to say what makes a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `docker network create`.
    Docker,
    /// `podman network create`.
    Podman,
    /// A CNI configuration.
    Cni,
    /// Commands of iproute2.
    Ip,
    /// Files of systemd-networkd.
    Networkd,
}

impl Form {
    /// Every form, in the order of lists.
    pub const ALL: [Self; 5] = [Self::Docker, Self::Podman, Self::Cni, Self::Ip, Self::Networkd];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Cni => "cni",
            Self::Ip => "ip",
            Self::Networkd => "networkd",
        }
    }

    /// What it is.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Docker => "docker network create",
            Self::Podman => "podman network create",
            Self::Cni => "CNI configuration",
            Self::Ip => "ip commands",
            Self::Networkd => "files of systemd-networkd",
        }
    }
}

/// What a recipe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A macvlan or ipvlan link.
    Link(LinkKey),
    /// A network.
    Network(NetworkKey),
}

/// What would make an equal network. The error is a sentence: why it can't be said in that form.
pub fn recipe(_topology: &Topology, _of: Of, form: Form) -> Result<String, String> {
    Err(format!("nothing is known of {}", form.name()))
}
