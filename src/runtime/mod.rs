//! What joins the rooms: events in, one reducer, effects out, and the screen drawn in between.
//!
//! The loop waits for events and for nothing else. The kernel is read on the watcher's thread, and
//! whatever an effect does here is quick and can't block.

pub mod change;
mod effects;
mod environment;
mod job;
mod journal;
pub mod print;
mod screen;
mod session;
mod terminal;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use chrono::Timelike;
use crossterm::event::EventStream;
use futures_util::StreamExt;
use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::app::{self, App, Event, Now};
use crate::kernel::watcher::{self, News, Remote, Watcher};
use crate::view;

pub use environment::{Config, is_read_only, settings, style};
use terminal::Terminal;

/// News that may wait for the screen before the watcher has to.
const CHANNEL: usize = 64;

/// Opens the UI and runs it until somebody ends it; tells the exit status.
pub fn run(settings: app::Settings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the event loop")?;
    runtime.block_on(async {
        let (sender, news) = mpsc::channel(CHANNEL);
        let watcher = Watcher::new().context("looking at this host's network namespaces")?;
        let remote = watcher::spawn(watcher, move |news| sender.blocking_send(news).is_ok())
            .context("starting the watcher's thread")?;
        let terminal = Terminal::open(settings.mouse).context("taking over the terminal")?;
        let app = App::new(settings);
        Loop { app, terminal, remote, news, start: Instant::now() }.run().await
    })
}

struct Loop {
    app: App,
    terminal: Terminal,
    remote: Remote,
    news: mpsc::Receiver<News>,
    start: Instant,
}

/// What ends the loop.
enum End {
    Quit,
    Signal(Signal),
}

impl Loop {
    async fn run(mut self) -> Result<ExitCode> {
        let mut signals = Signals::new().context("listening to signals")?;
        let mut input = EventStream::new();
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
                event = input.next() => match event {
                    Some(event) => Event::Input(event.context("reading the keyboard")?),
                    None => return Err(anyhow!("the terminal has closed")),
                },
                news = self.news.recv() => match news {
                    Some(news) => event_of(news),
                    None => return Err(anyhow!("the watcher's thread has ended unexpectedly")),
                },
                () = sleep(tick) => Event::Tick,
            };
            if let Some(end) = self.handle(event)? {
                return Ok(self.end(&end));
            }
            // Whatever has piled up is taken in before the screen is drawn again.
            for _ in 0..CHANNEL {
                let Ok(news) = self.news.try_recv() else { break };
                if let Some(end) = self.handle(event_of(news))? {
                    return Ok(self.end(&end));
                }
            }
        }
    }

    fn handle(&mut self, event: Event) -> Result<Option<End>> {
        let now = self.now();
        let effects = app::update(&mut self.app, now, event);
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
        // What a test of the worst case asks for; no release build looks at it.
        assert!(!cfg!(debug_assertions) || std::env::var_os("MACVLENS_PANIC").is_none());
        Ok(())
    }

    /// Tells the app how large the terminal is; it learns of later changes by itself.
    fn resize(&mut self) -> Result<()> {
        let (columns, rows) = terminal::size().context("asking the terminal's size")?;
        self.handle(Event::Input(crossterm::event::Event::Resize(columns, rows)))?;
        Ok(())
    }

    fn now(&self) -> Now {
        let wall = chrono::Local::now().time().num_seconds_from_midnight();
        Now { since_start: self.start.elapsed(), wall }
    }

    /// Gives the terminal back and makes the exit status: 128 and its number for a signal, as
    /// shells report it.
    fn end(self, end: &End) -> ExitCode {
        drop(self.terminal);
        match end {
            End::Quit => ExitCode::SUCCESS,
            End::Signal(signal) => {
                ExitCode::from(128 + u8::try_from(*signal as i32).unwrap_or_default())
            }
        }
    }
}

fn event_of(news: News) -> Event {
    match news {
        News::Changes(changes) => Event::Changes(changes),
        News::Stats(stats) => Event::Stats(stats),
        News::Ready => Event::Ready,
        News::Lost(why) => Event::Lost(why),
    }
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// The signals that mean something to a program on a terminal.
struct Signals {
    all: Vec<(Signal, tokio::signal::unix::Signal)>,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let wanted = [
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTSTP,
            Signal::SIGCONT,
        ];
        let all = wanted.into_iter().map(|number| {
            signal(SignalKind::from_raw(number as i32)).map(|stream| (number, stream))
        });
        Ok(Self { all: all.collect::<std::io::Result<_>>()? })
    }

    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            for (number, stream) in &mut self.all {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}
