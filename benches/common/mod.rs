//! What the benchmarks share: the sandbox around them, the world that is measured in it, and the
//! report.
//!
//! A benchmark starts itself again as root of an empty world of its own (`kernel::sandbox`), so it
//! sees and touches nothing of the host and needs no privilege where user namespaces are allowed.
//! The report goes to stdout as Markdown, progress to stderr.

pub(crate) mod report;
pub(crate) mod world;

use std::env;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use macvlens::kernel::sandbox;

/// The binary that is measured, built as for a release.
pub(crate) const MACVLENS: &str = env!("CARGO_BIN_EXE_macvlens");

/// Set in the environment of a benchmark that runs inside its sandbox.
const INSIDE: &str = "MACVLENS_BENCH_INSIDE";

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Everything that the report promises.
    Full,
    /// Just enough to know that it works: small worlds, few repetitions.
    Smoke,
}

impl Length {
    fn of_arguments() -> Result<Self> {
        let mut length = Self::Full;
        for argument in env::args().skip(1) {
            match argument.as_str() {
                "--smoke" => length = Self::Smoke,
                // cargo passes this to every benchmark.
                "--bench" => {}
                other => bail!("unknown argument {other}: there is only --smoke"),
            }
        }
        Ok(length)
    }

    /// The one of two that fits.
    pub(crate) fn pick<T>(self, full: T, smoke: T) -> T {
        match self {
            Self::Full => full,
            Self::Smoke => smoke,
        }
    }
}

/// Runs a benchmark in a sandbox. It fails if something does not work, never for its timing.
pub(crate) fn main(body: fn(Length) -> Result<()>) -> ExitCode {
    let outcome = Length::of_arguments().and_then(|length| {
        if env::var_os(INSIDE).is_none() {
            return start_inside();
        }
        body(length).map(|()| ExitCode::SUCCESS)
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn start_inside() -> Result<ExitCode> {
    let mut command = Command::new(env::current_exe().context("looking for the own binary")?);
    command.args(env::args_os().skip(1)).env(INSIDE, "1");
    let mut child = sandbox::spawn(command).context("no sandbox to measure in")?;
    let status = child.wait().context("waiting for the sandbox")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, Into::into))
}
