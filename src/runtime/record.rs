//! A recording of the session: what was written to the terminal and when, as an asciicast v2
//! (docs.asciinema.org/manual/asciicast/v2), a JSON line an event.
//!
//! Nothing that is typed is recorded, nor what concerns only the keyboard, the mouse or the clipboard of
//! the terminal: whoever plays it has those of their own.

use std::cell::RefCell;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use serde_json::json;

use crate::model::text::printable;

/// What takes over the screen, and what gives it back; without the modes of mouse and keyboard.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?1049l\x1b[?25h";

/// An open recording. Its failure ends the recording alone.
pub(super) struct Recorder<W: Write> {
    /// Where events go; `None` after the first that could not be written.
    out: Option<W>,
    start: Instant,
    size: (u16, u16),
    /// What was written since the last event.
    pending: Vec<u8>,
    failure: Option<String>,
}

impl Recorder<File> {
    /// Makes the file, which only its owner can read; one that exists is left alone.
    pub(super) fn create(path: &Path, size: (u16, u16)) -> Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        let name = printable(path.as_os_str().as_bytes());
        let file = file.with_context(|| format!("creating the recording {name}"))?;
        Self::begin(file, size).with_context(|| format!("writing the recording {name}"))
    }
}

impl<W: Write> Recorder<W> {
    fn begin(mut out: W, size: (u16, u16)) -> io::Result<Self> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let header = json!({
            "version": 2,
            "width": size.0,
            "height": size.1,
            "timestamp": now.map_or(0, |now| now.as_secs()),
            "title": "macvlens",
            "env": { "TERM": env::var("TERM").unwrap_or_default() },
        });
        out.write_all(format!("{header}\n").as_bytes())?;
        let start = Instant::now();
        Ok(Self { out: Some(out), start, size, pending: Vec::new(), failure: None })
    }

    /// The screen is ours.
    pub(super) fn enter(&mut self) {
        self.write(ENTER.as_bytes());
        self.flush();
    }

    /// The screen is somebody else's again.
    pub(super) fn leave(&mut self) {
        self.write(LEAVE.as_bytes());
        self.flush();
    }

    /// The terminal is that large.
    pub(super) fn resize(&mut self, size: (u16, u16)) {
        if std::mem::replace(&mut self.size, size) != size {
            self.flush();
            self.event("r", &format!("{}x{}", size.0, size.1));
        }
    }

    /// Takes what was written to the terminal.
    fn write(&mut self, bytes: &[u8]) {
        if self.out.is_some() {
            self.pending.extend_from_slice(bytes);
        }
    }

    /// Makes an event of what was written since the last one; the beginning of a character waits for its
    /// end.
    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut text = String::new();
        let mut chunks = pending.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let is_begun = chunks.peek().is_none() && is_begun(chunk.invalid());
            if is_begun {
                self.pending.extend_from_slice(chunk.invalid());
            } else if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        if !text.is_empty() {
            self.event("o", &text);
        }
    }

    fn event(&mut self, kind: &str, data: &str) {
        let Some(out) = &mut self.out else { return };
        let seconds = round(self.start.elapsed()).as_secs_f64();
        // A line at a time, so that what there is of it is whole whatever ends the program.
        let line = format!("{}\n", json!([seconds, kind, data]));
        if let Err(error) = out.write_all(line.as_bytes()) {
            self.out = None;
            self.failure = Some(format!("the recording ends here: {error}"));
        }
    }

    /// Why the recording has ended before the session, told once.
    pub(super) fn take_failure(&mut self) -> Option<String> {
        self.failure.take()
    }
}

/// Whether bytes are the beginning of a character that can still be completed.
fn is_begun(bytes: &[u8]) -> bool {
    !bytes.is_empty() && str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// To microseconds, as asciinema itself writes.
fn round(time: Duration) -> Duration {
    Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

/// A terminal whose output is recorded, too, if it is at all.
pub(super) struct Tee<W: Write> {
    out: W,
    recorder: Option<Shared>,
}

/// The recorder of a terminal and of its screen.
pub(super) type Shared = Rc<RefCell<Recorder<File>>>;

impl<W: Write> Tee<W> {
    pub(super) fn new(out: W, recorder: Option<Shared>) -> Self {
        Self { out, recorder }
    }
}

impl<W: Write> Write for Tee<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        if let Some(recorder) = &self.recorder {
            recorder.borrow_mut().write(&bytes[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        if let Some(recorder) = &self.recorder {
            recorder.borrow_mut().flush();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Value> {
        let text = str::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_file_is_private_and_one_that_exists_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.cast");
        drop(Recorder::create(&path, (80, 24)).unwrap());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let before = std::fs::read(&path).unwrap();
        let header = &lines(&before)[0];
        assert_eq!(
            (&header["version"], &header["width"], &header["height"]),
            (&json!(2), &json!(80), &json!(24))
        );
        assert!(header["timestamp"].is_u64() && header["env"]["TERM"].is_string());
        let error = Recorder::create(&path, (80, 24)).err().unwrap();
        assert!(format!("{error:#}").contains("a.cast: File exists"), "{error:#}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn only_a_size_that_is_another_is_an_event() {
        let mut out = Vec::new();
        let mut recorder = Recorder::begin(&mut out, (80, 24)).unwrap();
        recorder.enter();
        recorder.resize((80, 24));
        recorder.write(b"a");
        recorder.resize((100, 30));
        recorder.leave();
        drop(recorder);
        let told: Vec<_> = lines(&out)[1..].iter().map(|e| (e[1].clone(), e[2].clone())).collect();
        let expected = [("o", ENTER), ("o", "a"), ("r", "100x30"), ("o", LEAVE)];
        assert_eq!(told, expected.map(|(kind, data)| (json!(kind), json!(data))));
    }

    /// Takes so many bytes.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_ends_the_recording_alone() {
        let mut recorder = Recorder::begin(Disk(400), (80, 24)).unwrap();
        let mut told = Vec::new();
        for _ in 0..50 {
            recorder.write(b"0123456789");
            recorder.flush();
            told.extend(recorder.take_failure());
        }
        assert_eq!(told, ["the recording ends here: no storage space"]);
        assert!(recorder.pending.is_empty());
        assert!(Recorder::begin(Disk(10), (80, 24)).is_err());
    }

    proptest! {
        #[test]
        fn no_character_is_split_and_time_goes_on(text in "[a é網\u{1b}\"\\\\]{0,20}", cut in 1_usize..5) {
            let mut out = Vec::new();
            let mut recorder = Recorder::begin(&mut out, (80, 24)).unwrap();
            for piece in text.as_bytes().chunks(cut) {
                recorder.write(piece);
                recorder.flush();
            }
            drop(recorder);
            let events = lines(&out).split_off(1);
            let told: String = events.iter().map(|event| event[2].as_str().unwrap()).collect();
            prop_assert_eq!(told, text);
            prop_assert!(events.is_sorted_by_key(|event| event[0].as_f64()));
        }

        #[test]
        fn bytes_that_are_no_text_harm_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut out = Vec::new();
            let mut recorder = Recorder::begin(&mut out, (80, 24)).unwrap();
            recorder.write(&bytes);
            recorder.flush();
            recorder.write(b"end");
            recorder.flush();
            drop(recorder);
            let told: String =
                lines(&out)[1..].iter().map(|event| event[2].as_str().unwrap()).collect();
            prop_assert!(told.ends_with("end"));
        }
    }
}
