//! A watcher on its thread, for tests to ask what it has told so far.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use macvlens::kernel::watcher::{self, News, Remote, Watcher};
use macvlens::model::{Happening, Link, Topology};

use super::eventually;
use super::oracle::difference;

/// A watcher at work, and what it has told so far.
pub(crate) struct Watch {
    pub(crate) topology: Arc<Mutex<Topology>>,
    /// What happened since the first picture.
    pub(crate) happenings: Arc<Mutex<Vec<Happening>>>,
    pub(crate) remote: Remote,
    /// How many commands to read again were answered.
    pub(crate) rereads: Arc<AtomicUsize>,
    /// How long the receiver of the news dawdles before it takes the next.
    pub(crate) dawdle: Arc<Mutex<Duration>>,
}

impl Watch {
    pub(crate) fn start() -> Self {
        let topology = Arc::new(Mutex::new(Topology::default()));
        let happenings = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&happenings);
        let ready = Arc::new(Mutex::new(false));
        let dawdle = Arc::new(Mutex::new(Duration::ZERO));
        let rereads = Arc::new(AtomicUsize::new(0));
        let answered = Arc::clone(&rereads);
        let (seen, is_ready, delay) =
            (Arc::clone(&topology), Arc::clone(&ready), Arc::clone(&dawdle));
        let remote = watcher::spawn(Watcher::new().expect("a watcher"), move |news| {
            match news {
                News::Changes(changes) => {
                    let mut topology = seen.lock().unwrap();
                    for change in changes {
                        let new = topology.apply(change);
                        if *is_ready.lock().unwrap() {
                            told.lock().unwrap().extend(new);
                        }
                    }
                }
                News::Ready => *is_ready.lock().unwrap() = true,
                News::Reread => _ = answered.fetch_add(1, Ordering::SeqCst),
                News::Stats(_) => {}
                News::Lost(why) => panic!("{why}"),
            }
            sleep(*delay.lock().unwrap());
            true
        });
        eventually("the first picture", || *ready.lock().unwrap());
        Self { topology, happenings, remote: remote.expect("a thread"), rereads, dawdle }
    }

    pub(crate) fn link<T>(
        &self,
        netns: &str,
        name: &str,
        take: impl Fn(&Topology, &Link) -> T,
    ) -> Option<T> {
        let topology = self.topology.lock().unwrap();
        let namespace = topology.namespaces().find(|n| topology.label(n.netns.id) == netns)?;
        let link = namespace.links().find(|link| link.name == name.into())?;
        Some(take(&topology, link))
    }

    pub(crate) fn has(&self, netns: &str, name: &str) -> bool {
        self.link(netns, name, |_, _| ()).is_some()
    }

    pub(crate) fn parent(&self, netns: &str, name: &str) -> Option<String> {
        self.link(netns, name, |topology, link| {
            Some(topology.describe(link.parent.as_ref()?.key()?))
        })?
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        let topology = self.topology.lock().unwrap();
        topology.namespaces().map(|n| topology.label(n.netns.id).into_owned()).collect()
    }

    /// What holds a namespace, in words.
    pub(crate) fn holders(&self, netns: &str) -> Vec<String> {
        let topology = self.topology.lock().unwrap();
        let namespace = topology.namespaces().find(|n| topology.label(n.netns.id) == netns);
        let holders = namespace.map(|n| n.netns.holders.as_slice()).unwrap_or_default();
        holders.iter().map(ToString::to_string).collect()
    }

    /// Waits until the topology says what `ip` says.
    #[track_caller]
    pub(crate) fn agrees_with_ip(&self, names: &[&str]) {
        let start = Instant::now();
        loop {
            let difference = difference(&self.topology.lock().unwrap(), names);
            let Some(difference) = difference else { return };
            assert!(start.elapsed() < Duration::from_secs(20), "{difference}");
            sleep(Duration::from_millis(20));
        }
    }
}
