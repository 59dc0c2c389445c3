//! Whole answers from a root directory made for each test, with files as the tools write them.

mod hostile;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};

use serde_json::{Value, json};

use super::*;
use crate::model::belief::{Driver, Engine, Home, Network};

const ID: &str = "1d8aed1f0bf5a7b61fa0b5ea53314b54c3e8c18b1975f4f64066ef72ef0a3d4f";
const OTHER: &str = "66705cc8dd3cc9638260e5933f71fb00bf2f1af01a89f00ca2381534b81dc9b0";

/// `podman network create -d macvlan -o parent=eth9 -o mode=vepa -o mtu=1400 --subnet
/// 192.168.128.0/24 --gateway 192.168.128.1 --ip-range 192.168.128.128/25 --label site=lab lan`
/// (Podman 4.3.1), `/etc/containers/networks/lan.json`
const NETAVARK: &str = r#"{
     "name": "lan",
     "id": "66705cc8dd3cc9638260e5933f71fb00bf2f1af01a89f00ca2381534b81dc9b0",
     "driver": "macvlan",
     "network_interface": "eth9",
     "created": "2026-11-21T15:05:45.288026668Z",
     "subnets": [
          {
               "subnet": "192.168.128.0/24",
               "gateway": "192.168.128.1",
               "lease_range": {
                    "start_ip": "192.168.128.129",
                    "end_ip": "192.168.128.255"
               }
          }
     ],
     "ipv6_enabled": false,
     "internal": false,
     "dns_enabled": true,
     "labels": {
          "site": "lab"
     },
     "options": {
          "mode": "vepa",
          "mtu": "1400"
     },
     "ipam_options": {
          "driver": "host-local"
     }
}"#;

/// `podman network create -d macvlan --internal --subnet 10.9.0.0/24 --ipv6 --subnet fd00:9::/64
/// noparent`
const NETAVARK_WITHOUT_PARENT: &str = r#"{
     "name": "noparent",
     "id": "e319de7c7a531f5f1a8e826eccc8d4f4281a46a386f2a2406352031fbbc6fa94",
     "driver": "macvlan",
     "created": "2026-11-21T15:05:45.332886741Z",
     "subnets": [
          { "subnet": "10.9.0.0/24", "gateway": "10.9.0.1" },
          { "subnet": "fd00:9::/64", "gateway": "fd00:9::1" }
     ],
     "ipv6_enabled": true,
     "internal": true,
     "dns_enabled": true,
     "ipam_options": { "driver": "host-local" }
}"#;

/// The same command as [`NETAVARK`] with `podman --network-backend cni`,
/// `/etc/cni/net.d/lan.conflist`
const CONFLIST: &str = r#"{
   "args": {
      "podman_labels": { "site": "lab" },
      "podman_options": { "mode": "vepa", "mtu": "1400" }
   },
   "cniVersion": "0.4.0",
   "name": "lan",
   "plugins": [
      {
         "type": "macvlan",
         "master": "eth9",
         "ipam": {
            "type": "host-local",
            "routes": [ { "dst": "0.0.0.0/0" } ],
            "ranges": [
               [
                  {
                     "subnet": "192.168.128.0/24",
                     "rangeStart": "192.168.128.129",
                     "rangeEnd": "192.168.128.255",
                     "gateway": "192.168.128.1"
                  }
               ]
            ]
         },
         "mtu": 1400,
         "mode": "vepa",
         "capabilities": { "ips": true }
      }
   ]
}"#;

/// `podman --network-backend cni run -d --name web --network lan …`,
/// `/var/lib/cni/results/lan-ID-eth0`; `config` cut.
const RESULT: &str = r#"{"kind":"cniCacheV1","containerId":"1d8aed1f0bf5a7b61fa0b5ea53314b54c3e8c18b1975f4f64066ef72ef0a3d4f","config":"e30=","ifName":"eth0","networkName":"lan","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAME","web"]],"capabilityArgs":{"aliases":{"lan":["1d8aed1f0bf5"]}},"result":{"cniVersion":"0.4.0","dns":{},"interfaces":[{"mac":"ea:ea:fd:63:6c:19","name":"eth0","sandbox":"/run/netns/netns-fbc4861e-8c60-f495-c020-4d13da8d6315"}],"ips":[{"address":"192.168.128.2/24","gateway":"192.168.128.1","interface":0,"version":"4"}],"routes":[{"dst":"0.0.0.0/0"}]}}"#;

/// A host of files.
struct Fake(tempfile::TempDir);

impl Fake {
    fn new() -> Self {
        let fake = Self(tempfile::tempdir().expect("a directory"));
        fs::create_dir(fake.path("/proc")).expect("a directory");
        fake
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, content).expect("a file");
        self
    }

    fn files(&self) -> Files {
        Files { root: self.0.path().into(), cni_conf_dirs: None }
    }

    fn read(&self) -> Vec<Told> {
        read(&self.files())
    }

    /// What the only place says.
    fn told(&self) -> Told {
        let mut told = self.read();
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }

    /// The only network of a configuration in /etc/cni/net.d.
    fn cni(&self, config: &Value) -> Network {
        self.write("/etc/cni/net.d/a.conf", config.to_string());
        let told = self.told();
        assert_eq!(told.problems, []);
        told.belief.networks.into_iter().next().expect("a network")
    }

    /// A user with that home, who is not root.
    fn user(&self) -> u32 {
        fs::create_dir_all(self.path("/home/alice")).expect("a home");
        let mut uid = self.0.path().metadata().expect("the host").uid();
        if uid == 0 {
            uid = 1000;
            chown(self.path("/home/alice"), Some(uid), None).expect("another owner");
        }
        self.write("/etc/passwd", format!("alice:x:{uid}:1::/home/alice:/bin/sh\n"));
        uid
    }
}

fn subnets(network: &Network) -> Vec<String> {
    let ranges = network.subnets.iter().map(|subnet| {
        let gateway = subnet.gateway.map(|ip| format!(" by {ip}")).unwrap_or_default();
        let range = subnet.range.as_ref().map(|range| format!(", {range}")).unwrap_or_default();
        format!("{subnet}{gateway}{range}")
    });
    ranges.collect()
}

#[test]
fn netavark_and_cni_describe_the_same_network_alike() {
    let fake = Fake::new();
    fake.write("/etc/containers/networks/lan.json", NETAVARK)
        .write("/etc/containers/networks/netavark.lock", "")
        .write("/etc/cni/net.d/lan.conflist", CONFLIST)
        .write("/etc/cni/net.d/cni.lock", "");
    let told = fake.read();
    let [cni, podman] = &told[..] else { panic!("{told:?}") };
    for (told, engine, place, id, ipam) in [
        (cni, Engine::Cni, "/etc/cni/net.d", "lan", Some("host-local".into())),
        (podman, Engine::Podman, "/etc/containers/networks", OTHER, None),
    ] {
        let belief = &told.belief;
        assert_eq!((&told.place, &belief.origin), (&place.into(), &place.into()));
        assert_eq!((belief.engine, &belief.home, &belief.user), (engine, &Home::Host, &None));
        assert_eq!(told.problems, []);
        let [network] = &belief.networks[..] else { panic!("{belief:?}") };
        assert_eq!((&network.id, &network.name), (&id.into(), &"lan".into()));
        assert_eq!((network.driver, &network.parent), (Driver::Macvlan, &Some("eth9".into())));
        assert_eq!((&network.mode, network.mtu), (&"vepa".into(), Some(1400)));
        let subnet = "192.168.128.0/24 by 192.168.128.1, 192.168.128.129 to 192.168.128.255";
        assert_eq!(subnets(network), [subnet]);
        assert_eq!(network.labels, [("site".into(), "lab".into())].into());
        assert_eq!((&network.ipam, network.internal), (&ipam, false));
        assert_eq!(network.faults, <[String; 0]>::default());
    }
}

#[test]
fn what_netavark_does_not_say_is_not_made_up() {
    let fake = Fake::new();
    fake.write("/etc/containers/networks/noparent.json", NETAVARK_WITHOUT_PARENT);
    let network = &fake.told().belief.networks[0];
    assert_eq!((&network.parent, &network.mode), (&None, &"bridge".into()));
    assert_eq!((network.mtu, network.internal), (None, true));
    assert_eq!(subnets(network), ["10.9.0.0/24 by 10.9.0.1", "fd00:9::/64 by fd00:9::1"]);

    // `podman network create -d macvlan -o parent=eth9 --ipam-driver none`, and one of a bridge.
    let config = json!({ "name": "mnone", "id": OTHER, "driver": "macvlan",
        "network_interface": "eth9", "ipam_options": { "driver": "none" } });
    let bridge = json!({ "name": "br", "id": ID, "driver": "bridge" });
    fake.write("/etc/containers/networks/mnone.json", config.to_string())
        .write("/etc/containers/networks/br.json", bridge.to_string());
    let told = fake.told();
    assert_eq!((told.belief.networks.len(), told.problems), (2, vec![]));
    assert_eq!(told.belief.networks[0].ipam, Some("none".into()));

    let config = json!({ "name": "mnone", "id": OTHER, "driver": "ipvlan",
        "options": { "mtu": "much", "mode": "l4" } });
    fake.write("/etc/containers/networks/mnone.json", config.to_string());
    let network = &fake.told().belief.networks[0];
    let faults =
        ["Its mode 'l4' is none that ipvlan interfaces are made in.", "Its MTU 'much' is none."];
    assert_eq!(network.faults, faults);
}

/// What the plugins made of these was checked by running them: `CNI_COMMAND=ADD … macvlan < conf`.
#[test]
fn a_single_plugin_of_cni_is_a_network() {
    let fake = Fake::new();
    let network = fake.cni(&json!({ "cniVersion": "1.0.0", "name": "a", "type": "macvlan" }));
    assert_eq!((&network.parent, &network.mode), (&None, &"bridge".into()));
    assert_eq!((network.mtu, &network.ipam), (None, &None));
    let network = fake.cni(&json!({ "name": "b", "type": "macvlan", "master": "eth9", "mode": "",
        "mtu": 1300, "ipam": {} }));
    assert_eq!((&network.mode, network.mtu), (&"bridge".into(), Some(1300)));
    let network = fake.cni(&json!({ "name": "d", "type": "macvlan", "ipam": {
        "type": "host-local", "subnet": "10.0.0.0/24", "rangeEnd": "10.0.0.20", "ranges": [
            [{ "subnet": "10.1.0.0/24", "rangeStart": "10.1.0.5" }, { "subnet": "10.2.0.0/24" }],
            [{ "subnet": "fd00:1::/64", "gateway": "fd00:1::1" }],
        ] } }));
    assert_eq!(
        subnets(&network),
        [
            "10.0.0.0/24, to 10.0.0.20",
            "10.1.0.0/24, from 10.1.0.5",
            "10.2.0.0/24",
            "fd00:1::/64 by fd00:1::1",
        ]
    );
    let network = fake.cni(&json!({ "name": "e", "type": "macvlan", "ipam": { "type": "static",
        "addresses": [{ "address": "10.3.0.7/24", "gateway": "10.3.0.1" },
                      { "address": "fd00:3::7/64" }] } }));
    assert_eq!(
        subnets(&network),
        ["10.3.0.0/24 by 10.3.0.1, 10.3.0.7 to 10.3.0.7", "fd00:3::/64, fd00:3::7 to fd00:3::7"]
    );
    let network = fake.cni(&json!({ "name": "f", "type": "ipvlan", "master": "eth8" }));
    assert_eq!((network.driver, &network.mode), (Driver::Ipvlan, &"l2".into()));
    let network = fake.cni(&json!({ "name": "g", "type": "macvlan", "ipam": { "type": "dhcp" } }));
    assert_eq!((network.ipam, network.subnets), (Some("dhcp".into()), vec![]));
}

#[test]
fn of_a_list_the_plugin_that_makes_the_interface_counts() {
    let fake = Fake::new();
    let list = |plugins: Value| {
        let list = json!({ "name": "a", "plugins": plugins });
        fake.write("/etc/cni/net.d/a.conflist", list.to_string());
        let told = fake.told();
        assert_eq!(told.problems, []);
        told.belief.networks
    };
    let macvlan = json!({ "type": "macvlan", "master": "eth9" });
    let networks = list(json!([{ "type": "loopback" }, macvlan, { "type": "tuning", "mtu": "x" }]));
    assert_eq!((networks.len(), &networks[0].parent), (1, &Some("eth9".into())));
    assert_eq!(list(json!([{ "type": "bridge" }])), []);
    let networks = list(json!([macvlan, { "type": "macvlan", "master": "eth8" }]));
    let [network] = &networks[..] else { panic!("{networks:?}") };
    assert_eq!(network.parent, Some("eth9".into()));
    assert!(network.faults[0].starts_with("A second plugin makes"), "{:?}", network.faults);
}

#[test]
fn members_of_a_cni_network_are_those_that_libcni_remembers() {
    let fake = Fake::new();
    fake.write("/etc/cni/net.d/lan.conflist", CONFLIST)
        .write(&format!("/var/lib/cni/results/lan-{ID}-eth0"), RESULT)
        // Another network, whose name begins alike.
        .write("/var/lib/cni/results/lan-2-x-eth0", RESULT.replace(r#""lan","#, r#""lan-2","#))
        .write("/var/lib/cni/results/bridge-x-eth0", "{")
        // What host-local wrote for the same container, and for one without a cached result.
        .write("/var/lib/cni/networks/lan/192.168.128.2", format!("{ID}\r\neth0"))
        .write("/var/lib/cni/networks/lan/192.168.128.3", format!("{OTHER}\r\neth0"))
        .write("/var/lib/cni/networks/lan/fd00::3", format!("{OTHER}\r\neth0"))
        .write("/var/lib/cni/networks/lan/192.168.128.4", "old\n")
        .write("/var/lib/cni/networks/lan/last_reserved_ip.0", "192.168.128.4")
        .write("/var/lib/cni/networks/lan/lock", "");
    let told = fake.told();
    assert_eq!(told.problems, []);
    let containers = told.belief.containers;
    let [cached, reserved, old] = &containers[..] else { panic!("{containers:?}") };
    assert_eq!((&cached.id, &cached.name), (&ID.into(), &"web".into()));
    let [place] = &cached.attachments[..] else { panic!("{cached:?}") };
    assert_eq!((&place.network, &place.interface), (&"lan".into(), &Some("eth0".into())));
    assert_eq!(place.mac, Some("ea:ea:fd:63:6c:19".parse().expect("a MAC")));
    assert_eq!(place.addresses, [("192.168.128.2".parse().expect("an address"), 24)]);
    assert_eq!(
        (&reserved.id, &reserved.attachments[0].interface),
        (&OTHER.into(), &Some("eth0".into()))
    );
    let addresses = &reserved.attachments[0].addresses;
    let expected = [("192.168.128.3", 24), ("fd00::3", 128)];
    assert_eq!(*addresses, expected.map(|(ip, bits)| (ip.parse().expect("an address"), bits)));
    assert_eq!((&old.id, &old.attachments[0].interface), (&"old".into(), &None));
}

#[test]
fn a_chained_result_tells_the_interface_in_the_container() {
    let fake = Fake::new();
    let result = json!({ "kind": "cniCacheV1", "containerId": ID, "ifName": "eth0",
        "networkName": "lan", "result": { "interfaces": [
            { "name": "eth0", "mac": "02:00:00:00:00:01" },
            { "name": "eth0", "mac": "02:00:00:00:00:02", "sandbox": "/run/netns/x" },
        ], "ips": [{ "address": "10.0.0.1/24", "interface": 0 },
                   { "address": "10.0.0.2/24", "interface": 1 }, { "address": "10.0.0.3/24" },
                   { "address": "nonsense", "interface": 1 }] } });
    fake.write("/etc/cni/net.d/lan.conflist", CONFLIST)
        .write("/var/lib/cni/results/lan-x-eth0", result.to_string());
    let containers = fake.told().belief.containers;
    let place = &containers[0].attachments[0];
    assert_eq!(place.mac.expect("a MAC").to_string(), "02:00:00:00:00:02");
    let addresses: Vec<_> = place.addresses.iter().map(|(ip, _)| ip.to_string()).collect();
    assert_eq!(addresses, ["10.0.0.2", "10.0.0.3"]);
}

#[test]
fn users_have_networks_of_their_own() {
    let fake = Fake::new();
    let uid = fake.user();
    let networks = "/home/alice/.local/share/containers/storage/networks";
    fake.write(&format!("{networks}/lan.json"), NETAVARK);
    let told = fake.told();
    assert_eq!((&told.place, &told.belief.origin), (&networks.into(), &networks.into()));
    assert_eq!((&told.belief.user, told.belief.networks.len()), (&Some("alice".into()), 1));
    let mounted = |path: String| Home::Mounted(Text::from(&*path));
    let newer = format!("/run/user/{uid}/containers/networks/rootless-netns/rootless-netns");
    assert_eq!(told.belief.home, mounted(newer));
    let older = format!("/run/user/{uid}/netns/rootless-netns-0a1b2c3d4e5f60718293");
    fake.write(&older, "");
    assert_eq!(fake.told().belief.home, mounted(older));

    // Somebody else's home is not believed, and a way out of it not taken.
    fake.write("/etc/passwd", format!("bob:x:{}:1::/home/alice:/bin/sh\n", uid + 1));
    assert_eq!(fake.read().len(), 0);
    fake.user();
    fs::rename(fake.path(networks), fake.path("/secret")).expect("moved");
    symlink(fake.path("/secret"), fake.path(networks)).expect("a link");
    let told = fake.told();
    assert_eq!(told.belief.networks, []);
    assert_eq!(told.problems[0].why, "a symbolic link is in the way");
}

#[test]
fn a_stamp_is_another_one_after_every_change_that_could_tell_something_new() {
    let fake = Fake::new();
    let uid = fake.user();
    let mut last = stamp(&fake.files());
    let mut expect = |is_new: bool, what: &str| {
        let now = stamp(&fake.files());
        assert_eq!(now != last, is_new, "{what}");
        last = now;
    };
    expect(false, "nothing");
    let homes = "/home/alice/.local/share/containers/storage/networks";
    for path in [
        "/etc/cni/net.d/lan.conflist".to_owned(),
        "/etc/containers/networks/lan.json".to_owned(),
        format!("/var/lib/cni/results/lan-{ID}-eth0"),
        "/var/lib/cni/networks/lan/10.0.0.1".to_owned(),
        format!("{homes}/lan.json"),
        format!("/run/user/{uid}/netns/rootless-netns-0"),
    ] {
        fake.write(&path, "one");
        expect(true, &path);
        expect(false, &path);
        fake.write(&path, "three");
        expect(true, &path);
        let other = format!("{path}~");
        fake.write(&other, "three");
        fs::rename(fake.path(&other), fake.path(&path)).expect("replaced");
        expect(true, &path);
        fs::remove_file(fake.path(&path)).expect("removed");
        expect(true, &path);
    }
    fake.write("/etc/passwd", "");
    expect(true, "a user is gone");
}
