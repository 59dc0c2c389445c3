//! The `macvlens` program: which front to open, and the exit status.

use std::io::{Write, stderr, stdout};
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
    if cli.is_for_ui() && !cli.opens_ui() {
        eprintln!(
            "macvlens: --record and --picture are for the UI, which this command does not open"
        );
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
        Some(Command::Lab(lab)) => return runtime::lab::run(cli, lab),
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
    if cli.picture.is_none()
        && let Some(status) = runtime::unfit("macvlens show")?
    {
        return Ok(status.into());
    }
    let config = runtime::Config::load(cli.config.as_deref())?;
    runtime::run(runtime::settings(cli, &config)?, cli)
}
