//! The program as a person uses it: the real binary on a pseudo-terminal, on a host of its own.

#[macro_use]
mod common;

use std::fs;
use std::path::Path;

use common::pty::Terminal;
use common::{eventually, sh};
use nix::sys::signal::Signal;

/// A parent, and sub-interfaces in this namespace and in `web` and `db`.
fn set_up() {
    sh("ip netns add web; ip netns add db
        ip link add uplink type veth peer name switch
        ip link set switch up; ip link set uplink up
        ip link add link uplink name mvhost type macvlan mode bridge
        ip link add link uplink name eth0 netns web type macvlan mode vepa
        ip link add link uplink name eth0 netns db type macvlan mode private
        ip -n web link set eth0 address 02:42:c0:a8:80:de up
        ip -n web address add 192.168.128.222/24 dev eth0");
}

/// Names the thread that panics; gives the variable that makes the program look.
fn panic_in(thread: &str, directory: &Path) -> String {
    let file = directory.join("panic");
    fs::write(&file, thread).expect("a file");
    format!("MACVLENS_PANIC={}", file.display())
}

fn open(columns: u16, rows: u16) -> Terminal {
    let terminal = Terminal::macvlens(&[], columns, rows);
    terminal.shows("uplink");
    terminal.shows("02:42:c0:a8:80:de");
    terminal
}

/// The left pane: every row up to the frame of the details.
fn tree(screen: &str) -> String {
    screen.lines().map(|line| line.split('│').next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

sandboxed! {
    fn the_first_screen_tells_who_is_where() {
        set_up();
        for (columns, rows) in [(120, 36), (80, 24)] {
            let mut terminal = open(columns, rows);
            // A screen may be read while it is still being drawn.
            terminal.wait("the row of web's eth0, whole", |screen| {
                let row = screen.lines().find(|line| line.contains("02:42:c0:a8:80:de"));
                row.is_some_and(|row| ["eth0", "web", "vepa"].iter().all(|word| row.contains(word)))
            });
            terminal.wait("all rows", |screen| {
                ["macvlens", "private", "bridge", "db", "mvhost"].iter().all(|word| screen.contains(word))
            });
            terminal.keys("q");
            assert_eq!(terminal.end().code(), Some(0));
            assert!(terminal.is_restored());
        }
    }

    fn a_change_made_with_ip_appears() {
        set_up();
        let terminal = open(120, 36);
        sh("ip -n db link set eth0 name renamed");
        terminal.shows("renamed");
        sh("ip link add link uplink name fresh netns web type macvlan mode source");
        terminal.shows("fresh");
        sh("ip -n web link del fresh");
        terminal.wait("fresh to leave the tree", |screen| {
            !screen.lines().take(20).any(|line| line.contains("fresh"))
        });
        sh("ip netns add another; ip link add link uplink name guest netns another type macvlan");
        terminal.shows("guest");
    }

    fn a_filter_finds_a_mac_and_help_lists_the_keys() {
        set_up();
        let mut terminal = open(120, 36);
        terminal.keys("/mac:02:42:c0\r");
        terminal.wait("only one row", |screen| !tree(screen).contains("mvhost"));
        terminal.shows("02:42:c0:a8:80:de");
        terminal.keys("\x1b");
        terminal.wait("all rows", |screen| tree(screen).contains("mvhost"));
        terminal.keys("?");
        terminal.wait("the help", |screen| screen.contains("Show everything known"));
        terminal.keys("\x1b");
        terminal.shows("mvhost");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn details_tell_how_the_parent_was_found() {
        set_up();
        let mut terminal = open(120, 50);
        terminal.keys("/ns:web\r");
        terminal.wait("only one row", |screen| !tree(screen).contains("mvhost"));
        terminal.keys("jj");
        let screen = terminal.shows("link-netnsid");
        assert!(screen.contains("eth0@if"), "{screen}");
        terminal.keys("\x1b");
        terminal.wait("all rows", |screen| tree(screen).contains("mvhost"));
        terminal.keys("/name:mvhost\r");
        terminal.wait("only one row", |screen| !tree(screen).contains("web"));
        terminal.keys("gj\r");
        terminal.shows("/sys/class/net/mvhost/lower_uplink");
    }

    fn every_end_restores_the_terminal() {
        set_up();
        for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129), (Signal::SIGINT, 130)] {
            let mut terminal = open(80, 24);
            assert!(!terminal.is_restored(), "it is ours while the program runs");
            terminal.signal(signal);
            assert_eq!(terminal.end().code(), Some(code), "{signal}");
            eventually("the terminal to be restored", || terminal.is_restored());
        }
        let mut terminal = open(80, 24);
        terminal.keys("\x03");
        assert_eq!(terminal.end().code(), Some(0));
        eventually("the terminal to be restored", || terminal.is_restored());
    }

    fn a_terminal_that_closes_ends_the_program_even_without_a_signal() {
        set_up();
        // In a session of its own, which the terminal does not control and so does not signal.
        let program = env!("CARGO_BIN_EXE_macvlens");
        let mut terminal = Terminal::start("setsid", &["--wait", program], 80, 24);
        terminal.shows("sub-interface");
        // Nor does it notice by drawing: nothing changes on this screen.
        terminal.keys("p?");
        terminal.shows("─ Help");
        assert!(runs("macvlens"));
        terminal.hang_up();
        eventually("the program to end", || !runs("macvlens"));
    }

    fn a_panic_restores_the_terminal_and_says_what_happened() {
        set_up();
        let program = env!("CARGO_BIN_EXE_macvlens");
        let directory = tempfile::tempdir().expect("a directory");
        let variable = panic_in("main", directory.path());
        let mut terminal = Terminal::start("env", &[&variable, "RUST_BACKTRACE=0", program], 80, 24);
        assert_eq!(terminal.end().code(), Some(101));
        eventually("the terminal to be restored", || terminal.is_restored());
        terminal.shows("panicked");
    }

    fn a_panic_of_another_thread_is_told_on_the_screen_and_printed_behind_it() {
        set_up();
        let program = env!("CARGO_BIN_EXE_macvlens");
        for (thread, told) in [("engines", "follows them has failed"), ("watcher", "STOPPED")] {
            let (networks, asked) =
                (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
            let variable = panic_in("nobody", asked.path());
            let conf_dir = networks.path().to_str().expect("a path");
            let mut terminal =
                Terminal::start("env", &[&variable, program, "--cni-conf-dir", conf_dir], 120, 36);
            terminal.shows("02:42:c0:a8:80:de");
            panic_in(thread, asked.path());
            let network = r#"{"cniVersion": "1.0.0", "name": "late", "type": "macvlan", "master": "uplink"}"#;
            fs::write(networks.path().join("late.conf"), network).expect("a file");
            sh("ip link set mvhost up");
            if thread == "engines" {
                terminal.shows("1 warning");
                terminal.keys("w");
            }
            let screen = terminal.shows(told);
            assert!(screen.starts_with(" macvlens") && !screen.contains("panicked"), "{screen}");
            assert!(!terminal.is_restored());
            terminal.keys("q");
            assert_eq!(terminal.end().code(), Some(0));
            eventually("the terminal to be restored", || terminal.is_restored());
            terminal.shows(&format!("thread '{thread}' panicked"));
        }
    }

    fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back() {
        set_up();
        let mut terminal = Terminal::start("bash", &["--norc", "--noprofile", "-i"], 120, 36);
        terminal.shows("#");
        terminal.keys(&format!("{}\r", env!("CARGO_BIN_EXE_macvlens")));
        terminal.shows("02:42:c0:a8:80:de");
        terminal.keys("\x1a");
        terminal.shows("Stopped");
        terminal.keys("echo still $((40 + 2))\r");
        terminal.shows("still 42");
        terminal.keys("fg\r");
        terminal.shows("02:42:c0:a8:80:de");
        terminal.keys("q");
        terminal.hides("02:42:c0:a8:80:de");
        terminal.keys("exit\r");
        terminal.end();
    }

    fn a_resize_is_followed_and_a_tiny_terminal_gets_a_sentence() {
        set_up();
        let mut terminal = open(120, 36);
        terminal.resize(20, 5);
        terminal.wait("a sentence", |screen| screen.contains("needs"));
        terminal.resize(80, 24);
        terminal.shows("02:42:c0:a8:80:de");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_terminal_whose_size_nobody_told_gets_the_usual_one() {
        set_up();
        let unsized_run = |arguments: &str| {
            let program = env!("CARGO_BIN_EXE_macvlens");
            let script = format!("stty cols 0 rows 0; exec {program} {arguments}");
            Terminal::start("sh", &["-c", &script], 120, 36)
        };
        let printed = unsized_run("show");
        printed.shows("02:42:c0:a8:80:de");
        let mut terminal = unsized_run("");
        terminal.shows("02:42:c0:a8:80:de");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_terminal_that_claims_an_absurd_size_gets_a_sane_area() {
        set_up();
        let program = env!("CARGO_BIN_EXE_macvlens");
        let script = format!("stty cols 65535 rows 65535; exec {program}");
        let mut terminal = Terminal::start("sh", &["-c", &script], 1000, 500);
        terminal.shows("02:42:c0:a8:80:de");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_dumb_terminal_is_told_what_to_run_instead() {
        let program = env!("CARGO_BIN_EXE_macvlens");
        let mut terminal = Terminal::start("env", &["TERM=dumb", program], 80, 24);
        terminal.shows("macvlens show");
        assert_eq!(terminal.end().code(), Some(1));
        assert!(!terminal.raw().contains(&0x1b));
    }

    fn a_failure_that_nobody_can_be_told_of_still_has_its_status() {
        set_up();
        let run = |redirection: &str| {
            let program = env!("CARGO_BIN_EXE_macvlens");
            let script = format!("{program} show {redirection}");
            std::process::Command::new("sh").args(["-c", &script]).output().expect("sh")
        };
        let told = run(">/dev/full");
        assert_eq!(told.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&told.stderr).contains("writing to stdout"), "{told:?}");
        assert_eq!(run(">/dev/full 2>/dev/full").status.code(), Some(1));
    }

    fn nothing_unprintable_reaches_the_terminal() {
        set_up();
        sh(r"ip link add link uplink name $(printf 'x\033[2J\377') netns web type macvlan mode bridge");
        sh(r"ip -n web link set eth0 alias $(printf 'a\033]0;title\007b')");
        let mut terminal = Terminal::macvlens(&[], 120, 36);
        terminal.shows("x\\u{1b}");
        terminal.keys("jjj");
        let raw = terminal.raw();
        let has = |bytes: &[u8]| raw.windows(bytes.len()).any(|window| window == bytes);
        assert!(!has(b"x\x1b[2J") && !has(b"\x1b]0;title"));
    }
}

/// Whether a process of that name runs in our PID namespace.
fn runs(name: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let mut names =
        processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("comm")).ok());
    names.any(|comm| comm.trim_end() == name)
}
