//! From rtnetlink records to the model.
//!
//! Unknown attributes are passed over, missing ones leave their field empty, and bytes that do not
//! hold together are reported beside whatever could be read. Nothing here asks the kernel anything:
//! in which namespace a parent is, is left as the kernel's number for `observer` to resolve.

mod address;
mod bridge;
mod wrapped;

pub(super) use bridge::brport;

use super::netlink::{Malformed, attributes, read_i32, read_u16, read_u32, read_u64};
use crate::model::{
    Bridge, BridgePort, Link, LinkFlags, LinkKey, LinkKind, MacAddr, Macvlan, MacvlanFlags, Mode,
    NetnsId, OperState, Stats, Text, Vlan, VlanFlags, VlanProtocol,
};

pub use address::{address, address_index};

/// `IFLA_*` of linux/if_link.h, as far as they are read or written.
pub(super) mod ifla {
    pub(in crate::kernel) const ADDRESS: u16 = 1;
    pub(in crate::kernel) const IFNAME: u16 = 3;
    pub(in crate::kernel) const MTU: u16 = 4;
    pub(in crate::kernel) const LINK: u16 = 5;
    pub(in crate::kernel) const QDISC: u16 = 6;
    pub(in crate::kernel) const MASTER: u16 = 10;
    pub(in crate::kernel) const OPERSTATE: u16 = 16;
    pub(in crate::kernel) const LINKINFO: u16 = 18;
    pub(in crate::kernel) const IFALIAS: u16 = 20;
    pub(in crate::kernel) const STATS64: u16 = 23;
    pub(in crate::kernel) const PROMISCUITY: u16 = 30;
    pub(in crate::kernel) const LINK_NETNSID: u16 = 37;
    pub(in crate::kernel) const NET_NS_FD: u16 = 28;
    pub(in crate::kernel) const EXT_MASK: u16 = 29;
    pub(in crate::kernel) const TARGET_NETNSID: u16 = 46;
    pub(in crate::kernel) const NEW_IFINDEX: u16 = 49;
    pub(in crate::kernel) const PROP_LIST: u16 = 52;
    pub(in crate::kernel) const ALT_IFNAME: u16 = 53;
    pub(in crate::kernel) const INFO_KIND: u16 = 1;
    pub(in crate::kernel) const INFO_DATA: u16 = 2;
    pub(in crate::kernel) const INFO_SLAVE_KIND: u16 = 4;
    pub(in crate::kernel) const INFO_SLAVE_DATA: u16 = 5;
    pub(in crate::kernel) const VXLAN_LINK: u16 = 3;
}

/// `IFLA_MACVLAN_*` of linux/if_link.h, as far as they are read or written.
pub(super) mod macvlan_attr {
    pub(in crate::kernel) const MODE: u16 = 1;
    pub(in crate::kernel) const FLAGS: u16 = 2;
    pub(in crate::kernel) const MACADDR_MODE: u16 = 3;
    pub(in crate::kernel) const MACADDR: u16 = 4;
    pub(in crate::kernel) const MACADDR_DATA: u16 = 5;
    pub(in crate::kernel) const MACADDR_COUNT: u16 = 6;
    pub(in crate::kernel) const BC_QUEUE_LEN: u16 = 7;
    pub(in crate::kernel) const BC_QUEUE_LEN_USED: u16 = 8;
    pub(in crate::kernel) const BC_CUTOFF: u16 = 9;
}

/// `IFLA_VLAN_*` of linux/if_link.h, as far as they are read or written.
pub(super) mod vlan_attr {
    pub(in crate::kernel) const ID: u16 = 1;
    pub(in crate::kernel) const FLAGS: u16 = 2;
    pub(in crate::kernel) const EGRESS_QOS: u16 = 3;
    pub(in crate::kernel) const INGRESS_QOS: u16 = 4;
    /// In network byte order; before Linux 3.10 there was none.
    pub(in crate::kernel) const PROTOCOL: u16 = 5;
}

/// Size of `struct ifinfomsg`.
pub const IFINFOMSG: usize = 16;
/// `AF_BRIDGE`: a bridge's view of its port, not the link's own record.
const AF_BRIDGE: u8 = 7;

/// The link below, as the kernel numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lower {
    /// `IFLA_LINK`: ifindex in its own namespace.
    pub ifindex: u32,
    /// `IFLA_LINK_NETNSID`; `None` when it is in the same namespace, -1 when no id is assigned.
    pub nsid: Option<i32>,
    /// Whether it is the other end of a pair instead of a parent.
    pub is_peer: bool,
}

/// A link record, read as far as it could be.
#[derive(Clone, Debug)]
pub struct LinkRecord {
    /// The link, without parent, peer and addresses.
    pub link: Link,
    /// The link below.
    pub lower: Option<Lower>,
    /// What is wrong with the record, if something is.
    pub malformed: Option<String>,
}

/// The ifindex that an RTM_NEWLINK or RTM_DELLINK speaks of, be it a bridge's view of its port.
pub fn link_index(payload: &[u8]) -> Option<u32> {
    read_i32(payload, 4).and_then(|index| u32::try_from(index).ok())
}

/// Reads a record of RTM_NEWLINK (rtnetlink(7)); `None` when not even its fixed part is there, or when
/// it is only a bridge's view of its port.
pub fn link(netns: NetnsId, payload: &[u8]) -> Option<LinkRecord> {
    let ifindex = link_index(payload).filter(|_| payload.first() != Some(&AF_BRIDGE))?;
    let flags = LinkFlags(read_u32(payload, 8)?);
    let body = payload.get(IFINFOMSG..)?;
    let mut reading = Reading::default();
    let malformed = reading.read_all(body).err().map(|error| {
        // Nothing behind the place where it broke can be trusted, and neither can what was read
        // across it: start again and stop before that place.
        reading = Reading::default();
        reading.read_until_broken(body);
        match reading.declared_sources {
            Some(count) => {
                format!("{error}: its list of {count} source MACs is too long for netlink")
            }
            None => error.to_string(),
        }
    });
    let Reading { kind, name, lower_index, lower_nsid, .. } = reading;
    let kind =
        kind.unwrap_or(if flags.is_loopback() { LinkKind::Loopback } else { LinkKind::Device });
    let is_peer = match &kind {
        LinkKind::Veth => true,
        LinkKind::Other(kind) => matches!(kind.as_bytes(), b"netkit" | b"vxcan"),
        _ => false,
    };
    let lower = match (lower_index, lower_nsid) {
        (Some(0), _) | (None, None) => None,
        (Some(index), nsid) => Some(Lower { ifindex: index, nsid, is_peer }),
        // Before Linux 5.1 IFLA_LINK was left out when both indexes were equal.
        (None, nsid) => Some(Lower { ifindex, nsid, is_peer }),
    };
    let link = Link {
        key: LinkKey { netns, ifindex },
        name: name.unwrap_or_else(|| Text::from(format!("if{ifindex}").into_bytes())),
        alias: reading.alias,
        alt_names: reading.alt_names,
        kind,
        mac: reading.mac,
        mtu: reading.mtu,
        flags,
        oper_state: reading.oper_state,
        qdisc: reading.qdisc,
        promiscuity: reading.promiscuity,
        parent: None,
        peer: None,
        master: reading.master,
        bridge_port: reading.bridge_port,
        bridge: reading.bridge,
        addresses: Vec::new(),
        tap_device: None,
    };
    Some(LinkRecord { link, lower, malformed })
}

/// The attributes of one link record, collected one by one.
#[derive(Default)]
struct Reading {
    name: Option<Text>,
    alias: Option<Text>,
    alt_names: Vec<Text>,
    kind: Option<LinkKind>,
    mac: Option<MacAddr>,
    mtu: u32,
    oper_state: OperState,
    qdisc: Text,
    promiscuity: u32,
    master: Option<u32>,
    bridge_port: Option<BridgePort>,
    bridge: Option<Bridge>,
    lower_index: Option<u32>,
    lower_nsid: Option<i32>,
    declared_sources: Option<u32>,
}

impl Reading {
    fn read_all(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let mut seen = 0_u128;
        for attribute in attributes(body) {
            let (kind, payload) = attribute?;
            let bit = 1_u128.checked_shl(u32::from(kind)).unwrap_or(0);
            if seen & bit != 0 {
                return Err(Malformed::Attribute);
            }
            seen |= bit;
            self.attribute(kind, payload)?;
        }
        Ok(())
    }

    fn attribute(&mut self, kind: u16, payload: &[u8]) -> Result<(), Malformed> {
        let number = || exact_u32(payload);
        match kind {
            ifla::IFNAME => self.name = Some(c_string(payload)),
            ifla::IFALIAS => self.alias = Some(c_string(payload)).filter(|alias| !alias.is_empty()),
            ifla::QDISC => self.qdisc = c_string(payload),
            ifla::ADDRESS => self.mac = MacAddr::from_bytes(payload),
            ifla::MTU => self.mtu = number()?,
            ifla::LINK => self.lower_index = Some(number()?),
            ifla::MASTER => self.master = Some(number()?),
            ifla::PROMISCUITY => self.promiscuity = number()?,
            ifla::LINK_NETNSID => self.lower_nsid = Some(number()?.cast_signed()),
            ifla::OPERSTATE => {
                self.oper_state = OperState::from_kernel(*payload.first().unwrap_or(&0));
            }
            ifla::PROP_LIST => {
                for property in attributes(payload) {
                    let (kind, name) = property?;
                    if kind == ifla::ALT_IFNAME {
                        self.alt_names.push(c_string(name));
                    }
                }
            }
            ifla::LINKINFO => self.read_info(payload)?,
            _ => {}
        }
        Ok(())
    }

    fn read_info(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let (mut name, mut data) = (Text::default(), &[][..]);
        let (mut port_kind, mut port) = (Text::default(), &[][..]);
        for attribute in attributes(payload) {
            match attribute? {
                (ifla::INFO_KIND, payload) => name = c_string(payload),
                (ifla::INFO_DATA, payload) => data = payload,
                (ifla::INFO_SLAVE_KIND, payload) => port_kind = c_string(payload),
                (ifla::INFO_SLAVE_DATA, payload) => port = payload,
                _ => {}
            }
        }
        if port_kind.as_bytes() == b"bridge" {
            self.bridge_port = Some(bridge::port(port)?);
        }
        self.kind = match name.as_bytes() {
            b"" => None,
            b"macvlan" => Some(LinkKind::Macvlan(self.macvlan(data)?)),
            b"macvtap" => Some(LinkKind::Macvtap(self.macvlan(data)?)),
            b"veth" => Some(LinkKind::Veth),
            b"vlan" => Some(LinkKind::Vlan(vlan(data)?)),
            b"bridge" => {
                self.bridge = Some(bridge::bridge(data)?);
                Some(LinkKind::Other(name))
            }
            b"vxlan" => {
                // The device below a vxlan is not in IFLA_LINK but in its own attribute.
                let below = find(data, ifla::VXLAN_LINK)?.and_then(|link| read_u32(link, 0));
                self.lower_index = self.lower_index.or(below);
                Some(LinkKind::Other(name))
            }
            _ => Some(LinkKind::Other(name)),
        };
        Ok(())
    }

    fn macvlan(&mut self, data: &[u8]) -> Result<Macvlan, Malformed> {
        let mut macvlan = empty_macvlan();
        for attribute in attributes(data) {
            let (kind, payload) = attribute?;
            match kind {
                macvlan_attr::MODE => macvlan.mode = Mode::from_kernel(exact_u32(payload)?),
                macvlan_attr::FLAGS => {
                    macvlan.flags = MacvlanFlags(read_u16(payload, 0).ok_or(Malformed::Attribute)?);
                }
                macvlan_attr::MACADDR_DATA => {
                    for source in attributes(payload) {
                        let (kind, mac) = source?;
                        if kind == macvlan_attr::MACADDR {
                            macvlan.sources.extend(MacAddr::from_bytes(mac));
                        }
                    }
                }
                macvlan_attr::MACADDR_COUNT => self.declared_sources = Some(exact_u32(payload)?),
                macvlan_attr::BC_QUEUE_LEN => macvlan.bc_queue_len = Some(exact_u32(payload)?),
                macvlan_attr::BC_QUEUE_LEN_USED => {
                    macvlan.bc_queue_len_used = Some(exact_u32(payload)?);
                }
                macvlan_attr::BC_CUTOFF => macvlan.bc_cutoff = exact_u32(payload)?.cast_signed(),
                _ => {}
            }
        }
        macvlan.sources.sort_unstable();
        match self.declared_sources {
            Some(count) if count as usize != macvlan.sources.len() => Err(Malformed::Attribute),
            _ => Ok(macvlan),
        }
    }
}

fn vlan(data: &[u8]) -> Result<Vlan, Malformed> {
    let mut vlan = Vlan::new(0);
    for attribute in attributes(data) {
        let (kind, payload) = attribute?;
        match kind {
            vlan_attr::ID => vlan.id = read_u16(payload, 0).ok_or(Malformed::Attribute)?,
            vlan_attr::FLAGS => {
                vlan.flags = VlanFlags(read_u32(payload, 0).ok_or(Malformed::Attribute)?);
            }
            vlan_attr::PROTOCOL => {
                let number = read_u16(payload, 0).ok_or(Malformed::Attribute)?;
                vlan.protocol = VlanProtocol::from_ethertype(u16::from_be(number))
                    .ok_or(Malformed::Attribute)?;
            }
            vlan_attr::EGRESS_QOS | vlan_attr::INGRESS_QOS => vlan.has_priority_maps = true,
            _ => {}
        }
    }
    Ok(vlan)
}

fn empty_macvlan() -> Macvlan {
    Macvlan {
        mode: Mode::Unknown(0),
        flags: MacvlanFlags::default(),
        bc_queue_len: None,
        bc_queue_len_used: None,
        bc_cutoff: 1,
        sources: Vec::new(),
    }
}

/// Reads the counters of a link record (`struct rtnl_link_stats64`).
pub fn stats(payload: &[u8]) -> Option<Stats> {
    let body = payload.get(IFINFOMSG..)?;
    let raw = find(body, ifla::STATS64).ok()??;
    let at = |index: usize| read_u64(raw, index * 8);
    Some(Stats {
        rx_packets: at(0)?,
        tx_packets: at(1)?,
        rx_bytes: at(2)?,
        tx_bytes: at(3)?,
        rx_errors: at(4)?,
        tx_errors: at(5)?,
        rx_dropped: at(6)?,
        tx_dropped: at(7)?,
    })
}

/// The id and, asked through another namespace, our own id that an RTM_NEWNSID carries.
pub fn nsid(payload: &[u8]) -> Option<i32> {
    /// Size of `struct rtgenmsg`, aligned.
    const RTGENMSG: usize = 4;
    const NETNSA_NSID: u16 = 1;
    find(payload.get(RTGENMSG..)?, NETNSA_NSID).ok()?.and_then(|id| read_i32(id, 0))
}

fn find(bytes: &[u8], wanted: u16) -> Result<Option<&[u8]>, Malformed> {
    for attribute in attributes(bytes) {
        let (kind, payload) = attribute?;
        if kind == wanted {
            return Ok(Some(payload));
        }
    }
    Ok(None)
}

fn exact_u32(payload: &[u8]) -> Result<u32, Malformed> {
    if payload.len() == 4 {
        read_u32(payload, 0).ok_or(Malformed::Attribute)
    } else {
        Err(Malformed::Attribute)
    }
}

/// A string of the kernel: everything before the first NUL.
fn c_string(bytes: &[u8]) -> Text {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes[..end].into()
}

#[cfg(test)]
mod tests;
