//! Lessons between the state machine and the lab: a lab is taken down and built on a thread of its own,
//! so that the loop never waits for it.

use std::thread;

use anyhow::{Result, anyhow};
use tokio::sync::mpsc::UnboundedSender;

use crate::app::Event;
use crate::app::lesson::Lab;
use crate::cli::Lessons;
use crate::lab;
use crate::teach::{self, Lesson, Need};

/// Takes the lab down and builds the one of this name; in the event is how that went.
pub(super) fn begin(name: String, told: &UnboundedSender<Event>) {
    let answer = told.clone();
    // Nobody may be left to be told.
    let work = move || drop(answer.send(Event::Staged(build(&name))));
    if let Err(error) = thread::Builder::new().name("lab".into()).spawn(work) {
        drop(told.send(Event::Staged(Err(format!("starting a thread: {error}")))));
    }
}

fn build(name: &str) -> Result<Vec<String>, String> {
    let lab = lab::Lab::shipped(name).ok_or_else(|| format!("there is no lab '{name}'"))?;
    let lab = lab.map_err(|wrong| wrong.to_string())?;
    lab::clear().map_err(|failure| failure.to_string())?;
    lab.build().map(|told| lacks(&told)).map_err(|failure| failure.to_string())
}

/// What this kernel lacks of what lessons may need: only VLANs are ever left out of a lab.
fn lacks(told: &lab::Told) -> Vec<String> {
    let vlan = Some(Need::Vlan.name().to_owned());
    vlan.filter(|_| !told.left_out.is_empty()).into_iter().collect()
}

/// What the UI has to know of the lab that was built, and of the lesson that was asked for.
pub(super) fn settings(name: &str, told: &lab::Told, asked: &Lessons) -> Result<Option<Lab>> {
    let here = |lesson: &&Lesson| lesson.lab == name;
    let lesson = match &asked.lesson {
        Some(Some(wanted)) => Some(Lesson::named(wanted).ok_or_else(|| {
            let names: Vec<_> = teach::shipped().iter().map(|lesson| &*lesson.name).collect();
            anyhow!("there is no lesson '{wanted}'; there are {}", names.join(", "))
        })?),
        None if !asked.play => None,
        _ => Some(teach::shipped().iter().find(here).ok_or_else(|| {
            anyhow!("no lesson plays in the lab '{name}': name one with --lesson")
        })?),
    };
    Ok(Some(Lab {
        name: name.into(),
        lacks: lacks(told),
        lesson: lesson.map(|lesson| lesson.name.clone()),
        speed: asked.play.then_some(asked.speed),
    }))
}
