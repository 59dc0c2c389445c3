//! What the MAC addresses of captured frames are called, after the interfaces that are known to have
//! them.

use std::collections::HashMap;

use super::Endpoint;
use crate::model::{LinkKey, MacAddr, Packet, Topology};

/// Names of addresses that have been met. They are those of the host as it was then.
#[derive(Clone, Debug, Default)]
pub struct Names {
    links: HashMap<MacAddr, LinkKey>,
    /// Only of addresses that have been met: on a large host each takes a look at all namespaces.
    labels: HashMap<MacAddr, String>,
}

impl Names {
    /// Takes every usable MAC. Where several interfaces share one, it is called after that on which
    /// the capture runs, else after one that sits on no other.
    pub fn new(topology: &Topology, captured: LinkKey) -> Self {
        let mut all: Vec<_> = topology.links().collect();
        all.sort_by_key(|link| (link.key != captured, link.parent.is_some(), link.key));
        let mut links = HashMap::new();
        for link in all {
            if let Some(mac) = link.mac.filter(MacAddr::is_usable) {
                links.entry(mac).or_insert(link.key);
            }
        }
        Self { links, labels: HashMap::new() }
    }

    /// Meets both ends of a packet.
    pub fn meet(&mut self, topology: &Topology, packet: &Packet) {
        for mac in [packet.source, packet.target] {
            if let Some(key) = self.links.get(&mac) {
                let label = || Endpoint::Link(*key).label(topology);
                self.labels.entry(mac).or_insert_with(label);
            }
        }
    }

    /// What an address is called that has been met; `None` for that of a stranger.
    pub fn get(&self, mac: MacAddr) -> Option<&str> {
        const ALL: [u8; 6] = [0xff; 6];
        if mac.as_bytes() == ALL {
            Some("broadcast")
        } else {
            self.labels.get(&mac).map(String::as_str)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::lint::fixture;
    use crate::model::fixture::{C2, C3, key};
    use crate::model::{Change, Direction, Frame, Link};

    #[test]
    fn a_shared_mac_is_called_after_the_interface_of_the_capture() {
        let mut topology = fixture::host();
        let [here, there] = [key(C2, 2), key(C3, 2)];
        let mac = topology.link(here).unwrap().mac;
        let twin = Link { mac, ..topology.link(there).unwrap().clone() };
        topology.apply(Change::Link(Box::new(twin)));
        let mac = mac.unwrap();
        let bytes = [&[0xff; 6], mac.as_bytes(), &[8, 6]].concat();
        let length = bytes.len();
        let time = SystemTime::UNIX_EPOCH;
        let frame = Frame { time, direction: Direction::In, bytes, length };
        let packet = Packet::read(&frame).unwrap();
        for (captured, name) in [(here, "eth0/centos1-2"), (there, "eth0/centos1-3")] {
            let mut names = Names::new(&topology, captured);
            assert_eq!(names.get(mac), None, "it has not been met");
            names.meet(&topology, &packet);
            assert_eq!(names.get(mac), Some(name));
            assert_eq!(names.get(packet.target), Some("broadcast"));
            assert_eq!(names.get([2, 0, 0, 0, 0, 9].into()), None);
        }
    }
}
