//! Recipes of the small host: every form of every kind of thing, and names that want to do harm.

use std::net::IpAddr;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::model::belief::{Belief, Driver, Engine, Range, Subnet};
use crate::model::fixture::{self, C2, C3, HOST, TEST1, VM, address, host, key, link};
use crate::model::{
    Change, Link, LinkFlags, LinkKind, MacvlanFlags, Mode, NetworkKey, SourceId, Text,
};

/// The host with owners and networks.
fn world() -> Topology {
    let mut topology = host();
    for change in fixture::owners().into_iter().chain(fixture::beliefs()) {
        topology.apply(change);
    }
    topology
}

fn network(topology: &Topology, name: &str) -> NetworkKey {
    let named = |view: &crate::model::NetworkView<'_>| view.network.name == name.into();
    topology.networks().find(named).expect("a network").key
}

fn of_network(topology: &Topology, name: &str, form: Form) -> Result<String, String> {
    recipe(topology, Of::Network(network(topology, name)), form)
}

/// The world with what Docker says of its networks changed.
fn told(change: impl Fn(&mut Belief)) -> Topology {
    let mut topology = world();
    let mut docker = topology.beliefs().next().expect("Docker").clone();
    change(&mut docker);
    topology.apply(Change::Belief { source: SourceId(0), belief: Some(Box::new(docker)) });
    topology
}

/// The world with a link changed.
fn with(at: LinkKey, change: impl Fn(&mut Link)) -> Topology {
    let mut topology = world();
    let mut link = topology.link(at).expect("a link").clone();
    change(&mut link);
    topology.apply(Change::Link(Box::new(link)));
    topology
}

/// The recipe without its comments.
fn bare(recipe: &str) -> String {
    recipe.split_inclusive('\n').filter(|line| !line.starts_with("# ")).collect()
}

#[test]
fn a_network_is_said_in_every_form() {
    let world = world();
    let said = Form::ALL.map(|form| {
        let recipe = of_network(&world, "vepamv", form).unwrap();
        format!("== {}: {}\n{recipe}", form.name(), form.meaning())
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_link_that_no_network_made_is_said_in_every_form() {
    let ens8 = key(HOST, 3);
    let topology = with(key(HOST, 7), |link| {
        link.mtu = 1400;
        link.addresses.push(address("fd00::7/64"));
        let macvlan = link.macvlan_mut().unwrap();
        macvlan.bc_queue_len = Some(7);
    });
    assert!(topology.link(ens8).is_some());
    let said = Form::ALL.map(|form| {
        let recipe = recipe(&topology, Of::Link(key(HOST, 7)), form).unwrap();
        format!("== {}\n{recipe}", form.name())
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_member_is_said_by_its_network_and_its_interface_as_it_is() {
    let world = world();
    let said = |form| recipe(&world, Of::Link(key(C2, 2)), form).unwrap();
    assert_eq!(said(Form::Docker), of_network(&world, "vepamv", Form::Docker).unwrap());
    assert_eq!(
        said(Form::Ip),
        "ip link add link ens8 name eth0 netns /run/docker/netns/centos1-2 type macvlan mode vepa\n\
         nsenter --net=/run/docker/netns/centos1-2 ip address add 192.168.128.222/24 dev eth0\n\
         nsenter --net=/run/docker/netns/centos1-2 ip link set dev eth0 up\n"
    );
    let files = said(Form::Networkd);
    assert!(files.contains("# networkd makes it in the host's namespace"), "{files}");
    assert!(files.contains("Address=192.168.128.222/24\nGateway=192.168.128.1\n"), "{files}");
}

#[test]
fn source_mode_is_said_where_it_can_be() {
    let topology = with(key(TEST1, 7), |link| {
        let macvlan = link.macvlan_mut().unwrap();
        macvlan.mode = Mode::Source;
        macvlan.flags = MacvlanFlags(MacvlanFlags::NODST);
        macvlan.sources = vec![[2, 0, 0, 0, 0, 1].into(), [2, 0, 0, 0, 0, 2].into()];
    });
    let said = |form| recipe(&topology, Of::Link(key(TEST1, 7)), form);
    for form in [Form::Docker, Form::Podman, Form::Cni] {
        let why = said(form).unwrap_err();
        assert!(why.contains("private, vepa, bridge, passthru, not source"), "{why}");
        assert!(why.contains("ip or networkd"), "{why}");
    }
    assert!(said(Form::Ip).unwrap().starts_with(
        "ip link add link ens8 name macvlan1 index 9 netns test1 type macvlan mode source flag \
         nodst macaddr set 02:00:00:00:00:01 02:00:00:00:00:02\n"
    ));
    let files = said(Form::Networkd).unwrap();
    assert!(files.contains(
        "[MACVLAN]\nMode=source\nSourceMACAddress=02:00:00:00:00:01\n\
         SourceMACAddress=02:00:00:00:00:02\n"
    ));
    assert!(files.contains("# networkd has no word for: flag nodst\n"), "{files}");
}

#[test]
fn a_macvtap_is_made_by_hand_only() {
    let world = world();
    let tap = |form| recipe(&world, Of::Link(key(VM, 2)), form);
    for form in [Form::Docker, Form::Podman, Form::Cni] {
        assert!(tap(form).unwrap_err().contains("macvtap"));
    }
    let made = tap(Form::Ip).unwrap();
    assert!(made.contains("type macvtap mode passthru") && !made.contains(" address "), "{made}");
    assert!(tap(Form::Networkd).unwrap().contains("Kind=macvtap\n\n[MACVTAP]\nMode=passthru\n"));
}

#[test]
fn what_cannot_be_equalled_is_refused_with_a_way_out() {
    let world = world();
    let refused = |at, form| recipe(&world, Of::Link(at), form).unwrap_err();
    for form in Form::ALL {
        assert!(refused(key(HOST, 3), form).contains("choose a macvlan"));
        assert!(refused(key(C3, 9), form).contains("out of sight"));
        assert!(refused(key(HOST, 99), form).contains("gone"));
    }
    for form in [Form::Ip, Form::Networkd] {
        let why = of_network(&world, "lost", form).unwrap_err();
        assert!(why.contains("the parent ens99 of network lost is not in sight"), "{why}");
    }
    let command = of_network(&world, "lost", Form::Docker).unwrap();
    assert!(command.starts_with("# there is no ens99 in sight where the engine works\n"));
    let unnamed = told(|docker| docker.networks[0].parent = None);
    for (form, word) in [(Form::Docker, "dummy"), (Form::Podman, "default"), (Form::Cni, "default")]
    {
        let said = of_network(&unnamed, "vepamv", form).unwrap();
        assert!(said.contains(word) && !bare(&said).contains("ens8"), "{said}");
    }
    assert!(of_network(&unnamed, "vepamv", Form::Ip).unwrap_err().contains("names no parent"));
}

#[test]
fn a_parent_elsewhere_is_one_that_engines_do_not_take() {
    let mut topology = world();
    topology.apply(Change::Link(Box::new(link(TEST1, 40, "inner", LinkKind::Device))));
    let above = fixture::child(TEST1, 41, "mv", Mode::Bridge, key(TEST1, 40));
    topology.apply(Change::Link(Box::new(above)));
    for form in Form::ALL {
        match recipe(&topology, Of::Link(key(TEST1, 41)), form) {
            Ok(commands) => {
                assert!(form == Form::Ip && commands.contains("-n test1"), "{commands}");
            }
            Err(why) => assert!(why.contains("inner in test1") && form != Form::Ip, "{why}"),
        }
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn ranges_and_reserved_addresses_are_said_as_each_form_takes_them() {
    let topology = told(|docker| {
        let first = &mut docker.networks[0].subnets[0];
        first.range = Some(Range::Between(Some(ip("192.168.128.129")), None));
        first.aux =
            vec![("router".into(), ip("192.168.128.2")), ("a=b".into(), ip("192.168.128.3"))];
        let range = Some(Range::Between(Some(ip("10.1.0.4")), Some(ip("10.1.0.9"))));
        docker.networks[0].subnets.push(Subnet { range, ..Subnet::new(ip("10.1.0.0"), 24) });
        docker.networks[0].subnets.push(Subnet::new(ip("fd00::"), 64));
        docker.networks[0].internal = true;
    });
    let forms = [Form::Docker, Form::Podman, Form::Cni];
    let said = forms.map(|form| of_network(&topology, "vepamv", form).unwrap());
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn ipvlan_is_said_with_its_own_words() {
    let topology = told(|docker| {
        docker.networks[0].driver = Driver::Ipvlan;
        docker.networks[0].mode = "l3".into();
    });
    let said = |form| of_network(&topology, "vepamv", form).unwrap();
    assert!(
        said(Form::Docker).contains("-d ipvlan ")
            && said(Form::Docker).contains(" ipvlan_mode=l3 ")
    );
    assert!(said(Form::Podman).contains(" mode=l3 "));
    assert!(
        said(Form::Cni)
            .contains("\"type\": \"ipvlan\",\n      \"master\": \"ens8\",\n      \"mode\": \"l3\"")
    );
    assert!(
        bare(&said(Form::Ip))
            .starts_with("ip link add link ens8 name ipvlan0 type ipvlan mode l3\n")
    );
    assert!(said(Form::Networkd).contains("Kind=ipvlan\n\n[IPVLAN]\nMode=L3\n"));
    let unknown = told(|docker| {
        docker.networks[0].driver = Driver::Ipvlan;
        docker.networks[0].mode = "l9\n--internal".into();
    });
    for form in Form::ALL {
        let why = of_network(&unknown, "vepamv", form).unwrap_err();
        assert!(why.contains("not l9\\u{a}--internal"), "{why}");
    }
    let mut topology = topology;
    let mut seen = fixture::child(HOST, 50, "ipv0", Mode::Bridge, key(HOST, 3));
    seen.kind = LinkKind::Other("ipvlan".into());
    topology.apply(Change::Link(Box::new(seen)));
    let made = recipe(&topology, Of::Link(key(HOST, 50)), Form::Ip).unwrap();
    assert!(made.starts_with("# which ipvlan mode ipv0 in host has is not known"), "{made}");
    assert!(
        made.contains("ip link add link ens8 name ipv0 type ipvlan mode l2\nip link set"),
        "{made}"
    );
}

#[test]
fn a_link_that_is_down_stays_down() {
    let topology = with(key(HOST, 7), |link| link.flags = LinkFlags(0x1002));
    let made = recipe(&topology, Of::Link(key(HOST, 7)), Form::Ip).unwrap();
    assert!(!made.contains(" up"), "{made}");
}

#[test]
fn an_ordinary_users_network_is_his_to_make() {
    let topology = told(|docker| docker.user = Some("alice".into()));
    let said = |form| of_network(&topology, "vepamv", form).unwrap();
    assert!(said(Form::Docker).contains("# the network is one of alice, who is to run this\n"));
    assert!(!said(Form::Podman).contains("alice"));
}

/// The words that bash passes to a command.
fn words(script: &str, command: &str) -> Vec<Vec<u8>> {
    let script = format!("{command}() {{ printf '%s\\0' \"$@\"; }}; {script}");
    let output = Command::new("bash").arg("-c").arg(&script).output().unwrap();
    assert!(output.stderr.is_empty(), "{script}");
    let mut words: Vec<Vec<u8>> =
        output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    assert_eq!(words.pop(), Some(Vec::new()));
    words
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || crate::model::text::is_plain(c))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn hostile_names_reach_the_engine_as_one_word(
        name in "[^\0]{1,12}", parent in "[^\0]{1,12}", aux in "[^\0]{0,8}",
    ) {
        let topology = told(|docker| {
            let network = &mut docker.networks[0];
            network.name = name.as_str().into();
            network.parent = Some(parent.as_str().into());
            network.subnets[0].aux = vec![(aux.as_str().into(), ip("192.168.128.9"))];
        });
        let key = topology.networks().find(|view| view.network.id == "77ae".into()).unwrap().key;
        let docker = recipe(&topology, Of::Network(key), Form::Docker).unwrap();
        prop_assert!(is_plain(&docker), "{}", docker);
        let words = words(&docker, "docker");
        let aux = if aux.is_empty() || aux.contains('=') { "aux1" } else { &aux };
        let [parent_word, aux_word] = [format!("parent={parent}"), format!("{aux}=192.168.128.9")];
        let mut expected = vec![
            "network", "create", "-d", "macvlan", "--subnet", "192.168.128.0/24", "--gateway",
            "192.168.128.1", "--aux-address", &aux_word, "-o", &parent_word, "-o",
            "macvlan_mode=vepa",
        ];
        expected.extend(name.starts_with('-').then_some("--"));
        expected.push(&name);
        prop_assert_eq!(words, expected.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>());

        let podman = recipe(&topology, Of::Network(key), Form::Podman).unwrap();
        prop_assert!(is_plain(&podman), "{}", podman);
        prop_assert!(super::tests::words(&podman, "podman").contains(&parent_word.into_bytes()));
        let cni = recipe(&topology, Of::Network(key), Form::Cni).unwrap();
        prop_assert!(is_plain(&cni), "{}", cni);
        let list: serde_json::Value = serde_json::from_str(&bare(&cni)).unwrap();
        prop_assert_eq!(list["plugins"][0]["master"].as_str(), Some(&*parent));
    }

    #[test]
    fn any_bytes_are_said_or_refused(bytes in proptest::collection::vec(1_u8..=255, 1..16)) {
        let name = Text::from(bytes.clone());
        let topology = with(key(HOST, 7), |link| link.name = name.clone());
        for form in Form::ALL {
            match recipe(&topology, Of::Link(key(HOST, 7)), form) {
                Ok(text) => prop_assert!(is_plain(&text), "{}", text),
                Err(why) => prop_assert!(form == Form::Networkd && is_plain(&why), "{}", why),
            }
        }
        let commands = recipe(&topology, Of::Link(key(HOST, 7)), Form::Ip).unwrap();
        let first = words(commands.lines().next().unwrap(), "ip");
        prop_assert_eq!(&first[5], &bytes);
        let parent = with(key(HOST, 3), |link| link.name = name.clone());
        for form in [Form::Docker, Form::Podman, Form::Cni] {
            let said = recipe(&parent, Of::Link(key(HOST, 7)), form);
            prop_assert_eq!(said.is_ok(), std::str::from_utf8(&bytes).is_ok());
        }
    }
}

#[test]
fn engines_have_the_names_of_their_forms() {
    for engine in Engine::ALL {
        assert!(Form::ALL.iter().any(|form| form.name() == engine.name()), "{engine:?}");
    }
}
