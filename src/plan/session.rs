//! The rope that one hangs on: whether a plan touches what carries the operator's own connection.
//!
//! The plan is simulated step by step, and what carries the connection is compared with what it was
//! before; so that an effect through a parent, a port or a passthru sub-interface is seen like one
//! that was asked for.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::simulate::{self, is_passthru};
use super::{Op, Plan};
use crate::model::{Link, LinkKey, LinkKind, MacAddr, NetnsId, Topology};

/// The connection through which the operator works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Where the operator sits.
    pub client: IpAddr,
    /// The address of this host that the connection ends at.
    pub server: IpAddr,
    /// The namespace in which the server listens.
    pub netns: NetnsId,
    /// The link that the route to the client leaves through; `None` when the kernel was not asked.
    pub oif: Option<u32>,
}

/// In a sentence without a full stop, how the plan may cut the connection; `None` if it leaves
/// alone all that carries it.
pub fn danger(topology: &Topology, plan: &Plan, session: &Session) -> Option<String> {
    let carriers = carriers(topology, session);
    let mut after = topology.clone();
    for step in &plan.steps {
        let before = after.clone();
        simulate::apply(&mut after, &step.op);
        let hurt = carriers.iter().find_map(|key| {
            let (old, new) = (before.link(*key)?, after.link(*key));
            let how = harm(&before, &after, old, new, session)?;
            Some(format!(
                "your own connection from {} runs through {}, {how}",
                session.client,
                topology.describe(*key)
            ))
        });
        let gone = || {
            let Op::DeleteNetns { .. } = step.op else { return None };
            after.namespace(session.netns).is_none().then(|| {
                format!("your own connection from {} ends in this namespace", session.client)
            })
        };
        if let Some(sentence) = hurt.or_else(gone) {
            return Some(sentence);
        }
    }
    None
}

/// The link that the connection comes in through, and everything below that its frames pass.
fn carriers(topology: &Topology, session: &Session) -> BTreeSet<LinkKey> {
    let by_route = session.oif.map(|ifindex| LinkKey { netns: session.netns, ifindex });
    let by_address = topology.namespace(session.netns).and_then(|namespace| {
        let has = |link: &&Link| link.addresses.iter().any(|own| own.ip == session.server);
        namespace.links().find(has).map(|link| link.key)
    });
    let mut found = BTreeSet::new();
    let mut pending: Vec<LinkKey> = by_route.into_iter().chain(by_address).collect();
    while let Some(key) = pending.pop() {
        let Some(link) = topology.link(key).filter(|_| found.insert(key)) else { continue };
        pending.extend(topology.parent_of(link).map(|parent| parent.key));
        pending.extend(topology.ports_of(key).map(|port| port.key));
        // Frames leave a pair at its other end, through the bridge that this is a port of.
        if let Some(peer) = topology.peer_of(link) {
            pending.push(peer.key);
            pending.extend(peer.master.map(|ifindex| LinkKey { netns: peer.key.netns, ifindex }));
        }
    }
    found
}

fn harm(
    before: &Topology,
    after: &Topology,
    old: &Link,
    new: Option<&Link>,
    session: &Session,
) -> Option<String> {
    let Some(new) = new else {
        return Some("which is deleted or moved".into());
    };
    let mac = |mac: Option<MacAddr>| mac.map_or_else(|| "none".to_owned(), |mac| mac.to_string());
    if old.flags.is_up() && !new.flags.is_up() {
        return Some("which is set down".into());
    }
    if old.mac != new.mac {
        return Some(format!("whose MAC changes from {} to {}", mac(old.mac), mac(new.mac)));
    }
    if old.mtu != new.mtu {
        return Some(format!("whose MTU changes from {} to {}", old.mtu, new.mtu));
    }
    if old.master != new.master {
        return Some("which leaves its bridge or bond".into());
    }
    let has = |link: &Link| link.addresses.iter().any(|own| own.ip == session.server);
    if old.key.netns == session.netns && has(old) && !has(new) {
        return Some(format!("which loses the address {} that it ends at", session.server));
    }
    if transmission(old) != transmission(new) {
        return Some("which will receive and pass on other frames than before".into());
    }
    let taken =
        |topology: &Topology| topology.children_of(old.key).find(|c| is_passthru(c)).is_some();
    (taken(after) && !taken(before))
        .then(|| "whose frames a new passthru sub-interface takes for itself".into())
}

/// What decides which frames a link receives and passes on.
fn transmission(link: &Link) -> LinkKind {
    let mut kind = link.kind.clone();
    if let LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) = &mut kind {
        macvlan.bc_cutoff = 1;
        macvlan.bc_queue_len = None;
        // A queue may grow or shrink; none at all means no broadcasts, and so no ARP.
        let none = macvlan.bc_queue_len_used == Some(0);
        macvlan.bc_queue_len_used = none.then_some(0);
    }
    kind
}

#[cfg(test)]
mod tests {
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
        danger(topology, &plan, session)
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
        let passthru = NewLink {
            kind: NewKind::Macvtap(NewMacvlan::new(Mode::Passthru)),
            parent: key(HOST, 20),
            name: "tap7".into(),
            netns: Place::Known(HOST),
            ifindex: None,
            mac: None,
            mtu: None,
            alias: None,
            addresses: Vec::new(),
            up: false,
        };
        let session = Session { oif: Some(20), ..direct() };
        let said = says(&host, &session, Request::Create(Box::new(passthru))).unwrap();
        assert!(
            said.ends_with("whose frames a new passthru sub-interface takes for itself"),
            "{said}"
        );
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
        assert!(
            mode.ends_with("which will receive and pass on other frames than before"),
            "{mode}"
        );
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
}
