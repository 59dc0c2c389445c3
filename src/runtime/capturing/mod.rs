//! The capture behind the screen of packets: begun, told to write a file, and let go of. All that takes
//! time happens on its thread.

mod thread;
mod writing;

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SendError, Sender, channel};
use std::thread::{Builder, JoinHandle};

use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::sync::mpsc;

use super::probing::advised;
use crate::app::Event;
use crate::model::{Frame, LinkKey, Topology};
use crate::probe::Site;
use thread::Work;

pub(super) use writing::Writing;

/// The capture that is wanted, and the threads of those that are not any more.
#[derive(Default)]
pub(super) struct Captures {
    current: Option<Current>,
    ending: Vec<JoinHandle<()>>,
}

/// The other end of a capture's thread.
struct Current {
    orders: Sender<Order>,
    wake: Arc<EventFd>,
    news: mpsc::Receiver<Event>,
    thread: JoinHandle<()>,
}

/// What a capture can be told.
enum Order {
    /// Write these frames, and then all behind the one with this number.
    Write { writing: Box<Writing>, frames: Vec<Arc<Frame>>, taken: u64 },
    /// Complete that file.
    EndWriting,
}

impl Captures {
    /// Captures on this interface, and no longer where it was done before; the error is a clause. `told`
    /// gets what became of files, even after the capture's end.
    pub(super) fn begin(
        &mut self,
        topology: &Topology,
        key: LinkKey,
        told: mpsc::UnboundedSender<Event>,
    ) -> Result<(), String> {
        self.stop();
        let site = Site::of(topology, key).map_err(|error| advised(&error))?;
        let started = Current::start(site, told);
        self.current = Some(started.map_err(|error| format!("starting a thread: {error}"))?);
        Ok(())
    }

    /// Lets go of the capture; its thread ends by itself, and soon.
    pub(super) fn stop(&mut self) {
        self.ending.retain(|thread| !thread.is_finished());
        if let Some(Current { orders, wake, news, thread }) = self.current.take() {
            // It may wait until its news are taken, or for orders.
            drop((orders, news));
            let _ = wake.write(1);
            self.ending.push(thread);
        }
    }

    /// What the capture has to tell; nothing, ever, where there is none.
    pub(super) async fn next(&mut self) -> Event {
        let Some(current) = &mut self.current else { return pending().await };
        let event = current.news.recv().await;
        let event = event.unwrap_or_else(|| Event::CaptureEnded("its thread has failed".into()));
        if matches!(event, Event::CaptureEnded(_)) {
            self.stop();
        }
        event
    }

    /// Writes these frames, and then all behind the one with this number, as long as there are any. Tells
    /// what became of the file where it is complete with these.
    pub(super) fn write(
        &self,
        writing: Writing,
        frames: Vec<Arc<Frame>>,
        taken: u64,
    ) -> Option<Event> {
        let writing = Box::new(writing);
        let order = Order::Write { writing, frames, taken };
        match self.order(order)? {
            Order::Write { writing, frames, .. } => Some(writing.all(&frames)),
            Order::EndWriting => None,
        }
    }

    /// Completes the file.
    pub(super) fn end_writing(&self) {
        // A thread that has ended has completed it.
        let _ = self.order(Order::EndWriting);
    }

    /// Passes an order on; gives it back where nothing is captured any more.
    fn order(&self, order: Order) -> Option<Order> {
        let Some(current) = &self.current else { return Some(order) };
        let sent = current.orders.send(order);
        let _ = current.wake.write(1);
        sent.err().map(|SendError(order)| order)
    }
}

impl Drop for Captures {
    /// Waits until files are complete.
    fn drop(&mut self) {
        self.stop();
        for thread in self.ending.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Current {
    fn start(site: Site, told: mpsc::UnboundedSender<Event>) -> io::Result<Self> {
        let wake = Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?);
        // One at a time: as long as nobody takes it, the thread gathers what comes.
        let (sender, news) = mpsc::channel(1);
        let (orders, inbox) = channel();
        let bell = Arc::clone(&wake);
        let work = move || match site.open() {
            Ok(capture) => Work::new(capture, inbox, bell, sender, told).run(),
            Err(error) => drop(sender.blocking_send(Event::CaptureEnded(advised(&error)))),
        };
        let thread = Builder::new().name("capture".into()).spawn(work)?;
        Ok(Self { orders, wake, news, thread })
    }
}
