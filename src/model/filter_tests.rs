//! The filter language, on the small host of the fixture.

use super::super::fixture::{C2, TEST1, VM, beliefs, host, owners};
use super::*;

fn owned() -> Topology {
    let mut topology = host();
    for change in owners().into_iter().chain(beliefs()) {
        topology.apply(change);
    }
    topology
}

/// `NAME@NAMESPACE` of the links that a filter lets pass.
fn passing(text: &str) -> Vec<String> {
    let topology = owned();
    let filter = Filter::parse(text);
    topology
        .in_display_order()
        .into_iter()
        .flat_map(crate::model::Namespace::links)
        .filter(|link| filter.matches(&topology, link))
        .map(|link| format!("{}@{}", link.name, topology.label(link.key.netns)))
        .collect()
}

#[test]
fn every_word_has_an_example_that_parses_to_it() {
    for (word, meaning) in WORDS {
        let (_, examples) = meaning.split_once("such as ").expect(word);
        for example in examples.split(" or ") {
            let filter = Filter::parse(example);
            let [Term { inverted: false, test: Test::Word { word: parsed, value } }] =
                &filter.terms[..]
            else {
                panic!("{example} gives {filter:?}")
            };
            assert_eq!((*parsed, value.is_empty()), (word, false));
        }
    }
}

#[test]
fn who_has_a_macvtap_open_is_an_owner_of_it() {
    use super::super::fixture::key;
    use super::super::{Change, DeviceNumber, OwnerKind, TapDevice, TapHolder};

    let mut topology = owned();
    let number = DeviceNumber { major: 246, minor: 1 };
    let mut link = topology.link(key(VM, 2)).expect("a macvtap").clone();
    link.tap_device = Some(TapDevice { name: 2, number });
    let filter = Filter::parse("owner:libvirt owner:build");
    assert!(!filter.matches(&topology, &link));
    let owner = Owner::new(OwnerKind::Libvirt, "build".into());
    let holder = TapHolder { owner, command: "qemu".into() };
    topology.apply(Change::TapHolders([(number, holder)].into()));
    assert!(filter.matches(&topology, &link));
    link.tap_device = None;
    assert!(!filter.matches(&topology, &link));
}

#[test]
fn every_word_selects() {
    let some = [
        ("mode:vepa", 3),
        ("mac:02:42", 7),
        ("ip:10.0.0.5", 1),
        ("ns:centos", 3),
        ("name:eth0", 2),
        ("kind:macvtap", 1),
        ("parent:ens9", 1),
        ("net:vepamv", 1),
        ("state:down", 1),
        ("pid:4151", 1),
        ("owner:docker", 1),
        ("pod:default/web-0", 2),
        ("image:nginx", 2),
    ];
    for (word, _) in WORDS {
        let (text, count) =
            some.iter().find(|(text, _)| text.split(':').next() == Some(word)).expect(word);
        assert_eq!(passing(text).len(), *count, "{text}: {:?}", passing(text));
    }
}

#[test]
fn an_owner_is_found_by_kind_name_and_id_and_a_pod_by_its_containers() {
    for (text, count) in [
        ("owner:centos1", 1),
        ("owner:4f2a9d", 1),
        ("owner:a9d0", 0),
        ("owner:proxy", 2),
        ("owner:kube", 2),
        ("pod:web-1", 0),
        ("!owner:docker !owner:kubernetes", passing("").len() - 3),
    ] {
        assert_eq!(passing(text).len(), count, "{text}: {:?}", passing(text));
    }
    let filter = Filter::parse("owner:docker");
    assert!(filter.matches_netns(&owned(), C2) && !filter.matches_netns(&owned(), TEST1));
}

#[test]
fn a_container_of_compose_is_found_by_project_and_service() {
    for text in ["owner:lab", "owner:web image:centos", "net:77a", "net:VEPA", "!net:cni net:v"] {
        assert_eq!(passing(text), ["eth0@docker centos1-2"], "{text}");
    }
    assert_eq!(passing("net:7ae"), Vec::<String>::new(), "an id is known by its beginning");
    assert_eq!(passing("net:docker"), Vec::<String>::new(), "a name, not an engine");
}

/// Names of the networks and of the members without an interface that a filter lets pass.
fn passing_beliefs(text: &str) -> Vec<String> {
    let topology = owned();
    let filter = Filter::parse(text);
    let mut names = Vec::new();
    for network in topology.networks() {
        if filter.matches_network(&topology, network.key) {
            names.push(network.network.name.to_string());
        }
        for member in network.members().filter(|member| member.link.is_none()) {
            if filter.matches_member(&topology, member.key.unwrap()) {
                names.push(format!("({})", member.container.unwrap().name));
            }
        }
    }
    names
}

#[test]
fn networks_and_stopped_members_are_found_by_what_is_said_of_them() {
    assert_eq!(passing_beliefs(""), ["lost", "mvcni", "vepamv", "(centos1-4)"]);
    assert_eq!(passing_beliefs("net:vepa"), ["vepamv", "(centos1-4)"]);
    assert_eq!(passing_beliefs("vpmv"), ["vepamv"]);
    assert_eq!(passing_beliefs("!net:vepamv"), ["lost", "mvcni"]);
    let member = ["centos1-4", "ip:192.168.128.224", "192.168.128.224", "ip:192.168.128.0/24"];
    let more = ["owner:centos1-4", "owner:docker", "owner:99c", "image:centos", "!ip:10.0.0.0/8"];
    for text in member.into_iter().chain(more) {
        assert_eq!(passing_beliefs(text), ["(centos1-4)"], "{text}");
    }
    for text in ["mode:vepa", "!mode:vepa", "mac:02:42", "state:down", "ns:host", "owner:cni"] {
        assert_eq!(passing_beliefs(text), Vec::<String>::new(), "{text}");
    }
    let topology = owned();
    let (_, linked) = topology.membership(super::super::fixture::key(C2, 2)).unwrap();
    let passes = |text| Filter::parse(text).matches_member(&topology, linked.key.unwrap());
    assert!(passes("mode:vepa") && passes("state:up") && !passes("mode:bridge"), "by its link");
}

#[test]
fn who_holds_an_address_is_asked_with_and_without_a_word() {
    for text in ["ip:10", "mac:02", "10.0.0.7", "fe80::/10", "02-42-c0-a8-80-08 mode:vepa"] {
        assert!(Filter::parse(text).seeks_address(), "{text}");
    }
    for text in ["", "!ip:10", "!10.0.0.7", "ab", "10", "02:42", "net:10.0.0.7"] {
        assert!(!Filter::parse(text).seeks_address(), "{text}");
    }
}

#[test]
fn macs_are_found_as_people_write_them() {
    let whole = passing("mac:02:42:c0:a8:80:09");
    assert_eq!(whole.len(), 1);
    for other in ["mac:0242c0a88009", "mac:02-42-C0-A8-80-09", "MAC:0242.c0a8.8009", "mac:a88009"] {
        assert_eq!(passing(other), whole, "{other}");
    }
    assert_eq!(passing("mac:2c0a"), Vec::<String>::new(), "halves of bytes");
    assert_eq!(passing("MODE:Vepa"), passing("mode:vepa"));
    assert_eq!(passing("!NS:Host"), passing("!ns:host"));
}

#[test]
fn addresses_match_whole_by_prefix_and_in_part() {
    assert_eq!(passing("ip:10.0.0.21"), ["macvlan1@host"]);
    assert_eq!(passing("ip:10.0.0.2"), Vec::<String>::new());
    assert_eq!(passing("ip:10.0.0.0/24"), ["ens8@host", "macvlan1@host"]);
    assert_eq!(passing("ip:0.0.0.0/0").len(), 5);
    assert_eq!(passing("ip:10.0.0.0/33"), Vec::<String>::new());
    assert_eq!(passing("ip:::/0"), Vec::<String>::new());
    assert_eq!(passing("ip:192.168.128."), ["eth0@docker centos1-2", "eth0@pod default/web-0"]);
}

#[test]
fn terms_must_all_hold_and_can_be_inverted() {
    assert_eq!(passing("mode:vepa ns:centos1-2"), ["eth0@docker centos1-2"]);
    assert_eq!(passing("mode:vepa !ns:centos"), ["onvlan@test1"]);
    assert_eq!(passing("kind:macv !mode:vepa !mode:bridge").len(), 2);
    assert_eq!(passing("").len(), host().links().count());
    assert_eq!(passing("!").len(), host().links().count());
}

#[test]
fn plain_text_is_fuzzy_and_addresses_need_no_word() {
    assert_eq!(passing("vthtrnk"), ["veth-trunk.50@host", "veth-trunk@host"]);
    assert_eq!(passing("10.0.0.21"), ["macvlan1@host"]);
    assert_eq!(passing("192.168.128.0/24").len(), 2);
    assert_eq!(passing("02:42:c0:a8:80:08"), ["onvlan@test1"]);
    assert_eq!(passing("02-42-C0-A8-80-08"), ["onvlan@test1"]);
    assert!(passing("passthru").contains(&"tap0@vm-build (4199)".into()));
}

#[test]
fn only_terms_about_namespaces_let_a_namespace_pass() {
    let topology = host();
    let passes = |text: &str| {
        let filter = Filter::parse(text);
        [C2, TEST1, VM].map(|netns| filter.matches_netns(&topology, netns))
    };
    assert_eq!(passes("ns:centos"), [true, false, false]);
    assert_eq!(passes("pid:4199"), [false, false, true]);
    assert_eq!(passes("!ns:centos"), [false, true, true]);
    assert_eq!(passes("test1"), [false, true, false]);
    assert_eq!(passes("mode:vepa"), [false; 3]);
    assert_eq!(passes("!mode:vepa"), [false; 3]);
    assert_eq!(passes("ns:4026532021"), [true, false, false]);
}
