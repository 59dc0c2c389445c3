//! One engine, followed: read whenever something happens to its networks or containers, and tried
//! again for as long as it does not answer.

use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::EventMessage;
use futures_util::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::Sources;
use super::api::{Api, Failure};
use super::connection::Limit;
use super::place::Place;
use super::read;
use super::told::Report;

/// Events that follow each other this fast lead to one reading.
const JOINED: Duration = Duration::from_millis(200);
/// After how many times the duration of the last reading the next one may begin, so that reading
/// never takes more than a tenth of the time, whatever an engine does.
const REST: u32 = 10;
/// When to read once more after the stream of events was asked for: what happened before the engine
/// began to tell is not told.
const SETTLED: Duration = Duration::from_secs(1);
/// When to read again although nothing seems to have happened: an engine that hangs tells nothing.
const AGED: Duration = Duration::from_secs(30);
/// First and longest pause before an engine is tried again.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// What happens to a container and changes nothing that is read; the most frequent is the check of
/// its health.
const OF_NO_CONSEQUENCE: [&str; 8] =
    ["exec", "health_status", "top", "attach", "detach", "resize", "copy", "archive"];

/// An engine that is followed.
pub(super) struct Session {
    pub(super) place: Place,
    pub(super) sources: Arc<Sources>,
    pub(super) reports: mpsc::Sender<Report>,
    /// Somebody wants it to be read now; when nobody can any more, the session ends.
    pub(super) looks: watch::Receiver<()>,
}

/// Why a stream of events came to its end.
enum End {
    /// Nobody listens to us any more.
    Unheard,
    /// It is only to be asked for again.
    Renewed,
    /// The engine does not answer.
    Failed(Failure),
}

impl Session {
    /// Follows the engine until nobody listens any more.
    pub(super) async fn run(mut self) {
        let (mut pause, longest) = PAUSE;
        let mut has_answered = false;
        loop {
            let start = Instant::now();
            match self.attend(&mut has_answered).await {
                End::Unheard => return,
                End::Renewed => {}
                // Where an engine may be but never was, its absence is no news.
                End::Failed(failure) if failure.absent && !has_answered && !self.place.named => {}
                End::Failed(mut failure) => {
                    failure.why = format!("does not answer: {}; trying again", failure.why);
                    if self.reports.send(Report::failed(&self.place, &failure)).await.is_err() {
                        return;
                    }
                }
            }
            if start.elapsed() > SETTLED * 2 {
                pause = PAUSE.0;
            }
            tokio::select! {
                () = sleep(pause) => {}
                look = self.looks.changed() => if look.is_err() { return },
            }
            pause = (pause * 2).min(longest);
        }
    }

    async fn attend(&mut self, has_answered: &mut bool) -> End {
        let api = match Api::connect(&self.place, Limit::EVENTS).await {
            Ok(api) => api,
            Err(failure) => return End::Failed(failure),
        };
        let mut events = std::pin::pin!(api.events());
        let mut due = Instant::now();
        let mut engine = None;
        let mut settled = false;
        let mut rested = Instant::now();
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(event)) if !matters(&event) => {}
                    Some(Ok(_)) => {
                        due = due.min(rested.max(Instant::now() + JOINED));
                    }
                    // An event that can't be understood is one all the same.
                    Some(Err(Error::JsonDataError { .. } | Error::JsonSerdeError { .. })) => {
                        return End::Renewed;
                    }
                    Some(Err(_)) if api.is_full() => return End::Renewed,
                    None | Some(Err(Error::IOError { .. })) => {
                        return End::Failed(Failure::new("it ended the stream of events"));
                    }
                    Some(Err(error)) => return End::Failed(api.failure(&error)),
                },
                () = sleep_until(due) => {
                    let start = Instant::now();
                    let heard = match read::read(&self.place, &self.sources, &mut engine).await {
                        Ok(heard) => heard,
                        Err(failure) => return End::Failed(failure),
                    };
                    *has_answered = true;
                    if self.reports.send(Report::heard(&self.place, heard)).await.is_err() {
                        return End::Unheard;
                    }
                    rested = Instant::now() + start.elapsed() * REST;
                    due = rested.max(Instant::now() + if settled { AGED } else { SETTLED });
                    settled = true;
                },
                look = self.looks.changed() => match look {
                    Ok(()) => due = Instant::now(),
                    Err(_) => return End::Unheard,
                },
            }
        }
    }
}

fn matters(event: &EventMessage) -> bool {
    let action = event.action.as_deref().unwrap_or_default();
    !OF_NO_CONSEQUENCE.iter().any(|word| action.starts_with(word))
}
