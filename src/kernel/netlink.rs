//! The wire format of netlink (netlink(7)) and a socket for questions.
//!
//! Only framing lives here: messages, attributes, acknowledgements and dumps. What an attribute
//! means is `decode`'s business. Reading is strict about lengths and never panics on any bytes.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use rtnetlink::sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::KernelError;
use super::error::errno_of;
use crate::model::text::printable;

/// Message types of rtnetlink(7) that this program sends or receives.
pub mod kind {
    /// `NLMSG_ERROR`: an error, or with code 0 an acknowledgement.
    pub const ERROR: u16 = 2;
    /// `NLMSG_DONE`: the end of a dump, with its error code.
    pub const DONE: u16 = 3;
    /// `RTM_NEWLINK`.
    pub const NEW_LINK: u16 = 16;
    /// `RTM_DELLINK`.
    pub const DEL_LINK: u16 = 17;
    /// `RTM_GETLINK`.
    pub const GET_LINK: u16 = 18;
    /// `RTM_SETLINK`.
    pub const SET_LINK: u16 = 19;
    /// `RTM_NEWADDR`.
    pub const NEW_ADDR: u16 = 20;
    /// `RTM_DELADDR`.
    pub const DEL_ADDR: u16 = 21;
    /// `RTM_GETADDR`.
    pub const GET_ADDR: u16 = 22;
    /// `RTM_GETROUTE`.
    pub const GET_ROUTE: u16 = 26;
    /// `RTM_GETNEIGH`.
    pub const GET_NEIGH: u16 = 30;
    /// `RTM_NEWNSID`.
    pub const NEW_NSID: u16 = 88;
    /// `RTM_DELNSID`.
    pub const DEL_NSID: u16 = 89;
    /// `RTM_GETNSID`.
    pub const GET_NSID: u16 = 90;
    /// `RTM_NEWLINKPROP`.
    pub const NEW_LINK_PROP: u16 = 108;
}

const HEADER: usize = 16;
const F_REQUEST: u16 = 0x1;
const F_ACK: u16 = 0x4;
/// `NLM_F_DUMP`.
const F_DUMP: u16 = 0x300;
/// `NLM_F_CREATE | NLM_F_EXCL`.
const F_CREATE: u16 = 0x600;
/// `NLM_F_DUMP_INTR`: the dump is not of one moment.
const F_DUMP_INTR: u16 = 0x10;
/// `NLM_F_CAPPED`: the request is not repeated behind the error code.
const F_CAPPED: u16 = 0x100;
/// `NLM_F_ACK_TLVS`: attributes follow that say more.
const F_ACK_TLVS: u16 = 0x200;
/// Nested attributes carry this bit in their type.
pub const NESTED: u16 = 0x8000;
const TYPE_MASK: u16 = 0x3fff;

/// Room for the largest message: a link with thousands of source MACs takes more than 64 KiB.
const BUFFER: usize = 256 * 1024;

/// Rounds up to netlink's alignment of four bytes.
const fn align(len: usize) -> usize {
    (len + 3) & !3
}

/// A request under construction.
pub struct Request(Vec<u8>);

impl Request {
    /// Starts a message of one type with its fixed part.
    pub fn new(kind: u16, fixed: &[u8]) -> Self {
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(fixed);
        bytes.resize(align(bytes.len()), 0);
        Self(bytes)
    }

    /// Appends an attribute.
    #[must_use]
    pub fn attr(mut self, kind: u16, payload: &[u8]) -> Self {
        append(&mut self.0, kind, payload);
        self
    }

    fn finish(&mut self, flags: u16, sequence: u32) -> &[u8] {
        let len = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0[0..4].copy_from_slice(&len.to_ne_bytes());
        self.0[6..8].copy_from_slice(&(flags | F_REQUEST).to_ne_bytes());
        self.0[8..12].copy_from_slice(&sequence.to_ne_bytes());
        &self.0
    }
}

/// Appends one attribute to a nest under construction. Payloads are far below 64 KiB.
pub fn append(bytes: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    let len = u16::try_from(payload.len() + 4).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&len.to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(payload);
    bytes.resize(align(bytes.len()), 0);
}

/// Bytes that do not hold together; says what is wrong with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A length that is smaller than a header or reaches beyond the end.
    #[error("a length does not fit")]
    Length,
    /// More bytes arrived than there was room for.
    #[error("a message is larger than the buffer")]
    Truncated,
    /// The same attribute twice, or of another size than it always has.
    #[error("an attribute is not what it should be")]
    Attribute,
}

/// A message as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Message type.
    pub kind: u16,
    flags: u16,
    sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// Cuts a datagram into messages; stops after the first that does not fit.
pub fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Result<Message<'_>, Malformed>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let len = read_u32(bytes, 0).map(|len| len as usize);
        let Some(len) = len.filter(|len| (HEADER..=bytes.len()).contains(len)) else {
            bytes = &[];
            return Some(Err(Malformed::Length));
        };
        let message = Message {
            kind: read_u16(bytes, 4).unwrap_or(0),
            flags: read_u16(bytes, 6).unwrap_or(0),
            sequence: read_u32(bytes, 8).unwrap_or(0),
            payload: &bytes[HEADER..len],
        };
        bytes = bytes.get(align(len)..).unwrap_or(&[]);
        Some(Ok(message))
    })
}

/// Cuts a payload into attributes of (type, payload); stops after the first that does not fit.
pub fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u16, &[u8]), Malformed>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let len = read_u16(bytes, 0).map(usize::from);
        let (Some(len), Some(kind)) =
            (len.filter(|len| (4..=bytes.len()).contains(len)), read_u16(bytes, 2))
        else {
            bytes = &[];
            return Some(Err(Malformed::Length));
        };
        let payload = &bytes[4..len];
        bytes = bytes.get(align(len)..).unwrap_or(&[]);
        Some(Ok((kind & TYPE_MASK, payload)))
    })
}

/// A native-endian number at an offset, if there are bytes enough.
pub fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A native-endian number at an offset, if there are bytes enough.
pub fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A native-endian number at an offset, if there are bytes enough.
pub fn read_i32(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A native-endian number at an offset, if there are bytes enough.
pub fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The kernel said no.
    #[error("{}", .0.desc())]
    Refused(Errno),
    /// The answer does not hold together.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl AskError {
    /// Adds what was attempted.
    pub fn after(self, attempt: String) -> KernelError {
        match self {
            Self::Refused(errno) => KernelError::Refused { attempt, errno },
            Self::Malformed(error) => KernelError::Malformed { attempt, detail: error.to_string() },
        }
    }
}

impl From<Errno> for AskError {
    fn from(errno: Errno) -> Self {
        Self::Refused(errno)
    }
}

/// A socket for questions and their answers, one at a time.
///
/// Strict checking (`NETLINK_GET_STRICT_CHK`) is on: without it the kernel ignores attributes that
/// it does not expect, among them the target namespace of an address dump, and answers for the
/// socket's own namespace.
pub struct Asker {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
    /// What the kernel said with its last refusal.
    said: Option<String>,
}

impl Asker {
    /// Opens a socket in the namespace of the calling thread.
    pub fn open() -> Result<Self, Errno> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind(&SocketAddr::new(0, 0))?;
            socket.set_netlink_get_strict_chk(true)?;
            // Without this an answer that refuses repeats the request.
            socket.set_cap_ack(true)?;
            // Some refusals come with a sentence. Kernels before 4.12 have none to give.
            let _ = socket.set_ext_ack(true);
            Ok(socket)
        };
        let socket = open().map_err(|error: std::io::Error| errno_of(&error))?;
        Ok(Self { socket, sequence: 0, buffer: vec![0; BUFFER], said: None })
    }

    /// The sentence that came with the last refusal, if one came.
    pub fn said(&self) -> Option<&str> {
        self.said.as_deref()
    }

    /// Sends a request that changes something and waits for the acknowledgement. With `create`,
    /// what is there already stays untouched (`NLM_F_EXCL`).
    pub fn acknowledge(&mut self, request: Request, create: bool) -> Result<(), AskError> {
        let flags = if create { F_ACK | F_CREATE } else { F_ACK };
        self.ask(request, flags, |_| ())
    }

    /// Sends a request with a single answer, and passes that answer on.
    pub fn get(&mut self, request: Request, mut take: impl FnMut(&[u8])) -> Result<(), AskError> {
        self.ask(request, F_ACK, |message| take(message.payload))
    }

    /// Sends a dump request and collects what `take` makes of each record.
    ///
    /// A dump whose subject changed meanwhile (`NLM_F_DUMP_INTR`) is asked for again; the last of
    /// a few attempts is taken as it is, because the change is also told by an event.
    pub fn dump<T>(
        &mut self,
        request: impl Fn() -> Request,
        mut take: impl FnMut(&[u8]) -> T,
    ) -> Result<Vec<T>, AskError> {
        const ATTEMPTS: usize = 4;
        let mut records = Vec::new();
        for _ in 0..ATTEMPTS {
            let mut interrupted = false;
            records.clear();
            self.ask(request(), F_DUMP, |message| {
                interrupted |= message.flags & F_DUMP_INTR != 0;
                records.push(take(message.payload));
            })?;
            if !interrupted {
                break;
            }
        }
        Ok(records)
    }

    fn ask(
        &mut self,
        mut request: Request,
        flags: u16,
        mut take: impl FnMut(Message<'_>),
    ) -> Result<(), AskError> {
        self.sequence = self.sequence.wrapping_add(1);
        self.said = None;
        let bytes = request.finish(flags, self.sequence);
        self.socket.send(bytes, 0).map_err(|error| errno_of(&error))?;
        let mut malformed = None;
        loop {
            let len = match recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_TRUNC) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            if len > self.buffer.len() {
                malformed = Some(Malformed::Truncated);
            }
            for message in messages(&self.buffer[..len.min(self.buffer.len())]) {
                match message {
                    Err(error) => malformed = malformed.or(Some(error)),
                    // An answer to an earlier question that went wrong.
                    Ok(message) if message.sequence != self.sequence => {}
                    Ok(Message { kind: kind::ERROR | kind::DONE, payload, flags, .. }) => {
                        self.said = said(payload, flags);
                        return conclude(payload, malformed);
                    }
                    Ok(message) => take(message),
                }
            }
        }
    }
}

/// The outcome that an ERROR or DONE message carries. A failing dump reports in its DONE.
fn conclude(payload: &[u8], malformed: Option<Malformed>) -> Result<(), AskError> {
    match (read_i32(payload, 0), malformed) {
        (Some(code), _) if code < 0 => Err(AskError::Refused(Errno::from_raw(-code))),
        (_, Some(malformed)) => Err(malformed.into()),
        _ => Ok(()),
    }
}

/// The sentence in a refusal (`NLMSGERR_ATTR_MSG`). It stands behind the error code and the header
/// of the request, which is all that is repeated of it (`NETLINK_CAP_ACK`).
fn said(payload: &[u8], flags: u16) -> Option<String> {
    const NLMSGERR_ATTR_MSG: u16 = 1;
    if flags & (F_ACK_TLVS | F_CAPPED) != F_ACK_TLVS | F_CAPPED {
        return None;
    }
    let mut more = attributes(payload.get(4 + HEADER..)?).map_while(Result::ok);
    let (_, text) = more.find(|(kind, _)| *kind == NLMSGERR_ATTR_MSG)?;
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    Some(printable(&text[..end]).into_owned())
}

impl AsFd for Asker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_appended_is_read_back() {
        let mut nest = Vec::new();
        append(&mut nest, 3, b"eth0\0");
        append(&mut nest, 4 | NESTED, &1500_u32.to_ne_bytes());
        let read: Vec<_> = attributes(&nest).collect();
        assert_eq!(read, [Ok((3, &b"eth0\0"[..])), Ok((4, &1500_u32.to_ne_bytes()[..]))]);
    }

    #[test]
    fn a_length_beyond_the_end_is_told_once() {
        let bytes = [200, 0, 1, 0, 9, 9];
        assert_eq!(attributes(&bytes).collect::<Vec<_>>(), [Err(Malformed::Length)]);
        assert_eq!(
            messages(&bytes).map(Result::err).collect::<Vec<_>>(),
            [Some(Malformed::Length)]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(attributes(&bytes).count() <= bytes.len());
            for message in messages(&bytes).flatten() {
                prop_assert!(attributes(message.payload).count() <= bytes.len());
            }
        }
    }
}
