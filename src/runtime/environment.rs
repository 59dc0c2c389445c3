//! What the terminal, the environment and the configuration file say of how things should look.

use std::collections::BTreeMap;
use std::env;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Error, IsTerminal, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::app::keymap::Keymap;
use crate::app::{Authority, ColorDepth, Lab, Settings};
use crate::cli::{Cli, Look};
use crate::kernel::privileges;
use crate::kernel::sandbox::LAB_VARIABLE;
use crate::output::Style;

/// The configuration file, TOML. Every key is optional, an unknown one is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Draw with ASCII only.
    #[serde(default)]
    ascii: bool,
    /// Use no colours.
    #[serde(default)]
    no_color: bool,
    /// Leave the mouse to the terminal.
    #[serde(default)]
    no_mouse: bool,
    /// Refuse every change.
    #[serde(default)]
    read_only: bool,
    /// Actions, by the names that the palette shows, and the keys they get instead of their own.
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
}

impl Config {
    /// Reads the file that the command line names, or else the user's own if there is one.
    pub fn load(named: Option<&Path>) -> Result<Self> {
        let (path, required) = match named {
            Some(path) => (path.to_owned(), true),
            None => match usual_path() {
                Some(path) => (path, false),
                None => return Ok(Self::default()),
            },
        };
        let text = match std::fs::read_to_string(&path) {
            Err(error) if !required && is_absent(&error) => return Ok(Self::default()),
            other => other.with_context(|| format!("reading {}", path.display()))?,
        };
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))
    }

    /// The keys as the user wants them.
    fn keymap(&self) -> Result<Keymap> {
        let overrides: Vec<_> =
            self.keys.iter().map(|(action, keys)| (action.clone(), keys.clone())).collect();
        Keymap::with_overrides(&overrides)
            .map_err(|error| anyhow::anyhow!("{error}"))
            .context("in [keys] of the configuration file")
    }
}

/// Whether a file is not there for us: `$HOME` may be none, or that of another user (su(1)).
fn is_absent(error: &Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(error.kind(), NotFound | NotADirectory | PermissionDenied)
}

fn usual_path() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(base.join("macvlens/config.toml"))
}

/// Whether every change is to be refused.
pub fn is_read_only(cli: &Cli, config: &Config) -> bool {
    cli.read_only || config.read_only
}

/// How the UI should look.
pub fn settings(cli: &Cli, config: &Config) -> Result<Settings> {
    let terminal = TerminalKind::of_environment();
    Ok(Settings {
        ascii: cli.look.ascii || config.ascii || terminal.ascii(),
        colors: if cli.look.no_color || config.no_color {
            ColorDepth::None
        } else {
            terminal.colors()
        },
        mouse: !cli.no_mouse && !config.no_mouse,
        keymap: config.keymap()?,
        authority: if is_read_only(cli, config) { Authority::ReadOnly } else { of_kernel() },
        confirm_within: cli.confirm_within(),
        // The one source of chance in the standard library.
        seed: RandomState::new().build_hasher().finish(),
        lab: env::var(LAB_VARIABLE).ok().map(|name| Lab { name, left_out: Vec::new() }),
    })
}

/// What this process may change, by its capabilities.
fn of_kernel() -> Authority {
    match privileges::authority() {
        privileges::Authority::All => Authority::All,
        privileges::Authority::Own(missing) => Authority::Own(missing),
        privileges::Authority::None(missing) => Authority::None(missing),
    }
}

/// How printed output should look: plain unless a terminal shows it.
pub fn style(look: Look) -> Style {
    let terminal = TerminalKind::of_environment();
    let shown = stdout().is_terminal();
    Style {
        color: shown && !look.no_color && terminal.colors() != ColorDepth::None,
        ascii: look.ascii || terminal.ascii(),
        width: if shown { terminal_width() } else { None },
    }
}

/// Columns of the terminal on stdout; `None` where nobody told the kernel, as on a serial line.
fn terminal_width() -> Option<usize> {
    let (columns, _) = crossterm::terminal::size().ok()?;
    Some(columns.into()).filter(|columns| *columns > 0)
}

/// What the environment says of the terminal.
#[derive(Debug, Default)]
struct TerminalKind {
    term: String,
    colorterm: String,
    no_color: bool,
    locale: String,
}

impl TerminalKind {
    fn of_environment() -> Self {
        let text = |name| env::var(name).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(text);
        Self {
            term: text("TERM"),
            colorterm: text("COLORTERM"),
            no_color: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            // The first that is set decides (locale(7)).
            locale: locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default(),
        }
    }

    fn ascii(&self) -> bool {
        let locale = self.locale.to_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        let poor = ["linux", "vt100", "vt102", "vt220", "dumb"];
        !utf8 || poor.contains(&self.term.as_str())
    }

    fn colors(&self) -> ColorDepth {
        let monochrome = ["", "dumb", "vt100", "vt102", "vt220"];
        if self.no_color || monochrome.contains(&self.term.as_str()) {
            ColorDepth::None
        } else if ["truecolor", "24bit"].contains(&self.colorterm.as_str()) {
            ColorDepth::True
        } else if self.term.contains("256color") {
            ColorDepth::TwoFiftySix
        } else {
            ColorDepth::Sixteen
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(term: &str, colorterm: &str, locale: &str) -> TerminalKind {
        TerminalKind {
            term: term.into(),
            colorterm: colorterm.into(),
            no_color: false,
            locale: locale.into(),
        }
    }

    #[test]
    fn terminals_get_what_they_can_show() {
        let modern = kind("xterm-256color", "truecolor", "de_DE.UTF-8");
        assert_eq!((modern.colors(), modern.ascii()), (ColorDepth::True, false));
        let tmux = kind("screen-256color", "", "C.utf8");
        assert_eq!((tmux.colors(), tmux.ascii()), (ColorDepth::TwoFiftySix, false));
        let console = kind("linux", "", "en_US.UTF-8");
        assert_eq!((console.colors(), console.ascii()), (ColorDepth::Sixteen, true));
        let posix = kind("xterm", "", "C");
        assert_eq!((posix.colors(), posix.ascii()), (ColorDepth::Sixteen, true));
        assert_eq!(kind("dumb", "", "C").colors(), ColorDepth::None);
        let plain =
            TerminalKind { no_color: true, ..kind("xterm-256color", "truecolor", "C.UTF-8") };
        assert_eq!(plain.colors(), ColorDepth::None);
    }

    #[test]
    fn a_file_in_somebody_elses_home_is_absent() {
        assert!(is_absent(&std::fs::read("/dev/null/file").unwrap_err()));
        assert!(is_absent(&Error::from(std::io::ErrorKind::PermissionDenied)));
        assert!(!is_absent(&std::fs::read("/").unwrap_err()));
    }

    #[test]
    fn command_line_and_file_can_each_forbid_changes() {
        let parse = |line: &str| <Cli as clap::Parser>::parse_from(line.split(' '));
        let forbidding = toml::from_str::<Config>("read_only = true").unwrap();
        assert!(!is_read_only(&parse("macvlens"), &Config::default()));
        assert!(is_read_only(&parse("macvlens delete x --read-only"), &Config::default()));
        assert!(is_read_only(&parse("macvlens delete x"), &forbidding));
    }

    #[test]
    fn an_unknown_setting_is_an_error_that_names_it() {
        let error = toml::from_str::<Config>("colour = true").unwrap_err().to_string();
        assert!(error.contains("colour"), "{error}");
    }
}
