//! Owners on the real kernel: processes that come and go, and a real Docker.

#[macro_use]
mod common;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

/// Why Docker can't be run here, if so.
fn no_docker() -> Option<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| env::split_paths(&path).any(|dir| dir.join(program).exists());
    let missing = ["dockerd", "docker", "containerd", "runc", "busybox"]
        .into_iter()
        .find(|program| !is_there(program));
    missing
        .map(|program| format!("{program} is not installed"))
        .or_else(|| (!is_hosts_root()).then(|| "Docker needs the host's root".to_owned()))
}

/// Whether we are root, and not only of a user namespace.
fn is_hosts_root() -> bool {
    let mapping = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    rustix::process::geteuid().is_root() && mapping.contains("4294967295")
}

/// Runs a test again as the host's root in namespaces of its own. Not all that root may do can be
/// done in the sandbox, which has a user namespace.
fn run_as_hosts_root(name: &str) {
    let output = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"])
        .arg(env::current_exe().expect("path of the test binary"))
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(common::INSIDE, "1")
        .output()
        .expect("unshare");
    common::judge(name, &output);
}

/// Where that engine listens.
const SOCKET: &str = "unix:///run/d/s";

/// An engine of its own, with all of its files in the sandbox's /run.
struct Docker {
    _daemon: Helper,
}

impl Docker {
    fn start() -> Self {
        fs::create_dir("/run/d").expect("a directory");
        let log = fs::File::create("/run/d/log").expect("a log");
        let mut daemon = Command::new("dockerd");
        daemon
            .args(["--data-root", "/run/d/data", "--exec-root", "/run/d/exec"])
            .args(["-H", SOCKET, "--pidfile", "/run/d/pid", "--storage-driver", "vfs"])
            .args(["--bridge", "none", "--iptables=false", "--ip6tables=false"])
            // The root of a virtual machine may be one that pivot_root(2) does not take.
            .env("DOCKER_RAMDISK", "1")
            .stdout(Stdio::null())
            .stderr(log);
        let docker = Self { _daemon: Helper::start(&mut daemon) };
        let start = Instant::now();
        while !try_docker("version").status.success() {
            let log = || fs::read_to_string("/run/d/log").unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "dockerd: {}", log());
            sleep(Duration::from_millis(100));
        }
        docker
    }
}

impl Drop for Docker {
    /// Its cgroups are the host's, and outlive the sandbox unless the engine takes them down.
    fn drop(&mut self) {
        let all = docker("ps -aq").replace('\n', " ");
        if !all.is_empty() {
            docker(&format!("rm -f {all}"));
        }
    }
}

fn try_docker(arguments: &str) -> std::process::Output {
    let words = arguments.split_ascii_whitespace();
    Command::new("docker").args(["-H", SOCKET]).args(words).output().expect("docker")
}

#[track_caller]
fn docker(arguments: &str) -> String {
    let output = try_docker(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {arguments}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

/// An image with nothing but busybox.
fn make_image(name: &str) {
    let bin = PathBuf::from("/run/image/bin");
    fs::create_dir_all(&bin).expect("a directory");
    let busybox = sh("command -v busybox");
    fs::copy(busybox.trim_end(), bin.join("busybox")).expect("busybox");
    symlink("busybox", bin.join("sleep")).expect("a link");
    sh("tar -C /run/image -cf /run/image.tar .");
    docker(&format!("import /run/image.tar {name}"));
}

#[test]
fn names_are_those_of_docker_ps() {
    const NAME: &str = "names_are_those_of_docker_ps";
    if env::var_os(common::INSIDE).is_some() {
        return compare_with_docker();
    }
    if let Some(reason) = no_docker() {
        return common::skip(NAME, &reason);
    }
    run_as_hosts_root(NAME);
}

#[test]
fn who_has_a_macvtap_open_is_known_by_the_device() {
    const NAME: &str = "who_has_a_macvtap_open_is_known_by_the_device";
    if env::var_os(common::INSIDE).is_some() {
        return open_a_macvtap();
    }
    if !is_hosts_root() {
        return common::skip(NAME, "to open the device of a macvtap takes the host's root");
    }
    run_as_hosts_root(NAME);
}

fn open_a_macvtap() {
    // All namespaces share one devtmpfs, so the number is one that nobody else takes.
    let index = 1_947_305;
    sh("mount -t tmpfs tmpfs /run; mkdir /run/netns /run/dev
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

fn compare_with_docker() {
    sh("mount -t tmpfs tmpfs /run; mkdir /run/netns; ip link set lo up
        ip link add p0 type veth peer name p1; ip link set p0 up; ip link set p1 up");
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
