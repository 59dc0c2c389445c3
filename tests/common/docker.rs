//! A real Docker of a test's own, and the world with the host's root that engines need.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Helper, INSIDE, judge, sh, skip};

/// What [`host_rooted`] needs for Docker.
pub(crate) const DOCKER: [&str; 5] = ["dockerd", "docker", "containerd", "runc", "busybox"];

/// Runs a test as the host's root in namespaces of its own, with these programs: engines need that,
/// so the sandbox with its user namespace is none for them.
pub(crate) fn host_rooted(test: &str, programs: &[&str], body: fn()) {
    if env::var_os(INSIDE).is_some() {
        sh("mount -t tmpfs tmpfs /run; mkdir /run/netns; ip link set lo up");
        return body();
    }
    if let Some(reason) = lacks(programs) {
        return skip(test, &reason);
    }
    let output = Command::new("unshare")
        .args(["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"])
        .arg(env::current_exe().expect("path of the test binary"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .expect("unshare");
    judge(test, &output);
}

/// Why these programs can't be run here as they need, if so.
fn lacks(programs: &[&str]) -> Option<String> {
    let mapping = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let is_root = rustix::process::geteuid().is_root() && mapping.contains("4294967295");
    missing(programs).or_else(|| (!is_root).then(|| "it needs the host's root".to_owned()))
}

/// Says which of these programs is not installed; an absolute path stands for itself.
pub(crate) fn missing(programs: &[&str]) -> Option<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| env::split_paths(&path).any(|dir| dir.join(program).exists());
    let missing = programs.iter().find(|program| !is_there(program));
    missing.map(|program| format!("{program} is not installed"))
}

/// Where that engine listens.
pub(crate) const SOCKET: &str = "unix:///run/d/s";

/// An engine of its own, with all of its files in the sandbox's /run.
pub(crate) struct Docker {
    daemon: Helper,
}

impl Docker {
    pub(crate) fn start() -> Self {
        fs::create_dir("/run/d").expect("a directory");
        Self { daemon: Self::run() }
    }

    /// Ends the engine and its containers as the service manager would, and keeps its files.
    pub(crate) fn stop(&mut self) {
        let pid = rustix::process::Pid::from_raw(self.daemon.pid()).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        self.daemon.wait();
    }

    /// Starts a stopped engine again, over the same files.
    pub(crate) fn start_again(&mut self) {
        self.daemon = Self::run();
    }

    fn run() -> Helper {
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
        let daemon = Helper::start(&mut daemon);
        let start = Instant::now();
        while !try_docker("version").status.success() {
            let log = || fs::read_to_string("/run/d/log").unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "dockerd: {}", log());
            sleep(Duration::from_millis(100));
        }
        daemon
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

pub(crate) fn try_docker(arguments: &str) -> Output {
    let words = arguments.split_ascii_whitespace();
    Command::new("docker").args(["-H", SOCKET]).args(words).output().expect("docker")
}

#[track_caller]
pub(crate) fn docker(arguments: &str) -> String {
    let output = try_docker(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {arguments}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

/// An image with nothing but busybox.
pub(crate) fn make_image(name: &str) {
    let bin = PathBuf::from("/run/image/bin");
    fs::create_dir_all(&bin).expect("a directory");
    let busybox = sh("command -v busybox");
    fs::copy(busybox.trim_end(), bin.join("busybox")).expect("busybox");
    symlink("busybox", bin.join("sleep")).expect("a link");
    sh("tar -C /run/image -cf /run/image.tar .");
    docker(&format!("import /run/image.tar {name}"));
}
