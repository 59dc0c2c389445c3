//! What `export` prints of a network is what makes an equal one: Docker, Podman, the CNI plugin and ip are
//! given it, and what they made is compared.

#[macro_use]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use common::change::look;
use common::docker::{DOCKER, Docker, docker, host_rooted, missing};
use common::export::{addresses, bash, link, parents};
use common::{sh, skip};
use macvlens::model::belief::{Driver, Engine, Home, Network, Range, Subnet};
use macvlens::model::{Belief, Change, SourceId, Text, Topology};
use macvlens::plan::recipe::{Form, Of, recipe};
use serde_json::{Value, json};

const PLUGIN: &str = "/usr/lib/cni/macvlan";

/// What is there now, with an engine that tells of these networks.
fn told(engine: Engine, networks: Vec<Network>) -> Topology {
    let mut topology = look();
    let belief = Belief {
        engine,
        origin: "test".into(),
        user: None,
        home: Home::Host,
        networks,
        containers: Vec::new(),
    };
    topology.apply(Change::Belief { source: SourceId(0), belief: Some(Box::new(belief)) });
    topology
}

fn network(name: &str, mode: &str, parent: &str, subnets: Vec<Subnet>) -> Network {
    let ipvlan = mode.starts_with('l');
    Network {
        id: name.into(),
        name: name.into(),
        driver: if ipvlan { Driver::Ipvlan } else { Driver::Macvlan },
        parent: Some(parent.into()),
        mode: mode.into(),
        mtu: None,
        internal: false,
        subnets,
        labels: BTreeMap::new(),
        ipam: None,
        faults: Vec::new(),
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// `10.NUMBER.0.0/24` with a gateway and its upper half as range.
fn subnet(number: usize) -> Subnet {
    let net = |last: &str| ip(&format!("10.{number}.0.{last}"));
    Subnet {
        gateway: Some(net("1")),
        range: Some(Range::Prefix(net("128"), 25)),
        ..Subnet::new(net("0"), 24)
    }
}

/// The recipe of a network by its name.
#[track_caller]
fn said(topology: &Topology, name: &str, form: Form) -> String {
    let found = topology.networks().find(|view| view.network.name == name.into());
    recipe(topology, Of::Network(found.expect("a network").key), form).expect("a recipe")
}

#[test]
fn docker_makes_the_network_that_was_said() {
    host_rooted("docker_makes_the_network_that_was_said", &DOCKER, || {
        parents(7);
        let _engine = Docker::start();
        let modes = ["private", "vepa", "bridge", "passthru", "l2", "l3"];
        let mut networks: Vec<Network> = (0..)
            .zip(modes)
            .map(|(n, mode)| {
                let aux = vec![("my router".into(), ip(&format!("10.{n}.0.2")))];
                let subnet = Subnet { aux, ..subnet(n) };
                network(&format!("n {mode}"), mode, &format!("p{n}"), vec![subnet])
            })
            .collect();
        let v6 = Subnet { gateway: Some(ip("fd00:6::1")), ..Subnet::new(ip("fd00:6::"), 64) };
        let dual = network("dual", "bridge", "p6", vec![subnet(6), v6]);
        networks.push(Network { internal: true, ..dual });
        let topology = told(Engine::Docker, networks.clone());
        for wanted in &networks {
            bash(&said(&topology, &wanted.name.to_string(), Form::Docker));
        }
        let ids = docker("network ls -q --filter type=custom").replace('\n', " ");
        let made: Vec<Value> =
            serde_json::from_str(&docker(&format!("network inspect {ids}"))).expect("JSON");
        assert_eq!(made.len(), networks.len());
        for wanted in &networks {
            let name = wanted.name.to_string();
            let made = made.iter().find(|made| made["Name"] == name.as_str()).expect("it");
            let config: Vec<Value> = wanted.subnets.iter().map(docker_config).collect();
            let key = format!("{}_mode", wanted.driver.name());
            let parent = wanted.parent.as_ref().map(Text::to_string);
            let mut options = json!({ "parent": parent });
            options[key] = json!(wanted.mode.to_string());
            assert_eq!(made["Driver"], wanted.driver.name(), "{name}");
            assert_eq!(made["IPAM"]["Config"], json!(config), "{name}");
            assert_eq!(made["Options"], options, "{name}");
            assert_eq!(made["Internal"], wanted.internal, "{name}");
            assert_eq!(made["EnableIPv6"], wanted.subnets.len() == 2, "{name}");
        }
    });
}

/// A subnet as `docker network inspect` has it.
fn docker_config(subnet: &Subnet) -> Value {
    let mut config = json!({ "Subnet": subnet.to_string(), "Gateway": subnet.gateway });
    if let Some(range) = &subnet.range {
        config["IPRange"] = json!(range.to_string());
    }
    for (name, ip) in &subnet.aux {
        config["AuxiliaryAddresses"][name.to_string()] = json!(ip);
    }
    config
}

#[test]
fn podman_makes_the_network_that_was_said() {
    host_rooted("podman_makes_the_network_that_was_said", &["podman"], || {
        parents(6);
        sh("mount -t tmpfs tmpfs /var/lib");
        fs::create_dir_all("/run/p/net").expect("a directory");
        let settings = "[network]\nnetwork_backend='netavark'\nnetwork_config_dir='/run/p/net'\n\
                        [engine]\ncgroup_manager='cgroupfs'\nevents_logger='none'\ntmp_dir='/run/p/tmp'\n";
        fs::write("/run/p/containers.conf", settings).expect("a file");
        let podman = "export CONTAINERS_CONF=/run/p/containers.conf; podman() { command podman \
                      --root /run/p/root --runroot /run/p/run --storage-driver vfs \"$@\"; }; ";
        let modes = ["private", "vepa", "bridge", "passthru"];
        let mut networks: Vec<Network> = (0..)
            .zip(modes)
            .map(|(n, mode)| network(&format!("n-{mode}"), mode, &format!("p{n}"), vec![subnet(n)]))
            .collect();
        let range = Some(Range::Between(Some(ip("10.5.0.129")), Some(ip("10.5.0.255"))));
        let first = Subnet::new(ip("10.4.0.0"), 24);
        let second = Subnet { range, ..subnet(5) };
        let v6 = Subnet { gateway: Some(ip("fd00:4::1")), ..Subnet::new(ip("fd00:4::"), 64) };
        let rich = network("rich", "bridge", "p4", vec![first, second, v6]);
        networks.push(Network { mtu: Some(1400), internal: true, ..rich });
        let topology = told(Engine::Podman, networks.clone());
        for wanted in &networks {
            let name = wanted.name.to_string();
            bash(&format!("{podman}{}", said(&topology, &name, Form::Podman)));
            let printed = bash(&format!("{podman}podman network inspect {name}"));
            let made: Value = serde_json::from_str(&printed).expect("JSON");
            let made = &made[0];
            assert_eq!(made["driver"], "macvlan", "{name}");
            assert_eq!(
                made["network_interface"],
                json!(wanted.parent.as_ref().map(Text::to_string))
            );
            assert_eq!(made["options"]["mode"], json!(wanted.mode.to_string()), "{name}");
            assert_eq!(made["options"]["mtu"].as_str(), wanted.mtu.map(|_| "1400"), "{name}");
            assert_eq!(made["internal"], wanted.internal, "{name}");
            assert_eq!(made["ipv6_enabled"], wanted.subnets.len() == 3, "{name}");
            for wanted in &wanted.subnets {
                let all = made["subnets"].as_array().expect("subnets");
                let made = all.iter().find(|made| made["subnet"] == wanted.to_string().as_str());
                let made = made.unwrap_or_else(|| panic!("{wanted} in {all:?}"));
                if let Some(gateway) = wanted.gateway {
                    assert_eq!(made["gateway"], json!(gateway), "{wanted}");
                }
                if wanted.range.is_some() {
                    let prefix = wanted.to_string().replace(".0/24", "");
                    let lease = json!({"start_ip": format!("{prefix}.129"), "end_ip": format!("{prefix}.255")});
                    assert_eq!(made["lease_range"], lease, "{wanted}");
                }
            }
        }
    });
}

/// Gives a configuration list to the plugin as libcni would, for `eth0` of namespace `web`.
fn run_plugin(list: &str) {
    let list: Value = serde_json::from_str(list).expect("JSON");
    let mut plugin = list["plugins"][0].clone();
    plugin["cniVersion"] = list["cniVersion"].clone();
    plugin["name"] = list["name"].clone();
    // Where the plugin notes what it gave is the one thing that is the test's.
    if plugin["ipam"] != json!({}) {
        plugin["ipam"]["dataDir"] = json!("/run/cni");
    }
    let mut child = Command::new(PLUGIN)
        .envs([("CNI_COMMAND", "ADD"), ("CNI_CONTAINERID", "abc"), ("CNI_IFNAME", "eth0")])
        .envs([("CNI_NETNS", "/run/netns/web"), ("CNI_PATH", "/usr/lib/cni")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the plugin");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(plugin.to_string().as_bytes()).expect("its configuration");
    drop(stdin);
    let output = child.wait_with_output().expect("the plugin");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{plugin}: {said}");
}

sandboxed! {
    fn the_cni_plugin_makes_the_interface_that_was_said() {
        if let Some(reason) = missing(&[PLUGIN, "/usr/lib/cni/host-local"]) {
            return skip("the_cni_plugin_makes_the_interface_that_was_said", &reason);
        }
        parents(5);
        for (n, mode) in (0..).zip(["private", "vepa", "bridge", "passthru"]) {
            sh("ip netns add web");
            let parent = format!("p{n}");
            let wanted = network(mode, mode, &parent, vec![subnet(n)]);
            let topology = told(Engine::Cni, vec![Network { mtu: Some(1400), ..wanted }]);
            run_plugin(&said(&topology, mode, Form::Cni));
            let topology = look();
            let made = link(&topology, Some("web"), "eth0").expect("an interface");
            assert_eq!(made.macvlan().map(|macvlan| macvlan.mode.name()), Some(mode));
            assert_eq!(topology.parent_of(&made).map(|parent| parent.name.to_string()), Some(parent));
            assert_eq!((made.mtu, addresses(&made)), (1400, vec![format!("10.{n}.0.128/24")]));
            let routes = sh("ip -n web route show default");
            assert!(routes.starts_with(&format!("default via 10.{n}.0.1 ")), "{routes}");
            sh("ip netns delete web");
        }
        // A link without addresses gives a network without them.
        sh("ip link add link p4 name bare type macvlan mode bridge; ip netns add web");
        let topology = look();
        let bare = link(&topology, None, "bare").expect("a link").key;
        let list = recipe(&topology, Of::Link(bare), Form::Cni).expect("a recipe");
        let (_, json) = list.split_once('\n').expect("a comment first");
        run_plugin(json);
        let made = link(&look(), Some("web"), "eth0").expect("an interface");
        assert_eq!(addresses(&made), [""; 0]);
    }

    fn ip_makes_a_first_member_of_a_network() {
        parents(1);
        let wanted = network("n", "vepa", "p0", vec![subnet(7)]);
        bash(&said(&told(Engine::Docker, vec![wanted]), "n", Form::Ip));
        let topology = look();
        let made = link(&topology, None, "macvlan0").expect("a member");
        assert_eq!(made.macvlan().map(|macvlan| macvlan.mode.name()), Some("vepa"));
        assert_eq!((made.flags.is_up(), addresses(&made)), (true, vec!["10.7.0.128/24".into()]));
    }
}
