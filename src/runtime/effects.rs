//! What the state machine wants done, done.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write, stdout};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{self, EventStream};
use crossterm::execute;

use super::capturing::Writing;
use super::{End, Loop, job, probing, staging};
use crate::app::{Effect, Event, ExportFormat};
use crate::kernel::execute::Job;
use crate::kernel::sandbox::LAB_VARIABLE;
use crate::kernel::shell;
use crate::kernel::watcher::Command;
use crate::model::text::printable;
use crate::model::{Frame, LinkKey, NetnsId};
use crate::output::{self, Format, Style};

impl Loop {
    pub(super) fn perform(&mut self, effect: Effect) -> Result<Option<End>> {
        match effect {
            Effect::Quit => return Ok(Some(End::Quit)),
            Effect::Suspend => self.suspend()?,
            Effect::Apply { plan, revert_after } => {
                self.touched = plan.namespaces();
                self.order(Job::Apply { plan, revert_after });
            }
            Effect::Keep => self.order(Job::Keep),
            Effect::Revert => self.order(Job::Revert),
            Effect::Shell(netns) => {
                let told = self.shell(netns)?.map_err(|error| format!("{error:#}"));
                return self.handle(Event::ShellEnded(told));
            }
            Effect::Journal(entry) => {
                let Some(journal) = &mut self.journal else { return Ok(None) };
                if let Err(error) = journal.append(SystemTime::now(), &entry) {
                    let told = format!("the journal can't be written: {error}");
                    return self.handle(Event::JournalFailed(told));
                }
            }
            Effect::Stage(lab) => staging::begin(lab, &self.prober),
            Effect::Redraw => {
                self.terminal.clear().context("clearing the terminal")?;
                self.resize()?;
            }
            Effect::Rescan => {
                self.remote.send(Command::Rescan);
                if let Some(follower) = &self.follower {
                    follower.rescan();
                }
            }
            Effect::Watch(links) => self.remote.send(Command::Watch(links)),
            Effect::Probe(pair) => {
                probing::begin(self.app.topology(), pair, &self.prober);
            }
            Effect::ProbeOutside { from, asked } => {
                probing::begin_outside(self.app.topology(), from, asked, &self.prober);
            }
            Effect::AskGateway(link) => {
                probing::ask_gateway(self.app.topology(), link, &self.prober);
            }
            Effect::AskStacks(pair) => probing::ask(self.app.topology(), pair, &self.prober),
            Effect::Capture(None) => self.captures.stop(),
            Effect::Capture(Some(key)) => {
                let begun = self.captures.begin(self.app.topology(), key, self.prober.clone());
                let Err(why) = begun else { return Ok(None) };
                return self.handle(Event::CaptureEnded(why));
            }
            Effect::WritePackets { link, path, proposed, frames, taken } => {
                let path = expanded(&path, home().as_deref());
                return self.write_packets(link, &path, proposed, (frames, taken));
            }
            Effect::EndWriting => self.captures.end_writing(),
            Effect::Examine(key) => self.remote.send(Command::Examine(key)),
            Effect::Copy { text, told } => {
                let copied = execute!(stdout(), CopyToClipboard::to_clipboard_from(&text));
                let told = copied.map(|()| told).map_err(|error| error.to_string());
                return self.handle(Event::Copied(told));
            }
            Effect::Export { format, path, proposed } => {
                let told = self.export(format, &expanded(&path, home().as_deref()), proposed);
                let told = told.map_err(|error| format!("{error:#}"));
                return self.handle(Event::Exported(told));
            }
        }
        Ok(None)
    }

    /// Passes a job on. Without anybody to do it nothing may be changed, and the state machine has
    /// refused it already.
    fn order(&self, job: Job) {
        if let Some(executor) = &self.executor {
            executor.send(job);
        }
    }

    /// Stops the program the way Ctrl-Z does, with the terminal given back, until it is continued.
    pub(super) fn suspend(&mut self) -> Result<()> {
        self.terminal.pause();
        job::stop()?;
        self.terminal.resume().context("taking over the terminal again")?;
        self.resize()
    }

    /// Gives terminal and keyboard to a shell inside a namespace until it ends. The watcher goes on,
    /// and what it has to tell waits. The outer error is that of the terminal.
    fn shell(&mut self, netns: NetnsId) -> Result<Result<()>> {
        let topology = self.app.topology();
        let Some(namespace) = topology.namespace(netns) else {
            return Ok(Err(anyhow!("the namespace is gone")));
        };
        let (netns, label) = (namespace.netns.clone(), topology.label(netns).into_owned());
        let program = env::var_os("SHELL").filter(|shell| !shell.is_empty());
        let program = program.unwrap_or_else(|| "/bin/sh".into());
        let name = named(Path::new(&program));
        // Its thread would read what is typed. Dropping it leaves a wake-up behind, which would later
        // hide a key that comes at the same time: it is taken now.
        self.input = None;
        let _ = event::poll(Duration::ZERO);
        self.terminal.pause();
        let mut command = process::Command::new(program);
        // A lesson may have built another one since the program was started.
        if let Some(lab) = &self.app.settings().lab {
            command.env(LAB_VARIABLE, &lab.name);
        }
        let ended = shell::run(&netns, &label, command);
        job::to_foreground()?;
        self.input = Some(EventStream::new());
        self.terminal.resume().context("taking over the terminal again")?;
        self.resize()?;
        Ok(ended.map(drop).with_context(|| format!("running {name} in namespace {label}")))
    }

    /// Begins a file of packets, which the capture goes on with where there is one.
    fn write_packets(
        &mut self,
        captured: LinkKey,
        path: &Path,
        proposed: bool,
        (frames, taken): (Vec<Arc<Frame>>, u64),
    ) -> Result<Option<End>> {
        let writing = match Writing::begin(path, proposed, self.app.topology(), captured) {
            Ok(writing) => writing,
            Err(error) => return self.handle(Event::Writing(Err(format!("{error:#}")))),
        };
        let end = self.handle(Event::Writing(Ok(writing.path().to_owned())))?;
        let complete = self.captures.write(writing, frames, taken);
        complete.map_or(Ok(end), |event| self.handle(event))
    }

    /// Writes what is shown to a new file and tells its whole path; an existing one is left alone.
    fn export(&self, format: ExportFormat, path: &Path, proposed: bool) -> Result<String> {
        let format = match format {
            ExportFormat::Tree => Format::Tree,
            ExportFormat::Table => Format::Table,
            ExportFormat::Json => Format::Json,
            ExportFormat::Dot => Format::Dot,
        };
        let (file, path) =
            create(path, proposed, RIGHTS).with_context(|| format!("creating {}", named(path)))?;
        let mut out = BufWriter::new(file);
        let (topology, selection) = (self.app.topology(), &self.app.tree().selection);
        let style = Style { ascii: self.app.settings().ascii, ..Style::default() };
        output::write(&mut out, format, topology, selection, style)
            .and_then(|()| out.flush())
            .with_context(|| format!("writing {}", named(&path)))?;
        Ok(named(&path))
    }
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME").map(PathBuf::from)
}

/// A path with the home directory for a leading `~/`, as a shell would have it.
fn expanded(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

/// Who may read and write an export, as far as the umask lets them.
const RIGHTS: u32 = 0o666;

/// Creates a file; one that is only proposed gets the next number as long as there is such a file.
pub(super) fn create(path: &Path, proposed: bool, rights: u32) -> io::Result<(File, PathBuf)> {
    let (stem, ending) = (path.with_extension(""), path.extension().unwrap_or_default());
    let numbered = |number: u32| {
        let mut name = stem.clone().into_os_string();
        name.push(format!("-{number}."));
        name.push(ending);
        PathBuf::from(name)
    };
    let more = (2..=MOST).filter(|_| proposed).map(numbered);
    let mut taken = ErrorKind::AlreadyExists.into();
    for path in std::iter::once(path.to_owned()).chain(more) {
        match OpenOptions::new().write(true).create_new(true).mode(rights).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}

/// Where numbering ends.
const MOST: u32 = 999;

/// The whole path, as it may be printed.
pub(super) fn named(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    printable(whole.as_os_str().as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_gets_a_number_and_a_wish_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("macvlens.json");
        for name in ["macvlens.json", "macvlens-2.json", "macvlens-3.json"] {
            assert_eq!(create(&path, true, RIGHTS).unwrap().1, directory.path().join(name));
        }
        assert_eq!(create(&path, false, RIGHTS).unwrap_err().kind(), ErrorKind::AlreadyExists);
        let nowhere = directory.path().join("none/macvlens.json");
        assert_eq!(create(&nowhere, true, RIGHTS).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_leading_tilde_is_the_home_directory() {
        let home = Some(Path::new("/home/u"));
        assert_eq!(expanded("~/a.json", home), Path::new("/home/u/a.json"));
        assert_eq!(expanded("a~/b", home), Path::new("a~/b"));
        assert_eq!(expanded("~/a", None), Path::new("~/a"));
        assert!(named(Path::new("a.json")).starts_with('/'));
    }
}
