//! Changes from the command line that are asked about, before and after: what a yes does, and what
//! everything else does, be it no, silence, a signal, or a terminal that is gone or hangs.

#[macro_use]
mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use common::program::{PROGRAM, command, ends, json_of, judge, link, mode, set_up};
use common::pty::Terminal;
use common::{eventually, sh};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// Reads up to a question and no further.
#[track_caller]
fn read_question(from: &mut impl Read, question: &str) {
    let mut said = Vec::new();
    while !said.ends_with(question.as_bytes()) {
        let mut byte = [0];
        let read = from.read(&mut byte).expect("its output");
        assert_ne!(read, 0, "in vain for {question}: {}", String::from_utf8_lossy(&said));
        said.extend(byte);
    }
}

/// The program with a question open: its input stays open and empty.
struct Asking {
    child: Child,
    stderr: ChildStderr,
}

impl Asking {
    /// Starts it and waits until it asks whether to keep the change.
    fn start(line: &str) -> Self {
        let words: Vec<_> = line.split_whitespace().collect();
        let mut command = command(&words);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("macvlens");
        let mut stderr = child.stderr.take().expect("stderr");
        read_question(&mut stderr, "Keep this change? Undone in ");
        read_question(&mut stderr, "[y/N] ");
        Self { child, stderr }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("kill");
    }

    fn answer(&mut self, answer: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin");
        stdin.write_all(answer.as_bytes()).expect("an answer");
    }

    /// Waits for its end; how it ended and what else it said.
    fn end(mut self) -> (ExitStatus, String) {
        let stdin = self.child.stdin.take();
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).expect("stderr");
        let status = self.child.wait().expect("its end");
        drop(stdin);
        (status, said)
    }
}

sandboxed! {
    fn a_change_that_nobody_confirms_is_undone() {
        set_up();
        // The input has ended.
        let (_, stderr) = ends("set mv0 --mode private --yes --confirm-within 60", 1);
        assert!(stderr.contains("Keep this change?") && stderr.contains("reverted"), "{stderr}");
        assert_eq!(mode(None, "mv0"), "vepa");
        let reverted = json_of("set mv0 --mode private --yes --confirm-within 60 -o json", 1);
        assert_eq!((&reverted["result"], &reverted["steps"][0]["fate"]), (&json!("reverted"), &json!("undone")));
        // Nobody says anything.
        let asking = Asking::start("set mv0 --mode private --yes --confirm-within 1");
        assert_eq!(mode(None, "mv0"), "private");
        let (status, said) = asking.end();
        assert_eq!((status.code(), mode(None, "mv0")), (Some(1), json!("vepa")), "{said}");
        for (answer, code, left) in [("n\n", 1, "vepa"), ("\n", 1, "vepa"), ("y\n", 0, "private")] {
            let mut asking = Asking::start("set mv0 --mode private --yes --confirm-within 60");
            asking.answer(answer);
            let (status, said) = asking.end();
            assert_eq!((status.code(), mode(None, "mv0")), (Some(code), json!(left)), "{said}");
        }
    }

    fn signals_undo_what_is_not_confirmed() {
        set_up();
        for signal in [Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT] {
            let asking = Asking::start("set mv0 --mode private --yes --confirm-within 60");
            assert_eq!(mode(None, "mv0"), "private");
            asking.signal(signal);
            let (status, said) = asking.end();
            assert_eq!(status.code(), Some(128 + signal as i32), "{said}");
            assert!(said.contains(signal.as_str()), "{said}");
            assert_eq!(mode(None, "mv0"), "vepa");
        }
    }

    fn what_carries_the_ssh_session_hangs_on_a_rope() {
        set_up();
        let ssh = "192.0.2.1 50000 192.0.2.7 22";
        let set = |rest: &[&str]| {
            let mut command = command(&["set", "uplink", "--mtu", "1400", "--yes", "-o", "json"]);
            command.args(rest);
            command
        };
        let judge = |mut command: Command, status: i32, result: &str, mtu: u32| {
            let output = command.output().expect("macvlens");
            let (stdout, stderr) = judge("set uplink", &output, status);
            let document: Value = serde_json::from_str(&stdout).expect("JSON");
            assert_eq!(document["result"], result, "{stdout}{stderr}");
            assert_eq!(link(None, "uplink")["mtu"], mtu);
            document["danger"].clone()
        };
        let mut own = set(&[]);
        own.env("SSH_CONNECTION", ssh);
        let danger = judge(own, 1, "reverted", 1500);
        assert!(danger.as_str().is_some_and(|text| text.contains("uplink")), "{danger}");
        // As sudo leaves it: not in the own environment but in that of a process above.
        let mut above = Command::new("sh");
        let line = format!("env -u SSH_CONNECTION {PROGRAM} set uplink --mtu 1400 --yes -o json; exit $?");
        above.args(["-c", &line]).env("SSH_CONNECTION", ssh).stdin(Stdio::null());
        judge(above, 1, "reverted", 1500);
        // Down, it would lose the route to a client behind a gateway for good.
        sh("ip route add default via 192.0.2.254");
        let mut down = command(&["set", "uplink", "--down", "--yes", "-o", "json"]);
        down.env("SSH_CONNECTION", "198.51.100.1 50000 192.0.2.7 22");
        judge(down, 4, "refused", 1500);
        let mut cut = set(&["--confirm-within", "0"]);
        cut.env("SSH_CONNECTION", ssh);
        judge(cut, 0, "done", 1400);
        sh("ip link set uplink mtu 1500");
        assert_eq!(judge(set(&[]), 0, "done", 1400), Value::Null);
    }

    fn what_cannot_be_undone_hangs_on_no_rope() {
        set_up();
        sh("ip link add cable type veth peer name plug");
        let refusal = json_of("delete cable --yes --confirm-within 60 -o json", 4);
        assert_eq!(refusal["rule"], "no-rope");
        assert_eq!(link(None, "cable")["ifname"], "cable");
        ends("delete cable --yes --confirm-within 0", 0);
        assert!(!sh("ip link").contains("cable"));
        // The namespace would come back, but not the pair that has its other end there.
        sh("ip netns add wire; ip link set switch netns wire");
        let mut cut = command(&["netns", "delete", "wire", "--yes", "-o", "json"]);
        let output = cut.env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.7 22").output();
        let (stdout, _) = judge("netns delete wire", &output.expect("macvlens"), 4);
        let refusal: Value = serde_json::from_str(&stdout).expect("JSON");
        assert_eq!(refusal["rule"], "no-rope");
        let why = refusal["why"].as_str().expect("a sentence");
        assert!(why.contains("through uplink") && why.contains("does not bring the connection back"), "{why}");
        assert_eq!(link(None, "uplink")["ifname"], "uplink");
    }

    fn a_terminal_is_asked_and_the_default_is_no() {
        set_up();
        for (answer, code, left) in [("\r", 1, "vepa"), ("n\r", 1, "vepa"), ("y\r", 0, "private")] {
            let mut terminal = Terminal::macvlens(&["set", "mv0", "--mode", "private"], 100, 30);
            let screen = terminal.shows("Apply? [y/N]");
            assert!(screen.contains("mode private") && screen.contains("Undone by"), "{screen}");
            terminal.keys(answer);
            assert_eq!(terminal.end().code(), Some(code));
            assert_eq!(mode(None, "mv0"), left);
        }
    }

    fn a_terminal_that_closes_undoes_the_change() {
        set_up();
        let pty = openpty(None, None).expect("a pseudo-terminal");
        // Inherited, it would keep the terminal open.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("F_SETFD");
        let end = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let mut child = Command::new("setsid")
            .args(["--ctty", "--wait", PROGRAM])
            .args(["set", "mv0", "--mode", "private", "--confirm-within", "60"])
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("setsid");
        drop(pty.slave);
        let mut terminal = File::from(pty.master);
        read_question(&mut terminal, "Apply? [y/N] ");
        terminal.write_all(b"y\n").expect("an answer");
        read_question(&mut terminal, "Undone in 60 s. [y/N] ");
        assert_eq!(mode(None, "mv0"), "private");
        drop(terminal);
        // The end of the input and SIGHUP race; either will do.
        let code = child.wait().expect("its end").code();
        assert!([Some(1), Some(128 + Signal::SIGHUP as i32)].contains(&code), "{code:?}");
        assert_eq!(mode(None, "mv0"), "vepa");
    }

    fn a_world_that_changed_is_left_alone() {
        set_up();
        let mut terminal = Terminal::macvlens(&["set", "mv0", "--mode", "private"], 100, 30);
        terminal.shows("Apply? [y/N]");
        sh("ip link set mv0 type macvlan mode bridge");
        terminal.keys("y\r");
        assert_eq!(terminal.end().code(), Some(5));
        let screen = terminal.shows("world changed");
        assert!(screen.contains("mode") && screen.contains("bridge"), "{screen}");
        assert_eq!(mode(None, "mv0"), "bridge");
    }

    fn the_journal_has_a_line_for_every_change() {
        set_up();
        ends("set mv0 --mode private --yes --journal /run/journal", 0);
        ends("set mv0 --mode bridge --yes --confirm-within 60 --journal /run/journal", 1);
        ends("set mv0 --mode bridge --dry-run --journal /run/journal", 0);
        let text = std::fs::read_to_string("/run/journal").expect("the journal");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let results: Vec<_> = lines.iter().map(|line| &line["result"]).collect();
        assert_eq!(results, ["done", "reverted"]);
        let command = lines[0]["commands"][0].as_str().expect("a command");
        assert!(command.contains("mode private"), "{command}");
        assert_eq!(sh("stat -c %a /run/journal").trim(), "600");
        // A journal that can't be written is told before anything is done.
        ends("set mv0 --mode vepa --yes --journal /run/no/journal", 1);
        assert_eq!(mode(None, "mv0"), "private");
    }

    fn a_terminal_that_hangs_cannot_hold_the_change() {
        set_up();
        // A pipe that is full takes no question, and nobody reads it.
        let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
        let room = fcntl(&writer, FcntlArg::F_GETPIPE_SZ).expect("F_GETPIPE_SZ");
        writer.write_all(&vec![b'.'; room.try_into().expect("a size")]).expect("room");
        let mut hanging = command(&["set", "mv0", "--mode", "private", "--yes", "--confirm-within", "1"]);
        hanging.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(writer);
        let mut child = hanging.spawn().expect("macvlens");
        drop(hanging);
        eventually("the change", || mode(None, "mv0") == "private");
        eventually("its end", || mode(None, "mv0") == "vepa");
        let mut said = String::new();
        reader.read_to_string(&mut said).expect("its output");
        assert_eq!(child.wait().expect("its end").code(), Some(1), "{said}");
        assert!(said.contains("reverted"), "{said}");
    }
}
