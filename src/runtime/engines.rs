//! Engines and their networks beside the kernel: where to look for them, and one look at both.

use std::env;
use std::path::{PathBuf, absolute};
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

/// Where to look, as the command line and then the environment have it; in a lab only at what is there.
pub(super) fn sources(cli: &Cli) -> Sources {
    if cli.inside_lab.is_some() {
        return Sources::default();
    }
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    // Where that is no UTF-8, nobody listens, and no other engine is asked in its place.
    let host = || set("DOCKER_HOST").map(|host| host.to_string_lossy().into_owned());
    let named = cli.cni_conf_dir.iter().map(|path| absolute(path).unwrap_or_else(|_| path.clone()));
    Sources {
        docker_host: cli.docker_host.clone().or_else(host),
        runtime_dir: set("XDG_RUNTIME_DIR").map(PathBuf::from),
        cni_conf_dirs: (!cli.cni_conf_dir.is_empty()).then(|| named.collect()),
        ..Sources::default()
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
