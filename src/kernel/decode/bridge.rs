//! A bridge and its ports, as their link records tell of them. What is missing is as usual.

use super::super::netlink::{Malformed, attributes, read_u32};
use crate::model::{Bridge, BridgePort, PortState};

/// `IFLA_BR_*` of linux/if_link.h, as far as they are read.
mod br {
    pub(super) const STP_STATE: u16 = 5;
    pub(super) const VLAN_FILTERING: u16 = 7;
}

/// `IFLA_BRPORT_*` of linux/if_link.h, as far as they are read.
pub(in crate::kernel) mod brport {
    pub(in crate::kernel) const STATE: u16 = 1;
    pub(in crate::kernel) const MODE: u16 = 4;
    pub(in crate::kernel) const LEARNING: u16 = 8;
    pub(in crate::kernel) const UNICAST_FLOOD: u16 = 9;
    pub(in crate::kernel) const BCAST_FLOOD: u16 = 30;
    pub(in crate::kernel) const ISOLATED: u16 = 33;
}

/// Reads the `IFLA_INFO_DATA` of a bridge.
pub(super) fn bridge(data: &[u8]) -> Result<Bridge, Malformed> {
    let mut bridge = Bridge::default();
    for attribute in attributes(data) {
        match attribute? {
            // 1 is the kernel's own, 2 that of a program.
            (br::STP_STATE, state) => bridge.stp = read_u32(state, 0) != Some(0),
            (br::VLAN_FILTERING, filters) => bridge.vlan_filtering = is_on(filters)?,
            _ => {}
        }
    }
    Ok(bridge)
}

/// Reads the `IFLA_INFO_SLAVE_DATA` of a bridge's port.
pub(super) fn port(data: &[u8]) -> Result<BridgePort, Malformed> {
    let mut port = BridgePort::default();
    for attribute in attributes(data) {
        let (kind, payload) = attribute?;
        match kind {
            brport::STATE => {
                let state = payload.first().copied().and_then(PortState::from_kernel);
                port.state = state.ok_or(Malformed::Attribute)?;
            }
            brport::MODE => port.hairpin = is_on(payload)?,
            brport::LEARNING => port.learning = is_on(payload)?,
            brport::UNICAST_FLOOD => port.flood = is_on(payload)?,
            brport::BCAST_FLOOD => port.bcast_flood = is_on(payload)?,
            brport::ISOLATED => port.isolated = is_on(payload)?,
            _ => {}
        }
    }
    Ok(port)
}

fn is_on(payload: &[u8]) -> Result<bool, Malformed> {
    payload.first().map(|value| *value != 0).ok_or(Malformed::Attribute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::netlink::append;

    #[test]
    fn what_is_there_is_read_and_what_is_missing_is_usual() {
        let mut data = Vec::new();
        append(&mut data, br::STP_STATE, &2_u32.to_ne_bytes());
        append(&mut data, br::VLAN_FILTERING, &[1]);
        assert_eq!(bridge(&data).unwrap(), Bridge { stp: true, vlan_filtering: true });
        assert_eq!(bridge(&[]).unwrap(), Bridge::default());
        let mut data = Vec::new();
        append(&mut data, brport::STATE, &[4]);
        append(&mut data, brport::BCAST_FLOOD, &[0]);
        let blocking =
            BridgePort { state: PortState::Blocking, bcast_flood: false, ..BridgePort::default() };
        assert_eq!(port(&data).unwrap(), blocking);
        assert_eq!(port(&[]).unwrap(), BridgePort::default());
    }

    #[test]
    fn values_that_are_none_are_malformed() {
        for (kind, value) in [(brport::STATE, &[9][..]), (brport::MODE, &[])] {
            let mut data = Vec::new();
            append(&mut data, kind, value);
            assert!(port(&data).is_err(), "{kind}");
        }
    }
}
