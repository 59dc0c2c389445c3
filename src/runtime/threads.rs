//! The threads that the loop listens to: what reads the kernel, what asks engines, what makes changes.

use anyhow::{Context, Result};
use tokio::sync::mpsc;

use super::{engines, panic_if_asked};
use crate::app::Authority;
use crate::cli::Cli;
use crate::kernel::execute::{Executor, Report};
use crate::kernel::watcher::{self, News, Remote, Watcher};
use crate::model::Change;
use crate::owners::{Follower, follow};

/// News that may wait for the screen before the watcher has to.
pub(super) const CHANNEL: usize = 64;

/// Starts what reads the kernel, and gives its news.
pub(super) fn watch() -> Result<(Remote, mpsc::Receiver<News>)> {
    let (sender, news) = mpsc::channel(CHANNEL);
    let watcher = Watcher::new().context("looking at this host's network namespaces")?;
    let tell = move |news| {
        panic_if_asked();
        sender.blocking_send(news).is_ok()
    };
    let remote = watcher::spawn(watcher, tell).context("starting the watcher's thread")?;
    Ok((remote, news))
}

/// Starts what asks engines, and gives what they believe: a little at a time, and only what is new.
pub(super) fn ask(cli: &Cli) -> Result<(Follower, mpsc::UnboundedReceiver<Vec<Change>>)> {
    let (sender, beliefs) = mpsc::unbounded_channel();
    let tell = move |told| {
        panic_if_asked();
        sender.send(told).is_ok()
    };
    let follower = follow(engines::sources(cli), tell);
    Ok((follower.context("starting the thread that follows engines")?, beliefs))
}

/// Starts what makes changes, unless none may be made, and gives its reports.
pub(super) fn executor(
    authority: &Authority,
) -> Result<(Option<Executor>, mpsc::UnboundedReceiver<Report>)> {
    let (sender, reports) = mpsc::unbounded_channel();
    let executor = match authority {
        Authority::ReadOnly | Authority::None(_) => None,
        Authority::All | Authority::Own(_) => {
            let executor = Executor::spawn(move |report| sender.send(report).is_ok());
            Some(executor.context("starting the thread that makes changes")?)
        }
    };
    Ok((executor, reports))
}
