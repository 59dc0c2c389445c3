//! The UI in a pseudoterminal (pty(7)), and what it writes there.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

use crate::common::MACVLENS;

const COLUMNS: u16 = 120;
const LINES: u16 = 40;

/// A running UI. It is killed if it is dropped before it was asked to quit.
pub(crate) struct Terminal {
    program: Child,
    master: File,
    screen: vt100::Parser,
    written: usize,
}

impl Terminal {
    /// Starts the UI.
    pub(crate) fn open() -> Result<Self> {
        let size = Winsize { ws_row: LINES, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).context("opening a pseudoterminal")?;
        // It becomes the program, with the pseudoterminal as its controlling one.
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", MACVLENS])
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("COLORTERM")
            .env_remove("NO_COLOR")
            .stdin(pty.slave.try_clone()?)
            .stdout(pty.slave.try_clone()?)
            .stderr(pty.slave);
        let program = command.spawn().context("starting setsid of util-linux")?;
        let screen = vt100::Parser::new(LINES, COLUMNS, 0);
        Ok(Self { program, master: pty.master.into(), screen, written: 0 })
    }

    /// Process id of the UI.
    pub(crate) fn pid(&self) -> Result<i32> {
        Ok(self.program.id().try_into()?)
    }

    /// Types keys.
    pub(crate) fn type_keys(&mut self, keys: &[u8]) -> Result<()> {
        self.master.write_all(keys).context("typing into the pseudoterminal")
    }

    /// Text on the screen.
    pub(crate) fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the text is on the screen; tells when its last byte had arrived.
    pub(crate) fn shows(&mut self, text: &str) -> Result<Instant> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let arrived = self.receive(deadline.saturating_duration_since(Instant::now()))?;
            if self.contents().contains(text) {
                return Ok(arrived.unwrap_or_else(Instant::now));
            }
            if arrived.is_none() {
                bail!("waited in vain for {text:?}; the screen:\n{}", self.contents());
            }
        }
    }

    /// Waits until nothing has been written for so long. Tells how many bytes were before that, and
    /// when the last of them arrived.
    pub(crate) fn settles(&mut self, silence: Duration) -> Result<(usize, Option<Instant>)> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let before = self.written;
        let mut last = None;
        while let Some(arrived) = self.receive(silence)? {
            last = Some(arrived);
            ensure!(arrived < deadline, "the UI does not come to rest:\n{}", self.contents());
        }
        Ok((self.written - before, last))
    }

    /// Listens for so long; tells how many bytes were written.
    pub(crate) fn listen(&mut self, duration: Duration) -> Result<usize> {
        let deadline = Instant::now() + duration;
        let before = self.written;
        while self.receive(deadline.saturating_duration_since(Instant::now()))?.is_some() {}
        Ok(self.written - before)
    }

    /// Ends the UI by its key.
    pub(crate) fn quit(mut self) -> Result<()> {
        self.type_keys(b"q")?;
        // What it writes on its way out has to go somewhere; EIO is the end of it.
        while let Ok(Some(_)) = self.receive(Duration::from_secs(5)) {}
        let status = self.program.wait()?;
        ensure!(status.success(), "the UI ended with {status}");
        Ok(())
    }

    /// Takes one piece of what is written; tells when it arrived, or `None` after the time-out.
    fn receive(&mut self, timeout: Duration) -> Result<Option<Instant>> {
        // Rounded up, or the last part of a millisecond would be spent in a busy loop.
        let millis = timeout.as_micros().div_ceil(1000);
        let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout)? == 0 {
            return Ok(None);
        }
        let mut buffer = [0; 16 * 1024];
        let len = self.master.read(&mut buffer).context("the UI has ended")?;
        let arrived = Instant::now();
        self.screen.process(&buffer[..len]);
        self.written += len;
        Ok(Some(arrived))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
