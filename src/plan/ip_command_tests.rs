//! Commands as they are spelled, and as bash reads them.

use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::model::fixture::{C2, HOST, TEST1, VM, host, key, netns};
use crate::model::{LinkKey, NetnsId, PortState, Topology};

fn shown(topology: &Topology, key: LinkKey) -> String {
    let namespace = topology.namespace(key.netns).unwrap();
    show(&namespace.netns, topology.link(key)).unwrap()
}

#[test]
fn every_namespace_is_entered_the_shortest_way() {
    let host = host();
    assert_eq!(shown(&host, key(HOST, 3)), "ip -d address show dev ens8");
    assert_eq!(shown(&host, key(TEST1, 7)), "ip -n test1 -d address show dev macvlan1");
    assert_eq!(
        shown(&host, key(C2, 2)),
        "nsenter --net=/run/docker/netns/centos1-2 ip -d address show dev eth0"
    );
    assert_eq!(
        shown(&host, key(VM, 2)),
        "nsenter --net=/proc/4199/ns/net ip -d address show dev tap0"
    );
}

#[test]
fn every_kind_of_holder_leads_in_or_says_that_it_cannot() {
    let command = "evil".into();
    let ways = [
        (
            Holder::Thread { pid: 5, tid: 6, command },
            Some("nsenter --net=/proc/5/task/6/ns/net ip -d address show"),
        ),
        (
            Holder::Mount { path: "/a b".into(), pid: Some(7) },
            Some("nsenter --net='/proc/7/root/a b' ip -d address show"),
        ),
        (
            Holder::Fd { pid: 8, fd: 9, command: "x".into() },
            Some("nsenter --net=/proc/8/fd/9 ip -d address show"),
        ),
        (Holder::Socket { pid: 8, fd: 9, command: "x".into() }, None),
        (Holder::Nsid { nsid: 4 }, None),
    ];
    for (holder, expected) in ways {
        let netns = netns(NetnsId::Cookie(50), vec![holder]);
        assert_eq!(show(&netns, None).as_deref(), expected);
    }
}

fn moved(netns: NetnsId) -> Setting {
    Setting::Netns { place: Place::Known(netns), ifindex: None }
}

fn set(topology: &Topology, link: LinkKey, setting: Setting) -> String {
    command(topology, &Op::Set(Target::Link(link), setting)).unwrap()
}

#[test]
fn every_property_has_its_words() {
    let host = host();
    let flags = MacvlanFlags(MacvlanFlags::NOPROMISC);
    let mac = MacAddr::from([2, 0, 0, 0, 0, 1]);
    let words = [
        (Setting::Mode(Mode::Vepa), "link set dev tap0 type macvtap mode vepa"),
        (Setting::Flags(flags), "link set dev tap0 type macvtap mode passthru flag nopromisc"),
        (Setting::Flags(MacvlanFlags(2)), "link set dev tap0 type macvtap flag nodst"),
        (Setting::Flags(MacvlanFlags(0)), "link set dev tap0 type macvtap flag null"),
        (
            Setting::Port(PortOption::Hairpin(true)),
            "link set dev tap0 type bridge_slave hairpin on",
        ),
        (
            Setting::Port(PortOption::State(PortState::Forwarding)),
            "link set dev tap0 type bridge_slave state 3",
        ),
        (Setting::BcQueueLen(7), "link set dev tap0 type macvtap bcqueuelen 7"),
        (Setting::BcCutoff(-1), "link set dev tap0 type macvtap bclim -1"),
        (Setting::AddSource(mac), "link set dev tap0 type macvtap macaddr add 02:00:00:00:00:01"),
        (
            Setting::RemoveSource(mac),
            "link set dev tap0 type macvtap macaddr del 02:00:00:00:00:01",
        ),
        (
            Setting::Sources(vec![mac]),
            "link set dev tap0 type macvtap macaddr set 02:00:00:00:00:01",
        ),
        (Setting::Sources(Vec::new()), "link set dev tap0 type macvtap macaddr flush"),
        (Setting::Name("up".into()), "link set dev tap0 name up"),
        (Setting::Alias(None), "link set dev tap0 alias ''"),
        (Setting::Mac(mac), "link set dev tap0 address 02:00:00:00:00:01"),
        (Setting::Mtu(1400), "link set dev tap0 mtu 1400"),
        (Setting::Up(true), "link set dev tap0 up"),
        (Setting::Up(false), "link set dev tap0 down"),
        (moved(HOST), "link set dev tap0 netns 1"),
        (moved(TEST1), "link set dev tap0 netns test1"),
        (moved(C2), "link set dev tap0 netns /run/docker/netns/centos1-2"),
    ];
    for (setting, expected) in words {
        let spelled = set(&host, key(VM, 2), setting);
        assert_eq!(spelled, format!("nsenter --net=/proc/4199/ns/net ip {expected}"));
    }
}

#[test]
fn our_own_namespace_without_a_process_1_is_a_descriptor_of_the_shell() {
    let mut topology = host();
    let mut own = topology.namespace(HOST).unwrap().netns.clone();
    own.holders.retain(|holder| holder.pid() != Some(1));
    topology.apply(crate::model::Change::Netns(own));
    assert_eq!(
        set(&topology, key(TEST1, 7), moved(HOST)),
        "ip -n test1 link set dev macvlan1 netns /proc/self/fd/3 3</proc/self/ns/net"
    );
}

#[test]
fn addresses_are_spelled_with_all_that_was_chosen_for_them() {
    use crate::model::fixture::address;
    let add = |address| set(&host(), key(TEST1, 7), Setting::AddAddress(address));
    let peer = Address {
        peer: Some("10.0.0.2".parse().unwrap()),
        broadcast: Some("10.0.0.3".parse().unwrap()),
        metric: Some(50),
        scope: 253,
        flags: 0x80 | 0x200 | 1,
        valid_lft: Some(60),
        ..address("10.0.0.1/30")
    };
    assert_eq!(
        add(peer.clone()),
        "ip -n test1 address add 10.0.0.1 peer 10.0.0.2/30 broadcast 10.0.0.3 metric 50 scope link \
         noprefixroute valid_lft 60 preferred_lft forever dev macvlan1"
    );
    assert_eq!(
        set(&host(), key(TEST1, 7), Setting::RemoveAddress(peer)),
        "ip -n test1 address delete 10.0.0.1 peer 10.0.0.2/30 dev macvlan1"
    );
    let tentative = Address { flags: 0x80 | 0x40 | 2, ..address("fe80::1/64") };
    assert_eq!(add(tentative), "ip -n test1 address add fe80::1/64 nodad dev macvlan1");
}

#[test]
fn long_source_lists_are_set_in_pieces_that_ip_can_send() {
    let sources: Vec<MacAddr> = (0..50).map(|n| [2, 0, 0, 0, 0, n].into()).collect();
    let spelled = set(&host(), key(TEST1, 7), Setting::Sources(sources));
    let (first, rest) = spelled.split_once(" && ").unwrap();
    assert_eq!(first.matches("02:00:00:00:00:").count(), SOURCES_AT_ONCE);
    assert_eq!(
        rest,
        "for mac in 02:00:00:00:00:30 02:00:00:00:00:31; do ip -n test1 link set dev macvlan1 type \
         macvlan macaddr add $mac || break; done"
    );
}

/// What bash passes to `ip` and `nsenter` of a command, word by word.
fn words(command: &str) -> Vec<Vec<u8>> {
    let script =
        format!("ip() {{ printf '%s\\0' \"$@\"; }}; nsenter() {{ ip \"$@\"; }}; {command}");
    let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
    assert!(output.stderr.is_empty(), "{command}");
    output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn bash_reads_back_every_byte(words in proptest::collection::vec(
        proptest::collection::vec(1_u8..=255, 0..20), 1..20)) {
        let quoted: Vec<_> = words.iter().map(|word| shell_quote(word)).collect();
        prop_assert!(quoted.iter().all(|word| word.bytes().all(|b| matches!(b, b' '..=b'~'))));
        let script = format!("printf '%s\\0' {}", quoted.join(" "));
        let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
        let expected: Vec<u8> =
            words.iter().flat_map(|word| [&word[..], b"\0"].concat()).collect();
        prop_assert_eq!(output.stdout, expected);
    }

    #[test]
    fn hostile_names_and_aliases_reach_ip_as_one_word(
        name in proptest::collection::vec(1_u8..=255, 1..16),
        alias in proptest::collection::vec(1_u8..=255, 0..40),
    ) {
        let mut topology = host();
        let mut link = topology.link(key(TEST1, 7)).unwrap().clone();
        link.name = name.clone().into();
        topology.apply(crate::model::Change::Link(Box::new(link)));
        let spelled = set(&topology, key(TEST1, 7), Setting::Alias(Some(alias.clone().into())));
        let words = words(&spelled);
        let expected: [&[u8]; 8] =
            [b"-n", b"test1", b"link", b"set", b"dev", &name, b"alias", &alias];
        prop_assert_eq!(&words[..8], &expected.map(<[u8]>::to_vec)[..]);
        prop_assert_eq!(words.len(), 9);
    }
}
