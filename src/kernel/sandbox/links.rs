//! Builds links in one network namespace of a sandbox, a call a link. Not for the host's own
//! namespaces: changes there are planned, confirmed and revertible, and these are not.

use std::future::Future;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use futures_util::TryStreamExt;
use rtnetlink::packet_route::link::{LinkMessage, MacVlanMode};
use rtnetlink::{LinkBridge, LinkMacVlan, LinkMacVtap, LinkMessageBuilder, LinkUnspec, LinkVeth};
use tokio::runtime::{self, Runtime};

use super::Error;
use crate::kernel::enter;
use crate::model::Mode;

/// An rtnetlink(7) connection into a namespace, which it keeps alive. Names are those of links
/// in that namespace.
pub struct Links {
    // Before the runtime that drives its connection, so that it is dropped first.
    handle: rtnetlink::Handle,
    runtime: Runtime,
}

impl Links {
    /// Builds in the namespace that the calling thread is in.
    pub fn here() -> Result<Self, Error> {
        let broken = |error| Error::building("connecting to rtnetlink", error);
        let runtime = runtime::Builder::new_current_thread().enable_io().build().map_err(broken)?;
        let guard = runtime.enter();
        let (connection, handle, _) = rtnetlink::new_connection().map_err(broken)?;
        drop(guard);
        runtime.spawn(connection);
        Ok(Self { handle, runtime })
    }

    /// Builds in another namespace.
    pub fn inside(netns: BorrowedFd<'_>) -> Result<Self, Error> {
        enter::inside(netns, Self::here)
            .map_err(|error| Error::building("entering a network namespace", error))?
    }

    /// A pair of cables' ends; the second may lie in another namespace.
    pub fn veth(
        &self,
        name: &str,
        peer: &str,
        peer_in: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        let what = format!("creating the veth pair {name}, {peer}");
        self.attempt(&what, self.handle.link().add(LinkVeth::new(name, peer).build()).execute())?;
        let Some(netns) = peer_in else { return Ok(()) };
        // By SETLINK, which is what moves a link.
        let moved = LinkUnspec::new_with_name(peer).setns_by_fd(netns.as_raw_fd()).build();
        self.set(&format!("moving {peer}"), moved)
    }

    /// A bridge, up.
    pub fn bridge(&self, name: &str) -> Result<(), Error> {
        let what = format!("creating the bridge {name}");
        self.attempt(&what, self.handle.link().add(LinkBridge::new(name).build()).execute())
    }

    /// A macvlan on `parent`, here or in another namespace.
    pub fn macvlan(
        &self,
        name: &str,
        parent: &str,
        mode: Mode,
        netns: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        let link = LinkMacVlan::new(name, self.index(parent)?, kernel_mode(mode));
        self.add(&format!("creating the macvlan {name} on {parent}"), link, netns)
    }

    /// A macvtap on `parent`, here or in another namespace.
    pub fn macvtap(
        &self,
        name: &str,
        parent: &str,
        mode: Mode,
        netns: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        let link = LinkMacVtap::new(name, self.index(parent)?, kernel_mode(mode));
        self.add(&format!("creating the macvtap {name} on {parent}"), link, netns)
    }

    /// `ip link set NAME up`
    pub fn up(&self, name: &str) -> Result<(), Error> {
        self.set(&format!("setting {name} up"), LinkUnspec::new_with_name(name).up().build())
    }

    /// Makes `name` a port of the bridge.
    pub fn port(&self, name: &str, bridge: &str) -> Result<(), Error> {
        let link = LinkUnspec::new_with_name(name).controller(self.index(bridge)?).build();
        self.set(&format!("making {name} a port of {bridge}"), link)
    }

    /// `ip link set OLD name NEW`
    pub fn rename(&self, old: &str, new: &str) -> Result<(), Error> {
        let link = LinkUnspec::new_with_index(self.index(old)?).name(new).build();
        self.set(&format!("renaming {old} to {new}"), link)
    }

    /// `ip address add ADDRESS/PREFIX dev NAME`
    pub fn address(&self, name: &str, address: IpAddr, prefix: u8) -> Result<(), Error> {
        let request = self.handle.address().add(self.index(name)?, address, prefix);
        self.attempt(&format!("giving {name} the address {address}/{prefix}"), request.execute())
    }

    /// Interface index of a link.
    pub fn index(&self, name: &str) -> Result<u32, Error> {
        let mut found = self.handle.link().get().match_name(name).execute();
        let what = format!("looking up the link {name}");
        let link = self.attempt(&what, found.try_next())?;
        link.map(|link| link.header.index)
            .ok_or_else(|| Error::building(what, nix::errno::Errno::ENODEV))
    }

    fn add<T>(
        &self,
        what: &str,
        mut link: LinkMessageBuilder<T>,
        netns: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        if let Some(netns) = netns {
            link = link.setns_by_fd(netns.as_raw_fd());
        }
        self.attempt(what, self.handle.link().add(link.build()).execute())
    }

    fn set(&self, what: &str, link: LinkMessage) -> Result<(), Error> {
        self.attempt(what, self.handle.link().set(link).execute())
    }

    fn attempt<T>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, rtnetlink::Error>>,
    ) -> Result<T, Error> {
        self.runtime.block_on(request).map_err(|error| Error::building(what, error))
    }
}

fn kernel_mode(mode: Mode) -> MacVlanMode {
    match mode {
        Mode::Private => MacVlanMode::Private,
        Mode::Vepa => MacVlanMode::Vepa,
        Mode::Bridge => MacVlanMode::Bridge,
        Mode::Passthru => MacVlanMode::Passthrough,
        Mode::Source => MacVlanMode::Source,
        Mode::Unknown(number) => MacVlanMode::Other(number),
    }
}
