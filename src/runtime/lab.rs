//! `macvlens lab`: the program starts itself again in namespaces of its own, builds a topology there, and
//! opens the same UI on it or runs a command.
//!
//! Three processes lead inside (see `kernel::sandbox`). This one, the outermost, waits, passes signals
//! on, and restores the terminal where the innermost was killed before it could.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write, pipe, stderr, stdout};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use nix::sys::prctl;
use nix::unistd::geteuid;
use rustix::io::{FdFlags, fcntl_setfd};

use super::print::{finish, name_untold};
use super::terminal::{self, Before};
use super::{Config, job, settings, staging, style};
use crate::app::sheet::Sheet;
use crate::cli::{self, Cli, Status};
use crate::kernel::sandbox;
use crate::lab::{Lab, Shipped, shipped};
use crate::model::text::printable;
use crate::owners;
use crate::teach::Lesson;

/// The program itself, whatever became of its file.
const PROGRAM: &str = "/proc/self/exe";
/// Columns of the list of topologies.
const COLUMNS: usize = 80;
/// Bytes of a topology's file at most.
const LARGEST: u64 = 1 << 20;
/// What in the environment is about the host.
const OF_HOST: [&str; 5] =
    ["DOCKER_HOST", "XDG_RUNTIME_DIR", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"];

/// Does what the command line asks for; tells the exit status.
pub fn run(cli: &Cli, args: &cli::Lab) -> Result<ExitCode> {
    if let Some(handed_over) = cli.inside_lab {
        return inside(cli, args, handed_over);
    }
    if args.list {
        let lines = list(true)?;
        return Ok(finish(stdout().write_all(lines.as_bytes()))?.into());
    }
    if let Some(name) = &args.print {
        let Some(shipped) = called(name) else { return misuse(name) };
        return Ok(finish(stdout().write_all(shipped.text.as_bytes()))?.into());
    }
    let text = if let Some(file) = &args.file {
        read(file).with_context(|| format!("reading {}", named(file.as_os_str())))?
    } else {
        let Some(shipped) = called(name(args)) else { return misuse(name(args)) };
        shipped.text.into()
    };
    // Here, where what is wrong costs nothing.
    Lab::parse(&file_name(args), &text)?;
    staging::wanted(args)?;
    if args.is_on_screen()
        && cli.picture.is_none()
        && let Some(status) = terminal::unfit("macvlens lab -- macvlens show")?
    {
        return Ok(status.into());
    }
    outside(args, &text)
}

/// A teacher's file, or what a link such as /dev/stdin leads to. What is larger than any can be is none,
/// and a FIFO that nobody writes to would never end.
fn read(file: &Path) -> io::Result<String> {
    let kind = fs::symlink_metadata(file)?.file_type();
    if !kind.is_file() && !kind.is_symlink() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(file)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        io::Error::other(format!("line {line} is not UTF-8 text"))
    })
}

/// Starts the program again inside, and waits for its end.
fn outside(args: &cli::Lab, text: &str) -> Result<ExitCode> {
    let handed_over = sandbox::hand_over(text).context("handing the topology over")?;
    let mut command = Command::new(PROGRAM);
    command
        .arg0("macvlens")
        .arg(format!("--inside-lab={}", handed_over.as_raw_fd()))
        .args(env::args_os().skip(1))
        .env(sandbox::LAB_VARIABLE, title(args));
    for name in OF_HOST {
        command.env_remove(name);
    }
    let before = if args.is_on_screen() { Before::look().ok() } else { None };
    // Held by whatever runs inside.
    let (mut ended, held) = pipe().context("making a pipe")?;
    fcntl_setfd(&held, FdFlags::empty()).context("letting a pipe be inherited")?;
    let child = sandbox::spawn(command).context(format!(
        "a lab needs user, network, mount and PID namespaces of its own{}",
        sudo()
    ))?;
    drop((handed_over, held));
    let status = sandbox::attend(&child);
    // Where one of those between was killed, the kernel ends the rest a moment later.
    let _ = ended.read_to_end(&mut Vec::new());
    if let Some(before) = before {
        job::take_back_from_ui().context("taking back the terminal")?;
        // A terminal that is gone can't be restored.
        let _ = before.restore();
    } else {
        job::take_back_from_command().context("taking back the terminal")?;
    }
    Ok(status.into())
}

/// What helps where namespaces are for root alone.
fn sudo() -> &'static str {
    if geteuid().is_root() { "" } else { ", which root may have where others may not: try sudo" }
}

/// Builds the topology in the namespaces that this process was started in.
fn inside(cli: &Cli, args: &cli::Lab, handed_over: RawFd) -> Result<ExitCode> {
    // The name of the file that was started is no name of a program.
    prctl::set_name(c"macvlens").context("naming the process")?;
    let text = sandbox::take_over(handed_over).context("taking over the topology")?;
    let lab = Lab::parse(&file_name(args), &text)?;
    // First, as it refuses where this is no sandbox.
    let told = lab.build().context("building the lab")?;
    sandbox::cover(&owners::KEPT).context("hiding the host's engines")?;
    if let Some((program, arguments)) = args.command.split_first() {
        name_untold(told.left_out.iter(), style(cli.look).ascii).context("writing to stderr")?;
        let itself = program == "macvlens";
        let mut command = Command::new(if itself { OsStr::new(PROGRAM) } else { program });
        let error = command.arg0(program).args(arguments).exec();
        return Err(error).with_context(|| format!("running {} in the lab", named(program)));
    }
    job::become_own().context("taking the terminal")?;
    let config = Config::load(cli.config.as_deref())?;
    let mut settings = settings(cli, &config)?;
    if let Some(shown) = &mut settings.lab {
        (shown.about, shown.left_out) = (lab.about, told.left_out);
        shown.lesson = staging::wanted(args)?;
        shown.speed = args.lessons.play.then_some(args.lessons.speed);
    }
    super::run(settings, cli)
}

/// What the header calls the lab.
fn title(args: &cli::Lab) -> String {
    match args.file.as_deref().map(Path::file_stem) {
        Some(stem) => named(stem.unwrap_or_default()),
        None => name(args).into(),
    }
}

/// The topology of the program's own that is asked for; where none is named, that of the lesson.
fn name(args: &cli::Lab) -> &str {
    match (&args.name, &args.lessons.lesson) {
        (None, Some(Some(lesson))) => Lesson::named(lesson).map_or(args.name(), |it| &it.lab),
        _ => args.name(),
    }
}

/// What errors call the file.
fn file_name(args: &cli::Lab) -> String {
    match &args.file {
        Some(file) => named(file.as_os_str()),
        None => format!("{}.toml", name(args)),
    }
}

fn named(text: &OsStr) -> String {
    printable(text.as_bytes()).into_owned()
}

fn called(name: &str) -> Option<&'static Shipped> {
    shipped().iter().find(|shipped| shipped.name == name)
}

/// Each topology's name and title, and what there is to see if that is asked for.
fn list(in_full: bool) -> Result<String> {
    let mut sheet = Sheet::default();
    for shipped in shipped() {
        let lab = shipped.lab()?;
        sheet.add(format!("{} ", shipped.name), lab.title);
        if in_full {
            sheet.add("", lab.about).add("", "");
        }
    }
    let labels = sheet.label_width(COLUMNS);
    let lines = sheet.lines(COLUMNS).into_iter();
    let lines = lines.map(|line| format!("{:labels$}{}", line.label, line.text));
    let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
    Ok(lines.join("\n").trim_end().to_owned() + "\n")
}

/// Says which topologies there are instead, the nearest first.
fn misuse(name: &str) -> Result<ExitCode> {
    const ALIKE: f64 = 0.7;
    let alike = shipped().iter().map(|shipped| (strsim::jaro(shipped.name, name), shipped.name));
    let nearest = alike.filter(|(score, _)| *score > ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    let nearest = match Lesson::named(name) {
        Some(lesson) => format!("; the lesson begins with macvlens lab --lesson {}", lesson.name),
        None => nearest.map_or(String::new(), |(_, name)| format!("; did you mean {name}?")),
    };
    let name = printable(name.as_bytes());
    let told = format!("macvlens: there is no lab '{name}'{nearest}\n{}", list(false)?);
    stderr().write_all(told.as_bytes()).context("writing to stderr")?;
    Ok(Status::Usage.into())
}
