//! The terminal, taken over and given back. Whatever ends the program – an error, a panic on any
//! thread, a signal – the terminal is as it was before.

use std::io::{self, Stdout, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::layout::Rect;
use ratatui::{Frame, TerminalOptions, Viewport};

use super::screen::Screen;

/// Whether the terminal is ours now; the panic hook runs where nothing else is at hand.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal in raw mode and on its alternate screen.
pub(super) struct Terminal {
    /// Never dropped: ratatui would complain on stderr, and panic where that is gone, too, when it
    /// can't show the cursor on a terminal that has been closed.
    screen: ManuallyDrop<ratatui::Terminal<Screen<Stdout>>>,
    mouse: bool,
}

impl Terminal {
    pub(super) fn open(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        let (columns, rows) = size()?;
        let viewport = match crossterm::terminal::size()? {
            told if told == (columns, rows) => Viewport::Fullscreen,
            _ => Viewport::Fixed(Rect::new(0, 0, columns, rows)),
        };
        take(mouse)?;
        let screen =
            ratatui::Terminal::with_options(Screen::new(stdout()), TerminalOptions { viewport });
        let screen = screen.inspect_err(|_| give_back())?;
        Ok(Self { screen: ManuallyDrop::new(screen), mouse })
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
    pub(super) fn pause() {
        give_back();
    }

    /// Takes it over again.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        take(self.mouse)?;
        self.clear()
    }
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

/// Undoes all that [`take`] did. A terminal that is gone can't be restored, so errors mean nothing.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// Restores the terminal before the message of a panic is printed, on whatever thread it is.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            print(info);
        }));
    });
}
