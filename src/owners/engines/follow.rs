//! All sources, followed on a thread of their own.
//!
//! The thread sleeps in the kernel between events; every two seconds it looks whether a socket or
//! a configuration file is new.

use std::collections::BTreeSet;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::look::Look;
use super::session::Session;
use super::told::{Report, Told};
use super::{Sources, runtime};
use crate::model::{Change, Text};
use crate::owners::networks::Stamp;

/// How often is looked for new sockets and changed files.
const LOOK: Duration = Duration::from_secs(2);
/// Reports that wait to be told; engines wait when there are more.
const WAITING: usize = 16;

/// The other end of the thread that follows all sources; when it is dropped, the thread ends.
pub struct Follower {
    looks: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Looks for new sources and reads all of them again, now.
    pub fn rescan(&self) {
        if let Some(looks) = &self.looks {
            looks.send_replace(());
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.looks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Follows all sources on a thread of its own until `tell` answers `false` or the follower is
/// dropped. `tell` gets only what is news. A source that no longer answers keeps what it said last,
/// beside a problem that says so.
pub fn follow(
    sources: Sources,
    tell: impl FnMut(Vec<Change>) -> bool + Send + 'static,
) -> io::Result<Follower> {
    let (looks, wanted) = watch::channel(());
    let runtime = runtime()?;
    let thread = thread::Builder::new().name("engines".into()).spawn(move || {
        runtime.block_on(Watch::new(sources, wanted).run(tell));
        // Whatever is under way is given up.
        runtime.shutdown_background();
    })?;
    Ok(Follower { looks: Some(looks), thread: Some(thread) })
}

struct Watch {
    sources: Arc<Sources>,
    looks: watch::Receiver<()>,
    told: Told,
    /// The sockets that are followed.
    followed: BTreeSet<Text>,
    sessions: JoinSet<()>,
    /// The state of the configuration files when they were read last.
    stamp: Option<Stamp>,
    /// Whether a look was asked for that has not begun yet.
    anew: bool,
    /// Wakes the sessions, as the end of its sender ends them.
    wake: watch::Sender<()>,
    reports: mpsc::Sender<Report>,
    inbox: mpsc::Receiver<Report>,
}

impl Watch {
    fn new(sources: Sources, looks: watch::Receiver<()>) -> Self {
        let (reports, inbox) = mpsc::channel(WAITING);
        Self {
            sources: Arc::new(sources),
            looks,
            told: Told::default(),
            followed: BTreeSet::new(),
            sessions: JoinSet::new(),
            stamp: None,
            anew: false,
            wake: watch::channel(()).0,
            reports,
            inbox,
        }
    }

    async fn run(mut self, mut tell: impl FnMut(Vec<Change>) -> bool) {
        let mut look: Option<task::JoinHandle<Look>> = None;
        let mut next = Instant::now();
        loop {
            let changes = tokio::select! {
                report = self.inbox.recv() => {
                    let Some(report) = report else { return };
                    let mut changes = self.told.report(report);
                    while let Ok(report) = self.inbox.try_recv() {
                        changes.extend(self.told.report(report));
                    }
                    changes
                }
                wanted = self.looks.changed() => {
                    if wanted.is_err() {
                        return;
                    }
                    self.stamp = None;
                    self.anew = true;
                    next = Instant::now();
                    Vec::new()
                }
                () = sleep_until(next), if look.is_none() => {
                    next = Instant::now() + LOOK;
                    let (sources, known) = (Arc::clone(&self.sources), self.stamp.take());
                    self.anew = false;
                    look = Some(task::spawn_blocking(move || Look::new(&sources, known.as_ref())));
                    Vec::new()
                }
                found = finished(&mut look) => {
                    look = None;
                    self.take(found.unwrap_or_else(fail))
                }
                Some(ended) = self.sessions.join_next() => {
                    ended.unwrap_or_else(fail);
                    Vec::new()
                }
            };
            if !changes.is_empty() && !tell(changes) {
                return;
            }
        }
    }

    /// Takes in what a look found, and follows sockets that are new.
    fn take(&mut self, look: Look) -> Vec<Change> {
        let Look { stamp, files, places, mut refused } = look;
        // Whoever wanted everything anew meanwhile gets it with the next look.
        self.stamp = (!self.anew).then_some(stamp);
        let mut changes = Vec::new();
        if let Some(files) = files {
            // Podman makes no event when one of its networks is made or removed, only a file.
            self.wake.send_replace(());
            changes.extend(self.told.files(files));
        }
        refused.retain(|refused| !self.followed.contains(&refused.place.origin));
        changes.extend(self.told.refused(&refused));
        for place in places {
            if self.followed.insert(place.origin.clone()) {
                let session = Session {
                    place,
                    sources: Arc::clone(&self.sources),
                    reports: self.reports.clone(),
                    looks: self.wake.subscribe(),
                };
                self.sessions.spawn(session.run());
            }
        }
        changes
    }
}

async fn finished(look: &mut Option<task::JoinHandle<Look>>) -> Result<Look, JoinError> {
    match look {
        Some(look) => look.await,
        None => std::future::pending().await,
    }
}

/// A part that has failed fails the whole, so that whoever listens learns of it.
fn fail<T>(error: JoinError) -> T {
    resume_unwind(error.into_panic())
}
