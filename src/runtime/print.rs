//! The program without its screen: print once, or print every change.

use std::io::{self, BufWriter, ErrorKind, Write, stderr, stdout};
use std::sync::mpsc;
use std::thread;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};

use super::change::explanation;
use super::{engines, hang_up, style};
use crate::cli::{Cli, Show, Status, Watch};
use crate::kernel::watcher::{self, News, Watcher};
use crate::model::resolve::Unresolved;
use crate::model::{Change, Problem, ProblemSource, Topology, text};
use crate::output;
use crate::owners::follow;

/// Prints what is there now.
pub fn show(cli: &Cli, show: &Show) -> Result<Status> {
    let style = style(cli.look);
    let topology = &engines::look(cli)?;
    let mut out = BufWriter::new(stdout().lock());
    let written = output::write(&mut out, show.output, topology, &show.selection(), style);
    finish(written.and_then(|()| out.flush()))?;
    name_untold(topology.untold(), style.ascii).context("writing to stderr")?;
    name_gaps(topology, style.ascii).context("writing to stderr")
}

/// Says what is wrong with a name.
pub fn misuse(cli: &Cli, topology: &Topology, unresolved: &Unresolved) -> Result<Status> {
    let ascii = style(cli.look).ascii;
    say(&explanation(unresolved), ascii)?;
    name_gaps(topology, ascii).context("writing to stderr")?;
    Ok(Status::Usage)
}

/// Writes to stderr.
pub fn say(told: &str, ascii: bool) -> Result<()> {
    let told = if ascii { text::ascii(told) } else { told.into() };
    stderr().write_all(told.as_bytes()).context("writing to stderr")
}

/// Judges what became of something written to stdout. A reader who has seen enough and closed the
/// pipe is no failure.
pub fn finish(written: io::Result<()>) -> Result<Status> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("writing to stdout")
        }
        _ => Ok(Status::Fine),
    }
}

/// Prints what is there now, then every change, until the reader or a signal ends it.
pub fn watch(cli: &Cli, watch: &Watch) -> Result<Status> {
    let style = style(cli.look);
    let watcher = Watcher::new().context("looking at this host's network namespaces")?;
    let (sender, news) = mpsc::sync_channel(64);
    let (end, believer) = (sender.clone(), sender.clone());
    let told = move |told| believer.send(Some(News::Changes(told))).is_ok();
    let _follower =
        follow(engines::sources(cli), told).context("starting the thread that follows engines")?;
    let _remote = watcher::spawn(watcher, move |news| sender.send(Some(news)).is_ok())
        .context("starting the watcher's thread")?;
    thread::Builder::new()
        .name("reader".into())
        .spawn(move || {
            hang_up::wait_for_readers_end();
            // Nobody listens any more when the program ends for another reason.
            let _ = end.send(None);
        })
        .context("starting the thread that waits for the reader's end")?;
    let mut lines = output::Watch::new(watch.all);
    let mut topology = Topology::default();
    let mut ready = false;
    for news in news {
        let Some(news) = news else { return Ok(Status::Fine) };
        let written = match news {
            News::Changes(changes) => {
                let untold = changes.iter().filter_map(untold).flatten();
                name_untold(untold, style.ascii).context("writing to stderr")?;
                let happenings = changes.into_iter().flat_map(|change| topology.apply(change));
                let happenings: Vec<_> = happenings.collect();
                if ready { write_all(&mut lines, &topology, &happenings) } else { Ok(()) }
            }
            News::Ready => {
                ready = true;
                name_gaps(&topology, style.ascii).context("writing to stderr")?;
                lines
                    .snapshot(&mut stdout().lock(), &topology, SystemTime::now())
                    .and_then(|()| stdout().flush())
            }
            News::Stats(_) | News::Reread => Ok(()),
            News::Lost(why) => return Err(anyhow!("{why}")),
        };
        let closed = written.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe);
        finish(written)?;
        if closed {
            return Ok(Status::Fine);
        }
    }
    Err(anyhow!("the watcher's thread has ended unexpectedly"))
}

fn write_all(
    lines: &mut output::Watch,
    topology: &Topology,
    happenings: &[crate::model::Happening],
) -> io::Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    for happening in happenings {
        lines.happening(&mut out, topology, happening, SystemTime::now())?;
    }
    lines.networks(&mut out, topology, SystemTime::now())?;
    out.flush()
}

/// What an engine or configuration files of networks did not tell.
fn untold(change: &Change) -> Option<&Vec<Problem>> {
    match change {
        Change::Problems { source: ProblemSource::Belief(_), list } => Some(list),
        _ => None,
    }
}

/// Names on stderr what engines and configuration files did not tell, a line each.
pub(super) fn name_untold<'a>(
    untold: impl Iterator<Item = &'a Problem>,
    ascii: bool,
) -> io::Result<()> {
    let mut err = stderr().lock();
    for Problem { what, why, .. } in untold {
        let line = format!("macvlens: {what}: {why}\n");
        err.write_all(if ascii { text::ascii(&line) } else { line.into() }.as_bytes())?;
    }
    Ok(())
}

/// Names on stderr what the view lacks, a line for each reason.
pub(super) fn name_gaps(topology: &Topology, ascii: bool) -> io::Result<Status> {
    let spelled = |text: String| if ascii { text::ascii(&text).into_owned() } else { text };
    let mut err = stderr().lock();
    let mut gaps: Vec<(&str, Vec<&str>)> = Vec::new();
    for problem in topology.problems().filter(|problem| problem.incomplete) {
        match gaps.iter_mut().find(|(why, _)| *why == problem.why) {
            Some((_, what)) => what.push(&problem.what),
            None => gaps.push((&problem.why, vec![&problem.what])),
        }
    }
    for (why, what) in gaps {
        let gap = spelled(format!("{}: {why}", what.join("; ")));
        writeln!(err, "macvlens: can't see {gap}")?;
    }
    Ok(if topology.is_complete() { Status::Fine } else { Status::Incomplete })
}
