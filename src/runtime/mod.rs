//! What joins the rooms: events in, one reducer, effects out, and the screen drawn in between.
//!
//! The loop waits for events and for nothing else. The kernel is read on the watcher's thread, and
//! whatever an effect does here is quick and can't block.

mod capturing;
pub mod change;
mod effects;
mod engines;
mod environment;
pub mod export;
mod hang_up;
mod job;
mod journal;
pub mod lab;
pub mod modes;
pub mod packets;
mod picture;
pub mod print;
mod probing;
pub mod reach;
mod record;
mod screen;
mod session;
mod signals;
mod staging;
mod terminal;
mod threads;

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{Write, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use chrono::Timelike;
use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use nix::sys::signal::Signal;
use tokio::sync::mpsc;

use crate::app::{self, App, Authority, Event, Now};
use crate::cli::Cli;
use crate::kernel::execute::{Executor, Report, ReversionCause};
use crate::kernel::privileges::drop_for_looking;
use crate::kernel::watcher::{Command, News, Remote};
use crate::model::{Change, NetnsId};
use crate::owners::{Follower, unfollowed};
use crate::plan::Verdict;
use crate::view;

use capturing::Captures;
pub use environment::{Config, is_read_only, settings, style};
use journal::Journal;
use record::Recorder;
use signals::Signals;
use terminal::Terminal;
pub use terminal::unfit;

/// Opens the UI and runs it until somebody ends it; tells the exit status.
pub fn run(settings: app::Settings, cli: &Cli) -> Result<ExitCode> {
    if let Some(path) = &cli.picture {
        return Ok(picture::take(settings, cli, path)?.into());
    }
    let journal = cli.journal.as_deref().map(Journal::open).transpose()?;
    let size = terminal::size().context("asking the terminal's size")?;
    let record = |path: &PathBuf| Recorder::create(path, size);
    let recorder = cli.record.as_ref().map(record).transpose()?;
    if settings.authority == Authority::ReadOnly {
        // Before there are other threads, which would keep them.
        drop_for_looking().context("dropping the privileges that looking does not need")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the event loop")?;
    runtime.block_on(async { Loop::new(settings, cli, journal, recorder)?.run().await })
}

struct Loop {
    /// Dropped before all else, so that a change that waits is reverted even where the terminal can
    /// no longer be given back.
    executor: Option<Executor>,
    reports: mpsc::UnboundedReceiver<Report>,
    /// Reports that wait until the watcher has read again what they are about, so that nothing is
    /// told, nor anything planned after it, before the screen shows it.
    early: VecDeque<Report>,
    /// The namespaces that the last change was about.
    touched: BTreeSet<NetnsId>,
    journal: Option<Journal>,
    /// `None` while a shell reads the keyboard.
    input: Option<EventStream>,
    app: App,
    terminal: Terminal,
    /// Dropped before the watcher, which else would wait for room in a full channel while its own end
    /// is waited for.
    news: mpsc::Receiver<News>,
    remote: Remote,
    /// Follows what engines say of their networks and containers; `None` when it has failed.
    follower: Option<Follower>,
    beliefs: mpsc::UnboundedReceiver<Vec<Change>>,
    /// What a test on the wire tells, and for the next one.
    prober: mpsc::UnboundedSender<Event>,
    findings: mpsc::UnboundedReceiver<Event>,
    /// What passes an interface, while somebody looks.
    captures: Captures,
    start: Instant,
}

/// What ends the loop.
enum End {
    Quit,
    Signal(Signal),
}

impl Loop {
    /// Starts the threads, and takes over the terminal.
    fn new(
        settings: app::Settings,
        cli: &Cli,
        journal: Option<Journal>,
        recorder: Option<Recorder<File>>,
    ) -> Result<Self> {
        let (remote, news) = threads::watch()?;
        let (follower, beliefs) = threads::ask(cli)?;
        let (executor, reports) = threads::executor(&settings.authority)?;
        let (prober, findings) = mpsc::unbounded_channel();
        let terminal = Terminal::open(settings.mouse, recorder);
        Ok(Self {
            executor,
            reports,
            early: VecDeque::new(),
            touched: BTreeSet::new(),
            journal,
            terminal: terminal.context("taking over the terminal")?,
            input: Some(EventStream::new()),
            app: App::new(settings),
            news,
            remote,
            follower: Some(follower),
            beliefs,
            prober,
            findings,
            captures: Captures::default(),
            start: Instant::now(),
        })
    }

    async fn run(mut self) -> Result<ExitCode> {
        let mut signals = Signals::new().context("listening to signals")?;
        let mut gone = hang_up::of_terminal()
            .context("starting the thread that waits for the terminal's end")?;
        self.resize()?;
        loop {
            if self.app.needs_draw() {
                self.draw()?;
            }
            let tick = self.app.next_tick(self.now());
            let event = tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    Signal::SIGTSTP => {
                        self.suspend()?;
                        continue;
                    }
                    Signal::SIGCONT => {
                        self.terminal.resume()?;
                        self.resize()?;
                        continue;
                    }
                    signal => return Ok(self.end(&End::Signal(signal))),
                },
                _ = &mut gone => return Ok(self.end(&End::Signal(Signal::SIGHUP))),
                event = next_input(&mut self.input) => match event {
                    // The size that it tells is not yet that of the area to draw on.
                    Some(Ok(Input::Resize(..))) => {
                        self.resize()?;
                        continue;
                    }
                    Some(event) => Event::Input(event.context("reading the keyboard")?),
                    None => return Err(anyhow!("the terminal has closed")),
                },
                news = self.news.recv(), if self.app.lost().is_none() => {
                    let failed = || News::Lost("the watcher's thread has failed".into());
                    match self.event_of(news.unwrap_or_else(failed))? {
                        Some(event) => event,
                        None => continue,
                    }
                }
                told = self.beliefs.recv(), if self.follower.is_some() => {
                    Event::Changes(told.unwrap_or_else(|| {
                        self.follower = None;
                        unfollowed()
                    }))
                }
                Some(told) = self.findings.recv() => told,
                caught = self.captures.next() => caught,
                report = self.reports.recv(), if self.executor.is_some() => {
                    let gone = || anyhow!("the thread that makes changes has ended unexpectedly");
                    match self.put_off(report.ok_or_else(gone)?) {
                        Some(report) => event_of_report(report),
                        None => continue,
                    }
                }
                () = sleep(tick) => Event::Tick,
            };
            if let Some(end) = self.handle(event)? {
                return Ok(self.end(&end));
            }
            // Whatever has piled up is taken in before the screen is drawn again.
            for _ in 0..threads::CHANNEL {
                let Ok(news) = self.news.try_recv() else { break };
                if let Some(event) = self.event_of(news)?
                    && let Some(end) = self.handle(event)?
                {
                    return Ok(self.end(&end));
                }
            }
        }
    }

    fn event_of(&mut self, news: News) -> Result<Option<Event>> {
        Ok(match news {
            News::Changes(changes) => Some(Event::Changes(changes)),
            News::Stats(stats) => Some(Event::Stats(stats)),
            News::Ready => Some(Event::Ready),
            News::Reread => self.early.pop_front().map(event_of_report),
            News::Lost(why) => {
                self.tell_early()?;
                Some(Event::Lost(why))
            }
        })
    }

    /// Keeps a report back until the watcher has read what it is about; gives it back where no
    /// watcher is left to do so.
    fn put_off(&mut self, report: Report) -> Option<Report> {
        if self.app.lost().is_some() {
            return Some(report);
        }
        self.early.push_back(report);
        self.remote.send(Command::Reread(self.touched.clone()));
        None
    }

    /// Tells what was kept back, as nothing more is going to be read.
    fn tell_early(&mut self) -> Result<()> {
        while let Some(report) = self.early.pop_front() {
            self.handle(event_of_report(report))?;
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<Option<End>> {
        let now = self.now();
        let is_ready = matches!(event, Event::Ready);
        let effects = app::update(&mut self.app, now, event);
        if is_ready && let Some(session) = session::current(self.app.topology()) {
            app::update(&mut self.app, now, Event::Session(session));
        }
        for effect in effects {
            if let Some(end) = self.perform(effect)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    fn draw(&mut self) -> Result<()> {
        let app = &self.app;
        self.terminal.draw(|frame| view::draw(frame, app)).context("writing to the terminal")?;
        self.app.drawn();
        panic_if_asked();
        if let Some(why) = self.terminal.take_failure() {
            self.handle(Event::RecordingFailed(why))?;
        }
        Ok(())
    }

    /// Tells the app how large the terminal is; it learns of later changes by itself.
    fn resize(&mut self) -> Result<()> {
        let (columns, rows) = terminal::size().context("asking the terminal's size")?;
        self.terminal.resized((columns, rows));
        self.handle(Event::Input(Input::Resize(columns, rows)))?;
        Ok(())
    }

    fn now(&self) -> Now {
        let wall = chrono::Local::now().time().num_seconds_from_midnight();
        Now { since_start: self.start.elapsed(), wall }
    }

    /// Reverts a change that waits, gives the terminal back, and makes the exit status: 128 and its
    /// number for a signal, as shells report it.
    fn end(mut self, end: &End) -> ExitCode {
        // What it asks for is at most a line in the journal.
        let _ = self.tell_early();
        let pending = self.app.pending().map(|pending| pending.title.clone());
        let last = self.executor.take().and_then(Executor::close);
        let told = last.map(event_of_report).zip(pending).map(|(event, title)| {
            let told = last_words(&event, &title);
            let _ = self.handle(event);
            told
        });
        drop(self.terminal);
        if let Some(told) = told {
            // Nobody may be left to read it.
            let _ = writeln!(stderr(), "macvlens: {told}");
        }
        match end {
            End::Quit => ExitCode::SUCCESS,
            End::Signal(signal) => {
                ExitCode::from(128 + u8::try_from(*signal as i32).unwrap_or_default())
            }
        }
    }
}

/// A test of the worst case names a file that brings it about, and in it the thread that panics; no
/// release build looks at it.
fn panic_if_asked() {
    let file = std::env::var_os("MACVLENS_PANIC").filter(|_| cfg!(debug_assertions));
    let asked = file.and_then(|file| std::fs::read_to_string(file).ok());
    let asked = asked.is_some_and(|name| thread::current().name() == Some(&*name));
    assert!(!asked, "a test asked for it");
}

fn event_of_report(report: Report) -> Event {
    match report {
        Report::Applied { outcome, reverts_in } => Event::Applied { outcome, reverts_in },
        Report::Kept => Event::Kept,
        Report::Reverted { outcome, why } => {
            let why = match why {
                ReversionCause::TimedOut => "nobody kept it in time",
                ReversionCause::Asked => "it was asked for",
                ReversionCause::Superseded => "another change came before it was kept",
                ReversionCause::Closed => "the program ended before it was kept",
            };
            Event::Reverted { outcome, why: why.into() }
        }
    }
}

/// What became of a change that waited when the program ended.
fn last_words(event: &Event, title: &str) -> String {
    match event {
        Event::Reverted { outcome, .. } => match &outcome.verdict {
            Verdict::Done => format!("reverted, because nobody kept it: {title}"),
            Verdict::Failed(why) => format!("could not revert '{title}': {why}"),
            Verdict::WorldChanged(changes) => {
                format!("did not revert '{title}': {}", changes.join("; "))
            }
        },
        _ => format!("done: {title}"),
    }
}

async fn next_input(input: &mut Option<EventStream>) -> Option<std::io::Result<Input>> {
    match input {
        Some(input) => input.next().await,
        None => std::future::pending().await,
    }
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
