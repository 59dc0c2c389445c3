//! The thread that carries out plans, one at a time, and takes a change back in time if nobody
//! says that it may stay.
//!
//! Its clock is its own: a change that cuts off the terminal stops everything that writes to the
//! terminal, and only a thread that waits for nobody can undo it. So reports go out by way of
//! another thread, which may wait as long as it likes.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{perform, perform_all};
use crate::plan::{Outcome, Plan, Verdict};

/// What the executor is told.
#[derive(Debug)]
pub enum Job {
    /// Carry out a plan. A change that still waits for `Keep` is taken back first.
    Apply {
        /// The plan.
        plan: Box<Plan>,
        /// Take it back after this long, unless `Keep` comes in time.
        revert_after: Option<Duration>,
    },
    /// The change that waits may stay.
    Keep,
    /// Take the change that waits back now.
    Revert,
}

/// What the executor tells.
#[derive(Debug)]
pub enum Report {
    /// A plan was carried out, or failed.
    Applied {
        /// What became of it.
        outcome: Outcome,
        /// How long `Keep` can wait; `None` where nothing will be taken back.
        reverts_in: Option<Duration>,
    },
    /// The change stays.
    Kept,
    /// The change was taken back, as far as it could be.
    Reverted {
        /// What became of taking it back.
        outcome: Outcome,
        /// Who wanted it.
        why: ReversionCause,
    },
}

/// Why a change was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReversionCause {
    /// Nobody said in time that it may stay.
    TimedOut,
    /// `Revert` was asked for.
    Asked,
    /// Another plan came before anybody said that it may stay.
    Superseded,
    /// The program ends.
    Closed,
}

/// Carries out plans on a thread of its own.
///
/// Dropping it takes back what still waits for `Keep`, and returns when that is done.
pub struct Executor {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<Option<Report>>>,
}

impl Executor {
    /// Starts the thread. `sink` gets the reports on another thread and may block; when it returns
    /// false, nobody is there to say `Keep`, and what waits is taken back.
    pub fn spawn(mut sink: impl FnMut(Report) -> bool + Send + 'static) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let (outbox, reports) = mpsc::channel();
        let forward = move || {
            for report in reports {
                if !sink(report) {
                    break;
                }
            }
        };
        thread::Builder::new().name("reports".into()).spawn(forward)?;
        let work = move || Loop { inbox, outbox, waiting: None }.run();
        let thread = thread::Builder::new().name("executor".into()).spawn(work)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Hands over a job. Jobs are done in the order in which they come.
    pub fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // The thread ends early only when nobody listens to its reports any more.
            let _ = jobs.send(job);
        }
    }

    /// Ends the thread when it has done its jobs; tells what ending it took back, which the sink may
    /// not have lived to hear.
    pub fn close(mut self) -> Option<Report> {
        self.join()
    }

    fn join(&mut self) -> Option<Report> {
        drop(self.jobs.take());
        self.thread.take()?.join().ok().flatten()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.join();
    }
}

/// A change that may not stay yet.
struct Waiting {
    undo: Box<Plan>,
    until: Instant,
}

struct Loop {
    inbox: Receiver<Job>,
    outbox: Sender<Report>,
    waiting: Option<Waiting>,
}

impl Loop {
    fn run(mut self) -> Option<Report> {
        loop {
            let report = match self.next() {
                Ok(Some(Job::Apply { plan, revert_after })) => {
                    if let Some(report) = self.revert(ReversionCause::Superseded)
                        && self.outbox.send(report).is_err()
                    {
                        return None;
                    }
                    Some(self.apply(&plan, revert_after))
                }
                Ok(Some(Job::Keep)) => self.waiting.take().map(|_| Report::Kept),
                Ok(Some(Job::Revert)) => self.revert(ReversionCause::Asked),
                Ok(None) => self.revert(ReversionCause::TimedOut),
                Err(_) => return self.revert(ReversionCause::Closed),
            };
            if let Some(report) = report
                && self.outbox.send(report).is_err()
            {
                return self.revert(ReversionCause::Closed);
            }
        }
    }

    /// The next job; none when the time of the change that waits is over.
    fn next(&self) -> Result<Option<Job>, mpsc::RecvError> {
        let Some(waiting) = &self.waiting else {
            return self.inbox.recv().map(Some);
        };
        let left = waiting.until.saturating_duration_since(Instant::now());
        match self.inbox.recv_timeout(left) {
            Ok(job) => Ok(Some(job)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(mpsc::RecvError),
        }
    }

    fn apply(&mut self, plan: &Plan, revert_after: Option<Duration>) -> Report {
        let outcome = perform(plan);
        let undo = outcome.undo.clone().filter(|_| outcome.verdict == Verdict::Done);
        self.waiting = revert_after
            .zip(undo)
            .map(|(after, undo)| Waiting { undo, until: Instant::now() + after });
        let reverts_in = revert_after.filter(|_| self.waiting.is_some());
        Report::Applied { outcome, reverts_in }
    }

    fn revert(&mut self, why: ReversionCause) -> Option<Report> {
        let waiting = self.waiting.take()?;
        Some(Report::Reverted { outcome: perform_all(&waiting.undo), why })
    }
}
