//! From what a person types to the namespace, link or network that is meant: `NS`, `NAME`, `NS/NAME`,
//! and a network's name or id.
//!
//! Pure: what a path leads to is asked of the caller. Nothing is chosen silently; what stands for
//! several things is an error that says how each of them can be named alone.

use std::collections::BTreeSet;

use super::text::printable;
use super::{
    Holder, Link, LinkKey, Namespace, NetnsId, NetworkKey, NetworkView, Text, Topology, View,
};

/// How alike two names must be for one to be offered in place of the other (Jaro, 0 to 1).
const ALIKE: f64 = 0.7;
/// How many names are offered.
const OFFERED: usize = 5;

/// Resolves names in one topology.
pub struct Resolver<'a> {
    /// Where to look.
    pub topology: &'a Topology,
    /// The inode number of the network namespace that a path leads to, if it leads to one.
    pub inode_of: &'a dyn Fn(&[u8]) -> Option<u64>,
}

/// Nothing, or more than one thing, is called so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// What is wrong, as a sentence without a full stop.
    pub why: String,
    /// What the candidates are: things that may have been meant, or that all are called so.
    pub ambiguous: bool,
    /// What could be typed instead.
    pub candidates: Vec<Candidate>,
}

/// Something that can be typed, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The bytes to type; nothing else is called so.
    pub selector: Vec<u8>,
    /// `eth0 in web`, or a namespace's label.
    pub meaning: String,
}

impl Resolver<'_> {
    /// The namespace that is called so: by its name in /run/netns, a path, a process in it, its
    /// inode number, its cookie, or its label.
    pub fn netns(&self, text: &[u8]) -> Result<NetnsId, Unresolved> {
        let found = self.netns_called(text);
        let mut ids = found.iter();
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(*id),
            (Some(_), Some(_)) => Err(Unresolved {
                why: format!("{} stands for several namespaces", printable(text)),
                ambiguous: true,
                candidates: found.iter().filter_map(|id| self.netns_candidate(*id)).collect(),
            }),
            (None, _) => Err(Unresolved {
                why: format!("there is no namespace {}", printable(text)),
                ambiguous: false,
                candidates: self.netns_near(text),
            }),
        }
    }

    /// The namespace that `ip netns` lists under this name.
    pub fn named_netns(&self, name: &[u8]) -> Result<NetnsId, Unresolved> {
        let named = |n: &&Namespace| n.netns.iproute_names().any(|known| is_called(known, name));
        let Some(namespace) = self.topology.namespaces().find(named) else {
            return Err(Unresolved {
                why: format!("there is no namespace {} in /run/netns", printable(name)),
                ambiguous: false,
                candidates: self.netns_near(name),
            });
        };
        let first = namespace.netns.iproute_name().unwrap_or_default();
        if is_called(first, name) {
            return Ok(namespace.netns.id);
        }
        let [first, name] = [printable(first), printable(name)];
        Err(Unresolved {
            why: format!("{name} is a second name of namespace {first}; name it by the first one"),
            ambiguous: false,
            candidates: self.netns_candidate(namespace.netns.id).into_iter().collect(),
        })
    }

    /// The link that is called so: `NAME` in the own namespace, or `NS/NAME`. `NAME` may be an
    /// alternative name.
    pub fn link(&self, text: &[u8]) -> Result<LinkKey, Unresolved> {
        // No interface name has a slash in it, while paths and labels may.
        let (netns, name) = match text.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (Some(&text[..slash]), &text[slash + 1..]),
            None => (None, text),
        };
        let netns = match netns {
            Some(netns) => self.netns(netns).map_err(|error| error.with_name(name))?,
            None => self.own()?,
        };
        let found = self.links_called(netns, name);
        match found[..] {
            [link] => Ok(link.key),
            [] => Err(self.no_link(netns, name)),
            [_, _, ..] => Err(Unresolved {
                why: format!(
                    "{} stands for several links in {}",
                    printable(name),
                    self.topology.label(netns)
                ),
                ambiguous: true,
                candidates: found.iter().filter_map(|link| self.link_candidate(link)).collect(),
            }),
        }
    }

    /// The network that is called so: by its name or the beginning of its id, with its engine and
    /// a slash in front where that is needed.
    pub fn network(&self, text: &[u8]) -> Result<NetworkKey, Unresolved> {
        let found = self.networks_called(text);
        match found[..] {
            [network] => Ok(network.key),
            [] => Err(Unresolved {
                why: format!("there is no network {}", printable(text)),
                ambiguous: false,
                candidates: self.networks_near(text),
            }),
            [_, _, ..] => Err(Unresolved {
                why: format!("{} stands for several networks", printable(text)),
                ambiguous: true,
                candidates: found.iter().filter_map(|n| self.network_candidate(n)).collect(),
            }),
        }
    }

    fn networks_called(&self, text: &[u8]) -> Vec<NetworkView<'_>> {
        let is = |view: &NetworkView<'_>| {
            let engine = view.belief.engine.name().as_bytes();
            let rest = text.strip_prefix(engine).and_then(|rest| rest.strip_prefix(b"/"));
            let by_id = |id: &[u8]| !id.is_empty() && view.network.id.as_bytes().starts_with(id);
            let so = |name: &[u8]| is_called(view.network.name.as_bytes(), name) || by_id(name);
            so(text) || rest.is_some_and(so)
        };
        let found: Vec<_> = self.topology.networks().filter(is).collect();
        // Where one has all of it as its name, others that merely begin so are not meant.
        let named = |view: &&NetworkView<'_>| is_called(view.network.name.as_bytes(), text);
        match found.iter().filter(named).count() {
            0 => found,
            _ => found.iter().filter(named).copied().collect(),
        }
    }

    fn networks_near(&self, text: &[u8]) -> Vec<Candidate> {
        let near =
            self.topology.networks().filter(|view| alike(view.network.name.as_bytes(), text));
        near.filter_map(|view| self.network_candidate(&view)).take(OFFERED).collect()
    }

    /// What names this network and no other, or nothing where two have everything in common.
    fn network_candidate(&self, view: &NetworkView<'_>) -> Option<Candidate> {
        let NetworkView { belief, network, .. } = view;
        let engine = format!("{}/", belief.engine.name());
        let texts = [network.name.as_bytes(), network.id.as_bytes()];
        let mut ways =
            texts.into_iter().flat_map(|text| [text.to_vec(), [engine.as_bytes(), text].concat()]);
        let only =
            |way: &Vec<u8>| matches!(self.networks_called(way)[..], [n] if n.key == view.key);
        let way = ways.find(only)?;
        let meaning = format!("{} of {}, {}", network.name, belief.engine.name(), belief.origin);
        Some(Candidate { selector: [&b"net:"[..], &way].concat(), meaning })
    }

    fn own(&self) -> Result<NetnsId, Unresolved> {
        let own = self.topology.namespaces().find(|n| n.netns.current);
        own.map(|n| n.netns.id).ok_or_else(|| Unresolved {
            why: "the own namespace is out of sight".into(),
            ambiguous: false,
            candidates: Vec::new(),
        })
    }

    fn netns_called(&self, text: &[u8]) -> BTreeSet<NetnsId> {
        let matching: &dyn Fn(&Namespace) -> bool = if text.starts_with(b"/") {
            let inode = (self.inode_of)(text);
            &move |n| match inode {
                Some(inode) => n.netns.inode == Some(inode),
                // A path of another mount namespace leads nowhere in ours.
                None => n.netns.names().iter().any(|path| is_called(path.as_bytes(), text)),
            }
        } else if let Some(inode) = bracketed(text) {
            &move |n| n.netns.inode == Some(inode)
        } else {
            let number = number(text);
            &move |n| {
                self.has_label(n, text)
                    || n.netns.iproute_names().any(|name| is_called(name, text))
                    || number.is_some_and(|number| has_number(n, number))
            }
        };
        self.topology.namespaces().filter(|n| matching(n)).map(|n| n.netns.id).collect()
    }

    fn has_label(&self, namespace: &Namespace, text: &[u8]) -> bool {
        self.topology.label(namespace.netns.id).as_bytes() == text
            || namespace.netns.label().as_bytes() == text
    }

    fn links_called(&self, netns: NetnsId, name: &[u8]) -> Vec<&Link> {
        let links = self.topology.namespace(netns).into_iter().flat_map(Namespace::links);
        links.filter(|link| names(link).any(|known| is_called(known.as_bytes(), name))).collect()
    }

    fn no_link(&self, netns: NetnsId, name: &[u8]) -> Unresolved {
        let mut why =
            format!("there is no link {} in {}", printable(name), self.topology.label(netns));
        if let Some(View::Closed { why: closed }) =
            self.topology.namespace(netns).map(|n| &n.netns.view)
        {
            why = format!("{why}, as far as can be seen: {closed}");
        }
        let mut near: Vec<(u8, &Link)> = Vec::new();
        for link in self.topology.links() {
            if names(link).any(|known| is_called(known.as_bytes(), name)) {
                near.push((0, link));
            } else if link.key.netns == netns
                && names(link).any(|known| alike(known.as_bytes(), name))
            {
                near.push((1, link));
            }
        }
        near.sort_by_key(|(rank, link)| (*rank, link.key));
        let near = near.into_iter().filter_map(|(_, link)| self.link_candidate(link));
        Unresolved { why, ambiguous: false, candidates: near.take(OFFERED).collect() }
    }

    fn netns_near(&self, text: &[u8]) -> Vec<Candidate> {
        let is_near = |n: &&Namespace| {
            alike(n.netns.label().as_bytes(), text)
                || n.netns.iproute_names().any(|name| alike(name, text))
        };
        let near = self.topology.in_display_order().into_iter().filter(is_near);
        near.filter_map(|n| self.netns_candidate(n.netns.id)).take(OFFERED).collect()
    }

    /// What names this namespace and no other; the shortest that people know first.
    fn netns_candidate(&self, id: NetnsId) -> Option<Candidate> {
        let netns = &self.topology.namespace(id)?.netns;
        let label = self.topology.label(id);
        let mut ways = netns
            .iproute_names()
            .map(<[u8]>::to_vec)
            .chain([label.as_bytes().to_vec()])
            .chain(netns.inode.map(|inode| format!("net:[{inode}]").into_bytes()))
            .chain(netns.names().into_iter().map(|path| path.as_bytes().to_vec()))
            .chain(netns.cookie.map(|cookie| cookie.to_string().into_bytes()));
        let only = BTreeSet::from([id]);
        let selector = ways.find(|way| self.netns_called(way) == only)?;
        Some(Candidate { selector, meaning: self.meaning(id) })
    }

    /// The label, and what else tells the namespace from others.
    fn meaning(&self, id: NetnsId) -> String {
        let label = self.topology.label(id).into_owned();
        let holders = self.topology.namespace(id).map_or(&[][..], |n| &n.netns.holders);
        match holders.iter().find(|holder| matches!(holder, Holder::Process { .. })) {
            Some(process) => format!("{label}, with {process}"),
            None => label,
        }
    }

    fn link_candidate(&self, link: &Link) -> Option<Candidate> {
        let netns = self.topology.namespace(link.key.netns)?;
        let prefix = if netns.netns.current {
            Vec::new()
        } else {
            let mut prefix = self.netns_candidate(link.key.netns)?.selector;
            prefix.push(b'/');
            prefix
        };
        let mut ways = names(link).flat_map(|name| {
            [name.as_bytes().to_vec(), name.printable().into_owned().into_bytes()]
        });
        let name = ways.find(|way| self.links_called(link.key.netns, way).len() == 1)?;
        let meaning = self.topology.describe(link.key);
        Some(Candidate { selector: [prefix, name].concat(), meaning })
    }
}

impl Unresolved {
    /// The same about a namespace before a slash and a name.
    fn with_name(mut self, name: &[u8]) -> Self {
        for candidate in &mut self.candidates {
            candidate.selector.push(b'/');
            candidate.selector.extend_from_slice(name);
        }
        self
    }
}

/// Name and alternative names.
fn names(link: &Link) -> impl Iterator<Item = &Text> {
    std::iter::once(&link.name).chain(&link.alt_names)
}

/// Whether text is a name, as its bytes or as they are printed.
fn is_called(name: &[u8], text: &[u8]) -> bool {
    name == text || printable(name).as_bytes() == text
}

fn alike(name: &[u8], text: &[u8]) -> bool {
    let [name, text] = [printable(name), printable(text)];
    name.starts_with(&*text) || strsim::jaro(&name, &text) > ALIKE
}

/// `4026531840` of `net:[4026531840]`, as readlink(1) prints it of a process's namespace.
fn bracketed(text: &[u8]) -> Option<u64> {
    number(text.strip_prefix(b"net:[")?.strip_suffix(b"]")?)
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text).ok()?;
    digits.parse().ok().filter(|_| text.iter().all(u8::is_ascii_digit))
}

/// Whether a number is one of the namespace's: inode, cookie, or a process or thread inside.
fn has_number(namespace: &Namespace, number: u64) -> bool {
    let netns = &namespace.netns;
    let is = |id: i32| u64::try_from(id) == Ok(number);
    netns.inode == Some(number)
        || netns.cookie == Some(number)
        || netns.holders.iter().any(|holder| match holder {
            Holder::Process { pid, .. } => is(*pid),
            Holder::Thread { tid, .. } => is(*tid),
            _ => false,
        })
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
