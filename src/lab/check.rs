//! Whether the parts of a topology fit together and a kernel can build it. What the kernel would
//! refuse with a bare errno is refused here, with the line and a sentence.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::file::{self, File, Word};
use super::{Container, Interface, Lab, Outside, Parent, port_name, vlan_name};
use crate::model::{Address, MacAddr, MacvlanFlags, Mode, prefix};
use crate::plan::{name_fault, netns_name_fault};

/// How often a container is repeated at most.
const MOST: u32 = 1000;
/// Namespaces and interfaces at most: each costs the kernel time and memory.
const MOST_OF_ALL: usize = 10_000;

/// What is wrong, and at which byte of the file.
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) why: String,
}

type Checked<T> = Result<T, Fault>;

fn fault<T>(at: &Spanned<T>, why: impl Into<String>) -> Fault {
    Fault { at: at.span().start, why: why.into() }
}

fn require<T>(holds: bool, at: &Spanned<T>, why: impl FnOnce() -> String) -> Checked<()> {
    if holds { Ok(()) } else { Err(fault(at, why())) }
}

/// Makes a topology of a file.
pub(super) fn check(file: File) -> Checked<Lab> {
    let mut known = Known::default();
    known.links.entry(String::new()).or_default().insert("lo".into());
    let switches = file.switch.iter().map(|switch| known.switch(switch)).collect::<Checked<_>>()?;
    let parents = file.parent.iter().map(|parent| known.parent(parent)).collect::<Checked<_>>()?;
    let outsides = file.outside.iter().map(|outside| known.outside(outside));
    let outsides = outsides.collect::<Checked<_>>()?;
    let mut containers = Vec::new();
    for container in &file.container {
        known.containers(container, &mut containers)?;
    }
    let interfaces = file.interface.iter().map(|new| known.interface("", new, 0));
    let interfaces = interfaces.collect::<Checked<_>>()?;
    let File { title, about, .. } = file;
    Ok(Lab { title, about, switches, parents, outsides, containers, interfaces })
}

/// What there is so far.
#[derive(Default)]
struct Known {
    switches: BTreeSet<String>,
    /// The names in each namespace; that of the first one is empty.
    links: BTreeMap<String, BTreeSet<String>>,
    /// What sub-interfaces can be on.
    lowers: BTreeMap<String, Lower>,
    /// Interfaces, of which every namespace has one.
    count: usize,
}

/// A parent or VLAN, and what is on it.
#[derive(Default)]
struct Lower {
    /// Its own MAC and those of its sub-interfaces.
    macs: BTreeSet<MacAddr>,
    children: usize,
    has_passthru: bool,
}

impl Known {
    fn switch(&mut self, switch: &file::Switch) -> Checked<String> {
        let name = switch.name.get_ref();
        self.netns(&switch.name, name)?;
        self.link(name, &switch.name, name)?;
        self.switches.insert(name.clone());
        Ok(name.clone())
    }

    fn parent(&mut self, parent: &file::Parent) -> Checked<Parent> {
        let name = parent.name.get_ref();
        self.link("", &parent.name, name)?;
        self.port(&parent.name, &parent.switch)?;
        let mac = usable(parent.mac.as_ref())?;
        let lower = || Lower { macs: mac.into_iter().collect(), ..Lower::default() };
        self.lowers.insert(name.clone(), lower());
        let mut vlans = Vec::new();
        for at in &parent.vlans {
            let id = u16::try_from(*at.get_ref()).ok().filter(|id| (1..=4094).contains(id));
            let id = id.ok_or_else(|| {
                fault(at, format!("{} is no VLAN id; there are 1 to 4094", at.get_ref()))
            })?;
            let vlan = vlan_name(name, id);
            self.link("", at, &vlan)?;
            self.lowers.insert(vlan, lower());
            vlans.push(id);
        }
        Ok(Parent {
            name: name.clone(),
            switch: parent.switch.get_ref().clone(),
            mac,
            addresses: addresses(&parent.addresses, 0)?,
            up: parent.up,
            hairpin: parent.hairpin,
            vlans,
        })
    }

    fn outside(&mut self, outside: &file::Outside) -> Checked<Outside> {
        let name = outside.name.get_ref();
        self.netns(&outside.name, name)?;
        self.port(&outside.name, &outside.switch)?;
        Ok(Outside {
            name: name.clone(),
            switch: outside.switch.get_ref().clone(),
            mac: usable(outside.mac.as_ref())?,
            addresses: addresses(&outside.addresses, 0)?,
        })
    }

    fn containers(&mut self, new: &file::Container, all: &mut Vec<Container>) -> Checked<()> {
        let name = &new.name;
        let has_number = name.get_ref().contains("{}");
        let repeat = new.repeat.as_ref().map(|repeat| {
            let count = u32::try_from(*repeat.get_ref()).ok();
            let count = count.filter(|count| (1..=MOST).contains(count));
            count.ok_or_else(|| fault(repeat, format!("repeat is a number from 1 to {MOST}")))
        });
        let repeat = repeat.transpose()?;
        require(has_number || new.repeat.is_none(), name, || {
            "with repeat, the name needs a {} where the number goes".into()
        })?;
        require(!has_number || new.repeat.is_some(), name, || {
            "{} in a name stands for the number, and there is no repeat".into()
        })?;
        for number in 0..repeat.unwrap_or(1) {
            let name = name.get_ref().replace("{}", &(number + 1).to_string());
            self.netns(&new.name, &name)?;
            let interfaces = new.interface.iter();
            let interfaces = interfaces.map(|interface| self.interface(&name, interface, number));
            let interfaces = interfaces.collect::<Checked<_>>()?;
            all.push(Container { name, interfaces });
        }
        Ok(())
    }

    /// A sub-interface of a namespace. `number` is counted from 0 and added to MAC and addresses.
    fn interface(&mut self, netns: &str, new: &file::Interface, number: u32) -> Checked<Interface> {
        self.link(netns, &new.name, new.name.get_ref())?;
        let mode = new.mode.get_ref().0;
        let mac = match (&new.mac, usable(new.mac.as_ref())?) {
            (Some(at), Some(mac)) => Some(counted(at, mac, number)?),
            _ => None,
        };
        self.settle(new, mode, mac)?;
        let mut flags = MacvlanFlags::default();
        for flag in &new.flags {
            let (bit, of) = match flag.get_ref().as_str() {
                "nopromisc" => (MacvlanFlags::NOPROMISC, Mode::Passthru),
                "nodst" => (MacvlanFlags::NODST, Mode::Source),
                other => return Err(fault(flag, no_flag(other))),
            };
            require(mode == of, flag, || {
                format!("{} has an effect only in {of} mode, not in {mode}", flag.get_ref())
            })?;
            flags = flags.with(bit, true);
        }
        let sources = new.sources.iter().map(|source| {
            require(mode == Mode::Source, source, || {
                format!("a list of source MACs is for source mode, and this is {mode}")
            })?;
            require_usable(source)
        });
        Ok(Interface {
            name: new.name.get_ref().clone(),
            parent: new.parent.get_ref().clone(),
            kind: new.kind,
            mode,
            mac,
            addresses: addresses(&new.addresses, number)?,
            flags,
            sources: sources.collect::<Checked<_>>()?,
            up: new.up,
        })
    }

    /// Puts a sub-interface on what it is to be on.
    fn settle(&mut self, new: &file::Interface, mode: Mode, mac: Option<MacAddr>) -> Checked<()> {
        let parent = new.parent.get_ref();
        let known: Vec<_> = self.lowers.keys().cloned().collect();
        let Some(lower) = self.lowers.get_mut(parent) else {
            let why = format!("there is no parent '{parent}'; there is {}", list(&known));
            return Err(fault(&new.parent, why));
        };
        let is_passthru = mode == Mode::Passthru;
        require(!lower.has_passthru, &new.mode, || {
            format!("{parent} has a passthru sub-interface, which must be alone on its parent")
        })?;
        require(!is_passthru || lower.children == 0, &new.mode, || {
            format!("a passthru sub-interface must be alone on its parent, and {parent} has others")
        })?;
        if let (Some(at), Some(mac)) = (&new.mac, mac) {
            require(!is_passthru, at, || {
                "a passthru sub-interface has the MAC of its parent: leave mac out".into()
            })?;
            require(lower.macs.insert(mac), at, || {
                format!("{mac} is the MAC of {parent} or of another sub-interface on it already")
            })?;
        }
        lower.children += 1;
        lower.has_passthru = is_passthru;
        Ok(())
    }

    /// A namespace's name, which must be new.
    fn netns<T>(&mut self, at: &Spanned<T>, name: &str) -> Checked<()> {
        if let Some(why) = netns_name_fault(name.as_bytes()) {
            return Err(fault(at, format!("'{name}' can't be the name of a namespace: {why}")));
        }
        require(!self.links.contains_key(name), at, || {
            format!("there is a namespace '{name}' already; switches have one of their name, too")
        })?;
        // Each has one.
        self.link(name, at, "lo")
    }

    /// The name of a link, which must be new in its namespace.
    fn link<T>(&mut self, netns: &str, at: &Spanned<T>, name: &str) -> Checked<()> {
        if let Some(why) = name_fault(name.as_bytes()) {
            return Err(fault(at, format!("'{name}' can't be the name of an interface: {why}")));
        }
        self.count += 1;
        require(self.count <= MOST_OF_ALL, at, || {
            format!("with this the lab has more than {MOST_OF_ALL} namespaces and interfaces")
        })?;
        let names = self.links.entry(netns.into()).or_default();
        require(names.insert(name.into()), at, || {
            let place = if netns.is_empty() { "the host" } else { netns };
            format!("{place} has an interface '{name}' already")
        })
    }

    /// A switch's port for a cable's other end.
    fn port(&mut self, name: &Spanned<String>, switch: &Spanned<String>) -> Checked<()> {
        require(self.switches.contains(switch.get_ref()), switch, || {
            let known: Vec<_> = self.switches.iter().cloned().collect();
            format!("there is no switch '{}'; there is {}", switch.get_ref(), list(&known))
        })?;
        self.link(switch.get_ref(), name, &port_name(name.get_ref()))
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn no_flag(word: &str) -> String {
    let words: Vec<_> = MacvlanFlags::ALL.iter().map(|(_, word)| *word).collect();
    format!("'{word}' is no flag; there are {}", words.join(" and "))
}

fn usable(mac: Option<&Spanned<Word<MacAddr>>>) -> Checked<Option<MacAddr>> {
    mac.map(require_usable).transpose()
}

fn require_usable(at: &Spanned<Word<MacAddr>>) -> Checked<MacAddr> {
    let mac = at.get_ref().0;
    require(mac.is_usable(), at, || {
        format!(
            "{mac} can't be the MAC of an interface: it is zero, multicast or not six bytes; take \
             one whose first byte is even"
        )
    })?;
    Ok(mac)
}

/// The MAC so many after the first.
fn counted(at: &Spanned<Word<MacAddr>>, first: MacAddr, number: u32) -> Checked<MacAddr> {
    let mut bytes = [0; 8];
    bytes[2..].copy_from_slice(first.as_bytes());
    let [_, _, mac @ ..] = (u64::from_be_bytes(bytes) + u64::from(number)).to_be_bytes();
    let mac = MacAddr::from(mac);
    require(mac.is_usable(), at, || {
        format!("counted up {number} times, {first} becomes {mac}, which no interface can have")
    })?;
    Ok(mac)
}

fn addresses(all: &[Spanned<Word<Address>>], number: u32) -> Checked<Vec<Address>> {
    let mut addresses: Vec<Address> = Vec::new();
    for at in all {
        let first = &at.get_ref().0;
        let (ip, len) = (first.ip, first.prefix_len);
        require(!ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback(), at, || {
            format!("{} can't be the address of an interface", first.cidr())
        })?;
        let bits = prefix::bits(ip).saturating_add(number.into());
        let address = Address::new(prefix::with_bits(ip, bits), len);
        require(prefix::contains(ip, len, address.ip), at, || {
            format!("counted up {number} times, {} leaves its network", first.cidr())
        })?;
        require(!addresses.iter().any(|other| other.is_same_as(&address)), at, || {
            format!("{} stands there twice", address.cidr())
        })?;
        addresses.push(address);
    }
    Ok(addresses)
}
