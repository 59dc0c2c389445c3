//! A namespace that nothing on the host shows: its one descriptor is in flight between two sockets
//! (unix(7), SCM_RIGHTS). Only the link of a child leads to it.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Command;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::{Helper, eventually, sh};

/// Keeps the namespace alive.
pub(crate) struct Hidden {
    receiver: UnixStream,
    _sender: UnixStream,
}

/// Makes a hidden namespace with a parent `p`, and on it the macvlan `child` in a new namespace.
pub(crate) fn netns_with_parent(child: &str, netns: &str) -> Hidden {
    sh(&format!(
        "ip netns add hidden; ip -n hidden link add p type veth peer name q
         ip netns add {netns}
         ip -n hidden link add link p name {child} netns {netns} type macvlan mode bridge"
    ));
    hide("hidden")
}

/// Takes the name of a namespace away and keeps it alive unseen, with all that is in it.
pub(crate) fn hide(netns: &str) -> Hidden {
    let (sender, receiver) = UnixStream::pair().expect("a pair of sockets");
    let fd = File::open(format!("/run/netns/{netns}")).expect("the namespace");
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd.as_fd()];
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(&sender, &[IoSlice::new(b"x")], &mut control, SendFlags::empty()).expect("sendmsg");
    drop(fd);
    sh(&format!("ip netns del {netns}"));
    Hidden { receiver, _sender: sender }
}

impl Hidden {
    /// Takes the descriptor out of its hiding place and starts a process in the namespace.
    pub(crate) fn reveal(self) -> Helper {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        let mut parts = [IoSliceMut::new(&mut byte)];
        recvmsg(&self.receiver, &mut parts, &mut control, RecvFlags::empty()).expect("recvmsg");
        let fd: OwnedFd = control
            .drain()
            .find_map(|message| match message {
                RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
                _ => None,
            })
            .expect("the descriptor");
        let path = format!("--net=/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd());
        let helper = Helper::start(Command::new("nsenter").args([&path, "sleep", "infinity"]));
        eventually("the process in the namespace", || helper.is_running("sleep"));
        helper
    }
}
