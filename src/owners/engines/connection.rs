//! A connection to an engine that can't be made to hold more than a bearable answer.
//!
//! Whoever is at the other end may be hostile, and bollard keeps whole answers in memory, so what
//! comes in is counted here, before anybody keeps it.

use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::place::{Address, Place};

/// Bytes that are taken in at a time.
const CHUNK: usize = 16 << 10;
/// An object of JSON becomes a structure of some hundred bytes however short it is written, so it
/// counts as much as that many plain values.
const VALUES_OF_AN_OBJECT: usize = 10;

/// How much one connection may bring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// Bytes.
    pub(super) bytes: usize,
    /// Values of JSON, each of which takes more memory than its text.
    pub(super) values: usize,
}

impl Limit {
    /// For everything that is read at one time. A container takes about two KiB and a hundred
    /// values.
    pub(super) const READING: Self = Self { bytes: 16 << 20, values: 1_000_000 };
    /// For a stream of events, which is simply asked for again. It is small because bollard parses
    /// an unfinished line anew with every piece of it.
    pub(super) const EVENTS: Self = Self { bytes: 256 << 10, values: 100_000 };
}

/// The process that listens on a socket (SO_PEERCRED of unix(7)).
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// Its id in our pid namespace.
    pub(super) pid: Option<i32>,
    /// Its user.
    pub(super) uid: u32,
}

/// Why a connection was given up by us, if it was.
pub(super) type Fault = Arc<OnceLock<String>>;

/// A connection whose input is counted.
pub(super) struct Counted {
    stream: Box<dyn Stream>,
    limit: Limit,
    left: Limit,
    fault: Fault,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects. It never waits for the other end to do something, unless that is another host.
pub(super) async fn connect(
    place: &Place,
    limit: Limit,
) -> io::Result<(Counted, Option<Peer>, Fault)> {
    let (stream, peer): (Box<dyn Stream>, _) = match &place.address {
        Address::Unix(path) => unix(UnixStream::connect(path).await?),
        Address::Below(owned) => {
            let pinned = owned.pin()?;
            let path = format!("/proc/self/fd/{}", pinned.as_raw_fd());
            unix(UnixStream::connect(path).await?)
        }
        Address::Tcp(host) => (Box::new(TcpStream::connect(host).await?), None),
    };
    let fault = Fault::default();
    let counted = Counted { stream, limit, left: limit, fault: Arc::clone(&fault) };
    Ok((counted, peer, fault))
}

fn unix(stream: UnixStream) -> (Box<dyn Stream>, Option<Peer>) {
    let peer = stream.peer_cred().ok();
    let peer = peer.map(|cred| Peer { pid: cred.pid().filter(|pid| *pid > 0), uid: cred.uid() });
    (Box::new(stream), peer)
}

impl Counted {
    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        let values = bytes.iter().map(|byte| match byte {
            b'{' => VALUES_OF_AN_OBJECT,
            b',' => 1,
            _ => 0,
        });
        let left = self.left.bytes.checked_sub(bytes.len());
        let left = left.zip(self.left.values.checked_sub(values.sum()));
        let Some((bytes, values)) = left else {
            let why = format!(
                "it answered more than {} KiB or {} values of JSON",
                self.limit.bytes >> 10,
                self.limit.values
            );
            return Err(io::Error::other(self.fault.get_or_init(|| why).clone()));
        };
        self.left = Limit { bytes, values };
        Ok(())
    }
}

impl hyper::rt::Read for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut chunk = [0; CHUNK];
        let room = buffer.remaining().min(CHUNK);
        let mut read = ReadBuf::new(&mut chunk[..room]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        self.count(read.filled())?;
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
