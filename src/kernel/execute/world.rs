//! Where ops happen: from the identities that a plan speaks of to opened namespaces.
//!
//! Every namespace is opened anew for one request, through what holds it, proved to be the right
//! one by its cookie, and closed again: carrying out a plan keeps none alive.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use super::Failure;
use crate::kernel::decode::{self, LinkRecord};
use crate::kernel::discover::{self, Identity};
use crate::kernel::encode::{link_header, link_named};
use crate::kernel::error::errno_of;
use crate::kernel::netlink::{AskError, Asker, Request, kind};
use crate::kernel::watcher::Watcher;
use crate::kernel::{KernelError, enter, named};
use crate::model::{LinkKey, NetnsId, Text, Topology};
use crate::plan::{Place, Target};

/// The host as it was read last, and the namespaces made since.
pub(super) struct World {
    pub(super) topology: Topology,
    made: HashMap<Text, Identity>,
}

/// A namespace that an op happens in.
pub(super) struct Way {
    /// Which one.
    pub(super) id: NetnsId,
    /// Open; `None` for the namespace that the program runs in, which takes no entering and so no
    /// privilege to enter.
    netns: Option<OwnedFd>,
}

impl World {
    /// Reads the host.
    pub(super) fn look() -> Result<Self, KernelError> {
        let mut watcher = Watcher::new()?;
        watcher.snapshot();
        Ok(Self { topology: watcher.topology().clone(), made: HashMap::new() })
    }

    /// Reads the host again; stays as it is where that fails.
    pub(super) fn look_again(&mut self) {
        if let Ok(now) = Self::look() {
            self.topology = now.topology;
        }
    }

    /// Remembers which namespace was made under a name.
    pub(super) fn made(&mut self, name: &Text, identity: Identity) {
        self.made.insert(name.clone(), identity);
    }

    /// Opens a place.
    pub(super) fn way(&self, place: &Place) -> Result<Way, Failure> {
        match place {
            Place::Known(id) => self.known(*id),
            Place::New(name) => self.by_name(name),
        }
    }

    fn known(&self, id: NetnsId) -> Result<Way, Failure> {
        let Some(namespace) = self.topology.namespace(id) else {
            return Err(Failure::Told(format!("{id} is not there any more")));
        };
        if namespace.netns.current {
            return Ok(Way { id, netns: None });
        }
        let label = self.topology.label(id);
        if namespace.netns.inode.is_none() {
            return Err(Failure::Told(format!("no path leads into {label}")));
        }
        match enter::open(&namespace.netns) {
            Ok(netns) => Ok(Way { id, netns: Some(netns) }),
            Err(error) => Err(Failure::Told(format!("{label} can't be opened: {error}"))),
        }
    }

    fn by_name(&self, name: &Text) -> Result<Way, Failure> {
        let opened = named::open(name.as_bytes()).and_then(|netns| {
            let id = enter::id_of(discover::identify(netns.as_fd())?);
            let known = self.owner(name).unwrap_or(id);
            Ok(Way { id, netns: Some(enter::proved(netns, known)?) })
        });
        opened.map_err(|error| Failure::Told(format!("{name} can't be opened: {error}")))
    }

    /// The namespace that has a name, as far as is known.
    fn owner(&self, name: &Text) -> Option<NetnsId> {
        let made = self.made.get(name).map(|made| enter::id_of(*made));
        made.or_else(|| Some(self.topology.namespace_named(name.as_bytes())?.netns.id))
    }

    /// Makes sure that a name is still that of the namespace that is known by it.
    pub(super) fn prove_name(&self, name: &Text) -> Result<(), Failure> {
        self.owner(name).map_or(Ok(()), |_| self.by_name(name).map(drop))
    }

    /// The link that a target means now, if it is there.
    pub(super) fn find(&self, target: &Target) -> Option<LinkKey> {
        let Target::Named { netns, name } = target else {
            return None;
        };
        let way = self.way(netns).ok()?;
        let found = way.within(|asker| named_link(asker, way.id, name));
        found.ok().map(|record| record.link.key)
    }
}

impl Way {
    /// Asks through a socket that lives inside for the length of `work`.
    pub(super) fn within<T: Send>(
        &self,
        work: impl FnOnce(&mut Asker) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        let run = || work(&mut Asker::open()?);
        match &self.netns {
            None => run(),
            Some(netns) => enter::inside(netns.as_fd(), run)
                .unwrap_or_else(|error| Err(errno_of(&error).into())),
        }
    }

    /// A descriptor for the namespace.
    pub(super) fn open(&self) -> Result<OwnedFd, Failure> {
        let opened = match &self.netns {
            None => File::open("/proc/thread-self/ns/net").map(OwnedFd::from),
            Some(netns) => netns.try_clone(),
        };
        opened.map_err(|error| errno_of(&error).into())
    }
}

/// Reads the link that a target means, through a socket in its namespace.
pub(super) fn read(
    asker: &mut Asker,
    netns: NetnsId,
    target: &Target,
) -> Result<LinkRecord, Failure> {
    match target {
        Target::Link(key) => {
            answer(asker, netns, Request::new(kind::GET_LINK, &link_header(key.ifindex)))
        }
        Target::Named { name, .. } => named_link(asker, netns, name),
    }
}

/// Reads the link that has the name.
pub(super) fn named_link(
    asker: &mut Asker,
    netns: NetnsId,
    name: &Text,
) -> Result<LinkRecord, Failure> {
    answer(asker, netns, link_named(name.as_bytes()))
}

fn answer(asker: &mut Asker, netns: NetnsId, request: Request) -> Result<LinkRecord, Failure> {
    let mut record = None;
    asker
        .get(request, |payload| record = decode::link(netns, payload))
        .map_err(|error| Failure::of(error, asker))?;
    record.ok_or_else(|| Errno::ENODEV.into())
}

impl Failure {
    /// What the kernel said to the last question of a socket.
    pub(super) fn of(error: AskError, asker: &Asker) -> Self {
        match error {
            AskError::Refused(errno) => {
                Self::Refused { errno, said: asker.said().map(str::to_owned) }
            }
            AskError::Malformed(error) => Self::Told(format!("the kernel's answer: {error}")),
        }
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Refused { errno, said: None }
    }
}
