//! Changes as a person makes them: keys on a pseudo-terminal, and what `ip` sees of it.

#[macro_use]
mod common;

use common::browse::{
    agree, assert_world, fill, names, open, open_with, select, select_parent, set_up, world,
};
use common::program::{link, mode};
use common::pty::Terminal;
use common::{eventually, hidden, sh};
use serde_json::Value;

fn is_up(netns: Option<&str>, name: &str) -> bool {
    let link = link(netns, name);
    link["flags"].as_array().expect("flags").contains(&Value::from("UP"))
}

/// Opens the list of modes for the selected link and chooses one.
#[track_caller]
fn choose_mode(terminal: &mut Terminal, title: &str, mode: &str) {
    terminal.keys("m");
    terminal.shows(title);
    terminal.keys(&format!("{mode}\r"));
}

/// The left pane, without the line of the filter and what happened.
fn tree(screen: &str) -> Vec<String> {
    let pane = |line: &str| line.split('│').next().unwrap_or(line).trim_end().to_owned();
    screen.lines().skip(1).take(15).map(pane).collect()
}

sandboxed! {
    fn what_a_form_asks_for_is_made() {
        set_up();
        let directory = tempfile::tempdir().expect("a directory");
        let journal = directory.path().join("journal");
        let mut terminal = open(&["--journal", journal.to_str().expect("a path")]);
        select_parent(&mut terminal);
        terminal.keys("c");
        terminal.shows("Create a sub-interface on uplink");
        terminal.keys("\tv");
        fill(&mut terminal, "mine");
        terminal.keys("\tl");
        fill(&mut terminal, "02:00:00:00:00:42");
        fill(&mut terminal, "192.0.2.42/24");
        terminal.shows("✓ ready");
        terminal.keys("\x13");
        let screen = terminal.shows("[ Apply ]");
        for part in [
            "$ ip link add link uplink name mine address 02:00:00:00:00:42 netns lab type macvlan",
            "$ ip -n lab address add 192.0.2.42/24 dev mine",
            "$ ip -n lab link set dev mine up",
            "Reverted by",
        ] {
            assert!(screen.contains(part), "{part} in\n{screen}");
        }
        assert_eq!(names(Some("lab")), ["lo"], "nothing is made before the answer");
        terminal.keys("\r");
        terminal.shows("done: Create mine");
        let made = link(Some("lab"), "mine");
        assert_eq!(made["address"], "02:00:00:00:00:42");
        assert_eq!(made["addr_info"][0]["local"], "192.0.2.42");
        assert_eq!(mode(Some("lab"), "mine"), "vepa");
        assert!(is_up(Some("lab"), "mine"));
        select(&mut terminal, "mine");
        let screen = terminal.shows("192.0.2.42/24");
        let row = screen.lines().find(|row| row.contains("── mine")).expect("its row");
        for word in ["lab", "vepa", "02:00:00:00:00:42"] {
            assert!(row.contains(word), "{word} in {row}");
        }
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        let lines = std::fs::read_to_string(&journal).expect("the journal");
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(lines.contains("ip -n lab link set dev mine up"), "{lines}");
    }

    fn a_mode_changes_only_with_a_yes() {
        set_up();
        let before = world();
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        choose_mode(&mut terminal, "Mode of eth0 in web", "priv");
        let screen = terminal.shows("[ Apply ]");
        assert!(screen.contains("$ ip -n web link set dev eth0 type macvlan mode private"), "{screen}");
        terminal.keys("\t");
        terminal.shows("[ Cancel ]");
        terminal.keys("\r");
        terminal.hides("[ Cancel ]");
        terminal.keys("v");
        terminal.wait("an empty list", |screen| !screen.contains("Change mode"));
        assert_world(&before, "after a no");
        terminal.keys("v");
        choose_mode(&mut terminal, "Mode of eth0 in web", "priv");
        agree(&mut terminal);
        terminal.shows("done: Change mode of eth0 in web; z undoes it");
        assert_eq!(mode(Some("web"), "eth0"), "private");
        terminal.wait("its row", |screen| {
            screen.lines().any(|row| row.contains("── eth0") && row.contains("private"))
        });
    }

    fn a_deletion_is_meant_and_undone() {
        set_up();
        sh("ip -n web link set eth0 up alias 'the web' mtu 1400
            ip -n web address add 192.0.2.9/24 dev eth0; ip -n web address add 2001:db8::9/64 dev eth0 nodad");
        let before = world();
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        terminal.keys("D");
        let screen = terminal.shows("[ Cancel ]");
        assert!(screen.contains("$ ip -n web link delete dev eth0"), "{screen}");
        terminal.keys("\r");
        terminal.hides("[ Cancel ]");
        assert_world(&before, "the first answer is no");
        terminal.keys("D");
        agree(&mut terminal);
        terminal.shows("done: Delete eth0 in web; z undoes it");
        assert_eq!(names(Some("web")), ["lo"]);
        terminal.wait("its row to go", |screen| !screen.contains("── eth0"));
        terminal.keys("z");
        terminal.shows("Undo: Delete eth0 in web");
        agree(&mut terminal);
        terminal.shows("Z makes it again");
        assert_world(&before, "after undo");
        terminal.shows("── eth0");
    }

    fn properties_addresses_and_place_are_changed_and_changed_back() {
        set_up();
        let before = world();
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        terminal.keys("e");
        terminal.shows("Edit eth0 in web");
        fill(&mut terminal, "two words");
        terminal.keys("\t");
        fill(&mut terminal, "192.0.2.9/24 2001:db8::9/64");
        fill(&mut terminal, "1400");
        terminal.keys("\x13");
        terminal.shows("alias 'two words'");
        agree(&mut terminal);
        terminal.shows("done: ");
        let edited = link(Some("web"), "eth0");
        assert_eq!((&edited["ifalias"], &edited["mtu"]), (&"two words".into(), &1400.into()));
        let addresses = edited["addr_info"].as_array().expect("addresses");
        let locals: Vec<_> = addresses.iter().map(|address| &address["local"]).collect();
        assert_eq!(locals, ["192.0.2.9", "2001:db8::9"]);
        terminal.keys("u");
        terminal.shows("Set eth0 in web up");
        agree(&mut terminal);
        terminal.shows("done: Set eth0 in web up");
        assert!(is_up(Some("web"), "eth0"));
        let there = world();
        terminal.keys("M");
        terminal.shows("Move eth0 in web to");
        terminal.keys("lab\r");
        agree(&mut terminal);
        terminal.shows("done: Move");
        assert_eq!((names(Some("web")), names(Some("lab"))), (vec!["lo".to_owned()], vec!["lo".to_owned(), "eth0".to_owned()]));
        terminal.keys("z");
        terminal.shows("Undo: Move");
        agree(&mut terminal);
        terminal.shows("Z makes it again");
        assert_world(&there, "moved back");
        // The selection has gone along, there and back.
        terminal.keys("u");
        terminal.shows("Set eth0 in web down");
        agree(&mut terminal);
        terminal.shows("done: Set eth0 in web down");
        assert!(!is_up(Some("web"), "eth0"));
        for undone in ["Undo: Set eth0 in web down", "Undo: Set eth0 in web up", "Undo: Change eth0 in web"] {
            terminal.keys("z");
            terminal.shows(undone);
            agree(&mut terminal);
            terminal.shows("Z makes it again");
        }
        assert_world(&before, "all undone");
    }

    fn a_namespace_is_made_and_unmade() {
        set_up();
        let before = world();
        let mut terminal = open(&[]);
        terminal.keys("Cfresh\r");
        terminal.shows("$ ip netns add fresh");
        agree(&mut terminal);
        terminal.shows("done: ");
        assert!(sh("ip netns list").lines().any(|line| line.starts_with("fresh")));
        assert_eq!(names(Some("fresh")), ["lo"], "ip can enter it");
        terminal.keys("z");
        terminal.shows("Undo: ");
        agree(&mut terminal);
        terminal.shows("Z makes it again");
        assert_world(&before, "after undo");
    }

    fn a_shell_runs_inside_and_its_end_leads_back() {
        set_up();
        let mut terminal = open_with(&["SHELL=/bin/sh"], &[]);
        select(&mut terminal, "eth0");
        let before = tree(&terminal.text());
        let inode = sh("stat -L -c %i /run/netns/web");
        terminal.keys("S");
        terminal.shows("# ");
        terminal.hides("macvlens");
        terminal.keys("echo inside=$(readlink /proc/self/ns/net)\r");
        terminal.shows(&format!("inside=net:[{}]", inode.trim()));
        terminal.keys("exit\r");
        terminal.wait("the same tree", |screen| screen.contains("live") && tree(screen) == before);
        assert!(!terminal.is_restored(), "it is ours again");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        eventually("the terminal to be restored", || terminal.is_restored());
    }

    fn marked_rows_change_together() {
        set_up();
        sh("ip link add link uplink name third netns lab type macvlan mode bridge");
        let before = world();
        let mut terminal = open(&[]);
        terminal.shows("── third");
        terminal.keys("gjV   ");
        terminal.shows("3 marked");
        choose_mode(&mut terminal, "Mode of 3 links", "priv");
        let screen = terminal.shows("Cancel");
        assert_eq!(screen.matches("mode private").count(), 3, "{screen}");
        agree(&mut terminal);
        terminal.shows("done: Change mode of 3");
        for (netns, name) in [(None, "mvhost"), (Some("web"), "eth0"), (Some("lab"), "third")] {
            assert_eq!(mode(netns, name), "private", "{name}");
        }
        terminal.keys("z");
        agree(&mut terminal);
        terminal.shows("Z makes it again");
        assert_world(&before, "after undo");
    }

    fn a_world_that_changed_before_the_answer_is_told() {
        set_up();
        let mut terminal = open(&[]);
        select(&mut terminal, "eth0");
        choose_mode(&mut terminal, "Mode of eth0 in web", "priv");
        terminal.shows("[ Apply ]");
        sh("ip -n web link set dev eth0 type macvlan mode bridge");
        terminal.keys("\r");
        let screen = terminal.shows("Not done: Change mode of eth0 in web");
        assert!(screen.contains("vepa") && screen.contains("bridge"), "{screen}");
        assert_eq!(mode(Some("web"), "eth0"), "bridge", "nothing was done");
        terminal.keys("\r");
        terminal.shows("bridge → private");
        agree(&mut terminal);
        terminal.shows("done: Change mode");
        assert_eq!(mode(Some("web"), "eth0"), "private");
        // Another link with the same name and index is another link.
        terminal.keys("D");
        terminal.shows("[ Cancel ]");
        let index = link(Some("web"), "eth0")["ifindex"].clone();
        sh(&format!("ip -n web link delete eth0
            ip link add link uplink name eth0 index {index} netns web type macvlan mode private"));
        let before = world();
        agree(&mut terminal);
        terminal.shows("Not done: Delete eth0 in web");
        assert_world(&before, "nothing was done");
    }

    fn what_a_rule_forbids_is_said_with_a_way_out() {
        set_up();
        let before = world();
        let mut terminal = open(&[]);
        select_parent(&mut terminal);
        terminal.keys("c");
        terminal.shows("Create a sub-interface on uplink");
        terminal.keys("\tpp");
        terminal.shows("‹ passthru ›");
        let screen = terminal.shows("passthru takes uplink");
        assert!(screen.contains("for itself") && screen.contains("VLAN"), "{screen}");
        terminal.keys("\x13");
        terminal.keys("\x13");
        let screen = terminal.shows("Create a sub-interface on uplink");
        assert!(!screen.contains("Apply"), "{screen}");
        terminal.keys("\x1b");
        terminal.hides("Create a sub-interface");
        select(&mut terminal, "eth0");
        choose_mode(&mut terminal, "Mode of eth0 in web", "pass");
        terminal.shows("passthru can only be chosen at the");
        assert!(!terminal.text().contains("Apply"));
        assert_world(&before, "nothing was done");
    }

    fn what_the_kernel_refuses_is_explained_and_taken_back() {
        set_up();
        sh("ip netns add leaked
            ip link add link uplink name leak netns leaked address 02:00:00:00:00:42 type macvlan
            ip -n leaked link set leak up");
        let _leaked = hidden::hide("leaked");
        let before = world();
        let mut terminal = open(&[]);
        select_parent(&mut terminal);
        terminal.keys("c");
        terminal.shows("Create a sub-interface on uplink");
        terminal.keys("\t");
        fill(&mut terminal, "mine");
        terminal.keys("\t");
        fill(&mut terminal, "02:00:00:00:00:42");
        terminal.keys("\x13");
        agree(&mut terminal);
        let screen = terminal.shows("Failed: Create mine");
        let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["EADDRINUSE", "another sub-interface of uplink", "02:00:00:00:00:42", "undone ip link add"] {
            assert!(words.contains(part), "{part} in\n{screen}");
        }
        assert_world(&before, "taken back");
    }
}
