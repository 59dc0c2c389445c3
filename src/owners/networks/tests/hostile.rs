//! Files as an attacker would write them.

use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Files;
use super::{CONFLIST, Fake, ID, NETAVARK};

#[test]
fn what_a_plugin_would_refuse_is_a_fault_of_the_network() {
    let fake = Fake::new();
    let faults = |config: &Value| fake.cni(config).faults;
    let ipam = |ipam: Value| json!({ "name": "a", "type": "macvlan", "ipam": ipam });
    assert_eq!(
        faults(&json!({ "name": "a", "type": "macvlan", "mode": "source", "mtu": -1 })),
        ["Its mode 'source' is none that macvlan interfaces are made in.", "Its MTU '-1' is none."]
    );
    assert_eq!(
        faults(&ipam(json!({ "type": "host-local", "subnet": "10.4.0.0/24",
            "gateway": "non\x1bsense", "ranges": [[{ "subnet": "10.4.0" }]] }))),
        [
            "Its gateway 'non\\u{1b}sense' is no IP address.",
            "Its subnet '10.4.0' is none, like 192.0.2.0/24.",
        ]
    );
    assert_eq!(
        faults(&ipam(json!({ "type": "static", "addresses": [{ "address": "10.4.0.1" }] }))),
        ["Its address '10.4.0.1' is none, like 192.0.2.7/24."]
    );
    let [fault] = &faults(&ipam(json!({ "type": "static", "addresses": 7 })))[..] else { panic!() };
    assert!(fault.starts_with("What gives addresses can't be read: 'invalid type"), "{fault}");
    let inside =
        json!({ "name": "a", "type": "macvlan", "master": "eth0", "linkInContainer": true });
    let network = fake.cni(&inside);
    assert_eq!(network.parent, None);
    assert!(network.faults[0].contains("'eth0' is looked for in each container's own namespace"));
    let long = ipam(json!({ "type": "host-local", "ranges": vec![json!([{}]); 1000] }));
    assert_eq!(faults(&long).len(), 16);
}

#[test]
fn a_bad_file_costs_itself_and_no_other() {
    let fake = Fake::new();
    let at = |name: &str| format!("/etc/containers/networks/{name}");
    let lan =
        |name: &str, id: &str| json!({ "name": name, "id": id, "driver": "macvlan" }).to_string();
    fake.write(&at("lan.json"), NETAVARK)
        .write(&at("a.json"), "{")
        .write(&at("b.json"), format!("{{\"x\":{}", "[".repeat(100_000)))
        .write(&at("c.json"), lan("other", ID))
        .write(&at("d.json"), lan("d", "0123"))
        .write(&at("e.json"), lan("", ID))
        .write(&at("f.json"), lan("../f", ID))
        .write(&at("g.json"), json!({ "name": format!("\x1b{}", "x".repeat(200)) }).to_string())
        .write(&at("h.json"), b"\xff\xfe")
        .write(&at("i.json"), json!({ "name": "i", "driver": ["\u{202e}"] }).to_string());
    fs::File::create(fake.path(&at("j.json"))).expect("a file").set_len(1 << 40).expect("a size");
    nix::unistd::mkfifo(&fake.path(&at("k.json")), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    symlink("/dev/zero", fake.path(&at("l.json"))).expect("a link");
    symlink("lan.json", fake.path(&at("m.json"))).expect("a link");
    fs::create_dir(fake.path(&at("n.json"))).expect("a directory");
    let told = fake.told();
    assert_eq!(told.belief.networks.len(), 1);
    let whys: Vec<_> = told.problems.iter().map(|problem| &*problem.why).collect();
    let expected = [
        "EOF while parsing",
        "EOF while parsing",
        "the network in it is called 'other'",
        "'0123' can't be the id of a network",
        "the network that it describes has no name",
        "'../f' can't be the name of a network",
        "'\\u{1b}xxx",
        "expected value",
        "invalid type: sequence, expected a string",
        "it has more than 4096 KiB",
        "it is not a regular file",
        "a symbolic link is in the way",
        "a symbolic link is in the way",
        "it is not a regular file",
    ];
    assert_eq!(whys.len(), expected.len(), "{whys:#?}");
    for ((why, expected), problem) in whys.iter().zip(expected).zip(&told.problems) {
        assert!(why.starts_with(expected) && why.ends_with("; it is passed over"), "{why}");
        assert!(why.len() < 160 && !problem.incomplete, "{why}");
    }
    assert_eq!(told.problems[0].what, "/etc/containers/networks/a.json");
}

#[test]
fn there_is_an_end_to_what_is_read() {
    let fake = Fake::new();
    let at = |name: &str| format!("/etc/cni/net.d/{name}.conf");
    let config = |name: usize, room: usize| {
        let filler = "x".repeat(room);
        json!({ "name": name.to_string(), "type": "macvlan", "filler": filler }).to_string()
    };
    fake.write(&at("0"), config(0, 3 << 20)).write(&at("1"), config(1, 2 << 20));
    fake.write(&at("2"), config(0, 0));
    let told = fake.told();
    assert_eq!(told.belief.networks.len(), 1);
    let whys: Vec<_> = told.problems.iter().map(|problem| &*problem.why).collect();
    assert_eq!(
        whys,
        [
            "the files of this directory have more than 4096 KiB in all; it is passed over",
            "an earlier file has the network '0'; it is passed over",
        ]
    );
    for number in 2..=1000 {
        fake.write(&at(&number.to_string()), config(number, 0));
    }
    let problems = fake.told().problems;
    assert_eq!(problems[0].what, "/etc/cni/net.d");
    assert_eq!(problems[0].why, "it has more than 1000 files; others are passed over");
}

#[test]
fn no_network_is_looked_for_where_its_name_leads() {
    let fake = Fake::new();
    for name in ["..", "a/b", "/etc", "\0", "-", "."] {
        let config = json!({ "name": name, "type": "macvlan" }).to_string();
        fake.write("/etc/cni/net.d/a.conf", config);
        let told = fake.told();
        assert_eq!((told.belief.networks.len(), told.problems.len()), (0, 1), "{name}");
    }
}

/// Any JSON, with the keys that are looked for more often than others.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = "(name|type|plugins|ipam|ranges|subnet|gateway|addresses|address|mtu|mode|args|\
                options|subnets|lease_range|labels|id|driver|result|interfaces|ips|kind|[a-z]{0,3})";
    let texts = "(lan|macvlan|ipvlan|host-local|static|10\\.0\\.0\\.0/8|::/0|cniCacheV1|.{0,4})";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(keys, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_json_panics(inner in any_json(), other in any_json()) {
        let fake = Fake::new();
        let plugin = |kind: &str| json!({ "name": "lan", "type": "macvlan", "mode": other,
            "ipam": { "type": kind, "ranges": inner, "addresses": other } });
        fake.write("/etc/cni/net.d/1.conf", plugin("host-local").to_string());
        fake.write("/etc/cni/net.d/2.conf", plugin("static").to_string());
        fake.write("/etc/cni/net.d/3.conflist", json!({ "name": "c", "plugins": inner }).to_string());
        fake.write("/etc/cni/net.d/4.conflist", CONFLIST);
        fake.write("/etc/cni/net.d/5.conf", inner.to_string());
        fake.write("/var/lib/cni/results/lan-a-b", other.to_string());
        fake.write("/var/lib/cni/results/lan-a-c", json!({ "kind": "cniCacheV1", "containerId": "a",
            "ifName": "c", "networkName": "lan", "cniArgs": other, "result": inner }).to_string());
        fake.write("/var/lib/cni/networks/lan/10.0.0.1", inner.to_string());
        fake.write("/etc/containers/networks/lan.json", json!({ "name": "lan", "id": ID,
            "driver": "macvlan", "subnets": inner, "options": other }).to_string());
        let told = fake.read();
        prop_assert_eq!(told.len(), 2);
        prop_assert!(!told[0].belief.networks.is_empty());
    }
}

#[test]
fn a_directory_that_was_named_has_to_be_there() {
    let fake = Fake::new();
    assert!(super::super::read(&fake.files()).is_empty(), "the usual one need not");
    fake.write("/opt/file", "x");
    let named = Some(vec!["/opt/none".into(), "/opt/file".into()]);
    let told = super::super::read(&Files { cni_conf_dirs: named, ..fake.files() });
    let problems = told.iter().flat_map(|told| &told.problems);
    let problems: Vec<String> = problems.map(|p| format!("{}: {}", p.what, p.why)).collect();
    assert_eq!(
        problems,
        [
            "/opt/none: No such file or directory (os error 2)",
            "/opt/file: Not a directory (os error 20)",
        ]
    );
}
