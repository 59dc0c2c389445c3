//! The networks of engines in every output.

use std::time::UNIX_EPOCH;

use super::tests::shown;
use super::*;
use crate::model::fixture::{self, C2, host, key};
use crate::model::forest::{Grouping, forest};
use crate::model::{Change, Filter, Mode};

/// The host with owners and the networks of engines.
fn with_networks() -> Topology {
    let mut topology = host();
    for change in fixture::owners().into_iter().chain(fixture::beliefs()) {
        topology.apply(change);
    }
    topology
}

#[test]
fn tree_by_network() {
    let selection = Selection { grouping: Grouping::Network, ..Selection::default() };
    let style = Style::default();
    insta::assert_snapshot!(shown(Format::Tree, &with_networks(), &selection, style));
}

#[test]
fn json_networks() {
    let topology = with_networks();
    let document = document::Document::new(&topology, &Selection::default());
    insta::assert_snapshot!(serde_json::to_string_pretty(&document.networks).unwrap());
}

#[test]
fn json_tells_what_looks_wrong_with_a_networks_members() {
    let mut topology = with_networks();
    let mut eth0 = topology.link(key(C2, 2)).unwrap().clone();
    eth0.macvlan_mut().unwrap().mode = Mode::Private;
    topology.apply(Change::Link(Box::new(eth0)));
    let document = document::Document::new(&topology, &Selection::default());
    let problems =
        |name: &str| {
            let network = document.networks.iter().find(|network| network.name == name);
            network.unwrap().problems.iter().filter(|text| {
                text.contains("eth0 in docker centos1-2") && text.contains("private")
            })
        };
    assert_eq!((problems("vepamv").count(), problems("mvcni").count()), (1, 0));
}

#[test]
fn json_has_the_networks_of_the_tree() {
    let topology = with_networks();
    for filter in ["", "mvcni", "ip:192.168.128.224", "mode:passthru", "name:nothing"] {
        let filter = Filter::parse(filter);
        let selection = Selection { grouping: Grouping::Network, filter, ..Selection::default() };
        let of_tree =
            forest(&topology, &selection).into_iter().filter_map(|node| match node.item {
                Item::Network(key) => Some(topology.network(key)?.network.name.to_string()),
                _ => None,
            });
        let document = document::Document::new(&topology, &selection);
        let of_document = document.networks.iter().map(|network| network.name.to_string());
        assert!(of_tree.eq(of_document));
    }
}

#[test]
fn watch_tells_networks_when_they_differ() {
    let mut topology = host();
    let (mut watch, mut out) = (Watch::new(false), Vec::new());
    watch.snapshot(&mut out, &topology, UNIX_EPOCH).unwrap();
    let mut lines = |topology: &Topology| {
        out.clear();
        watch.networks(&mut out, topology, UNIX_EPOCH).unwrap();
        String::from_utf8(out.clone()).unwrap()
    };
    assert_eq!(lines(&topology), "", "the snapshot has none either");
    for change in fixture::beliefs() {
        topology.apply(change);
    }
    let line: serde_json::Value = serde_json::from_str(&lines(&topology)).unwrap();
    assert_eq!((&line["schema"], &line["event"]), (&1.into(), &"networks-changed".into()));
    assert_eq!(line["networks"].as_array().unwrap().len(), 3);
    assert_eq!(lines(&topology), "", "they are told already");
    for source in [0, 1].map(crate::model::SourceId) {
        topology.apply(Change::Belief { source, belief: None });
    }
    let line: serde_json::Value = serde_json::from_str(&lines(&topology)).unwrap();
    assert_eq!(line["networks"], serde_json::json!([]));
}
