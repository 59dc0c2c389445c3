//! The small host without accidental findings: every macvlan has a MAC of its own.

use crate::model::{Change, NetnsId, Topology, fixture};

/// The news that makes it.
pub(crate) fn changes() -> Vec<Change> {
    let mut changes = fixture::changes();
    for change in &mut changes {
        let Change::Contents { links, .. } = change else { continue };
        for link in links.iter_mut().filter(|link| link.macvlan().is_some()) {
            let NetnsId::Cookie(cookie) = link.key.netns else { panic!("fixtures use cookies") };
            let (netns, ifindex) = (u8::try_from(cookie), u8::try_from(link.key.ifindex));
            link.mac = Some([2, 0x42, 0xc0, 0xa8, netns.unwrap(), ifindex.unwrap()].into());
        }
    }
    changes
}

/// The host itself.
pub(crate) fn host() -> Topology {
    let mut topology = Topology::default();
    for change in changes() {
        topology.apply(change);
    }
    topology
}
