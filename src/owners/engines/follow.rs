//! All sources, followed on a thread of their own.
//!
//! The thread sleeps in the kernel between events; every two seconds it looks whether a socket or
//! a configuration file is new.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::session::Session;
use super::told::{Report, Told};
use super::{Sources, place, runtime};
use crate::model::{Change, Text};
use crate::owners::networks::{self, Stamp};

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
    stamp: Option<Stamp>,
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
            stamp: None,
            wake: watch::channel(()).0,
            reports,
            inbox,
        }
    }

    async fn run(mut self, mut tell: impl FnMut(Vec<Change>) -> bool) {
        let mut changes = self.look();
        let mut next = Instant::now() + LOOK;
        loop {
            if !changes.is_empty() && !tell(changes) {
                return;
            }
            changes = tokio::select! {
                report = self.inbox.recv() => {
                    let Some(report) = report else { return };
                    let mut changes = self.told.report(report);
                    while let Ok(report) = self.inbox.try_recv() {
                        changes.extend(self.told.report(report));
                    }
                    changes
                }
                look = self.looks.changed() => {
                    if look.is_err() {
                        return;
                    }
                    self.stamp = None;
                    self.look()
                }
                () = sleep_until(next) => {
                    next = Instant::now() + LOOK;
                    self.look()
                }
            };
        }
    }

    /// Reads the files if they changed, and follows sockets that are new.
    fn look(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        let files = self.sources.files();
        let stamp = networks::stamp(&files);
        if self.stamp.as_ref() != Some(&stamp) {
            // Podman makes no event when one of its networks is made or removed, only a file.
            self.wake.send_replace(());
            self.stamp = Some(stamp);
            changes.extend(self.told.files(networks::read(&files)));
        }
        let (places, mut refused) = place::find(&self.sources);
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
                tokio::spawn(session.run());
            }
        }
        changes
    }
}
