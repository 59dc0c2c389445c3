//! A picture of the UI without a terminal: the host is read, keys are pressed, and what would be on
//! the screen is written as SVG. Probes are sent where a key asks for them; nothing is changed.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use crossterm::event::{Event as Input, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::{engines, probing};
use crate::app::chord::Chord;
use crate::app::{self, App, ColorDepth, Effect, Event, Now};
use crate::cli::{Cli, Status};
use crate::kernel::watcher::{self, Command, News, Remote, Watcher};
use crate::model::text::printable;
use crate::model::{Address, Change, Host, Link, LinkKey, MacvlanSupport};
use crate::owners::ask;
use crate::reach::Pair;
use crate::view::{self, picture::svg};

/// How long engines are waited for, and addresses that may never be in use.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an answer is waited for that comes in milliseconds or, where there is nothing new, never.
const MOMENT: Duration = Duration::from_secs(1);
/// Time stands still in a picture: while the host is read, and later, when a lesson has begun.
const NOW: Now = Now { since_start: Duration::from_secs(1), wall: 0 };
const LATER: Now = Now { since_start: Duration::from_secs(10), wall: 0 };

/// Takes the picture that the command line asks for.
pub(super) fn take(settings: app::Settings, cli: &Cli, path: &Path) -> Result<Status> {
    let keys: Vec<Chord> = cli
        .keys
        .split_whitespace()
        .map(|key| key.parse().map_err(|why| anyhow!("--keys: {why}")))
        .collect::<Result<_>>()?;
    let name = printable(path.as_os_str().as_bytes());
    let made = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path);
    let mut file = made.with_context(|| format!("creating the picture {name}"))?;
    let colors = if cli.look.no_color { ColorDepth::None } else { ColorDepth::True };
    // As asked for, whatever terminal there is.
    let settings = app::Settings { ascii: cli.look.ascii, colors, ..settings };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let picture = runtime.context("starting the event loop")?.block_on(async {
        let mut studio = Studio::open(settings, cli)?;
        studio.begin().await?;
        for key in keys {
            studio.send(Event::Input(Input::Key(KeyEvent::from(key))));
            studio.settle().await?;
        }
        studio.picture(cli.size)
    })?;
    file.write_all(picture.as_bytes()).with_context(|| format!("writing the picture {name}"))?;
    Ok(Status::Fine)
}

/// Something that was asked for and has not come yet.
enum Awaited {
    Link(LinkKey),
    Probe([LinkKey; 2]),
    Outside(LinkKey, Pair),
    Gateway(LinkKey),
}

impl Awaited {
    fn is_in(&self, event: &Event) -> bool {
        match (self, event) {
            (Self::Link(key), Event::Changes(changes)) => changes
                .iter()
                .any(|change| matches!(change, Change::Link(link) if link.key == *key)),
            (Self::Probe(pair), Event::Probed { pair: probed, .. }) => pair == probed,
            (Self::Outside(link, pair), Event::OutsideProbed { from, asked, .. }) => {
                (link, pair) == (from, asked)
            }
            (Self::Gateway(link), Event::Gateway { of, .. }) => link == of,
            _ => false,
        }
    }
}

/// The state machine with all that answers it.
struct Studio {
    app: App,
    now: Now,
    remote: Remote,
    events: UnboundedReceiver<Event>,
    prober: UnboundedSender<Event>,
    awaited: Vec<Awaited>,
}

impl Studio {
    fn open(settings: app::Settings, cli: &Cli) -> Result<Self> {
        let watcher = Watcher::new().context("looking at this host's network namespaces")?;
        let (prober, events) = unbounded_channel();
        let told = prober.clone();
        let tell = move |news| event_of(news).is_none_or(|event| told.send(event).is_ok());
        let remote = watcher::spawn(watcher, tell).context("starting the watcher's thread")?;
        let app = App::new(settings);
        let mut studio = Self { app, now: NOW, remote, events, prober, awaited: Vec::new() };
        studio.send(Event::Input(Input::Resize(cli.size.0, cli.size.1)));
        studio.send(Event::Changes(ask(&engines::sources(cli), PATIENCE)));
        Ok(studio)
    }

    fn send(&mut self, event: Event) {
        self.awaited.retain(|awaited| !awaited.is_in(&event));
        for effect in app::update(&mut self.app, self.now, event) {
            self.perform(&effect);
        }
    }

    /// Does what only looks.
    fn perform(&mut self, effect: &Effect) {
        match *effect {
            Effect::Examine(key) => {
                self.remote.send(Command::Examine(key));
                self.awaited.push(Awaited::Link(key));
            }
            Effect::Probe(pair) => {
                self.awaited.push(Awaited::Probe(pair));
                probing::begin(self.app.topology(), pair, &self.prober);
            }
            Effect::ProbeOutside { from, asked } => {
                self.awaited.push(Awaited::Outside(from, asked));
                probing::begin_outside(self.app.topology(), from, asked, &self.prober);
            }
            Effect::AskGateway(link) => {
                self.awaited.push(Awaited::Gateway(link));
                probing::ask_gateway(self.app.topology(), link, &self.prober);
            }
            Effect::AskStacks(pair) => {
                if let Some(questions) = probing::Questions::of(self.app.topology(), pair) {
                    let stacks = questions.ask();
                    self.send(Event::Stacks { pair, stacks });
                }
            }
            _ => {}
        }
    }

    /// Takes in the host as it is. New IPv6 addresses have to be in use (RFC 4862 §5.4) before it counts as
    /// complete: what happens to a link later is news, and would glow.
    async fn begin(&mut self) -> Result<()> {
        let is_tentative = |link: &Link| {
            link.addresses.iter().any(|address| address.flags & Address::TENTATIVE != 0)
        };
        loop {
            match self.next().await? {
                Event::Ready => break,
                event => self.send(event),
            }
        }
        let wait = async {
            while self.app.topology().links().any(is_tentative) {
                let event = self.next().await?;
                self.send(event);
            }
            anyhow::Ok(())
        };
        // Those of a link without a carrier never are.
        timeout(PATIENCE, wait).await.unwrap_or(Ok(()))?;
        self.send(Event::Ready);
        self.settle().await?;
        self.now = LATER;
        self.send(Event::Tick);
        Ok(())
    }

    async fn next(&mut self) -> Result<Event> {
        match self.events.recv().await {
            Some(Event::Lost(why)) => Err(anyhow!("{why}")),
            Some(event) => Ok(event),
            None => Err(anyhow!("the watcher's thread has failed")),
        }
    }

    /// Takes events until all has come that was asked for.
    async fn settle(&mut self) -> Result<()> {
        while !self.awaited.is_empty() {
            // A probe is always answered.
            let is_sure =
                |awaited: &Awaited| matches!(awaited, Awaited::Probe(_) | Awaited::Outside(..));
            let event = if self.awaited.iter().any(is_sure) {
                self.next().await?
            } else {
                let Ok(event) = timeout(MOMENT, self.next()).await else { break };
                event?
            };
            self.send(event);
        }
        self.awaited.clear();
        Ok(())
    }

    fn picture(&self, (columns, rows): (u16, u16)) -> Result<String> {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows))?;
        terminal.draw(|frame| view::draw(frame, &self.app))?;
        Ok(svg(terminal.backend().buffer(), "macvlens on a terminal"))
    }
}

/// News as the state machine takes them, without counters, which would differ in each picture.
fn event_of(news: News) -> Option<Event> {
    match news {
        News::Changes(mut changes) => {
            for change in &mut changes {
                if let Change::Host(host) = change {
                    *host = nameless(host);
                }
            }
            Some(Event::Changes(changes))
        }
        News::Ready => Some(Event::Ready),
        News::Lost(why) => Some(Event::Lost(why)),
        News::Stats(_) | News::Reread => None,
    }
}

/// A machine like this one: pictures go elsewhere, and should be the same wherever they are taken.
fn nameless(host: &Host) -> Host {
    let major = host.kernel.split('.').next().unwrap_or_default();
    let support = match host.support {
        MacvlanSupport::BuiltIn => MacvlanSupport::Loaded,
        other => other,
    };
    Host { hostname: "host".into(), kernel: format!("{major}.x"), support }
}
