//! From the answers of Docker's API to a belief. Pure, and total: an answer may say anything.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use bollard::models::{
    ContainerSummary, ContainerSummaryStateEnum, EndpointSettings, IpamConfig, Network as Answer,
};

use crate::model::belief::{
    Attachment, Container, ContainerState, Driver, Engine, Network, Range, Subnet,
};
use crate::model::{Text, prefix};
use crate::owners::fields::{Faults, quoted};

/// Longest text that is kept, in bytes. Names and ids have some tens, labels some hundreds.
const LONGEST: usize = 4096;
/// How many networks are kept of one engine; each is compared with all others.
pub(super) const MOST_NETWORKS: usize = 1000;
/// How many containers are kept of one engine.
pub(super) const MOST_CONTAINERS: usize = 10_000;
/// How many subnets of one network are kept, and how many places of one container in networks.
const MOST_PARTS: usize = 100;
/// How many labels of one thing are kept.
const MOST_LABELS: usize = 1000;
/// Digits of an id in the name of a dummy interface.
const SHORT_ID: usize = 12;

/// A text of a bearable size that is not empty.
pub(super) fn text(text: impl AsRef<str>) -> Option<Text> {
    let text = text.as_ref();
    (!text.is_empty() && text.len() <= LONGEST).then(|| Text::from(text))
}

/// A network, if its driver is macvlan or ipvlan and it has an id.
pub(super) fn network(answer: &Answer, engine: Engine) -> Option<Network> {
    let driver = Driver::named(answer.driver.as_deref()?)?;
    let id = text(answer.id.as_ref()?)?;
    let mut faults = Faults::default();
    let option = |key: &str| answer.options.as_ref()?.get(key).and_then(text);
    let mode = option(&format!("{}_mode", driver.name())).or_else(|| option("mode"));
    let mtu = option("com.docker.network.driver.mtu").or_else(|| option("mtu"));
    let mtu = mtu.and_then(|mtu| faults.mtu(&mtu.printable()));
    let ipam = answer.ipam.as_ref();
    let configs = ipam.and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    if configs.len() > MOST_PARTS {
        faults.note(format!("It has {} subnets, of which {MOST_PARTS} count.", configs.len()));
    }
    let configs = configs.iter().take(MOST_PARTS);
    let subnets = configs.filter_map(|config| subnet(config, &mut faults)).collect();
    let (labels, lost) = labels(answer.labels.as_ref());
    if lost > 0 {
        faults.note(format!("{lost} of its labels are too long or too many."));
    }
    Some(Network {
        name: answer.name.as_ref().and_then(text).unwrap_or_else(|| id.clone()),
        driver,
        parent: option("parent").or_else(|| (engine == Engine::Docker).then(|| dummy(driver, &id))),
        mode: mode.unwrap_or_else(|| driver.usual_mode().into()),
        mtu,
        internal: answer.internal.unwrap_or_default(),
        subnets,
        labels,
        ipam: ipam
            .and_then(|ipam| text(ipam.driver.as_ref()?))
            .filter(|ipam| ipam.as_bytes() != b"default"),
        faults: faults.into_sentences(),
        id,
    })
}

/// The dummy interface that Docker makes as the parent of a network that was given none
/// (`getDummyName` of libnetwork's drivers).
fn dummy(driver: Driver, id: &Text) -> Text {
    let prefix = match driver {
        Driver::Macvlan => b"dm-",
        Driver::Ipvlan => b"di-",
    };
    let id = id.as_bytes();
    [&prefix[..], &id[..id.len().min(SHORT_ID)]].concat().into()
}

fn subnet(config: &IpamConfig, faults: &mut Faults) -> Option<Subnet> {
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let net = config.subnet.as_deref().filter(|net| !net.is_empty())?;
    let mut subnet = faults.subnet(net, without_prefix(&said(&config.gateway)), [""; 2])?;
    let range = said(&config.ip_range);
    if !range.is_empty() {
        subnet.range = prefix::parse(&range).map(|(ip, len)| Range::Prefix(ip, len));
        if subnet.range.is_none() {
            faults.note(format!("Its range {} is none, like 192.0.2.0/28.", quoted(&range)));
        }
    }
    for (name, ip) in config.auxiliary_addresses.iter().flatten() {
        let name = text(name);
        let ip = faults.ip("auxiliary address", without_prefix(ip));
        subnet.aux.extend(name.zip(ip));
    }
    subnet.aux.sort_unstable();
    Some(subnet)
}

/// An address, which some versions write with the length of its prefix.
fn without_prefix(address: &str) -> &str {
    address.split_once('/').map_or(address, |(ip, _)| ip)
}

/// Labels, and how many are not kept.
fn labels(answer: Option<&HashMap<String, String>>) -> (BTreeMap<Text, Text>, usize) {
    let all: BTreeMap<&String, &String> = answer.into_iter().flatten().collect();
    let count = all.len();
    let fits = |(key, value): &(&String, &String)| key.len().max(value.len()) <= LONGEST;
    let labels: BTreeMap<Text, Text> = all
        .into_iter()
        .filter(fits)
        .take(MOST_LABELS)
        .map(|(key, value)| (Text::from(&**key), Text::from(&**value)))
        .collect();
    let lost = count - labels.len();
    (labels, lost)
}

/// What the containers are that were listed, with their places in the networks that are kept.
pub(super) struct Converter<'a> {
    by_name: HashMap<&'a [u8], &'a Network>,
    by_id: HashMap<&'a [u8], &'a Network>,
}

impl<'a> Converter<'a> {
    pub(super) fn new(networks: &'a [Network]) -> Self {
        Self {
            by_name: networks.iter().map(|network| (network.name.as_bytes(), network)).collect(),
            by_id: networks.iter().map(|network| (network.id.as_bytes(), network)).collect(),
        }
    }

    /// A container, if it has an id, and whether something of it was not kept.
    pub(super) fn container(&self, answer: &ContainerSummary) -> Option<(Container, bool)> {
        let id = text(answer.id.as_ref()?)?;
        // A container has one name; others, `/web/db`, are those of links to it.
        let names = || answer.names.iter().flatten().map(|name| name.trim_start_matches('/'));
        let name = names().find(|name| !name.contains('/')).or_else(|| names().next());
        let places = answer.network_settings.as_ref().and_then(|all| all.networks.as_ref());
        let mut attachments: Vec<Attachment> = places
            .into_iter()
            .flatten()
            .filter_map(|(name, place)| self.attachment(name, place))
            .collect();
        attachments.sort_by(|a, b| a.network.cmp(&b.network));
        let (labels, lost) = labels(answer.labels.as_ref());
        let is_cut = attachments.len() > MOST_PARTS || lost > 0;
        attachments.truncate(MOST_PARTS);
        let container = Container {
            id,
            name: name.and_then(text).unwrap_or_default(),
            image: answer.image.as_ref().and_then(text),
            state: state(answer.state),
            labels,
            attachments,
        };
        Some((container, is_cut))
    }

    /// Docker says the network's id only once the container has run, and Podman says the name instead.
    fn attachment(&self, name: &str, place: &EndpointSettings) -> Option<Attachment> {
        let by_name = |name: &str| self.by_name.get(name.as_bytes());
        let network = match place.network_id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => self.by_id.get(id.as_bytes()).or_else(|| by_name(id)),
            None => by_name(name),
        }?;
        let believed = [
            (place.ip_address.as_deref(), place.ip_prefix_len),
            (place.global_ipv6_address.as_deref(), place.global_ipv6_prefix_len),
        ];
        let mut addresses: Vec<_> = believed
            .into_iter()
            .filter_map(|(ip, len)| with_prefix(network, ip?.parse().ok()?, len))
            .collect();
        if addresses.is_empty() {
            // What it will have when it runs.
            let asked = place.ipam_config.as_ref();
            let asked = asked.map(|asked| [&asked.ipv4_address, &asked.ipv6_address]);
            let asked = asked.into_iter().flatten().flatten();
            addresses.extend(asked.filter_map(|ip| with_prefix(network, ip.parse().ok()?, None)));
        }
        let mac = place.mac_address.as_deref().and_then(|mac| mac.parse().ok());
        Some(Attachment { network: network.id.clone(), interface: None, mac, addresses })
    }
}

/// An address with its prefix, which is the subnet's where it is not said.
fn with_prefix(network: &Network, ip: IpAddr, len: Option<i64>) -> Option<(IpAddr, u8)> {
    let said = len.and_then(|len| u8::try_from(len).ok()).filter(|len| *len > 0);
    let subnet = || network.subnets.iter().find(|subnet| subnet.contains(ip)).map(|s| s.net.1);
    let len = said
        .filter(|len| *len <= prefix::width(ip))
        .or_else(subnet)
        .unwrap_or_else(|| prefix::width(ip));
    (!ip.is_unspecified()).then_some((ip, len))
}

fn state(state: Option<ContainerSummaryStateEnum>) -> ContainerState {
    use ContainerSummaryStateEnum as Word;

    match state {
        // One that is being stopped still has its interfaces.
        Some(Word::RUNNING | Word::STOPPING) => ContainerState::Running,
        Some(Word::PAUSED) => ContainerState::Paused,
        Some(Word::RESTARTING) => ContainerState::Restarting,
        Some(Word::CREATED) => ContainerState::Created,
        Some(Word::EXITED | Word::REMOVING | Word::DEAD) => ContainerState::Exited,
        Some(Word::EMPTY) | None => ContainerState::Unknown,
    }
}
