//! One network namespace's table of ids, with a socket for questions and one for events.
//!
//! The questions and the framing of answers are here; which namespace is read through which table
//! is decided in `observer`.

use std::collections::HashMap;
use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{NETLINK_LISTEN_ALL_NSID, SOL_NETLINK};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use rtnetlink::sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use super::decode::{self, IFINFOMSG, LinkRecord, ifla};
use super::encode::{self, NETNSA_FD, NETNSA_NSID, link_header};
use super::error::errno_of;
use super::netlink::{AskError, Asker, NESTED, Request, append, kind, messages, read_i32};
use super::{KernelError, enter};
use crate::model::{Address, LinkKey, NetnsId, Stats};

/// Ids that we give start here; lower ones were given by the kernel, to hidden namespaces.
const FIRST_NSID: i32 = 1_000_000;
/// Bytes of events that may wait for us. Deleting a parent of 1,000 children makes 2.5 MB.
const EVENT_BUFFER: usize = 8 * 1024 * 1024;
/// `RTEXT_FILTER_SKIP_STATS`, for `IFLA_EXT_MASK`: any mask makes the kernel size the dump's buffer
/// by the largest record instead of a page.
const SKIP_STATS: u32 = 8;
const IFA_TARGET_NETNSID: u16 = 10;
const NETNSA_TARGET_NSID: u16 = 4;

/// What an event says about the state of things: only where to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A link or its addresses changed, or it is gone.
    Link(LinkKey),
    /// A namespace died.
    Died(NetnsId),
    /// Events were lost, and anything in this namespace may have changed.
    Unsure(NetnsId),
}

/// A table of ids and the sockets of its namespace.
pub struct Table {
    asker: Asker,
    events: Socket,
    buffer: Vec<u8>,
    ids: HashMap<NetnsId, i32>,
    names: HashMap<i32, NetnsId>,
    next: i32,
    /// The own namespace, when the sockets are there instead of in a private one.
    own: Option<NetnsId>,
}

impl Table {
    /// Opens both sockets in a new network namespace, which lives exactly as long as they do.
    pub fn private() -> Result<Self, KernelError> {
        let refused = KernelError::refused;
        let opened = enter::fresh(|| {
            let mut table = Self::open(None)
                .map_err(|errno| refused("hearing the events of all namespaces", errno))?;
            table.load_ballast();
            Ok(table)
        });
        opened.unwrap_or_else(|error| {
            Err(refused("making the private namespace of the observer", errno_of(&error)))
        })
    }

    /// Opens both sockets in the own namespace.
    pub fn plain(own: NetnsId) -> Result<Self, KernelError> {
        Self::open(Some(own))
            .map_err(|errno| KernelError::refused("opening a netlink socket", errno))
    }

    fn open(own: Option<NetnsId>) -> Result<Self, Errno> {
        let asker = Asker::open()?;
        let events = open_events(own.is_none()).map_err(|error| errno_of(&error))?;
        Ok(Self {
            asker,
            events,
            buffer: vec![0; 128 * 1024],
            ids: HashMap::new(),
            names: HashMap::new(),
            next: FIRST_NSID,
            own,
        })
    }

    /// Makes dumps large enough for every link that netlink can describe.
    ///
    /// The kernel sizes the buffer of a dump by the largest link of the *socket's* namespace, even
    /// when another one is dumped, and a record that does not fit ends the dump in silence
    /// (`rtnl_calcit`). So the loopback interface here gets as many alternative names as it can
    /// carry, close to 64 KiB of record. Kernels before 5.5 refuse, and keep the smaller buffer.
    fn load_ballast(&mut self) {
        /// The kernel reserves 132 bytes for each name, of at most 65,535 in all.
        const NAMES: usize = 65_535 / 132 - 1;
        let mut names = Vec::new();
        for index in 0..NAMES {
            append(&mut names, ifla::ALT_IFNAME, format!("ballast{index}\0").as_bytes());
        }
        let loopback = link_header(1);
        let request =
            Request::new(kind::NEW_LINK_PROP, &loopback).attr(ifla::PROP_LIST | NESTED, &names);
        let _ = self.asker.acknowledge(request, true);
    }

    /// How many ids are in the table.
    pub fn size(&self) -> usize {
        self.ids.len()
    }

    /// Whether a namespace has an id here.
    pub fn knows(&self, netns: NetnsId) -> bool {
        self.ids.contains_key(&netns)
    }

    /// The socket on which events arrive.
    pub fn event_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }

    /// The namespace that has an id here.
    pub fn netns_of(&self, nsid: i32) -> Option<NetnsId> {
        self.names.get(&nsid).copied()
    }

    /// Notes whom an id belongs to.
    pub fn adopt(&mut self, nsid: i32, netns: NetnsId) {
        self.names.insert(nsid, netns);
        self.ids.insert(netns, nsid);
    }

    /// Forgets a namespace that died; the kernel has freed its id.
    pub fn forget(&mut self, netns: NetnsId) {
        if let Some(nsid) = self.ids.remove(&netns) {
            self.names.remove(&nsid);
        }
    }

    /// Gives a namespace an id (RTM_NEWNSID). Where it already has one, it was hidden until now or
    /// somebody registered it before: tells under which identity.
    pub fn register(
        &mut self,
        netns: NetnsId,
        fd: BorrowedFd<'_>,
    ) -> Result<Option<NetnsId>, KernelError> {
        let nsid = self.next;
        let attempt = || format!("registering {netns} with the observer");
        match self.asker.acknowledge(encode::nsid(fd, nsid), true) {
            Ok(()) => {
                // Never used twice, so that an event of a dead namespace can't be taken for a
                // later one's.
                self.next += 1;
                self.adopt(nsid, netns);
                Ok(None)
            }
            Err(AskError::Refused(Errno::EEXIST)) => Ok(self.learn(netns, fd)),
            Err(error) => Err(error.after(attempt())),
        }
    }

    /// Asks which id a namespace already has here (RTM_GETNSID), and tells whom it belonged to.
    pub fn learn(&mut self, netns: NetnsId, fd: BorrowedFd<'_>) -> Option<NetnsId> {
        let request =
            Request::new(kind::GET_NSID, &[0; 4]).attr(NETNSA_FD, &fd.as_raw_fd().to_ne_bytes());
        let nsid = self.ask_nsid(request)?;
        let before = self.names.get(&nsid).copied();
        if let Some(before) = before {
            self.ids.remove(&before);
        }
        self.adopt(nsid, netns);
        before
    }

    /// The id of `of` in the table of `inside`; GETNSID never makes one.
    pub fn nsid_inside(&mut self, inside: NetnsId, of: NetnsId) -> Option<i32> {
        let (inside, of) = (*self.ids.get(&inside)?, *self.ids.get(&of)?);
        let request = Request::new(kind::GET_NSID, &[0; 4])
            .attr(NETNSA_NSID, &of.to_ne_bytes())
            .attr(NETNSA_TARGET_NSID, &inside.to_ne_bytes());
        self.ask_nsid(request)
    }

    fn ask_nsid(&mut self, request: Request) -> Option<i32> {
        let mut nsid = None;
        self.asker.get(request, |payload| nsid = decode::nsid(payload)).ok()?;
        nsid.filter(|nsid| *nsid >= 0)
    }

    /// Reads all links of a namespace.
    pub fn dump_links(&mut self, netns: NetnsId) -> Result<Vec<LinkRecord>, AskError> {
        let target = self.target(netns)?;
        let request = || {
            let request = Request::new(kind::GET_LINK, &[0; IFINFOMSG]);
            with_target(request, ifla::TARGET_NETNSID, target)
                .attr(ifla::EXT_MASK, &SKIP_STATS.to_ne_bytes())
        };
        let records = self.asker.dump(request, |payload| decode::link(netns, payload))?;
        Ok(records.into_iter().flatten().collect())
    }

    /// Reads one link; `None` when there is no such link (any more).
    pub fn get_link(
        &mut self,
        netns: NetnsId,
        ifindex: u32,
    ) -> Result<Option<LinkRecord>, AskError> {
        let target = self.target(netns)?;
        let request = with_target(
            Request::new(kind::GET_LINK, &link_header(ifindex)),
            ifla::TARGET_NETNSID,
            target,
        )
        .attr(ifla::EXT_MASK, &SKIP_STATS.to_ne_bytes());
        let mut record = None;
        match self.asker.get(request, |payload| record = decode::link(netns, payload)) {
            Ok(()) => Ok(record),
            Err(AskError::Refused(Errno::ENODEV)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the addresses of a namespace, or of one link of it when `ifindex` is not 0.
    pub fn dump_addresses(
        &mut self,
        netns: NetnsId,
        ifindex: u32,
    ) -> Result<Vec<(u32, Address)>, AskError> {
        let target = self.target(netns)?;
        let mut header = [0; 8];
        header[4..].copy_from_slice(&ifindex.to_ne_bytes());
        let request =
            || with_target(Request::new(kind::GET_ADDR, &header), IFA_TARGET_NETNSID, target);
        let addresses = self.asker.dump(request, decode::address)?;
        Ok(addresses.into_iter().flatten().collect())
    }

    /// Reads the counters of a link.
    pub fn stats(&mut self, key: LinkKey) -> Option<Stats> {
        let target = self.target(key.netns).ok()?;
        let request = Request::new(kind::GET_LINK, &link_header(key.ifindex));
        let request = with_target(request, ifla::TARGET_NETNSID, target);
        let mut stats = None;
        self.asker.get(request, |payload| stats = decode::stats(payload)).ok()?;
        stats
    }

    /// The id to name in a request; none in the own namespace of a plain table.
    fn target(&self, netns: NetnsId) -> Result<Option<i32>, AskError> {
        if self.own.is_some() {
            return Ok(None);
        }
        self.ids.get(&netns).copied().map(Some).ok_or(AskError::Refused(Errno::ENOENT))
    }

    /// Takes the events that have arrived; tells whether some were lost (ENOBUFS).
    pub fn hints(&mut self, hints: &mut Vec<Hint>) -> Result<bool, Errno> {
        let mut lost = false;
        // Taken out, because reading the buffer and looking up names both borrow `self`.
        let mut buffer = std::mem::take(&mut self.buffer);
        let outcome = loop {
            match self.receive(&mut buffer) {
                Ok((len, origin)) => {
                    for message in messages(&buffer[..len]).map_while(Result::ok) {
                        hints.extend(self.hint(message.kind, message.payload, origin));
                    }
                }
                Err(Errno::EAGAIN) => break Ok(lost),
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => lost = true,
                Err(errno) => break Err(errno),
            }
        };
        self.buffer = buffer;
        outcome
    }

    /// Reads one datagram: its length, and the id of the namespace it comes from if that is
    /// another one than the socket's.
    fn receive(&self, buffer: &mut [u8]) -> Result<(usize, Option<i32>), Errno> {
        let mut space = cmsg_space!(i32);
        let mut parts = [IoSliceMut::new(buffer)];
        let message = recvmsg::<()>(
            self.events.as_raw_fd(),
            &mut parts,
            Some(&mut space),
            MsgFlags::MSG_DONTWAIT,
        )?;
        let origin = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::Unknown(control)
                if control.cmsg_header.cmsg_level == SOL_NETLINK
                    && control.cmsg_header.cmsg_type == NETLINK_LISTEN_ALL_NSID =>
            {
                read_i32(&control.data_bytes, 0)
            }
            _ => None,
        });
        Ok((message.bytes, origin))
    }

    fn hint(&self, kind: u16, payload: &[u8], origin: Option<i32>) -> Option<Hint> {
        if kind == kind::DEL_NSID {
            // Only our own table's ids mean something to us.
            let died = decode::nsid(payload).filter(|_| origin.is_none() && self.own.is_none())?;
            return self.netns_of(died).map(Hint::Died);
        }
        let netns = match origin {
            Some(nsid) => self.netns_of(nsid)?,
            None => self.own?,
        };
        let ifindex = match kind {
            kind::NEW_LINK | kind::DEL_LINK => decode::link_index(payload),
            kind::NEW_ADDR | kind::DEL_ADDR => decode::address_index(payload),
            _ => None,
        };
        ifindex.map(|ifindex| Hint::Link(LinkKey { netns, ifindex }))
    }
}

fn with_target(request: Request, attribute: u16, target: Option<i32>) -> Request {
    match target {
        Some(nsid) => request.attr(attribute, &nsid.to_ne_bytes()),
        None => request,
    }
}

fn open_events(all_namespaces: bool) -> std::io::Result<Socket> {
    /// `RTNLGRP_LINK`, `RTNLGRP_IPV4_IFADDR`, `RTNLGRP_IPV6_IFADDR`, `RTNLGRP_NSID`.
    const GROUPS: [u32; 4] = [1, 5, 9, 28];
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    if setsockopt(&socket, sockopt::RcvBufForce, &EVENT_BUFFER).is_err() {
        setsockopt(&socket, sockopt::RcvBuf, &EVENT_BUFFER)?;
    }
    socket.bind(&SocketAddr::new(0, 0))?;
    if all_namespaces {
        socket.set_listen_all_namespaces(true)?;
    }
    for group in GROUPS {
        socket.add_membership(group)?;
    }
    Ok(socket)
}
