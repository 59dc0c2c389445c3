//! The signals that the UI takes itself, one after the other.

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};

/// The signals that mean something to a program on a terminal.
pub(super) struct Signals {
    all: Vec<(Signal, tokio::signal::unix::Signal)>,
}

impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        let wanted = [
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTSTP,
            Signal::SIGCONT,
        ];
        let all = wanted.into_iter().map(|number| {
            signal(SignalKind::from_raw(number as i32)).map(|stream| (number, stream))
        });
        Ok(Self { all: all.collect::<std::io::Result<_>>()? })
    }

    pub(super) async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            for (number, stream) in &mut self.all {
                if stream.poll_recv(context).is_ready() {
                    return std::task::Poll::Ready(*number);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}
