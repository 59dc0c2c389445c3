//! The terminal, taken over and given back. Whatever ends the program – an error, a panic, a signal –
//! the terminal is as it was before. What other threads panic about is printed only then.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write, stderr, stdin, stdout};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::{mem, panic, thread};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::record::{Recorder, Shared, Tee};
use super::screen::Screen;
use crate::cli::Status;

/// Whether the terminal is ours now; the panic hook runs where nothing else is at hand.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What other threads panicked about while the terminal was ours.
static UNSAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The terminal in raw mode and on its alternate screen.
pub(super) struct Terminal {
    /// Never dropped: ratatui would complain on stderr, and panic where that is gone, too, when it
    /// can't show the cursor on a terminal that has been closed.
    screen: ManuallyDrop<ratatui::Terminal<Screen<Tee<Stdout>>>>,
    mouse: bool,
    recorder: Option<Shared>,
}

impl Terminal {
    /// Takes the terminal over; what is drawn is recorded where there is a recorder.
    pub(super) fn open(mouse: bool, recorder: Option<Recorder<File>>) -> io::Result<Self> {
        restore_on_panic();
        take(mouse)?;
        let recorder = recorder.map(|recorder| Rc::new(RefCell::new(recorder)));
        let out = Tee::new(stdout(), recorder.clone());
        let screen = ratatui::Terminal::new(Screen::new(out));
        let screen = screen.inspect_err(|_| give_back())?;
        let terminal = Self { screen: ManuallyDrop::new(screen), mouse, recorder };
        terminal.record(Recorder::enter);
        Ok(terminal)
    }

    /// Does something to the recording, if there is one.
    fn record<T>(&self, act: impl FnOnce(&mut Recorder<File>) -> T) -> Option<T> {
        self.recorder.as_ref().map(|recorder| act(&mut recorder.borrow_mut()))
    }

    /// Notes the terminal's size in the recording.
    pub(super) fn resized(&self, size: (u16, u16)) {
        self.record(|recorder| recorder.resize(size));
    }

    /// Why the recording has ended before the session, told once.
    pub(super) fn take_failure(&self) -> Option<String> {
        self.record(Recorder::take_failure).flatten()
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.screen.draw(draw).map(|_| ())
    }

    /// Clears the screen and forgets what was on it, so that the next drawing writes all of it.
    ///
    /// Not by ratatui's own `clear`, which asks the terminal where the cursor is and gives up when
    /// the answer is late.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let (columns, rows) = size()?;
        self.screen.resize(Rect::new(0, 0, columns, rows))
    }

    /// Gives the terminal back for a while.
    pub(super) fn pause(&self) {
        give_back();
        self.record(Recorder::leave);
    }

    /// Takes it over again.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        take(self.mouse)?;
        self.record(Recorder::enter);
        self.clear()
    }
}

/// Says why the UI can't be opened here, if it can't, and what prints as much without it.
pub fn unfit(instead: &str) -> io::Result<Option<Status>> {
    let (why, status) = if !stdin().is_terminal() || !stdout().is_terminal() {
        ("the UI needs a terminal; without one, print with", Status::Usage)
    } else if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        ("TERM=dumb can't move a cursor; print instead with", Status::Failed)
    } else {
        return Ok(None);
    };
    writeln!(stderr(), "macvlens: {why}: {instead}")?;
    Ok(Some(status))
}

/// The most that is drawn: more than any real terminal has. One that claims 65535 by 65535 would
/// ask for more memory than there is.
const MOST: (u16, u16) = (1000, 500);

/// Columns and rows to draw on. Where nobody told the kernel, as on a serial line, it says 0; then
/// they are what terminals have by tradition.
pub(super) fn size() -> io::Result<(u16, u16)> {
    Ok(match crossterm::terminal::size()? {
        (0, _) | (_, 0) => (80, 24),
        (columns, rows) => (columns.min(MOST.0), rows.min(MOST.1)),
    })
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
        self.record(Recorder::leave);
    }
}

fn take(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    let taken = enable_raw_mode().and_then(|()| {
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) }
    });
    taken.inspect_err(|_| give_back())
}

/// Undoes all that [`take`] did but raw mode.
fn leave() -> io::Result<()> {
    execute!(
        stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    )
}

/// How the terminal was before another process took it over, to restore it when that could not.
pub(super) struct Before(Termios);

impl Before {
    /// Looks at the terminal on standard input.
    pub(super) fn look() -> io::Result<Self> {
        Ok(Self(tcgetattr(stdin())?))
    }

    /// Makes it so again, if it is not.
    pub(super) fn restore(&self) -> io::Result<()> {
        if tcgetattr(stdin())? != self.0 {
            leave()?;
            tcsetattr(stdin(), SetArg::TCSANOW, &self.0)?;
        }
        Ok(())
    }
}

/// Undoes all that [`take`] did, and says what had to wait for it. A terminal that is gone can't be
/// restored, so errors mean nothing.
fn give_back() {
    let mut unsaid = UNSAID.lock().unwrap_or_else(PoisonError::into_inner);
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = leave();
        let _ = disable_raw_mode();
    }
    for message in mem::take(&mut *unsaid) {
        let _ = writeln!(stderr(), "{message}");
    }
}

/// Restores the terminal before the message of a panic of this thread is printed. It outlives other
/// threads and goes on drawing, so that their messages wait until it is done.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        let drawing = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            let this = thread::current();
            if this.id() == drawing {
                give_back();
                return print(info);
            }
            let mut unsaid = UNSAID.lock().unwrap_or_else(PoisonError::into_inner);
            if TAKEN.load(Ordering::SeqCst) {
                unsaid.push(format!("thread '{}' {info}", this.name().unwrap_or("unnamed")));
            } else {
                print(info);
            }
        }));
    });
}
