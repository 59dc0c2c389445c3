//! The `macvlens` program: which front to open, and the exit status.

use std::io::{IsTerminal, Write, stderr, stdin, stdout};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use macvlens::cli::{self, Change, Cli, Command};
use macvlens::runtime::{self, change, print};

fn main() -> ExitCode {
    let cli = Cli::parse();
    run(&cli).unwrap_or_else(|error| {
        // Not eprintln, which panics where stderr can't be written: the status still tells.
        let _ = writeln!(stderr(), "macvlens: {error:#}");
        cli::Status::Failed.into()
    })
}

fn run(cli: &Cli) -> Result<ExitCode> {
    if cli.is_for_ui() && cli.command.is_some() {
        eprintln!("macvlens: --record and --picture are for the UI, without a command");
        return Ok(cli::Status::Usage.into());
    }
    let status = match &cli.command {
        None => return open(cli),
        Some(Command::Show(show)) => print::show(cli, show)?,
        Some(Command::Watch(watch)) => print::watch(cli, watch)?,
        Some(Command::Reach(reach)) => runtime::reach::run(cli, reach)?,
        Some(Command::Probe(probe)) => runtime::reach::probe(cli, probe)?,
        Some(Command::Packets(packets)) => runtime::packets::run(cli, packets)?,
        Some(Command::Export(export)) => runtime::export::run(cli, export)?,
        Some(Command::Create(create)) => return change::run(cli, Change::Create(create)),
        Some(Command::Delete(delete)) => return change::run(cli, Change::Delete(delete)),
        Some(Command::Set(set)) => return change::run(cli, Change::Set(set)),
        Some(Command::Netns(netns)) => return change::run(cli, netns.into()),
        Some(Command::Modes { mode }) => runtime::modes::run(cli, *mode)?,
        Some(Command::Completions { shell }) => {
            print::finish(cli::write_completions(*shell, &mut stdout()))?
        }
        Some(Command::Man { command }) => {
            print::finish(cli::write_man(command.as_deref(), &mut stdout()))?
        }
    };
    Ok(status.into())
}

fn open(cli: &Cli) -> Result<ExitCode> {
    let needs_terminal = cli.picture.is_none();
    if needs_terminal && (!stdin().is_terminal() || !stdout().is_terminal()) {
        eprintln!("macvlens: the UI needs a terminal; without one, print with: macvlens show");
        return Ok(cli::Status::Usage.into());
    }
    if needs_terminal && std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        eprintln!("macvlens: TERM=dumb can't move a cursor; print instead with: macvlens show");
        return Ok(cli::Status::Failed.into());
    }
    let config = runtime::Config::load(cli.config.as_deref())?;
    runtime::run(runtime::settings(cli, &config)?, cli)
}
