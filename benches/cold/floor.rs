//! What reading every namespace costs when nothing is done with the answers: the system calls that
//! a C program would make for `/run/netns`, and no others.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::thread;

use anyhow::{Context, Result};
use macvlens::kernel::netlink::{kind, messages};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

const F_REQUEST: u16 = 0x1;
const F_ACK: u16 = 0x4;
const F_DUMP: u16 = 0x300;
const F_CREATE_EXCL: u16 = 0x600;
/// Dumps need room for at least this much.
const BUFFER: usize = 64 * 1024;
/// Enters every namespace below `/run/netns`, dumps its links and addresses without a look at them,
/// and registers it in the table of ids of a private namespace. Tells how many there were.
///
/// On a thread of its own, because it does not come back to the namespace it started from.
pub(crate) fn read() -> Result<usize> {
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET).context("making a private namespace")?;
            let private = open_socket()?;
            let mut buffer = vec![0; BUFFER];
            let mut count = 0;
            for entry in fs::read_dir("/run/netns")? {
                let netns = File::open(entry?.path())?;
                setns(&netns, CloneFlags::CLONE_NEWNET)?;
                let inside = open_socket()?;
                dump(&inside, &mut buffer, &get_link()).context("RTM_GETLINK")?;
                dump(&inside, &mut buffer, &get_address()).context("RTM_GETADDR")?;
                dump(&private, &mut buffer, &new_nsid(&netns)).context("RTM_NEWNSID")?;
                count += 1;
            }
            Ok(count)
        });
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn open_socket() -> nix::Result<OwnedFd> {
    let protocol = SockProtocol::NetlinkRoute;
    socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)
}

/// Sends a request and reads until the kernel says that its answer is complete.
fn dump(socket: &impl AsFd, buffer: &mut [u8], request: &[u8]) -> io::Result<()> {
    let socket = socket.as_fd().as_raw_fd();
    send(socket, request, MsgFlags::empty())?;
    loop {
        let len = recv(socket, buffer, MsgFlags::empty())?;
        for message in messages(&buffer[..len]) {
            let message = message.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            if let kind::DONE | kind::ERROR = message.kind {
                let code = message.payload.first_chunk().map(|code| i32::from_ne_bytes(*code));
                return match code {
                    Some(0) => Ok(()),
                    Some(code) => Err(io::Error::from_raw_os_error(-code)),
                    None => Err(ErrorKind::UnexpectedEof.into()),
                };
            }
        }
    }
}

/// Links without their counters: `IFLA_EXT_MASK` (29) with `RTEXT_FILTER_SKIP_STATS` (8).
fn get_link() -> Vec<u8> {
    message(kind::GET_LINK, F_DUMP, &[0; 16], &[(29, 8)])
}

fn get_address() -> Vec<u8> {
    message(kind::GET_ADDR, F_DUMP, &[0; 8], &[])
}

/// `NETNSA_FD` (3) and `NETNSA_NSID` (1), which −1 leaves to the kernel.
fn new_nsid(netns: &File) -> Vec<u8> {
    let attributes = [(3, netns.as_raw_fd()), (1, -1)];
    message(kind::NEW_NSID, F_ACK | F_CREATE_EXCL, &[0; 4], &attributes)
}

/// `struct nlmsghdr`, the fixed part, and attributes of 32 bits each.
fn message(kind: u16, flags: u16, fixed: &[u8], attributes: &[(u16, i32)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    let len = 16 + fixed.len() + 8 * attributes.len();
    bytes.extend(u32::try_from(len).expect("a few bytes").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | F_REQUEST).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(fixed);
    for (kind, value) in attributes {
        bytes.extend(8_u16.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value.to_ne_bytes());
    }
    bytes
}
