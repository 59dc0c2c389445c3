//! What would make an equal network: a link or a network, said in the words of an engine, of `ip` or
//! of systemd-networkd.
//!
//! What a form has no word for is told in a comment or refused, never left out in silence. MACs are
//! left to whoever makes the interface: the same one twice on a parent would be refused.

mod blueprint;
mod cni;
mod docker;
mod engine;
mod ip;
mod names;
mod networkd;
mod podman;
mod range;

#[cfg(test)]
mod tests;

use crate::model::{LinkKey, NetworkKey, Topology};
use blueprint::Blueprint;

/// In whose words a network is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `docker network create`.
    Docker,
    /// `podman network create`.
    Podman,
    /// A CNI configuration list.
    Cni,
    /// Commands of iproute2.
    Ip,
    /// Files of systemd-networkd(8).
    Networkd,
}

impl Form {
    /// Every form, for tables and tests.
    pub const ALL: [Self; 5] = [Self::Docker, Self::Podman, Self::Cni, Self::Ip, Self::Networkd];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Cni => "cni",
            Self::Ip => "ip",
            Self::Networkd => "networkd",
        }
    }

    /// What it is, as a phrase.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Docker => "a docker network create command",
            Self::Podman => "a podman network create command",
            Self::Cni => "a CNI configuration list, for /etc/cni/net.d",
            Self::Ip => "ip commands that make an equal interface",
            Self::Networkd => "files for /etc/systemd/network",
        }
    }

    /// Who reads it, as sentences call it.
    fn reader(self) -> &'static str {
        match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
            Self::Cni => "CNI",
            Self::Ip => "ip",
            Self::Networkd => "networkd",
        }
    }
}

/// What is to be equalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A macvlan, macvtap or ipvlan link, and the network that made it if there is one.
    Link(LinkKey),
    /// A network that an engine tells of.
    Network(NetworkKey),
}

/// Text that makes an equal network, with comments in front as lines that begin with `# `. `Err` says
/// why it can't be said in that form and what to do instead.
pub fn recipe(topology: &Topology, of: Of, form: Form) -> Result<String, String> {
    let blueprint = Blueprint::of(topology, of)?;
    let Recipe { notes, text } = match form {
        Form::Docker => docker::recipe(&blueprint),
        Form::Podman => podman::recipe(&blueprint),
        Form::Cni => cni::recipe(&blueprint),
        Form::Ip => ip::recipe(&blueprint),
        Form::Networkd => networkd::recipe(&blueprint),
    }?;
    let mut whole = String::new();
    for line in notes {
        whole.push_str("# ");
        whole.push_str(&line);
        whole.push('\n');
    }
    Ok(whole + &text)
}

/// A text with what is to be said of it, a line each.
struct Recipe {
    notes: Vec<String>,
    text: String,
}
