//! Drives the state machine in tests the way the runtime does: events in, effects collected, time
//! by hand.

use std::time::Duration;

use crossterm::event::{Event as Input, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::chord::Chord;
use super::{App, Effect, Event, Now, Settings, update};
use crate::lint::fixture;
use crate::model::{Change, Item};

/// 22:31:04.
const START: u32 = 81_064;

/// An application with its effects so far.
pub(crate) struct Driver {
    pub(crate) app: App,
    pub(crate) effects: Vec<Effect>,
    now: Duration,
}

impl Driver {
    /// The fixture's host on a screen of this size.
    pub(crate) fn new(width: u16, height: u16, settings: Settings) -> Self {
        let mut driver =
            Self { app: App::new(settings), effects: Vec::new(), now: Duration::from_secs(1) };
        driver.resize(width, height);
        driver.changes(fixture::changes());
        driver.send(Event::Ready);
        driver
    }

    /// The fixture's host on a screen of 120×40.
    pub(crate) fn large() -> Self {
        Self::new(120, 40, Settings::default())
    }

    /// Takes an event; the effects are those of this event alone.
    pub(crate) fn send(&mut self, event: Event) -> &[Effect] {
        let seconds = u32::try_from(self.now.as_secs()).unwrap();
        let now = Now { since_start: self.now, wall: START + seconds };
        self.effects = update(&mut self.app, now, event);
        &self.effects
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.send(Event::Input(Input::Resize(width, height)));
    }

    pub(crate) fn changes(&mut self, changes: Vec<Change>) {
        self.send(Event::Changes(changes));
    }

    /// Lets time pass and the tick come that the application asked for.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.send(Event::Tick);
    }

    /// Presses keys as the key table spells them, separated by spaces; effects of all of them.
    pub(crate) fn keys(&mut self, keys: &str) -> &[Effect] {
        let mut effects = Vec::new();
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().unwrap();
            effects.extend_from_slice(self.send(Event::Input(Input::Key(KeyEvent::from(chord)))));
        }
        self.effects = effects;
        &self.effects
    }

    /// Goes down to something.
    pub(crate) fn go_to(&mut self, item: Item) {
        self.keys("g");
        for _ in 0..100 {
            if self.app.tree().selected() == Some(item) {
                return;
            }
            self.keys("j");
        }
        panic!("{item:?} is not in the tree:\n{}", self.screen());
    }

    /// The selected thing by its name.
    pub(crate) fn selected(&self) -> String {
        let topology = self.app.topology();
        match self.app.tree().selected() {
            None => "nothing".into(),
            Some(Item::Link(key)) => topology.describe(key),
            Some(Item::Netns(id)) => format!("namespace {}", topology.label(id)),
            Some(Item::UnseenParent { ifindex, .. }) => format!("unseen {ifindex}"),
            Some(Item::Network(key)) => {
                let name = topology.network(key).map(|view| view.network.name.to_string());
                format!("network {}", name.unwrap_or_default())
            }
            Some(Item::Member(key)) => {
                let member = topology.member(key).and_then(|(_, member)| member.container);
                format!("member {}", member.map(|c| c.name.to_string()).unwrap_or_default())
            }
            Some(Item::Unattached) => "in no network".into(),
        }
    }

    /// The cells of the screen.
    pub(crate) fn buffer(&mut self) -> Buffer {
        self.draw().buffer().clone()
    }

    fn draw(&mut self) -> TestBackend {
        let area = self.app.area;
        let mut terminal = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
        terminal.draw(|frame| crate::view::draw(frame, &self.app)).unwrap();
        self.app.drawn();
        terminal.backend().clone()
    }

    /// What is on the screen.
    pub(crate) fn screen(&mut self) -> String {
        let text = self.draw().to_string();
        // Quotes around every line would only cost room.
        text.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
    }
}
