//! What passes one interface, as long as somebody looks. Nothing is sent and nothing is changed; the
//! socket is closed when the capture is dropped.

use std::os::fd::{AsFd, BorrowedFd};

use super::{ProbeError, Site};
use crate::kernel::KernelError;
use crate::kernel::capture::CaptureSocket;
use crate::model::{Frame, LinkKey, Topology};

pub use crate::kernel::capture::SNAP_LENGTH;

impl Site {
    /// Does what [`Capture::open`] does.
    pub fn open(self) -> Result<Capture, ProbeError> {
        let socket = self.open_socket(CaptureSocket::open)?;
        Ok(Capture { name: self.name, socket })
    }
}

/// A capture under way. Its descriptor is readable when a frame waits. As long as it lasts, the
/// namespace of the interface stays.
#[derive(Debug)]
pub struct Capture {
    name: String,
    socket: CaptureSocket,
}

impl Capture {
    /// Begins to capture on an interface with a MAC address.
    ///
    /// Needs `CAP_NET_RAW` in its namespace, and `CAP_SYS_ADMIN` to enter another one.
    pub fn open(topology: &Topology, key: LinkKey) -> Result<Self, ProbeError> {
        Site::of(topology, key)?.open()
    }

    /// The next frame, if one waits.
    pub fn receive(&mut self) -> Result<Option<Frame>, ProbeError> {
        let received = self.socket.receive();
        received.map_err(|errno| self.failed("receiving frames on", errno))
    }

    /// How many frames the kernel has dropped since the start, because nobody took them soon enough.
    pub fn dropped(&mut self) -> Result<u64, ProbeError> {
        let dropped = self.socket.dropped();
        dropped.map_err(|errno| self.failed("reading the drop count of", errno))
    }

    /// Fails when the interface is gone. Nothing wakes whoever waits for its frames then, so it has to be
    /// asked for now and then.
    pub fn check(&self) -> Result<(), ProbeError> {
        let gone = self.socket.is_gone().map_err(|errno| self.failed("asking for", errno))?;
        if gone { Err(ProbeError::Gone(self.name.clone())) } else { Ok(()) }
    }

    fn failed(&self, attempt: &str, errno: nix::errno::Errno) -> ProbeError {
        KernelError::refused(format!("{attempt} {}", self.name), errno).into()
    }
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
