//! Every way to name a namespace or link, what is refused, and what is offered instead.

use super::*;
use crate::model::fixture::{
    self, C2, C3, HOST, TEST1, VM, host, key, link, mount, netns, process,
};
use crate::model::{Change, LinkKind};

/// Resolves in a world in which one path leads to TEST1's namespace.
fn resolve<T>(topology: &Topology, ask: impl FnOnce(&Resolver<'_>) -> T) -> T {
    let inode_of = |path: &[u8]| (path == b"/proc/self/fd/3").then_some(4_026_532_020);
    ask(&Resolver { topology, inode_of: &inode_of })
}

fn netns_of(topology: &Topology, text: &str) -> Result<NetnsId, Unresolved> {
    resolve(topology, |resolver| resolver.netns(text.as_bytes()))
}

fn link_of(topology: &Topology, text: &[u8]) -> Result<LinkKey, Unresolved> {
    resolve(topology, |resolver| resolver.link(text))
}

/// Every candidate resolves to something else than the others.
#[track_caller]
fn assert_usable(
    candidates: &[Candidate],
    count: usize,
    mut is_resolved: impl FnMut(&[u8]) -> bool,
) {
    assert_eq!(candidates.len(), count, "{candidates:?}");
    for candidate in candidates {
        assert!(is_resolved(&candidate.selector), "{candidate:?}");
    }
    let distinct: BTreeSet<_> = candidates.iter().map(|c| &c.selector).collect();
    assert_eq!(distinct.len(), count, "{candidates:?}");
}

#[test]
fn a_namespace_has_many_names() {
    let host = host();
    for (text, id) in [
        ("host", HOST),
        ("1", HOST),
        ("812", HOST),
        ("test1", TEST1),
        ("/run/netns/test1", TEST1),
        ("/proc/self/fd/3", TEST1),
        ("4026532020", TEST1),
        ("net:[4026532020]", TEST1),
        ("20", TEST1),
        ("centos1-2", C2),
        ("/run/docker/netns/centos1-2", C2),
        ("4151", C2),
        ("vm-build (4199)", VM),
    ] {
        assert_eq!(netns_of(&host, text), Ok(id), "{text}");
    }
    for text in ["", "/", "/run/netns", "net:[20]", "net:[+4026532020]", "+20", "4152", "-1"] {
        assert!(netns_of(&host, text).is_err(), "{text}");
    }
}

#[test]
fn a_link_is_looked_for_in_one_namespace_only() {
    let host = host();
    assert_eq!(link_of(&host, b"macvlan1"), Ok(key(HOST, 7)));
    assert_eq!(link_of(&host, b"test1/macvlan1"), Ok(key(TEST1, 7)));
    assert_eq!(link_of(&host, b"/run/netns/test1/macvlan1"), Ok(key(TEST1, 7)));
    assert_eq!(link_of(&host, b"vm-build (4199)/tap0"), Ok(key(VM, 2)));
    assert_eq!(link_of(&host, b"4160/mv9"), Ok(key(C3, 9)));
    for text in ["test1/ens8", "/macvlan1", "test1/", "", "7"] {
        assert!(link_of(&host, text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn an_unknown_link_is_looked_for_elsewhere() {
    let error = link_of(&host(), b"eth0").unwrap_err();
    assert_eq!((&*error.why, error.ambiguous), ("there is no link eth0 in host", false));
    let offered: Vec<_> =
        error.candidates.iter().map(|c| String::from_utf8_lossy(&c.selector)).collect();
    assert_eq!(offered, ["centos1-2/eth0", "centos1-3/eth0"]);
    let error = link_of(&host(), b"test1/macvlan2").unwrap_err();
    let meanings: Vec<_> = error.candidates.iter().map(|c| &*c.meaning).collect();
    assert_eq!(meanings, ["macvlan1 in test1"]);
    let error = netns_of(&host(), "centos").unwrap_err();
    let host = host();
    assert_usable(&error.candidates, 2, |way| resolve(&host, |r| r.netns(way)).is_ok());
}

#[test]
fn a_number_that_is_two_things_is_refused() {
    let mut host = host();
    // A process whose pid is the inode number of another namespace, and one that is its name.
    let holders = vec![process(4_151, "a"), process(20, "b"), mount("/run/netns/4160")];
    host.apply(Change::Netns(netns(NetnsId::Cookie(77), holders)));
    for text in ["4151", "20", "4160"] {
        let error = netns_of(&host, text).unwrap_err();
        assert!(error.ambiguous && error.why.contains(text), "{error:?}");
        assert_usable(&error.candidates, 2, |way| resolve(&host, |r| r.netns(way)).is_ok());
        let error = link_of(&host, format!("{text}/eth0").as_bytes()).unwrap_err();
        assert!(error.candidates.iter().all(|c| c.selector.ends_with(b"/eth0")), "{error:?}");
    }
}

#[test]
fn a_label_that_imitates_another_namespace_hides_nothing() {
    let mut host = host();
    let foreign = |path: &str| vec![Holder::Mount { path: path.into(), pid: Some(9) }];
    host.apply(Change::Netns(netns(NetnsId::Cookie(78), foreign("/tmp/test1"))));
    let error = netns_of(&host, "test1").unwrap_err();
    assert_usable(&error.candidates, 2, |way| resolve(&host, |r| r.netns(way)).is_ok());
    assert_eq!(netns_of(&host, "test1 [4026532020]"), Ok(TEST1));
    host.apply(Change::Netns(netns(NetnsId::Cookie(79), foreign("/tmp/net:[4026532020]"))));
    assert_eq!(netns_of(&host, "net:[4026532020]"), Ok(TEST1), "this form is the inode's alone");
}

#[test]
fn hostile_names_are_typed_as_they_are_printed_or_as_they_are() {
    let mut host = host();
    let mut evil = link(HOST, 50, "x", LinkKind::Device);
    evil.name = Text::from(&b"a\xff\x1b"[..]);
    evil.alt_names = vec!["other-name".into()];
    host.apply(Change::Link(Box::new(evil.clone())));
    for text in [&b"a\xff\x1b"[..], b"a\\xff\\u{1b}", b"other-name"] {
        assert_eq!(link_of(&host, text), Ok(key(HOST, 50)), "{text:?}");
    }
    // Now the bytes of one are what is printed of the other.
    let mut twin = link(HOST, 51, "x", LinkKind::Device);
    twin.name = "a\\xff\\u{1b}".into();
    evil.alt_names.clear();
    host.apply(Change::Link(Box::new(evil)));
    host.apply(Change::Link(Box::new(twin)));
    let error = link_of(&host, b"a\\xff\\u{1b}").unwrap_err();
    assert!(error.ambiguous);
    assert_usable(&error.candidates, 2, |way| link_of(&host, way).is_ok());
}

#[test]
fn only_names_of_ip_netns_can_be_deleted_as_such() {
    let mut host = host();
    let twice = vec![mount("/run/netns/first"), mount("/run/netns/second")];
    host.apply(Change::Netns(netns(NetnsId::Cookie(80), twice)));
    let named = |text: &str| resolve(&host, |resolver| resolver.named_netns(text.as_bytes()));
    assert_eq!(named("test1"), Ok(TEST1));
    assert_eq!(named("first"), Ok(NetnsId::Cookie(80)));
    for text in ["centos1-2", "4151", "host", "/run/netns/test1", "second", ""] {
        assert!(named(text).is_err(), "{text}");
    }
    assert!(named("second").unwrap_err().why.contains("first"));
}

#[test]
fn a_closed_namespace_says_so() {
    let mut host = host();
    let mut closed = netns(TEST1, vec![mount("/run/netns/test1")]);
    closed.view = View::Closed { why: "run with sudo".into() };
    host.apply(Change::Netns(closed));
    let error = link_of(&host, b"test1/macvlan1").unwrap_err();
    assert!(error.why.ends_with("as far as can be seen: run with sudo"), "{}", error.why);
}

fn network_of(topology: &Topology, text: &str) -> Result<String, Unresolved> {
    let found = resolve(topology, |resolver| resolver.network(text.as_bytes()))?;
    Ok(topology.network(found).expect("a network").network.id.to_string())
}

#[test]
fn a_network_is_called_by_name_id_and_engine() {
    let mut topology = host();
    for change in fixture::beliefs() {
        topology.apply(change);
    }
    for (text, id) in [
        ("vepamv", "77ae"),
        ("77", "77ae"),
        ("docker/vepamv", "77ae"),
        ("docker/77a", "77ae"),
        ("lost", "78bf"),
        ("mvcni", "mvcni"),
        ("cni/mvcni", "mvcni"),
    ] {
        assert_eq!(network_of(&topology, text), Ok(id.to_owned()), "{text}");
    }
    for text in ["", "docker/", "podman/vepamv", "77af"] {
        assert!(!network_of(&topology, text).unwrap_err().ambiguous, "{text}");
    }
    let near = network_of(&topology, "vepamw").unwrap_err();
    assert_usable(&near.candidates, 1, |selector| selector == b"net:vepamv");
    let several = network_of(&topology, "7").unwrap_err();
    assert!(several.ambiguous);
    assert_usable(&several.candidates, 2, |selector| selector.starts_with(b"net:"));
}

#[test]
fn networks_with_one_name_are_told_apart_by_engine_or_id() {
    let mut topology = host();
    for change in fixture::beliefs() {
        let Change::Belief { source, belief: Some(mut belief) } = change else { panic!() };
        belief.networks[0].name = "same".into();
        topology.apply(Change::Belief { source, belief: Some(belief) });
    }
    let several = network_of(&topology, "same").unwrap_err();
    assert!(several.ambiguous);
    assert_usable(&several.candidates, 2, |selector| {
        let text = std::str::from_utf8(&selector[4..]).unwrap();
        network_of(&topology, text).is_ok()
    });
}
