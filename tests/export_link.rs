//! What `export` prints of a link is what makes an equal one: ip and systemd-networkd are given it, and what
//! they made is compared.

#[macro_use]
mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::change::look;
use common::docker::host_rooted;
use common::export::{addresses, bash, link, parents};
use common::{Helper, eventually, sh};
use macvlens::model::{Link, LinkKind, Macvlan};
use macvlens::plan::recipe::{Form, Of, recipe};

const NETWORKD: &str = "/lib/systemd/systemd-networkd";

/// The links that [`make_links`] makes, each on a parent of its own.
const LINKS: [&str; 7] = ["private0", "vepa0", "bridge0", "passthru0", "source0", "tap0", "bare0"];

/// Links of every kind and mode with all that can be set, on p0 to p6 of the own namespace.
fn make_links(netns: Option<&str>) {
    parents(LINKS.len());
    let (place, inside) = match netns {
        Some(netns) => (format!("netns {netns}"), format!("-n {netns}")),
        None => (String::new(), String::new()),
    };
    sh(&netns.map_or(String::new(), |netns| format!("ip netns add {netns}")));
    sh(&format!(
        "ip link add link p0 name private0 mtu 1400 {place} type macvlan mode private
         ip link add link p1 name vepa0 {place} type macvlan mode vepa bcqueuelen 77
         ip link add link p2 name bridge0 {place} type macvlan mode bridge
         ip link add link p3 name passthru0 {place} type macvlan mode passthru
         ip link add link p4 name source0 {place} type macvlan mode source macaddr set \
            02:00:00:00:00:01 02:00:00:00:00:02
         ip link add link p5 name tap0 {place} type macvtap mode bridge
         ip link add link p6 name bare0 {place} type macvlan mode bridge
         ip {inside} address add 10.1.0.7/24 dev private0
         ip {inside} address add 10.2.0.7/24 dev vepa0
         ip {inside} address add 10.3.0.7/24 dev bridge0
         ip {inside} address add 10.3.0.8/24 dev bridge0
         ip {inside} address add fd00:3::7/64 dev bridge0
         ip {inside} link set dev bridge0 alias \"a 'b\" up
         ip {inside} link set dev private0 up"
    ));
}

/// Whether a link is like another but for its identity and MAC.
#[track_caller]
fn assert_like(before: &Link, after: &Link) {
    let mut wanted = before.kind.clone();
    if let (Some(wanted), Some(made)) = (macvlan_of(&mut wanted), after.macvlan()) {
        // The kernel lists them in an order of its own.
        wanted.sources.sort();
        let mut sources = made.sources.clone();
        sources.sort();
        assert_eq!(wanted.sources, sources);
        wanted.sources.clone_from(&made.sources);
    }
    assert_eq!(wanted, after.kind, "{}", before.name);
    assert_eq!(before.mtu, after.mtu, "{}", before.name);
    assert_eq!(addresses(before), addresses(after), "{}", before.name);
}

fn macvlan_of(kind: &mut LinkKind) -> Option<&mut Macvlan> {
    match kind {
        LinkKind::Macvlan(macvlan) | LinkKind::Macvtap(macvlan) => Some(macvlan),
        _ => None,
    }
}

sandboxed! {
    fn ip_makes_the_link_anew() {
        make_links(Some("web"));
        let topology = look();
        let before: Vec<Link> =
            LINKS.iter().map(|name| link(&topology, Some("web"), name).expect(name)).collect();
        let all = before.iter().map(|link| recipe(&topology, Of::Link(link.key), Form::Ip));
        let script: Vec<String> = all.map(|recipe| recipe.expect("a recipe")).collect();
        for name in LINKS {
            sh(&format!("ip -n web link delete {name}"));
        }
        for recipe in &script {
            bash(recipe);
        }
        for (before, script) in before.iter().zip(&script) {
            let after = link(&look(), Some("web"), &before.name.to_string()).expect(script);
            assert_like(before, &after);
            assert_eq!((before.flags.is_up(), &before.alias), (after.flags.is_up(), &after.alias));
        }
    }
}

#[test]
fn networkd_makes_the_link_that_was_said() {
    host_rooted("networkd_makes_the_link_that_was_said", &[NETWORKD], || {
        // Where /sys can't be written networkd does not wait for udev.
        sh("mount -t sysfs -o ro sysfs /sys; mkdir -p /run/systemd/network");
        make_links(None);
        sh("ip address add 192.0.2.1/24 dev p0");
        let topology = look();
        let before: Vec<Link> =
            LINKS.iter().map(|name| link(&topology, None, name).expect(name)).collect();
        for link in &before {
            let files = recipe(&topology, Of::Link(link.key), Form::Networkd).expect("a recipe");
            let files = files.split("# /etc/systemd/network/").skip(1);
            assert_eq!(files.clone().count(), 3);
            for file in files {
                let (name, content) = file.split_once('\n').expect("a name");
                fs::write(format!("/run/systemd/network/{name}"), content).expect("a file");
            }
        }
        for name in LINKS {
            sh(&format!("ip link delete {name}"));
        }
        let log = fs::File::create("/run/log").expect("a log");
        let mut command = Command::new(NETWORKD);
        let _networkd = Helper::start(command.stdout(Stdio::null()).stderr(log));
        for before in &before {
            let name = before.name.to_string();
            eventually(&name, || {
                link(&look(), None, &name).is_some_and(|made| addresses(&made) == addresses(before))
            });
            assert_like(before, &link(&look(), None, &name).expect("it"));
        }
        // Where / is on a file system of the network, networkd takes nothing away in any case.
        let parent = link(&look(), None, "p0").expect("the parent");
        assert_eq!(addresses(&parent), ["192.0.2.1/24"], "the parent keeps what others gave it");
    });
}
