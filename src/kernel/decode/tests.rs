//! Records made by hand; the sandbox tests compare with what the kernel really sends.

use proptest::prelude::*;

use super::super::netlink::append;
use super::*;

const NETNS: NetnsId = NetnsId::Cookie(1);

fn record(ifindex: i32, attributes: &[u8]) -> Vec<u8> {
    let mut payload = vec![0; 4];
    payload.extend(ifindex.to_ne_bytes());
    payload.extend(0x1043_u32.to_ne_bytes());
    payload.extend([0; 4]);
    payload.extend(attributes);
    payload
}

/// A macvlan record in source mode, written like the driver does: lengths wrap silently.
fn source_record(count: usize) -> Vec<u8> {
    let mut data = Vec::new();
    append(&mut data, macvlan_attr::MODE, &16_u32.to_ne_bytes());
    append(&mut data, macvlan_attr::FLAGS, &2_u16.to_ne_bytes());
    append(&mut data, macvlan_attr::MACADDR_COUNT, &u32::try_from(count).unwrap().to_ne_bytes());
    let mut macs = Vec::new();
    for i in 0..count {
        let [low, high, ..] = i.to_le_bytes();
        append(&mut macs, macvlan_attr::MACADDR, &[2, 0, 0, 0, high, low]);
    }
    append_wrapping(&mut data, macvlan_attr::MACADDR_DATA, &macs);
    append(&mut data, macvlan_attr::BC_QUEUE_LEN, &1000_u32.to_ne_bytes());
    let mut info = Vec::new();
    append(&mut info, ifla::INFO_KIND, b"macvlan\0");
    append_wrapping(&mut info, ifla::INFO_DATA, &data);
    let mut body = Vec::new();
    append(&mut body, ifla::IFNAME, b"mv0\0");
    append_wrapping(&mut body, ifla::LINKINFO, &info);
    append(&mut body, ifla::LINK, &3_u32.to_ne_bytes());
    append(&mut body, ifla::LINK_NETNSID, &5_i32.to_ne_bytes());
    record(7, &body)
}

fn append_wrapping(bytes: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    let len = u16::try_from((payload.len() + 4) & 0xffff).unwrap();
    bytes.extend(len.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(payload);
}

/// `ip link add link p name p.50 type vlan proto 802.1ad id 50 gvrp on egress 1:2`
#[test]
fn a_vlan_is_read_with_its_protocol() {
    let mut data = Vec::new();
    append(&mut data, vlan_attr::PROTOCOL, &[0x88, 0xa8]);
    append(&mut data, vlan_attr::ID, &50_u16.to_ne_bytes());
    append(&mut data, vlan_attr::FLAGS, &[3_u32.to_ne_bytes(), [0xff; 4]].concat());
    append(&mut data, vlan_attr::EGRESS_QOS, &[12, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
    let with = |data: &[u8]| {
        let mut info = Vec::new();
        append(&mut info, ifla::INFO_KIND, b"vlan\0");
        append(&mut info, ifla::INFO_DATA, data);
        let mut body = Vec::new();
        append(&mut body, ifla::LINKINFO, &info);
        link(NETNS, &record(7, &body)).unwrap()
    };
    let provider = Vlan {
        id: 50,
        protocol: VlanProtocol::Ieee8021Ad,
        flags: VlanFlags(3),
        has_priority_maps: true,
    };
    assert_eq!(with(&data).link.vlan(), Some(provider));
    // Linux before 3.10 knew one protocol and did not name it.
    let mut old = Vec::new();
    append(&mut old, vlan_attr::ID, &7_u16.to_ne_bytes());
    assert_eq!(with(&old).link.vlan(), Some(Vlan::new(7)));
    append(&mut old, vlan_attr::PROTOCOL, &[8, 0]);
    assert!(with(&old).malformed.is_some());
}

#[test]
fn a_macvlan_is_read_whole() {
    let LinkRecord { link, lower, malformed } = link(NETNS, &source_record(3)).unwrap();
    assert_eq!(malformed, None);
    assert_eq!(link.name, "mv0".into());
    let macvlan = link.macvlan().unwrap();
    assert_eq!((macvlan.mode, macvlan.flags.names()), (Mode::Source, vec!["nodst"]));
    assert_eq!((macvlan.bc_queue_len, macvlan.bc_cutoff), (Some(1000), 1));
    assert_eq!(macvlan.sources[2].to_string(), "02:00:00:00:00:02");
    assert_eq!(lower, Some(Lower { ifindex: 3, nsid: Some(5), is_peer: false }));
}

#[test]
fn a_source_list_that_wraps_its_length_is_told_and_still_read() {
    let LinkRecord { link, lower, malformed } = link(NETNS, &source_record(6000)).unwrap();
    let malformed = malformed.unwrap();
    assert!(malformed.contains("6000 source MACs"), "{malformed}");
    assert_eq!(link.name, "mv0".into());
    assert_eq!(link.macvlan().unwrap().mode, Mode::Source);
    assert_eq!(link.macvlan().unwrap().sources.len(), 6000);
    assert_eq!(link.macvlan().unwrap().bc_queue_len, Some(1000));
    assert_eq!(lower, Some(Lower { ifindex: 3, nsid: Some(5), is_peer: false }));
}

#[test]
fn without_ifla_link_the_parent_has_the_same_index() {
    let mut body = Vec::new();
    append(&mut body, ifla::IFNAME, b"eth0\0");
    append(&mut body, ifla::LINK_NETNSID, &0_i32.to_ne_bytes());
    let lower = link(NETNS, &record(2, &body)).unwrap().lower;
    assert_eq!(lower, Some(Lower { ifindex: 2, nsid: Some(0), is_peer: false }));
}

#[test]
fn names_of_any_bytes_are_kept() {
    let mut body = Vec::new();
    append(&mut body, ifla::IFNAME, b"\xff\x1b[2J\0");
    let link = link(NETNS, &record(2, &body)).unwrap().link;
    assert_eq!(link.name.as_bytes(), b"\xff\x1b[2J");
    assert_eq!(link.kind, LinkKind::Device);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = link(NETNS, &bytes);
        let _ = address(&bytes);
        let _ = stats(&bytes);
        let _ = nsid(&bytes);
    }

    #[test]
    fn a_damaged_record_is_read_without_panic(at in 0_usize..400, value in any::<u8>(), cut in 0_usize..400) {
        let mut bytes = source_record(20);
        let len = bytes.len();
        bytes[at % len] = value;
        bytes.truncate(len - cut % len);
        let _ = link(NETNS, &bytes);
    }
}
