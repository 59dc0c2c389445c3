//! What plans on the small host bring along, each sentence once.

use crate::lint::fixture::host;
use crate::model::fixture::{C2, C3, HOST, TEST1, VM, address, key, mount, process};
use crate::model::{
    Change, DeviceNumber, Link, LinkKey, Mode, NetnsId, Owner, OwnerKind, TapDevice, TapHolder,
    Topology,
};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Request, Weight, build};

fn edit(link: LinkKey, edit: Edit) -> Request {
    Request::Edit { link, edits: vec![edit] }
}

/// `- ` before what is lost, `* ` before what is worth knowing.
fn impact(topology: &Topology, requests: &[Request]) -> Vec<String> {
    let plan = build(topology, requests).unwrap_or_else(|refusal| panic!("{refusal}"));
    let mark = |weight| if weight == Weight::Loss { "-" } else { "*" };
    plan.impact.iter().map(|impact| format!("{} {}", mark(impact.weight), impact.text)).collect()
}

fn after(mut topology: Topology, link: LinkKey, change: impl FnOnce(&mut Link)) -> Topology {
    let mut changed = topology.link(link).unwrap().clone();
    change(&mut changed);
    topology.apply(Change::Link(Box::new(changed)));
    topology
}

fn bridged() -> Topology {
    let bridge = |link: &mut Link| link.macvlan_mut().unwrap().mode = Mode::Bridge;
    after(after(host(), key(C2, 2), bridge), key(C3, 2), bridge)
}

#[test]
fn siblings_stop_and_start_to_reach_each_other_as_pairs_in_bridge_mode() {
    let host = bridged();
    let private = |link| edit(link, Edit::Mode(Mode::Vepa));
    assert_eq!(
        impact(&host, &[private(key(C2, 2))]),
        [
            "- eth0 in centos1-2 and each of macvlan1 in host and eth0 in centos1-3 stop reaching each other \
          through ens8 in host"
        ]
    );
    assert_eq!(
        impact(&host, &[private(key(C2, 2)), private(key(C3, 2))]),
        [
            "- eth0 in centos1-2 and eth0 in centos1-3 stop reaching each other, and macvlan1 in host, \
          through ens8 in host"
        ]
    );
    assert_eq!(
        impact(&host, &[edit(key(TEST1, 7), Edit::Mode(Mode::Bridge))]),
        [
            "* macvlan1 in test1 and each of macvlan1 in host, eth0 in centos1-2 and eth0 in centos1-3 start \
          reaching each other through ens8 in host"
        ]
    );
    let back_and_forth = [private(key(C2, 2)), edit(key(C2, 2), Edit::Mode(Mode::Bridge))];
    assert_eq!(impact(&host, &back_and_forth), [""; 0]);
}

#[test]
fn leaving_and_entering_source_mode_is_told() {
    let sources = |link: &mut Link| {
        let macvlan = link.macvlan_mut().unwrap();
        macvlan.mode = Mode::Source;
        macvlan.sources = vec![[2; 6].into(), [4; 6].into()];
    };
    let host = after(host(), key(C2, 2), sources);
    assert_eq!(
        impact(&host, &[edit(key(C2, 2), Edit::Mode(Mode::Private))]),
        [
            "- the source list of eth0 in centos1-2 (2 MACs) is flushed",
            "* eth0 in centos1-2 gets no broadcasts from its siblings any more, not even through a \
             switch that reflects frames",
        ]
    );
    let deaf = "- eth0 in centos1-3 receives nothing until its list has a source MAC";
    assert_eq!(impact(&host, &[edit(key(C3, 2), Edit::Mode(Mode::Source))]), [deaf]);
    let flushed = impact(&host, &[edit(key(C2, 2), Edit::SetSources(Vec::new()))]);
    assert_eq!(flushed, [deaf.replace("1-3", "1-2")]);
}

#[test]
fn a_parent_takes_its_sub_interfaces_along_in_every_namespace() {
    let gone = impact(&host(), &[Request::Delete(key(HOST, 6))]);
    assert_eq!(gone, ["- with veth-trunk in host go veth-trunk.50 in host and onvlan in test1"]);
    let taken = impact(&host(), &[Request::Delete(key(VM, 2))]);
    assert_eq!(
        taken,
        [
            "- a program that has /dev/tap2 open, such as a hypervisor, loses it",
            "* ens9 in host gets back the MAC that it had before, if it was changed",
        ]
    );
}

#[test]
fn who_loses_a_macvtap_is_named() {
    let number = DeviceNumber { major: 246, minor: 1 };
    let device = |link: &mut Link| link.tap_device = Some(TapDevice { name: 2, number });
    let mut host = after(host(), key(VM, 2), device);
    let owner = Owner { pids: vec![4199], ..Owner::new(OwnerKind::Libvirt, "vm-build".into()) };
    let holder = TapHolder { owner, command: "qemu".into() };
    host.apply(Change::TapHolders([(number, holder)].into()));
    assert_eq!(
        impact(&host, &[Request::Delete(key(VM, 2))])[0],
        "- libvirt vm-build (qemu 4199) has its device (/dev/tap2 (246:1)) open and loses it"
    );
}

#[test]
fn a_namespace_dies_with_its_name_or_lives_on_with_its_holders() {
    assert_eq!(
        impact(&host(), &[Request::DeleteNetns(TEST1)]),
        [
            "- nothing else in sight holds test1, so with it go macvlan1 in test1 and onvlan in test1"
        ]
    );
    let mut closed = host();
    let mut netns = closed.namespace(TEST1).unwrap().netns.clone();
    netns.view = crate::model::View::Closed { why: "no".into() };
    closed.apply(Change::Netns(netns));
    let unseen =
        "- the links of test1 can't be seen; nothing else in sight holds it, so all of them go";
    assert_eq!(impact(&closed, &[Request::DeleteNetns(TEST1)]), [unseen]);
    let mut held = host();
    let id = NetnsId::Cookie(70);
    let holders = vec![process(77, "dnsmasq"), mount("/run/netns/held")];
    held.apply(Change::Netns(crate::model::fixture::netns(id, holders)));
    assert_eq!(
        impact(&held, &[Request::DeleteNetns(id)]),
        ["* only the name goes: the namespace lives on, held by pid 77 dnsmasq"]
    );
}

#[test]
fn what_follows_a_parent_down_is_named() {
    let ipv6 = |link: &mut Link| link.addresses.push(address("2001:db8::1/64"));
    let host = after(host(), key(C2, 2), ipv6);
    let children = "macvlan1 in host, macvlan1 in test1, eth0 in centos1-2 and eth0 in centos1-3";
    assert_eq!(
        impact(&host, &[edit(key(HOST, 3), Edit::Mtu(1400))]),
        [format!("- the MTU of {children} falls to 1400 too")]
    );
    let small = impact(&host, &[edit(key(HOST, 3), Edit::Mtu(1000))]);
    assert_eq!(small[1], "- eth0 in centos1-2 loses 2001:db8::1/64: IPv6 needs an MTU of 1280");
    assert_eq!(
        impact(&host, &[edit(key(HOST, 3), Edit::Up(false))]),
        [
            "- routes through ens8 in host are lost".to_owned(),
            format!("- {children} lose their carrier")
        ]
    );
    assert_eq!(
        impact(&host, &[edit(key(HOST, 6), Edit::Up(false))]),
        ["- veth-trunk.50 in host goes down with it", "- onvlan in test1 loses its carrier"]
    );
    assert_eq!(
        impact(&host, &[edit(key(C2, 2), Edit::Up(false))]),
        ["- eth0 in centos1-2 loses 2001:db8::1/64, and routes through it are lost"]
    );
    assert_eq!(
        impact(&host, &[edit(key(C2, 2), Edit::Netns(Place::Known(HOST)))]),
        [
            "- eth0 in centos1-2 loses 192.168.128.222/24 and 2001:db8::1/64, and routes through it \
             are lost",
            "* eth0 arrives down",
        ]
    );
}

#[test]
fn macs_that_change_together_or_belong_to_a_manufacturer_are_told() {
    assert_eq!(
        impact(&host(), &[edit(key(VM, 2), Edit::Mac([4, 0, 0, 0, 0, 1].into()))]),
        [
            "- the MAC of ens9 in host becomes 04:00:00:00:00:01 too",
            "* 04:00:00:00:00:01 belongs to a manufacturer; 06:00:00:00:00:01 would be locally \
             administered",
        ]
    );
    assert_eq!(
        impact(&host(), &[edit(key(HOST, 4), Edit::Mac([2, 0, 0, 0, 0, 1].into()))]),
        ["- the MAC of tap0 in vm-build (4199) becomes 02:00:00:00:00:01 too"]
    );
}

#[test]
fn what_the_parent_shares_among_its_sub_interfaces_is_told() {
    let cutoff = impact(&host(), &[edit(key(HOST, 7), Edit::BcCutoff(5))]);
    assert_eq!(
        cutoff,
        ["* bclim belongs to ens8 in host, so macvlan1 in test1, eth0 in centos1-2 and eth0 in \
          centos1-3 get 5 too"]
    );
    assert_eq!(impact(&host(), &[edit(key(HOST, 7), Edit::BcQueueLen(0))]), [""; 0]);
    let all = [(HOST, 7), (TEST1, 7), (C2, 2), (C3, 2)];
    let none = all.map(|(netns, ifindex)| edit(key(netns, ifindex), Edit::BcQueueLen(0)));
    assert_eq!(
        impact(&host(), &none),
        [
            "- broadcasts from outside, ARP requests among them, reach no sub-interface of ens8 in host"
        ]
    );
}

#[test]
fn a_new_sub_interface_comes_with_what_its_parent_means_for_it() {
    let kind = NewKind::Macvlan(NewMacvlan::new(Mode::Passthru));
    let passthru = NewLink {
        mtu: Some(1000),
        up: true,
        ..NewLink::new(kind, key(HOST, 4), "pt".into(), Place::Known(TEST1))
    };
    assert_eq!(
        impact(&host(), &[Request::Delete(key(VM, 2)), Request::Create(Box::new(passthru))])[1..],
        [
            "- frames from outside for ens9 in host itself go to pt in test1 from now on",
            "* ens9 in host gets back the MAC that it had before, if it was changed",
            "* ens9 in host is down, so pt in test1 stays without carrier",
            "* IPv6 does not work on pt in test1, its MTU being below 1280",
        ]
    );
    let primary = |link: &mut Link| {
        let mut second = address("192.168.128.7/24");
        second.flags |= 1;
        link.addresses.push(second);
    };
    let host = after(host(), key(C2, 2), primary);
    assert_eq!(
        impact(&host, &[edit(key(C2, 2), Edit::RemoveAddress(address("192.168.128.222/24")))]),
        ["- 192.168.128.7/24 goes with it, unless the sysctl promote_secondaries is on"]
    );
}
