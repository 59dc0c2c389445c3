//! Link records whose source list is longer than netlink can say: lengths of 16 bits have wrapped,
//! and with them those of everything around the list. What the driver wrote is all there, in an
//! order that is known, so it is read by that order instead of by the lengths.

use super::super::netlink::{attributes, read_i32, read_u16, read_u32};
use super::{Reading, c_string, empty_macvlan, ifla, macvlan_attr};
use crate::model::{LinkKind, MacAddr, MacvlanFlags, Mode};

impl Reading {
    /// Reads what comes before IFLA_LINKINFO, and from there on by what the macvlan driver writes
    /// in which order: the length fields of a source list beyond 64 KiB have wrapped.
    pub(super) fn read_until_broken(&mut self, body: &[u8]) {
        let mut at = 0;
        while let Some(Ok((kind, payload))) = attributes(&body[at..]).next() {
            if kind == ifla::LINKINFO {
                self.read_wrapped_info(&body[at + 4..]);
                return;
            }
            if self.attribute(kind, payload).is_err() {
                return;
            }
            at += padded(payload);
            if at >= body.len() {
                return;
            }
        }
    }

    /// An IFLA_LINKINFO whose lengths have wrapped: kind, then data that begins with mode, flags,
    /// count and that many source MACs of a fixed size. Whatever stands behind those, in the data
    /// and in the record, is found by walking on from there; the lengths of the nests say nothing.
    fn read_wrapped_info(&mut self, info: &[u8]) {
        let Some(Ok((ifla::INFO_KIND, name))) = attributes(info).next() else {
            return;
        };
        let mut macvlan = empty_macvlan();
        let mut at = padded(name) + 4;
        while let Some(Ok((kind, payload))) =
            info.get(at..).and_then(|rest| attributes(rest).next())
        {
            match kind {
                macvlan_attr::MODE => {
                    macvlan.mode = Mode::from_kernel(read_u32(payload, 0).unwrap_or(0));
                }
                macvlan_attr::FLAGS => {
                    macvlan.flags = MacvlanFlags(read_u16(payload, 0).unwrap_or(0));
                }
                macvlan_attr::MACADDR_COUNT => self.declared_sources = read_u32(payload, 0),
                _ => break,
            }
            at += padded(payload);
        }
        let count = self.declared_sources.unwrap_or(0) as usize;
        at += 4;
        let list = attributes(info.get(at..).unwrap_or(&[])).map_while(Result::ok);
        let list = list.take_while(|(kind, _)| *kind == macvlan_attr::MACADDR).take(count);
        for (_, mac) in list {
            macvlan.sources.extend(MacAddr::from_bytes(mac));
            at += padded(mac);
        }
        macvlan.sources.sort_unstable();
        for (kind, payload) in attributes(info.get(at..).unwrap_or(&[])).map_while(Result::ok) {
            let number = || read_u32(payload, 0);
            match kind {
                macvlan_attr::BC_QUEUE_LEN => macvlan.bc_queue_len = number(),
                macvlan_attr::BC_QUEUE_LEN_USED => macvlan.bc_queue_len_used = number(),
                macvlan_attr::BC_CUTOFF => macvlan.bc_cutoff = number().unwrap_or(1).cast_signed(),
                ifla::LINK => self.lower_index = number(),
                ifla::MASTER => self.master = number(),
                ifla::LINK_NETNSID => self.lower_nsid = read_i32(payload, 0),
                _ => {}
            }
        }
        self.kind = match c_string(name).as_bytes() {
            b"macvlan" => Some(LinkKind::Macvlan(macvlan)),
            b"macvtap" => Some(LinkKind::Macvtap(macvlan)),
            other => Some(LinkKind::Other(other.into())),
        };
    }
}

/// Length of an attribute with this payload, header and padding included.
fn padded(payload: &[u8]) -> usize {
    (4 + payload.len() + 3) & !3
}
