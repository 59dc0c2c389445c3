//! The thread on which a watcher lives, and the two channels that lead to it and away from it.
//!
//! Nothing here is shared: commands go in, news come out in order, and a receiver that is slow
//! slows the thread down until the kernel's buffer overflows, which it can recover from.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use super::schedule::{Schedule, silent_turns, sweep_share};
use super::{Dirty, Watcher};
use crate::kernel::KernelError;
use crate::kernel::discover::Depth;
use crate::model::{Change, LinkKey, NetnsId, Stats};

/// What the watcher tells.
#[derive(Debug)]
pub enum News {
    /// What changed, in order.
    Changes(Vec<Change>),
    /// Counters of the links that are watched.
    Stats(Vec<(LinkKey, Stats)>),
    /// Everything that was there at the start has been told.
    Ready,
    /// What [`Command::Reread`] asked for has been told.
    Reread,
    /// The watcher has ended, and why; nothing comes after it.
    Lost(String),
}

/// What the watcher can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look everywhere and read everything again.
    Rescan,
    /// Read the counters of these links from now on.
    Watch(Vec<LinkKey>),
    /// Read these namespaces again at once: not every change makes an event. Answered by
    /// [`News::Reread`].
    Reread(BTreeSet<NetnsId>),
    /// Read again how this link's parent is known.
    Examine(LinkKey),
}

/// The other end of a watcher's thread; when it is dropped, the thread ends.
pub struct Remote {
    commands: Option<Sender<Command>>,
    wake: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Remote {
    /// Passes a command on. One to a thread that has ended is dropped: its last news said so.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
        let _ = self.wake.write(1);
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.commands = None;
        let _ = self.wake.write(1);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts a watcher on a thread of its own. `sink` gets its news until it answers `false`.
pub fn spawn(
    watcher: Watcher,
    mut sink: impl FnMut(News) -> bool + Send + 'static,
) -> std::io::Result<Remote> {
    let (commands, inbox) = channel();
    let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?);
    let bell = Arc::clone(&wake);
    let thread = std::thread::Builder::new().name("watcher".into()).spawn(move || {
        let mut life = Life {
            watcher,
            inbox,
            bell,
            answers: 0,
            watched: Vec::new(),
            sweep: Vec::new(),
            roll_call: Vec::new(),
            turn: 0,
        };
        if let Err(error) = life.run(&mut sink) {
            sink(News::Lost(error.to_string()));
        }
    })?;
    Ok(Remote { commands: Some(commands), wake, thread: Some(thread) })
}

struct Life {
    watcher: Watcher,
    inbox: Receiver<Command>,
    bell: Arc<EventFd>,
    /// How many commands wait to be answered.
    answers: usize,
    watched: Vec<LinkKey>,
    /// Namespaces that still have their turn in this round of reading everything again.
    sweep: Vec<NetnsId>,
    /// Namespaces whose names are still to be compared with sysfs in this round, one in a beat:
    /// sysfs looks through the links of the whole host to list those of one namespace.
    roll_call: Vec<NetnsId>,
    /// Which part of the links without events has its turn.
    turn: usize,
}

impl Life {
    fn run(&mut self, sink: &mut impl FnMut(News) -> bool) -> Result<(), KernelError> {
        let mounts = File::open("/proc/self/mountinfo").map_err(|error| {
            KernelError::refused("opening /proc/self/mountinfo", super::errno(&error))
        })?;
        let start = Instant::now();
        self.watcher.prepare();
        let first = self.watcher.snapshot();
        let mut schedule = Schedule::new(Instant::now(), start.elapsed());
        if !(sink(News::Changes(first)) && sink(News::Ready)) {
            return Ok(());
        }
        let mut wake_at = None;
        loop {
            let mounted = self.wait(&mounts, schedule.wait(Instant::now(), wake_at))?;
            if self.obey().is_err() {
                return Ok(());
            }
            if mounted {
                self.watcher.rescan_mounts();
            }
            self.watcher.listen()?;
            wake_at = self.watcher.recall(Instant::now());
            let mut stats = Vec::new();
            let due = schedule.due(Instant::now());
            if due.beat {
                self.beat(due.full, &mut schedule);
                self.watched.iter().for_each(|key| self.watcher.read_lifetimes(*key));
                stats = self.stats();
            }
            self.watcher.refresh();
            if self.watcher.wants_scan {
                let now = Instant::now();
                if let Err(at) = schedule.hint(now) {
                    wake_at = Some(wake_at.map_or(at, |other| other.min(at)));
                } else {
                    self.watcher.wants_scan = false;
                    self.watcher.rescan(Depth::Quick);
                    self.watcher.refresh();
                }
            }
            let changes = self.watcher.take();
            let told = (changes.is_empty() || sink(News::Changes(changes)))
                && (0..std::mem::take(&mut self.answers)).all(|_| sink(News::Reread))
                && (stats.is_empty() || sink(News::Stats(stats)));
            if !told {
                return Ok(());
            }
        }
    }

    /// Sleeps until an event, a command, a change of the mounts or the time-out; tells whether the
    /// mounts changed (proc_pid_mountinfo(5): such a change is an exceptional condition).
    fn wait(&self, mounts: &File, timeout: Duration) -> Result<bool, KernelError> {
        // Rounded up, or the last part of a millisecond would be spent in a busy loop.
        let millis = timeout.as_micros().div_ceil(1000);
        let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        let mut fds = vec![
            PollFd::new(mounts.as_fd(), PollFlags::POLLPRI),
            PollFd::new(self.bell.as_fd(), PollFlags::POLLIN),
        ];
        let events = self.watcher.observer.event_fds();
        fds.extend(events.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        if let Err(errno) = poll(&mut fds, timeout)
            && errno != Errno::EINTR
        {
            return Err(KernelError::refused("waiting for events", errno));
        }
        let mounted = PollFlags::POLLPRI | PollFlags::POLLERR;
        Ok(fds[0].revents().is_some_and(|events| events.intersects(mounted)))
    }

    /// Carries out commands; an error when nobody is there any more to give them.
    fn obey(&mut self) -> Result<(), TryRecvError> {
        let _ = self.bell.read();
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Rescan) => {
                    self.watcher.rescan(Depth::Full);
                    let all: Vec<_> =
                        self.watcher.topology.namespaces().map(|n| n.netns.id).collect();
                    for id in all {
                        self.watcher.ask_owner(id);
                        self.watcher.dirty.insert(id, Dirty::All);
                    }
                }
                Ok(Command::Reread(namespaces)) => {
                    self.watcher.dirty.extend(namespaces.into_iter().map(|id| (id, Dirty::All)));
                    self.answers += 1;
                }
                Ok(Command::Watch(links)) => self.watched = links,
                Ok(Command::Examine(key)) => self.watcher.examine(key),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(TryRecvError::Disconnected),
            }
        }
    }

    fn beat(&mut self, full: bool, schedule: &mut Schedule) {
        let start = Instant::now();
        self.watcher.rescan(if full { Depth::Full } else { Depth::Quick });
        if full {
            schedule.full_took(Instant::now(), start.elapsed());
        }
        let silent: Vec<LinkKey> = self
            .watcher
            .topology
            .links()
            .filter(|link| link.macvlan().is_some() && !link.flags.is_up())
            .map(|link| link.key)
            .collect();
        let turns = silent_turns(silent.len());
        self.turn = (self.turn + 1) % turns;
        let turn = silent.into_iter().skip(self.turn).step_by(turns);
        for key in turn {
            self.watcher.read_silent(key);
        }
        if self.sweep.is_empty() {
            self.sweep = self.watcher.topology.namespaces().map(|n| n.netns.id).collect();
        }
        let is_deaf = self.watcher.observer.is_deaf();
        let share = sweep_share(self.watcher.topology.namespaces().len(), is_deaf);
        let share = share.min(self.sweep.len());
        for id in self.sweep.drain(..share) {
            self.watcher.ask_owner(id);
            self.watcher.read_all(id, None);
        }
        if self.roll_call.is_empty() {
            self.roll_call = self.watcher.topology.namespaces().map(|n| n.netns.id).collect();
        }
        if let Some(id) = self.roll_call.pop() {
            self.watcher.check_names(id);
        }
    }

    fn stats(&mut self) -> Vec<(LinkKey, Stats)> {
        let observer = &mut self.watcher.observer;
        self.watched.iter().filter_map(|key| Some((*key, observer.stats(*key)?))).collect()
    }
}
