//! What the state machine wants done, done.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write, stdout};

use anyhow::{Context, Result};
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

use super::terminal::Terminal;
use super::{End, Loop, job};
use crate::app::{Effect, Event, ExportFormat};
use crate::kernel::watcher::Command;
use crate::output::{self, Format, Style};

impl Loop {
    pub(super) fn perform(&mut self, effect: Effect) -> Result<Option<End>> {
        match effect {
            Effect::Quit => return Ok(Some(End::Quit)),
            Effect::Suspend => self.suspend()?,
            Effect::Apply { .. }
            | Effect::Keep
            | Effect::Revert
            | Effect::Shell(_)
            | Effect::Journal(_) => {}
            Effect::Redraw => {
                self.terminal.clear().context("clearing the terminal")?;
                self.resize()?;
            }
            Effect::Rescan => self.remote.send(Command::Rescan),
            Effect::Watch(links) => self.remote.send(Command::Watch(links)),
            Effect::Examine(key) => self.remote.send(Command::Examine(key)),
            Effect::Copy(text) => {
                let copied = execute!(stdout(), CopyToClipboard::to_clipboard_from(&text));
                let told = copied.map(|()| text).map_err(|error| error.to_string());
                return self.handle(Event::Copied(told));
            }
            Effect::Export { format, path } => {
                let told = self.export(format, &path).map(|()| path.clone());
                let told = told.map_err(|error| format!("{error:#}"));
                return self.handle(Event::Exported(told));
            }
        }
        Ok(None)
    }

    /// Stops the program the way Ctrl-Z does, with the terminal given back, until it is continued.
    pub(super) fn suspend(&mut self) -> Result<()> {
        Terminal::pause();
        job::stop()?;
        self.terminal.resume().context("taking over the terminal again")?;
        self.resize()
    }

    /// Writes what is shown to a new file; an existing one is left alone.
    fn export(&self, format: ExportFormat, path: &str) -> Result<()> {
        let format = match format {
            ExportFormat::Tree => Format::Tree,
            ExportFormat::Table => Format::Table,
            ExportFormat::Json => Format::Json,
            ExportFormat::Dot => Format::Dot,
        };
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .with_context(|| format!("creating {path}"))?;
        let mut out = BufWriter::new(file);
        let (topology, selection) = (self.app.topology(), &self.app.tree().selection);
        output::write(&mut out, format, topology, selection, Style::default())
            .and_then(|()| out.flush())
            .with_context(|| format!("writing {path}"))
    }
}
