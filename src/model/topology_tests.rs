//! Look-ups and news, on the small host of the fixture.

use super::super::fixture::{C2, HOST, TEST1, child, host, key, mount, netns};
use super::super::{Change, LinkKind, Mode, Problem, ProblemSource, Topology, What};

fn names<'a>(links: impl Iterator<Item = &'a super::Link>) -> Vec<String> {
    let mut names: Vec<_> = links.map(|link| link.name.to_string()).collect();
    names.sort();
    names
}

#[test]
fn a_parent_finds_its_children_in_every_namespace() {
    let topology = host();
    let children = names(topology.children_of(key(HOST, 3)));
    assert_eq!(children, ["eth0", "eth0", "macvlan1", "macvlan1"]);
    let child = topology.link(key(C2, 2)).unwrap();
    assert_eq!(topology.parent_of(child).unwrap().name, "ens8".into());
}

#[test]
fn equal_labels_are_told_apart() {
    let mut topology = host();
    assert_eq!(topology.label(TEST1), "test1");
    let twin = super::NetnsId::Cookie(77);
    topology.apply(Change::Netns(netns(twin, vec![mount("/srv/test1")])));
    assert_eq!(topology.label(TEST1), "test1 [4026532020]");
    assert_eq!(topology.label(twin), "test1 [4026532077]");
    topology.apply(Change::NetnsGone(twin));
    assert_eq!(topology.label(TEST1), "test1");
}

#[test]
fn a_dead_namespace_takes_its_links_along() {
    let mut topology = host();
    let told = topology.apply(Change::NetnsGone(C2));
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|happening| happening.what == What::Gone));
    assert_eq!(told[0].link.as_ref().unwrap().parent.as_deref(), Some("ens8 in host"));
    assert_eq!(names(topology.children_of(key(HOST, 3))), ["eth0", "macvlan1", "macvlan1"]);
}

#[test]
fn a_new_reading_tells_only_what_differs() {
    let mut topology = host();
    let mut link = topology.link(key(C2, 2)).unwrap().clone();
    assert_eq!(topology.apply(Change::Link(Box::new(link.clone()))), []);
    let LinkKind::Macvlan(macvlan) = &mut link.kind else { panic!("a macvlan") };
    macvlan.mode = Mode::Bridge;
    let told = topology.apply(Change::Link(Box::new(link)));
    let [happening] = &told[..] else { panic!("one happening, not {told:?}") };
    let What::Changed(list) = &happening.what else { panic!("a change") };
    assert_eq!((list[0].field, &*list[0].from, &*list[0].to), ("mode", "vepa", "bridge"));
}

#[test]
fn a_moved_parent_changes_sides() {
    let mut topology = host();
    let moved = child(C2, 2, "eth0", Mode::Vepa, key(HOST, 4));
    topology.apply(Change::Link(Box::new(moved)));
    assert_eq!(names(topology.children_of(key(HOST, 4))), ["eth0", "tap0"]);
    assert_eq!(names(topology.children_of(key(HOST, 3))), ["eth0", "macvlan1", "macvlan1"]);
}

#[test]
fn links_of_an_unknown_namespace_are_not_invented() {
    let mut topology = Topology::default();
    let orphan = child(C2, 2, "eth0", Mode::Vepa, key(HOST, 3));
    assert_eq!(topology.apply(Change::Link(Box::new(orphan))), []);
    assert_eq!(topology.links().count(), 0);
}

#[test]
fn a_parent_that_is_gone_first_is_still_called_by_its_name() {
    let mut topology = host();
    let parent = topology.link(key(HOST, 3)).unwrap().clone();
    let children: Vec<_> = topology.children_of(parent.key).map(|child| child.key).collect();
    topology.apply(Change::LinkGone(parent.key));
    let moved = child(C2, 2, "eth0", Mode::Vepa, key(HOST, 4));
    let told = topology.apply(Change::Link(Box::new(moved)));
    let What::Changed(list) = &told[0].what else { panic!("a change, not {told:?}") };
    let told_of = |field| list.iter().find(|difference| difference.field == field).unwrap();
    assert_eq!(told_of("parent").from, "ens8 in host");
    for child in children.into_iter().filter(|child| *child != key(C2, 2)) {
        let told = topology.apply(Change::LinkGone(child));
        assert_eq!(told[0].link.as_ref().unwrap().parent.as_deref(), Some("ens8 in host"));
    }
    assert_eq!(topology.describe(parent.key), "interface 3 in host", "nobody speaks of it");
}

#[test]
fn what_was_not_seen_is_told_first() {
    let mut topology = host();
    for (source, incomplete) in [(ProblemSource::Ability, false), (ProblemSource::Closed, true)] {
        let list = vec![Problem { what: format!("{source:?}"), why: "x".into(), incomplete }];
        topology.apply(Change::Problems { source, list });
    }
    let told: Vec<_> = topology.problems().map(|problem| &*problem.what).collect();
    assert_eq!(told, ["Closed", "Ability"]);
}
