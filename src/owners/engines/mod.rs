//! What engines and configuration files say of networks and of the containers in them.
//!
//! Engines are asked through their API sockets, each of which may be slow, broken or hostile: none is
//! waited for longer than seconds, and none can make the program hold more than some MiB. Nothing is
//! ever changed in an engine, and nothing here is compared with what the kernel shows.

mod api;
mod connection;
mod convert;
mod follow;
mod lenient;
mod libpod;
mod look;
mod place;
mod read;
mod session;
mod told;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

pub use self::follow::{Follower, follow};
pub use self::told::unfollowed;

use self::api::Failure;
use self::look::Look;
use self::place::Place;
use self::told::{Report, Told};
use crate::model::Change;

/// Where to look for engines and network configurations.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The only Docker to ask, as `DOCKER_HOST` names it: `unix:///PATH`, a path, `tcp://HOST:PORT`.
    /// Without it, those at the usual places are asked, as Podman is.
    pub docker_host: Option<String>,
    /// `XDG_RUNTIME_DIR`, where our own engines without privileges listen.
    pub runtime_dir: Option<PathBuf>,
    /// The directories with CNI configurations, which then have to be there; else the usual one.
    pub cni_conf_dirs: Option<Vec<PathBuf>>,
    /// The root directory; another one in tests.
    pub root: PathBuf,
    /// Where proc(5) is mounted.
    pub proc: PathBuf,
}

impl Default for Sources {
    /// The usual places of this host.
    fn default() -> Self {
        Self {
            docker_host: None,
            runtime_dir: None,
            cni_conf_dirs: None,
            root: "/".into(),
            proc: "/proc".into(),
        }
    }
}

/// Asks every source once, all at the same time, and comes back after `within` at the latest with
/// what each of them said, or with why it said nothing. Must not be called inside tokio.
///
/// Where there is no engine, that costs a few system calls.
pub fn ask(sources: &Sources, within: Duration) -> Vec<Change> {
    let deadline = Instant::now() + within;
    let mut told = Told::default();
    let Some(Look { files, places, refused, .. }) = look(sources, within) else {
        let why = Failure::new("the host's files could not be read in time");
        return told.report(Report::unread(&why));
    };
    let mut changes = told.files(files.unwrap_or_default());
    changes.extend(told.refused(&refused));
    if places.is_empty() {
        return changes;
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(&error.to_string());
            let reports = places.iter().map(|place| Report::failed(place, &failure));
            changes.extend(reports.flat_map(|report| told.report(report)));
            return changes;
        }
    };
    let reports = runtime.block_on(ask_all(sources, places, deadline));
    changes.extend(reports.into_iter().flat_map(|report| told.report(report)));
    // A look-up of a host's name can't be cancelled, and is not waited for.
    runtime.shutdown_background();
    changes
}

/// What is found in that time.
fn look(sources: &Sources, within: Duration) -> Option<Look> {
    let (found, look) = channel();
    let sources = sources.clone();
    thread::Builder::new()
        .name("engines".into())
        .spawn(move || found.send(Look::once(&sources)))
        .ok()?;
    look.recv_timeout(within).ok()
}

async fn ask_all(sources: &Sources, places: Vec<Place>, deadline: Instant) -> Vec<Report> {
    let sources = Arc::new(sources.clone());
    let mut all = JoinSet::new();
    for place in places {
        let sources = Arc::clone(&sources);
        all.spawn(async move {
            let heard = timeout_at(deadline, read::read(&place, &sources, &mut None)).await;
            match heard.unwrap_or_else(|_| Err(Failure::new("it gave no answer in time"))) {
                Ok(heard) => Some(Report::heard(&place, heard)),
                Err(failure) if failure.absent && !place.named => None,
                Err(failure) => Some(Report::failed(&place, &failure)),
            }
        });
    }
    all.join_all().await.into_iter().flatten().collect()
}

/// Waits for sockets and clocks on the thread that it is given.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

#[cfg(test)]
mod tests;
