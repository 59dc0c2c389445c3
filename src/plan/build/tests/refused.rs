//! Every rule, made to say no.

use super::{ENS8, build, edit, new};
use crate::lint::fixture::host;
use crate::model::fixture::{C2, C3, HOST, TEST1, VM, address, key, link, mount, netns};
use crate::model::{
    Change, Holder, Link, LinkFlags, LinkKey, LinkKind, MacAddr, MacvlanFlags, Mode, NetnsId,
    Parent, PortOption, Text, Topology, View, Vlan, VlanFlags,
};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Refusal, Request, Rule};

const BRIDGE: NewMacvlan = NewMacvlan {
    mode: Mode::Bridge,
    flags: MacvlanFlags(0),
    bc_queue_len: None,
    bc_cutoff: None,
    sources: Vec::new(),
};

/// The small host with one more link.
fn with(added: Link) -> Topology {
    let mut host = host();
    host.apply(Change::Link(Box::new(added)));
    host
}

fn changed(link: LinkKey, change: impl FnOnce(&mut Link)) -> Topology {
    let mut changed = host().link(link).unwrap().clone();
    change(&mut changed);
    with(changed)
}

fn create(on: (NetnsId, u32), change: impl FnOnce(&mut NewLink)) -> Request {
    let mut wanted = new("mv5", NewKind::Macvlan(BRIDGE), on, Place::Known(TEST1));
    change(&mut wanted);
    Request::Create(Box::new(wanted))
}

fn mode(mode: Mode) -> NewKind {
    NewKind::Macvtap(NewMacvlan::new(mode))
}

/// A host and a request that the rule forbids there.
fn forbidden(rule: Rule) -> (Topology, Request) {
    let (ens8, ens9, eth0, tap0) = (ENS8, (HOST, 4), key(C2, 2), key(VM, 2));
    match rule {
        Rule::NothingToDo => (host(), edit(eth0, Edit::Mode(Mode::Vepa))),
        Rule::Unseen => (host(), edit(key(C2, 99), Edit::Up(true))),
        Rule::NoWayIn => {
            let mut host = host();
            let hidden = netns(NetnsId::Cookie(90), vec![Holder::Nsid { nsid: 4 }]);
            host.apply(Change::Netns(hidden));
            (host, edit(eth0, Edit::Netns(Place::Known(NetnsId::Cookie(90)))))
        }
        Rule::BesidePassthru => (host(), create(ens9, |_| ())),
        Rule::PassthruBesideOthers => (host(), create(ens8, |new| new.kind = mode(Mode::Passthru))),
        Rule::ChangePassthru => (host(), edit(tap0, Edit::Mode(Mode::Bridge))),
        Rule::ParentIsPort => {
            let mut port = link(HOST, 30, "port", LinkKind::Device);
            port.master = Some(31);
            let mut host = with(port);
            let bridge = link(HOST, 31, "br0", LinkKind::Other("bridge".into()));
            host.apply(Change::Link(Box::new(bridge)));
            (host, create((HOST, 30), |_| ()))
        }
        Rule::ParentHasIpvlan => {
            let mut ipvlan = link(TEST1, 30, "ipv0", LinkKind::Other("ipvlan".into()));
            ipvlan.parent =
                Some(Parent { ifindex: 6, netns: Some(HOST), nsid: None, sysfs_lower: None });
            (with(ipvlan), create((HOST, 6), |_| ()))
        }
        Rule::ParentIsLoopback => {
            let lo = changed(key(HOST, 1), |lo| lo.flags = LinkFlags(0x49));
            (lo, create((HOST, 1), |_| ()))
        }
        Rule::ParentNotEthernet => {
            let mut tunnel = link(HOST, 30, "wg0", LinkKind::Other("wireguard".into()));
            tunnel.mac = None;
            (with(tunnel), create((HOST, 30), |_| ()))
        }
        Rule::MacInUse => {
            let taken = host().link(key(C3, 2)).unwrap().mac;
            (host(), create(ens8, |new| new.mac = taken))
        }
        Rule::MacUnusable => (host(), edit(eth0, Edit::Mac([1, 0, 0, 0, 0, 1].into()))),
        Rule::MacOfPassthru => {
            let wanted = create((HOST, 6), |new| {
                new.kind = mode(Mode::Passthru);
                new.mac = Some([2; 6].into());
            });
            let mut host = host();
            host.apply(Change::LinkGone(key(HOST, 5)));
            (host, wanted)
        }
        Rule::Mtu => (host(), edit(eth0, Edit::Mtu(1501))),
        Rule::NameUnusable => (host(), edit(eth0, Edit::Name("a:b".into()))),
        Rule::NameTaken => (host(), create(ens8, |new| new.name = "onvlan".into())),
        Rule::AliasTooLong => (host(), edit(eth0, Edit::Alias(Some(Text::from(vec![b'x'; 256]))))),
        Rule::NopromiscWhileDown => {
            let down = changed(tap0, |tap| tap.flags = tap.flags.with_up(false));
            (down, edit(tap0, Edit::Flag { bit: MacvlanFlags::NOPROMISC, on: true }))
        }
        Rule::NopromiscOutsidePassthru => {
            (host(), edit(eth0, Edit::Flag { bit: MacvlanFlags::NOPROMISC, on: true }))
        }
        Rule::SourceOutsideSourceMode => (host(), edit(eth0, Edit::AddSource([2; 6].into()))),
        Rule::NotMacvlan => (host(), edit(key(HOST, 3), Edit::Mode(Mode::Vepa))),
        Rule::NotBridgePort => (host(), edit(key(HOST, 3), Edit::Port(PortOption::Hairpin(true)))),
        Rule::ParentDown => {
            let mut host = host();
            for ifindex in [5, 6] {
                let mut down = host.link(key(HOST, ifindex)).unwrap().clone();
                down.flags = down.flags.with_up(false);
                host.apply(Change::Link(Box::new(down)));
            }
            (host, edit(key(HOST, 5), Edit::Up(true)))
        }
        Rule::VlanId => (host(), create((HOST, 6), |new| new.kind = NewKind::Vlan(Vlan::new(50)))),
        Rule::Address => (host(), edit(eth0, Edit::AddAddress(address("192.168.128.222/24")))),
        Rule::Fixed => (host(), Request::Delete(key(HOST, 3))),
        Rule::NetnsName => (host(), Request::CreateNetns("a/b".into())),
        Rule::NetnsNotNamed => (host(), Request::DeleteNetns(C2)),
    }
}

fn refusal(topology: &Topology, request: Request) -> Refusal {
    build(topology, &[request]).expect_err("a refusal")
}

#[test]
fn every_rule_can_say_no_with_a_reason_and_a_way_out() {
    for rule in Rule::ALL {
        let (topology, request) = forbidden(rule);
        let refusal = refusal(&topology, request);
        assert_eq!(refusal.rule, rule, "{refusal}");
        for text in [&refusal.why, &refusal.way_out] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{rule:?}: {text}");
        }
    }
}

/// `why; way out` of what a rule says where [`forbidden`] breaks it.
fn said(rule: Rule) -> String {
    let (topology, request) = forbidden(rule);
    refusal(&topology, request).to_string()
}

#[test]
fn refusals_name_the_links_that_are_in_the_way_and_what_would_work() {
    assert_eq!(
        said(Rule::BesidePassthru),
        "tap0 in vm-build (4199) has ens9 in host for itself, being in passthru mode; create a VLAN \
         sub-interface on ens9 in host and use that as parent, or delete tap0 in vm-build (4199)"
    );
    assert_eq!(
        said(Rule::PassthruBesideOthers),
        "passthru takes ens8 in host for itself, which has macvlan1 in host, macvlan1 in test1, eth0 \
         in centos1-2 and eth0 in centos1-3 on it already; create a VLAN sub-interface on ens8 in \
         host and use that as parent, or take another mode"
    );
    assert_eq!(
        said(Rule::MacInUse),
        "02:42:c0:a8:16:02 is the MAC of eth0 in centos1-3, on the same parent; take another MAC, or \
         change that of eth0 in centos1-3 first"
    );
    assert_eq!(
        said(Rule::ParentIsPort),
        "port in host is a port of the bridge br0 in host, which takes its frames; create it on br0 \
         in host instead"
    );
    assert_eq!(
        said(Rule::Mtu),
        "1501 is above the MTU of ens8 in host, 1500; take 1500 or less, or raise the MTU of ens8 in \
         host first"
    );
}

/// Names are compared with what Linux 6.18 did with each of them.
#[test]
fn names_are_refused_as_the_kernel_refuses_them() {
    let rename = |name: &[u8]| build(&host(), &[edit(key(C2, 2), Edit::Name(name.into()))]);
    let latin: &[u8] = b"x\xa0";
    let refused = [
        &b""[..],
        b".",
        b"..",
        b"all",
        b"default",
        b"a b",
        b"a\x0bb",
        b"a/b",
        b"a:b",
        b"x%d",
        b"x%",
        b"sixteen-bytes-16",
        latin,
        "\u{e0}".as_bytes(),
    ];
    for name in refused {
        let rule = rename(name).expect_err("a refusal").rule;
        assert_eq!(rule, Rule::NameUnusable, "{:?}", Text::from(name));
    }
    let taken: [&[u8]; 6] = [
        b"-x",
        b"fifteen-bytes-1",
        b"x\x1f\x7f",
        b"a\xffb",
        "gr\u{f6}\u{df}e".as_bytes(),
        b"$(id)",
    ];
    for name in taken {
        assert!(rename(name).is_ok(), "{:?}", Text::from(name));
    }
}

#[test]
fn a_mac_may_be_that_of_a_sibling_that_is_down_only_while_nobody_asks_for_it() {
    let (eth0, sibling) = (key(C2, 2), key(C3, 2));
    let mac = host().link(sibling).unwrap().mac;
    let twins = |up: bool| {
        let mut host = changed(eth0, |link| {
            link.mac = mac;
            link.flags = link.flags.with_up(false);
        });
        let mut other = host.link(sibling).unwrap().clone();
        other.flags = other.flags.with_up(up);
        host.apply(Change::Link(Box::new(other)));
        build(&host, &[edit(eth0, Edit::Up(true))])
    };
    assert_eq!(twins(true).unwrap_err().rule, Rule::MacInUse);
    assert!(twins(false).is_ok());
    // The kernel would not notice that a parent takes its child's MAC.
    let parent = edit(key(HOST, 3), Edit::Mac(mac.unwrap()));
    assert_eq!(refusal(&host(), parent).rule, Rule::MacInUse);
}

#[test]
fn values_at_their_limits_are_taken_and_beyond_them_refused() {
    let eth0 = key(C2, 2);
    let says = |wanted| build(&host(), &[edit(eth0, wanted)]).map_err(|refusal| refusal.rule);
    assert!(says(Edit::Mtu(68)).is_ok());
    assert_eq!(says(Edit::Mtu(67)), Err(Rule::Mtu));
    assert!(says(Edit::Alias(Some(Text::from(vec![b'x'; 255])))).is_ok());
    assert_eq!(says(Edit::Mac(MacAddr::from([0; 6]))), Err(Rule::MacUnusable));
    assert!(says(Edit::AddAddress(address("192.168.128.222/25"))).is_ok());
    for bad in ["10.0.0.1/33", "2001:db8::1/129", "::1/128", "0.0.0.0/32", "ff02::9/128"] {
        assert_eq!(says(Edit::AddAddress(address(bad))), Err(Rule::Address), "{bad}");
    }
    let small = changed(eth0, |link| link.mtu = 1279);
    let ipv6 = edit(eth0, Edit::AddAddress(address("2001:db8::1/64")));
    assert_eq!(refusal(&small, ipv6).rule, Rule::Address);
    assert_eq!(says(Edit::RemoveAddress(address("192.168.128.222/25"))), Err(Rule::Address));
    let on_lo = create((HOST, 1), |new| new.kind = NewKind::Vlan(Vlan::new(7)));
    let lo = changed(key(HOST, 1), |lo| lo.flags = LinkFlags(0x49));
    assert_eq!(refusal(&lo, on_lo).rule, Rule::ParentIsLoopback);
    for id in [0, 4095] {
        let vlan = create(ENS8, |new| new.kind = NewKind::Vlan(Vlan::new(id)));
        assert_eq!(refusal(&host(), vlan).rule, Rule::VlanId);
    }
}

#[test]
fn a_vlan_is_up_only_with_its_parent_unless_it_is_bound_loosely() {
    let wanted = |flags| {
        create((HOST, 4), |new| {
            (new.kind, new.up) = (NewKind::Vlan(Vlan { flags, ..Vlan::new(7) }), true);
        })
    };
    assert_eq!(refusal(&host(), wanted(VlanFlags::default())).rule, Rule::ParentDown);
    assert!(build(&host(), &[wanted(VlanFlags(VlanFlags::LOOSE_BINDING))]).is_ok());
}

#[test]
fn a_vrf_is_no_parent_and_its_ports_are() {
    let mut port = link(HOST, 30, "port", LinkKind::Device);
    port.master = Some(31);
    let mut host = with(port);
    host.apply(Change::Link(Box::new(link(HOST, 31, "vrf0", LinkKind::Other("vrf".into())))));
    assert_eq!(refusal(&host, create((HOST, 31), |_| ())).rule, Rule::ParentNotEthernet);
    assert!(build(&host, &[create((HOST, 30), |_| ())]).is_ok());
}

#[test]
fn a_macvlan_as_parent_stands_for_its_own_parent() {
    let plan = build(&host(), &[create((C2, 2), |_| ())]).unwrap();
    assert_eq!(
        plan.steps[0].command,
        "ip link add link ens8 name mv5 netns test1 type macvlan mode bridge"
    );
    assert_eq!(
        plan.impact[0].text,
        "eth0 in centos1-2 is a sub-interface itself: the kernel puts the new one on ens8 in host"
    );
    // On a passthru one there is no room, for its parent has none.
    assert_eq!(refusal(&host(), create((VM, 2), |_| ())).rule, Rule::BesidePassthru);
    // A VLAN on a macvlan stays where it is asked for.
    let vlan = create((C2, 2), |new| new.kind = NewKind::Vlan(Vlan::new(7)));
    let plan = build(&host(), &[vlan]).unwrap();
    assert!(
        plan.steps[0].command.contains("ip link add link eth0 name mv5 netns test1 type vlan id 7")
    );
}

#[test]
fn what_can_not_be_seen_is_told_from_what_is_gone() {
    let mut host = host();
    let mut closed = host.namespace(C2).unwrap().netns.clone();
    closed.view = View::Closed { why: "CAP_SYS_PTRACE is missing".into() };
    host.apply(Change::Netns(closed));
    let seen = refusal(&host, edit(key(C2, 2), Edit::Up(false)));
    assert_eq!(
        (seen.rule, &*seen.why),
        (Rule::Unseen, "the links of centos1-2 can't be seen: CAP_SYS_PTRACE is missing")
    );
    host.apply(Change::NetnsGone(C2));
    let gone = refusal(&host, edit(key(C2, 2), Edit::Up(false)));
    assert_eq!(gone.why, "the namespace with cookie 21 is not there any more");
}

#[test]
fn rules_hold_for_what_the_plan_itself_has_made() {
    let twice = [create(ENS8, |_| ()), create(ENS8, |_| ())];
    assert_eq!(build(&host(), &twice).unwrap_err().rule, Rule::NameTaken);
    let freed =
        [Request::Delete(key(VM, 2)), create((HOST, 4), |new| new.kind = mode(Mode::Passthru))];
    assert!(build(&host(), &freed).is_ok());
    let same_place = [
        create(ENS8, |new| new.netns = Place::New("fresh".into())),
        create(ENS8, |new| (new.name, new.netns) = ("mv6".into(), Place::New("fresh".into()))),
    ];
    let plan = build(&host(), &same_place).unwrap();
    assert_eq!(plan.steps.len(), 3, "{:?}", plan.steps);
    let lowered = [edit(key(HOST, 3), Edit::Mtu(1400)), edit(key(C2, 2), Edit::Mtu(1500))];
    assert_eq!(build(&host(), &lowered).unwrap_err().rule, Rule::Mtu);
}

#[test]
fn a_second_name_of_a_namespace_is_taken_as_well() {
    let mut host = host();
    let twice = vec![mount("/run/netns/first"), mount("/run/netns/second")];
    let id = NetnsId::Cookie(80);
    host.apply(Change::Netns(netns(id, twice)));
    let second = Request::CreateNetns("second".into());
    assert_eq!(refusal(&host, second.clone()).rule, Rule::NetnsName);
    // It is left when the first goes, and the namespace with it.
    let plan = build(&host, &[Request::DeleteNetns(id)]).unwrap();
    assert_eq!(
        plan.impact[0].text,
        "only the name goes: the namespace lives on, held by /run/netns/second"
    );
    let then = build(&host, &[Request::DeleteNetns(id), second]).unwrap_err();
    assert_eq!(then.rule, Rule::NetnsName);
}
