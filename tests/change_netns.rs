//! Named namespaces that come and go: the same files and mounts that `ip netns` makes and expects.

#[macro_use]
mod common;

use std::fs;
use std::process::Command;

use common::change::{done, edit, key, look, netns, plan};
use common::{Helper, eventually, ip_json, netns_link, sh};
use macvlens::kernel::execute::perform;
use macvlens::plan::{Edit, Fate, Place, Plan, Request, Verdict};

fn creates(name: &str) -> Plan {
    plan(&look(), &[Request::CreateNetns(name.into())])
}

/// What stat(1) says of the file, and of the one that the namespace is mounted on.
fn file(name: &str) -> String {
    sh(&format!(
        "stat -c '%a %u %g %F' /run/netns/{name}
         unshare --mount sh -c 'umount /run/netns/{name}; stat -c \"%a %u %g %F %s\" /run/netns/{name}'"
    ))
}

/// How /run/netns is mounted: its options and whether its mounts are passed on.
fn directory() -> Vec<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let lines = mounts.lines().filter(|line| line.contains(" /run/netns "));
    lines
        .map(|line| format!("{} shared: {}", line.contains(" rw,"), line.contains(" shared:")))
        .collect()
}

sandboxed! {
    fn a_namespace_is_what_ip_netns_makes() {
        sh("ip netns add theirs");
        let (their_file, their_directory) = (file("theirs"), directory());
        let their_links = ip_json(Some("theirs"), "link show");
        sh("ip netns delete theirs; umount -l /run/netns; rmdir /run/netns");
        let outcome = done(&creates("ours"));
        assert_eq!((file("ours"), directory()), (their_file, their_directory));
        assert_eq!(sh("stat -c '%a %F' /run/netns"), "755 directory\n");
        assert_eq!(ip_json(Some("ours"), "link show"), their_links);
        assert_eq!(sh("ip netns list"), "ours\n");
        sh("ip netns exec ours true");
        // A second one finds the directory as it has to be.
        done(&creates("second"));
        assert_eq!(directory().len(), 1);
        done(&outcome.undo.expect("a way back"));
        assert_eq!(sh("ip netns list"), "second\n");
        assert_eq!(fs::read_dir("/run/netns").expect("the directory").count(), 1);
    }

    fn other_mount_namespaces_see_it_come_and_go() {
        done(&creates("first"));
        let slave = Helper::start(Command::new("unshare").args(["--mount", "--propagation", "slave", "sleep", "infinity"]));
        eventually("mounts of its own", || slave.is_running("sleep"));
        let sees = |name: &str| {
            let mounts = fs::read_to_string(format!("/proc/{}/mountinfo", slave.pid()));
            mounts.expect("its mounts").contains(&format!(" /run/netns/{name} "))
        };
        let made = done(&creates("later"));
        assert!(sees("first") && sees("later"));
        done(&made.undo.expect("a way back"));
        assert!(sees("first") && !sees("later"));
    }

    fn half_a_namespace_leaves_nothing_behind() {
        sh("ip netns add kept; echo 0 > /proc/sys/user/max_net_namespaces");
        let plan = creates("half");
        let outcome = perform(&plan);
        let Verdict::Failed(why) = &outcome.verdict else { panic!("{outcome:?}") };
        assert!(why.contains("half") && why.contains("max_net_namespaces"), "{why}");
        assert_eq!(outcome.fates, [Fate::Failed]);
        assert_eq!(sh("ls /run/netns"), "kept\n");
    }

    fn what_a_namespace_takes_along_comes_back_with_it() {
        sh("ip netns add a; ip netns add b
            ip -n a link add name p type veth peer name q
            ip -n a link add link p name mv index 9 address 02:00:00:00:00:01 netns b type macvlan mode private
            ip -n b address add 192.0.2.1/24 dev mv; ip -n b link set lo up");
        let topology = look();
        let outcome = done(&plan(&topology, &[Request::DeleteNetns(netns(&topology, "b"))]));
        eventually("the end of mv", || look().links().all(|link| link.name != "mv".into()));
        done(&outcome.undo.expect("a way back"));
        let mv = &ip_json(Some("b"), "address show mv")[0];
        assert_eq!((&mv["ifindex"], &mv["address"]), (&9.into(), &"02:00:00:00:00:01".into()), "{mv}");
        assert_eq!(mv["addr_info"][0]["local"], "192.0.2.1");
        assert!(ip_json(Some("b"), "link show lo")[0]["flags"].to_string().contains("UP"));
    }

    fn a_link_is_moved_into_a_namespace_without_a_name() {
        sh("ip netns add a; ip -n a link add name p type veth peer name q
            ip -n a link add link p name mv type macvlan");
        let helper = Helper::in_new_netns();
        let inode = netns_link(&helper.pid().to_string());
        let topology = look();
        let unnamed = topology.namespaces().find(|n| {
            n.netns.inode.map(|inode| format!("net:[{inode}]").into()) == inode
        });
        let place = Place::Known(unnamed.expect("its namespace").netns.id);
        let change = edit(key(&topology, "a", "mv"), [Edit::Netns(place)]);
        let outcome = done(&plan(&topology, &[change]));
        let listed = sh(&format!("nsenter --net=/proc/{}/ns/net ip -o link", helper.pid()));
        assert!(listed.contains("mv@"), "{listed}");
        done(&outcome.undo.expect("a way back"));
        assert_eq!(look().link(key(&topology, "a", "mv")), topology.link(key(&topology, "a", "mv")));
    }
}
