//! A file of packets that is being written, and what is told of its end.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::app::Event;
use crate::model::{Frame, LinkKey, Topology};
use crate::output::pcapng::Pcapng;
use crate::probe::SNAP_LENGTH;
use crate::runtime::effects::{create, named};

/// Only its owner may read the file: it holds what others said.
const RIGHTS: u32 = 0o600;

/// A file under way.
pub(in crate::runtime) struct Writing {
    file: Pcapng<BufWriter<File>>,
    path: String,
    written: u64,
}

impl Writing {
    /// Makes the file; none is ever overwritten. One that is only proposed gets a number where there is
    /// such a file.
    pub(in crate::runtime) fn begin(
        path: &Path,
        proposed: bool,
        topology: &Topology,
        captured: LinkKey,
    ) -> Result<Self> {
        let made = create(path, proposed, RIGHTS);
        let (file, path) = made.with_context(|| format!("creating {}", named(path)))?;
        let path = named(&path);
        let file = Pcapng::new(BufWriter::new(file), topology, captured, SNAP_LENGTH);
        let file = file.with_context(|| format!("writing {path}"))?;
        Ok(Self { file, path, written: 0 })
    }

    /// The whole path, as it may be printed.
    pub(in crate::runtime) fn path(&self) -> &str {
        &self.path
    }

    /// How many frames it has.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn add(&mut self, frame: &Frame) -> io::Result<()> {
        self.file.frame(frame)?;
        self.written += 1;
        Ok(())
    }

    /// Passes on what has been added so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Writes these frames and no more.
    pub(super) fn all(mut self, frames: &[Arc<Frame>]) -> Event {
        match frames.iter().try_for_each(|frame| self.add(frame)) {
            Ok(()) => self.finish(0),
            Err(error) => self.failed(&error),
        }
    }

    /// Ends the file with how many frames the kernel dropped meanwhile.
    pub(super) fn finish(self, dropped: u64) -> Event {
        let Self { file, path, written } = self;
        match file.finish(dropped, SystemTime::now()) {
            Ok(_) => Event::Written { path, result: Ok(written) },
            Err(error) => Event::Written { path, result: Err(error.to_string()) },
        }
    }

    pub(super) fn failed(self, error: &io::Error) -> Event {
        Event::Written { path: self.path, result: Err(error.to_string()) }
    }
}
