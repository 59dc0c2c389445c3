//! Lessons between the state machine and the lab: a lab is taken down and built on a thread of its own,
//! so that the loop never waits for it.

use std::thread;

use anyhow::{Result, anyhow};
use tokio::sync::mpsc::UnboundedSender;

use crate::app::Event;
use crate::cli;
use crate::lab;
use crate::model::Problem;
use crate::model::text::printable;
use crate::teach::{self, Lesson};

/// Takes the lab down and builds the one of this name; in the event is how that went.
pub(super) fn begin(name: String, told: &UnboundedSender<Event>) {
    let answer = told.clone();
    // Nobody may be left to be told.
    let work = move || drop(answer.send(Event::Staged(build(&name))));
    if let Err(error) = thread::Builder::new().name("lab".into()).spawn(work) {
        drop(told.send(Event::Staged(Err(format!("starting a thread: {error}")))));
    }
}

fn build(name: &str) -> Result<Vec<Problem>, String> {
    let lab = lab::Lab::shipped(name).ok_or_else(|| format!("there is no lab '{name}'"))?;
    let lab = lab.map_err(|wrong| wrong.to_string())?;
    lab::clear().map_err(|failure| failure.to_string())?;
    lab.build().map(|told| told.left_out).map_err(|failure| failure.to_string())
}

/// The lesson that is asked for: the one named, or the first that plays in the lab.
pub(super) fn wanted(args: &cli::Lab) -> Result<Option<&'static Lesson>> {
    match &args.lessons.lesson {
        Some(Some(wanted)) => {
            let names: Vec<_> = teach::shipped().iter().map(|lesson| &*lesson.name).collect();
            let none = || {
                let wanted = printable(wanted.as_bytes());
                anyhow!("there is no lesson '{wanted}'; there are {}", names.join(", "))
            };
            Lesson::named(wanted).ok_or_else(none).map(Some)
        }
        None if !args.lessons.play => Ok(None),
        _ => {
            let here = teach::shipped().iter().find(|lesson| lesson.lab == args.name());
            let none = || anyhow!("no lesson plays in the lab '{}': name one", args.name());
            here.ok_or_else(none).map(Some)
        }
    }
}
