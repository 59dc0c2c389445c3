//! The rope on a pseudo-terminal: a change that may cut off its own operator goes back when it is
//! not kept, whatever becomes of the terminal. And the two ways to be sure that nothing changes, a
//! program that ends in the middle and one that may only look.

#[macro_use]
mod common;

use std::fs;

use common::browse::{
    agree, assert_world, fill, names, open, open_with, select, select_parent, set_up, world,
};
use common::eventually;
use common::program::{link, mode};
use common::pty::Terminal;
use nix::sys::signal::Signal;
use serde_json::Value;

/// As sshd sets it for somebody who came in through the parent.
const SSH: &str = "SSH_CONNECTION=192.0.2.1 50000 192.0.2.7 22";

fn is_up() -> bool {
    let flags = link(None, "uplink")["flags"].clone();
    flags.as_array().expect("flags").contains(&Value::from("UP"))
}

/// Sets the parent down, which carries the operator's own connection; it waits to be kept.
#[track_caller]
fn cut(variables: &[&str], arguments: &[&str]) -> Terminal {
    let variables = [&[SSH], variables].concat();
    let mut terminal = open_with(&variables, arguments);
    select_parent(&mut terminal);
    terminal.keys("u");
    let screen = terminal.shows("[ Cancel ]");
    let danger = "your own connection from 192.0.2.1 runs through uplink";
    assert!(screen.contains(danger) && screen.contains("Reverts by itself after"), "{screen}");
    terminal.keys("\r");
    terminal.hides("[ Cancel ]");
    assert!(is_up(), "the first answer is no");
    terminal.keys("u");
    agree(&mut terminal);
    terminal.shows("Reverts in");
    assert!(!is_up(), "the change is made");
    terminal
}

/// Asks for the screen again and again until the program has to wait for the terminal, which takes
/// a few thousand bytes; then to keep the change, which nobody gets to hear.
fn clog(terminal: &mut Terminal) {
    terminal.keys(&"\x0c".repeat(100));
    terminal.keys("K");
}

/// Opens a form, or the question that it leads to.
fn halfway(terminal: &mut Terminal, question: bool) {
    select_parent(terminal);
    terminal.keys("c");
    terminal.shows("Create a sub-interface on uplink");
    terminal.keys("\t");
    fill(terminal, "mine");
    if question {
        terminal.keys("\x13");
        terminal.shows("[ Apply ]");
    }
}

/// The names of a process's threads.
fn threads(pid: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the threads");
    let comm = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
    let names = tasks.filter_map(|task| comm(task.ok()?));
    names.map(|name| name.trim_end().to_owned()).collect()
}

sandboxed! {
    fn what_is_kept_stays() {
        set_up();
        let mut terminal = cut(&[], &[]);
        terminal.keys("K");
        terminal.shows("done: Set uplink");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        assert!(!is_up(), "it was kept");
    }

    fn what_nobody_keeps_goes_back() {
        set_up();
        let mut terminal = cut(&[], &["--confirm-within", "2"]);
        terminal.shows("reverted, because nobody kept it in time: Set uplink");
        assert!(is_up());
        // The next change has a rope of its own, without any danger, because it was asked for.
        select(&mut terminal, "eth0");
        terminal.keys("mpriv\r");
        terminal.shows("Reverts by itself after 2 s");
        agree(&mut terminal);
        terminal.shows("Reverts in");
        terminal.keys("R");
        terminal.shows("reverted, because it was asked for");
        assert_eq!(mode(Some("web"), "eth0"), "vepa");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn every_end_takes_the_change_back() {
        set_up();
        for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGHUP, 129), (Signal::SIGINT, 130)] {
            let mut terminal = cut(&[], &[]);
            terminal.signal(signal);
            assert_eq!(terminal.end().code(), Some(code), "{signal}");
            assert!(is_up(), "{signal}");
            eventually("the terminal to be restored", || terminal.is_restored());
            terminal.shows("reverted, because nobody kept it: Set uplink");
        }
        let mut terminal = cut(&[], &[]);
        terminal.keys("q");
        terminal.shows("quitting reverts");
        assert!(!is_up(), "not yet");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        assert!(is_up());
    }

    fn a_terminal_that_hangs_up_takes_the_change_back() {
        set_up();
        let mut terminal = cut(&[], &[]);
        terminal.hang_up();
        // The end of the input and SIGHUP race; either will do.
        let code = terminal.end().code();
        assert!([Some(1), Some(129)].contains(&code), "{code:?}");
        assert!(is_up());
        // So does one that nobody read any more before that.
        let mut terminal = cut(&[], &[]);
        let output = terminal.freeze();
        clog(&mut terminal);
        drop(output);
        terminal.hang_up();
        terminal.end();
        assert!(is_up());
    }

    fn a_terminal_that_hangs_cannot_hold_the_change() {
        set_up();
        let mut terminal = cut(&[], &["--confirm-within", "2"]);
        let output = terminal.freeze();
        clog(&mut terminal);
        eventually("the change to go back", is_up);
        terminal.thaw(output);
        terminal.shows("reverted, because nobody kept it in time: Set uplink");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
    }

    fn a_panic_takes_the_change_back() {
        set_up();
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("now");
        let variable = format!("MACVLENS_PANIC={}", file.display());
        let mut terminal = cut(&[&variable, "RUST_BACKTRACE=0"], &[]);
        fs::write(&file, "main").expect("a file");
        terminal.keys("j");
        assert_eq!(terminal.end().code(), Some(101));
        assert!(is_up());
        eventually("the terminal to be restored", || terminal.is_restored());
        terminal.shows("panicked");
    }

    fn an_end_in_the_middle_of_a_change_restores_the_terminal() {
        set_up();
        let directory = tempfile::tempdir().expect("a directory");
        let before = names(None);
        for question in [false, true] {
            let mut terminal = open(&[]);
            halfway(&mut terminal, question);
            terminal.signal(Signal::SIGTERM);
            assert_eq!(terminal.end().code(), Some(143));
            eventually("the terminal to be restored", || terminal.is_restored());
            let file = directory.path().join(format!("now-{question}"));
            let variable = format!("MACVLENS_PANIC={}", file.display());
            let mut terminal = open_with(&[&variable, "RUST_BACKTRACE=0"], &[]);
            halfway(&mut terminal, question);
            fs::write(&file, "main").expect("a file");
            terminal.keys("\t");
            assert_eq!(terminal.end().code(), Some(101));
            eventually("the terminal to be restored", || terminal.is_restored());
        }
        assert_eq!(names(None), before);
    }

    fn read_only_changes_nothing_and_could_not() {
        set_up();
        let before = world();
        let mut terminal = open(&["--read-only"]);
        terminal.shows("read-only");
        select(&mut terminal, "eth0");
        for key in ["c", "m", "e", "u", "M", "D", "C", "z", "Z", "S"] {
            terminal.keys(key);
            terminal.shows("read-only: nothing is changed; start macvlens without --read-only");
            terminal.keys("j");
            terminal.hides("start macvlens without --read-only");
        }
        // DAC_READ_SEARCH, NET_BROADCAST, NET_ADMIN, SYS_PTRACE, SYS_ADMIN by their numbers.
        let looking: u64 = [2, 11, 12, 19, 21].into_iter().map(|bit| 1 << bit).sum();
        let status = fs::read_to_string(format!("/proc/{}/status", terminal.pid())).expect("a status");
        for set in ["CapEff", "CapPrm"] {
            let hex = status.lines().find_map(|line| line.strip_prefix(&format!("{set}:\t")));
            assert_eq!(u64::from_str_radix(hex.expect("a set"), 16), Ok(looking), "{set}");
        }
        assert!(!threads(terminal.pid()).contains(&"executor".to_owned()));
        assert_world(&before, "nothing is different");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        let free = open(&[]);
        // A thread takes its name when it first runs.
        eventually("the executor", || threads(free.pid()).contains(&"executor".to_owned()));
    }
}
