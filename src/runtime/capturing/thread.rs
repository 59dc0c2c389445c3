//! The thread of a capture: takes frames from the kernel, hands them over a few times a second, and
//! writes them to a file where that was asked for. What is not taken in time is dropped and counted.

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Local, Timelike};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::EventFd;
use tokio::sync::mpsc::{Sender, UnboundedSender};

use super::super::panic_if_asked;
use super::{Order, Writing};
use crate::app::Event;
use crate::app::packets::{Batch, Caught, Counts};
use crate::model::{Frame, Packet};
use crate::probe::{Capture, ProbeError};

/// How long what comes is gathered before it is handed over.
const GATHER: Duration = Duration::from_millis(100);
/// How often it is asked whether the interface is still there.
const CHECK: Duration = Duration::from_secs(1);
/// How many frames are taken before orders are looked at again. A busy interface always has more.
const TURN: usize = 64;
/// How many frames wait at most to be handed over: no more than anybody can read.
const MOST: usize = 1000;
/// How many bytes these have at most.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A frame with its place in the capture.
type Numbered = (u64, Arc<Frame>);

/// A capture under way.
pub(super) struct Work {
    capture: Capture,
    inbox: Receiver<Order>,
    bell: Arc<EventFd>,
    news: Sender<Event>,
    told: UnboundedSender<Event>,
    waiting: VecDeque<Numbered>,
    waiting_bytes: usize,
    /// What was handed over last, which nobody may have taken yet.
    handed: Vec<Numbered>,
    counts: Counts,
    told_counts: Counts,
    next: Instant,
    file: Option<Writing>,
    /// How many frames the kernel had dropped when the file began.
    dropped_before: u64,
}

impl Work {
    pub(super) fn new(
        capture: Capture,
        inbox: Receiver<Order>,
        bell: Arc<EventFd>,
        news: Sender<Event>,
        told: UnboundedSender<Event>,
    ) -> Self {
        Self {
            capture,
            inbox,
            bell,
            news,
            told,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            handed: Vec::new(),
            counts: Counts::default(),
            told_counts: Counts::default(),
            next: Instant::now(),
            file: None,
            dropped_before: 0,
        }
    }

    /// Captures until nobody wants it any more, or it fails, which is told.
    pub(super) fn run(mut self) {
        // That nothing has come yet tells that the socket is open.
        let _ = self.news.blocking_send(Event::Caught(Batch::default()));
        let followed = self.follow();
        self.end_writing();
        if let Err(error) = followed {
            let last = Event::Caught(self.batch());
            for event in [last, Event::CaptureEnded(error.to_string())] {
                let _ = self.news.blocking_send(event);
            }
        }
    }

    fn follow(&mut self) -> Result<(), ProbeError> {
        while self.obey() {
            panic_if_asked();
            let mut taken = 0;
            while taken < TURN {
                let Some(frame) = self.capture.receive()? else { break };
                taken += 1;
                self.take(frame);
            }
            if self.has_news() && self.next <= Instant::now() {
                self.hand_over()?;
            }
            if taken == 0 {
                self.capture.check()?;
                self.wait();
            }
        }
        Ok(())
    }

    /// Does what was ordered; tells whether anybody is left to order something.
    fn obey(&mut self) -> bool {
        // Nothing to read is as good.
        let _ = self.bell.read();
        loop {
            match self.inbox.try_recv() {
                Ok(Order::Write { writing, frames, taken }) => {
                    self.begin_writing(*writing, &frames, taken);
                }
                Ok(Order::EndWriting) => self.end_writing(),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn take(&mut self, frame: Frame) {
        self.counts.seen += 1;
        let numbered = (self.counts.seen, Arc::new(frame));
        self.write(&numbered.1);
        self.waiting_bytes += numbered.1.bytes.len();
        self.waiting.push_back(numbered);
        while self.waiting.len() > MOST || self.waiting_bytes > MOST_BYTES {
            let Some((_, oldest)) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= oldest.bytes.len();
            self.counts.skipped += 1;
        }
    }

    fn has_news(&self) -> bool {
        self.counts != self.told_counts
    }

    /// Hands over what came, unless the last of it still waits to be taken.
    fn hand_over(&mut self) -> Result<(), ProbeError> {
        self.next = Instant::now() + GATHER;
        self.counts.dropped = self.capture.dropped()?;
        if let Some(Err(error)) = self.file.as_mut().map(Writing::flush)
            && let Some(file) = self.file.take()
        {
            let _ = self.told.send(file.failed(&error));
        }
        if self.news.capacity() > 0 {
            let batch = Event::Caught(self.batch());
            // Whoever has let go of it will be noticed.
            let _ = self.news.try_send(batch);
        }
        Ok(())
    }

    fn batch(&mut self) -> Batch {
        self.handed = self.waiting.drain(..).collect();
        self.waiting_bytes = 0;
        self.told_counts = self.counts;
        let caught = |(number, frame): &Numbered| {
            let packet = Packet::read(frame)?;
            let time = DateTime::<Local>::from(packet.time).time();
            let wall = Duration::new(
                time.num_seconds_from_midnight().into(),
                time.nanosecond() % 1_000_000_000,
            );
            Some(Caught { number: *number, wall, frame: Arc::clone(frame), packet })
        };
        Batch { packets: self.handed.iter().filter_map(caught).collect(), counts: self.counts }
    }

    /// Sleeps until a frame or an order comes, there is something to hand over, or it is time to ask for
    /// the interface again.
    fn wait(&self) {
        let left = if self.has_news() {
            self.next.saturating_duration_since(Instant::now())
        } else {
            CHECK
        };
        // Rounded up, or the last millisecond would be spent in asking again and again.
        let left = u16::try_from(left.as_millis() + 1).unwrap_or(u16::MAX);
        let mut fds =
            [self.capture.as_fd(), self.bell.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        // Interrupted is as good as woken.
        let _ = poll(&mut fds, PollTimeout::from(left));
    }

    fn begin_writing(&mut self, writing: Writing, frames: &[Arc<Frame>], taken: u64) {
        self.end_writing();
        self.dropped_before = self.counts.dropped;
        self.file = Some(writing);
        let since = self.handed.iter().chain(&self.waiting).filter(|(number, _)| *number > taken);
        let since: Vec<_> = since.map(|(_, frame)| Arc::clone(frame)).collect();
        for frame in frames.iter().chain(&since) {
            self.write(frame);
        }
    }

    /// Writes a frame, where a file is being written.
    fn write(&mut self, frame: &Frame) {
        let Some(mut file) = self.file.take() else { return };
        match file.add(frame) {
            Ok(()) => {
                self.counts.written = file.written();
                self.file = Some(file);
            }
            Err(error) => drop(self.told.send(file.failed(&error))),
        }
    }

    fn end_writing(&mut self) {
        if let Some(file) = self.file.take() {
            // What can't be asked for any more was told before.
            let dropped = self.capture.dropped().unwrap_or(self.counts.dropped);
            let _ = self.told.send(file.finish(dropped - self.dropped_before));
            self.counts.written = 0;
        }
    }
}
