//! Colours and attributes for every meaning, at four colour depths. Without colour, bold, reverse,
//! dim and underline carry what can't be told from the words alone.

use ratatui::style::{Color, Modifier, Style};

use crate::app::ColorDepth;
use crate::app::glow::Brightness;
use crate::app::sheet::Tone;
use crate::model::{Mode, OperState};

/// Styles at one colour depth.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    depth: ColorDepth,
}

/// A colour at the three depths that have any.
#[derive(Clone, Copy)]
struct Ink(Color, u8, (u8, u8, u8));

const RED: Ink = Ink(Color::Red, 203, (0xff, 0x6b, 0x6b));
const GREEN: Ink = Ink(Color::Green, 114, (0x87, 0xd7, 0x87));
const YELLOW: Ink = Ink(Color::Yellow, 221, (0xff, 0xd7, 0x5f));
const BLUE: Ink = Ink(Color::Blue, 75, (0x5f, 0xaf, 0xff));
const CYAN: Ink = Ink(Color::Cyan, 80, (0x5f, 0xd7, 0xd7));
const MAGENTA: Ink = Ink(Color::Magenta, 176, (0xd7, 0x87, 0xd7));
const GRAY: Ink = Ink(Color::DarkGray, 244, (0x80, 0x80, 0x80));

impl Theme {
    /// The theme for a terminal with this many colours.
    pub fn new(depth: ColorDepth) -> Self {
        Self { depth }
    }

    fn ink(self, Ink(sixteen, indexed, (r, g, b)): Ink) -> Style {
        match self.depth {
            ColorDepth::None => Style::new(),
            ColorDepth::Sixteen => Style::new().fg(sixteen),
            ColorDepth::TwoFiftySix => Style::new().fg(Color::Indexed(indexed)),
            ColorDepth::True => Style::new().fg(Color::Rgb(r, g, b)),
        }
    }

    /// Less important text.
    pub fn dim(self) -> Style {
        match self.depth {
            ColorDepth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.ink(GRAY),
        }
    }

    /// Text by what it means.
    pub fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Dim => self.dim(),
            Tone::Heading => Style::new().add_modifier(Modifier::BOLD),
            Tone::Good | Tone::Added => self.ink(GREEN),
            Tone::Note => self.ink(CYAN),
            Tone::Warning | Tone::Changed => self.ink(YELLOW),
            Tone::Error => self.ink(RED).add_modifier(Modifier::BOLD),
            Tone::Removed => self.ink(RED),
        }
    }

    /// The label before a text.
    pub fn label(self) -> Style {
        self.dim()
    }

    /// The program's name in the header.
    pub fn brand(self) -> Style {
        self.ink(CYAN).add_modifier(Modifier::BOLD)
    }

    /// Lines between panes.
    pub fn rule(self) -> Style {
        self.dim()
    }

    /// The title of a pane.
    pub fn title(self, focused: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        if focused { style.patch(self.ink(CYAN)) } else { style }
    }

    /// The heads of columns.
    pub fn heads(self) -> Style {
        self.dim()
    }

    /// A key in the footer.
    pub fn key(self) -> Style {
        self.ink(CYAN).add_modifier(Modifier::BOLD)
    }

    /// The picture is held still, or news no longer comes.
    pub fn alert(self) -> Style {
        self.ink(YELLOW).add_modifier(Modifier::BOLD | Modifier::REVERSED)
    }

    /// The selected row, over what its text already has.
    pub fn selected(self, focused: bool) -> Style {
        match (self.depth, focused) {
            // Reversed, every colour of the text would become a background of its own.
            (ColorDepth::None | ColorDepth::Sixteen, true) => {
                Style::new().fg(Color::Reset).add_modifier(Modifier::REVERSED)
            }
            (ColorDepth::None | ColorDepth::Sixteen, false) => {
                Style::new().add_modifier(Modifier::UNDERLINED)
            }
            (ColorDepth::TwoFiftySix, true) => Style::new().bg(Color::Indexed(238)),
            (ColorDepth::TwoFiftySix, false) => Style::new().bg(Color::Indexed(235)),
            (ColorDepth::True, true) => Style::new().bg(Color::Rgb(0x2d, 0x3b, 0x52)),
            (ColorDepth::True, false) => Style::new().bg(Color::Rgb(0x24, 0x28, 0x30)),
        }
    }

    /// A row that changed a moment ago, over what its text already has.
    pub fn glow(self, brightness: Brightness) -> Style {
        let [full, half, faint] = match self.depth {
            ColorDepth::None => {
                return match brightness {
                    Brightness::Full | Brightness::Half => {
                        Style::new().add_modifier(Modifier::BOLD)
                    }
                    Brightness::Faint => Style::new(),
                };
            }
            ColorDepth::Sixteen => {
                return match brightness {
                    Brightness::Full => self.ink(YELLOW).add_modifier(Modifier::BOLD),
                    Brightness::Half => self.ink(YELLOW),
                    Brightness::Faint => Style::new().add_modifier(Modifier::BOLD),
                };
            }
            ColorDepth::TwoFiftySix => [58, 236, 235].map(Color::Indexed),
            ColorDepth::True => [(0x5c, 0x4d, 0x12), (0x3d, 0x35, 0x16), (0x29, 0x26, 0x18)]
                .map(|(r, g, b)| Color::Rgb(r, g, b)),
        };
        Style::new().bg(match brightness {
            Brightness::Full => full,
            Brightness::Half => half,
            Brightness::Faint => faint,
        })
    }

    /// A macvlan mode.
    pub fn mode(self, mode: Mode) -> Style {
        self.ink(match mode {
            Mode::Private => MAGENTA,
            Mode::Vepa => YELLOW,
            Mode::Bridge => GREEN,
            Mode::Passthru => BLUE,
            Mode::Source => CYAN,
            Mode::Unknown(_) => RED,
        })
    }

    /// An operational state.
    pub fn state(self, state: OperState) -> Style {
        match state {
            OperState::Up => self.ink(GREEN),
            OperState::Unknown => Style::new(),
            OperState::Dormant | OperState::Testing => self.ink(YELLOW),
            OperState::Down | OperState::LowerLayerDown | OperState::NotPresent => {
                self.ink(RED).add_modifier(Modifier::BOLD)
            }
        }
    }
}
