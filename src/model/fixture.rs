//! A small host for tests: two parents, seven sub-interfaces, five namespaces, and every
//! difficulty of the screens' sketch: a parent that is down, one out of sight, equal names.

use std::collections::BTreeMap;

use super::belief::{Attachment, Container, ContainerState, Driver, Engine, Home, Network, Subnet};
use super::{
    Address, Belief, Change, Holder, Host, Link, LinkFlags, LinkKey, LinkKind, Macvlan,
    MacvlanFlags, MacvlanSupport, Mode, Netns, NetnsId, OperState, Owner, OwnerKind, Parent, Pod,
    SourceId, Text, Topology, View, Vlan,
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
        owner: None,
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
        bridge_port: None,
        bridge: None,
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
    Address { scope: 0, ..Address::new(ip.parse().unwrap(), len.parse().unwrap()) }
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
    let mut vlan = link(HOST, 5, "veth-trunk.50", LinkKind::Vlan(Vlan::new(50)));
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

/// News for the host, an owner for every namespace but its own: Docker's C2, the pod C3 of two
/// containers, VM a process, TEST1 left over.
pub(crate) fn owners() -> Vec<Change> {
    let host = host();
    let mut changes = Vec::new();
    let mut give = |id, owner| {
        let netns = host.namespace(id).expect("a namespace").netns.clone();
        changes.push(Change::Netns(Netns { owner: Some(Box::new(owner)), ..netns }));
    };
    let id = Text::from(C2_ID);
    let docker = Owner::new(OwnerKind::Docker, "centos1-2".into());
    let image = Some("centos:7".into());
    give(C2, Owner { id: Some(id), image, pids: vec![4151], ..docker });
    let part = |name: &str, id: &Text, pid| Owner {
        id: Some(id.clone()),
        pod: Some(Pod {
            namespace: Some("default".into()),
            name: "web-0".into(),
            sandbox: Some("5a".into()),
        }),
        image: Some("nginx:1".into()),
        pids: vec![pid],
        ..Owner::new(OwnerKind::Kubernetes, name.into())
    };
    let parts =
        [("pause", "5a".into(), 4160), ("proxy", "7c".into(), 4170), ("Web", "6b".into(), 4171)];
    let parts = parts.map(|(name, id, pid)| part(name, &id, pid));
    give(C3, Owner::join(parts.into()).expect("an owner"));
    let process = Owner::new(OwnerKind::Process, "vm-build".into());
    give(VM, Owner { user: Some("alice".into()), pids: vec![4199], ..process });
    let left = Owner::new(OwnerKind::Leftover, "/run/netns/test1".into());
    give(TEST1, Owner { since: Some(1_700_000_000), ..left });
    changes
}

/// The id of Docker's container `centos1-2`.
pub(crate) const C2_ID: &str = "4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a9d0c7b1e4f2a";

/// What Docker and CNI say of the host, after [`owners`]: Docker's network `vepamv` with the running
/// `centos1-2` and the stopped `centos1-4`, its network `lost` without a parent, and the CNI
/// network `mvcni` with the pod.
pub(crate) fn beliefs() -> Vec<Change> {
    let network = |id: &str, name: &str, parent: &str, net: [u8; 4]| {
        let gateway = Some([net[0], net[1], net[2], 1].into());
        Network {
            id: id.into(),
            name: name.into(),
            driver: Driver::Macvlan,
            parent: Some(parent.into()),
            mode: "vepa".into(),
            mtu: None,
            internal: false,
            subnets: vec![Subnet { gateway, ..Subnet::new(net.into(), 24) }],
            labels: BTreeMap::new(),
            ipam: None,
            faults: Vec::new(),
        }
    };
    let container = |id: &str, name: &str, state, network: &str, last: u8, host: u8| Container {
        id: id.into(),
        name: name.into(),
        image: (!name.is_empty()).then(|| "centos:7".into()),
        state,
        labels: BTreeMap::new(),
        attachments: vec![Attachment {
            network: network.into(),
            interface: Some("eth0".into()),
            mac: Some([2, 0x42, 0xc0, 0xa8, 0x80, last].into()),
            addresses: vec![([192, 168, 128, host].into(), 24)],
        }],
    };
    let mut first = container(C2_ID, "centos1-2", ContainerState::Running, "77ae", 2, 222);
    first.labels = [("com.docker.compose.project", "lab"), ("com.docker.compose.service", "web")]
        .map(|(key, value)| (key.into(), value.into()))
        .into();
    let mut stopped = container("99c4", "centos1-4", ContainerState::Exited, "77ae", 4, 224);
    stopped.attachments[0].mac = None;
    let belief = |engine, origin: &str, networks, containers| Belief {
        engine,
        origin: origin.into(),
        user: None,
        home: Home::Host,
        networks,
        containers,
    };
    let docker = belief(
        Engine::Docker,
        "unix:///run/docker.sock",
        vec![
            network("77ae", "vepamv", "ens8", [192, 168, 128, 0]),
            network("78bf", "lost", "ens99", [10, 99, 0, 0]),
        ],
        vec![stopped, first],
    );
    let cni = belief(
        Engine::Cni,
        "/etc/cni/net.d",
        vec![network("mvcni", "mvcni", "ens8", [192, 168, 128, 0])],
        vec![container("5a", "", ContainerState::Unknown, "mvcni", 2, 233)],
    );
    [docker, cni]
        .into_iter()
        .zip(0..)
        .map(|(belief, n)| Change::Belief { source: SourceId(n), belief: Some(Box::new(belief)) })
        .collect()
}

/// News for the host: namespaces and links named as engines name them, flags, several addresses.
pub(crate) fn long_names() -> Vec<Change> {
    let ens9 = key(HOST, 4);
    let mut changes = Vec::new();
    for (cookie, pod) in [(31, "web-0"), (32, "web-1"), (33, "database-0")] {
        let id = NetnsId::Cookie(cookie);
        let path = format!("/run/netns/k8s-production-payments-{pod}");
        let mut link = child(id, 2, "mv-payments-net", Mode::Vepa, key(HOST, 3));
        let own = u8::try_from(cookie).unwrap();
        link.mac = Some([2, 0x42, 0xc0, 0xa8, own, 2].into());
        link.addresses = vec![
            address(&format!("192.168.128.2{cookie}/24")),
            address(&format!("fd00:c0a8::{cookie}/64")),
        ];
        changes.push(Change::Netns(netns(id, vec![mount(&path), process(5000, "payments")])));
        changes.push(Change::Contents { netns: id, links: vec![link] });
    }
    let mut passthru = child(TEST1, 11, "mv-passthru", Mode::Passthru, ens9);
    let LinkKind::Macvlan(macvlan) = &mut passthru.kind else { panic!("a macvlan") };
    macvlan.flags = MacvlanFlags(MacvlanFlags::NOPROMISC);
    passthru.mac = Some([2, 0x42, 0xc0, 0xa8, 20, 11].into());
    passthru.oper_state = OperState::LowerLayerDown;
    passthru.addresses = vec![address("10.20.30.40/16")];
    changes.push(Change::Link(Box::new(passthru)));
    changes
}

/// News for the host: everything that a stranger can name, named to do harm or in other scripts.
pub(crate) fn hostile() -> Vec<Change> {
    let id = NetnsId::Cookie(41);
    let name = "網卡\u{9b}2Jé".as_bytes();
    let mut link = child(id, 2, "", Mode::Bridge, key(HOST, 3));
    link.name = name.into();
    link.alias = Some("größe\u{1b}]0;x\u{7}".into());
    link.alt_names = vec!["名前".into()];
    link.qdisc = "żółw".into();
    link.mac = Some([2, 0x42, 0xc0, 0xa8, 41, 2].into());
    let mut other = self::link(id, 3, "ü0", LinkKind::Other("kïnd".into()));
    other.oper_state = OperState::Down;
    let above = child(id, 4, "ö0", Mode::Vepa, key(id, 3));
    let holders = vec![
        Holder::Mount { path: "/run/netns/ñame\u{202e}".into(), pid: None },
        process(77, "процесс"),
        Holder::Mount { path: "/run/é".into(), pid: Some(9) },
    ];
    vec![
        Change::Host(Host {
            hostname: "nœud".into(),
            kernel: "6.18.1".into(),
            support: MacvlanSupport::BuiltIn,
        }),
        Change::Netns(netns(id, holders)),
        Change::Contents { netns: id, links: vec![link, other, above] },
        Change::Problems {
            source: super::ProblemSource::Discovery,
            list: vec![super::Problem {
                what: "/run/ß".into(),
                why: "größer".into(),
                incomplete: true,
            }],
        },
    ]
}
