//! Discovery against the real kernel: one test for each way in which a namespace can be alive, and
//! for each way in which looking can fail.

#[macro_use]
mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::UdpSocket;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use common::{Helper, eventually, part, sh, without_privileges};
use macvlens::kernel::discover::{Depth, Scan, Scanner, identify, open};
use macvlens::kernel::enter;
use macvlens::kernel::sandbox::named;
use macvlens::model::{Holder, Text};

/// One look at everything.
fn scan() -> Scan {
    Scanner::new().expect("a scanner").scan(Depth::Full)
}

fn inode(path: impl AsRef<Path>) -> u64 {
    let path = path.as_ref();
    fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).ino()
}

/// Makes a named namespace and returns its inode number.
fn create(name: &str) -> u64 {
    named::create(name).expect("create");
    inode(Path::new("/run/netns").join(name))
}

fn mount(path: impl AsRef<OsStr>) -> Holder {
    Holder::Mount { path: Text::from(path.as_ref().as_bytes()), pid: None }
}

/// The holders of a namespace, which can also be opened through them.
#[track_caller]
fn holders(scan: &Scan, inode: u64) -> &[Holder] {
    let holders = scan.holders.get(&inode).unwrap_or_else(|| panic!("{inode} not in {scan:?}"));
    let opened = open(inode, holders).unwrap_or_else(|e| panic!("{inode} {holders:?}: {e}"));
    assert_eq!(identify(opened.as_fd()).expect("identity").inode, inode);
    holders
}

/// `sleep`, with that descriptor as its standard input.
fn sleep_with(stdin: impl Into<Stdio>) -> Helper {
    let helper = Helper::start(Command::new("sleep").arg("infinity").stdin(stdin));
    eventually("sleep", || helper.is_running("sleep"));
    helper
}

/// A socket in a namespace that nothing else holds, and the namespace's inode number.
fn socket_elsewhere() -> (UdpSocket, u64) {
    let made = enter::fresh(|| {
        (UdpSocket::bind("0.0.0.0:0").expect("a socket"), inode("/proc/thread-self/ns/net"))
    });
    made.expect("a fresh namespace")
}

sandboxed! {
    fn our_own_namespace_is_found_and_is_not_the_root() {
        let mut scanner = Scanner::new().expect("a scanner");
        let scan = scanner.scan(Depth::Full);
        assert_eq!(scan.own, inode("/proc/self/ns/net"));
        assert_eq!(scan.problems, []);
        assert_eq!(scan.holders.len(), 1);
        let pids: Vec<_> = holders(&scan, scan.own).iter().filter_map(Holder::pid).collect();
        assert_eq!(pids, [1, std::process::id().cast_signed()]);
        assert_ne!(scanner.is_root(scan.own), Some(true));
    }

    fn a_named_namespace_is_found() {
        let blue = create("blue");
        assert_eq!(holders(&scan(), blue), [mount("/run/netns/blue")]);
        named::delete("blue").expect("delete");
        assert!(!scan().holders.contains_key(&blue));
    }

    fn mounts_with_any_name_are_found() {
        let blue = create("blue");
        sh("mount -t tmpfs tmpfs /mnt");
        let names: [&[u8]; 5] = [b"a b", b"a\nb\tc", b"back\\040slash#", b"\xff\xfe", b"-\"'$`"];
        let mut expected = vec![mount("/run/netns/blue")];
        for name in names {
            let path = Path::new("/mnt").join(OsStr::from_bytes(name));
            File::create(&path).expect("create");
            let bound = Command::new("mount").args(["--bind", "/run/netns/blue"]).arg(&path).status();
            assert!(bound.expect("mount").success(), "{}", path.display());
            expected.push(mount(&path));
        }
        expected.sort();
        let scan = scan();
        assert_eq!(holders(&scan, blue), expected);
        // Through each of them alone.
        for holder in expected {
            assert!(open(blue, std::slice::from_ref(&holder)).is_ok(), "{holder:?}");
        }
        assert_eq!(scan.problems, []);
    }

    fn a_process_is_found() {
        let helper = Helper::in_new_netns();
        let expected = Holder::Process { pid: helper.pid(), command: "sleep".into() };
        let netns = inode(format!("/proc/{}/ns/net", helper.pid()));
        assert_eq!(holders(&scan(), netns), [expected]);
    }

    fn an_open_descriptor_is_found_and_forgotten() {
        let blue = create("blue");
        let helper = sleep_with(OwnedFd::from(File::open("/run/netns/blue").expect("open")));
        named::delete("blue").expect("delete");
        let expected = Holder::Fd { pid: helper.pid(), fd: 0, command: "sleep".into() };
        let mut scanner = Scanner::new().expect("a scanner");
        let full = scanner.scan(Depth::Full);
        assert_eq!(holders(&full, blue), [expected]);
        assert_eq!(scanner.scan(Depth::Quick), full);
        assert_eq!(scanner.scan_own_mounts(), full);
        drop(helper);
        assert!(!scanner.scan(Depth::Quick).holders.contains_key(&blue));
    }

    fn an_open_descriptor_says_no_path() {
        create("blue");
        create("red");
        // One is opened by a path that stays, one by a path that is taken over by another.
        let stays = sleep_with(OwnedFd::from(File::open("/run/netns/blue").expect("open")));
        let red = inode("/run/netns/red");
        let moved = sleep_with(OwnedFd::from(File::open("/run/netns/red").expect("open")));
        sh("umount -l /run/netns/red; mount --bind /run/netns/blue /run/netns/red");
        sh("touch /run/uts; mount --bind /proc/self/ns/uts /run/uts");
        let _other = sleep_with(OwnedFd::from(File::open("/run/uts").expect("open")));
        let scan = scan();
        let of = |inode, helper: &Helper| holders(&scan, inode).iter().any(|h| h.pid() == Some(helper.pid()));
        assert!(of(inode("/run/netns/blue"), &stays) && of(red, &moved), "{scan:?}");
        assert!(!scan.holders.contains_key(&inode("/proc/self/ns/uts")));
    }

    fn a_socket_alone_is_found_and_forgotten() {
        let (socket, netns) = socket_elsewhere();
        let helper = sleep_with(OwnedFd::from(socket));
        let expected = Holder::Socket { pid: helper.pid(), fd: 0, command: "sleep".into() };
        let mut scanner = Scanner::new().expect("a scanner");
        for _ in 0..3 {
            assert_eq!(holders(&scanner.scan(Depth::Full), netns), std::slice::from_ref(&expected));
        }
        drop(helper);
        assert!(!scanner.scan(Depth::Full).holders.contains_key(&netns));
    }

    fn sockets_at_home_are_no_holders() {
        let helper = sleep_with(OwnedFd::from(UdpSocket::bind("127.0.0.1:0").expect("a socket")));
        let scan = scan();
        let of_helper: Vec<_> = scan.holders[&scan.own].iter().filter(|h| h.pid() == Some(helper.pid())).collect();
        assert_eq!(of_helper, [&Holder::Process { pid: helper.pid(), command: "sleep".into() }]);
    }

    fn what_we_hold_ourselves_is_not_shown() {
        let (_socket, netns) = socket_elsewhere();
        let blue = create("blue");
        let _blue = named::open("blue").expect("open");
        let scan = scan();
        assert!(!scan.holders.contains_key(&netns));
        assert_eq!(holders(&scan, blue), [mount("/run/netns/blue")]);
    }

    fn a_mount_in_another_mount_namespace_is_found() {
        let blue = create("blue");
        let helper = mounted_elsewhere("exec sleep infinity");
        // Takes the name away in the other mount namespace as well.
        named::delete("blue").expect("delete");
        let expected = Holder::Mount { path: "/mnt/in side".into(), pid: Some(helper.pid()) };
        let mut scanner = Scanner::new().expect("a scanner");
        let full = scanner.scan(Depth::Full);
        assert_eq!(holders(&full, blue), [expected]);
        assert_eq!(full.problems, []);
        assert_eq!(scanner.scan(Depth::Quick), full);
    }

    fn another_witness_is_found_for_a_mount_namespace() {
        let blue = create("blue");
        let helper = mounted_elsewhere("sleep infinity & exec sleep 1000");
        named::delete("blue").expect("delete");
        let mut scanner = Scanner::new().expect("a scanner");
        let witness = |scan: &Scan| match holders(scan, blue) {
            [Holder::Mount { pid: Some(pid), .. }] => *pid,
            other => panic!("{other:?}"),
        };
        assert_eq!(witness(&scanner.scan(Depth::Full)), helper.pid());
        let gone = helper.pid();
        drop(helper);
        assert_ne!(witness(&scanner.scan(Depth::Quick)), gone);
    }

    fn stacked_mounts_give_no_wrong_name() {
        let lower = create("blue");
        let upper = create("red");
        sh("mount --bind /run/netns/red /run/netns/blue; umount /run/netns/red");
        let scan = scan();
        assert_eq!(holders(&scan, upper), [mount("/run/netns/blue")]);
        assert_eq!(scan.holders[&lower], [mount("/run/netns/blue//covered")]);
        let error = open(lower, &scan.holders[&lower]).expect_err("covered");
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert_eq!(scan.problems.len(), 1, "{scan:?}");
        assert_eq!(scan.problems[0].what, "the network namespace mounted at /run/netns/blue//covered");
        assert!(scan.problems[0].incomplete);

        let _process = Helper::start(Command::new("sleep").arg("infinity").stdin(Stdio::null()));
        sh("umount /run/netns/blue");
        assert_eq!(holders(&self::scan(), lower), [mount("/run/netns/blue")]);
    }

    fn a_covered_directory_hides_its_mounts() {
        let blue = create("blue");
        sh("mount -t tmpfs tmpfs /run/netns");
        assert_eq!(scan().holders[&blue], [mount("/run/netns/blue//covered")]);
        assert_eq!(scan().problems.len(), 1);
        sh("umount /run/netns");
        assert_eq!(holders(&scan(), blue), [mount("/run/netns/blue")]);
    }

    fn zombies_and_the_short_lived_are_no_problem() {
        let _parent = Helper::start(Command::new("sh").args(["-c", "sleep 0 & exec sleep infinity"]));
        eventually("a zombie", || {
            let states = sh("cat /proc/[0-9]*/stat 2>/dev/null || true");
            states.lines().any(|line| line.contains(") Z "))
        });
        let (stop, stopped) = mpsc::channel::<()>();
        let churn = thread::spawn(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                let _ = Command::new("unshare").args(["-n", "-m", "true"]).status();
            }
        });
        let mut scanner = Scanner::new().expect("a scanner");
        for round in 0..300 {
            let scan = scanner.scan(if round % 3 == 0 { Depth::Full } else { Depth::Quick });
            assert_eq!(scan.problems, []);
            assert!(scan.holders.contains_key(&scan.own));
        }
        drop(stop);
        churn.join().expect("churn");
    }

    fn only_the_right_thing_is_opened() {
        let blue = create("blue");
        sh("mount -t tmpfs tmpfs /mnt; mkfifo /mnt/fifo; ln -s /run/netns/blue /mnt/link; touch /mnt/file");
        let helper = sleep_with(Stdio::piped());
        let pid = Some(helper.pid());
        let wrong = [
            mount("/mnt/fifo"),
            mount("/mnt/file"),
            mount("/mnt/link"),
            mount("/mnt/missing"),
            Holder::Mount { path: "/mnt/fifo".into(), pid },
            Holder::Mount { path: "/mnt/link".into(), pid },
            Holder::Mount { path: "/proc/self/ns/net".into(), pid },
            Holder::Fd { pid: helper.pid(), fd: 0, command: "sleep".into() },
            Holder::Fd { pid: helper.pid(), fd: 77, command: "sleep".into() },
            Holder::Process { pid: helper.pid(), command: "sleep".into() },
            Holder::Socket { pid: helper.pid(), fd: 0, command: "sleep".into() },
        ];
        for holder in &wrong {
            assert!(open(blue, std::slice::from_ref(holder)).is_err(), "{holder:?}");
        }
        // None of them keeps the right one from being found.
        let mut all = wrong.to_vec();
        all.push(mount("/run/netns/blue"));
        assert!(open(blue, &all).is_ok());
    }

    fn what_is_forbidden_is_told_in_one_sentence() {
        let _sleepers = [Helper::in_new_netns(), Helper::in_new_netns()];
        without_privileges("part_sees_nothing_of_others");
    }

    fn hidden_processes_are_told_of() {
        sh("mount -o remount,hidepid=4 /proc");
        without_privileges("part_sees_no_others");
    }

    fn a_visit_leaves_nothing_behind() {
        let blue = create("blue");
        let fd = named::open("blue").expect("open");
        let before = inode("/proc/self/ns/net");
        let seen = enter::inside(fd.as_fd(), || inode("/proc/thread-self/ns/net"));
        assert_eq!(seen.expect("enter"), blue);
        assert_eq!(inode("/proc/self/ns/net"), before);
        assert_eq!(inode("/proc/thread-self/ns/net"), before);
    }

    fn identities_are_told_apart() {
        create("blue");
        create("red");
        let identity = |name: &str| identify(named::open(name).expect("open").as_fd()).expect("identity");
        assert_eq!(identity("blue"), identity("blue"));
        assert_ne!(identity("blue").inode, identity("red").inode);
        if let (Some(blue), Some(red)) = (identity("blue").cookie, identity("red").cookie) {
            assert_ne!(blue, red);
        }
    }
}

/// Mounts the namespace `blue` at `/mnt/in side` of a mount namespace of its own, then does `then`.
fn mounted_elsewhere(then: &str) -> Helper {
    let script = format!(
        "mount -t tmpfs tmpfs /mnt; touch '/mnt/in side' \
         && mount --bind /run/netns/blue '/mnt/in side' && {{ {then}; }}"
    );
    let helper = Helper::start(Command::new("unshare").args(["-m", "sh", "-c", &script]));
    eventually("sleep", || helper.is_running("sleep"));
    helper
}

#[test]
fn part_sees_nothing_of_others() {
    if part("part_sees_nothing_of_others") {
        let scan = scan();
        assert_eq!(scan.holders.len(), 1, "{scan:?}");
        assert_eq!(scan.problems.len(), 1, "{scan:?}");
        let problem = &scan.problems[0];
        // PID 1, the test and its two helpers; setpriv has become this process.
        assert_eq!(problem.what, "the network namespace of 4 processes");
        assert!(problem.why.contains("cap_sys_ptrace"), "{problem:?}");
        assert!(problem.incomplete);
    }
}

#[test]
fn part_sees_no_others() {
    if part("part_sees_no_others") {
        let scan = scan();
        assert_eq!(scan.problems.len(), 1, "{scan:?}");
        assert_eq!(scan.problems[0].what, "processes of other users");
        assert!(scan.problems[0].why.contains("hidepid"), "{scan:?}");
    }
}
