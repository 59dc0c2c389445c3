//! A small host for tests: two parents, seven sub-interfaces, five namespaces, and every
//! difficulty of the screens' sketch: a parent that is down, one out of sight, equal names.

use super::{
    Address, Change, Holder, Host, Link, LinkFlags, LinkKey, LinkKind, Macvlan, MacvlanFlags,
    MacvlanSupport, Mode, Netns, NetnsId, OperState, Parent, Text, Topology, View,
};

/// The host's namespace.
pub(crate) const HOST: NetnsId = NetnsId::Cookie(1);
/// A namespace named `test1`.
pub(crate) const TEST1: NetnsId = NetnsId::Cookie(20);
/// Docker's namespace `centos1-2`.
pub(crate) const C2: NetnsId = NetnsId::Cookie(21);
/// Docker's namespace `centos1-3`.
pub(crate) const C3: NetnsId = NetnsId::Cookie(22);
/// A namespace with only a process, `vm-build (4199)`.
pub(crate) const VM: NetnsId = NetnsId::Cookie(23);

/// The key of a link.
pub(crate) fn key(netns: NetnsId, ifindex: u32) -> LinkKey {
    LinkKey { netns, ifindex }
}

/// A namespace with inode 4026532000 + its cookie.
pub(crate) fn netns(id: NetnsId, holders: Vec<Holder>) -> Netns {
    let NetnsId::Cookie(cookie) = id else { panic!("fixtures use cookies") };
    Netns {
        id,
        inode: Some(4_026_532_000 + cookie),
        cookie: Some(cookie),
        current: id == HOST,
        root: id == HOST,
        holders,
        view: View::Open,
    }
}

/// A mount of our own mount namespace.
pub(crate) fn mount(path: &str) -> Holder {
    Holder::Mount { path: path.into(), pid: None }
}

/// A process.
pub(crate) fn process(pid: i32, command: &str) -> Holder {
    Holder::Process { pid, command: command.into() }
}

/// A link that is up, of the given kind, MAC 52:54:00:00:00:ifindex.
pub(crate) fn link(netns: NetnsId, ifindex: u32, name: &str, kind: LinkKind) -> Link {
    let last = u8::try_from(ifindex).unwrap_or(0);
    Link {
        key: key(netns, ifindex),
        name: name.into(),
        alias: None,
        alt_names: Vec::new(),
        kind,
        mac: Some([0x52, 0x54, 0, 0, 0, last].into()),
        mtu: 1500,
        flags: LinkFlags(0x1_1043),
        oper_state: OperState::Up,
        qdisc: "noqueue".into(),
        promiscuity: 0,
        parent: None,
        peer: None,
        master: None,
        addresses: Vec::new(),
        tap_device: None,
    }
}

/// The macvlan part of a link.
pub(crate) fn macvlan(mode: Mode) -> Macvlan {
    Macvlan {
        mode,
        flags: MacvlanFlags::default(),
        bc_queue_len: Some(1000),
        bc_queue_len_used: Some(1000),
        bc_cutoff: 1,
        sources: Vec::new(),
    }
}

/// A macvlan on a parent that is in sight.
pub(crate) fn child(netns: NetnsId, ifindex: u32, name: &str, mode: Mode, parent: LinkKey) -> Link {
    let here = netns == parent.netns;
    Link {
        mac: Some([2, 0x42, 0xc0, 0xa8, 0x80, u8::try_from(ifindex).unwrap_or(0)].into()),
        parent: Some(Parent {
            ifindex: parent.ifindex,
            netns: Some(parent.netns),
            nsid: (!here).then_some(0),
            sysfs_lower: here.then(|| vec![Text::from("ens8")]),
        }),
        ..link(netns, ifindex, name, LinkKind::Macvlan(macvlan(mode)))
    }
}

/// An address from its usual notation, permanent and global.
pub(crate) fn address(cidr: &str) -> Address {
    let (ip, len) = cidr.split_once('/').unwrap();
    Address {
        ip: ip.parse().unwrap(),
        prefix_len: len.parse().unwrap(),
        peer: None,
        scope: 0,
        flags: Address::PERMANENT,
        valid_lft: None,
        preferred_lft: None,
    }
}

/// The news that makes the whole host.
pub(crate) fn changes() -> Vec<Change> {
    let ens8 = key(HOST, 3);
    let ens9 = key(HOST, 4);
    let with = |mut link: Link, cidr: &str| {
        link.addresses.push(address(cidr));
        link
    };
    let mut down = link(HOST, 4, "ens9", LinkKind::Device);
    down.flags = LinkFlags(0x1002);
    down.oper_state = OperState::Down;
    let mut tap = child(VM, 2, "tap0", Mode::Passthru, ens9);
    tap.kind = LinkKind::Macvtap(macvlan(Mode::Passthru));
    tap.flags = LinkFlags(0x1003);
    tap.oper_state = OperState::LowerLayerDown;
    let mut unseen = child(C3, 9, "mv9", Mode::Bridge, ens9);
    unseen.parent = Some(Parent { ifindex: 7, netns: None, nsid: Some(4), sysfs_lower: None });
    let mut vlan = link(HOST, 5, "veth-trunk.50", LinkKind::Vlan { id: 50 });
    vlan.parent = Some(Parent {
        ifindex: 6,
        netns: Some(HOST),
        nsid: None,
        sysfs_lower: Some(vec!["veth-trunk".into()]),
    });
    let contents = |netns, links| Change::Contents { netns, links };
    vec![
        Change::Host(Host {
            hostname: "node2".into(),
            kernel: "6.18.1".into(),
            support: MacvlanSupport::BuiltIn,
        }),
        Change::Netns(netns(HOST, vec![process(1, "systemd"), process(812, "sshd")])),
        Change::Netns(netns(TEST1, vec![mount("/run/netns/test1")])),
        Change::Netns(netns(C2, vec![process(4151, "bash"), mount("/run/docker/netns/centos1-2")])),
        Change::Netns(netns(C3, vec![process(4160, "bash"), mount("/run/docker/netns/centos1-3")])),
        Change::Netns(netns(VM, vec![process(4199, "vm-build")])),
        contents(
            HOST,
            vec![
                link(HOST, 1, "lo", LinkKind::Loopback),
                with(link(HOST, 3, "ens8", LinkKind::Device), "10.0.0.5/24"),
                down,
                vlan,
                link(HOST, 6, "veth-trunk", LinkKind::Veth),
                with(child(HOST, 7, "macvlan1", Mode::Bridge, ens8), "10.0.0.21/24"),
            ],
        ),
        contents(
            TEST1,
            vec![
                with(child(TEST1, 7, "macvlan1", Mode::Private, ens8), "1.1.1.3/24"),
                child(TEST1, 8, "onvlan", Mode::Vepa, key(HOST, 5)),
            ],
        ),
        contents(C2, vec![with(child(C2, 2, "eth0", Mode::Vepa, ens8), "192.168.128.222/24")]),
        contents(
            C3,
            vec![with(child(C3, 2, "eth0", Mode::Vepa, ens8), "192.168.128.233/24"), unseen],
        ),
        contents(VM, vec![tap]),
    ]
}

/// The whole host.
pub(crate) fn host() -> Topology {
    let mut topology = Topology::default();
    for change in changes() {
        topology.apply(change);
    }
    topology
}
