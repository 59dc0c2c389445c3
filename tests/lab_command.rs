//! `macvlens lab`, the real program: on a terminal, with commands, and killed in every way. Each in
//! a sandbox around the lab's own, whose processes, mounts and namespaces are compared afterwards.

#[macro_use]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

use common::eventually;
use common::program::{self, ends};
use common::pty::Terminal;
use macvlens::lab::shipped;
use macvlens::owners;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

/// Processes, network namespaces and mounts that can be seen.
fn world() -> (BTreeSet<i32>, BTreeSet<PathBuf>, String) {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let pids: BTreeSet<i32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let namespaces = pids.iter().filter_map(|pid| common::netns_link(&pid.to_string()));
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    (pids.clone(), namespaces.collect(), mounts)
}

/// The program and the processes that lead from it into the lab, the innermost last.
fn chain(outer: u32) -> Vec<Pid> {
    let mut chain = vec![outer.cast_signed()];
    let parent_of = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<i32>().ok()
    };
    while let Some(child) =
        world().0.into_iter().find(|pid| parent_of(*pid) == chain.last().copied())
    {
        chain.push(child);
    }
    chain.into_iter().map(Pid::from_raw).collect()
}

fn open(arguments: &[&str], columns: u16, rows: u16) -> Terminal {
    let terminal = Terminal::macvlens(arguments, columns, rows);
    terminal.wait("the whole lab", |screen| {
        ["lab modes", "c1", "c6", "ens8", "live"].iter().all(|word| screen.contains(word))
    });
    terminal
}

/// Ends a lab in a way, and demands a status and that nothing is left.
fn ended(how: &str, end: impl FnOnce(&mut Terminal, &[Pid]), code: i32) {
    let before = world();
    let mut terminal = open(&["lab"], 80, 24);
    let chain = chain(terminal.pid());
    assert_eq!(chain.len(), 4, "{chain:?}");
    end(&mut terminal, &chain);
    assert_eq!(terminal.end().code(), Some(code), "{how}");
    assert_eq!(world(), before, "{how}");
    eventually("the terminal to be restored", || terminal.is_restored());
}

sandboxed! {
    fn the_lab_opens_and_leaves_nothing() {
        for (columns, rows) in [(120, 36), (80, 24)] {
            let before = world();
            let mut terminal = open(&["lab", "modes"], columns, rows);
            let screen = terminal.shows("read-write");
            for name in ["c1", "c2", "c3", "c4", "c5", "c6", "bridge", "vepa", "private", "host"] {
                assert!(screen.contains(name), "{name}: {screen}");
            }
            terminal.keys("q");
            assert_eq!(terminal.end().code(), Some(0));
            assert!(terminal.is_restored());
            assert_eq!(world(), before);
        }
    }

    fn every_end_leaves_nothing_and_restores_the_terminal() {
        ended("Ctrl-C", |terminal, _| terminal.keys("\x03"), 0);
        let signals = [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129), (Signal::SIGINT, 130)];
        for (signal, code) in signals {
            for place in [0, 3] {
                ended(signal.as_str(), |_, chain| kill(chain[place], signal).expect("kill"), code);
            }
        }
        for place in 1..4 {
            let kill = |_: &mut Terminal, chain: &[Pid]| {
                kill(chain[place], Signal::SIGKILL).expect("kill");
            };
            ended(&format!("SIGKILL of process {place}"), kill, 137);
        }
    }

    fn a_killed_outer_process_takes_all_with_it() {
        let before = world();
        let mut terminal = open(&["lab"], 80, 24);
        assert_eq!(chain(terminal.pid()).len(), 4);
        terminal.signal(Signal::SIGKILL);
        terminal.end();
        eventually("the rest to end", || world() == before);
    }

    fn a_terminal_that_closes_leaves_nothing() {
        let before = world();
        let mut terminal = open(&["lab"], 80, 24);
        terminal.hang_up();
        terminal.end();
        eventually("all to end", || world() == before);
        // In a session of its own, to which the terminal's end sends no signal.
        let arguments = ["--wait", program::PROGRAM, "lab"];
        let mut terminal = Terminal::start("setsid", &arguments, 80, 24);
        terminal.shows("c6");
        terminal.hang_up();
        terminal.end();
        eventually("all to end without a signal", || world() == before);
    }

    fn ctrl_c_reaches_a_command_and_its_status_comes_back() {
        let mut terminal =
            Terminal::macvlens(&["lab", "--", "sh", "-c", "echo ready; exec sleep 1000"], 80, 24);
        terminal.shows("ready");
        terminal.keys("\x03");
        assert_eq!(terminal.end().code(), Some(130));
    }

    fn a_command_in_the_background_leaves_the_terminal_to_others() {
        let mut terminal = Terminal::start("bash", &["--norc", "--noprofile", "-i"], 120, 36);
        terminal.shows("#");
        terminal.keys(&format!("{} lab -- sleep 1 &\r", program::PROGRAM));
        terminal.shows("[1]");
        terminal.keys("cat\r");
        eventually("the command to begin", || has_process("sleep"));
        eventually("the command to end", || !has_process("macvlens"));
        terminal.keys("typed\r");
        terminal.wait("cat's answer", |screen| screen.matches("typed").count() == 2);
        terminal.keys("\x04");
        // One that had it in the foreground gives it back, also to what is no shell.
        terminal.keys(&format!(
            "sh -c '{} lab -- bash -ic \"echo inside\"; read x; echo after $x'\r",
            program::PROGRAM
        ));
        terminal.wait("its output", |screen| screen.lines().any(|line| line == "inside"));
        terminal.keys("word\r");
        terminal.shows("after word");
        terminal.keys("exit\r");
        terminal.end();
    }

    fn ctrl_z_stops_the_whole_job_and_fg_continues_it() {
        let mut terminal = Terminal::start("bash", &["--norc", "--noprofile", "-i"], 120, 36);
        terminal.shows("#");
        terminal.keys(&format!("{} lab\r", program::PROGRAM));
        terminal.shows("c6");
        terminal.keys("\x1a");
        terminal.shows("Stopped");
        terminal.keys("echo still $((40 + 2))\r");
        terminal.shows("still 42");
        // In the background it may not have the terminal.
        terminal.keys("clear; bg\r");
        terminal.shows("Stopped");
        terminal.keys("clear; fg\r");
        terminal.shows("02:00:00:00:08:06");
        terminal.keys("q");
        terminal.hides("02:00:00:00:08:06");
        terminal.keys("echo status $?\r");
        terminal.shows("status 0");
        terminal.keys("exit\r");
        terminal.end();
    }

    fn what_a_kernel_has_not_is_left_out_and_told() {
        let (printed, told) = ends("lab passthru -- macvlens show -o json", 0);
        let has_vlans = printed.contains("ens10.10");
        assert_eq!(told.contains("ens10.10 is left out of the lab: this kernel has no 802.1Q"), !has_vlans);
        assert_eq!(told.contains("eth0 in c3 is left out"), !has_vlans, "{told}");
        let mut terminal = Terminal::macvlens(&["lab", "passthru"], 120, 36);
        terminal.shows("02:00:00:00:09:00");
        terminal.keys("w");
        terminal.shows(if has_vlans { "Warnings" } else { "eth0 in c3 is left out of the lab" });
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn ctrl_z_without_a_shell_that_could_continue_it_does_nothing() {
        let mut terminal = open(&["lab"], 80, 24);
        terminal.keys("\x1a");
        terminal.keys("?");
        terminal.shows("─ Help");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_shell_in_a_container_gives_the_terminal_back() {
        let mut terminal = open(&["lab"], 120, 36);
        // The first row below the parent is eth0 in c1.
        terminal.keys("jS");
        terminal.wait("a prompt", |screen| screen.contains('#') && !screen.contains("ens8"));
        terminal.keys("echo in $MACVLENS_NETNS of $MACVLENS_LAB $((40 + 2))\r");
        terminal.shows("in c1 of modes 42");
        terminal.keys("exit\r");
        terminal.shows("02:00:00:00:08:06");
        // The second lesson has another lab.
        terminal.keys("L");
        terminal.shows("─ Lessons");
        terminal.keys("j\r");
        terminal.shows("The question");
        terminal.keys("S");
        terminal.hides("The question");
        terminal.keys("echo of $MACVLENS_LAB $((40 + 3))\r");
        terminal.shows("of host-shim 43");
        terminal.keys("exit\r");
        terminal.shows("The question");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        eventually("the terminal to be restored", || terminal.is_restored());
    }

    fn a_command_runs_in_the_lab_with_its_own_status() {
        let before = world();
        let run = |line: &str, status| ends(&format!("lab modes -- {line}"), status).0;
        assert!(run("macvlens reach c1/eth0 c2/eth0", 0).contains("reachable"));
        assert!(run("macvlens reach c1/eth0 c3/eth0", 1).contains("c3"));
        assert!(run("macvlens probe c1/eth0 c2/eth0", 0).contains("agreed"));
        assert!(run("ip netns list", 0).contains("outside"));
        let printed = program::command(&["lab", "--", "sh", "-c", "kill -TERM $$"]);
        assert_eq!(status(printed), Some(143));
        assert_eq!(status(program::command(&["lab", "--", "sh", "-c", "exit 7"])), Some(7));
        let (_, told) = ends("lab modes -- no-such-command", 1);
        assert!(told.contains("running no-such-command in the lab: "), "{told}");
        assert_eq!(world(), before);
    }

    fn nothing_of_the_host_is_seen() {
        let script = "for d in \"$@\"; do test ! -e $d || ls -A $d; done; ls -A /run; \
            echo \"$DOCKER_HOST$SSH_CONNECTION\"";
        let mut command = program::command(&["lab", "modes", "--", "sh", "-c", script, "sh"]);
        command.args(owners::KEPT);
        command.env("DOCKER_HOST", "unix:///dev/null").env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        let (printed, told) = program::judge("the host's files", &command.output().expect("sh"), 0);
        assert_eq!((printed.trim(), told.as_str()), ("netns", ""));
        // What was named on the command line is the host's, too.
        let directory = tempfile::tempdir().expect("a directory");
        let network = r#"{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"macvlan","master":"ens8"}]}"#;
        fs::write(directory.path().join("n.conflist"), network).expect("a file");
        let directory = directory.path().to_str().expect("a path");
        let mut terminal = open(&["lab", "--cni-conf-dir", directory, "--docker-host", "/x"], 120, 36);
        terminal.keys("tt");
        terminal.shows("By network");
        let screen = terminal.text();
        assert!(!screen.contains("cni") && !screen.contains('⚠'), "{screen}");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_teachers_own_file_is_used_and_its_errors_are_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("mine.toml");
        let (text, _) = ends("lab --print passthru", 0);
        fs::write(&file, text.replace("ens9", "mine9")).expect("a file");
        let line = |rest: &str| format!("lab --file {} {rest}", file.display());
        let (printed, _) = ends(&line("-- macvlens show"), 0);
        assert!(printed.contains("mine9"), "{printed}");
        fs::write(&file, "title = 't'\nabout = 'a'\ncolour = 1").expect("a file");
        let (_, told) = ends(&line("-- true"), 1);
        assert!(told.contains("mine.toml:3: unknown field `colour`"), "{told}");
        fs::write(&file, "title = 't'\nabout = '\u{e4}'").expect("a file");
        let latin1 = fs::read(&file).expect("it").into_iter().filter(|byte| *byte != 0xc3);
        fs::write(&file, latin1.collect::<Vec<_>>()).expect("a file");
        let (_, told) = ends(&line("-- true"), 1);
        assert!(told.contains("mine.toml: line 2 is not UTF-8 text"), "{told}");
        fs::write(&file, " ".repeat(2 << 20)).expect("a file");
        let (_, told) = ends(&line("-- true"), 1);
        assert!(told.contains("mine.toml: it is larger than "), "{told}");
        // Nobody writes to it: whoever opened it would wait for ever.
        let fifo = directory.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).expect("a FIFO");
        let (_, told) = ends(&format!("lab --file {} -- true", fifo.display()), 1);
        assert!(told.contains("fifo: it is no regular file"), "{told}");
        // A pipe of the shell is one, too, but what is named is a link to it.
        let script = format!("{0} lab --print modes | {0} lab --file /dev/stdin -- true", program::PROGRAM);
        common::sh(&script);
        let (_, told) = ends("lab --file /no/such/file -- true", 1);
        assert!(told.contains("reading /no/such/file: No such file"), "{told}");
    }

    fn a_parent_is_reached_whatever_its_mac_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("mine.toml");
        let (text, _) = ends("lab --print host-shim", 0);
        for first in ["02", "06"] {
            let parent = format!("\"{first}:00:00:00:08:00\"");
            fs::write(&file, text.replace("\"02:00:00:00:08:00\"", &parent)).expect("a file");
            let inside = "-- macvlens probe outside/eth0 ens8";
            let (told, _) = ends(&format!("lab --file {} {inside}", file.display()), 0);
            assert!(told.contains("answers ARP and ICMP echo"), "{first}: {told}");
        }
    }

    fn the_list_is_that_of_the_files_and_a_wrong_name_shows_it() {
        let (list, _) = ends("lab --list", 0);
        let names = list.lines().filter_map(|line| line.split(' ').next());
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        assert_eq!(names, shipped().iter().map(|lab| lab.name).collect::<Vec<_>>());
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
        for shipped in shipped() {
            assert_eq!(ends(&format!("lab --print {}", shipped.name), 0).0, shipped.text);
            let lab = shipped.lab().expect("right");
            assert!(list.contains(&lab.title) && words(&list).contains(&words(&lab.about)), "{list}");
        }
        let (_, told) = ends("lab pasthru", 2);
        assert!(told.contains("no lab 'pasthru'; did you mean passthru?"), "{told}");
        let (_, lesson) = ends("lab bridge", 2);
        assert!(lesson.contains("begins with macvlens lab --lesson bridge\n"), "{lesson}");
        let known: Vec<_> = told.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(known, names, "{told}");
        let (_, told) = ends("lab", 2);
        assert!(told.contains("needs a terminal"), "{told}");
    }

    fn without_user_namespaces_it_is_said_what_to_look_at() {
        fs::write("/proc/sys/user/max_user_namespaces", "0").expect("our own sysctl");
        let (_, told) = ends("lab -- true", 1);
        let wanted = ["a lab needs user", "creating a user namespace: ", "apparmor", "max_user_namespaces"];
        for words in wanted {
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(told.lines().count(), 1, "{told}");
    }

    fn a_lab_that_is_too_large_for_the_kernel_says_where_the_limit_is() {
        fs::write("/proc/sys/user/max_net_namespaces", "4").expect("our own sysctl");
        let (_, told) = ends("lab -- true", 1);
        assert!(told.contains("creating the network namespace c"), "{told}");
        assert!(told.contains("the sysctl user.max_net_namespaces"), "{told}");
    }

    fn global_flags_count_inside() {
        let mut terminal = open(&["--read-only", "lab", "--ascii"], 120, 36);
        let screen = terminal.shows("read-only");
        assert!(screen.is_ascii(), "{screen}");
        terminal.keys("jD");
        terminal.shows("read-only: nothing is changed");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_change_is_made_and_seen() {
        let mut terminal = open(&["lab"], 120, 36);
        terminal.keys("ju");
        terminal.shows("[ Cancel ]");
        terminal.keys("\t\r");
        terminal.wait("eth0 of c1 to be down", |screen| {
            let row = screen.lines().find(|line| line.contains("02:00:00:00:08:01"));
            row.is_some_and(|row| row.contains("DOWN")) && screen.contains("live")
        });
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn the_marker_alone_builds_nothing_where_something_is() {
        common::sh("ip link add host0 type veth peer name host1");
        let script = format!("{} --inside-lab=5 lab 5</dev/null", program::PROGRAM);
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh");
        let (_, told) = program::judge(&script, &output, 1);
        assert!(told.contains("missing field"), "{told}");
        let lab = format!("{}/assets/labs/modes.toml", env!("CARGO_MANIFEST_DIR"));
        let script = format!("{} --inside-lab=5 lab 5<{lab}", program::PROGRAM);
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh");
        let (_, told) = program::judge(&script, &output, 1);
        assert!(told.contains("the interface host") && told.contains("macvlens lab"), "{told}");
        assert_eq!(common::sh("ip netns list"), "");
    }
}

/// Whether a process of that name runs in our PID namespace.
fn has_process(name: &str) -> bool {
    let names = world().0.into_iter();
    let mut names = names.filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    names.any(|comm| comm.trim_end() == name)
}

fn status(mut command: std::process::Command) -> Option<i32> {
    let output: Output = command.output().expect("macvlens");
    output.status.code()
}
