//! The real program on a terminal of its own: types keys, reads what the screen shows.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{self, LocalFlags};
use nix::unistd::Pid;

/// How long a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program on a pseudo-terminal, ended when dropped.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    /// Held so that the terminal outlives the program and can be looked at afterwards.
    tty: OwnedFd,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts a program on a terminal of so many columns and rows, as the leader of its session.
    pub(crate) fn start(program: &str, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).expect("a pseudo-terminal");
        let stdio = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", program])
            .args(arguments)
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR")
            .env_remove("COLORTERM")
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .expect("setsid");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut output = File::from(pty.master.try_clone().expect("a descriptor"));
        let (shown, kept) = (Arc::clone(&screen), Arc::clone(&raw));
        thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(len @ 1..) = output.read(&mut buffer) {
                shown.lock().unwrap().process(&buffer[..len]);
                kept.lock().unwrap().extend_from_slice(&buffer[..len]);
            }
        });
        Self { child, keyboard: File::from(pty.master), tty: pty.slave, screen, raw }
    }

    /// Starts macvlens.
    pub(crate) fn macvlens(arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start(env!("CARGO_BIN_EXE_macvlens"), arguments, columns, rows)
    }

    /// Types bytes as a keyboard would send them.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the keyboard");
    }

    /// Makes the terminal another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let size =
            rustix::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        rustix::termios::tcsetwinsize(&self.keyboard, size).expect("TIOCSWINSZ");
    }

    /// What the screen shows.
    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// All bytes written so far.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if wanted(&text) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}; the screen:\n{text}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Waits until the screen no longer shows a text.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) -> String {
        self.wait(&format!("{text} to go"), |screen| !screen.contains(text))
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("kill");
    }

    /// Waits for the program's end.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("wait") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end; the screen:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal is as a shell wants it: cooked, on its main screen, without mouse
    /// reports, with a cursor.
    pub(crate) fn is_restored(&self) -> bool {
        let local = termios::tcgetattr(&self.tty).expect("tcgetattr").local_flags;
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        local.contains(LocalFlags::ICANON | LocalFlags::ECHO)
            && !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
