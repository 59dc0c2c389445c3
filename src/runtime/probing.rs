//! Tests of who reaches whom, each on a thread of its own, so that the loop never waits for frames.

use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::Event;
use crate::model::{LinkKey, Topology};
use crate::probe::{Ends, Measured, ProbeError};
use crate::reach::Found;

/// Tests a pair and tells what arrived; in the event is the answer, whatever it is.
pub(super) fn begin(topology: &Topology, pair: [LinkKey; 2], told: &UnboundedSender<Event>) {
    let event = move |result: Result<Measured, ProbeError>| {
        let found = |Measured { unicast, broadcast }| Found { unicast, broadcast };
        let result = result.map(found).map_err(|error| {
            let advice = "that takes CAP_NET_RAW, and CAP_SYS_ADMIN to enter namespaces";
            if error.is_denied() { format!("{error}; {advice}") } else { error.to_string() }
        });
        Event::Probed { pair, result }
    };
    // Nobody may be left to be told.
    let ends = match Ends::of(topology, pair[0], pair[1]) {
        Ok(ends) => ends,
        Err(error) => return drop(told.send(event(Err(error)))),
    };
    let answer = told.clone();
    let test = move || drop(answer.send(event(ends.frames())));
    if let Err(error) = thread::Builder::new().name("probe".into()).spawn(test) {
        let result = Err(format!("starting a thread: {error}"));
        drop(told.send(Event::Probed { pair, result }));
    }
}
