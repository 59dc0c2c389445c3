//! Changes as a person makes them: keys on a pseudo-terminal, and what `ip` sees of it.

#[macro_use]
mod common;

use common::pty::Terminal;
use common::{eventually, ip_json, sh};
use nix::sys::signal::Signal;

/// A parent with a sub-interface in this namespace and one in `web`.
fn set_up() {
    sh("ip netns add web; ip netns add lab
        ip link add uplink type veth peer name switch
        ip link set switch up; ip link set uplink up
        ip link add link uplink name mvhost type macvlan mode bridge
        ip link add link uplink name eth0 netns web type macvlan mode vepa");
}

fn open(arguments: &[&str]) -> Terminal {
    let terminal = Terminal::macvlens(arguments, 120, 36);
    terminal.wait("the whole tree", |screen| {
        screen.contains("live") && ["uplink", "mvhost", "eth0"].iter().all(|n| screen.contains(n))
    });
    terminal
}

/// Links that `ip` sees, by name.
fn names(netns: Option<&str>) -> Vec<String> {
    let links = ip_json(netns, "link show");
    let names = links.as_array().unwrap().iter();
    names.map(|link| link["ifname"].as_str().unwrap().to_owned()).collect()
}

fn mode_of(netns: Option<&str>, name: &str) -> String {
    let link = ip_json(netns, &format!("link show dev {name}"));
    link[0]["linkinfo"]["info_data"]["mode"].as_str().unwrap().to_owned()
}

/// Goes to the link that alone has this name.
fn select(terminal: &mut Terminal, name: &str) {
    terminal.keys(&format!("/\x15name:{name}\r"));
    terminal.wait("that row alone", |screen| {
        let pane = |line: &str| line.split('│').next().unwrap_or(line).to_owned();
        let tree: Vec<_> = screen.lines().take(15).map(pane).collect();
        let rows =
            |name: &str| tree.iter().filter(|row| row.contains(&format!("── {name}"))).count();
        rows(name) == 1 && ["mvhost", "eth0"].iter().all(|other| other == &name || rows(other) == 0)
    });
    terminal.keys("G");
    terminal.shows(&format!(" {name} in "));
}

/// Answers the question on the screen with yes.
fn agree(terminal: &mut Terminal) {
    let screen = terminal.wait("a question", |screen| screen.contains("Cancel"));
    if screen.contains("[ Cancel ]") {
        terminal.keys("\t");
        terminal.shows("[ Apply ]");
    }
    terminal.keys("\r");
}

sandboxed! {
    fn a_life_from_create_to_undo() {
        set_up();
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal");
        let mut terminal = open(&["--journal", journal.to_str().unwrap()]);
        terminal.keys("/uplink\rgc");
        terminal.shows("Create a sub-interface on uplink");
        terminal.keys("\t\t\x15mine\x13");
        terminal.shows("ip link add link uplink name mine");
        agree(&mut terminal);
        terminal.shows("done: Create");
        assert!(names(None).contains(&"mine".to_owned()));
        select(&mut terminal, "mine");
        terminal.keys("m");
        terminal.shows("Mode of mine");
        terminal.keys("priv\r");
        agree(&mut terminal);
        terminal.shows("done: Change mode");
        assert_eq!(mode_of(None, "mine"), "private");
        terminal.keys("M");
        terminal.shows("Move mine");
        terminal.keys("lab\r");
        agree(&mut terminal);
        terminal.shows("done: Move");
        assert_eq!(names(Some("lab")), ["lo", "mine"]);
        terminal.keys("GD");
        terminal.shows("[ Cancel ]");
        terminal.keys("\r");
        terminal.hides("[ Cancel ]");
        assert_eq!(names(Some("lab")), ["lo", "mine"], "the first answer is no");
        terminal.keys("D");
        agree(&mut terminal);
        terminal.shows("done: Delete");
        assert_eq!(names(Some("lab")), ["lo"]);
        terminal.keys("z");
        terminal.shows("Undo: Delete");
        agree(&mut terminal);
        terminal.shows("Z makes it again");
        assert_eq!(names(Some("lab")), ["lo", "mine"]);
        assert_eq!(mode_of(Some("lab"), "mine"), "private");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        let lines = std::fs::read_to_string(&journal).unwrap();
        assert_eq!(lines.lines().count(), 5, "{lines}");
        assert!(lines.contains("ip -n lab link delete dev mine"), "{lines}");
    }

    fn a_world_that_changed_before_the_answer_is_told() {
        set_up();
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        terminal.keys("m");
        terminal.shows("Mode of eth0");
        terminal.keys("priv\r");
        terminal.shows("Cancel");
        sh("ip -n web link set dev eth0 mtu 1400");
        agree(&mut terminal);
        let screen = terminal.shows("Not done");
        assert!(screen.contains("1400"), "{screen}");
        assert_eq!(mode_of(Some("web"), "eth0"), "vepa");
        terminal.keys("\r");
        agree(&mut terminal);
        terminal.shows("done: Change mode");
        assert_eq!(mode_of(Some("web"), "eth0"), "private");
    }

    fn a_change_that_waits_is_reverted_when_the_program_ends() {
        set_up();
        for end in ["q", "TERM", "HUP", "revert", "keep"] {
            let mut terminal = open(&[]);
            select(&mut terminal, "eth0");
            terminal.keys("m");
            terminal.shows("Mode of eth0");
            terminal.keys("priv\r");
            terminal.shows("Cancel");
            terminal.keys("r");
            terminal.shows("Reverts by itself");
            agree(&mut terminal);
            terminal.shows("Reverts in");
            assert_eq!(mode_of(Some("web"), "eth0"), "private", "{end}");
            match end {
                "q" => {
                    terminal.keys("q");
                    terminal.shows("quitting reverts");
                    terminal.keys("q");
                    assert_eq!(terminal.end().code(), Some(0));
                    assert!(terminal.is_restored());
                }
                "TERM" => {
                    terminal.signal(Signal::SIGTERM);
                    assert_eq!(terminal.end().code(), Some(128 + 15));
                }
                "HUP" => {
                    terminal.signal(Signal::SIGHUP);
                    assert_eq!(terminal.end().code(), Some(128 + 1));
                }
                "revert" => {
                    terminal.keys("R");
                    terminal.shows("reverted, because it was asked for");
                }
                _ => {
                    terminal.keys("K");
                    terminal.shows("done: Change mode");
                    terminal.keys("q");
                    terminal.end();
                }
            }
            let left = if end == "keep" { "private" } else { "vepa" };
            assert_eq!(mode_of(Some("web"), "eth0"), left, "{end}");
        }
    }

    fn a_shell_runs_inside_and_its_end_leads_back() {
        set_up();
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        terminal.keys("S");
        terminal.hides("macvlens");
        terminal.keys("ls /sys/class/net | sed s/^/seen-/; exec true\r");
        terminal.wait("the tree again", |screen| {
            screen.contains("/name:eth0") && screen.contains("live")
        });
        let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
        assert!(raw.contains("seen-eth0") && !raw.contains("seen-mvhost"), "{raw}");
        terminal.keys("\x1b");
        terminal.shows("mvhost");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn read_only_changes_nothing_and_says_so() {
        set_up();
        let mut terminal = open(&["--read-only"]);
        terminal.shows("read-only");
        for key in ["c", "m", "e", "u", "M", "D", "C", "z", "S"] {
            terminal.keys(key);
            terminal.shows("start macvlens without --read-only");
            terminal.keys("j");
            terminal.hides("start macvlens without --read-only");
        }
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        eventually("nothing is different", || mode_of(Some("web"), "eth0") == "vepa");
    }
}
