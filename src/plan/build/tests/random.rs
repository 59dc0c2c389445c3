//! Random requests on random hosts: a plan, done and undone in simulation, leaves nothing behind.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::fixture::{address, key, link, mount, netns};
use crate::model::{
    Address, Change, Link, LinkFlags, LinkKey, LinkKind, Macvlan, MacvlanFlags, Mode, NetnsId,
    Parent, Topology, Vlan,
};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Op, Place, Plan, Request, build, simulate};

const NETNS: [NetnsId; 4] =
    [NetnsId::Cookie(1), NetnsId::Cookie(2), NetnsId::Cookie(3), NetnsId::Cookie(4)];
const NAMES: [&str; 4] = ["host", "a", "b", "c d"];
/// Two cards, a VLAN on the first, and a card in a namespace that may die.
const PARENTS: [(usize, u32); 4] = [(0, 3), (0, 4), (0, 5), (1, 3)];
/// Where random sub-interfaces begin.
const FIRST: u32 = 10;

/// Random numbers from which a sub-interface or a request is made.
type Dice = [u8; 8];

fn parent_of(number: u8) -> LinkKey {
    let (netns, ifindex) = PARENTS[usize::from(number) % PARENTS.len()];
    key(NETNS[netns], ifindex)
}

fn below(parent: LinkKey) -> Parent {
    Parent { ifindex: parent.ifindex, netns: Some(parent.netns), nsid: None, sysfs_lower: None }
}

fn mac(numbers: [u8; 2]) -> crate::model::MacAddr {
    [2, 7, 7, 7, numbers[0], numbers[1]].into()
}

fn host(children: &[Dice]) -> Topology {
    let mut host = Topology::default();
    for (id, name) in NETNS.into_iter().zip(NAMES) {
        let mut netns = netns(id, vec![mount(&format!("/run/netns/{name}"))]);
        (netns.root, netns.current) = (name == "host", name == "host");
        host.apply(Change::Netns(netns));
        let lo = Link {
            mac: None,
            mtu: 65536,
            flags: LinkFlags(if name == "b" { 0x49 } else { 0x8 }),
            ..link(id, 1, "lo", LinkKind::Loopback)
        };
        host.apply(Change::Link(Box::new(lo)));
    }
    for (netns, ifindex) in PARENTS {
        let at = key(NETNS[netns], ifindex);
        let mut card = link(at.netns, ifindex, &format!("p{ifindex}"), LinkKind::Device);
        if ifindex == 5 {
            card.kind = LinkKind::Vlan(Vlan::new(50));
            card.parent = Some(below(key(NETNS[0], 3)));
            card.mac = host.link(key(NETNS[0], 3)).unwrap().mac;
        }
        card.addresses.push(address("10.0.0.1/24"));
        host.apply(Change::Link(Box::new(card)));
    }
    for (i, dice) in (0..).zip(children) {
        add_child(&mut host, i, *dice);
    }
    host
}

fn add_child(host: &mut Topology, i: u8, dice: Dice) {
    let parent = host.link(parent_of(dice[0])).unwrap().clone();
    let mode = Mode::ALL[usize::from(dice[1]) % 5];
    let passthru = |link: &Link| link.macvlan().is_some_and(|own| own.mode == Mode::Passthru);
    let siblings: Vec<bool> = host
        .children_of(parent.key)
        .filter(|child| child.macvlan().is_some())
        .map(passthru)
        .collect();
    if siblings.contains(&true) || (mode == Mode::Passthru && !siblings.is_empty()) {
        return;
    }
    let macvlan = Macvlan {
        mode,
        flags: MacvlanFlags::default()
            .with(MacvlanFlags::NODST, mode == Mode::Source && dice[2] > 99),
        bc_queue_len: Some(if dice[3] > 200 { 0 } else { 1000 }),
        bc_queue_len_used: None,
        bc_cutoff: 1,
        sources: if mode == Mode::Source { vec![mac([9, dice[2]])] } else { Vec::new() },
    };
    let id = NETNS[usize::from(dice[4]) % 4];
    let tap = dice[5] > 128;
    let kind = if tap { LinkKind::Macvtap(macvlan) } else { LinkKind::Macvlan(macvlan) };
    let name = format!("mv{i}");
    let mut child = link(id, FIRST + u32::from(i), &name, kind);
    child.mac = if mode == Mode::Passthru { parent.mac } else { Some(mac([i, 0])) };
    child.mtu = if dice[6] > 128 { 1400 } else { 1500 };
    child.flags = LinkFlags(0x1002).with_up(dice[7] > 60);
    child.parent = Some(below(parent.key));
    child.addresses = vec![address(&format!("10.1.{i}.1/24"))];
    if child.flags.is_up() {
        child.addresses.push(address(&format!("2001:db8:{i}::1/64")));
    }
    child.alias = dice[6].is_multiple_of(2).then(|| "it's $(mine)".into());
    host.apply(Change::Link(Box::new(child)));
}

fn request(host: &Topology, dice: Dice) -> Request {
    let links: Vec<LinkKey> = host.links().map(|link| link.key).collect();
    let link = links[usize::from(dice[0]) % links.len()];
    let place = match dice[1] % 6 {
        4 | 5 => Place::New("fresh".into()),
        known => Place::Known(NETNS[usize::from(known)]),
    };
    match dice[2] % 24 {
        0..=2 => Request::Delete(link),
        3 => Request::DeleteNetns(NETNS[usize::from(dice[1]) % 4]),
        4 => Request::CreateNetns("fresh".into()),
        5..=9 => Request::Create(Box::new(wanted(dice, place))),
        _ => {
            let edits = dice[3..].iter().map(|kind| edit(*kind, dice, &place)).collect();
            Request::Edit { link, edits }
        }
    }
}

fn wanted(dice: Dice, place: Place) -> NewLink {
    let mut part = NewMacvlan::new(Mode::ALL[usize::from(dice[3]) % 5]);
    part.bc_cutoff = (dice[4] > 200).then_some(7);
    part.bc_queue_len = (dice[5] > 200).then_some(0);
    NewLink {
        kind: match dice[6] % 3 {
            0 => NewKind::Macvlan(part),
            1 => NewKind::Macvtap(part),
            _ => NewKind::Vlan(Vlan::new(u16::from(dice[7]))),
        },
        parent: parent_of(dice[4]),
        name: format!("n{}", dice[5] % 4).as_str().into(),
        netns: place,
        ifindex: None,
        mac: dice[7].is_multiple_of(3).then(|| mac([dice[7], 1])),
        mtu: (dice[6] > 128).then_some(1300),
        alias: (dice[5] > 128).then(|| "new".into()),
        addresses: vec![address("10.2.0.1/24"), address("2001:db8::2/64")],
        up: dice[3] > 128,
    }
}

fn edit(kind: u8, dice: Dice, place: &Place) -> Edit {
    let source = mac([9, dice[4]]);
    match kind % 20 {
        0..=2 => Edit::Mode(Mode::ALL[usize::from(dice[1]) % 5]),
        3 => Edit::Flag { bit: MacvlanFlags::NODST, on: dice[1] > 128 },
        4 => Edit::Flag { bit: MacvlanFlags::NOPROMISC, on: dice[1] > 128 },
        5 => Edit::BcQueueLen(u32::from(dice[3])),
        6 => Edit::BcCutoff(i32::from(dice[3])),
        7 => Edit::AddSource(source),
        8 => Edit::RemoveSource(source),
        9 => Edit::SetSources(vec![source, mac([9, dice[5]])]),
        10 => Edit::Name(format!("r{}", dice[6] % 4).as_str().into()),
        11 => Edit::Alias((dice[7] > 128).then(|| "alias".into())),
        12 => Edit::Mac(mac([dice[3], dice[5]])),
        13 => Edit::Mtu([1000, 1279, 1280, 1450][usize::from(dice[4]) % 4]),
        14 | 15 => Edit::Up(dice[6] > 128),
        16 => Edit::AddAddress(address("10.3.0.1/16")),
        17 => Edit::RemoveAddress(address("10.0.0.1/24")),
        _ => Edit::Netns(place.clone()),
    }
}

/// Every link in words that do not depend on indexes, which nobody can choose for a moved link;
/// without a bclim that was said to be lost.
fn described(topology: &Topology, lost: &[String]) -> BTreeMap<String, String> {
    let line = |link: &Link| {
        let mut kind = link.kind.clone();
        if let LinkKind::Macvlan(part) | LinkKind::Macvtap(part) = &mut kind {
            part.bc_queue_len_used = None;
            let parent = topology.parent_of(link).unwrap();
            if lost.contains(&format!("bclim of {}", topology.describe(parent.key))) {
                part.bc_cutoff = 0;
            }
        }
        let mut addresses: Vec<String> = link.addresses.iter().map(Address::cidr).collect();
        addresses.sort();
        let parent = topology.parent_of(link).map(|parent| topology.describe(parent.key));
        let Link { mac, mtu, alias, .. } = link;
        let up = link.flags.is_up();
        format!("{kind:?} {mac:?} {mtu} {alias:?} {addresses:?} {parent:?} {up}")
    };
    topology.links().map(|link| (topology.describe(link.key), line(link))).collect()
}

fn simulate(topology: &mut Topology, ops: impl IntoIterator<Item = Op>) {
    for op in ops {
        simulate::apply(topology, &op);
    }
}

fn undone(plan: &Plan) -> impl Iterator<Item = Op> {
    plan.steps.iter().rev().flat_map(|step| step.undo.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_plan_done_and_undone_leaves_nothing_behind(
        children in proptest::collection::vec(any::<Dice>(), 0..8),
        requests in proptest::collection::vec(any::<Dice>(), 1..4),
    ) {
        let host = host(&children);
        let requests: Vec<_> = requests.into_iter().map(|dice| request(&host, dice)).collect();
        let Ok(plan) = build(&host, &requests) else { return Ok(()) };
        let mut after = host.clone();
        simulate(&mut after, plan.steps.iter().map(|step| step.op.clone()));
        simulate(&mut after, undone(&plan));
        let mut before = described(&host, &plan.lost);
        before.retain(|link, _| !plan.lost.contains(link));
        prop_assert_eq!(described(&after, &plan.lost), before, "{:#?}", plan);
    }

    #[test]
    fn every_step_has_a_command_and_an_undo_with_as_many_commands(
        children in proptest::collection::vec(any::<Dice>(), 0..8),
        requests in proptest::collection::vec(any::<Dice>(), 1..4),
    ) {
        let host = host(&children);
        let requests: Vec<_> = requests.into_iter().map(|dice| request(&host, dice)).collect();
        let Ok(plan) = build(&host, &requests) else { return Ok(()) };
        prop_assert!(!plan.title.is_empty() && !plan.summary.is_empty());
        for step in &plan.steps {
            prop_assert!(step.command.contains("ip "), "{:#?}", plan);
            prop_assert_eq!(step.undo.len(), step.undo_commands.len());
            prop_assert!(step.undo_commands.iter().all(|line| line.contains("ip ")), "{:#?}", plan);
        }
        let sorted = plan.impact.windows(2).all(|two| two[0].weight <= two[1].weight);
        prop_assert!(sorted);
    }
}
