//! Looking again and again: a quick look asks as little as it can of what it knows, and misses
//! nothing for that.

#[macro_use]
mod common;

use std::fs;
use std::io::{Read, stdin};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use common::change::netns;
use common::watch::Watch;
use common::{Helper, eventually, part, sh};
use macvlens::kernel::discover::{Depth, Scan, Scanner, open};
use macvlens::kernel::{enter, watcher};
use macvlens::model::{Holder, Mode};

/// Looks until all processes have been known for long and there is no news.
fn settle(scanner: &mut Scanner) {
    for _ in 0..5 {
        scanner.scan(Depth::Quick);
    }
    assert_eq!(scanner.scan_for_news(Depth::Quick), None);
    assert!(scanner.scan_for_news(Depth::Full).is_some());
    assert_eq!(scanner.scan_for_news(Depth::Quick), None);
}

sandboxed! {
    fn what_makes_no_event_is_read_when_asked() {
        sh("ip netns add a; ip -n a link add name p type veth peer name q
            ip -n a link add link p name mv type macvlan mode vepa");
        let watch = Watch::start();
        // The kernel tells nothing of links that are down.
        sh("ip -n a link set mv type macvlan mode private");
        let netns = netns(&watch.topology.lock().unwrap(), "a");
        watch.remote.send(watcher::Command::Reread([netns].into()));
        eventually("the answer", || watch.rereads.load(Ordering::SeqCst) == 1);
        let mode = watch.link("a", "mv", |_, link| link.macvlan().expect("a macvlan").mode);
        assert_eq!(mode, Some(Mode::Private));
    }

    fn a_single_thread_elsewhere_is_found() {
        let mut command = Helper::play("part_thread_elsewhere");
        let helper = Helper::start(command.stdout(Stdio::null()));
        let mut scanner = Scanner::new().expect("a scanner");
        let mut found = None;
        eventually("a thread elsewhere", || {
            let scan = scanner.scan(Depth::Quick);
            found = scan.holders.into_iter().find_map(|(inode, holders)| match &holders[..] {
                [Holder::Thread { pid, command, .. }] if *pid == helper.pid() => {
                    (*command == "elsewhere".into()).then_some((inode, holders))
                }
                _ => None,
            });
            found.is_some()
        });
        let (inode, holders) = found.expect("found");
        assert!(open(inode, &holders).is_ok());
    }

    fn a_thread_that_leaves_a_process_known_for_long_is_found() {
        let mut command = Helper::play("part_thread_elsewhere");
        let mut part = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("part");
        let pid = part.id().cast_signed();
        let mut scanner = Scanner::new().expect("a scanner");
        settle(&mut scanner);
        drop(part.stdin.take());
        eventually("a thread elsewhere", || {
            let scan = scanner.scan_for_news(Depth::Quick);
            let holders = scan.iter().flat_map(|scan| scan.holders.values().flatten());
            holders.clone().any(|holder| matches!(holder, Holder::Thread { .. }) && holder.pid() == Some(pid))
        });
        part.kill().and_then(|()| part.wait()).expect("its end");
    }

    fn a_pid_that_is_taken_over_is_not_confused() {
        let mut scanner = Scanner::new().expect("a scanner");
        let helper = Helper::start(Command::new("sleep").arg("infinity").stdin(Stdio::null()));
        eventually("sleep", || helper.is_running("sleep"));
        settle(&mut scanner);
        let pid = helper.pid();
        drop(helper);
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).expect("the next pid");
        let helper = Helper::start(Command::new("tail").args(["-f", "/dev/null"]));
        assert_eq!(helper.pid(), pid);
        eventually("tail", || helper.is_running("tail"));
        let scans = [(); 2].map(|()| scanner.scan_for_news(Depth::Quick));
        let last = scans.into_iter().flatten().last().expect("news");
        let expected = Holder::Process { pid, command: "tail".into() };
        assert!(last.holders[&last.own].contains(&expected), "{last:?}");
    }

    fn a_process_known_for_long_is_found_where_it_moves() {
        let script = "read line; exec unshare --net sleep infinity";
        let mut command = Command::new("sh");
        let mut shell = command.args(["-c", script]).stdin(Stdio::piped()).spawn().expect("sh");
        let pid = shell.id().cast_signed();
        let mut scanner = Scanner::new().expect("a scanner");
        settle(&mut scanner);
        drop(shell.stdin.take());
        let moved = |scan: &Scan| {
            let elsewhere = scan.holders.iter().filter(|(inode, _)| **inode != scan.own);
            elsewhere.flat_map(|(_, holders)| holders).any(|holder| holder.pid() == Some(pid))
        };
        eventually("the process elsewhere", || {
            scanner.scan_for_news(Depth::Quick).is_some_and(|scan| moved(&scan))
        });
        shell.kill().and_then(|()| shell.wait()).expect("its end");
        assert!(scanner.scan_for_news(Depth::Quick).is_some_and(|scan| !moved(&scan)));
    }
}

#[test]
fn part_thread_elsewhere() {
    if part("part_thread_elsewhere") {
        stdin().read_to_end(&mut Vec::new()).expect("the end of stdin");
        let elsewhere = || {
            enter::fresh(|| {
                fs::write("/proc/thread-self/comm", "elsewhere").expect("a name");
                thread::sleep(Duration::MAX);
            })
        };
        elsewhere().expect("a fresh namespace");
    }
}
