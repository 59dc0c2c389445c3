//! Carries a plan out on the executor's thread, and where it hangs on a rope, asks whether to keep
//! it. Everything but a yes in time undoes it: no, the end of the input, a signal, or silence.
//!
//! The terminal is asked on a thread of its own, as it may be what the change has cut off.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::Signal;
use nix::sys::termios::{FlushArg, tcflush};
use tokio::sync::{mpsc, oneshot};

use super::super::Signals;
use crate::kernel::execute::{Executor, Job, Report};
use crate::plan::{Outcome, Plan};

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// What became of the plan.
    pub outcome: Outcome,
    /// What became of undoing it, if that was done.
    pub reversion: Option<Reversion>,
}

/// An undoing for want of a yes.
#[derive(Debug)]
pub(super) struct Reversion {
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was done.
    pub why: String,
    /// The signal that ended the wait.
    pub signal: Option<Signal>,
}

/// Carries the plan out and returns when its result stands. Signals don't interrupt it: a change is
/// never left half done.
pub(super) fn carry_out(plan: Plan, revert_after: Option<Duration>) -> Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("starting the event loop")?;
    runtime.block_on(follow(plan, revert_after))
}

async fn follow(plan: Plan, revert_after: Option<Duration>) -> Result<Ended> {
    let mut signals = Signals::new().context("listening to signals")?;
    let (sender, mut reports) = mpsc::unbounded_channel();
    let executor = Executor::spawn(move |report| sender.send(report).is_ok())
        .context("starting the executor's thread")?;
    executor.send(Job::Apply { plan: Box::new(plan), revert_after });
    let gone = || anyhow!("the executor's thread has ended unexpectedly");
    let applied = match reports.recv().await.ok_or_else(gone)? {
        Report::Applied { outcome, reverts_in: None } => {
            return Ok(Ended { outcome, reversion: None });
        }
        Report::Applied { outcome, reverts_in: Some(limit) } => (outcome, limit),
        other => return Err(anyhow!("the executor answered out of turn: {other:?}")),
    };
    let (outcome, limit) = applied;
    let seconds = limit.as_secs_f64().ceil();
    let mut answer =
        ask_on_thread(format!("Done. Keep this change? Undone in {seconds} s. [y/N] "))?;
    let mut asking = true;
    let mut cause = (format!("nobody confirmed it within {seconds} s"), None);
    loop {
        tokio::select! {
            biased;
            report = reports.recv() => match report.ok_or_else(gone)? {
                Report::Kept => return Ok(Ended { outcome, reversion: None }),
                Report::Reverted { outcome: undone, .. } => {
                    let (why, signal) = cause;
                    let reversion = Some(Reversion { outcome: undone, why, signal });
                    return Ok(Ended { outcome, reversion });
                }
                Report::Applied { .. } => return Err(anyhow!("the executor did it twice")),
            },
            signal = signals.next() => {
                // Stopped, the program could not undo anything.
                if !matches!(signal, Signal::SIGTSTP | Signal::SIGCONT) {
                    cause = (format!("{signal} came instead of a confirmation"), Some(signal));
                    executor.send(Job::Revert);
                }
            }
            answer = &mut answer, if asking => {
                asking = false;
                if answer == Ok(true) {
                    executor.send(Job::Keep);
                } else {
                    cause = ("it was not confirmed".into(), None);
                    executor.send(Job::Revert);
                }
            }
        }
    }
}

fn ask_on_thread(question: String) -> Result<oneshot::Receiver<bool>> {
    let (sender, answer) = oneshot::channel();
    let ask = move || {
        // What was typed before the change says nothing about the terminal after it.
        if stdin().is_terminal() {
            let _ = tcflush(stdin(), FlushArg::TCIFLUSH);
        }
        // Nobody waits for the answer when the program is about to end.
        let _ = sender.send(ask(&question));
    };
    thread::Builder::new().name("question".into()).spawn(ask).context("starting a thread")?;
    Ok(answer)
}

/// Asks on stderr and reads a line; whatever is not a yes is a no.
pub(super) fn ask(question: &str) -> bool {
    let mut answer = Vec::new();
    let asked = write!(stderr(), "{question}").and_then(|()| stderr().flush());
    let read = asked.and_then(|()| stdin().lock().read_until(b'\n', &mut answer));
    read.is_ok() && [&b"y"[..], b"yes"].contains(&&*answer.trim_ascii().to_ascii_lowercase())
}
