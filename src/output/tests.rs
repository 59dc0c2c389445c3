//! Every output of the small host of the fixture, as snapshots; and what must hold of any output.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::model::fixture::{self, C2, HOST, TEST1, VM, child, host, key, link, netns};
use crate::model::forest::Grouping;
use crate::model::text::is_plain;
use crate::model::{
    Change, DeviceNumber, Filter, Holder, Link, LinkFlags, LinkKind, MacvlanFlags, Mode, NetnsId,
    OperState, Owner, OwnerKind, Parent, Problem, ProblemSource, TapDevice, TapHolder, Text, View,
};

pub(super) fn shown(
    format: Format,
    topology: &Topology,
    selection: &Selection,
    style: Style,
) -> String {
    let mut out = Vec::new();
    write(&mut out, format, topology, selection, style).unwrap();
    String::from_utf8(out).unwrap()
}

fn all() -> Selection {
    Selection { all: true, ..Selection::default() }
}

/// The fixture, with everything that it lacks: a veth pair, source MACs, flags, a bridge port, a
/// namespace that can't be read, and names that a stranger chose.
fn rich() -> Topology {
    let mut topology = host();
    let mut add = |link: Link| topology.apply(Change::Link(Box::new(link)));
    let peer = |netns, ifindex| {
        Some(Parent { ifindex, netns: Some(netns), nsid: Some(0), sysfs_lower: None })
    };
    add(Link { peer: peer(C2, 9), ..link(HOST, 20, "veth0", LinkKind::Veth) });
    add(Link { peer: peer(HOST, 20), ..link(C2, 9, "eth1", LinkKind::Veth) });
    add(link(HOST, 21, "br0", LinkKind::Other("bridge".into())));
    add(Link { master: Some(21), ..link(HOST, 22, "ens10", LinkKind::Device) });
    let mut source = child(TEST1, 9, "src\x1b[31m\"&\\N", Mode::Source, key(HOST, 3));
    if let LinkKind::Macvlan(macvlan) = &mut source.kind {
        macvlan.sources = vec![[2, 0, 0, 0, 0, 1].into(), [2, 0, 0, 0, 0, 2].into()];
        macvlan.flags = MacvlanFlags(MacvlanFlags::NODST);
    }
    add(source);
    let mut below_down = child(HOST, 23, "mv-down", Mode::Private, key(HOST, 4));
    below_down.flags = LinkFlags(0x1003);
    below_down.oper_state = OperState::LowerLayerDown;
    add(below_down);
    let mut closed = netns(NetnsId::Cookie(40), Vec::new());
    closed.view = View::Closed { why: "permission denied; run as root".into() };
    topology.apply(Change::Netns(closed));
    topology.apply(Change::Problems {
        source: ProblemSource::Discovery,
        list: vec![Problem {
            what: "/proc/4400/ns/net".into(),
            why: "permission denied".into(),
            incomplete: true,
        }],
    });
    topology
}

#[test]
fn tree_by_parent() {
    let style = Style::default();
    insta::assert_snapshot!(shown(Format::Tree, &host(), &Selection::default(), style));
    insta::assert_snapshot!("tree_rich", shown(Format::Tree, &rich(), &all(), style));
}

#[test]
fn tree_by_namespace() {
    let by = |all| Selection { grouping: Grouping::Namespace, all, ..Selection::default() };
    let style = Style::default();
    insta::assert_snapshot!(shown(Format::Tree, &host(), &by(false), style));
    insta::assert_snapshot!(
        "tree_by_namespace_rich",
        shown(Format::Tree, &rich(), &by(true), style)
    );
}

#[test]
fn tree_in_ascii_cut_and_coloured() {
    let narrow = Style { ascii: true, width: Some(60), color: false };
    insta::assert_snapshot!("tree_ascii_60", shown(Format::Tree, &rich(), &all(), narrow));
    let color = Style { color: true, ..Style::default() };
    let text = shown(Format::Tree, &host(), &Selection::default(), color);
    insta::assert_snapshot!("tree_color", text.replace('\x1b', "␛"));
}

#[test]
fn long_names_keep_both_ends() {
    let mut topology = host();
    for change in fixture::long_names() {
        topology.apply(change);
    }
    let style = Style { width: Some(80), ..Style::default() };
    insta::assert_snapshot!(
        "long_tree_80",
        shown(Format::Tree, &topology, &Selection::default(), style)
    );
    insta::assert_snapshot!(
        "long_table_80",
        shown(Format::Table, &topology, &Selection::default(), style)
    );
}

#[test]
fn ascii_spells_what_strangers_wrote() {
    let mut topology = rich();
    for change in fixture::hostile() {
        topology.apply(change);
    }
    for width in [None, Some(60)] {
        let style = Style { ascii: true, width, color: false };
        for (format, grouping) in [
            (Format::Tree, Grouping::Parent),
            (Format::Tree, Grouping::Namespace),
            (Format::Table, Grouping::Namespace),
        ] {
            let selection = Selection { grouping, ..all() };
            let text = shown(format, &topology, &selection, style);
            assert!(text.is_ascii(), "{text}");
            assert!(width.is_some() || text.contains("\\u{7db2}"), "{text}");
        }
    }
    let json = shown(Format::Json, &topology, &all(), Style { ascii: true, ..Style::default() });
    assert!(json.contains("網卡"), "a document stays UTF-8");
}

#[test]
fn a_tree_without_rows_says_why() {
    let empty = Topology::default();
    let tree = |topology: &Topology, filter: &str| {
        let selection = Selection { filter: Filter::parse(filter), ..Selection::default() };
        shown(Format::Tree, topology, &selection, Style::default())
    };
    assert!(tree(&empty, "").ends_with("no macvlan in sight\n"));
    let host = host();
    assert!(tree(&host, "name:nothing").ends_with("no match\n"));
    assert!(tree(&empty, "").contains("modprobe"), "what to do about unknown support");
}

#[test]
fn table_rows() {
    let style = Style::default();
    insta::assert_snapshot!("table", shown(Format::Table, &host(), &Selection::default(), style));
    insta::assert_snapshot!("table_rich", shown(Format::Table, &rich(), &all(), style));
}

#[test]
fn json_document() {
    let topology = rich();
    let pretty = serde_json::to_string_pretty(&document::Document::new(&topology, &all())).unwrap();
    insta::assert_snapshot!("json_rich", pretty);
    let line = shown(Format::Json, &host(), &Selection::default(), Style::default());
    insta::assert_snapshot!("json_line", line);
}

#[test]
fn json_owners() {
    let mut topology = host();
    for change in fixture::owners() {
        topology.apply(change);
    }
    let line = shown(Format::Json, &topology, &Selection::default(), Style::default());
    let document: serde_json::Value = serde_json::from_str(&line).unwrap();
    let namespaces = document["namespaces"].as_array().unwrap().iter();
    let owners: Vec<_> = namespaces.map(|n| (n["label"].as_str(), &n["owner"])).collect();
    insta::assert_snapshot!("json_owners", serde_json::to_string_pretty(&owners).unwrap());
}

#[test]
fn json_tells_who_has_a_macvtap_open() {
    let mut topology = host();
    let number = DeviceNumber { major: 246, minor: 1 };
    let mut with_device = topology.link(key(VM, 2)).unwrap().clone();
    with_device.tap_device = Some(TapDevice { name: 2, number });
    let owner = Owner { pids: vec![4199], ..Owner::new(OwnerKind::Libvirt, "vm-build".into()) };
    let holder = TapHolder { owner, command: "qemu-system-x86".into() };
    topology.apply(Change::Link(Box::new(with_device)));
    topology.apply(Change::TapHolders([(number, holder)].into()));
    let selection = Selection { filter: Filter::parse("kind:macvtap"), ..Selection::default() };
    let line = shown(Format::Json, &topology, &selection, Style::default());
    let document: serde_json::Value = serde_json::from_str(&line).unwrap();
    let tap = &document["namespaces"][0]["links"][0];
    assert_eq!(tap["tap_device"], "/dev/tap2 (246:1)");
    let holder = &tap["tap_holder"];
    assert_eq!((&holder["kind"], &holder["name"]), (&"libvirt".into(), &"vm-build".into()));
    assert_eq!(holder["pids"], serde_json::json!([4199]));
}

#[test]
fn every_json_field_is_explained_in_the_readme() {
    fn check(value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                for (field, value) in fields {
                    let explained = include_str!("../../README.md").contains(&format!("`{field}`"));
                    assert!(explained, "README.md does not explain {field}");
                    check(value);
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(check),
            _ => {}
        }
    }
    let mut topology = rich();
    for change in fixture::owners().into_iter().chain(fixture::beliefs()) {
        topology.apply(change);
    }
    let Some(network) = topology.beliefs().next().cloned() else { panic!("a belief") };
    let mut told = Box::new(network);
    told.networks[0].subnets[0].aux = vec![("router".into(), [192, 168, 128, 2].into())];
    topology.apply(Change::Belief { source: crate::model::SourceId(0), belief: Some(told) });
    let line = shown(Format::Json, &topology, &all(), Style::default());
    check(&serde_json::from_str(&line).unwrap());
}

#[test]
fn json_follows_the_filter() {
    let names = |filter: &str| -> Vec<(String, usize)> {
        let selection = Selection { filter: Filter::parse(filter), ..Selection::default() };
        let text = shown(Format::Json, &host(), &selection, Style::default());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let namespaces = value["namespaces"].as_array().unwrap();
        let entry = |n: &serde_json::Value| {
            (n["label"].as_str().unwrap().to_owned(), n["links"].as_array().unwrap().len())
        };
        namespaces.iter().map(entry).collect()
    };
    assert_eq!(names("mode:passthru"), [("vm-build (4199)".to_owned(), 1)]);
    assert_eq!(names("ns:centos1-3"), [("centos1-3".to_owned(), 2)]);
    assert_eq!(names("").len(), 5);
}

#[test]
fn m_down_is_told_like_ip_does() {
    let topology = rich();
    let flags = |netns, ifindex| {
        let link = topology.link(key(netns, ifindex)).unwrap();
        document::Link::new(&topology, link).flags
    };
    assert_eq!(flags(HOST, 23).last(), Some(&"M-DOWN"), "its parent is in the same namespace");
    assert!(!flags(VM, 2).contains(&"M-DOWN"), "its parent is in another namespace");
    assert!(!flags(HOST, 7).contains(&"M-DOWN"), "its parent is up");
}

#[test]
fn watch_lines() {
    let mut topology = host();
    let mut watch = Watch::new(false);
    let mut out = Vec::new();
    let time = UNIX_EPOCH + Duration::from_millis(1_763_713_340_123);
    watch.snapshot(&mut out, &topology, time).unwrap();
    let snapshot: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(snapshot["event"], "snapshot");
    assert_eq!(snapshot["schema"], 1);
    assert_eq!(snapshot["namespaces"].as_array().unwrap().len(), 5);
    out.clear();

    let mut moved = child(C2, 2, "eth0", Mode::Bridge, key(HOST, 3));
    moved.addresses.clear();
    let news = [
        Change::Link(Box::new(moved)),
        Change::Link(Box::new(link(HOST, 30, "dummy0", LinkKind::Other("dummy".into())))),
        Change::Link(Box::new(child(TEST1, 12, "mv12", Mode::Bridge, key(HOST, 30)))),
        Change::LinkGone(key(TEST1, 12)),
        Change::LinkGone(key(HOST, 30)),
        Change::NetnsGone(C2),
        Change::Netns(netns(C2, Vec::new())),
    ];
    for change in news {
        for happening in topology.apply(change) {
            watch.happening(&mut out, &topology, &happening, time).unwrap();
        }
    }
    insta::assert_snapshot!("watch", String::from_utf8(out).unwrap());
}

#[test]
fn a_parent_told_of_is_told_of_to_its_end() {
    let mut topology = host();
    let mut watch = Watch::new(false);
    let mut out = Vec::new();
    watch.snapshot(&mut out, &topology, UNIX_EPOCH).unwrap();
    out.clear();
    for change in [Change::LinkGone(key(VM, 2)), Change::LinkGone(key(HOST, 4))] {
        for happening in topology.apply(change) {
            watch.happening(&mut out, &topology, &happening, UNIX_EPOCH).unwrap();
        }
    }
    let lines = String::from_utf8(out).unwrap();
    assert_eq!(lines.lines().count(), 2, "ens9 carries nothing when it goes, but was told of");
}

#[test]
fn dot_graph() {
    insta::assert_snapshot!("dot", shown(Format::Dot, &rich(), &all(), Style::default()));
}

#[test]
fn dot_is_what_graphviz_reads() {
    let dot = Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut dot) = dot else {
        assert!(std::env::var_os("MACVLENS_REQUIRE_ALL").is_none(), "graphviz is missing");
        println!("skipped: graphviz is not installed");
        return;
    };
    let graph = shown(Format::Dot, &rich(), &all(), Style::default());
    dot.stdin.take().unwrap().write_all(graph.as_bytes()).unwrap();
    let output = dot.wait_with_output().unwrap();
    assert!(output.status.success());
    let svg = String::from_utf8(output.stdout).unwrap();
    // The stranger's name arrives as printable text, letter for letter.
    assert!(svg.contains(r"src\u{1b}[31m&quot;&amp;\\N"), "{svg}");
}

fn text() -> impl Strategy<Value = Text> {
    proptest::collection::vec(any::<u8>(), 0..16).prop_map(Text::from)
}

proptest! {
    #[test]
    fn no_output_lets_a_stranger_steer_the_terminal(name in text(), path in text(), command in text()) {
        let mut topology = rich();
        let mut named = child(VM, 40, "", Mode::Bridge, key(HOST, 3));
        named.name = name.clone();
        named.alias = Some(path.clone());
        let holders = vec![
            Holder::Process { pid: 1, command: command.clone() },
            Holder::Mount { path: path.clone(), pid: None },
        ];
        topology.apply(Change::Netns(netns(VM, holders)));
        topology.apply(Change::Link(Box::new(named)));
        for change in fixture::beliefs() {
            let Change::Belief { source, belief: Some(mut belief) } = change else { panic!() };
            belief.user = Some(path.clone());
            belief.networks[0].name = name.clone();
            belief.networks[0].parent = Some(path.clone());
            belief.networks[0].mode = command.clone();
            belief.containers[0].name = name.clone();
            topology.apply(Change::Belief { source, belief: Some(belief) });
        }
        for format in [Format::Tree, Format::Table, Format::Json, Format::Dot] {
            for grouping in [Grouping::Parent, Grouping::Namespace, Grouping::Network] {
                let selection = Selection { grouping, ..all() };
                let text = shown(format, &topology, &selection, Style::default());
                let plain = |c: char| c == '\n' || is_plain(c);
                prop_assert!(text.chars().all(plain), "{:?}: {:?}", format, text);
            }
        }
        let line = shown(Format::Json, &topology, &all(), Style::default());
        let document: serde_json::Value = serde_json::from_str(&line).unwrap();
        let namespaces = document["namespaces"].as_array().unwrap();
        let vm = namespaces.iter().find(|n| n["cookie"] == 23).unwrap();
        prop_assert_eq!(vm["links"][1]["name"].as_str(), Some(&*json_text(&name)));
        prop_assert_eq!(vm["names"][0].as_str(), Some(&*json_text(&path)));
        prop_assert_eq!(vm["holders"][0]["command"].as_str(), Some(&*json_text(&command)));
    }
}
