//! What becomes of answers: real ones, strange ones and any.

use std::fs;
use std::os::unix::fs::MetadataExt;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::Text;
use crate::model::belief::{
    Container, ContainerState, Driver, Engine as Kind, Home, Network, Range,
};
use crate::owners::engines::convert::{self, Converter};
use crate::owners::engines::lenient::{self, List};

fn network<'a>(belief: &'a Belief, name: &str) -> &'a Network {
    belief.networks.iter().find(|network| network.name == name.into()).expect(name)
}

fn container<'a>(belief: &'a Belief, name: &str) -> &'a Container {
    belief.containers.iter().find(|container| container.name == name.into()).expect(name)
}

/// MAC and addresses in the first network of a container.
fn believed(belief: &Belief, name: &str) -> String {
    let attachment = &container(belief, name).attachments[0];
    let mac = attachment.mac.map_or("no MAC".into(), |mac| mac.to_string());
    let addresses = attachment.addresses.iter().map(|(ip, len)| format!(" {ip}/{len}"));
    format!("{mac}{}", addresses.collect::<String>())
}

#[test]
fn docker_tells_its_networks_and_containers() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &DOCKER);
    let belief = belief(&sources);
    let asked: Vec<_> = engine.requests();
    assert_eq!(asked, ["/version", "/networks", "/containers/json"]);

    assert_eq!(belief.engine, Kind::Docker);
    assert_eq!(belief.origin, Text::from(&*format!("unix://{}", path.display())));
    // The process that listens is this one.
    let netns = fs::metadata("/proc/self/ns/net").expect("our namespace").ino();
    assert_eq!(belief.home, Home::Inode(netns));
    assert_eq!(belief.networks.len(), 2, "{:?}", belief.networks);

    let lan = network(&belief, "lan");
    assert_eq!((lan.driver, &lan.mode), (Driver::Macvlan, &"bridge".into()));
    assert_eq!((lan.parent.clone(), lan.mtu, lan.internal), (Some("trunk".into()), None, false));
    assert_eq!(lan.labels, [("team".into(), "shop".into())].into());
    assert_eq!((&lan.ipam, lan.faults.len()), (&None, 0));
    let [v4, v6] = &lan.subnets[..] else { panic!("{:?}", lan.subnets) };
    assert_eq!(
        (v4.to_string(), v6.to_string()),
        ("192.168.128.0/24".into(), "fd00:128::/64".into())
    );
    assert_eq!(v4.gateway, "192.168.128.1".parse().ok());
    assert_eq!(v4.range.as_ref().map(Range::to_string), Some("192.168.128.128/25".into()));
    assert_eq!(v4.aux, [("router".into(), "192.168.128.2".parse().expect("an address"))]);
    let l3 = network(&belief, "l3");
    assert_eq!((l3.driver, &l3.mode), (Driver::Ipvlan, &"l3".into()));

    let web = container(&belief, "web");
    assert_eq!((web.state, web.image.clone()), (ContainerState::Running, Some("img".into())));
    assert_eq!(web.labels, [("com.docker.compose.project".into(), "shop".into())].into());
    assert_eq!(web.attachments[0].network, lan.id);
    assert_eq!(believed(&belief, "web"), "02:42:c0:a8:80:09 192.168.128.9/24 fd00:128::2/64");
    assert_eq!(container(&belief, "frozen").state, ContainerState::Paused);
    // Never started: no id of the network and no length of the prefix is said.
    assert_eq!(container(&belief, "later").state, ContainerState::Created);
    assert_eq!(container(&belief, "later").attachments[0].network, lan.id);
    assert_eq!(believed(&belief, "later"), "no MAC 192.168.128.77/24");
    assert_eq!(container(&belief, "short").state, ContainerState::Exited);
    assert_eq!(believed(&belief, "short"), "no MAC 192.168.128.78/24");
    assert_eq!(container(&belief, "three").attachments[0].network, l3.id);
    assert_eq!(container(&belief, "none").attachments, []);
}

#[test]
fn podman_tells_the_parent_in_its_own_api() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &PODMAN);
    let told = belief(&sources);
    assert_eq!(told.engine, Kind::Podman);
    assert_eq!(told.networks.len(), 1, "the bridge is none of them");
    let lan = network(&told, "lan");
    assert_eq!((lan.parent.clone(), lan.mtu), (Some("trunk".into()), Some(1400)));
    assert_eq!((&lan.mode, &lan.ipam), (&"bridge".into(), &None));
    let range = lan.subnets[0].range.as_ref().map(Range::to_string);
    assert_eq!(range, Some("192.168.129.129 to 192.168.129.255".into()));
    // Podman gives the network's name as its id.
    assert_eq!(container(&told, "web").attachments[0].network, lan.id);
    let web = "ee:28:ed:41:f8:49 192.168.129.9/24 fd00:129::2/64";
    assert_eq!(believed(&told, "web"), web);
    assert!(believed(&told, "later").starts_with("02:00:00:00:00:77 192.168.129.77/24"));
    assert_eq!(believed(&told, "short"), "no MAC");
    drop(engine);

    let older = start(&path, &PODMAN[..3]);
    let changes = ask(&sources, fake::PATIENCE);
    assert_eq!(network(beliefs(&changes)[0], "lan").parent, None);
    let why = &problems(&changes)[0].why;
    assert_eq!(
        why,
        "parents of its networks: it refused with 404: {\"message\":\"page not found\"}"
    );
    drop(older);
}

/// A list of one network of Docker.
fn docker_network(value: &Value) -> Network {
    let answer = serde_json::from_value(value.clone()).expect("a network");
    convert::network(&answer, Kind::Docker).expect("a network that is kept")
}

#[test]
fn what_docker_does_not_say_is_what_it_does_by_default() {
    let id = "0123456789abcdef";
    let dummy = docker_network(&json!({ "Id": id, "Name": "n", "Driver": "macvlan" }));
    assert_eq!(dummy.parent, Some("dm-0123456789ab".into()));
    assert_eq!(dummy.mode, "bridge".into());
    let dummy = docker_network(&json!({ "Id": id, "Driver": "ipvlan", "Options": {} }));
    assert_eq!((dummy.parent, dummy.mode), (Some("di-0123456789ab".into()), "l2".into()));
    assert_eq!(dummy.name, id.into());
}

#[test]
fn what_can_not_be_understood_is_a_fault_of_its_network_alone() {
    let network = docker_network(&json!({
        "Id": "i", "Driver": "macvlan",
        "Options": { "com.docker.network.driver.mtu": "big" },
        "IPAM": { "Driver": "dhcp", "Config": [
            { "Subnet": "10.0.0.0/99" },
            { "Subnet": "10.0.0.0/8", "Gateway": "10.0.0.1/8", "IPRange": "\u{1b}[2J",
              "AuxiliaryAddresses": { "a": "b", "c": "10.0.0.3" } },
        ] },
    }));
    assert_eq!(
        network.faults,
        [
            "Its MTU 'big' is none.",
            "Its subnet '10.0.0.0/99' is none, like 192.0.2.0/24.",
            "Its range '\\u{1b}[2J' is none, like 192.0.2.0/28.",
            "Its auxiliary address 'b' is no IP address.",
        ]
    );
    assert_eq!(network.subnets.len(), 1);
    assert_eq!(network.subnets[0].gateway, "10.0.0.1".parse().ok());
    assert_eq!((network.subnets[0].aux.len(), network.ipam), (1, Some("dhcp".into())));
}

#[test]
fn a_word_that_is_not_known_hides_nothing_else() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &DOCKER);
    engine.set(
        "/containers/json",
        r#"[
        {"Id":"a","Names":["/a"],"State":"hibernating","Health":{"Status":"so so"}},
        {"Id":"b","Names":["/b/of-a","/b"],"State":"paused","Ports":[{"PrivatePort":-1}]},
        {"Id":7},
        []
    ]"#,
    );
    let changes = ask(&sources, fake::PATIENCE);
    let told = beliefs(&changes)[0];
    assert_eq!((told.networks.len(), told.containers.len()), (2, 2));
    assert_eq!(container(told, "a").state, ContainerState::Unknown);
    assert_eq!(container(told, "b").state, ContainerState::Paused);
    let problem = problems(&changes)[0];
    assert_eq!(problem.what, format!("docker at unix://{}", path.display()));
    assert_eq!(problem.why, "2 of its containers can't be understood");
}

#[test]
fn only_so_many_labels_and_things_of_a_bearable_size_are_kept() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &DOCKER);
    let labels: serde_json::Map<String, Value> =
        (0..5000).map(|n| (format!("label-{n:04}"), json!("x"))).collect();
    let network = json!([
        { "Id": "i", "Name": "n", "Driver": "macvlan", "Labels": labels },
        { "Id": "j", "Name": "m", "Driver": "macvlan", "Labels": { "long": "y".repeat(5000) } },
    ]);
    engine.set("/networks", &network.to_string());
    let containers: Vec<Value> = (0..10_007).map(|n| json!({ "Id": format!("c{n:05}") })).collect();
    engine.set("/containers/json", &json!(containers).to_string());
    let changes = ask(&sources, fake::PATIENCE);
    let told = beliefs(&changes)[0];
    assert_eq!(network_labels(told, "n"), (1000, "4000 of its labels are too long or too many."));
    assert_eq!(network_labels(told, "m"), (0, "1 of its labels are too long or too many."));
    assert_eq!(told.containers.len(), 10_000);
    let why = &problems(&changes)[0].why;
    assert_eq!(why, "7 of its containers are beyond the first 10000");
}

#[test]
fn only_so_many_networks_subnets_and_places_are_kept() {
    let (_root, path, sources) = host_with_named_engine();
    let engine = start(&path, &DOCKER);
    let subnets = vec![json!({ "Subnet": "10.0.0.0/8" }); 101];
    let mut networks: Vec<Value> = (0..1003)
        .map(|n| json!({ "Id": format!("n{n:04}"), "Name": format!("n{n}"), "Driver": "macvlan" }))
        .collect();
    networks[0]["IPAM"] = json!({ "Config": subnets });
    engine.set("/networks", &json!(networks).to_string());
    let places: serde_json::Map<String, Value> =
        (0..1000).map(|n| (format!("n{n}"), json!({}))).collect();
    let container = json!([{ "Id": "c", "NetworkSettings": { "Networks": places } }]);
    engine.set("/containers/json", &container.to_string());
    let changes = ask(&sources, fake::PATIENCE);
    let told = beliefs(&changes)[0];
    assert_eq!((told.networks.len(), told.networks[0].subnets.len()), (1000, 100));
    assert_eq!(told.networks[0].faults, ["It has 101 subnets, of which 100 count."]);
    assert_eq!(told.containers[0].attachments.len(), 100);
    let why: Vec<&str> = problems(&changes).iter().map(|problem| &*problem.why).collect();
    assert_eq!(
        why,
        [
            "3 of its networks are beyond the first 1000",
            "labels or networks of 1 containers are too long or too many",
        ]
    );
}

fn network_labels<'a>(belief: &'a Belief, name: &str) -> (usize, &'a str) {
    let network = network(belief, name);
    (network.labels.len(), &network.faults[0])
}

/// What Docker may say in place of a text.
fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        "[0-9a-f.:/]{0,20}".prop_map(Value::from),
        "(10|255|0)\\.0\\.0\\.[0-9]{1,3}(/[0-9]{1,3})?".prop_map(Value::from),
        "(macvlan|ipvlan|lan|bridge|running|\\PC{0,8})".prop_map(Value::from),
    ]
}

fn words() -> impl Strategy<Value = Value> {
    let text = word().prop_map(|word| word.as_str().unwrap_or_default().to_owned());
    prop::collection::btree_map("(parent|mode|macvlan_mode|mtu|\\PC{0,4})", text, 0..4)
        .prop_map(|map| json!(map))
}

fn any_network() -> impl Strategy<Value = Value> {
    let config = (word(), word(), word(), words()).prop_map(|(subnet, gateway, range, aux)| {
        json!({ "Subnet": subnet, "Gateway": gateway, "IPRange": range, "AuxiliaryAddresses": aux })
    });
    let ipam = (word(), prop::collection::vec(config, 0..3))
        .prop_map(|(driver, config)| json!({ "Driver": driver, "Config": config }));
    (word(), word(), prop_oneof![Just("macvlan"), Just("ipvlan")], words(), ipam).prop_map(
        |(id, name, driver, options, ipam)| {
            json!({ "Id": id, "Name": name, "Driver": driver, "Options": options, "IPAM": ipam,
                    "Labels": options })
        },
    )
}

fn any_container() -> impl Strategy<Value = Value> {
    let place = (word(), word(), any::<i64>(), word(), word(), word()).prop_map(
        |(id, ip, len, ip6, mac, asked)| {
            json!({ "NetworkID": id, "IPAddress": ip, "IPPrefixLen": len, "MacAddress": mac,
                    "GlobalIPv6Address": ip6, "GlobalIPv6PrefixLen": len,
                    "IPAMConfig": { "IPv4Address": asked, "IPv6Address": asked } })
        },
    );
    let places = prop::collection::btree_map("(lan|\\PC{0,4})", place, 0..3);
    (word(), word(), places, words(), word()).prop_map(|(id, name, places, labels, state)| {
        let names: Vec<String> = name.as_str().map(Into::into).into_iter().collect();
        json!({ "Id": id, "Names": names, "State": state, "Labels": labels, "Image": id,
                "NetworkSettings": { "Networks": places } })
    })
}

proptest! {
    #[test]
    fn no_answer_panics(
        networks in prop::collection::vec(any_network(), 0..4),
        containers in prop::collection::vec(any_container(), 0..4),
    ) {
        let networks = lenient::list(json!(networks).to_string().as_bytes()).expect("a list");
        let List { items, left_out } = networks;
        prop_assert_eq!(left_out, 0);
        let kept = |answer| convert::network(answer, Kind::Podman);
        let networks: Vec<Network> = items.iter().filter_map(kept).collect();
        let containers = lenient::list(json!(containers).to_string().as_bytes()).expect("a list");
        prop_assert_eq!(containers.left_out, 0);
        let converter = Converter::new(&networks);
        for answer in &containers.items {
            let Some((container, _)) = converter.container(answer) else { continue };
            for attachment in container.attachments {
                prop_assert!(networks.iter().any(|network| network.id == attachment.network));
                let fits = |(ip, len): &(std::net::IpAddr, u8)| *len <= if ip.is_ipv4() { 32 } else { 128 };
                prop_assert!(attachment.addresses.iter().all(fits));
            }
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = lenient::list::<bollard::models::Network>(text.as_bytes());
    }
}
