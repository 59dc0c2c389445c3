//! `macvlens packets`: what passes an interface, until enough has been seen, the reader has seen enough,
//! or a signal comes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write, stderr, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{FixedOffset, Local};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::print::finish;
use super::print::misuse;
use super::reach::{advised, resolver};
use super::{engines, style};
use crate::cli::{Cli, Packets, Shape, Status};
use crate::model::{Frame, LinkKey, Packet, Topology};
use crate::output::Style;
use crate::output::packets::{write_json, write_text};
use crate::output::pcapng::Pcapng;
use crate::probe::{Capture, SNAP_LENGTH};
use crate::reach::Names;

/// How many frames are taken before signals are looked at again. A busy interface always has more.
const BATCH: usize = 64;
/// How often it is asked whether the interface is still there, in milliseconds.
const CHECK: u16 = 1000;

/// Prints and writes what passes.
pub fn run(cli: &Cli, args: &Packets) -> Result<Status> {
    let topology = &engines::look(cli)?;
    let key = match resolver(topology).link(args.name.as_bytes()) {
        Ok(key) => key,
        Err(unresolved) => return misuse(cli, topology, &unresolved),
    };
    let signals = signals().context("listening to signals")?;
    let mut capture = Capture::open(topology, key).map_err(advised)?;
    let file = args.write.as_deref().map(|path| create(path, topology, key)).transpose()?;
    let paper = Paper {
        shape: args.output,
        topology,
        names: Names::new(topology, key),
        zone: *Local::now().offset(),
        style: style(cli.look),
        out: BufWriter::new(stdout()),
    };
    let mut session = Session { paper, file, seen: 0, wanted: args.count };
    let captured = session.follow(&mut capture, &signals);
    // What was captured is told and kept, however it ended.
    let dropped = capture.dropped()?;
    drop(capture);
    let Session { file, seen, .. } = session;
    if let Some(file) = file {
        file.finish(dropped, SystemTime::now()).context("writing the capture file")?;
    }
    let packets = if seen == 1 { "packet" } else { "packets" };
    writeln!(stderr(), "macvlens: {seen} {packets}, {dropped} dropped by the kernel")
        .context("writing to stderr")?;
    captured.map(|()| Status::Fine)
}

/// A capture as it is told and kept.
struct Session<'a> {
    paper: Paper<'a>,
    file: Option<Pcapng<BufWriter<File>>>,
    seen: u64,
    wanted: Option<u64>,
}

impl Session<'_> {
    fn follow(&mut self, capture: &mut Capture, signals: &SignalFd) -> Result<()> {
        loop {
            let mut taken = 0;
            while taken < BATCH && !self.has_enough() {
                let Some(frame) = capture.receive()? else { break };
                taken += 1;
                self.seen += 1;
                if let Some(file) = &mut self.file {
                    file.frame(&frame).context("writing the capture file")?;
                }
                if self.is_over(|paper| paper.tell(&frame))? {
                    return Ok(());
                }
            }
            if taken < BATCH {
                self.file.as_mut().map_or(Ok(()), Pcapng::flush).context("writing the file")?;
                if self.is_over(|paper| paper.out.flush())? {
                    return Ok(());
                }
            }
            if self.has_enough() || wait(capture, signals).context("waiting for packets")? {
                return Ok(());
            }
            if taken == 0 {
                capture.check()?;
            }
        }
    }

    fn has_enough(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.seen >= wanted)
    }

    /// Prints; tells whether the reader has closed the pipe.
    fn is_over(&mut self, print: impl FnOnce(&mut Paper<'_>) -> io::Result<()>) -> Result<bool> {
        let written = print(&mut self.paper);
        let closed = written.as_ref().is_err_and(|error| error.kind() == ErrorKind::BrokenPipe);
        finish(written)?;
        Ok(closed)
    }
}

/// How packets are printed.
struct Paper<'a> {
    shape: Shape,
    topology: &'a Topology,
    names: Names,
    zone: FixedOffset,
    style: Style,
    out: BufWriter<io::Stdout>,
}

impl Paper<'_> {
    fn tell(&mut self, frame: &Frame) -> io::Result<()> {
        // What has no Ethernet header can't be told.
        let Some(packet) = Packet::read(frame) else { return Ok(()) };
        self.names.meet(self.topology, &packet);
        match self.shape {
            Shape::Text => write_text(&mut self.out, &packet, &self.names, self.zone, self.style),
            Shape::Json => write_json(&mut self.out, &packet, &self.names),
        }
    }
}

/// Makes the file, which only its owner may read: it holds what others said. None is ever overwritten.
fn create(path: &Path, topology: &Topology, key: LinkKey) -> Result<Pcapng<BufWriter<File>>> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let attempt = || format!("making the capture file {}", path.display());
    let file = made.with_context(attempt)?;
    Pcapng::new(BufWriter::new(file), topology, key, SNAP_LENGTH).with_context(attempt)
}

/// The signals that ask for an end, to be read instead of taken.
fn signals() -> nix::Result<SignalFd> {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        set.add(signal);
    }
    set.thread_block()?;
    SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

/// Waits for a frame; tells whether it is over, by a signal or because nobody reads the output any more.
fn wait(capture: &Capture, signals: &SignalFd) -> nix::Result<bool> {
    let out = stdout();
    let mut fds = [
        PollFd::new(capture.as_fd(), PollFlags::POLLIN),
        PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        // Errors are told without being asked for.
        PollFd::new(out.as_fd(), PollFlags::empty()),
    ];
    match poll(&mut fds, PollTimeout::from(CHECK)) {
        Ok(_) => Ok(fds[1..].iter().any(|fd| fd.any() == Some(true))),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}
