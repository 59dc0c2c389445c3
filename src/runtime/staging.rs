//! Lessons between the state machine and the lab: a lab is taken down and built on a thread of its own,
//! so that the loop never waits for it.

use std::thread;

use anyhow::{Result, anyhow};
use tokio::sync::mpsc::UnboundedSender;

use crate::app::{Event, Lab};
use crate::cli;
use crate::lab;
use crate::model::Problem;
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

/// Tells the UI which lesson was asked for: the one named, or the first that plays in the lab.
pub(super) fn ask(lab: &mut Lab, args: &cli::Lab) -> Result<()> {
    let cli::Lessons { lesson, play, speed } = &args.lessons;
    lab.speed = play.then_some(*speed);
    lab.lesson = match lesson {
        Some(Some(wanted)) => Some(Lesson::named(wanted).ok_or_else(|| {
            let names: Vec<_> = teach::shipped().iter().map(|lesson| &*lesson.name).collect();
            anyhow!("there is no lesson '{wanted}'; there are {}", names.join(", "))
        })?),
        None if !play => None,
        _ => {
            let here = |lesson: &&Lesson| args.file.is_none() && lesson.lab == args.name();
            Some(teach::shipped().iter().find(here).ok_or_else(|| {
                anyhow!("no lesson plays in the lab '{}': name one with --lesson", lab.name)
            })?)
        }
    };
    Ok(())
}
