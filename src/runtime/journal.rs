//! The journal of changes in a file: a JSON line for each, appended.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::output::change::write_entry;
use crate::plan::journal::Entry;

/// An open journal.
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Opens the file, or makes one that only its owner can read.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path);
        Ok(Self { file: file.with_context(|| format!("opening the journal {}", path.display()))? })
    }

    /// Appends a change. A line is written at once, so that those of several programs don't mix.
    pub(super) fn append(&mut self, time: SystemTime, entry: &Entry) -> io::Result<()> {
        let mut line = Vec::new();
        write_entry(&mut line, time, entry)?;
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_are_added_and_the_file_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        for title in ["Delete a\x1b", "Delete b"] {
            let mut journal = Journal::open(&path).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
            let commands = vec!["ip link delete dev a".into()];
            let entry = Entry { title: title.into(), commands, result: "done", why: None };
            journal.append(time, &entry).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "{\"schema\":1,\"time\":\"1970-01-01T00:00:01.000Z\",\"title\":\"Delete a\\u001b\",\
             \"commands\":[\"ip link delete dev a\"],\"result\":\"done\",\"why\":null}"
        );
        assert_eq!(lines.len(), 2);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let error = Journal::open(Path::new("/dev/null/journal")).err().unwrap();
        assert!(format!("{error:#}").contains("/dev/null/journal"));
    }
}
