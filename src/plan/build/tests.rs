//! Requests on the small host of the fixture, from the request to command and undo.

mod random;
mod refused;

use super::*;
use crate::lint::fixture::host;
use crate::model::fixture::{C2, C3, HOST, TEST1, VM, address, child, key, link, mount, netns};
use crate::model::{Change, LinkKey, LinkKind, Mode, Vlan, VlanFlags, VlanProtocol};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Rule};

const ENS8: (NetnsId, u32) = (HOST, 3);

fn new(name: &str, kind: NewKind, parent: (NetnsId, u32), netns: Place) -> NewLink {
    NewLink::new(kind, key(parent.0, parent.1), name.into(), netns)
}

fn edit(link: LinkKey, edit: Edit) -> Request {
    Request::Edit { link, edits: vec![edit] }
}

fn plan(requests: &[Request]) -> Plan {
    build(&host(), requests).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn commands(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.command.as_str()).collect()
}

fn undo_commands(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().rev().flat_map(|step| &step.undo_commands).map(String::as_str).collect()
}

#[test]
fn a_mode_is_changed_by_one_command_and_changed_back_by_another() {
    let plan = plan(&[edit(key(C2, 2), Edit::Mode(Mode::Private))]);
    assert_eq!(plan.title, "Change mode of eth0 in centos1-2");
    assert_eq!(plan.summary, ["vepa → private"]);
    let ip = "nsenter --net=/run/docker/netns/centos1-2 ip link set dev eth0 type macvlan mode";
    assert_eq!(commands(&plan), [format!("{ip} private")]);
    assert_eq!(undo_commands(&plan), [format!("{ip} vepa")]);
    assert_eq!(plan.lost, [""; 0]);
}

#[test]
fn a_new_link_is_made_from_its_parents_namespace_and_then_furnished_in_its_own() {
    let wanted = NewLink {
        addresses: vec![address("10.9.0.1/24"), address("2001:db8::1/64")],
        alias: Some("it's mine".into()),
        up: true,
        mtu: Some(1400),
        ..new(
            "mv0",
            NewKind::Macvtap(NewMacvlan::new(Mode::Bridge)),
            ENS8,
            Place::New("fresh".into()),
        )
    };
    let plan = plan(&[Request::Create(Box::new(wanted))]);
    assert_eq!(plan.title, "Create mv0 in fresh");
    assert_eq!(
        commands(&plan),
        [
            "ip netns add fresh",
            "ip link add link ens8 name mv0 mtu 1400 netns fresh type macvtap mode bridge",
            "ip -n fresh link set dev mv0 alias $'it\\'s mine'",
            "ip -n fresh address add 10.9.0.1/24 dev mv0",
            "ip -n fresh address add 2001:db8::1/64 dev mv0",
            "ip -n fresh link set dev mv0 up",
        ]
    );
    let undo = undo_commands(&plan);
    assert_eq!(
        undo[undo.len() - 2..],
        ["ip -n fresh link delete dev mv0", "ip netns delete fresh"]
    );
}

#[test]
fn a_deleted_link_comes_back_with_all_that_it_had() {
    let plan = plan(&[Request::Delete(key(TEST1, 7))]);
    assert_eq!(commands(&plan), ["ip -n test1 link delete dev macvlan1"]);
    assert_eq!(
        undo_commands(&plan),
        [
            "ip link add link ens8 name macvlan1 index 7 address 02:42:c0:a8:14:07 netns test1 \
             type macvlan mode private",
            "ip -n test1 address add 1.1.1.3/24 dev macvlan1",
            "ip -n test1 link set dev macvlan1 up",
        ]
    );
    assert_eq!(
        plan.lost,
        [
            "routes, neighbours, sysctls and queueing disciplines of macvlan1 in test1 that were set by hand"
        ]
    );
}

#[test]
fn what_goes_with_a_link_that_nothing_brings_back_is_lost_as_well() {
    let plan = plan(&[Request::Delete(key(HOST, 6))]);
    let all = ["veth-trunk in host", "veth-trunk.50 in host", "onvlan in test1"];
    assert_eq!(plan.lost, all);
}

#[test]
fn what_stood_on_a_card_that_comes_back_as_another_is_lost() {
    const OTHER: NetnsId = NetnsId::Cookie(90);
    let mut host = host();
    let card = link(TEST1, 70, "p70", LinkKind::Device);
    let stood = child(TEST1, 71, "mv71", Mode::Bridge, card.key);
    let doomed = stood.key;
    host.apply(Change::Netns(netns(OTHER, vec![mount("/run/netns/other")])));
    host.apply(Change::Link(Box::new(child(OTHER, 72, "mv72", Mode::Bridge, card.key))));
    host.apply(Change::Link(Box::new(card)));
    host.apply(Change::Link(Box::new(stood)));
    let lost_before = |first| {
        let requests = [first, Request::DeleteNetns(TEST1)];
        build(&host, &requests).unwrap().lost
    };
    let lost = lost_before(Request::Delete(doomed));
    assert!(lost.iter().any(|lost| lost == "mv71 in test1"), "{lost:?}");
    let lost = lost_before(Request::DeleteNetns(OTHER));
    assert!(lost.iter().any(|lost| lost == "mv72 in other"), "{lost:?}");
    let lost = lost_before(edit(doomed, Edit::BcCutoff(58)));
    assert!(lost.iter().any(|lost| lost == "bclim of p70 in test1"), "{lost:?}");
}

#[test]
fn a_loopback_interface_gets_its_name_back() {
    let mut host = host();
    let lo = link(TEST1, 1, "lo", LinkKind::Loopback);
    let rename = edit(lo.key, Edit::Name("loop0".into()));
    host.apply(Change::Link(Box::new(lo)));
    let plan = build(&host, &[rename, Request::DeleteNetns(TEST1)]).unwrap();
    let name = |from, to| format!("ip -n test1 link set dev {from} name {to}");
    let undo = undo_commands(&plan);
    assert_eq!(undo[..2], ["ip netns add test1", &name("lo", "loop0")]);
    assert_eq!(undo.last(), Some(&name("loop0", "lo").as_str()));
}

#[test]
fn an_address_that_comes_back_behind_others_is_told() {
    let [first, second, third] = ["10.0.0.5/24", "10.1.0.5/24", "2001:db8::1/64"].map(address);
    let fourth = address("2001:db8::2/64");
    let mut host = host();
    let ens8 = key(ENS8.0, ENS8.1);
    let mut link = host.link(ens8).unwrap().clone();
    link.addresses = vec![first.clone(), second.clone(), third.clone(), fourth.clone()];
    host.apply(crate::model::Change::Link(Box::new(link)));
    let lost = |address| build(&host, &[edit(ens8, Edit::RemoveAddress(address))]).unwrap().lost;
    let order = ["the order of the addresses of ens8 in host"];
    assert_eq!(lost(first), order);
    assert_eq!(lost(second), [""; 0]);
    assert_eq!(lost(third), [""; 0]);
    assert_eq!(lost(fourth), order);
}

#[test]
fn a_parent_brings_its_sub_interfaces_back() {
    let plan = plan(&[Request::Delete(key(HOST, 5))]);
    assert_eq!(commands(&plan), ["ip link delete dev veth-trunk.50"]);
    assert_eq!(
        undo_commands(&plan),
        [
            "ip link add link veth-trunk name veth-trunk.50 index 5 address 52:54:00:00:00:05 \
             type vlan id 50",
            "ip link set dev veth-trunk.50 up",
            "ip link add link veth-trunk.50 name onvlan index 8 address 02:42:c0:a8:14:08 netns \
             test1 type macvlan mode vepa",
            "ip -n test1 link set dev onvlan up",
        ]
    );
}

#[test]
fn a_vlan_comes_back_with_its_protocol_and_flags() {
    let mut host = host();
    let mut vlan = host.link(key(HOST, 5)).unwrap().clone();
    vlan.kind = LinkKind::Vlan(Vlan {
        protocol: VlanProtocol::Ieee8021Ad,
        flags: VlanFlags(VlanFlags::LOOSE_BINDING),
        has_priority_maps: true,
        ..Vlan::new(50)
    });
    vlan.mac = host.link(key(HOST, 6)).unwrap().mac;
    host.apply(Change::Link(Box::new(vlan)));
    let plan = build(&host, &[Request::Delete(key(HOST, 5))]).unwrap();
    assert_eq!(
        undo_commands(&plan)[0],
        "ip link add link veth-trunk name veth-trunk.50 index 5 type vlan proto 802.1ad id 50 \
         reorder_hdr off loose_binding on"
    );
    assert!(plan.lost.contains(&"the priority maps of veth-trunk.50 in host".to_owned()));
    // Loosely bound, it stays up without its parent, and comes up without it.
    let down = build(&host, &[edit(key(HOST, 6), Edit::Up(false))]).unwrap();
    assert!(!down.impact.iter().any(|impact| impact.text.contains("goes down with it")));
}

#[test]
fn tags_of_two_protocols_have_ids_of_their_own() {
    let provider = Vlan { protocol: VlanProtocol::Ieee8021Ad, ..Vlan::new(50) };
    let ask = |vlan| {
        let new = new("svlan", NewKind::Vlan(vlan), (HOST, 6), Place::Known(HOST));
        build(&host(), &[Request::Create(Box::new(new))])
    };
    let plan = ask(provider).unwrap();
    assert_eq!(plan.summary, ["+ svlan in host, vlan 50 802.1ad on veth-trunk in host"]);
    assert_eq!(
        commands(&plan),
        ["ip link add link veth-trunk name svlan type vlan proto 802.1ad id 50"]
    );
    assert_eq!(ask(Vlan::new(50)).unwrap_err().rule, Rule::VlanId);
}

/// Before Linux 6.15 the kernel looks for it in the parent's namespace and finds another link.
#[test]
fn a_name_of_the_parents_namespace_is_not_in_the_way_of_a_link_elsewhere() {
    let bridge = || NewKind::Macvlan(NewMacvlan::new(Mode::Bridge));
    let ask = |netns| {
        let new = new("ens9", bridge(), ENS8, Place::Known(netns));
        build(&host(), &[Request::Create(Box::new(new))])
    };
    assert_eq!(
        commands(&ask(TEST1).unwrap()),
        ["ip link add link ens8 name ens9 index 9 netns test1 type macvlan mode bridge"]
    );
    assert_eq!(ask(HOST).unwrap_err().rule, Rule::NameTaken);
}

#[test]
fn steps_follow_a_link_through_names_and_namespaces() {
    let edits = vec![
        Edit::Name("a;b".into()),
        Edit::Netns(Place::Known(HOST)),
        Edit::Up(true),
        Edit::Name("c".into()),
    ];
    let plan = plan(&[Request::Edit { link: key(C3, 2), edits }]);
    assert_eq!(plan.title, "Change eth0 in centos1-3");
    assert_eq!(
        plan.summary,
        ["name eth0 → a;b", "namespace centos1-3 → host", "state down → up", "name a;b → c",]
    );
    let ip = "nsenter --net=/run/docker/netns/centos1-3 ip";
    assert_eq!(
        commands(&plan),
        [
            &format!("{ip} link set dev eth0 name 'a;b'"),
            &format!("{ip} link set dev 'a;b' netns 1"),
            "ip link set dev 'a;b' up",
            "ip link set dev 'a;b' name c",
        ]
    );
    assert_eq!(
        undo_commands(&plan),
        [
            "ip link set dev c name 'a;b'",
            "ip link set dev 'a;b' down",
            "ip link set dev 'a;b' netns /run/docker/netns/centos1-3 index 2",
            &format!("{ip} address add 192.168.128.233/24 dev 'a;b'"),
            &format!("{ip} link set dev 'a;b' up"),
            &format!("{ip} link set dev 'a;b' name eth0"),
        ]
    );
}

#[test]
fn many_links_make_one_plan_in_which_those_that_are_so_already_are_passed_over() {
    let wanted = [key(HOST, 7), key(TEST1, 7), key(C2, 2)];
    let requests = wanted.map(|link| edit(link, Edit::Mode(Mode::Private)));
    let plan = plan(&requests);
    assert_eq!(plan.title, "Change mode of 3 interfaces");
    assert_eq!(
        plan.summary,
        ["macvlan1 in host: bridge → private", "eth0 in centos1-2: vepa → private"]
    );
    assert_eq!(plan.steps.len(), 2);
}

#[test]
fn a_plan_undone_leaves_nothing_to_undo() {
    let host = host();
    let done = plan(&[edit(key(VM, 2), Edit::Up(false))]);
    let mut after = host.clone();
    for step in &done.steps {
        simulate::apply(&mut after, &step.op);
    }
    let ops: Vec<Op> = done.steps.iter().rev().flat_map(|step| step.undo.clone()).collect();
    let back = undo(&after, "Undo: set tap0 down", ops.clone());
    assert_eq!(back.summary, ["tap0 in vm-build (4199): state down → up"]);
    assert_eq!(commands(&back), ["nsenter --net=/proc/4199/ns/net ip link set dev tap0 up"]);
    assert!(undo(&host, "Undo: set tap0 down", ops).steps.is_empty());
}

#[test]
fn a_new_link_is_undone_by_its_deletion_alone() {
    let wanted = NewLink {
        addresses: vec![address("10.9.0.1/24"), address("2001:db8::1/64")],
        up: true,
        ..new("mv9", NewKind::Macvlan(NewMacvlan::new(Mode::Bridge)), ENS8, Place::Known(HOST))
    };
    let host = host();
    let done = plan(&[Request::Create(Box::new(wanted))]);
    assert!(done.steps.iter().all(|step| !step.undo.is_empty()), "each step alone can be undone");
    assert_eq!(done.reversal(), ["ip link delete dev mv9"]);
    let mut after = host.clone();
    for step in &done.steps {
        simulate::apply(&mut after, &step.op);
    }
    let ops = done.steps.iter().rev().flat_map(|step| step.undo.clone()).collect();
    assert_eq!(commands(&undo(&after, "Undo: create mv9", ops)), ["ip link delete dev mv9"]);
}
