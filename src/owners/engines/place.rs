//! Where engines listen: the socket that was named, or those at the usual places.
//!
//! A look costs a few system calls. The sockets of users are a stranger's, so they are only used when
//! they are what they seem; nothing is connected to here.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fstat, open};

use super::Sources;
use super::api::Failure;
use crate::model::Text;
use crate::model::belief::Engine;
use crate::owners::files::{is_missing, pin_below};

/// Below the root directory, where engines of the whole host listen. /var/run is a link to /run.
const OF_HOST: [(&str, Engine); 2] =
    [("run/docker.sock", Engine::Docker), ("run/podman/podman.sock", Engine::Podman)];
/// Below a user's runtime directory, where engines without privileges listen.
const OF_USER: [(&str, Engine); 2] =
    [("docker.sock", Engine::Docker), ("podman/podman.sock", Engine::Podman)];

/// An engine's socket.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// How it is called: `unix:///run/docker.sock`.
    pub(super) origin: Text,
    /// Whose it seems to be, as long as it did not answer.
    pub(super) engine: Engine,
    /// Whether it was named by whoever started the program, so that it has to answer.
    pub(super) named: bool,
    /// How to get there.
    pub(super) address: Address,
}

impl Place {
    /// `docker at unix:///run/docker.sock`, in printable characters.
    pub(super) fn name(&self) -> String {
        format!("{} at {}", self.engine.name(), self.origin)
    }

    /// The user whose runtime directory it is in.
    pub(super) fn uid(&self) -> Option<u32> {
        match &self.address {
            Address::Below(owned) => Some(owned.uid),
            Address::Unix(_) | Address::Tcp(_) => None,
        }
    }
}

/// How to get to an engine.
#[derive(Clone, Debug)]
pub(super) enum Address {
    /// A socket whose path is trusted.
    Unix(PathBuf),
    /// A socket that belongs to a user.
    Below(Owned),
    /// `HOST:PORT`.
    Tcp(String),
}

/// A socket in a directory that is somebody else's.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    directory: PathBuf,
    file: &'static str,
    uid: u32,
}

impl Owned {
    /// Holds on to the socket, if it is one and that user's, and no link leads there.
    pub(super) fn pin(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = open(&self.directory, flags, Mode::empty())?;
        let pinned = pin_below(&directory, Path::new(self.file))?;
        let stat = fstat(&pinned)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Socket {
            return Err(io::Error::other("it is not a socket"));
        }
        if stat.st_uid != self.uid || fstat(&directory)?.st_uid != self.uid {
            return Err(io::Error::other(format!("it does not belong to user {}", self.uid)));
        }
        Ok(pinned)
    }
}

/// A socket that is not asked, and why.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    /// The place.
    pub(super) place: Place,
    /// Why not.
    pub(super) failure: Failure,
}

/// The sockets that are there now.
pub(super) fn find(sources: &Sources) -> (Vec<Place>, Vec<Refused>) {
    let mut found = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let host = sources.docker_host.as_deref().filter(|host| !host.is_empty());
    match host.map(named) {
        Some(Ok(place)) => {
            seen.insert(place.origin.clone());
            found.0.push(place);
        }
        Some(Err(refused)) => found.1.push(refused),
        None => {}
    }
    // The Docker that was named is the only one.
    let is_wanted = |engine| host.is_none() || engine != Engine::Docker;
    for (file, engine) in OF_HOST.into_iter().filter(|(_, engine)| is_wanted(*engine)) {
        // A link to the other engine's socket (as of podman-docker) is the same place.
        let Ok(path) = fs::canonicalize(sources.root.join(file)) else { continue };
        let is_socket = fs::metadata(&path).is_ok_and(|meta| meta.file_type().is_socket());
        let origin = origin(sources, &path);
        if is_socket && seen.insert(origin.clone()) {
            let address = Address::Unix(path);
            found.0.push(Place { origin, engine, named: false, address });
        }
    }
    for (directory, uid) in runtime_directories(sources) {
        for (file, engine) in OF_USER.into_iter().filter(|(_, engine)| is_wanted(*engine)) {
            let origin = origin(sources, &directory.join(file));
            if !seen.insert(origin.clone()) {
                continue;
            }
            let owned = Owned { directory: directory.clone(), file, uid };
            let pinned = owned.pin();
            let place = Place { origin, engine, named: false, address: Address::Below(owned) };
            match pinned {
                Ok(_) => found.0.push(place),
                Err(error) if is_missing(&error) => {}
                Err(error) => {
                    let failure = Failure::new(&format!("it is not asked: {error}"));
                    found.1.push(Refused { place, failure });
                }
            }
        }
    }
    found
}

fn named(host: &str) -> Result<Place, Refused> {
    let at = |origin: &str, address| Place {
        origin: origin.into(),
        engine: if host.contains("podman") { Engine::Podman } else { Engine::Docker },
        named: true,
        address,
    };
    let (scheme, rest) = host.split_once("://").unwrap_or(("unix", host));
    match scheme {
        "unix" if rest.starts_with('/') => {
            Ok(at(&format!("unix://{rest}"), Address::Unix(rest.into())))
        }
        "tcp" | "http" if !rest.trim_end_matches('/').is_empty() => {
            let rest = rest.trim_end_matches('/');
            let has_port =
                rest.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            // What Docker's own client takes where no port is said.
            let address = if has_port { rest.to_owned() } else { format!("{rest}:2375") };
            Ok(at(host, Address::Tcp(address)))
        }
        _ => {
            let why = "it can't be asked there; what can be named is unix:///PATH, tcp://HOST:PORT \
                       or http://HOST:PORT, and for an engine elsewhere a socket forwarded by ssh -L";
            let place = at(host, Address::Tcp(String::new()));
            Err(Refused { place, failure: Failure::new(why) })
        }
    }
}

/// The runtime directories of users and whose they are: all for root, else our own.
fn runtime_directories(sources: &Sources) -> Vec<(PathBuf, u32)> {
    let own = rustix::process::geteuid();
    let users = sources.root.join("run/user");
    let mut found: Vec<(PathBuf, u32)> = fs::read_dir(&users)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.file_name().to_str()?.parse().ok()?)))
        .filter(|(_, uid)| own.is_root() || own.as_raw() == *uid)
        .collect();
    found.sort_unstable_by_key(|(_, uid)| *uid);
    let elsewhere = sources.runtime_dir.iter().filter(|path| path.parent() != Some(&users));
    found.extend(elsewhere.map(|path| (path.clone(), own.as_raw())));
    found
}

/// The path as it is below the root directory.
fn origin(sources: &Sources, path: &Path) -> Text {
    let root = fs::canonicalize(&sources.root).unwrap_or_default();
    let below = path.strip_prefix(&root).or_else(|_| path.strip_prefix(&sources.root));
    let below = below.unwrap_or(path).as_os_str().as_bytes();
    [b"unix:///", below.strip_prefix(b"/").unwrap_or(below)].concat().into()
}
