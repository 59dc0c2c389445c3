//! Every claim of every card, and every frame of its figures, beside what `reach` finds on a parent that
//! is a bridge's port, with a machine on that bridge.

use super::*;
use crate::model::fixture::{HOST, TEST1, changes, child, key, link};
use crate::model::{BridgePort, Change, LinkKind, MacAddr, NetnsId, Parent, Text, Topology};
use crate::reach::{self, Cast, Endpoint, Reason, Station, Verdict, lost_at, stations};

const PARENT: u32 = 3;
const PORT: u32 = 30;
const BRIDGE: u32 = 31;
const WIRE: NetnsId = TEST1;
/// The interface of the card's mode, and its siblings in the order of [`Mode::ALL`].
const THIS: u32 = 10;
const SIBLINGS: u32 = 11;

fn mac(ifindex: u32) -> MacAddr {
    [2, 0x42, 0xc0, 0, 0, u8::try_from(ifindex).unwrap()].into()
}

/// An interface in this mode with siblings in those of the claims; source lists name everybody or nobody.
fn host(card: &Card, switch: Switch, listed: bool) -> Topology {
    let peer = |netns, ifindex| {
        Some(Parent { ifindex, netns: Some(netns), nsid: None, sysfs_lower: None })
    };
    let mut up = link(HOST, PARENT, "ens8", LinkKind::Veth);
    up.peer = peer(WIRE, PORT);
    let mut port = link(WIRE, PORT, "to-ens8", LinkKind::Veth);
    port.peer = peer(HOST, PARENT);
    port.master = Some(BRIDGE);
    let hairpin = switch == Switch::Reflective;
    port.bridge_port = Some(BridgePort { hairpin, ..BridgePort::default() });
    let bridge = link(WIRE, BRIDGE, "sw0", LinkKind::Other("bridge".into()));
    let children = card.claims.iter().filter_map(|claim| match claim.other {
        Other::Sibling(mode) => Some((ifindex_of(claim.other), mode)),
        Other::Host | Other::Outside => None,
    });
    let children = children.chain([(THIS, card.mode)]).map(|(ifindex, mode)| {
        let mut child = child(HOST, ifindex, "mv", mode, key(HOST, PARENT));
        if listed && mode == Mode::Source {
            let everybody = [THIS, PARENT, BRIDGE].into_iter().chain(SIBLINGS..SIBLINGS + 5);
            child.macvlan_mut().unwrap().sources.extend(everybody.map(mac));
        }
        child
    });
    let mut links: Vec<_> = children.chain([up]).collect();
    let mut wire = vec![port, bridge];
    for link in links.iter_mut().chain(&mut wire) {
        link.mac = Some(mac(link.key.ifindex));
    }
    if card.mode == Mode::Passthru {
        for link in &mut links {
            link.mac = Some(mac(PARENT));
        }
    }
    let mut topology = crate::model::fixture::host();
    topology.apply(Change::Contents { netns: HOST, links });
    topology.apply(Change::Contents { netns: WIRE, links: wire });
    topology
}

fn ifindex_of(other: Other) -> u32 {
    match other {
        Other::Sibling(mode) => {
            let at = Mode::ALL.iter().position(|known| *known == mode).unwrap();
            SIBLINGS + u32::try_from(at).unwrap()
        }
        Other::Host => PARENT,
        Other::Outside => BRIDGE,
    }
}

fn end(other: Other) -> Endpoint {
    let netns = if other == Other::Outside { WIRE } else { HOST };
    Endpoint::Link(key(netns, ifindex_of(other)))
}

const ME: Endpoint = Endpoint::Link(key_of(THIS));

const fn key_of(ifindex: u32) -> crate::model::LinkKey {
    crate::model::LinkKey { netns: HOST, ifindex }
}

/// Which frames pass, as cards have it.
fn found(card: &Card, switch: Switch, [from, to]: [Endpoint; 2]) -> Passes {
    let arrives = |listed| {
        let topology = host(card, switch, listed);
        [Cast::Unicast, Cast::Broadcast]
            .map(|cast| reach::way(&topology, from, to, cast, Switch::Normal).arrives())
    };
    match (arrives(false), arrives(true)) {
        ([false, false], [false, false]) => Passes::Nothing,
        ([true, true], [true, true]) => Passes::All,
        ([true, false], [true, false]) => Passes::NoArp,
        ([false, false], [true, true]) => Passes::Listed,
        other => panic!("{from:?} to {to:?}: {other:?} has no word"),
    }
}

#[test]
fn there_is_a_card_for_every_mode() {
    assert_eq!(CARDS.each_ref().map(|card| card.mode), Mode::ALL);
    for mode in Mode::ALL {
        assert_eq!(Card::of(mode).unwrap().mode, mode);
    }
    assert!(Card::of(Mode::Unknown(32)).is_none());
}

#[test]
fn every_claim_is_what_reach_finds() {
    for card in &CARDS {
        for claim in card.claims {
            for switch in [Switch::Normal, Switch::Reflective] {
                let other = end(claim.other);
                let ways = [[ME, other], [other, ME]].map(|ends| found(card, switch, ends));
                let told = format!("{} and {:?}, {switch:?}", card.mode, claim.other);
                assert_eq!(claim.under(switch), ways, "{told}");
            }
        }
    }
}

#[test]
fn every_other_mode_host_and_outside_have_a_claim() {
    for card in &CARDS {
        let mut wanted = Vec::new();
        if card.mode != Mode::Passthru {
            let modes = Mode::ALL.into_iter().filter(|mode| *mode != Mode::Passthru);
            wanted.extend(modes.map(Other::Sibling));
        }
        wanted.extend([Other::Host, Other::Outside]);
        let claimed: Vec<_> = card.claims.iter().map(|claim| claim.other).collect();
        assert_eq!(claimed, wanted, "{}", card.mode);
    }
}

#[test]
fn a_ping_works_where_the_legend_says() {
    let all = |passes, listed| match passes {
        Passes::All => true,
        Passes::Listed => listed,
        Passes::Nothing | Passes::NoArp => false,
    };
    for card in &CARDS {
        for (claim, switch, listed) in card.claims.iter().flat_map(|claim| {
            [Switch::Normal, Switch::Reflective]
                .into_iter()
                .flat_map(move |switch| [false, true].map(|listed| (claim, switch, listed)))
        }) {
            let topology = host(card, switch, listed);
            let [to, from] = claim.under(switch);
            for ((there, back), ends) in
                [((to, from), [ME, end(claim.other)]), ((from, to), [end(claim.other), ME])]
            {
                let verdict = Verdict::between(&topology, ends[0], ends[1], Switch::Normal, None);
                let is_back = back == Passes::NoArp || all(back, listed);
                let expected = all(there, listed) && is_back;
                assert_eq!(verdict.frames_pass(), expected, "{} {ends:?}", card.mode);
            }
        }
    }
}

/// What becomes of a frame of a figure, and where.
fn fate(card: &Card, switch: Switch, other: Other) -> Fate {
    let ends = match card.motion {
        Motion::Sends => [ME, end(other)],
        Motion::Receives => [end(other), ME],
    };
    let follow = |listed| {
        let topology = host(card, switch, listed);
        let way = reach::way(&topology, ends[0], ends[1], Cast::Broadcast, Switch::Normal);
        let stations = stations(&topology, ends[0], ends[1]);
        (way, lost_at(&way, &stations).map(|at| stations[at]))
    };
    let parent = Some(Station::Lower(key_of(PARENT)));
    match (follow(false), follow(true)) {
        ((way, None), (_, None)) if way.direct => Fate::Direct,
        ((_, None), (_, None)) => Fate::Arrives,
        ((way, lost), (_, None)) if lost == parent => {
            assert!(matches!(way.lost, Some(Reason::NotListed(_))));
            Fate::Listed
        }
        ((_, Some(Station::Switch)), (_, Some(Station::Switch))) => Fate::AtSwitch,
        ((_, lost), (_, still)) if lost == parent && still == parent => Fate::AtParent,
        other => panic!("{}: {other:?} can't be drawn", card.mode),
    }
}

#[test]
fn every_frame_of_a_figure_ends_where_reach_loses_it() {
    for card in &CARDS {
        for switch in [Switch::Normal, Switch::Reflective] {
            for (other, drawn) in card.fates(switch) {
                assert_eq!(drawn, fate(card, switch, other), "{} {other:?} {switch:?}", card.mode);
            }
        }
    }
}

#[test]
fn a_figure_draws_a_head_or_a_sign_for_every_frame() {
    for card in &CARDS {
        for switch in [Switch::Normal, Switch::Reflective] {
            let lines = figure(card, switch);
            let count =
                |sign: &[char]| lines.iter().map(|line| line.matches(sign).count()).sum::<usize>();
            let fates = card.fates(switch);
            let with =
                |wanted: &[Fate]| fates.iter().filter(|(_, fate)| wanted.contains(fate)).count();
            let lost = with(&[Fate::AtSwitch, Fate::AtParent]);
            assert_eq!(count(&['✗']), lost, "{}", card.mode);
            assert_eq!(count(&['▲', '▼']), fates.len() - lost, "{}", card.mode);
            assert_eq!(count(&['?']), with(&[Fate::Listed]), "{}", card.mode);
        }
    }
}

#[test]
fn a_card_fits_a_narrow_screen_and_has_a_sign_for_every_terminal() {
    for card in &CARDS {
        let figures = [Switch::Normal, Switch::Reflective].map(|switch| figure(card, switch));
        for lines in &figures {
            assert_eq!(lines.len(), HEIGHT);
        }
        let texts =
            [card.caption, card.cost, card.needs, card.used_for, &legend(card)].map(str::to_owned);
        for line in texts.iter().chain(&table(card)).chain(figures.iter().flatten()) {
            let spelled = ascii(line);
            assert!(spelled.is_ascii(), "{spelled}");
            assert_eq!(spelled.chars().count(), line.chars().count());
        }
        for line in table(card).iter().chain(figures.iter().flatten()) {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}

#[test]
fn passthru_gets_what_is_for_the_host() {
    let card = Card::of(Mode::Passthru).unwrap();
    assert!(card.cost.contains("go to this one instead"));
    let topology = host(card, Switch::Normal, false);
    let ends = [end(Other::Outside), end(Other::Host)];
    let way = reach::way(&topology, ends[0], ends[1], Cast::Unicast, Switch::Normal);
    assert_eq!(way.lost, Some(Reason::TakenByPassthru(key_of(THIS))));
}

#[test]
fn nodst_takes_the_copies_that_source_mode_makes() {
    let card = Card::of(Mode::Source).unwrap();
    assert!(card.cost.contains("unless nodst is set"));
    let ends = [end(Other::Sibling(Mode::Vepa)), end(Other::Host)];
    for (flags, arrives) in [(0, true), (crate::model::MacvlanFlags::NODST, false)] {
        let mut topology = host(card, Switch::Reflective, true);
        let mut this = topology.link(key_of(THIS)).unwrap().clone();
        this.macvlan_mut().unwrap().flags.0 = flags;
        topology.apply(Change::Link(Box::new(this)));
        let way = reach::way(&topology, ends[0], ends[1], Cast::Unicast, Switch::Normal);
        assert_eq!(way.arrives(), arrives);
    }
}

#[test]
fn commands_have_the_names_of_the_row_quoted_for_a_shell() {
    let mut topology = Topology::default();
    for change in changes() {
        topology.apply(change);
    }
    let generic = commands(&topology, None, Mode::Vepa);
    assert_eq!(
        generic,
        [
            Ok("ip link add link ens8 name macvlan1 type macvlan mode vepa".to_owned()),
            Ok("ip link set dev macvlan1 type macvlan mode vepa".to_owned()),
        ]
    );
    assert!(commands(&topology, None, Mode::Passthru)[1].is_err());
    let mut odd = topology.link(key(HOST, 7)).unwrap().clone();
    odd.name = Text::from("mv; reboot");
    topology.apply(Change::Link(Box::new(odd)));
    let subject = Subject::Link(key(HOST, 7));
    let of = |mode| commands(&topology, Some(&subject), mode);
    assert_eq!(
        of(Mode::Private),
        [
            Ok("ip link add link ens8 name 'mv; reboot' type macvlan mode private".to_owned()),
            Ok("ip link set dev 'mv; reboot' type macvlan mode private".to_owned()),
        ]
    );
    assert_eq!(of(Mode::Bridge)[1], Err("mv; reboot in host is in this mode.".to_owned()));
    let refused = of(Mode::Passthru)[1].clone().unwrap_err();
    assert!(refused.contains("passthru"), "{refused}");
}
