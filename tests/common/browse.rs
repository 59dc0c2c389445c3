//! The UI on a small host, and the keys that every change from the keyboard begins and ends with.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::{assert_told, restorable, told};
use super::pty::Terminal;
use super::{ip_json, sh};

/// A parent with a sub-interface in this namespace and one in `web`, and an empty namespace `lab`.
pub(crate) fn set_up() {
    // No address comes by itself or has to be tried first.
    sh("ip netns add web; ip netns add lab
        calm='cd /proc/sys/net/ipv6/conf/default; echo 0 > accept_dad; echo 1 > addr_gen_mode'
        sh -c \"$calm\"; for n in web lab; do ip netns exec $n sh -c \"$calm\"; done
        ip link add uplink type veth peer name switch
        ip link set switch up; ip link set uplink up
        ip address add 192.0.2.7/24 dev uplink
        ip link add link uplink name mvhost type macvlan mode bridge
        ip link add link uplink name eth0 netns web type macvlan mode vepa");
}

/// What every tree of that host shows.
const SHOWN: [&str; 4] = ["live", "uplink", "mvhost", "eth0"];

/// Opens the UI on a terminal that is large enough for everything.
pub(crate) fn open(arguments: &[&str]) -> Terminal {
    open_with(&[], arguments)
}

/// The same with variables in its environment.
pub(crate) fn open_with(variables: &[&str], arguments: &[&str]) -> Terminal {
    let program = [env!("CARGO_BIN_EXE_macvlens")];
    let unset = ["-u", "SSH_CONNECTION"];
    let words = [&unset, variables, &program, arguments].concat();
    let terminal = Terminal::start("env", &words, 120, 40);
    terminal.wait("the whole tree", |screen| SHOWN.iter().all(|word| screen.contains(word)));
    terminal
}

/// Goes to the link that alone has this name.
#[track_caller]
pub(crate) fn select(terminal: &mut Terminal, name: &str) {
    terminal.keys(&format!("/\x15name:{name}\r"));
    terminal.wait("that row alone", |screen| {
        let pane = |line: &str| line.split('│').next().unwrap_or(line).to_owned();
        let tree: Vec<_> = screen.lines().take(15).map(pane).collect();
        let rows =
            |name: &str| tree.iter().filter(|row| row.contains(&format!("── {name}"))).count();
        rows(name) == 1 && ["mvhost", "eth0"].iter().all(|other| other == &name || rows(other) == 0)
    });
    terminal.keys("G");
    terminal.shows(&format!("┬ {name} in "));
}

/// Goes to the parent.
#[track_caller]
pub(crate) fn select_parent(terminal: &mut Terminal) {
    terminal.keys("/\x15name:uplink\rg");
    terminal.shows("┬ uplink in ");
}

/// Types a field's text, from the field before it.
pub(crate) fn fill(terminal: &mut Terminal, text: &str) {
    terminal.keys(&format!("\t\x15{text}"));
}

/// Answers the question on the screen with yes.
#[track_caller]
pub(crate) fn agree(terminal: &mut Terminal) {
    let screen = terminal.wait("a question", |screen| screen.contains("Cancel"));
    if screen.contains("[ Cancel ]") {
        terminal.keys("\t");
        terminal.shows("[ Apply ]");
    }
    terminal.keys("\r");
}

/// Names of the links that `ip` sees.
#[track_caller]
pub(crate) fn names(netns: Option<&str>) -> Vec<String> {
    let links = ip_json(netns, "link show");
    let names = links.as_array().expect("an array").iter();
    names.map(|link| link["ifname"].as_str().expect("a name").to_owned()).collect()
}

/// What `ip` says of the own namespace and of every named one, as far as undo restores it.
pub(crate) fn world() -> BTreeMap<String, Value> {
    let mut all = told(restorable);
    let mut own = ip_json(None, "address show");
    own.as_array_mut().expect("an array").iter_mut().for_each(restorable);
    all.insert("the own namespace".into(), own);
    all
}

/// Demands that nothing has changed.
#[track_caller]
pub(crate) fn assert_world(before: &BTreeMap<String, Value>, what: &str) {
    assert_told(&world(), before, what);
}
