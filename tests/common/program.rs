//! The real program, run on a small host with one parent: what it prints and how it ends.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{ip_json, sh};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_macvlens");

/// A parent with an address and a macvlan in the own namespace, and a macvlan on it in `web`.
pub(crate) fn set_up() {
    sh("ip netns add web
        ip link add uplink type veth peer name switch; ip link set switch up; ip link set uplink up
        ip address add 192.0.2.7/24 dev uplink
        ip link add link uplink name eth0 netns web type macvlan mode bridge
        ip link add link uplink name mv0 type macvlan mode vepa");
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_remove("SSH_CONNECTION").stdin(Stdio::null());
    command
}

pub(crate) fn run(line: &str) -> Output {
    let words: Vec<_> = line.split_whitespace().collect();
    command(&words).output().expect("macvlens")
}

/// Runs it and checks its exit status; what it said on stdout, then on stderr.
#[track_caller]
pub(crate) fn ends(line: &str, status: i32) -> (String, String) {
    judge(line, &run(line), status)
}

#[track_caller]
pub(crate) fn judge(line: &str, output: &Output, status: i32) -> (String, String) {
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert_eq!(output.status.code(), Some(status), "{line}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

#[track_caller]
pub(crate) fn json_of(line: &str, status: i32) -> Value {
    let (stdout, _) = ends(line, status);
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{line}: {error}: {stdout}"))
}

/// What `ip` says of one link.
#[track_caller]
pub(crate) fn link(netns: Option<&str>, name: &str) -> Value {
    ip_json(netns, &format!("address show dev {name}"))[0].clone()
}

pub(crate) fn mode(netns: Option<&str>, name: &str) -> Value {
    link(netns, name)["linkinfo"]["info_data"]["mode"].clone()
}
