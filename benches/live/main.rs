//! The UI in a pseudoterminal with many namespaces open, each with a macvlan and a process: how
//! soon a change is on the screen, what a key press writes, and what it costs to have it open.

#[path = "../common/mod.rs"]
mod common;
mod terminal;

use std::os::fd::AsFd;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use common::Length;
use common::report::{self, digits, grouped, median, millis, verdict};
use common::world::{self, CHILD, Processes, World};
use macvlens::kernel::sandbox::{Links, named};
use procfs::process::Process;
use terminal::Terminal;

fn main() -> ExitCode {
    common::main(run)
}

fn run(length: Length) -> Result<()> {
    let mut world = World::new()?;
    let mut figures = Vec::new();
    for &size in length.pick(&[10, 100, 1000][..], &[10, 50]) {
        if !world::fits(size)? {
            eprintln!("{size} namespaces don't fit into memory");
            break;
        }
        world.grow(size)?;
        let processes = Processes::start(size)?;
        eprintln!("measuring {size} namespaces");
        figures.push(Figures::measure(length, size)?);
        drop(processes);
    }
    print(&figures);
    Ok(())
}

/// What was measured in one world.
struct Figures {
    namespaces: usize,
    /// From the start of the program to the whole picture.
    open: Duration,
    /// From before a link is renamed until its new name is on the screen.
    change: Duration,
    /// From a key press until the last byte of what it draws.
    key: Duration,
    /// Bytes that a cursor moved down writes.
    key_bytes: usize,
    idle: Idle,
    resident: u64,
    peak: u64,
}

impl Figures {
    fn measure(length: Length, namespaces: usize) -> Result<Self> {
        let start = Instant::now();
        let mut terminal = Terminal::open()?;
        let open = terminal.shows(&format!("{namespaces} sub-interfaces"))? - start;
        // Everything that was delayed has been told, and nothing glows any more.
        let rest = Duration::from_secs(length.pick(3, 1));
        terminal.settles(rest)?;
        let idle = Idle::measure(&mut terminal, Duration::from_secs(length.pick(10, 1)))?;
        let (key, key_bytes) = cursor_down(&mut terminal, length.pick(15, 3))?;
        let change = rename(&mut terminal, length.pick(31, 3))?;
        let status = Process::new(terminal.pid()?)?.status()?;
        let memory = |kib: Option<u64>| kib.context("no memory use in /proc/PID/status");
        let (resident, peak) = (memory(status.vmrss)?, memory(status.vmhwm)?);
        terminal.quit()?;
        Ok(Self { namespaces, open, change, key, key_bytes, idle, resident, peak })
    }
}

/// What it costs to have the UI open while nothing happens.
struct Idle {
    /// Part of one core.
    cpu: f64,
    /// Context switches a second, of all threads.
    switches: f64,
    /// Bytes written to the terminal.
    written: usize,
}

impl Idle {
    fn measure(terminal: &mut Terminal, span: Duration) -> Result<Self> {
        let process = Process::new(terminal.pid()?)?;
        let start = Instant::now();
        let before = (cpu_time(&process)?, switches(&process)?);
        let written = terminal.listen(span)?;
        let after = (cpu_time(&process)?, switches(&process)?);
        let elapsed = start.elapsed();
        Ok(Self {
            cpu: after.0.saturating_sub(before.0).div_duration_f64(elapsed),
            switches: f64::from(u32::try_from(after.1 - before.1)?) / elapsed.as_secs_f64(),
            written,
        })
    }
}

/// User and system time of a process so far (proc_pid_stat(5)).
fn cpu_time(process: &Process) -> Result<Duration> {
    let stat = process.stat()?;
    let ticks = u32::try_from(stat.utime + stat.stime)?;
    Ok(Duration::from_secs(1) * ticks / u32::try_from(procfs::ticks_per_second())?)
}

/// Voluntary and other context switches of a process's threads so far.
fn switches(process: &Process) -> Result<u64> {
    process.tasks()?.try_fold(0, |sum, task| {
        let status = task?.status()?;
        let both = [status.voluntary_ctxt_switches, status.nonvoluntary_ctxt_switches];
        Ok(sum + both.into_iter().flatten().sum::<u64>())
    })
}

/// Median time and bytes of one step of the cursor, from one sub-interface to the next.
fn cursor_down(terminal: &mut Terminal, rounds: usize) -> Result<(Duration, usize)> {
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    // From the parent to the first of them.
    terminal.type_keys(b"\x1b[B")?;
    terminal.settles(Duration::from_millis(500))?;
    for _ in 0..rounds {
        let start = Instant::now();
        terminal.type_keys(b"\x1b[B")?;
        let (written, last) = terminal.settles(Duration::from_millis(100))?;
        times.push(last.context("a key press draws nothing")? - start);
        bytes.push(written);
        terminal.type_keys(b"\x1b[A")?;
        terminal.settles(Duration::from_millis(100))?;
    }
    let none = "no key was pressed";
    Ok((median(&times).context(none)?, median(&bytes).context(none)?))
}

/// Median time from a link's new name to the screen that shows it.
fn rename(terminal: &mut Terminal, rounds: usize) -> Result<Duration> {
    let links = Links::inside(named::open(world::name(0))?.as_fd())?;
    let mut old = String::from(CHILD);
    let mut times = Vec::new();
    for round in 0..rounds {
        // The first in the order of names, so that its row is at the top.
        let new = format!("a{round:04}");
        let start = Instant::now();
        links.rename(&old, &new)?;
        times.push(terminal.shows(&new)? - start);
        old = new;
        sleep(Duration::from_millis(100));
    }
    links.rename(&old, CHILD)?;
    median(&times).context("no link was renamed")
}

fn print(figures: &[Figures]) {
    println!("The UI on a terminal of 120×40, with a macvlan and a process in every namespace:\n");
    let sizes = figures.iter().map(|figures| {
        grouped(u32::try_from(figures.namespaces).unwrap_or(u32::MAX)) + " namespaces"
    });
    let heads: Vec<_> =
        [String::new()].into_iter().chain(sizes).chain(["to hold".into()]).collect();
    println!("{}", report::head(&heads.iter().map(String::as_str).collect::<Vec<_>>()));
    for line in LINES {
        let last = figures.last().map_or(String::new(), |figures| match line.limit {
            Some((limit, holds)) if figures.namespaces >= 1000 => {
                format!("{limit}: {}", verdict(holds(figures)))
            }
            Some((limit, _)) => limit.into(),
            None => String::new(),
        });
        let values = figures.iter().map(line.value);
        let cells: Vec<_> = [line.what.into()].into_iter().chain(values).chain([last]).collect();
        println!("{}", report::row(cells.iter().map(String::as_str)));
    }
    println!("\n{}", report::footer("live"));
}

/// A number to hold, and whether it is held.
type Limit = (&'static str, fn(&Figures) -> bool);

/// A line of the report.
struct Line {
    what: &'static str,
    value: fn(&Figures) -> String,
    limit: Option<Limit>,
}

const LINES: [Line; 8] = [
    Line { what: "start to whole picture", value: |figures| millis(figures.open), limit: None },
    Line {
        what: "a link renamed to its name on the screen",
        value: |figures| millis(figures.change),
        limit: Some(("20 ms", |figures| figures.change <= Duration::from_millis(20))),
    },
    Line {
        what: "cursor down to the last byte drawn",
        value: |figures| millis(figures.key),
        limit: Some(("16 ms", |figures| figures.key <= Duration::from_millis(16))),
    },
    Line {
        what: "bytes written for it",
        value: |figures| grouped(u32::try_from(figures.key_bytes).unwrap_or(u32::MAX)),
        limit: Some(("2 KiB", |figures| figures.key_bytes < 2048)),
    },
    Line {
        what: "idle: part of one core",
        value: |figures| format!("{} %", digits(figures.idle.cpu * 100.0)),
        limit: Some(("1 %", |figures| figures.idle.cpu <= 0.01)),
    },
    Line {
        what: "idle: context switches a second",
        value: |figures| digits(figures.idle.switches),
        limit: None,
    },
    Line {
        what: "idle: bytes written",
        value: |figures| figures.idle.written.to_string(),
        limit: Some(("0", |figures| figures.idle.written == 0)),
    },
    Line {
        what: "memory, and at most since the start",
        value: |figures| {
            let mebibytes = |kib: u64| grouped(u32::try_from(kib / 1024).unwrap_or(u32::MAX));
            format!("{}, {} MiB", mebibytes(figures.resident), mebibytes(figures.peak))
        },
        limit: Some(("40 MiB", |figures| figures.peak < 40 * 1024)),
    },
];
