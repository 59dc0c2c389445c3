//! How long `macvlens show --output json` takes from nothing, start of the process and discovery
//! included, beside two others in the same run: the plain system calls that read the same
//! (`floor`), and `ip -all netns exec ip -d -j addr`.

#[path = "../common/mod.rs"]
mod common;
mod floor;

use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use common::report::{self, digits, grouped, median, millis, verdict};
use common::world::{self, CHILD, Processes, World};
use common::{Length, MACVLENS};
use macvlens::cli::Status;

/// Beyond this size `ip` takes minutes, because it copies the mount table for every namespace.
const IP_UP_TO: usize = 1000;

fn main() -> ExitCode {
    common::main(run)
}

fn run(length: Length) -> Result<()> {
    let mut world = World::new()?;
    let mut rows = Vec::new();
    for &size in length.pick(&[10, 100, 500, 1000, 5000][..], &[10, 50]) {
        if !world::fits(size)? {
            eprintln!("{size} namespaces don't fit into memory");
            break;
        }
        world.grow(size)?;
        rows.push(Row::measure(length, size, 0)?);
        if size == length.pick(1000, 50) {
            let _processes = Processes::start(size)?;
            rows.push(Row::measure(length, size, size)?);
        }
    }
    print(&rows);
    Ok(())
}

/// Medians of one world.
struct Row {
    namespaces: usize,
    processes: usize,
    macvlens: Duration,
    floor: Duration,
    ip: Option<Duration>,
}

impl Row {
    fn measure(length: Length, namespaces: usize, processes: usize) -> Result<Self> {
        eprintln!("measuring {namespaces} namespaces, {processes} processes");
        check(namespaces)?;
        let rounds = length.pick(if namespaces > 1000 { 9 } else { 21 }, 3);
        let ip_rounds = match namespaces {
            _ if namespaces > IP_UP_TO || !has_ip() => 0,
            _ if namespaces > 100 => 3,
            _ => length.pick(7, 1),
        };
        let (mut macvlens, mut floor, mut ip) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            macvlens.push(time(show)?);
            floor.push(time(|| {
                let count = floor::read().context("reading by plain system calls")?;
                ensure!(count == namespaces, "the floor read {count} of {namespaces} namespaces");
                Ok(())
            })?);
            if round < ip_rounds {
                ip.push(time(ip_netns_exec)?);
            }
        }
        let none = "no round was measured";
        Ok(Self {
            namespaces,
            processes,
            macvlens: median(&macvlens).context(none)?,
            floor: median(&floor).context(none)?,
            ip: median(&ip),
        })
    }

    fn over_floor(&self) -> f64 {
        self.macvlens.div_duration_f64(self.floor)
    }

    fn under_ip(&self) -> Option<f64> {
        Some(self.ip?.div_duration_f64(self.macvlens))
    }

    fn per_namespace(&self) -> Duration {
        self.macvlens / u32::try_from(self.namespaces).unwrap_or(u32::MAX)
    }
}

/// Times one way of reading, then lets the kernel finish what it left: private namespaces are
/// taken down after their last user is gone.
fn time(read: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    read()?;
    let elapsed = start.elapsed();
    sleep(Duration::from_millis(50));
    Ok(elapsed)
}

fn show() -> Result<()> {
    let mut command = Command::new(MACVLENS);
    command.args(["show", "--output", "json"]).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().with_context(|| format!("starting {MACVLENS}"))?;
    ensure!(is_fine(status), "macvlens show: {status}");
    Ok(())
}

/// A sandbox has copies of the host's mounts. Container engines have namespaces among them, which
/// stay closed to us; what is ours has been checked.
fn is_fine(status: ExitStatus) -> bool {
    [Status::Fine, Status::Incomplete].iter().any(|fine| status.code() == Some(fine.code().into()))
}

fn ip_netns_exec() -> Result<()> {
    let mut command = Command::new("ip");
    command.args(["-all", "netns", "exec", "ip", "-d", "-j", "addr"]).stdout(Stdio::null());
    let status = command.status().context("starting ip")?;
    ensure!(status.success(), "ip -all netns exec: {status}");
    Ok(())
}

fn has_ip() -> bool {
    let version = Command::new("ip").arg("-V").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// What is timed must be the whole truth: every namespace, with its macvlan and that one's parent.
fn check(namespaces: usize) -> Result<()> {
    let output = Command::new(MACVLENS).args(["show", "--output", "json"]).output()?;
    let document: serde_json::Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let links = document["namespaces"].as_array().into_iter().flatten();
    let links = links.filter_map(|netns| netns["links"].as_array()).flatten();
    let whole = |link: &&serde_json::Value| {
        link["name"] == CHILD
            && !link["parent"]["name"].is_null()
            && link["addresses"][0].is_object()
    };
    let found = links.filter(whole).count();
    ensure!(found == namespaces, "macvlens shows {found} of {namespaces} macvlans");
    Ok(())
}

fn print(rows: &[Row]) {
    let heads =
        ["namespaces", "macvlens", "plain calls", "`ip -all netns exec`", "to calls", "to ip"];
    println!(
        "Time of `macvlens show -o json`, of the plain system calls that read as much (enter each namespace,"
    );
    println!(
        "dump links and addresses unparsed, register it), and of `ip -all netns exec ip -d -j addr`:\n"
    );
    println!("{}", report::head(&heads));
    for row in rows {
        let namespaces = grouped(count(row.namespaces));
        let world = match row.processes {
            0 => namespaces,
            processes => format!("{namespaces} + {} processes", grouped(count(processes))),
        };
        let cells = [
            world,
            millis(row.macvlens),
            millis(row.floor),
            row.ip.map_or("–".into(), millis),
            format!("{} ×", digits(row.over_floor())),
            row.under_ip().map_or("–".into(), |ratio| format!("1/{}", grouped(ratio))),
        ];
        println!("{}", report::row(cells.iter().map(String::as_str)));
    }
    println!();
    print_targets(rows);
    println!("\n{}", report::footer("cold"));
}

/// The numbers to hold, where the run was long enough to tell.
fn print_targets(rows: &[Row]) {
    let plain =
        |namespaces| rows.iter().find(|row| (row.namespaces, row.processes) == (namespaces, 0));
    if let Some(row) = plain(1000) {
        let ratio = row.over_floor();
        println!(
            "- At 1,000 at most 2.5 times the plain calls: {}, {}.",
            digits(ratio),
            verdict(ratio <= 2.5)
        );
    }
    if let Some(ratio) = plain(1000).and_then(Row::under_ip) {
        println!(
            "- At 1,000 at least 30 times as fast as `ip`: {}, {}.",
            digits(ratio),
            verdict(ratio >= 30.0)
        );
    }
    if let (Some(few), Some(many)) = (plain(500), plain(5000)) {
        let ratio = many.per_namespace().div_duration_f64(few.per_namespace());
        println!(
            "- A namespace among 5,000 at most 1.5 times what it costs among 500: {} ({} and {}), {}.",
            digits(ratio),
            millis(many.per_namespace()),
            millis(few.per_namespace()),
            verdict(ratio <= 1.5),
        );
    }
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
