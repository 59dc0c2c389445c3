//! Who lives in a namespace: a container, a pod, a machine, a service or a process.
//!
//! [`Owners`] asks no engine. The cgroup of each process says which engine made it, the engine's files
//! say what it is called, and both are hostile input; see `files` and `claim`. Nothing below
//! a container's root is read, and nothing is held open. What engines say of their networks is asked
//! for by [`ask`] and [`follow`].

mod claim;
mod containerd;
mod crio;
mod docker;
mod engines;
mod facts;
mod fields;
mod files;
mod kubernetes;
mod machine;
mod networks;
mod oci;
mod podman;
mod service;
mod supervisor;
mod world;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub use self::engines::{Follower, Sources, ask, follow, unfollowed};

use self::claim::{Claim, is_id};
use self::facts::{Facts, Read};
use self::world::World;
use crate::model::{Holder, Owner, OwnerKind, Pod, TapHolder, Text};

/// Directories in which engines keep their files, beside those below /run: whoever must not see the
/// engines of the host must not see these.
pub const KEPT: [&str; 7] = [
    "/etc/cni",
    "/etc/containers",
    "/var/lib/cni",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/snap/docker",
    "/var/snap/microk8s",
];

/// Finds owners, and remembers of each namespace what stays true while its processes do.
pub struct Owners {
    world: World,
    /// By the inode number of the namespace.
    homes: HashMap<u64, Home>,
}

/// What was found out of one namespace.
#[derive(Default)]
struct Home {
    /// A process is asked again when its command is another one.
    claims: HashMap<i32, (Text, Claim)>,
    /// By claim; mostly one.
    owners: Vec<(Claim, Owner)>,
}

impl Owners {
    /// Gets ready to ask this host.
    pub fn new() -> io::Result<Self> {
        Self::at(Path::new("/proc"), Path::new("/"))
    }

    /// Gets ready to ask the host whose processes are in `proc` and whose files are below `root`.
    pub fn at(proc: &Path, root: &Path) -> io::Result<Self> {
        Ok(Self { world: World::new(proc, root)?, homes: HashMap::new() })
    }

    /// The owner of the namespace with that inode number and those holders. Only what is new since it
    /// was asked last costs anything.
    pub fn of(&mut self, inode: u64, holders: &[Holder]) -> Option<Owner> {
        let mut home = self.homes.remove(&inode).unwrap_or_default();
        let processes = holders.iter().filter_map(|holder| match holder {
            Holder::Process { pid, command } => Some((*pid, command)),
            _ => None,
        });
        let Some(owner) = home.owner(&self.world, processes) else {
            return self.without_process(inode, holders);
        };
        self.homes.insert(inode, home);
        Some(owner)
    }

    /// The owner of processes that have the device of a macvtap open, told by pid and command. Nothing
    /// is remembered: they are few.
    pub fn of_processes(&self, processes: &[(i32, Text)]) -> Option<TapHolder> {
        let all = processes.iter().map(|(pid, command)| (*pid, command));
        let owner = Home::default().owner(&self.world, all)?;
        let (_, command) = processes.iter().find(|(pid, _)| owner.pids.contains(pid))?;
        Some(TapHolder { command: command.clone(), owner })
    }

    /// Asks anew the next time, as for a container that may have been given another name.
    pub fn forget(&mut self, inode: u64) {
        self.homes.remove(&inode);
        self.world.forget_missing();
    }

    /// Begins a look at all namespaces. What is not there at its beginning may be taken to be missing
    /// to its end.
    pub fn begin(&self) {
        self.world.forget_missing();
    }

    /// The owner of a namespace that no process lives in with its main thread.
    fn without_process(&self, inode: u64, holders: &[Holder]) -> Option<Owner> {
        let inside = |holder: &&Holder| matches!(holder, Holder::Thread { .. });
        let by_socket = |holder: &&Holder| matches!(holder, Holder::Socket { .. });
        let process = holders.iter().find(inside).or_else(|| holders.iter().find(by_socket));
        if let Some(Holder::Thread { pid, command, .. } | Holder::Socket { pid, command, .. }) =
            process
        {
            let user = self.world.user_of(*pid);
            let owner = Owner::new(OwnerKind::Process, command.clone());
            return Some(Owner { user, pids: vec![*pid], ..owner });
        }
        let holder = holders
            .iter()
            .find(|holder| matches!(holder, Holder::Mount { .. } | Holder::Fd { .. }))?;
        let name = match holder {
            Holder::Mount { path, .. } => path.clone(),
            other => Text::from(&*other.to_string()),
        };
        let since = holders.iter().find_map(|holder| mounted_since(holder, inode));
        Some(Owner { since, ..Owner::new(OwnerKind::Leftover, name) })
    }
}

impl Home {
    /// The owner of these processes, by pid and command; `None` when none of them is left.
    fn owner<'a>(
        &mut self,
        world: &World,
        processes: impl Iterator<Item = (i32, &'a Text)>,
    ) -> Option<Owner> {
        let mut groups: BTreeMap<Claim, Vec<i32>> = BTreeMap::new();
        let mut claims = HashMap::new();
        for (pid, command) in processes {
            let known = self.claims.remove(&pid).filter(|(known, _)| known == command);
            // One that has ended meanwhile owns nothing.
            let Some(known) = known.or_else(|| Some((command.clone(), world.claim(pid)?))) else {
                continue;
            };
            groups.entry(known.1.clone()).or_default().push(pid);
            claims.insert(pid, known);
        }
        let mut known: HashMap<Claim, Owner> = self.owners.drain(..).collect();
        let owners = groups.into_iter().map(|(claim, pids)| {
            let owner = known.remove(&claim).unwrap_or_else(|| {
                let (command, _) = &claims[&pids[0]];
                world.owner(&claim, pids[0], command)
            });
            (claim, Owner { pids, ..owner })
        });
        self.owners = owners.collect();
        self.claims = claims;
        Owner::join(self.owners.iter().map(|(_, owner)| owner.clone()).collect())
    }
}

impl World {
    fn claim(&self, pid: i32) -> Option<Claim> {
        Some(Claim::read(&self.of_process(pid, "cgroup").ok()?))
    }

    /// What is known of whoever has a claim; `pid` is the first of their processes.
    fn owner(&self, claim: &Claim, pid: i32, command: &Text) -> Owner {
        let user = claim.user.map(|uid| self.user(uid));
        if claim.kind.is_container() {
            return self
                .container(claim, pid)
                .map_or_else(|| self.process(pid, command), |owner| Owner { user, ..owner });
        }
        match claim.kind {
            OwnerKind::Process => self.process(pid, command),
            kind => Owner { user, ..Owner::new(kind, claim.id.clone()) },
        }
    }

    fn process(&self, pid: i32, command: &Text) -> Owner {
        Owner { user: self.user_of(pid), ..Owner::new(OwnerKind::Process, command.clone()) }
    }

    /// `None` for what only looks like a container.
    fn container(&self, claim: &Claim, pid: i32) -> Option<Owner> {
        let mut kind = claim.kind;
        let read: Read = match claim.kind {
            OwnerKind::Docker => docker::facts(self, claim, pid),
            OwnerKind::Podman => podman::facts(self, claim, pid),
            OwnerKind::CriO => crio::facts(self, claim, pid),
            _ => containerd::facts(self, claim, pid).or_else(|| {
                is_id(claim.id.as_bytes()).then_some(())?;
                let read = docker::facts(self, claim, pid)?;
                kind = OwnerKind::Docker;
                Some(read)
            }),
        };
        if read.is_none() && kind == OwnerKind::Containerd && claim.pod.is_none() {
            return None;
        }
        let (facts, unread) = match read {
            Some(Ok(facts)) => (facts, None),
            Some(Err(error)) => (Facts::default(), Some(format!("its files: {error}"))),
            None => {
                (Facts::default(), Some("its files: none found where engines keep them".into()))
            }
        };
        let nameless =
            || Pod { namespace: None, name: claim.pod.clone().unwrap_or_default(), sandbox: None };
        let pod = facts.pod.or_else(|| claim.pod.is_some().then(nameless)).map(|mut pod| {
            if facts.is_sandbox {
                pod.sandbox = Some(claim.id.clone());
            }
            pod
        });
        let kind = if pod.is_some() { OwnerKind::Kubernetes } else { kind };
        let id = claim.id.as_bytes();
        let name = facts.name.unwrap_or_else(|| Text::from(&id[..id.len().min(12)]));
        let id = Some(claim.id.clone());
        Some(Owner { id, pod, image: facts.image, unread, ..Owner::new(kind, name) })
    }
}

/// When a namespace was mounted on a path: its file exists in memory from then on at the latest.
fn mounted_since(holder: &Holder, inode: u64) -> Option<i64> {
    let Holder::Mount { path, pid: None } = holder else { return None };
    let path = Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()));
    let file = path.symlink_metadata().ok()?;
    (holder.leads() && file.ino() == inode).then(|| file.ctime())
}

#[cfg(test)]
mod tests;
