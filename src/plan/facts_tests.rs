//! What counts as a changed world, and what does not.

use super::*;
use crate::lint::fixture::host;
use crate::model::fixture::{C2, HOST, TEST1, address, key};
use crate::model::{Change, MacAddr, Mode};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Request, build};

fn edit(link: LinkKey, edit: Edit) -> Vec<Fact> {
    build(&host(), &[Request::Edit { link, edits: vec![edit] }]).unwrap().facts
}

/// What a plan says when this link has changed so since.
fn after(facts: &[Fact], link: LinkKey, change: impl FnOnce(&mut Link)) -> Vec<String> {
    let mut topology = host();
    let mut changed = topology.link(link).unwrap().clone();
    change(&mut changed);
    topology.apply(Change::Link(Box::new(changed)));
    changed_since(&topology, facts)
}

#[test]
fn a_link_that_changed_is_named_with_old_and_new_value() {
    let facts = edit(key(C2, 2), Edit::Mode(Mode::Private));
    assert_eq!(changed_since(&host(), &facts), [""; 0]);
    let mode = after(&facts, key(C2, 2), |link| link.macvlan_mut().unwrap().mode = Mode::Bridge);
    assert_eq!(mode, ["mode of eth0 in centos1-2 changed: vepa → bridge"]);
    let mac = after(&facts, key(TEST1, 7), |link| link.mac = Some(MacAddr::from([2; 6])));
    let old = "02:42:c0:a8:14:07";
    assert_eq!(mac, [format!("mac of macvlan1 in test1 changed: {old} → 02:02:02:02:02:02")]);
    let mut topology = host();
    topology.apply(Change::LinkGone(key(C2, 2)));
    assert_eq!(
        changed_since(&topology, &facts),
        ["eth0 in centos1-2 is gone", "a sub-interface of ens8 in host is gone"]
    );
    topology.apply(Change::NetnsGone(C2));
    assert_eq!(changed_since(&topology, &facts)[0], "eth0 is gone with its namespace");
}

#[test]
fn what_changes_by_itself_is_no_change() {
    let facts = edit(key(C2, 2), Edit::AddAddress(address("2001:db8::1/64")));
    let carrier = after(&facts, key(C2, 2), |link| {
        link.flags = LinkFlags(link.flags.0 & !0x1_0040);
        link.oper_state = OperState::LowerLayerDown;
        link.promiscuity = 1;
        link.qdisc = "fq".into();
        link.macvlan_mut().unwrap().bc_queue_len_used = Some(5000);
        link.addresses[0].valid_lft = Some(3600);
    });
    assert_eq!(carrier, [""; 0]);
    let sibling = after(&facts, key(TEST1, 7), |link| link.addresses.clear());
    assert_eq!(sibling, [""; 0]);
}

#[test]
fn a_namespace_that_is_to_go_must_be_the_one_that_was_shown() {
    use crate::model::fixture::{mount, netns, process};
    let facts = build(&host(), &[Request::DeleteNetns(TEST1)]).unwrap().facts;
    assert_eq!(changed_since(&host(), &facts), [""; 0]);
    let test1 = || mount("/run/netns/test1");
    let now = |holders| {
        let mut topology = host();
        topology.apply(Change::Netns(netns(TEST1, holders)));
        topology
    };
    let held = now(vec![process(77, "sh"), test1()]);
    assert_eq!(changed_since(&held, &facts), ["something else holds namespace test1 now"]);
    let deadly = build(&held, &[Request::DeleteNetns(TEST1)]).unwrap().facts;
    assert_eq!(
        changed_since(&host(), &deadly),
        ["nothing else in sight holds namespace test1 now"]
    );
    let nameless = now(vec![process(77, "sh")]);
    assert_eq!(changed_since(&nameless, &facts), ["there is no namespace test1 any more"]);
    let mut other = nameless;
    other.apply(Change::Netns(netns(NetnsId::Cookie(99), vec![test1()])));
    assert_eq!(changed_since(&other, &facts), ["test1 is the name of another namespace now"]);
    let mut fuller = host();
    let late = crate::model::fixture::link(TEST1, 66, "late", crate::model::LinkKind::Veth);
    fuller.apply(Change::Link(Box::new(late)));
    assert_eq!(changed_since(&fuller, &facts), ["late in test1 has come"]);
}

#[test]
fn a_name_that_is_taken_meanwhile_is_noticed() {
    let facts = edit(key(C2, 2), Edit::Netns(Place::New("fresh".into())));
    let mut topology = host();
    let id = NetnsId::Cookie(77);
    let holder = crate::model::fixture::mount("/run/netns/fresh");
    topology.apply(Change::Netns(crate::model::fixture::netns(id, vec![holder])));
    assert_eq!(changed_since(&topology, &facts), ["there is a namespace fresh now"]);

    let kind = NewKind::Macvlan(NewMacvlan::new(Mode::Bridge));
    let new = NewLink::new(kind, key(HOST, 3), "mv5".into(), Place::Known(TEST1));
    let facts = build(&host(), &[Request::Create(Box::new(new))]).unwrap().facts;
    let other = after(&facts, key(TEST1, 8), |link| link.alt_names = vec!["mv5".into()]);
    assert_eq!(other, ["onvlan in test1 has the alternative name mv5 now"]);
    let sibling = after(&facts, key(TEST1, 8), |link| {
        link.parent.as_mut().unwrap().ifindex = 3;
    });
    assert_eq!(sibling, ["onvlan in test1 was made on ens8 in host"]);
    let mut topology = host();
    topology.apply(Change::NetnsGone(TEST1));
    let gone = changed_since(&topology, &facts);
    assert!(gone.contains(&"the namespace with cookie 20 is gone".to_owned()), "{gone:?}");
}
