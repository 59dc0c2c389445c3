//! Changes from the command line, by the real program on a host of its own: what is done, what is
//! refused, and what is said of it.

#[macro_use]
mod common;

use std::process::{Command, Stdio};

use common::program::{PROGRAM, command, ends, json_of, judge, link, mode, run, set_up};
use common::{eventually, ip_json, sh};
use serde_json::{Value, json};

sandboxed! {
    fn each_command_does_what_it_says() {
        set_up();
        let (stdout, stderr) = ends("netns add db --yes", 0);
        assert!(stdout.contains("ip netns add db") && stdout.ends_with("Done.\n"), "{stdout}");
        assert_eq!(stderr, "");
        ends(
            "create --parent uplink --name s0 --netns db --mode source --mac 02:00:00:00:00:09 \
             --mtu 1400 --flag nodst --bc-queue-len 77 --source 02:00:00:00:00:01 \
             --source 02:00:00:00:00:02 --address 198.51.100.9/24 --address 2001:db8::9/64 --up --yes",
            0,
        );
        let made = link(Some("db"), "s0");
        let data = &made["linkinfo"]["info_data"];
        assert_eq!((&made["mtu"], &made["address"]), (&json!(1400), &json!("02:00:00:00:00:09")));
        assert_eq!((&data["mode"], &data["nodst"]), (&json!("source"), &json!(true)));
        assert_eq!((&data["bcqueuelen"], &data["macaddr_count"]), (&json!(77), &json!(2)));
        assert!(made["flags"].as_array().expect("flags").contains(&json!("UP")));
        let addresses: Vec<_> = made["addr_info"]
            .as_array()
            .expect("addresses")
            .iter()
            .map(|address| address["local"].as_str().expect("an address"))
            .collect();
        assert!(addresses.contains(&"198.51.100.9") && addresses.contains(&"2001:db8::9"));

        ends(
            "set db/s0 --netns web --rename t0 --alias shared --del-source 02:00:00:00:00:01 \
             --add-source 02:00:00:00:00:03 --mac 02:00:00:00:00:0a --no-flag nodst \
             --add-address 198.51.100.10/24 --up --yes",
            0,
        );
        let moved = link(Some("web"), "t0");
        let data = &moved["linkinfo"]["info_data"];
        let macs: Vec<_> = data["macaddr_data"].as_array().expect("sources").iter().collect();
        assert_eq!(macs.len(), 2);
        assert!(macs.contains(&&json!("02:00:00:00:00:03")) && !macs.contains(&&json!("02:00:00:00:00:01")));
        assert_eq!((&moved["ifalias"], &data["nodst"]), (&json!("shared"), &Value::Null));
        assert_eq!(moved["address"], "02:00:00:00:00:0a");
        assert_eq!(moved["addr_info"][0]["local"], "198.51.100.10");

        ends("create --parent uplink --name tap0 --kind macvtap --mode bridge --yes", 0);
        assert_eq!(link(None, "tap0")["linkinfo"]["info_kind"], "macvtap");
        // Not every kernel has VLANs.
        let (script, _) = ends("create --parent uplink --name uplink.50 --vlan-id 50 --dry-run", 0);
        assert!(script.contains("ip link add link uplink name uplink.50 type vlan id 50"), "{script}");
        ends("delete web/t0 --yes", 0);
        assert!(!sh("ip -n web link").contains("t0"));
        ends("netns delete db --yes", 0);
        assert!(!sh("ip netns list").contains("db"));
    }

    fn a_switch_sends_frames_back_when_told() {
        set_up();
        sh("ip link add name sw0 type bridge; ip link set switch master sw0; ip link set sw0 up");
        eventually("a port that forwards", || {
            link(None, "switch")["linkinfo"]["info_slave_data"]["state"] == json!("forwarding")
        });
        let port = |on: bool| {
            let port = link(None, "switch");
            assert_eq!(port["linkinfo"]["info_slave_data"]["hairpin"], json!(on));
        };
        port(false);
        let (said, _) = ends("set switch --hairpin on --yes", 0);
        assert!(said.contains("ip link set dev switch type bridge_slave hairpin on"), "{said}");
        assert!(said.contains("itself through switch in"), "{said}");
        port(true);
        ends("set switch --hairpin on --yes", 4);
        ends("set switch --hairpin off --yes", 0);
        port(false);
        let (_, refused) = ends("set mv0 --hairpin on --yes", 4);
        assert!(refused.contains("no port of a bridge"), "{refused}");
    }

    fn a_dry_run_is_a_script_with_the_same_effect() {
        // Two equal worlds: one is changed by the program, the other by bash.
        for world in ["a", "b"] {
            sh(&format!("ip netns add {world}; ip netns add {world}2
                ip -n {world} link add p address 02:00:00:00:01:01 index 100 type veth \
                    peer name q address 02:00:00:00:01:02 index 101
                ip -n {world} link set p up; ip -n {world} link set q up"));
        }
        let state = |netns: &str| {
            let mut links = ip_json(Some(netns), "address show");
            for link in links.as_array_mut().expect("links") {
                let link = link.as_object_mut().expect("a link");
                // What no two worlds have in common, and what comes with time.
                for field in ["ifindex", "link_netnsid", "operstate"] {
                    link.remove(field);
                }
                for address in link["addr_info"].as_array_mut().expect("addresses") {
                    address.as_object_mut().expect("an address").remove("tentative");
                }
            }
            links
        };
        for line in [
            "create --parent @/p --name m --mode source --mac 02:00:00:00:00:01 --flag nodst \
             --source 02:00:00:00:00:07 --address 192.0.2.9/24 --mtu 1400 --bc-queue-len 5 --up",
            "create --parent @/p --name t --netns @2 --kind macvtap --mode bridge \
             --mac 02:00:00:00:00:02",
            "set @/m --mode bridge --mac 02:00:00:00:00:03 --alias x\\y --no-flag nodst",
            "set @/m --netns @2 --rename n --add-address 192.0.2.10/24 --up",
            "set @2/n --down --del-address 192.0.2.10/24 --mtu 1300",
            "delete @2/t",
        ] {
            ends(&format!("{} --yes", line.replace('@', "a")), 0);
            let before = (state("b"), state("b2"));
            let (script, _) = ends(&format!("{} --dry-run", line.replace('@', "b")), 0);
            assert_eq!((state("b"), state("b2")), before, "{line} changed something in a dry run");
            let bash = Command::new("bash").args(["-ec", &script]).output().expect("bash");
            assert!(bash.status.success(), "{script}\n{}", String::from_utf8_lossy(&bash.stderr));
            for (ours, theirs) in [("a", "b"), ("a2", "b2")] {
                assert_eq!(state(ours), state(theirs), "{line}:\n{script}");
            }
        }
    }

    fn what_makes_no_sense_is_told_with_what_could_be_meant() {
        set_up();
        let (_, stderr) = ends("delete eth0 --yes", 2);
        assert!(stderr.contains("no link eth0") && stderr.contains("web/eth0"), "{stderr}");
        let (_, stderr) = ends("set mv0 --netns wed --yes", 2);
        assert!(stderr.contains("no namespace wed") && stderr.contains("web"), "{stderr}");
        let (_, stderr) = ends("delete mv0", 2);
        assert!(stderr.contains("--yes") && stderr.contains("--dry-run"), "{stderr}");
        ends("set mv0", 2);
        ends("create --parent uplink --name x --kind macvlan --vlan-id 5 --yes", 2);
        assert_eq!(mode(None, "mv0"), "vepa");
        assert_eq!(mode(Some("web"), "eth0"), "bridge");
    }

    fn an_ambiguous_number_lists_candidates_that_work() {
        set_up();
        // A namespace whose name is the pid of a process in another one.
        let helper = common::Helper::in_new_netns();
        let pid = helper.pid();
        sh(&format!("ip netns add {pid}
            ip link add link uplink name m netns {pid} type macvlan
            nsenter --net=/proc/{pid}/ns/net ip link set lo alias inside"));
        let (_, stderr) = ends(&format!("delete {pid}/m --yes"), 2);
        let candidates: Vec<_> = stderr.lines().filter_map(|line| line.trim().split("  ").next())
            .filter(|word| word.ends_with("/m") || word.ends_with("/m'"))
            .collect();
        assert_eq!(candidates.len(), 2, "{stderr}");
        let works = |candidate: &&&str| {
            let dry = format!("{PROGRAM} delete {candidate} --dry-run");
            Command::new("bash").args(["-c", &dry]).output().expect("bash").status.success()
        };
        assert_eq!(candidates.iter().filter(works).count(), 1, "only one of them has a link m");
        ends(&format!("delete /run/netns/{pid}/m --yes"), 0);
        drop(helper);
    }

    fn a_link_is_found_however_its_namespace_is_named() {
        set_up();
        let inode = sh("stat -Lc %i /run/netns/web");
        let helper = common::Helper::start(Command::new("nsenter").args(["--net=/run/netns/web", "sleep", "infinity"]));
        eventually("a process in web", || helper.is_running("sleep"));
        let pid = helper.pid();
        std::os::unix::fs::symlink("/run/netns/web", "/run/link").expect("a symbolic link");
        for netns in [
            "web".to_owned(),
            "/run/netns/web".into(),
            "/var/run/netns/web".into(),
            "/run/link".into(),
            format!("/proc/{pid}/ns/net"),
            pid.to_string(),
            inode.trim().to_owned(),
            format!("net:[{}]", inode.trim()),
        ] {
            let plan = json_of(&format!("set {netns}/eth0 --mode private --dry-run -o json"), 0);
            let command = plan["steps"][0]["command"].as_str().expect("a command").to_owned();
            assert!(command.starts_with("ip -n web "), "{netns}: {command}");
        }
        drop(helper);
    }

    fn rules_refuse_before_the_kernel_is_asked() {
        set_up();
        let (stdout, stderr) = ends("set mv0 --mode passthru --yes", 4);
        assert_eq!(stdout, "");
        assert!(stderr.contains("passthru") && stderr.lines().count() >= 2, "{stderr}");
        let refusal = json_of("set mv0 --mode passthru --yes -o json", 4);
        assert_eq!((&refusal["schema"], &refusal["result"]), (&json!(1), &json!("refused")));
        assert_eq!(refusal["rule"], "change-passthru");
        assert!(refusal["why"].is_string() && refusal["way_out"].is_string());
        let (script, _) = ends("set mv0 --mode passthru --dry-run", 4);
        assert_eq!(script, "");
        assert_eq!(mode(None, "mv0"), "vepa");
    }

    fn read_only_refuses_every_change_and_looks_all_the_same() {
        set_up();
        std::fs::write("/run/config.toml", "read_only = true\n").expect("a file");
        let before = sh("ip -d link; ip -n web -d link; ip netns");
        for change in [
            "create --parent uplink --name x",
            "delete mv0",
            "set mv0 --mode private",
            "netns add db",
            "netns delete web",
        ] {
            for forbidden in [
                format!("{change} --yes --read-only"),
                format!("--read-only {change} --yes"),
                format!("--config /run/config.toml {change} --yes"),
            ] {
                let (_, stderr) = ends(&forbidden, 4);
                assert!(stderr.contains("read_only"), "{stderr}");
            }
            ends(&format!("{change} --dry-run --read-only"), 0);
        }
        assert_eq!(json_of("delete mv0 --read-only -o json", 4)["rule"], "read-only");
        assert_eq!(sh("ip -d link; ip -n web -d link; ip netns"), before);
    }

    fn what_fails_in_the_kernel_is_told_with_status_1() {
        set_up();
        let output = Command::new("setpriv")
            .args(["--bounding-set=-net_admin", "--inh-caps=-net_admin", PROGRAM])
            .args(["set", "mv0", "--mtu", "1400", "--yes", "-o", "json"])
            .stdin(Stdio::null())
            .output()
            .expect("setpriv");
        let (stdout, _) = judge("set without cap_net_admin", &output, 1);
        let failed: Value = serde_json::from_str(&stdout).expect("JSON");
        assert_eq!((&failed["result"], &failed["steps"][0]["fate"]), (&json!("failed"), &json!("failed")));
        assert!(failed["why"].as_str().is_some_and(|why| why.contains("mv0")), "{stdout}");
        assert_eq!(link(None, "mv0")["mtu"], 1500);
    }

    fn json_has_the_plan_and_the_result() {
        set_up();
        let planned = json_of("set mv0 --mode private --dry-run -o json", 0);
        assert_eq!((&planned["schema"], &planned["result"]), (&json!(1), &json!("planned")));
        assert_eq!(planned["steps"][0]["fate"], Value::Null);
        assert_eq!(planned["danger"], Value::Null);
        assert_eq!(mode(None, "mv0"), "vepa");
        let done = json_of("set mv0 --mode private --yes -o json", 0);
        assert_eq!((&done["result"], &done["why"]), (&json!("done"), &Value::Null));
        assert_eq!(done["steps"][0]["fate"], "done");
        assert_eq!(mode(None, "mv0"), "private");
        let undo = done["steps"][0]["undo_commands"][0].as_str().expect("a command");
        sh(undo);
        assert_eq!(mode(None, "mv0"), "vepa");
    }

    fn hostile_names_are_data_everywhere() {
        sh("ip link add uplink type veth peer name switch; ip link set uplink up");
        let script = r"ip link add link uplink name $'\x1b]0;\xff\'$(id)' type macvlan mode vepa";
        assert!(Command::new("bash").args(["-c", script]).status().expect("bash").success());
        let as_printed = r"\u{1b}]0;\xff'$(id)";
        let set = |arguments: &[&str]| {
            let output = command(&[&["set", as_printed], arguments].concat()).output().expect("macvlens");
            let (stdout, stderr) = judge(as_printed, &output, 0);
            for text in [&stdout, &stderr] {
                assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
            }
            stdout
        };
        // Its name is not UTF-8, so the rest of the line is cut away.
        let mode_of_it = || sh("ip -d link | grep -ao 'mode [pbv][a-z]*'").trim().to_owned();
        let script = set(&["--mode", "private", "--dry-run"]);
        assert!(Command::new("bash").args(["-c", &script]).status().expect("bash").success());
        assert_eq!(mode_of_it(), "mode private");
        set(&["--mode", "bridge", "--yes"]);
        assert_eq!(mode_of_it(), "mode bridge");
        set(&["--rename", "tame", "--yes"]);
        assert_eq!(mode(None, "tame"), "bridge");
        let hostile = "n'$(id);x";
        let output = command(&["netns", "add", hostile, "--yes"]).output().expect("macvlens");
        judge("netns add", &output, 0);
        assert!(std::path::Path::new("/run/netns").join(hostile).exists());
        let output = command(&["netns", "delete", hostile, "--yes"]).output().expect("macvlens");
        judge("netns delete", &output, 0);
        assert!(!std::path::Path::new("/run/netns").join(hostile).exists());
    }

    fn ascii_is_enough_for_every_text() {
        set_up();
        for line in ["set mv0 --mode private --dry-run --ascii", "set mv0 --mode passthru --ascii --yes"] {
            let output = run(line);
            assert!(output.stdout.is_ascii() && output.stderr.is_ascii(), "{output:?}");
        }
        let (script, _) = ends("set mv0 --mode private --dry-run --ascii", 0);
        assert!(script.contains("vepa -> private"), "{script}");
    }
}
