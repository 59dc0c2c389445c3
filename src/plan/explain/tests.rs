//! Every explained number, with the op that it comes from and a part of what is said.

use super::{errno, explain};
use crate::lint::fixture::host;
use crate::model::fixture::{C2, C3, HOST, TEST1, VM, address, key, netns};
use crate::model::{Change, Holder, Link, LinkKey, MacvlanFlags, Mode, NetnsId, Topology, Vlan};
use crate::plan::{NewKind, NewLink, NewMacvlan, Op, Place, Setting, Target};

const ETH0: LinkKey = LinkKey { netns: C2, ifindex: 2 };

fn set(setting: Setting) -> Op {
    Op::Set(Target::Link(ETH0), setting)
}

fn new(parent: LinkKey, kind: NewKind) -> NewLink {
    NewLink::new(kind, parent, "mv5".into(), Place::Known(TEST1))
}

fn create(kind: NewKind) -> Op {
    Op::Create(Box::new(new(key(HOST, 3), kind)))
}

fn macvlan() -> NewKind {
    NewKind::Macvlan(NewMacvlan::new(Mode::Bridge))
}

fn after(link: LinkKey, change: impl FnOnce(&mut Link)) -> Topology {
    let mut topology = host();
    let mut changed = topology.link(link).unwrap().clone();
    change(&mut changed);
    topology.apply(Change::Link(Box::new(changed)));
    topology
}

/// An op, an error number, and a part of what is said.
type Case = (Op, i32, &'static str);

fn ipv6() -> Op {
    set(Setting::AddAddress(address("2001:db8::1/64")))
}

fn of_what_is_made() -> Vec<Case> {
    let indexed = NewLink { ifindex: Some(8), ..new(key(HOST, 3), macvlan()) };
    let gone = Op::Create(Box::new(new(key(HOST, 77), macvlan())));
    let homeless = NewLink { netns: Place::New("x".into()), ..new(key(HOST, 3), macvlan()) };
    let fresh = || Op::CreateNetns { name: "fresh".into() };
    vec![
        (create(macvlan()), errno::EPERM, "owns host and test1"),
        (fresh(), errno::EPERM, "need CAP_SYS_ADMIN"),
        (create(macvlan()), errno::EADDRNOTAVAIL, "zero, multicast or broadcast"),
        (create(macvlan()), errno::EBUSY, "takes the frames of ens8 in host already"),
        (
            Op::Create(Box::new(indexed)),
            errno::EEXIST,
            "onvlan in test1 has the index that was asked for",
        ),
        (fresh(), errno::EEXIST, "a file fresh in /run/netns already"),
        (fresh(), errno::EROFS, "mounted read-only"),
        (fresh(), errno::ENOENT, "/run is missing"),
        (fresh(), errno::ENOTDIR, "is no directory"),
        (create(macvlan()), errno::EEXIST, "the name mv5 is taken"),
        (
            create(NewKind::Vlan(Vlan::new(9))),
            errno::EEXIST,
            "the VLAN id is taken on ens8 in host",
        ),
        (create(macvlan()), errno::EINVAL, "passthru sub-interface out of sight"),
        (gone, errno::ENODEV, "interface 77 in host is gone"),
        (Op::Create(Box::new(homeless)), errno::ENOENT, "the namespace for it is gone"),
        (
            Op::DeleteNetns { name: "x".into() },
            errno::ENOENT,
            "the file x in /run/netns is not there",
        ),
        (create(macvlan()), errno::ERANGE, "longer than 15 bytes"),
        (create(macvlan()), errno::EOPNOTSUPP, "modprobe macvlan"),
        (create(NewKind::Vlan(Vlan::new(9))), errno::EOPNOTSUPP, "modprobe 8021q"),
        (fresh(), errno::ENOSPC, "user.max_net_namespaces"),
        (create(macvlan()), errno::ENOSPC, "a table of the kernel"),
        (create(macvlan()), errno::ENOMEM, "short of memory"),
    ]
}

fn of_what_is_there() -> Vec<Case> {
    vec![
        (
            set(Setting::Up(false)),
            errno::EPERM,
            "CAP_NET_ADMIN is missing in the user namespace that owns centos1-2",
        ),
        (ipv6(), errno::EACCES, "IPv6 is switched off on eth0 in centos1-2"),
        (
            set(Setting::Mac([2; 6].into())),
            errno::EADDRINUSE,
            "another sub-interface of ens8 in host has 02:02:02:02:02:02, in a namespace that nothing in sight leads to",
        ),
        (
            set(Setting::RemoveAddress(address("192.168.128.222/24"))),
            errno::EADDRNOTAVAIL,
            "eth0 in centos1-2 does not have 192.168.128.222/24 any more",
        ),
        (
            set(Setting::AddAddress(address("10.0.0.9/24"))),
            errno::EADDRNOTAVAIL,
            "not an address that an interface can have",
        ),
        (set(Setting::Name("x".into())), errno::EBUSY, "only while eth0 in centos1-2 is down"),
        (
            set(Setting::Netns { place: Place::Known(TEST1), ifindex: None }),
            errno::EBUSY,
            "in use by something else",
        ),
        (
            set(Setting::AddAddress(address("10.0.0.9/24"))),
            errno::EEXIST,
            "eth0 in centos1-2 has 10.0.0.9/24 already",
        ),
        (set(Setting::Name("x".into())), errno::EEXIST, "the name x is taken"),
        (set(Setting::Mode(Mode::Private)), errno::EINVAL, "was or would be in passthru mode"),
        (set(Setting::Flags(MacvlanFlags(4))), errno::EINVAL, "does not know the flag"),
        (
            set(Setting::Mtu(1400)),
            errno::EINVAL,
            "outside what eth0 in centos1-2 or ens8 in host allows",
        ),
        (
            set(Setting::Mac([2; 6].into())),
            errno::EINVAL,
            "the driver of eth0 in centos1-2 refuses",
        ),
        (set(Setting::Name("x".into())), errno::EINVAL, "does not take this name"),
        (ipv6(), errno::EINVAL, "IPv6 does not work on eth0 in centos1-2"),
        (
            set(Setting::Netns { place: Place::Known(TEST1), ifindex: None }),
            errno::EINVAL,
            "ties eth0 in centos1-2 to its namespace",
        ),
        (Op::Delete(Target::Link(key(C2, 9))), errno::ENODEV, "interface 9 in centos1-2 is gone"),
        (
            set(Setting::Netns { place: Place::New("x".into()), ifindex: None }),
            errno::ESRCH,
            "the namespace to move it to is gone",
        ),
        (set(Setting::Mtu(1400)), errno::ERANGE, "above what ens8 in host allows"),
        (Op::Delete(Target::Link(ETH0)), errno::EOPNOTSUPP, "does not let it be deleted"),
        (set(Setting::Mode(Mode::Private)), errno::ENOTSUPP, "has another kind now"),
        (set(Setting::Mtu(1400)), errno::EOPNOTSUPP, "can't change this"),
        (
            set(Setting::Flags(MacvlanFlags(0))),
            errno::EOVERFLOW,
            "counter of ens8 in host has been driven below zero",
        ),
        (
            set(Setting::Up(true)),
            errno::ENETDOWN,
            "ens8 in host is down, and eth0 in centos1-2 can't be up",
        ),
        (ipv6(), errno::ENOBUFS, "MTU is below 1280"),
        (set(Setting::Sources(Vec::new())), errno::EMSGSIZE, "too long for one message"),
    ]
}

#[test]
fn numbers_are_explained_by_the_op_that_they_come_from() {
    let cases = [of_what_is_made(), of_what_is_there()].concat();
    let source = |link: &mut Link| link.macvlan_mut().unwrap().mode = Mode::Source;
    let host = host();
    for (op, number, part) in &cases {
        // Without its own mode the rules would speak of the source list.
        let lists = matches!(op, Op::Set(_, Setting::Sources(_)));
        let topology = if lists { &after(ETH0, source) } else { &host };
        let said = explain(topology, op, *number, None);
        assert!(said.contains(part), "{op:?} with {number}: {said}");
    }
    for (number, name) in errno::NAMES {
        let tried = cases.iter().any(|(_, tried, _)| *tried == number);
        assert!(tried, "{name} is explained without a case");
    }
}

#[test]
fn a_sentence_has_the_attempt_the_number_the_kernels_words_and_the_way_out() {
    let op = set(Setting::Mtu(1400));
    assert_eq!(
        explain(&host(), &op, errno::EINVAL, Some("mtu less than device minimum")),
        "eth0 in centos1-2: MTU 1500 → 1400: the kernel refused with EINVAL \"mtu less than device \
         minimum\": the MTU is outside what eth0 in centos1-2 or ens8 in host allows; ip -d link show \
         names minmtu and maxmtu"
    );
    let unknown = explain(&host(), &op, 71, None);
    assert!(
        unknown.contains("Protocol error (os error 71): nothing in sight explains it"),
        "{unknown}"
    );
}

#[test]
fn a_parent_that_carries_no_tags_is_told_from_a_missing_driver() {
    let vlan = create(NewKind::Vlan(Vlan::new(9)));
    let said = "8021q: VLANs not supported on device";
    let told = explain(&host(), &vlan, errno::EOPNOTSUPP, Some(said));
    assert!(told.contains("the driver of ens8 in host carries no VLAN tags"), "{told}");
}

#[test]
fn what_a_rule_sees_on_the_host_as_it_is_now_comes_first() {
    let create = Op::Create(Box::new(new(key(HOST, 4), macvlan())));
    let beside = explain(&host(), &create, errno::EINVAL, None);
    assert!(beside.contains("tap0 in vm-build (4199) has ens9 in host for itself"), "{beside}");
    let mac = host().link(key(C3, 2)).unwrap().mac.unwrap();
    let taken = explain(&host(), &set(Setting::Mac(mac)), errno::EADDRINUSE, None);
    assert!(taken.contains("is the MAC of eth0 in centos1-3, on the same parent"), "{taken}");
    let down = after(key(VM, 2), |tap| tap.flags = tap.flags.with_up(false));
    let flags = Op::Set(Target::Link(key(VM, 2)), Setting::Flags(MacvlanFlags(1)));
    let promisc = explain(&down, &flags, errno::EOVERFLOW, None);
    assert!(promisc.contains("makes the kernel miscount the parent's promiscuity"), "{promisc}");
}

#[test]
fn a_mac_held_in_a_namespace_out_of_sight_is_looked_for_there() {
    let mut topology = host();
    let leaked =
        netns(NetnsId::Cookie(90), vec![Holder::Socket { pid: 7, fd: 8, command: "x".into() }]);
    topology.apply(Change::Netns(leaked));
    let said = explain(&topology, &set(Setting::Mac([2; 6].into())), errno::EADDRINUSE, None);
    assert!(said.contains("in a namespace out of sight (socket of x (7))"), "{said}");
    assert!(said.contains("ls -l /proc/*/fd"), "{said}");
}

#[test]
fn a_namespace_that_an_earlier_step_made_is_not_in_the_way() {
    let mut topology = host();
    let made = netns(NetnsId::Cookie(90), vec![crate::model::fixture::mount("/run/netns/fresh")]);
    topology.apply(Change::Netns(made));
    let fresh = Place::New("fresh".into());
    let create = NewLink { netns: fresh.clone(), ..new(key(HOST, 4), macvlan()) };
    let said = explain(&topology, &Op::Create(Box::new(create)), errno::EINVAL, None);
    assert!(said.contains("tap0 in vm-build (4199) has ens9 in host for itself"), "{said}");
    let moved = explain(
        &topology,
        &set(Setting::Netns { place: fresh, ifindex: None }),
        errno::EINVAL,
        None,
    );
    assert!(moved.contains("ties eth0 in centos1-2 to its namespace"), "{moved}");
}
