//! Tests against the real kernel, each in a sandbox of its own: the test binary starts itself again
//! inside, with the test's name. Never in the host's namespaces.
//!
//! Where the environment forbids sandboxes a test says `skipped: NAME: reason` and passes, unless
//! `MACVLENS_REQUIRE_ALL=1` demands that none is skipped.

// Every test binary compiles this file and uses its own part of it.
#![allow(dead_code)]

pub(crate) mod browse;
pub(crate) mod change;
pub(crate) mod dice;
pub(crate) mod docker;
pub(crate) mod export;
pub(crate) mod frames;
pub(crate) mod hidden;
pub(crate) mod oracle;
pub(crate) mod program;
pub(crate) mod pty;
pub(crate) mod watch;

use std::env;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use macvlens::kernel::sandbox::{self, Step};

/// Set in the environment of a test that runs inside its sandbox.
pub(crate) const INSIDE: &str = "MACVLENS_INSIDE_SANDBOX";

/// Set for a test that plays a part in another.
const PART: &str = "MACVLENS_PART";

/// Declares tests whose bodies run as root of an empty world; see `sandbox::spawn`.
#[allow(unused_macros)]
macro_rules! sandboxed {
    ($($(#[$meta:meta])* fn $name:ident() $body:block)+) => {$(
        $(#[$meta])*
        #[test]
        fn $name() {
            $crate::common::run(concat!(module_path!(), "::", stringify!($name)), || $body);
        }
    )+};
}

/// What [`sandboxed!`] makes of a test; `path` begins with the name of the test's crate.
pub(crate) fn run(path: &str, body: fn()) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    // The test harness names tests without their crate.
    let test = path.split_once("::").map_or(path, |(_, test)| test);
    match start(test) {
        Ok(output) => judge(test, &output),
        Err(reason) => skip(test, &reason),
    }
}

/// Says that a test can't run here; fails where none may be skipped.
pub(crate) fn skip(test: &str, reason: &str) {
    let all = env::var_os("MACVLENS_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!all, "{test} would be skipped: {reason}");
    eprintln!("skipped: {test}: {reason}");
}

fn start(test: &str) -> Result<Output, String> {
    let version = Command::new("ip").arg("-V").stdout(Stdio::null()).status();
    version.map_err(|e| format!("ip of iproute2 builds and checks what is tested: {e}"))?;
    // What a shell starts in the background ignores Ctrl-C, and so would all that a test starts.
    let mut command = Command::new("env");
    command
        .arg("--default-signal")
        .arg(env::current_exe().expect("path of the test binary"))
        .args([test, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match sandbox::spawn(command) {
        Ok(child) => Ok(child.wait_with_output().expect("output of the sandbox")),
        Err(error) if error.step == Some(Step::Program) => panic!("{error}"),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn judge(test: &str, output: &Output) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    // A name that matches nothing would pass as well.
    let ran = stdout.contains("test result: ok. 1 passed");
    assert!(
        output.status.success() && ran,
        "{test} in its sandbox: {}\n--- stdout\n{stdout}--- stderr\n{stderr}",
        output.status
    );
}

/// Runs a shell command that must succeed; returns what it printed.
#[track_caller]
pub(crate) fn sh(command: &str) -> String {
    let output = Command::new("sh").args(["-ec", command]).output().expect("sh");
    assert!(
        output.status.success(),
        "{command}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("output in UTF-8")
}

/// What `ip -j -d ARGS` says in the named namespace, or in the test's own.
#[track_caller]
pub(crate) fn ip_json(netns: Option<&str>, args: &str) -> serde_json::Value {
    let place = netns.map_or(String::new(), |name| format!("-n {name}"));
    let printed = sh(&format!("ip {place} -j -d {args}"));
    serde_json::from_str(&printed).unwrap_or_else(|e| panic!("ip {args}: {e}: {printed}"))
}

/// Whether the test of that name was started by [`Helper::play`]; if not, it has nothing to do.
pub(crate) fn part(test: &str) -> bool {
    env::var_os(PART).is_some_and(|part| part == test)
}

/// A process that stays until it is dropped.
pub(crate) struct Helper(Child);

impl Helper {
    /// Starts it; `command` must not end by itself.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("start of a helper process"))
    }

    /// `sleep` in a new network namespace that nothing else holds.
    #[track_caller]
    pub(crate) fn in_new_netns() -> Self {
        let helper = Self::start(Command::new("unshare").args(["--net", "sleep", "infinity"]));
        let own = netns_link("self");
        eventually("a helper in a namespace of its own", || {
            helper.is_running("sleep") && netns_link(&helper.pid().to_string()) != own
        });
        helper
    }

    /// This test binary again, to play a part in the test that starts it. See [`part`].
    pub(crate) fn play(test: &str) -> Command {
        let mut command = Command::new(env::current_exe().expect("path of the test binary"));
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(PART, test);
        command
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) {
        self.0.wait().expect("its end");
    }

    /// Process id.
    pub(crate) fn pid(&self) -> i32 {
        self.0.id().try_into().expect("a pid")
    }

    /// Whether it has become the program of that name.
    pub(crate) fn is_running(&self, name: &str) -> bool {
        let comm = std::fs::read_to_string(format!("/proc/{}/comm", self.0.id()));
        comm.is_ok_and(|comm| comm.trim_end() == name)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a part of a test as root without any capability.
#[track_caller]
pub(crate) fn without_privileges(test: &str) {
    without("all", test);
}

/// Runs a part of a test as root without one capability.
#[track_caller]
pub(crate) fn without(capability: &str, test: &str) {
    let play = Helper::play(test);
    let mut command = Command::new("setpriv");
    command.args(["bounding-set", "inh-caps"].map(|set| format!("--{set}=-{capability}")));
    command.arg(play.get_program()).args(play.get_args());
    for (key, value) in play.get_envs() {
        command.env(key, value.unwrap_or_default());
    }
    let output = command.output().expect("setpriv");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// `net:[INODE]` of a process.
pub(crate) fn netns_link(pid: &str) -> Option<std::path::PathBuf> {
    std::fs::read_link(Path::new("/proc").join(pid).join("ns/net")).ok()
}

/// Waits, for five seconds at most, until the condition holds.
#[track_caller]
pub(crate) fn eventually(what: &str, condition: impl FnMut() -> bool) {
    within(20, what, condition);
}

/// Waits, for so many seconds at most, until the condition holds.
#[track_caller]
pub(crate) fn within(seconds: u64, what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(seconds), "waited in vain for {what}");
        sleep(Duration::from_millis(5));
    }
}

/// A macvlan `mv` in source mode in namespace a with that many MACs on its list, and links with
/// higher indexes behind it.
pub(crate) fn source_list(count: usize) {
    use std::fmt::Write as _;
    let mut batch = String::new();
    for i in 0..count {
        let [low, high, ..] = i.to_le_bytes();
        let mac = format!("02:00:00:00:{high:02x}:{low:02x}");
        writeln!(batch, "link set dev mv type macvlan macaddr add {mac}").expect("a string");
    }
    std::fs::write("/run/batch", batch).expect("/run/batch");
    sh("ip netns add a; ip netns add b
        ip -n a link add p type veth peer name q
        ip -n a link add link p name mv type macvlan mode source
        ip -n a link add link p name after type macvlan mode vepa
        ip -n b link add other type veth peer name other2
        ip -n a -batch /run/batch");
}
