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
    let many = crowd(length, &world, figures.last().map_or(0, |figures| figures.namespaces))?;
    print(&figures);
    print_crowd(length.pick(ROWS, SMOKE_ROWS), many);
    println!("{}", report::footer("live"));
    Ok(())
}

/// Sub-interfaces of the largest tree.
const ROWS: usize = 10_000;
const SMOKE_ROWS: usize = 500;

/// Steps of the cursor in a tree of many rows, most of them macvlans beside their parent.
fn crowd(length: Length, world: &World, present: usize) -> Result<Steps> {
    let rows = length.pick(ROWS, SMOKE_ROWS);
    world.crowd(rows - present)?;
    eprintln!("measuring {rows} rows");
    let mut terminal = Terminal::open()?;
    terminal.shows(&format!("{rows} sub-interfaces"))?;
    terminal.settles(Duration::from_secs(length.pick(3, 1)))?;
    let steps = Steps::measure(&mut terminal, length.pick(15, 3))?;
    terminal.quit()?;
    Ok(steps)
}

/// What was measured in one world.
struct Figures {
    namespaces: usize,
    /// From the start of the program to the whole picture.
    open: Duration,
    /// From before a link is renamed until its new name is on the screen.
    change: Duration,
    steps: Steps,
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
        let steps = Steps::measure(&mut terminal, length.pick(15, 3))?;
        let change = rename(&mut terminal, length.pick(31, 3))?;
        let status = Process::new(terminal.pid()?)?.status()?;
        let memory = |kib: Option<u64>| kib.context("no memory use in /proc/PID/status");
        let (resident, peak) = (memory(status.vmrss)?, memory(status.vmhwm)?);
        terminal.quit()?;
        Ok(Self { namespaces, open, change, steps, idle, resident, peak })
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

/// Steps of the cursor, in the median.
#[derive(Clone, Copy)]
struct Steps {
    /// From the parent to its first sub-interface, of which the details say wholly different things.
    first: Step,
    /// From there to the next sub-interface.
    next: Step,
}

/// A step of the cursor: from the key press until the last byte of what it draws, and how many.
#[derive(Clone, Copy)]
struct Step {
    time: Duration,
    bytes: usize,
}

impl Steps {
    fn measure(terminal: &mut Terminal, rounds: usize) -> Result<Self> {
        let (mut first, mut next) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            terminal.type_keys(b"g")?;
            terminal.settles(Duration::from_millis(100))?;
            first.push(Step::down(terminal)?);
            next.push(Step::down(terminal)?);
        }
        let none = "no key was pressed";
        Ok(Self {
            first: Step::median(&first).context(none)?,
            next: Step::median(&next).context(none)?,
        })
    }
}

impl Step {
    fn down(terminal: &mut Terminal) -> Result<Self> {
        let start = Instant::now();
        terminal.type_keys(b"\x1b[B")?;
        let (bytes, last) = terminal.settles(Duration::from_millis(100))?;
        Ok(Self { time: last.context("a key press draws nothing")? - start, bytes })
    }

    fn median(steps: &[Self]) -> Option<Self> {
        let times: Vec<_> = steps.iter().map(|step| step.time).collect();
        let bytes: Vec<_> = steps.iter().map(|step| step.bytes).collect();
        Some(Self { time: median(&times)?, bytes: median(&bytes)? })
    }

    fn is_quick(self) -> bool {
        self.time <= Duration::from_millis(16)
    }

    fn is_short(self) -> bool {
        self.bytes < 2048
    }

    fn size(self) -> String {
        grouped(u32::try_from(self.bytes).unwrap_or(u32::MAX))
    }
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
}

fn print_crowd(rows: usize, steps: Steps) {
    let rows = grouped(u32::try_from(rows).unwrap_or(u32::MAX));
    println!("\nAmong {rows} rows, in one step down of the cursor:\n");
    println!("{}", report::head(&["", "time", "16 ms", "bytes", "2 KiB"]));
    for (what, step) in [
        ("from a parent to its first sub-interface", steps.first),
        ("from a sub-interface to the next", steps.next),
    ] {
        let (quick, short) = (verdict(step.is_quick()), verdict(step.is_short()));
        println!("{}", report::row([what, &millis(step.time), quick, &step.size(), short]));
    }
    println!();
}

/// A number to hold, and whether it is held.
type Limit = (&'static str, fn(&Figures) -> bool);

/// A line of the report.
struct Line {
    what: &'static str,
    value: fn(&Figures) -> String,
    limit: Option<Limit>,
}

const LINES: [Line; 9] = [
    Line { what: "start to whole picture", value: |figures| millis(figures.open), limit: None },
    Line {
        what: "a link renamed to its name on the screen",
        value: |figures| millis(figures.change),
        limit: Some(("20 ms", |figures| figures.change <= Duration::from_millis(20))),
    },
    Line {
        what: "cursor down to the last byte drawn",
        value: |figures| millis(figures.steps.next.time),
        limit: Some(("16 ms", |figures| figures.steps.next.is_quick())),
    },
    Line {
        what: "bytes written for it",
        value: |figures| figures.steps.next.size(),
        limit: Some(("2 KiB", |figures| figures.steps.next.is_short())),
    },
    Line {
        what: "bytes written from a parent to its first sub-interface",
        value: |figures| figures.steps.first.size(),
        limit: Some(("2 KiB", |figures| figures.steps.first.is_short())),
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
