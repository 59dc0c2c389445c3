//! Tests of who reaches whom and questions to their stacks, each on a thread of its own, so that
//! the loop never waits for frames.

use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::Event;
use crate::kernel::stack;
use crate::model::{Arrived, Link, LinkKey, Netns, Stack, Topology};
use crate::probe::{Ends, ProbeError, Site};
use crate::reach::{self, Found, Pair};

/// Tests a pair and tells what arrived and what was answered; in the event is the answer, whatever it is.
pub(super) fn begin(topology: &Topology, pair: [LinkKey; 2], told: &UnboundedSender<Event>) {
    let addresses = reach::pair(topology, pair[0], pair[1]).ok().map(|pair| [pair.from, pair.to]);
    let ends = Ends::of(topology, pair[0], pair[1]);
    let test = ends.map(|ends| move || find_out(&ends, addresses));
    try_out(test, told, move |result| Event::Probed { pair, result });
}

/// Asks for one address in the outside and tells what was answered; in the event is the answer, whatever
/// it is.
pub(super) fn begin_outside(
    topology: &Topology,
    from: LinkKey,
    asked: Pair,
    told: &UnboundedSender<Event>,
) {
    let test = Site::of(topology, from).map(|site| move || site.answers(asked.from, asked.to));
    try_out(test, told, move |result| Event::OutsideProbed { from, asked, result });
}

/// Does a test on a thread of its own, and tells its result or why there is none.
fn try_out<T>(
    test: Result<impl FnOnce() -> Result<T, ProbeError> + Send + 'static, ProbeError>,
    told: &UnboundedSender<Event>,
    event: impl Fn(Result<T, String>) -> Event + Copy + Send + 'static,
) {
    let answer = told.clone();
    // Nobody may be left to be told.
    let begun = test.map_err(|error| advised(&error)).and_then(|test| {
        let work = move || {
            let result = test().map_err(|error| advised(&error));
            drop(answer.send(event(result)));
        };
        let begun = thread::Builder::new().name("probe".into()).spawn(work);
        begun.map(drop).map_err(|error| format!("starting a thread: {error}"))
    });
    if let Err(why) = begun {
        drop(told.send(event(Err(why))));
    }
}

/// Why nothing could be opened, with what that takes.
pub(super) fn advised(error: &ProbeError) -> String {
    match error.advice() {
        Some(advice) => format!("{error}; {advice}"),
        None => error.to_string(),
    }
}

/// Sends frames and asks at the same time, so that a pair without answers takes no longer than asking.
fn find_out(ends: &Ends, addresses: Option<[IpAddr; 2]>) -> Result<Found, ProbeError> {
    thread::scope(|scope| {
        let asking = addresses.map(|addresses| scope.spawn(move || ends.answers(addresses)));
        let Arrived { unicast, broadcast } = ends.frames()?;
        let said = |both: thread::ScopedJoinHandle<'_, Result<_, _>>| {
            both.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        let answers = asking.map(said).transpose()?;
        Ok(Found { unicast, broadcast, answers })
    })
}

/// Asks the stacks of a pair and tells what they said; nothing of a pair without addresses.
pub(super) fn ask(topology: &Topology, pair: [LinkKey; 2], told: &UnboundedSender<Event>) {
    let Some(questions) = Questions::of(topology, pair) else { return };
    let told = told.clone();
    let work = move || drop(told.send(Event::Stacks { pair, stacks: questions.ask() }));
    // Without a thread nobody is asked, and nothing is claimed of what the stacks would do.
    drop(thread::Builder::new().name("stacks".into()).spawn(work));
}

/// Asks for the gateway behind an interface, of IPv4 before IPv6, and tells of one that there is.
pub(super) fn ask_gateway(topology: &Topology, of: LinkKey, told: &UnboundedSender<Event>) {
    let (Some(link), Some(namespace)) = (topology.link(of), topology.namespace(of.netns)) else {
        return;
    };
    let sources: Vec<_> = reach::sources(topology, of).collect();
    let (netns, link, told) = (namespace.netns.clone(), link.clone(), told.clone());
    let work = move || {
        let gateway = |source| stack::gateway(&netns, &link, source).ok().flatten();
        if let Some(gateway) = sources.into_iter().find_map(gateway) {
            drop(told.send(Event::Gateway { of, gateway }));
        }
    };
    // Without a thread nothing is proposed.
    drop(thread::Builder::new().name("gateway".into()).spawn(work));
}

/// What to ask of both stacks, each about the other's address, without the topology.
pub(super) struct Questions([Question; 2]);

struct Question {
    netns: Netns,
    link: Link,
    source: IpAddr,
    target: IpAddr,
}

impl Questions {
    /// `None` where the two have no addresses with which they would talk.
    pub(super) fn of(topology: &Topology, [from, to]: [LinkKey; 2]) -> Option<Self> {
        let pair = reach::pair(topology, from, to).ok()?;
        let question = |key: LinkKey, source, target| {
            let (link, namespace) = (topology.link(key)?, topology.namespace(key.netns)?);
            Some(Question { netns: namespace.netns.clone(), link: link.clone(), source, target })
        };
        Some(Self([question(from, pair.from, pair.to)?, question(to, pair.to, pair.from)?]))
    }

    /// The answers; nothing of one that could not be asked.
    pub(super) fn ask(&self) -> [Stack; 2] {
        self.0.each_ref().map(|question| question.ask().unwrap_or_default())
    }
}

impl Question {
    fn ask(&self) -> Option<Stack> {
        stack::ask(&self.netns, &self.link, self.source, self.target).ok()
    }
}
