//! Which plans cut the operator off, and which of those undoing mends.

use super::*;
use crate::lint::fixture::host;
use crate::model::fixture::{C2, HOST, TEST1, address, key, link};
use crate::model::{Change, Mode, Parent};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Request, build};

/// A connection to the host's own address on ens8.
fn direct() -> Session {
    Session {
        client: "198.51.100.7".parse().unwrap(),
        server: "10.0.0.5".parse().unwrap(),
        netns: HOST,
        oif: Some(3),
    }
}

fn says(topology: &Topology, session: &Session, request: Request) -> Option<String> {
    let plan = build(topology, &[request]).unwrap_or_else(|refusal| panic!("{refusal}"));
    danger(topology, &plan, session).map(|danger| danger.how)
}

fn edit(ifindex: u32, edit: Edit) -> Request {
    Request::Edit { link: key(HOST, ifindex), edits: vec![edit] }
}

#[test]
fn every_way_to_cut_the_link_itself_is_seen() {
    let host = host();
    let through = "your own connection from 198.51.100.7 runs through ens8 in host, ";
    let cuts = [
        (Edit::Up(false), "which is set down"),
        (
            Edit::Mac([2, 0, 0, 0, 0, 9].into()),
            "whose MAC changes from 52:54:00:00:00:03 to 02:00:00:00:00:09",
        ),
        (Edit::Mtu(1400), "whose MTU changes from 1500 to 1400"),
        (Edit::Netns(Place::Known(TEST1)), "which is deleted or moved"),
        (
            Edit::RemoveAddress(address("10.0.0.5/24")),
            "which loses the address 10.0.0.5 that it ends at",
        ),
    ];
    for (cut, how) in cuts {
        let said = says(&host, &direct(), edit(3, cut));
        assert_eq!(said, Some(format!("{through}{how}")));
    }
    let harmless = [
        edit(3, Edit::Alias(Some("uplink".into()))),
        edit(3, Edit::AddAddress(address("10.0.0.6/24"))),
        edit(7, Edit::Mode(Mode::Private)),
        edit(7, Edit::Up(false)),
        Request::Delete(key(C2, 2)),
    ];
    for request in harmless {
        assert_eq!(says(&host, &direct(), request.clone()), None, "{request:?}");
    }
}

#[test]
fn a_new_passthru_sub_interface_takes_the_frames_of_what_carries_the_connection() {
    let mut host = host();
    let eth = link(HOST, 20, "eth20", crate::model::LinkKind::Device);
    host.apply(Change::Link(Box::new(eth)));
    let kind = NewKind::Macvtap(NewMacvlan::new(Mode::Passthru));
    let passthru = NewLink::new(kind, key(HOST, 20), "tap7".into(), Place::Known(HOST));
    let session = Session { oif: Some(20), ..direct() };
    let said = says(&host, &session, Request::Create(Box::new(passthru))).unwrap();
    assert!(said.ends_with("whose frames a new passthru sub-interface takes for itself"), "{said}");
}

#[test]
fn the_connection_is_followed_through_every_kind_of_parent() {
    let mut host = host();
    let on = |ifindex| Parent { ifindex, netns: Some(HOST), nsid: None, sysfs_lower: None };
    let kind = |kind: &str| crate::model::LinkKind::Other(kind.into());
    // macvlan 30 on VLAN 31 on bond 32 of cards 33 and 34; bridge 35 with port 36.
    let mut mv = host.link(key(HOST, 7)).unwrap().clone();
    mv.key.ifindex = 30;
    mv.name = "mv30".into();
    mv.mac = Some([2, 0, 0, 0, 0, 30].into());
    mv.parent = Some(on(31));
    mv.addresses = vec![address("10.7.0.1/24")];
    let mut vlan =
        link(HOST, 31, "bond.5", crate::model::LinkKind::Vlan(crate::model::Vlan::new(5)));
    vlan.parent = Some(on(32));
    let mut links = vec![mv, vlan, link(HOST, 32, "bond", kind("bond"))];
    for (ifindex, name, master) in [(33, "p1", 32), (34, "p2", 32), (36, "p3", 35)] {
        let mut port = link(HOST, ifindex, name, crate::model::LinkKind::Device);
        port.master = Some(master);
        links.push(port);
    }
    links.push(link(HOST, 35, "br", kind("bridge")));
    for link in links {
        host.apply(Change::Link(Box::new(link)));
    }
    let session = Session { oif: None, server: "10.7.0.1".parse().unwrap(), ..direct() };
    for below in [30, 31, 32, 33, 34] {
        assert!(says(&host, &session, edit(below, Edit::Mtu(1280))).is_some(), "{below}");
    }
    for beside in [3, 35, 36] {
        assert_eq!(says(&host, &session, edit(beside, Edit::Mtu(1280))), None, "{beside}");
    }
    let mode = says(&host, &session, edit(30, Edit::Mode(Mode::Source))).unwrap();
    assert!(mode.ends_with("which will receive and pass on other frames than before"), "{mode}");
    let bridge = Session { oif: Some(35), ..direct() };
    assert!(says(&host, &bridge, edit(36, Edit::Up(false))).is_some());
}

#[test]
fn a_namespace_that_dies_takes_the_connection_with_it() {
    let host = host();
    let inside =
        Session { netns: TEST1, oif: None, server: "1.1.1.3".parse().unwrap(), ..direct() };
    let said = says(&host, &inside, Request::DeleteNetns(TEST1)).unwrap();
    assert!(said.contains("runs through macvlan1 in test1, which is deleted"), "{said}");
}

#[test]
fn undo_saves_a_connection_only_where_it_brings_back_all_that_carries_it() {
    let host = host();
    let neighbour = Session { client: "10.0.0.9".parse().unwrap(), ..direct() };
    let saved = |session: &Session, cut: &Edit| {
        let plan = build(&host, &[edit(3, cut.clone())]);
        let plan = plan.unwrap_or_else(|refusal| panic!("{refusal}"));
        danger(&host, &plan, session).expect("a danger").undo_saves
    };
    // The route through a gateway goes with the address and with the link that is down, and stays
    // away.
    for (cut, routes_stay) in [
        (Edit::Up(false), false),
        (Edit::Mac([2, 0, 0, 0, 0, 9].into()), true),
        (Edit::Mtu(1400), true),
        (Edit::Netns(Place::Known(TEST1)), false),
        (Edit::RemoveAddress(address("10.0.0.5/24")), false),
    ] {
        assert!(saved(&neighbour, &cut), "{cut:?}");
        assert_eq!(saved(&direct(), &cut), routes_stay, "{cut:?}");
    }
    // A pair dies with the namespace of its other end, and only the namespace comes back.
    let mut host = host.clone();
    let mut pair = link(HOST, 40, "pair", crate::model::LinkKind::Veth);
    pair.addresses = vec![address("10.7.0.1/24")];
    pair.peer = Some(Parent { ifindex: 41, netns: Some(TEST1), nsid: None, sysfs_lower: None });
    let mut peer = link(TEST1, 41, "peer", crate::model::LinkKind::Veth);
    peer.peer = Some(Parent { ifindex: 40, netns: Some(HOST), nsid: None, sysfs_lower: None });
    // A port that was moved away does not become a port again.
    let mut port = link(HOST, 42, "port", crate::model::LinkKind::Device);
    port.master = Some(43);
    let mut bridge = link(HOST, 43, "br", crate::model::LinkKind::Other("bridge".into()));
    bridge.addresses = vec![address("10.8.0.1/24")];
    for link in [pair, peer, port, bridge] {
        host.apply(Change::Link(Box::new(link)));
    }
    let moved = Edit::Netns(Place::Known(TEST1));
    for (server, cut) in [("10.7.0.1", Request::DeleteNetns(TEST1)), ("10.8.0.1", edit(42, moved))]
    {
        let session = Session { server: server.parse().unwrap(), oif: None, ..direct() };
        let plan = build(&host, &[cut]).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert!(plan.steps.iter().all(|step| !step.undo.is_empty()), "undone in part");
        assert!(!danger(&host, &plan, &session).expect("a danger").undo_saves, "{server}");
    }
}

#[test]
fn every_link_that_has_the_address_may_carry_the_connection() {
    let mut host = host();
    let mut twin = link(HOST, 44, "twin", crate::model::LinkKind::Device);
    twin.addresses = vec![address("10.0.0.5/32")];
    host.apply(Change::Link(Box::new(twin)));
    let session = Session { oif: None, ..direct() };
    for ifindex in [3, 44] {
        assert!(says(&host, &session, edit(ifindex, Edit::Up(false))).is_some(), "{ifindex}");
    }
}
