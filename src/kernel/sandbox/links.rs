//! Builds links in one network namespace of a sandbox, a call a link. Not for the host's own
//! namespaces: changes there are planned, confirmed and revertible, and these are not.

use std::future::Future;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use futures_util::TryStreamExt;
use nix::net::if_::if_nameindex;
use rtnetlink::packet_route::link::{
    InfoData, InfoKind, InfoMacVlan, LinkMessage, MacVlanFlags, MacVlanMacAddressMode, MacVlanMode,
};
use rtnetlink::{LinkBridge, LinkBridgePort, LinkMessageBuilder, LinkUnspec, LinkVeth, LinkVlan};
use tokio::runtime::{self, Runtime};

use super::Error;
use crate::kernel::enter;
use crate::model::{MacAddr, MacvlanFlags, Mode, Text};

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
        self.sub_interface(&SubInterface::macvlan(name, mode), parent, netns)
    }

    /// A macvtap on `parent`, here or in another namespace.
    pub fn macvtap(
        &self,
        name: &str,
        parent: &str,
        mode: Mode,
        netns: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        let new = SubInterface { is_tap: true, ..SubInterface::macvlan(name, mode) };
        self.sub_interface(&new, parent, netns)
    }

    /// A sub-interface on `parent`, here or in another namespace.
    pub fn sub_interface(
        &self,
        new: &SubInterface<'_>,
        parent: &str,
        netns: Option<BorrowedFd<'_>>,
    ) -> Result<(), Error> {
        let kind = if new.is_tap { InfoKind::MacVtap } else { InfoKind::MacVlan };
        let what = format!("creating the {kind} {} on {parent}", new.name);
        let mut data = vec![
            InfoMacVlan::Mode(kernel_mode(new.mode)),
            InfoMacVlan::Flags(MacVlanFlags::from_bits_retain(new.flags.0)),
        ];
        if !new.sources.is_empty() {
            let sources = new.sources.iter().filter_map(|mac| mac.as_bytes().try_into().ok());
            data.push(InfoMacVlan::MacAddrMode(MacVlanMacAddressMode::Set));
            data.push(InfoMacVlan::MacAddrData(sources.map(InfoMacVlan::MacAddr).collect()));
        }
        let mut link = LinkMessageBuilder::<LinkUnspec>::new_with_info_kind(kind)
            .name(new.name)
            .link(self.index(parent)?)
            .set_info_data(InfoData::MacVlan(data));
        if let Some(mac) = new.mac {
            link = link.address(mac.as_bytes().into());
        }
        if let Some(netns) = netns {
            link = link.setns_by_fd(netns.as_raw_fd());
        }
        self.attempt(&what, self.handle.link().add(link.build()).execute())
    }

    /// An 802.1Q VLAN on `parent`.
    pub fn vlan(&self, name: &str, parent: &str, id: u16) -> Result<(), Error> {
        let link = LinkVlan::new(name, self.index(parent)?, id).build();
        let what = format!("creating VLAN {id} on {parent}");
        self.attempt(&what, self.handle.link().add(link).execute())
    }

    /// `ip link set NAME address MAC`
    pub fn mac(&self, name: &str, mac: MacAddr) -> Result<(), Error> {
        let link = LinkUnspec::new_with_name(name).address(mac.as_bytes().into()).build();
        self.set(&format!("giving {name} the MAC {mac}"), link)
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

    /// Whether the bridge sends frames back out of this port of it (`IFLA_BRPORT_MODE`).
    pub fn hairpin(&self, port: &str, on: bool) -> Result<(), Error> {
        let link = LinkBridgePort::new(self.index(port)?).hairpin(on).build();
        let what = format!("setting hairpin of the port {port}");
        self.attempt(&what, self.handle.link().set_port(link).execute())
    }

    /// `ip link delete`, by interface index.
    pub fn delete(&self, index: u32) -> Result<(), Error> {
        let what = format!("deleting the link with index {index}");
        self.attempt(&what, self.handle.link().del(index).execute())
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

/// A macvlan or macvtap to make.
#[derive(Clone, Copy, Debug)]
pub struct SubInterface<'a> {
    /// Name.
    pub name: &'a str,
    /// Whether it is a macvtap.
    pub is_tap: bool,
    /// `IFLA_MACVLAN_MODE`.
    pub mode: Mode,
    /// `IFLA_MACVLAN_FLAGS`.
    pub flags: MacvlanFlags,
    /// MAC; `None` leaves it to the kernel.
    pub mac: Option<MacAddr>,
    /// Source MACs, in source mode.
    pub sources: &'a [MacAddr],
}

impl<'a> SubInterface<'a> {
    /// A macvlan with nothing of its own but a name and a mode.
    pub fn macvlan(name: &'a str, mode: Mode) -> Self {
        let flags = MacvlanFlags::default();
        Self { name, is_tap: false, mode, flags, mac: None, sources: &[] }
    }
}

/// The links of the calling thread's namespace: index and name, which may be any bytes.
pub fn present() -> Result<Vec<(u32, Text)>, Error> {
    let links = if_nameindex().map_err(|errno| Error::building("listing the links here", errno))?;
    Ok(links.iter().map(|link| (link.index(), Text::from(link.name().to_bytes()))).collect())
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
