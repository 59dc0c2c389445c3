//! What a real Docker says of its networks, joined with what the kernel shows, while both change.

#[macro_use]
mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::docker::{DOCKER, Docker, SOCKET, docker, host_rooted, make_image, try_docker};
use common::program::json_of;
use common::watch::Watch;
use common::{eventually, sh, within};
use macvlens::lint;
use macvlens::model::belief::ContainerState::{self, Created, Exited, Running};
use macvlens::model::{LinkKey, ProblemSource, Topology};
use macvlens::owners::{Follower, Sources, follow};
use serde_json::Value;

/// Every mode that Docker takes, as the networks of the test have them; the number is that of the
/// parent and of the subnet.
const MODES: [(&str, u8); 4] = [("bridge", 0), ("private", 1), ("vepa", 2), ("passthru", 3)];

/// The kernel and the engine, followed into one topology.
struct Both {
    watch: Watch,
    _follower: Follower,
}

/// What a container is in a network: its state, and its interface.
type Places = BTreeMap<String, (ContainerState, Option<LinkKey>)>;

impl Both {
    fn start() -> Self {
        let watch = Watch::start();
        let topology = Arc::clone(&watch.topology);
        let sources = Sources { docker_host: Some(SOCKET.into()), ..Sources::default() };
        let follower = follow(sources, move |changes| {
            let mut topology = topology.lock().unwrap();
            for change in changes {
                topology.apply(change);
            }
            true
        });
        Self { watch, _follower: follower.expect("a thread") }
    }

    fn look<T>(&self, take: impl FnOnce(&Topology) -> T) -> T {
        take(&self.watch.topology.lock().unwrap())
    }

    /// The members of a network, by container.
    fn members(&self, network: &str) -> Places {
        self.look(|topology| {
            let all = topology.networks().filter(|view| view.network.name == network.into());
            all.flat_map(|view| view.members())
                .filter_map(|member| {
                    let container = member.container?;
                    Some((container.name.to_string(), (container.state, member.link)))
                })
                .collect()
        })
    }

    /// Waits until a member is in that state, with an interface or without.
    #[track_caller]
    fn waits(&self, network: &str, name: &str, state: ContainerState, has_link: bool) {
        eventually(&format!("{name} {}", state.name()), || {
            let members = self.members(network);
            members.get(name).is_some_and(|(is, link)| *is == state && link.is_some() == has_link)
        });
    }

    /// What the findings of these codes say.
    fn findings(&self, codes: &[&str]) -> Vec<String> {
        self.look(|topology| {
            let all = lint::findings(topology).into_iter();
            all.filter(|finding| codes.contains(&finding.code))
                .map(|finding| finding.sentence)
                .collect()
        })
    }

    fn labels(&self) -> Vec<String> {
        self.watch.labels()
    }

    /// What the engine itself is told of as a problem.
    fn trouble(&self) -> Option<String> {
        self.look(|topology| {
            let of_engine = (0..16).flat_map(|id| {
                topology.problems_of(ProblemSource::Belief(macvlens::model::SourceId(id)))
            });
            of_engine.map(|problem| format!("{}: {}", problem.what, problem.why)).next()
        })
    }
}

/// What `docker inspect` says of containers or networks.
fn inspect(kind: &str, name: &str) -> Value {
    let told: Value =
        serde_json::from_str(&docker(&format!("{kind} inspect {name}"))).expect("JSON");
    told[0].clone()
}

/// A parent and a network for each mode, and two containers in each; the second in passthru can't
/// start.
fn set_up() {
    make_image("box:1");
    for (mode, at) in MODES {
        sh(&format!(
            "ip link add p{at} type veth peer name w{at}; ip link set w{at} up; ip link set p{at} up"
        ));
        docker(&format!(
            "network create -d macvlan --subnet 10.{at}.0.0/24 --gateway 10.{at}.0.1 --ip-range \
             10.{at}.0.128/25 --aux-address host=10.{at}.0.2 -o parent=p{at} -o macvlan_mode={mode} \
             {mode}mv"
        ));
        docker(&format!("run -d --name {mode}-1 --network {mode}mv box:1 sleep 999"));
        let second = format!("run -d --name {mode}-2 --network {mode}mv box:1 sleep 999");
        assert_eq!(try_docker(&second).status.success(), mode != "passthru");
    }
}

#[test]
fn networks_are_those_of_docker_inspect() {
    host_rooted("networks_are_those_of_docker_inspect", &DOCKER, || {
        let _engine = Docker::start();
        set_up();
        let document = json_of(&format!("--docker-host {SOCKET} show -o json"), 0);
        let networks = document["networks"].as_array().expect("networks");
        assert_eq!(networks.len(), MODES.len());
        for (mode, at) in MODES {
            let name = format!("{mode}mv");
            let found = networks.iter().find(|n| n["name"] == name.as_str()).expect("the network");
            let told = inspect("network", &name);
            let ipam = &told["IPAM"]["Config"][0];
            assert_eq!(found["engine"], "docker");
            assert_eq!(found["id"], told["Id"]);
            assert_eq!(found["driver"], told["Driver"]);
            assert_eq!(found["parent"], told["Options"]["parent"]);
            assert_eq!(found["mode"], told["Options"]["macvlan_mode"]);
            assert_eq!(found["subnets"][0]["subnet"], ipam["Subnet"]);
            assert_eq!(found["subnets"][0]["gateway"], ipam["Gateway"]);
            assert_eq!(found["subnets"][0]["range"], ipam["IPRange"]);
            assert_eq!(found["subnets"][0]["aux"][0]["address"], format!("10.{at}.0.2"));
            let members = found["members"].as_array().expect("members");
            assert_eq!(members.len(), 2, "{members:?}");
            for member in members {
                let owner = member["owner"].as_str().expect("a name");
                let inspected = inspect("container", owner);
                let place = &inspected["NetworkSettings"]["Networks"][name.as_str()];
                assert_eq!(format!("/{owner}"), inspected["Name"]);
                assert_eq!(member["state"], inspected["State"]["Status"]);
                if member["state"] == "running" {
                    assert_eq!(member["mac"], place["MacAddress"], "{owner}");
                    let address = place["IPAddress"].as_str().expect("an address");
                    assert_eq!(member["addresses"][0], format!("{address}/24"));
                    assert_eq!(member["believed"]["mac"], member["mac"]);
                    assert_eq!(member["believed"]["addresses"][0], member["addresses"][0]);
                } else {
                    assert_eq!((owner, &member["ifindex"]), ("passthru-2", &Value::Null));
                }
            }
            let problems = found["problems"].as_array().expect("problems");
            assert_eq!(problems.len(), usize::from(mode == "passthru"), "{problems:?}");
        }

        // Who has an address is found by it, and what is in a network by its name.
        let found = json_of(&format!("--docker-host {SOCKET} show -o json ip:10.2.0.128"), 0);
        let owner = &found["namespaces"][0]["owner"];
        assert_eq!((&owner["kind"], &owner["name"]), (&"docker".into(), &"vepa-1".into()));
        let found = json_of(&format!("--docker-host {SOCKET} show -o json net:bridgemv"), 0);
        let owners = found["namespaces"].as_array().expect("namespaces").iter();
        let owners: Vec<_> = owners.map(|netns| netns["owner"]["name"].clone()).collect();
        assert_eq!(owners, ["bridge-1", "bridge-2"]);
    });
}

#[test]
fn members_follow_the_engine_and_the_kernel() {
    host_rooted("members_follow_the_engine_and_the_kernel", &DOCKER, || {
        let mut engine = Docker::start();
        set_up();
        let both = Both::start();
        both.waits("bridgemv", "bridge-1", Running, true);
        both.waits("bridgemv", "bridge-2", Running, true);
        both.waits("passthrumv", "passthru-2", Created, false);
        assert!(both.labels().contains(&"docker bridge-1".to_owned()));

        docker("stop -t 0 bridge-1");
        both.waits("bridgemv", "bridge-1", Exited, false);
        docker("start bridge-1");
        both.waits("bridgemv", "bridge-1", Running, true);
        docker("rename bridge-1 renamed");
        both.waits("bridgemv", "renamed", Running, true);
        eventually("the new name", || both.labels().contains(&"docker renamed".to_owned()));
        docker("rm -f bridge-2");
        eventually("its end", || !both.members("bridgemv").contains_key("bridge-2"));
        docker("network create -d macvlan --subnet 10.9.0.0/24 -o parent=w0 late");
        eventually("a new network", || both.look(|topology| topology.networks().len()) == 5);
        docker("network rm late");
        eventually("its end", || both.look(|topology| topology.networks().len()) == 4);

        engine.stop();
        eventually("that it does not answer", || both.trouble().is_some());
        assert!(both.members("bridgemv").contains_key("renamed"), "what was said last stays");
        engine.start_again();
        // It is tried again after at most ten seconds.
        within(30, "that it answers", || both.trouble().is_none());
        docker("start renamed");
        both.waits("bridgemv", "renamed", Running, true);
        docker("rm -f renamed");
        eventually("its end", || !both.members("bridgemv").contains_key("renamed"));
    });
}

#[test]
fn what_docker_believes_and_is_not_so_is_told() {
    host_rooted("what_docker_believes_and_is_not_so_is_told", &DOCKER, || {
        let _engine = Docker::start();
        set_up();
        let both = Both::start();
        both.waits("bridgemv", "bridge-1", Running, true);
        both.waits("vepamv", "vepa-2", Running, true);
        let codes =
            ["member-mode", "member-mac", "member-address", "member-parent", "member-missing"];
        assert_eq!(both.findings(&codes), Vec::<String>::new());
        let inside = |name: &str, commands: &str| {
            let pid = docker(&format!("inspect -f {{{{.State.Pid}}}} {name}"));
            sh(&format!("nsenter -t {pid} -n sh -ec '{commands}'"));
        };
        let told = |code: &str, texts: &[&str]| {
            eventually(code, || {
                let findings = both.findings(&[code]);
                findings.len() == 1 && texts.iter().all(|text| findings[0].contains(text))
            });
        };
        inside("bridge-1", "ip link set eth0 type macvlan mode private");
        told("member-mode", &["docker bridge-1", "bridge", "private"]);
        inside("bridge-2", "ip link set eth0 address 02:00:00:00:00:01");
        told("member-mac", &["docker bridge-2", "02:00:00:00:00:01"]);
        inside("vepa-1", "ip address flush dev eth0; ip address add 10.2.0.77/24 dev eth0");
        told("member-address", &["docker vepa-1", "10.2.0.128", "10.2.0.77"]);
        inside("vepa-2", "ip link delete eth0");
        told("member-missing", &["vepa-2", "vepamv"]);
        both.waits("vepamv", "vepa-2", Running, false);
        // Its sub-interfaces go with it.
        sh("ip link delete p1");
        told("network-parent-missing", &["privatemv", "p1"]);
    });
}
