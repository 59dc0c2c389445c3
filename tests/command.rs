//! The program without its screen: what it prints, on which stream, and how it ends.

#[macro_use]
mod common;

use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Output, Stdio};

use common::{Helper, eventually, sh};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_macvlens");

/// A parent in the own namespace, and a macvlan on it in namespace web.
fn set_up() {
    sh("ip netns add web
        ip link add uplink type veth peer name switch; ip link set switch up; ip link set uplink up
        ip link add link uplink name eth0 netns web type macvlan mode source
        ip -n web link set eth0 type macvlan macaddr set 02:00:00:00:00:01
        ip -n web link set eth0 address 02:42:c0:a8:80:de up
        ip -n web address add 192.0.2.7/24 dev eth0
        ip link add link uplink name here type macvlan mode bridge");
}

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().expect("macvlens")
}

/// The program without one of root's capabilities.
fn without(capability: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["bounding-set", "inh-caps"].map(|set| format!("--{set}=-{capability}")));
    command.arg(PROGRAM);
    command
}

/// What a watch prints; nobody reads it any more when this is dropped.
fn lines(watch: &mut Child) -> impl Iterator<Item = Value> + use<> {
    let lines = BufReader::new(watch.stdout.take().expect("stdout")).lines();
    lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
}

fn document(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn named<'a>(list: &'a Value, field: &str, name: &str) -> &'a Value {
    let list = list.as_array().expect("a list");
    list.iter()
        .find(|entry| entry[field] == name)
        .unwrap_or_else(|| panic!("no {name} in {list:?}"))
}

sandboxed! {
    fn json_says_who_sits_where() {
        set_up();
        let document = document(&["show", "-o", "json"]);
        assert_eq!(document["schema"], 1);
        assert_eq!(document["complete"], true);
        assert_eq!(document["problems"], json!([]));
        assert_eq!(document["host"]["kernel"], sh("uname -r").trim());
        let own = named(&document["namespaces"], "label", "current");
        let web = named(&document["namespaces"], "label", "web");
        assert_eq!((&own["current"], &web["current"]), (&json!(true), &json!(false)));
        assert_eq!(web["names"], json!(["/run/netns/web"]));
        assert_eq!(web["holders"], json!([{"kind": "mount", "path": "/run/netns/web"}]));
        assert_eq!(web["id"].to_string(), sh("stat -Lc %i /run/netns/web").trim());
        let eth0 = named(&web["links"], "name", "eth0");
        assert_eq!(eth0["kind"], "macvlan");
        assert_eq!(eth0["mac"], "02:42:c0:a8:80:de");
        assert_eq!(eth0["macvlan"]["mode"], "source");
        assert_eq!(eth0["macvlan"]["sources"], json!(["02:00:00:00:00:01"]));
        assert_eq!(eth0["addresses"][0]["address"], "192.0.2.7");
        assert_eq!(eth0["parent"]["namespace"], own["id"]);
        assert_eq!(eth0["parent"]["name"], "uplink");
        assert_eq!(eth0["parent"]["evidence"], json!(["netlink"]));
        let here = named(&own["links"], "name", "here");
        assert_eq!(here["parent"]["evidence"], json!(["netlink", "sysfs"]));
        assert_eq!(named(&own["links"], "name", "uplink")["parent"], Value::Null);
    }

    fn every_output_shows_the_link_and_a_filter_hides_it() {
        set_up();
        for format in ["tree", "table", "json", "dot"] {
            let shown = run(&["show", "--output", format, "--all"]);
            assert_eq!(shown.status.code(), Some(0), "{format}");
            let text = String::from_utf8(shown.stdout).expect("UTF-8");
            assert!(text.contains("02:42:c0:a8:80:de") && !text.contains('\x1b'), "{format}: {text}");
            let hidden = run(&["show", "--output", format, "!ns:web"]);
            let text = String::from_utf8(hidden.stdout).expect("UTF-8");
            assert!(!text.contains("02:42:c0:a8:80:de"), "{format}: {text}");
        }
    }

    fn watch_tells_a_snapshot_and_then_every_change() {
        set_up();
        let mut command = Command::new(PROGRAM);
        let mut watch = command.arg("watch").stdout(Stdio::piped()).spawn().expect("watch");
        let mut lines = lines(&mut watch);
        assert_eq!(lines.next().expect("a line")["event"], "snapshot");
        sh("ip -n web link set eth0 type macvlan mode vepa");
        let changed = lines.find(|line| line["event"] == "link-changed").expect("a change");
        assert_eq!(changed["link"]["macvlan"]["mode"], "vepa");
        let mode = named(&changed["changes"], "field", "mode");
        assert_eq!((&mode["from"], &mode["to"]), (&json!("source"), &json!("vepa")));
        sh("ip -n web link del eth0");
        let gone = lines.find(|line| line["event"] == "link-gone").expect("its end");
        assert_eq!(gone["link"]["name"], "eth0");
        watch.kill().expect("kill");
        watch.wait().expect("wait");
    }

    fn without_events_of_other_namespaces_everything_is_shown_and_lateness_is_told() {
        set_up();
        let output = without("net_broadcast").args(["show", "-o", "json"]).output().expect("setpriv");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((&document["complete"], &document["problems"]), (&json!(true), &json!([])));
        let web = named(&document["namespaces"], "label", "web");
        assert_eq!(named(&web["links"], "name", "eth0")["parent"]["name"], "uplink");

        let mut watch = without("net_broadcast").arg("watch").stdout(Stdio::piped()).spawn().expect("setpriv");
        let snapshot = lines(&mut watch).next().expect("a line");
        let problems = snapshot["problems"].as_array().expect("problems");
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem["why"].as_str().is_some_and(|why| why.contains("cap_net_broadcast")), "{problem}");
        assert_eq!(snapshot["complete"], true);
        watch.kill().and_then(|()| watch.wait()).expect("its end");
    }

    fn a_watch_ends_when_its_reader_goes() {
        let mut watch = Command::new(PROGRAM).arg("watch").stdout(Stdio::piped()).spawn().expect("watch");
        // The reader goes with the iterator, after the first line.
        lines(&mut watch).next().expect("a line");
        let mut status = None;
        eventually("the end of the watch", || {
            status = watch.try_wait().expect("wait");
            status.is_some()
        });
        assert_eq!(status.and_then(|status| status.code()), Some(0));
    }

    fn the_exit_status_says_how_it_went() {
        set_up();
        assert_eq!(run(&["show"]).status.code(), Some(0));
        let wrong = run(&["show", "--output", "yaml"]);
        assert_eq!(wrong.status.code(), Some(2));
        let no_terminal = run(&[]);
        assert_eq!(no_terminal.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&no_terminal.stderr).contains("macvlens show"));
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let status = Command::new(PROGRAM).arg("show").stdout(full).status().expect("macvlens");
        assert_eq!(status.code(), Some(1));
        let read_enough = format!("set -o pipefail; {PROGRAM} show --all -o json | head -c 1 > /dev/null");
        let status = Command::new("bash").args(["-c", &read_enough]).status().expect("bash");
        assert_eq!(status.code(), Some(0), "a reader who has seen enough is no failure");
    }

    fn an_equal_link_is_exported_and_what_cannot_be_said_is_told() {
        set_up();
        let said = |arguments: &[&str], status| {
            let output = run(&[&["export", "--as"], arguments].concat());
            let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
            assert_eq!(output.status.code(), Some(status), "{arguments:?}: {err}");
            (out, err)
        };
        let (script, _) = said(&["ip", "web/eth0", "here"], 0);
        let (first, second) = script.split_once("\n\n").expect("two recipes");
        assert!(first.contains("mode source macaddr set 02:00:00:00:00:01\n"), "{script}");
        assert_eq!(second, "ip link add link uplink name here type macvlan mode bridge\n");
        sh("ip -n web link del eth0; ip link del here");
        sh(&script);
        assert_eq!(said(&["ip", "web/eth0", "here"], 0).0, script, "made anew it is the same");

        let (json, notes) = said(&["cni", "here"], 0);
        let list: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&list["name"], &list["plugins"][0]["mode"]), (&json!("here"), &json!("bridge")));
        assert_eq!(notes, "# no subnet is known, so members get no addresses\n");

        let (out, err) = said(&["docker", "web/eth0", "here"], 1);
        assert!(out.ends_with(" -o parent=uplink -o macvlan_mode=bridge here\n"), "{out}");
        assert!(err.contains("web/eth0 as docker: Docker takes"), "{err}");
        let (out, err) = said(&["docker", "here", "net:nowhere"], 2);
        assert!(out.is_empty() && err.contains("there is no network nowhere"), "{err}");
        assert!(said(&["docker", "hare"], 2).1.contains("did you mean"));
        assert!(said(&["compose", "here"], 2).1.contains("networkd"));
    }

    fn without_privileges_the_gaps_are_named() {
        set_up();
        let helper = Helper::in_new_netns();
        let output = Command::new("setpriv")
            .args(["--bounding-set=-all", "--inh-caps=-all", PROGRAM, "show", "-o", "json"])
            .output()
            .expect("setpriv");
        assert_eq!(output.status.code(), Some(3));
        let said = String::from_utf8_lossy(&output.stderr);
        for word in ["web", "cap_sys_admin", "sudo"] {
            assert!(said.contains(word), "{word} in {said}");
        }
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(document["complete"], false);
        let own = named(&document["namespaces"], "label", "current");
        assert_eq!(named(&own["links"], "name", "here")["parent"]["name"], "uplink");
        assert_eq!(named(&document["namespaces"], "label", "web")["readable"], false);
        drop(helper);
    }

    fn a_single_missing_capability_leaves_the_own_namespace() {
        set_up();
        for missing in ["net_admin", "sys_admin"] {
            let output = without(missing).args(["show", "-o", "json"]).output().expect("setpriv");
            assert_eq!(output.status.code(), Some(3), "{missing}");
            let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let own = named(&document["namespaces"], "label", "current");
            assert_eq!(named(&own["links"], "name", "here")["macvlan"]["mode"], "bridge");
        }
    }
}

sandboxed! {
    fn engines_and_files_that_were_named_and_say_nothing_are_told_on_stderr() {
        set_up();
        let plain = run(&["show"]);
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(directory.path().join("net.d")).expect("a directory");
        let lan = r#"{"name":"lan","type":"macvlan","master":"uplink"}"#;
        std::fs::write(directory.path().join("net.d/lan.conf"), lan).expect("a file");
        let here = |environment: &[u8], arguments: &str| {
            Command::new(PROGRAM)
                .args(arguments.split(' '))
                .env("DOCKER_HOST", std::ffi::OsStr::from_bytes(environment))
                .current_dir(directory.path())
                .output()
                .expect("macvlens")
        };
        let told = |environment: &[u8], arguments: &str| {
            let output = here(environment, arguments);
            assert_eq!(output.status.code(), Some(0));
            assert_eq!(output.stdout, plain.stdout, "{arguments}");
            String::from_utf8(output.stderr).expect("UTF-8")
        };
        let absent = told(b"", "show --docker-host /none/docker.sock");
        let why = "there is no such socket (is the engine running?)";
        assert_eq!(absent, format!("macvlens: docker at unix:///none/docker.sock: {why}\n"));
        assert!(told(b"ssh://root@db", "show").contains("docker at ssh://root@db: it can't be asked"));
        assert!(told(b"/\xff/docker.sock", "show").contains(why), "and no other is asked instead");
        let dir = directory.path().display();
        assert_eq!(
            told(b"", "show --cni-conf-dir none"),
            format!("macvlens: {dir}/none: No such file or directory (os error 2)\n")
        );
        let output = here(b"", "show -o json --cni-conf-dir ./net.d");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(document["networks"][0]["name"], "lan");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let mut watch = Command::new(PROGRAM)
            .args(["watch", "--docker-host", "/none/docker.sock"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("macvlens");
        let stderr = BufReader::new(watch.stderr.take().expect("stderr"));
        let first = stderr.lines().next().expect("a line").expect("text");
        assert!(first.contains(why) && first.ends_with("; trying again"), "{first}");
        watch.kill().and_then(|()| watch.wait()).expect("its end");
    }
}
