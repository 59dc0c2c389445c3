//! Labs in the kernel: every topology comes up as its file has it, and goes away again.

#[macro_use]
mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{ip_json, sh};
use macvlens::lab::{self, Failure, Interface, Kind, Lab, port_name, shipped};
use macvlens::model::{Address, MacAddr};
use serde_json::Value;

/// What `ip` says of a link, with its addresses.
fn link(netns: Option<&str>, name: &str) -> Value {
    ip_json(netns, &format!("address show dev {name}"))[0].clone()
}

/// Whether MAC, addresses and state of a link are what its file says.
#[track_caller]
fn is_as_asked(link: &Value, mac: Option<MacAddr>, addresses: &[Address], up: bool) {
    if let Some(mac) = mac {
        assert_eq!(link["address"], mac.to_string(), "{link}");
    }
    let flags = link["flags"].as_array().expect("flags");
    assert_eq!(flags.contains(&"UP".into()), up, "{link}");
    let all = link["addr_info"].as_array().expect("addresses");
    // The kernel gives every link that is up an address of its own in IPv6.
    let given: Vec<_> = all
        .iter()
        .filter(|address| address["scope"] != "link")
        .map(|a| format!("{}/{}", a["local"].as_str().expect("local"), a["prefixlen"]))
        .collect();
    assert_eq!(given, addresses.iter().map(Address::cidr).collect::<Vec<_>>(), "{link}");
}

#[track_caller]
fn sub_interface_is_as_asked(link: &Value, new: &Interface) {
    let kind = if new.kind == Kind::Macvtap { "macvtap" } else { "macvlan" };
    let info = &link["linkinfo"];
    assert_eq!(info["info_kind"], kind, "{link}");
    let data = &info["info_data"];
    assert_eq!(data["mode"], new.mode.name(), "{link}");
    for (bit, word) in macvlens::model::MacvlanFlags::ALL {
        let told = data["flags"].as_array().is_some_and(|flags| flags.contains(&word.into()));
        let told = told || data[word] == true;
        assert_eq!(told, new.flags.has(bit), "{word}: {link}");
    }
    // In the order of the kernel's hash table.
    let sources: BTreeSet<_> = data["macaddr_data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|mac| mac.as_str().expect("a MAC").to_owned())
        .collect();
    assert_eq!(sources, new.sources.iter().map(ToString::to_string).collect(), "{link}");
    is_as_asked(link, new.mac, &new.addresses, new.up);
}

/// Whether this kernel has 802.1Q, as `ip` finds out.
fn has_vlans() -> bool {
    let made = "ip link add lab-try type veth peer name lab-try2 && \
        { ip link add link lab-try name lab-vlan type vlan id 5 2>/dev/null && echo yes || echo no; \
        ip link del lab-try; }";
    sh(made).trim() == "yes"
}

/// Compares everything with `ip`, and that there is nothing more.
#[track_caller]
fn is_built(lab: &Lab, vlans: bool) {
    let mut here = vec!["lo".to_owned()];
    for parent in &lab.parents {
        is_as_asked(&link(None, &parent.name), parent.mac, &parent.addresses, parent.up);
        let port = &link(Some(&parent.switch), &port_name(&parent.name));
        assert_eq!(port["master"], *parent.switch, "{port}");
        assert_eq!(port["linkinfo"]["info_slave_data"]["hairpin"], parent.hairpin, "{port}");
        is_as_asked(port, None, &[], true);
        here.push(parent.name.clone());
        for (vlan, id) in parent.vlans().filter(|_| vlans) {
            let made = &link(None, &vlan);
            assert_eq!(made["linkinfo"]["info_data"]["id"], id, "{made}");
            assert_eq!(made["link"], *parent.name, "{made}");
            is_as_asked(made, parent.mac, &[], parent.up);
            here.push(vlan);
        }
    }
    let is_there = |new: &&Interface| vlans || !new.parent.contains('.');
    for new in lab.interfaces.iter().filter(is_there) {
        let made = &link(None, &new.name);
        assert_eq!(made["link"], *new.parent, "{made}");
        sub_interface_is_as_asked(made, new);
        here.push(new.name.clone());
    }
    let index = |name: &str| link(None, name)["ifindex"].clone();
    for container in &lab.containers {
        let all = ip_json(Some(&container.name), "address show");
        let all = all.as_array().expect("links");
        let wanted: Vec<_> = container.interfaces.iter().filter(is_there).collect();
        assert_eq!(all.len(), 1 + wanted.len(), "{}: {all:?}", container.name);
        for new in wanted {
            let made = all.iter().find(|link| link["ifname"] == *new.name).expect("the interface");
            assert_eq!(made["link_index"], index(&new.parent), "{made}");
            sub_interface_is_as_asked(made, new);
        }
    }
    for outside in &lab.outsides {
        let eth0 = &link(Some(&outside.name), "eth0");
        is_as_asked(eth0, outside.mac, &outside.addresses, true);
        let port = &link(Some(&outside.switch), &port_name(&outside.name));
        assert_eq!(port["master"], *outside.switch, "{port}");
        assert_eq!(port["ifindex"], eth0["link_index"], "{eth0}");
    }
    for switch in &lab.switches {
        let bridge = &link(Some(switch), switch);
        assert_eq!(bridge["linkinfo"]["info_kind"], "bridge", "{bridge}");
    }
    let mut found = names_of(&ip_json(None, "link show"), "ifname");
    found.sort();
    here.sort();
    assert_eq!(found, here);
    let mut found = names_of(&ip_json(None, "netns list"), "name");
    found.sort();
    let mut netns = lab.switches.clone();
    netns.extend(lab.outsides.iter().map(|outside| outside.name.clone()));
    netns.extend(lab.containers.iter().map(|container| container.name.clone()));
    netns.sort();
    assert_eq!(found, netns);
}

fn names_of(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|entry| entry[key].as_str().expect("a name").to_owned()).collect()
}

/// What of a topology stands on VLANs: the sentences that are told where there are none.
fn on_vlans(lab: &Lab) -> usize {
    let all = lab.containers.iter().flat_map(|container| &container.interfaces);
    let on_vlans = all.chain(&lab.interfaces).filter(|new| new.parent.contains('.')).count();
    on_vlans + lab.parents.iter().map(|parent| parent.vlans.len()).sum::<usize>()
}

sandboxed! {
    fn every_topology_matches_its_file_and_another_can_follow() {
        let vlans = has_vlans();
        for shipped in shipped().iter().filter(|shipped| shipped.name != "big") {
            let lab = shipped.lab().expect("a right file");
            let told = lab.build().unwrap_or_else(|failure| panic!("{}: {failure}", shipped.name));
            assert_eq!(told.left_out.len(), if vlans { 0 } else { on_vlans(&lab) }, "{told:?}");
            is_built(&lab, vlans);
            // What a learner has made goes as well.
            sh("ip netns add mine; ip link add dummy-mine type veth peer name far netns mine");
            lab::clear().unwrap_or_else(|failure| panic!("{}: {failure}", shipped.name));
            assert_eq!(names_of(&ip_json(None, "link show"), "ifname"), ["lo"]);
            assert_eq!(sh("ip netns list"), "");
        }
    }

    fn five_hundred_namespaces_come_up_and_go() {
        let lab = Lab::shipped("big").expect("shipped").expect("right");
        lab.build().unwrap_or_else(|failure| panic!("{failure}"));
        is_built(&lab, has_vlans());
        lab::clear().expect("clear");
        assert_eq!(sh("ip netns list"), "");
    }

    fn a_namespace_with_anything_in_it_is_left_alone() {
        let lab = Lab::shipped("modes").expect("shipped").expect("right");
        let refused = |found: &str| {
            let failure = lab.build().expect_err("refused");
            let told = failure.to_string();
            assert!(matches!(failure, Failure::NotEmpty { .. }) && told.contains(found), "{told}");
        };
        sh("ip link add host0 type veth peer name host1");
        refused("the interface host");
        // Not built here, so not cleared either.
        assert!(matches!(lab::clear(), Err(Failure::NotOurs)));
        sh("ip link show host0; ip link del host0; ip netns add somebody");
        refused("the namespace somebody");
        sh("ip netns del somebody");
        lab.build().expect("an empty namespace");
        refused("the interface ens8");
        lab::clear().expect("ours");
    }

    fn every_word_of_a_file_reaches_the_kernel() {
        let text = "title = 't'\nabout = 'a'\nswitch = [{ name = 's' }, { name = 't' }]\n\
            [[parent]]\nname = 'p'\nswitch = 's'\nhairpin = true\naddresses = ['2001:db8::1/64']\n\
            [[parent]]\nname = 'q'\nswitch = 't'\nup = false\n\
            [[interface]]\nname = 'mv'\nparent = 'p'\nmode = 'source'\nflags = ['nodst']\nup = false\n\
            sources = ['02:00:00:00:00:07', '02:00:00:00:00:08']\n\
            [[interface]]\nname = 'tap'\nparent = 'q'\nmode = 'passthru'\nkind = 'macvtap'\n\
            flags = ['nopromisc']\naddresses = ['10.0.0.1/24', '10.0.0.2/24']\n\
            [[container]]\nname = 'many{}'\nrepeat = 3\ninterface = [\n\
            { name = 'a', parent = 'p', mode = 'vepa' },\n\
            { name = 'b', parent = 'p', mode = 'bridge', mac = '02:00:00:00:ff:ff' }]";
        let lab = Lab::parse("text", text).unwrap_or_else(|wrong| panic!("{wrong}"));
        lab.build().unwrap_or_else(|failure| panic!("{failure}"));
        is_built(&lab, true);
        assert_eq!(link(Some("many3"), "b")["address"], "02:00:00:01:00:01");
    }

    fn a_failure_says_what_where_and_why() {
        let lab = Lab::shipped("modes").expect("shipped").expect("right");
        // Our own and three more: enough to begin, and not for the containers.
        fs::write("/proc/sys/user/max_net_namespaces", "4").expect("our own sysctl");
        let told = lab.build().expect_err("a refusal").to_string();
        let parts = ["in the lab's host: creating the network namespace c", "No space left on device"];
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
        lab::clear().expect("what was begun goes");
        assert_eq!(sh("ip netns list"), "");
        assert_eq!(names_of(&ip_json(None, "link show"), "ifname"), ["lo"]);
    }
}
