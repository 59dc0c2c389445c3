//! The process that an engine leaves beside each container: containerd's shim, conmon.
//!
//! It knows where the container's bundle is, wherever the engine keeps its state, and sees it in the
//! mount namespace of the engine. It is outside of the container's cgroup, so that no process inside
//! can pass for it.

use std::path::{Path, PathBuf};

use super::claim::Claim;
use super::files::read_below;
use super::oci::Bundle;
use super::world::World;
use crate::model::Text;

/// What the supervisor of a container tells.
pub(super) struct Supervisor {
    /// Its own root directory, which is that of its engine.
    root: PathBuf,
    /// What is in the bundle, if it could be read.
    pub(super) bundle: Option<Bundle>,
    /// The name that the engine told it.
    pub(super) name: Option<Text>,
}

/// The parent of a container's first process, if it is a supervisor.
pub(super) fn of(world: &World, claim: &Claim, pid: i32) -> Option<Supervisor> {
    let parent = parent_of(&world.of_process(pid, "stat").ok()?)?;
    if Claim::read(&world.of_process(parent, "cgroup").ok()?) == *claim {
        return None;
    }
    let directory = world.proc_path.join(parent.to_string());
    let comm = world.of_process(parent, "comm").ok()?;
    let read =
        |bundle: &Path| Bundle::read(&read_below(bundle, Path::new("config.json")).ok()?).ok();
    let root = directory.join("root");
    // The kernel cuts a command to 15 bytes.
    if comm.starts_with(b"containerd-shim") {
        // A shim works in the bundle of the container, or of the pod, that it was started for.
        let cwd = directory.join("cwd");
        let is_own = cwd.read_link().is_ok_and(|path| path.ends_with(claim.id.to_string()));
        let bundle = is_own.then(|| read(&cwd)).flatten();
        return Some(Supervisor { root, bundle, name: None });
    }
    if comm.starts_with(b"conmon") {
        let words = world.of_process(parent, "cmdline").ok()?;
        let option = |name: &[u8]| option(&words, name);
        if option(b"-c") != Some(claim.id.as_bytes()) {
            return None;
        }
        let bundle = option(b"-b").and_then(|bundle| {
            let bundle = std::str::from_utf8(bundle).ok()?.strip_prefix('/')?;
            read(&root.join(bundle))
        });
        return Some(Supervisor { root, bundle, name: option(b"-n").map(Text::from) });
    }
    None
}

impl Supervisor {
    /// The data root of the Docker engine that the container is of.
    pub(super) fn docker_root(&self) -> Option<PathBuf> {
        let root = self.bundle.as_ref()?.docker_root()?;
        Some(self.root.join(root.strip_prefix("/").ok()?))
    }
}

/// The parent's pid in `/proc/PID/stat`: `PID (COMMAND) STATE PPID …`, with any bytes in COMMAND.
fn parent_of(stat: &[u8]) -> Option<i32> {
    let after = stat.iter().rposition(|&b| b == b')')? + 1;
    let rest = std::str::from_utf8(&stat[after..]).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The word after an option on a command line (`/proc/PID/cmdline`, words end with a NUL).
fn option<'a>(cmdline: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut words = cmdline.split(|&b| b == 0).skip(1);
    words.by_ref().find(|word| *word == name)?;
    words.next().filter(|word| !word.is_empty())
}
