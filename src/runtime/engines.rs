//! Engines and their networks beside the kernel: where to look for them, and one look at both.

use std::env;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::cli::Cli;
use crate::kernel::watcher::Watcher;
use crate::model::Topology;
use crate::owners::{Sources, ask};

/// How long something that is printed once waits for engines; they answer in milliseconds, or
/// hardly ever.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where to look, as the command line and then the environment have it.
pub(super) fn sources(cli: &Cli) -> Sources {
    let text = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let usual = Sources::default();
    Sources {
        docker_host: cli.docker_host.clone().or_else(|| text("DOCKER_HOST")),
        runtime_dir: text("XDG_RUNTIME_DIR").map(PathBuf::from),
        cni_conf_dirs: if cli.cni_conf_dir.is_empty() {
            usual.cni_conf_dirs
        } else {
            cli.cni_conf_dir.clone()
        },
        ..usual
    }
}

/// The host as kernel and engines have it now, read at the same time.
pub(super) fn look(cli: &Cli) -> Result<Topology> {
    let sources = sources(cli);
    let mut watcher = Watcher::new().context("looking at this host's network namespaces")?;
    let told = thread::scope(|scope| {
        let engines = thread::Builder::new()
            .name("engines".into())
            .spawn_scoped(scope, || ask(&sources, PATIENCE))
            .context("starting the thread that asks engines")?;
        watcher.snapshot();
        engines.join().map_err(|_| anyhow!("the thread that asks engines has failed"))
    })?;
    let mut topology = watcher.into_topology();
    for change in told {
        topology.apply(change);
    }
    Ok(topology)
}
