//! The filter language of the screen's `/` and of `macvlens show FILTER`.
//!
//! Terms are joined by white space and must all hold. `word:value` looks at one property, `!term`
//! inverts, anything else is matched fuzzily against what a row shows.

use std::net::IpAddr;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::belief::{Attachment, Container, Network};
use super::{
    Link, MacAddr, MemberKey, NetnsId, NetworkKey, NetworkView, Owner, Text, Topology, prefix,
};

/// The words that may stand before a colon, with what each looks at.
pub const WORDS: [(&str, &str); 13] = [
    ("mode", "macvlan mode, such as mode:vepa"),
    (
        "mac",
        "part of a MAC address or of a source list's, such as mac:02:42 or mac:02-42 or mac:0242",
    ),
    ("ip", "an address, a part of one, or a prefix, such as ip:10.0.0.7 or ip:10.0.0.0/24"),
    ("ns", "namespace label, path or inode number, such as ns:web"),
    ("name", "interface name, alternative name or alias, such as name:eth0"),
    ("kind", "kind of link, such as kind:macvtap"),
    ("parent", "name of the parent, such as parent:ens8"),
    ("net", "name of the engine's network or beginning of its id, such as net:bridmv"),
    ("state", "operational state, such as state:down"),
    ("pid", "a process that holds the namespace, such as pid:4151"),
    ("owner", "kind, name, id, user, Compose name of owner or macvtap's holder, such as owner:web"),
    ("pod", "pod that the namespace is of, such as pod:default/web-0"),
    ("image", "image of the namespace's container, such as image:nginx"),
];

/// A parsed filter; the default one matches everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    inverted: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Word { word: &'static str, value: String },
    Fuzzy { pattern: Pattern, text: String },
}

impl Filter {
    /// Parses what a person typed. Every text is a filter: an unknown word before a colon is taken
    /// as plain text, because MAC and IPv6 addresses have colons too.
    pub fn parse(text: &str) -> Self {
        let terms = text.split_whitespace().filter_map(|term| {
            let (inverted, term) = match term.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, term),
            };
            (!term.is_empty()).then(|| Term { inverted, test: Test::parse(term) })
        });
        Self { terms: terms.collect() }
    }

    /// Whether it lets everything pass.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it only names things: then what hangs on a parent that it names is meant, too.
    pub fn is_by_name(&self) -> bool {
        self.terms.iter().all(|term| {
            !term.inverted
                && matches!(term.test, Test::Fuzzy { .. } | Test::Word { word: "name", .. })
        })
    }

    /// Whether it asks who holds an address: a MAC or IP address, whatever kind of link has it.
    pub fn seeks_address(&self) -> bool {
        self.terms.iter().any(|term| {
            !term.inverted
                && match &term.test {
                    Test::Word { word, .. } => ["ip", "mac"].contains(word),
                    Test::Fuzzy { text, .. } => is_address(text),
                }
        })
    }

    /// Whether a link passes.
    pub fn matches(&self, topology: &Topology, link: &Link) -> bool {
        self.terms.iter().all(|term| term.test.matches(topology, link) != term.inverted)
    }

    /// Whether a namespace passes by itself, whatever links it has. A term about links, inverted or
    /// not, says nothing about a namespace and so does not let one pass.
    pub fn matches_netns(&self, topology: &Topology, netns: NetnsId) -> bool {
        self.all(|test| test.matches_netns(topology, netns))
    }

    /// Whether a network passes by itself, whatever members it has: by its name or id. Other terms
    /// say nothing about a network and so do not let one pass.
    pub fn matches_network(&self, topology: &Topology, network: NetworkKey) -> bool {
        topology
            .network(network)
            .is_some_and(|network| self.all(|test| test.matches_network(network.network)))
    }

    /// Whether a member of a network passes: by its interface, or where it has none by what its
    /// engine says of it. A term about what only an interface has does not let one pass.
    pub fn matches_member(&self, topology: &Topology, member: MemberKey) -> bool {
        let Some((network, member)) = topology.member(member) else { return false };
        match (member.link.and_then(|key| topology.link(key)), member.container) {
            (Some(link), _) => self.matches(topology, link),
            (None, Some(container)) => {
                self.all(|test| test.matches_member(&network, container, member.attachment))
            }
            (None, None) => false,
        }
    }

    fn all(&self, test: impl Fn(&Test) -> Option<bool>) -> bool {
        self.terms.iter().all(|term| {
            let passes = |matches: bool| matches != term.inverted;
            test(&term.test).is_some_and(passes)
        })
    }
}

impl Test {
    fn parse(term: &str) -> Self {
        if let Some((word, value)) = term.split_once(':')
            && let Some((word, _)) =
                WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))
        {
            return Self::Word { word, value: value.to_lowercase() };
        }
        let pattern =
            Pattern::new(term, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        Self::Fuzzy { pattern, text: term.to_lowercase() }
    }

    fn matches(&self, topology: &Topology, link: &Link) -> bool {
        match self {
            Self::Word { word, value } => word_matches(word, value, topology, link),
            Self::Fuzzy { pattern, text } => {
                let exact = || mac_matches(text, macs(link)) || ip_matches(text, ips(link));
                let mut words = names(link);
                words.push(topology.label(link.key.netns).into_owned());
                words.push(link.kind.name().into_owned());
                words.extend(link.macvlan().map(|macvlan| macvlan.mode.to_string()));
                exact() || words.iter().any(|word| fuzzy(pattern, word))
            }
        }
    }

    fn matches_netns(&self, topology: &Topology, netns: NetnsId) -> Option<bool> {
        match self {
            Self::Word { word: "ns", value } => Some(netns_matches(value, topology, netns)),
            Self::Word { word: "pid", value } => Some(pid_matches(value, topology, netns)),
            Self::Word { word: word @ ("owner" | "pod" | "image"), value } => {
                Some(owner_matches(word, value, topology, netns))
            }
            Self::Word { .. } => None,
            Self::Fuzzy { pattern, .. } => Some(fuzzy(pattern, &topology.label(netns))),
        }
    }

    fn matches_network(&self, network: &Network) -> Option<bool> {
        match self {
            Self::Word { word: "net", value } => Some(is_network(value, network)),
            Self::Word { .. } => None,
            Self::Fuzzy { pattern, .. } => Some(fuzzy(pattern, &network.name.printable())),
        }
    }

    /// Of a member without an interface.
    fn matches_member(
        &self,
        network: &NetworkView<'_>,
        container: &Container,
        attachment: Option<&Attachment>,
    ) -> Option<bool> {
        let ips = || attachment.into_iter().flat_map(|a| &a.addresses).copied();
        let macs = || attachment.and_then(|attachment| attachment.mac).into_iter();
        Some(match self {
            Self::Word { word, value } => match *word {
                "net" => is_network(value, network.network),
                "ip" => ip_matches(value, ips()),
                "mac" => mac_matches(value, macs()),
                "image" => container.image.iter().any(|image| contains(&image.printable(), value)),
                "owner" => {
                    let user = network.belief.user.as_ref();
                    network.belief.engine.name().starts_with(value)
                        || user.is_some_and(|user| contains(&user.printable(), value))
                        || contains(&container.name.printable(), value)
                        || is_id(value, &container.id)
                        || container.compose().any(|(_, text)| contains(&text.printable(), value))
                }
                _ => return None,
            },
            Self::Fuzzy { pattern, text } => {
                let texts = [&container.name].into_iter().chain(&container.image);
                mac_matches(text, macs())
                    || ip_matches(text, ips())
                    || texts.into_iter().any(|text| fuzzy(pattern, &text.printable()))
            }
        })
    }
}

fn word_matches(word: &str, value: &str, topology: &Topology, link: &Link) -> bool {
    match word {
        "mode" => link.macvlan().is_some_and(|m| m.mode.to_string().starts_with(value)),
        "mac" => mac_matches(value, macs(link)),
        "ip" => ip_matches(value, ips(link)),
        "ns" => netns_matches(value, topology, link.key.netns),
        "name" => names(link).iter().any(|name| contains(name, value)),
        "kind" => link.kind.name().starts_with(value),
        "parent" => topology.parent_of(link).is_some_and(|p| contains(&p.name.to_string(), value)),
        "state" => link.oper_state.name().to_lowercase().starts_with(value),
        "net" => topology
            .membership(link.key)
            .is_some_and(|(network, _)| is_network(value, network.network)),
        "pid" => pid_matches(value, topology, link.key.netns),
        "owner" | "pod" | "image" => {
            let holder = topology.tap_holder(link).map(|holder| &holder.owner);
            holder.is_some_and(|holder| is_owner(word, value, topology, holder))
                || owner_matches(word, value, topology, link.key.netns)
        }
        _ => false,
    }
}

fn names(link: &Link) -> Vec<String> {
    std::iter::once(&link.name)
        .chain(&link.alt_names)
        .chain(&link.alias)
        .map(ToString::to_string)
        .collect()
}

/// Its own and those of its source list.
fn macs(link: &Link) -> impl Iterator<Item = MacAddr> {
    let sources = link.macvlan().map_or(&[][..], |macvlan| &macvlan.sources);
    link.mac.iter().chain(sources).copied()
}

fn ips(link: &Link) -> impl Iterator<Item = (IpAddr, u8)> + Clone {
    link.addresses.iter().map(|address| (address.ip, address.prefix_len))
}

/// Colons, hyphens, the dots of some vendors, or nothing may stand between the digits. Two digits
/// without anything between them are one byte, so that they are looked for at its beginning.
fn mac_matches(value: &str, macs: impl Iterator<Item = MacAddr>) -> bool {
    let mut macs = macs.map(|mac| mac.to_string());
    if value.contains([':', '-']) || !value.is_ascii() {
        let wanted = value.replace('-', ":");
        return macs.any(|mac| contains(&mac, &wanted));
    }
    let digits = value.replace('.', "");
    let bytes: Vec<_> = digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
    let wanted = bytes.join(":");
    macs.any(|mac| contains(&mac, &wanted))
}

/// A whole address matches only itself, a prefix what is inside, anything else as part of the text.
fn ip_matches(value: &str, mut ips: impl Iterator<Item = (IpAddr, u8)>) -> bool {
    if let Ok(wanted) = value.parse::<IpAddr>() {
        return ips.any(|(ip, _)| ip == wanted);
    }
    if let Some((net, len)) = prefix::parse(value) {
        return ips.any(|(ip, _)| prefix::contains(net, len, ip));
    }
    ips.any(|(ip, len)| contains(&format!("{ip}/{len}"), value))
}

/// Whether a text is nothing but an address or a prefix.
fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
        || prefix::parse(text).is_some()
        || text.parse().is_ok_and(|mac: MacAddr| mac.is_ethernet())
}

/// An id is matched by its beginning, as engines do.
fn is_id(value: &str, id: &Text) -> bool {
    id.printable().to_lowercase().starts_with(value)
}

fn is_network(value: &str, network: &Network) -> bool {
    contains(&network.name.printable(), value) || is_id(value, &network.id)
}

fn netns_matches(value: &str, topology: &Topology, netns: NetnsId) -> bool {
    if contains(&topology.label(netns), value) {
        return true;
    }
    topology.namespace(netns).is_some_and(|namespace| {
        let netns = &namespace.netns;
        netns.inode.is_some_and(|inode| inode.to_string() == value)
            || netns.names().iter().any(|path| contains(&path.to_string(), value))
    })
}

fn pid_matches(value: &str, topology: &Topology, netns: NetnsId) -> bool {
    topology.namespace(netns).is_some_and(|namespace| {
        namespace
            .netns
            .holders
            .iter()
            .filter_map(super::Holder::pid)
            .any(|pid| pid.to_string() == value)
    })
}

fn owner_matches(word: &str, value: &str, topology: &Topology, netns: NetnsId) -> bool {
    let owner = topology.namespace(netns).and_then(|namespace| namespace.netns.owner.as_deref());
    owner.is_some_and(|owner| is_owner(word, value, topology, owner))
}

/// The owner or one of its members, and what their engine says of them.
fn is_owner(word: &str, value: &str, topology: &Topology, owner: &Owner) -> bool {
    let has = |text: &Text| contains(&text.printable(), value);
    owner.all().any(|owner| match word {
        "pod" => owner.pod.as_ref().is_some_and(|pod| contains(&pod.to_string(), value)),
        "image" => owner.image.as_ref().is_some_and(has),
        _ => {
            owner.kind.name().starts_with(value)
                || has(&owner.name)
                || owner.id.as_ref().is_some_and(|id| is_id(value, id))
                || owner.user.as_ref().is_some_and(has)
                || topology
                    .container(owner)
                    .is_some_and(|container| container.compose().any(|(_, text)| has(text)))
        }
    })
}

fn contains(text: &str, value: &str) -> bool {
    text.to_lowercase().contains(value)
}

fn fuzzy(pattern: &Pattern, text: &str) -> bool {
    thread_local! {
        static MATCHER: std::cell::RefCell<Matcher> =
            std::cell::RefCell::new(Matcher::new(Config::DEFAULT));
    }
    let mut buffer = Vec::new();
    let haystack = Utf32Str::new(text, &mut buffer);
    MATCHER.with_borrow_mut(|matcher| pattern.score(haystack, matcher)).is_some()
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
