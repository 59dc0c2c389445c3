//! The real program on a terminal of its own: types keys, reads what the screen shows.

use std::fs::File;
use std::io::{PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{self, LocalFlags};
use nix::unistd::Pid;

/// How long a screen may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program on a pseudo-terminal, ended when dropped.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    /// Held so that the terminal outlives the program and can be looked at afterwards.
    tty: OwnedFd,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    /// `None` while the terminal is frozen.
    reader: Option<Reader>,
}

/// Takes what is written until its pipe is closed; then it gives the descriptor back.
struct Reader {
    end: PipeWriter,
    thread: JoinHandle<File>,
}

impl Terminal {
    /// Starts a program on a terminal of so many columns and rows, as the leader of its session.
    pub(crate) fn start(program: &str, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).expect("a pseudo-terminal");
        // Inherited, it would keep the terminal open.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("F_SETFD");
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
        let output = File::from(pty.master.try_clone().expect("a descriptor"));
        let (keyboard, tty) = (File::from(pty.master), pty.slave);
        let mut terminal = Self { child, keyboard, tty, screen, raw, reader: None };
        terminal.thaw(output);
        terminal
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

    /// Takes nothing more of what is written: soon a writer has to wait. The descriptor is for
    /// [`Terminal::thaw`].
    pub(crate) fn freeze(&mut self) -> File {
        let Reader { end, thread } = self.reader.take().expect("a terminal that is not frozen");
        drop(end);
        thread.join().expect("the reader")
    }

    /// Shows what is written, from now on.
    pub(crate) fn thaw(&mut self, mut output: File) {
        let (shown, kept) = (Arc::clone(&self.screen), Arc::clone(&self.raw));
        let (ended, end) = pipe().expect("a pipe");
        let thread = thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            loop {
                let wanted = [output.as_fd(), ended.as_fd()];
                let mut wanted = wanted.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
                poll(&mut wanted, PollTimeout::NONE).expect("poll");
                if wanted[1].any() == Some(true) {
                    return output;
                }
                let Ok(len @ 1..) = output.read(&mut buffer) else { return output };
                shown.lock().unwrap().process(&buffer[..len]);
                kept.lock().unwrap().extend_from_slice(&buffer[..len]);
            }
        });
        self.reader = Some(Reader { end, thread });
    }

    /// Closes the terminal, as a window or a connection that is gone does.
    pub(crate) fn hang_up(&mut self) {
        if self.reader.is_some() {
            self.freeze();
        }
        self.keyboard = File::open("/dev/null").expect("/dev/null");
    }

    /// Process id of the program.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
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
