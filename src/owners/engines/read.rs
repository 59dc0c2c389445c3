//! Asks one engine once, for all that it believes.

use std::io;
use std::path::Path;

use rustix::fs::{CWD, readlinkat};

use super::Sources;
use super::api::{Api, Failure};
use super::connection::{Limit, Peer};
use super::convert::{self, Converter, MOST_CONTAINERS, MOST_NETWORKS};
use super::libpod;
use super::place::Place;
use crate::model::belief::{Engine, Home};
use crate::model::{Belief, Text};
use crate::owners::podman::rootless_netns;
use crate::owners::world::World;

/// What an engine said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// What it believes.
    pub(super) belief: Belief,
    /// What of its answers was not kept, as sentences.
    pub(super) faults: Vec<String>,
}

/// Asks an engine; which one it is only if that is not known yet, as Podman starts other programs to
/// answer it.
pub(super) async fn read(
    place: &Place,
    sources: &Sources,
    known: &mut Option<Engine>,
) -> Result<Heard, Failure> {
    let api = Api::connect(place, Limit::READING).await?;
    let engine = match known {
        Some(engine) => *engine,
        None => *known.insert(engine(&api.components().await?)),
    };
    let answer = api.networks().await?;
    let mut faults = Vec::new();
    let networks = answer.items.iter().filter_map(|answer| convert::network(answer, engine));
    let mut networks: Vec<_> = networks.collect();
    leave_out("networks", answer.left_out, &mut networks, MOST_NETWORKS, &mut faults);
    if engine == Engine::Podman && !networks.is_empty() {
        match api.libpod_networks().await {
            Ok(own) => libpod::complete(&mut networks, own.items),
            Err(failure) => faults.push(format!("parents of its networks: {}", failure.why)),
        }
    }
    let answer = api.containers().await?;
    let converter = Converter::new(&networks);
    let containers = answer.items.iter();
    let (mut containers, cut): (Vec<_>, Vec<bool>) =
        containers.filter_map(|answer| converter.container(answer)).unzip();
    leave_out("containers", answer.left_out, &mut containers, MOST_CONTAINERS, &mut faults);
    let cut = cut.into_iter().filter(|is_cut| *is_cut).count();
    if cut > 0 {
        faults.push(format!("labels or networks of {cut} containers are too long or too many"));
    }
    networks.sort_by(|a, b| a.id.cmp(&b.id));
    networks.dedup_by(|a, b| a.id == b.id);
    containers.sort_by(|a, b| a.id.cmp(&b.id));
    containers.dedup_by(|a, b| a.id == b.id);
    let uid = place.uid().or(api.peer.map(|peer| peer.uid)).filter(|uid| *uid != 0);
    let belief = Belief {
        engine,
        origin: place.origin.clone(),
        user: uid.and_then(|uid| user(sources, uid)),
        home: home(sources, engine, api.peer, uid),
        networks,
        containers,
    };
    Ok(Heard { belief, faults })
}

/// Whose the components are that `GET /version` tells.
fn engine(components: &[String]) -> Engine {
    let is_podman = components.iter().any(|name| name.starts_with("Podman"));
    if is_podman { Engine::Podman } else { Engine::Docker }
}

/// Keeps no more than so many, and says of which how many are not there.
fn leave_out<T>(
    what: &str,
    strange: usize,
    kept: &mut Vec<T>,
    most: usize,
    faults: &mut Vec<String>,
) {
    if strange > 0 {
        faults.push(format!("{strange} of its {what} can't be understood"));
    }
    if let Some(more) = kept.len().checked_sub(most).filter(|more| *more > 0) {
        faults.push(format!("{more} of its {what} are beyond the first {most}"));
    }
    kept.truncate(most);
}

fn user(sources: &Sources, uid: u32) -> Option<Text> {
    Some(World::new(&sources.proc, &sources.root).ok()?.user(uid))
}

/// The namespace in which an engine works: that of the process that listens, except for Podman
/// without privileges, which makes one for all networks of a user.
fn home(sources: &Sources, engine: Engine, peer: Option<Peer>, uid: Option<u32>) -> Home {
    if let Some(uid) = uid.filter(|_| engine == Engine::Podman) {
        return Home::Mounted(rootless_netns(&sources.root, uid));
    }
    let inode = peer.and_then(|peer| netns_of(&sources.proc, peer.pid?).ok());
    inode.map_or(Home::Host, Home::Inode)
}

/// The inode number in `net:[4026531840]`.
fn netns_of(proc: &Path, pid: i32) -> io::Result<u64> {
    let link = readlinkat(CWD, proc.join(format!("{pid}/ns/net")), Vec::new())?;
    let link = link.to_str().ok().and_then(|link| link.strip_prefix("net:[")?.strip_suffix(']'));
    link.and_then(|inode| inode.parse().ok()).ok_or_else(|| io::Error::other("not a namespace"))
}
