//! From ops to rtnetlink requests.
//!
//! Through the same [`Request`] as everything that this program asks, rather than through the
//! messages of the rtnetlink crate: a name or alias may be any bytes, a source list may be longer
//! than its parser takes, and one acknowledged request needs no runtime. Nothing here sends: which
//! socket, in which namespace, is decided in `execute`.
//!
//! What must never be sent, because the kernel then moves a link that nobody spoke of: a creation
//! without `NLM_F_EXCL`, and a change through `IFLA_TARGET_NETNSID`.

use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::decode::{IFINFOMSG, brport, ifla, macvlan_attr, vlan_attr};
use super::netlink::{NESTED, Request, append, kind};
use crate::model::{Address, Link, LinkKind, MacAddr, PortOption, Vlan};
use crate::plan::{NewKind, NewLink, NewMacvlan, Setting};

/// `NETNSA_NSID`: an id for a namespace.
pub(super) const NETNSA_NSID: u16 = 1;
/// `NETNSA_FD`: the namespace, by a descriptor.
pub(super) const NETNSA_FD: u16 = 3;

/// Source MACs in one request. Each takes 12 bytes of a nest that can say 65,535.
const SOURCES_AT_ONCE: usize = 5000;

/// `enum macvlan_macaddr_mode` of linux/if_link.h.
mod macaddr_mode {
    pub(super) const ADD: u32 = 0;
    pub(super) const DEL: u32 = 1;
    pub(super) const FLUSH: u32 = 2;
    pub(super) const SET: u32 = 3;
}

/// `struct ifinfomsg` for one link.
pub(super) fn link_header(ifindex: u32) -> [u8; IFINFOMSG] {
    let mut header = [0; IFINFOMSG];
    header[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    header
}

/// RTM_NEWNSID: gives a namespace an id.
pub(super) fn nsid(netns: BorrowedFd<'_>, nsid: i32) -> Request {
    Request::new(kind::NEW_NSID, &[0; 4])
        .attr(NETNSA_FD, &netns.as_raw_fd().to_ne_bytes())
        .attr(NETNSA_NSID, &nsid.to_ne_bytes())
}

/// RTM_GETLINK by name.
pub(super) fn link_named(name: &[u8]) -> Request {
    Request::new(kind::GET_LINK, &link_header(0)).attr(ifla::IFNAME, &c_string(name))
}

/// RTM_NEWLINK, to be sent with `NLM_F_CREATE | NLM_F_EXCL` in the parent's namespace; with a
/// descriptor for the link's where that is another one.
///
/// Gives the new link no source list: a creation that fails after it took one has crashed kernels
/// (macvlan_common_newlink freed the link and left its entries in the parent's table), so a list is
/// set on the finished link. Never sets it up: a MAC that is in use would roll the link back
/// without a word of the reason.
pub(super) fn create(new: &NewLink, elsewhere: Option<BorrowedFd<'_>>) -> Request {
    let mut request = Request::new(kind::NEW_LINK, &link_header(new.ifindex.unwrap_or(0)))
        .attr(ifla::IFNAME, &c_string(new.name.as_bytes()))
        .attr(ifla::LINK, &new.parent.ifindex.to_ne_bytes());
    if let Some(netns) = elsewhere {
        request = request.attr(ifla::NET_NS_FD, &netns.as_raw_fd().to_ne_bytes());
    }
    if let Some(mac) = new.mac {
        request = request.attr(ifla::ADDRESS, mac.as_bytes());
    }
    if let Some(mtu) = new.mtu {
        request = request.attr(ifla::MTU, &mtu.to_ne_bytes());
    }
    let mut data = Vec::new();
    let kind: &[u8] = match &new.kind {
        NewKind::Macvlan(macvlan) => {
            macvlan_data(macvlan, &mut data);
            b"macvlan"
        }
        NewKind::Macvtap(macvlan) => {
            macvlan_data(macvlan, &mut data);
            b"macvtap"
        }
        NewKind::Vlan(vlan) => {
            vlan_data(*vlan, &mut data);
            b"vlan"
        }
    };
    with_info(request, kind, &data)
}

fn macvlan_data(new: &NewMacvlan, data: &mut Vec<u8>) {
    append(data, macvlan_attr::MODE, &new.mode.to_kernel().to_ne_bytes());
    if new.flags.0 != 0 {
        append(data, macvlan_attr::FLAGS, &new.flags.0.to_ne_bytes());
    }
    if let Some(length) = new.bc_queue_len {
        append(data, macvlan_attr::BC_QUEUE_LEN, &length.to_ne_bytes());
    }
    if let Some(cutoff) = new.bc_cutoff {
        append(data, macvlan_attr::BC_CUTOFF, &cutoff.to_ne_bytes());
    }
}

fn vlan_data(vlan: Vlan, data: &mut Vec<u8>) {
    append(data, vlan_attr::ID, &vlan.id.to_ne_bytes());
    append(data, vlan_attr::PROTOCOL, &vlan.protocol.to_ethertype().to_be_bytes());
    let mask = vlan.flags.unusual();
    if mask != 0 {
        // `struct ifla_vlan_flags`.
        let flags = [vlan.flags.0.to_ne_bytes(), mask.to_ne_bytes()].concat();
        append(data, vlan_attr::FLAGS, &flags);
    }
}

/// RTM_DELLINK.
pub(super) fn delete(ifindex: u32) -> Request {
    Request::new(kind::DEL_LINK, &link_header(ifindex))
}

/// RTM_SETLINK with the namespace to move to, and the index to have there. Not RTM_NEWLINK, which
/// with a namespace also creates.
pub(super) fn move_to(ifindex: u32, netns: BorrowedFd<'_>, new: Option<u32>) -> Request {
    let request = Request::new(kind::SET_LINK, &link_header(ifindex))
        .attr(ifla::NET_NS_FD, &netns.as_raw_fd().to_ne_bytes());
    match new {
        Some(new) => request.attr(ifla::NEW_IFINDEX, &new.to_ne_bytes()),
        None => request,
    }
}

/// The requests that change a property, in order; none for a move, which takes [`move_to`].
///
/// By RTM_NEWLINK without `NLM_F_CREATE`, because RTM_SETLINK acknowledges what belongs to the
/// link's kind and does nothing. To add an address takes `NLM_F_CREATE | NLM_F_EXCL`.
pub(super) fn change(link: &Link, setting: &Setting) -> Vec<Request> {
    const IFF_UP: u32 = 1;
    let ifindex = link.key.ifindex;
    let of_link = || Request::new(kind::NEW_LINK, &link_header(ifindex));
    // The kernel refuses the attributes of another kind than the link's. Under the link's own kind
    // they would be taken for something else: a bridge's first one is its forward delay.
    let kind: &[u8] =
        if matches!(link.kind, LinkKind::Macvtap(_)) { b"macvtap" } else { b"macvlan" };
    let of_kind = |data: &[u8]| with_info(of_link(), kind, data);
    let of_macvlan = |attribute, value: &[u8]| {
        let mut data = Vec::new();
        append(&mut data, attribute, value);
        of_kind(&data)
    };
    vec![match setting {
        Setting::Mode(mode) => of_macvlan(macvlan_attr::MODE, &mode.to_kernel().to_ne_bytes()),
        Setting::Flags(flags) => of_macvlan(macvlan_attr::FLAGS, &flags.0.to_ne_bytes()),
        Setting::BcQueueLen(len) => of_macvlan(macvlan_attr::BC_QUEUE_LEN, &len.to_ne_bytes()),
        Setting::BcCutoff(cutoff) => of_macvlan(macvlan_attr::BC_CUTOFF, &cutoff.to_ne_bytes()),
        Setting::AddSource(mac) => of_kind(&sources(macaddr_mode::ADD, Some(mac), &[])),
        Setting::RemoveSource(mac) => of_kind(&sources(macaddr_mode::DEL, Some(mac), &[])),
        Setting::Sources(list) if list.is_empty() => {
            of_kind(&sources(macaddr_mode::FLUSH, None, &[]))
        }
        Setting::Sources(list) => {
            let (first, rest) = list.split_at(list.len().min(SOURCES_AT_ONCE));
            let set = of_kind(&sources(macaddr_mode::SET, None, first));
            let add = |mac| of_kind(&sources(macaddr_mode::ADD, Some(mac), &[]));
            return std::iter::once(set).chain(rest.iter().map(add)).collect();
        }
        Setting::Name(name) => of_link().attr(ifla::IFNAME, &c_string(name.as_bytes())),
        Setting::Alias(alias) => {
            // Without a NUL, and empty to remove it.
            let alias = alias.as_ref().map_or(&[][..], |alias| alias.as_bytes());
            of_link().attr(ifla::IFALIAS, alias)
        }
        Setting::Mac(mac) => of_link().attr(ifla::ADDRESS, mac.as_bytes()),
        Setting::Mtu(mtu) => of_link().attr(ifla::MTU, &mtu.to_ne_bytes()),
        Setting::Up(up) => {
            let mut header = link_header(ifindex);
            header[8..12].copy_from_slice(&(u32::from(*up) * IFF_UP).to_ne_bytes());
            header[12..16].copy_from_slice(&IFF_UP.to_ne_bytes());
            Request::new(kind::NEW_LINK, &header)
        }
        Setting::Port(option) => with_port_info(of_link(), *option),
        Setting::AddAddress(address) => new_address(ifindex, address),
        Setting::RemoveAddress(address) => endpoints(kind::DEL_ADDR, ifindex, address),
        Setting::Netns { .. } => return Vec::new(),
    }]
}

/// `IFLA_LINKINFO` of a kind. The kernel refuses another kind than the link has.
fn with_info(request: Request, kind: &[u8], data: &[u8]) -> Request {
    let mut info = Vec::new();
    append(&mut info, ifla::INFO_KIND, kind);
    append(&mut info, ifla::INFO_DATA | NESTED, data);
    request.attr(ifla::LINKINFO | NESTED, &info)
}

/// `IFLA_LINKINFO` of a bridge's port with one of its options. The kernel takes it from `RTM_NEWLINK`
/// alone, and refuses it for what is no port of anything.
fn with_port_info(request: Request, option: PortOption) -> Request {
    let (attribute, value) = match option {
        PortOption::State(state) => (brport::STATE, state.to_kernel()),
        PortOption::Hairpin(on) => (brport::MODE, u8::from(on)),
        PortOption::Flood(on) => (brport::UNICAST_FLOOD, u8::from(on)),
        PortOption::BcastFlood(on) => (brport::BCAST_FLOOD, u8::from(on)),
        PortOption::Isolated(on) => (brport::ISOLATED, u8::from(on)),
    };
    let mut data = Vec::new();
    append(&mut data, attribute, &[value]);
    let mut info = Vec::new();
    append(&mut info, ifla::INFO_SLAVE_KIND, b"bridge");
    append(&mut info, ifla::INFO_SLAVE_DATA | NESTED, &data);
    request.attr(ifla::LINKINFO | NESTED, &info)
}

fn sources(mode: u32, one: Option<&MacAddr>, list: &[MacAddr]) -> Vec<u8> {
    let mut data = Vec::new();
    append(&mut data, macvlan_attr::MACADDR_MODE, &mode.to_ne_bytes());
    if let Some(mac) = one {
        append(&mut data, macvlan_attr::MACADDR, mac.as_bytes());
    }
    if !list.is_empty() {
        let mut nest = Vec::new();
        for mac in list {
            append(&mut nest, macvlan_attr::MACADDR, mac.as_bytes());
        }
        append(&mut data, macvlan_attr::MACADDR_DATA | NESTED, &nest);
    }
    data
}

/// RTM_NEWADDR with all that can be chosen, and the lifetimes where they end.
fn new_address(ifindex: u32, address: &Address) -> Request {
    const IFA_BROADCAST: u16 = 4;
    const IFA_CACHEINFO: u16 = 6;
    const IFA_FLAGS: u16 = 8;
    const IFA_RT_PRIORITY: u16 = 9;
    let mut request = endpoints(kind::NEW_ADDR, ifindex, address)
        .attr(IFA_FLAGS, &address.chosen_flags().to_ne_bytes());
    if let Some(broadcast) = address.broadcast {
        request = request.attr(IFA_BROADCAST, &broadcast.octets());
    }
    if let Some(metric) = address.metric {
        request = request.attr(IFA_RT_PRIORITY, &metric.to_ne_bytes());
    }
    if address.valid_lft.is_none() && address.preferred_lft.is_none() {
        return request;
    }
    // `struct ifa_cacheinfo`: preferred, valid, and two times that the kernel keeps.
    let mut lifetimes = [0; 16];
    let seconds = |lifetime: Option<u32>| lifetime.unwrap_or(u32::MAX).to_ne_bytes();
    lifetimes[0..4].copy_from_slice(&seconds(address.preferred_lft));
    lifetimes[4..8].copy_from_slice(&seconds(address.valid_lft));
    request.attr(IFA_CACHEINFO, &lifetimes)
}

/// What an address is known by: `struct ifaddrmsg`, the local and the other end.
fn endpoints(kind: u16, ifindex: u32, address: &Address) -> Request {
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    let mut header = [family(address.ip), address.prefix_len, 0, address.scope, 0, 0, 0, 0];
    header[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    Request::new(kind, &header)
        .attr(IFA_LOCAL, &octets(address.ip))
        .attr(IFA_ADDRESS, &octets(address.peer.unwrap_or(address.ip)))
}

/// `AF_INET` or `AF_INET6`.
pub(super) fn family(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 2 } else { 10 }
}

/// An address as it goes over the wire.
pub(super) fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

fn c_string(bytes: &[u8]) -> Vec<u8> {
    [bytes, b"\0"].concat()
}
