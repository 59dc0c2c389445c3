//! The sandbox itself: what is inside, how it ends, and what can be built in it.

#[macro_use]
mod common;

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{eventually, ip_json, sh};
use macvlens::kernel::sandbox::{self, Links, Step, named};
use macvlens::model::Mode;

sandboxed! {
    fn the_world_inside_is_empty_and_ours() {
        assert_eq!(sh("id -u").trim(), "0");
        let links = ip_json(None, "link show");
        assert_eq!(links.as_array().map(Vec::len), Some(1), "only lo: {links}");
        assert_eq!(links[0]["ifname"], "lo");
        assert!(links[0]["flags"].as_array().expect("flags").contains(&"UP".into()), "{links}");
        assert_eq!(fs::read_dir("/run").expect("/run").count(), 1);
        assert_eq!(fs::read_dir("/run/netns").expect("/run/netns").count(), 0);
        // The reaper is PID 1, the test is its first child.
        assert_eq!(std::process::id(), 2);
        assert!(fs::read_link("/proc/1/ns/net").is_ok());
    }

    fn no_namespace_of_the_host_is_mounted_inside() {
        let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
        assert!(!mounts.contains(" - nsfs "), "{mounts}");
        assert!(fs::exists("/old").is_ok_and(|exists| !exists));
        // Where the program starts is where its caller is.
        assert_eq!(std::env::current_dir().expect("cwd"), Path::new(env!("CARGO_MANIFEST_DIR")));
    }

    fn orphans_are_reaped() {
        let orphan = sh("sleep 0.05 >/dev/null 2>&1 & echo $!");
        eventually("the orphan to vanish", || !fs::exists(format!("/proc/{}", orphan.trim())).expect("/proc"));
    }

    fn links_are_built_as_asked() {
        named::create("a").expect("create");
        let a = named::open("a").expect("open");
        let links = Links::here().expect("connect");
        links.veth("trunk", "far", Some(a.as_fd())).expect("veth");
        links.macvlan("mv0", "trunk", Mode::Bridge, Some(a.as_fd())).expect("macvlan");
        links.macvtap("tap0", "trunk", Mode::Vepa, None).expect("macvtap");
        links.bridge("br0").expect("bridge");
        links.up("trunk").expect("up");
        links.veth("x", "port", None).expect("veth");
        links.port("port", "br0").expect("port");
        links.rename("x", "out").expect("rename");
        let inside = Links::inside(a.as_fd()).expect("enter");
        inside.address("mv0", [192, 0, 2, 1].into(), 24).expect("address");
        inside.up("far").expect("up");

        let mv0 = &ip_json(Some("a"), "addr show mv0")[0];
        assert_eq!(mv0["linkinfo"]["info_kind"], "macvlan", "{mv0}");
        assert_eq!(mv0["linkinfo"]["info_data"]["mode"], "bridge", "{mv0}");
        assert_eq!(mv0["addr_info"][0]["local"], "192.0.2.1", "{mv0}");
        assert_eq!(ip_json(None, "link show tap0")[0]["linkinfo"]["info_data"]["mode"], "vepa");
        assert_eq!(ip_json(None, "link show trunk")[0]["operstate"], "UP");
        assert_eq!(ip_json(None, "link show port")[0]["master"], "br0");
        assert_eq!(ip_json(None, "link show out")[0]["linkinfo"]["info_kind"], "veth");
    }

    fn names_come_and_go() {
        named::create("b").expect("create");
        assert_eq!(sh("ip netns exec b cat /proc/net/dev | grep -c :").trim(), "1");
        let error = named::create("b").expect_err("taken");
        assert_eq!(error.to_string(), "creating the network namespace b: File exists (os error 17)");
        named::delete("b").expect("delete");
        assert!(!fs::exists("/run/netns/b").expect("stat"));
        for wrong in ["", ".", "..", "/b", "b/c", "b/"] {
            assert!(named::create(wrong).is_err(), "{wrong:?}");
        }
    }

    fn an_error_says_what_was_attempted() {
        let links = Links::here().expect("connect");
        let error = links.up("nowhere").expect_err("no such link").to_string();
        assert!(error.starts_with("setting nowhere up: ") && error.contains("No such device"), "{error}");
    }
}

/// Runs a shell command in a sandbox from the outside; `None` where there can't be one.
fn outside(script: &str) -> Option<std::process::Child> {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
    match sandbox::spawn(command) {
        Ok(child) => Some(child),
        Err(error) => {
            assert_ne!(error.step, Some(Step::Program), "{error}");
            common::skip("sandbox", &error.to_string());
            None
        }
    }
}

#[test]
fn the_exit_status_is_the_programs() {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15)] {
        let Some(mut child) = outside(script) else { return };
        assert_eq!(child.wait().expect("wait").code(), Some(status), "{script}");
    }
}

#[test]
fn everything_inside_dies_with_the_child() {
    let Some(mut child) = outside("sleep 1000 & sleep 1000") else { return };
    child.kill().expect("kill");
    // The pipe ends only when the last process inside is gone.
    let output = child.stdout.take().expect("a pipe");
    assert_eq!(std::io::read_to_string(output).expect("read"), "");
    child.wait().expect("wait");
}

#[test]
fn a_program_left_behind_dies_with_the_program() {
    let Some(child) = outside("sleep 1000 & echo done") else { return };
    assert_eq!(child.wait_with_output().expect("wait").stdout, b"done\n");
}

#[test]
fn a_program_that_is_missing_is_named_as_the_failing_step() {
    match sandbox::spawn(Command::new("/no/such/program")) {
        Ok(_) => panic!("started a program that does not exist"),
        Err(error) if error.step == Some(Step::Program) => {
            assert!(error.to_string().starts_with("starting the program: No such file"), "{error}");
        }
        Err(error) => common::skip("sandbox", &error.to_string()),
    }
}
