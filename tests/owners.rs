//! Owners on the real kernel: processes that come and go, and a real Docker.

#[macro_use]
mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use common::docker::{DOCKER, Docker, docker, host_rooted, make_image};
use common::watch::Watch;
use common::{Helper, eventually, sh};
use macvlens::kernel::watcher::Command as Order;
use macvlens::model::{Owner, OwnerKind};

/// The owner of the namespace with that label.
fn owner(watch: &Watch, label: &str) -> Option<Owner> {
    let topology = watch.topology.lock().unwrap();
    let namespace = topology.namespaces().find(|n| topology.label(n.netns.id) == label)?;
    namespace.netns.owner.as_deref().cloned()
}

fn kind(watch: &Watch, label: &str) -> Option<OwnerKind> {
    owner(watch, label).map(|owner| owner.kind)
}

sandboxed! {
    fn a_process_owns_its_namespace_and_leaves_it_over() {
        sh("ip netns add web");
        let watch = Watch::start();
        let left = owner(&watch, "web").expect("an owner");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let age = now.cast_signed() - left.since.expect("a time");
        assert!(left.kind == OwnerKind::Leftover && (0..60).contains(&age), "{left:?}, {age} s");

        let inside = Helper::start(Command::new("ip").args(["netns", "exec", "web", "sleep", "99"]));
        eventually("an owner", || kind(&watch, "web") == Some(OwnerKind::Process));
        eventually("its name", || owner(&watch, "web").is_some_and(|o| o.name == "sleep".into()));
        let process = owner(&watch, "web").expect("an owner");
        assert_eq!((process.pids, process.since), (vec![inside.pid()], None));
        drop(inside);
        eventually("nobody", || kind(&watch, "web") == Some(OwnerKind::Leftover));

        let alone = Helper::in_new_netns();
        let label = format!("sleep ({})", alone.pid());
        eventually("a process", || kind(&watch, &label) == Some(OwnerKind::Process));
    }
}

#[test]
fn who_has_a_macvtap_open_is_known_by_the_device() {
    host_rooted("who_has_a_macvtap_open_is_known_by_the_device", &[], open_a_macvtap);
}

fn open_a_macvtap() {
    // All namespaces share one devtmpfs, so the number is one that nobody else takes.
    let index = 1_947_305;
    sh("mkdir /run/dev
        mount -t devtmpfs devtmpfs /run/dev; mount --bind /run/dev /dev
        ip netns add beside; ip link add p type veth peer name q; ip link set p up");
    sh(&format!(
        "ip link add link p name tap index {index} type macvtap
        ip link add link p name same index {index} netns beside type macvtap"
    ));
    let watch = Watch::start();
    let holder = |netns: &str, link: &str| {
        watch.link(netns, link, |topology, link| topology.tap_holder(link).cloned()).expect(link)
    };
    assert_eq!((holder("current", "tap"), holder("beside", "same")), (None, None));

    let path = format!("/dev/tap{index}");
    // Everybody may do this, and has nothing of the device.
    let named = fs::File::options().read(true).custom_flags(nix::libc::O_PATH).open(&path);
    let _liar = Helper::start(Command::new("sleep").arg("99").stdin(named.expect("a path")));
    let device = fs::File::options().read(true).write(true).open(&path);
    let machine = Helper::start(Command::new("sleep").arg("99").stdin(device.expect("the device")));
    eventually("who has it open", || holder("current", "tap").is_some());
    let found = holder("current", "tap").expect("a holder");
    assert_eq!((found.owner.pids, found.command), (vec![machine.pid()], "sleep".into()));
    assert_eq!(holder("beside", "same"), None, "another device of the same name");
    drop(machine);
    eventually("nobody", || holder("current", "tap").is_none());
}

#[test]
fn names_are_those_of_docker_ps() {
    host_rooted("names_are_those_of_docker_ps", &DOCKER, compare_with_docker);
}

fn compare_with_docker() {
    sh("ip link add p0 type veth peer name p1; ip link set p0 up; ip link set p1 up");
    let _engine = Docker::start();
    make_image("box:1");
    docker("network create -d macvlan --subnet 10.9.0.0/24 -o parent=p0 bridmv");
    for name in ["centos1-2", "centos1-3"] {
        docker(&format!("run -d --name {name} --network bridmv box:1 sleep 999"));
    }
    docker("run -d --name beside --network container:centos1-3 box:1 sleep 999");

    let watch = Watch::start();
    let expected: BTreeMap<String, (String, String)> =
        docker("ps --no-trunc --format {{.Names}}|{{.ID}}|{{.Image}}")
            .lines()
            .map(|line| {
                let fields: Vec<&str> = line.split('|').collect();
                (fields[0].to_owned(), (fields[1].to_owned(), fields[2].to_owned()))
            })
            .collect();
    assert_eq!(expected.len(), 3);
    let told = |label: &str| owner(&watch, label).unwrap_or_else(|| panic!("no {label}"));
    let alone = told("docker centos1-2");
    let shared = told("docker centos1-3");
    assert_eq!((alone.members.len(), shared.members.len()), (0, 2));
    let found: BTreeMap<String, (String, String)> = [&alone]
        .into_iter()
        .chain(&shared.members)
        .map(|owner| {
            assert_eq!((owner.kind, &owner.unread), (OwnerKind::Docker, &None));
            let text = |text: &Option<macvlens::model::Text>| {
                text.as_ref().map(ToString::to_string).unwrap_or_default()
            };
            (owner.name.to_string(), (text(&owner.id), text(&owner.image)))
        })
        .collect();
    assert_eq!(found, expected);
    let pid = docker("inspect -f {{.State.Pid}} centos1-2");
    assert_eq!(alone.pids.iter().map(ToString::to_string).collect::<Vec<_>>(), [pid]);
    assert!(watch.link("docker centos1-2", "eth0", |_, _| ()).is_some());

    docker("rename centos1-2 renamed");
    watch.remote.send(Order::Rescan);
    eventually("the new name", || owner(&watch, "docker renamed").is_some());
    docker("rm -f renamed");
    eventually("its end", || owner(&watch, "docker renamed").is_none());
}
