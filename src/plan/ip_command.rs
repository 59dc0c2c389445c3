//! The `ip` commands that look at a link or do what an op does, ready for bash.
//!
//! Names and paths are other people's bytes; [`shell_quote`] is the one way from them to a shell. A
//! command needs nothing from the shell but the commands of the steps before it.

use std::net::IpAddr;

use super::simulate::{find, find_netns};
use super::{NewKind, NewLink, NewMacvlan, Op, Place, Setting, Target};
use crate::model::{
    Address, Holder, Link, LinkKey, MacAddr, MacvlanFlags, Mode, Netns, PortOption, Topology, Vlan,
    VlanFlags, VlanProtocol,
};

/// How many source MACs go into one command: `ip` builds its request in 1,024 bytes.
const SOURCES_AT_ONCE: usize = 48;

/// The command that shows a link, or all links of its namespace; `None` when no path leads into
/// the namespace.
pub fn show(netns: &Netns, link: Option<&Link>) -> Option<String> {
    let mut command = enter(netns)?;
    command.push_str("-d address show");
    if let Some(link) = link {
        command.push_str(" dev ");
        command.push_str(&shell_quote(link.name.as_bytes()));
    }
    Some(command)
}

/// The command that does what the op does, in a topology in which its turn has come; `None` when
/// no path leads into a namespace that it needs, or its link is not there.
pub fn command(topology: &Topology, op: &Op) -> Option<String> {
    match op {
        Op::CreateNetns { name } => Some(format!("ip netns add {}", shell_quote(name.as_bytes()))),
        Op::DeleteNetns { name } => {
            Some(format!("ip netns delete {}", shell_quote(name.as_bytes())))
        }
        Op::Create(new) => create(topology, new),
        Op::Delete(target) => {
            let link = Located::find(topology, target)?;
            Some(format!("{}link delete dev {}", link.ip, link.name))
        }
        Op::Set(target, setting) => set(topology, &Located::find(topology, target)?, setting),
    }
}

/// A link as commands speak of it.
struct Located<'a> {
    link: &'a Link,
    /// `ip`, told to work in the link's namespace, with a space behind it.
    ip: String,
    /// Its name, quoted.
    name: String,
}

impl<'a> Located<'a> {
    fn find(topology: &'a Topology, target: &Target) -> Option<Self> {
        Self::at(topology, find(topology, target)?)
    }

    fn at(topology: &'a Topology, key: LinkKey) -> Option<Self> {
        let link = topology.link(key)?;
        let ip = enter(&topology.namespace(key.netns)?.netns)?;
        Some(Self { link, ip, name: shell_quote(link.name.as_bytes()) })
    }
}

/// The part of `ip link add` before the kind.
pub(super) fn add(topology: &Topology, new: &NewLink) -> Option<String> {
    let parent = Located::at(topology, new.parent)?;
    let netns = &topology.namespace(find_netns(topology, &new.netns)?)?.netns;
    let name = shell_quote(new.name.as_bytes());
    let mut words = vec![format!("{}link add link {} name {name}", parent.ip, parent.name)];
    words.extend(new.ifindex.map(|ifindex| format!("index {ifindex}")));
    words.extend(new.mac.map(|mac| format!("address {mac}")));
    words.extend(new.mtu.map(|mtu| format!("mtu {mtu}")));
    if netns.id != new.parent.netns {
        words.push(format!("netns {}", netns_word(topology, netns)?));
    }
    Some(words.join(" "))
}

fn create(topology: &Topology, new: &NewLink) -> Option<String> {
    let netns = &topology.namespace(find_netns(topology, &new.netns)?)?.netns;
    let name = shell_quote(new.name.as_bytes());
    let kind = new.kind.name();
    let mut words = vec![add(topology, new)?, format!("type {kind}")];
    match &new.kind {
        NewKind::Vlan(vlan) => words.extend(tag(*vlan)),
        NewKind::Macvlan(macvlan) | NewKind::Macvtap(macvlan) => words.extend(options(macvlan)),
    }
    let command = words.join(" ");
    let sources = new.macvlan().map_or(&[][..], |macvlan| &macvlan.sources);
    let add = format!("{}link set dev {name} type {kind} macaddr", enter(netns)?);
    Some(with_sources(&format!("{command} macaddr"), &add, sources).unwrap_or(command))
}

/// The VLAN part: the id, and what is not as `ip` would choose it.
fn tag(vlan: Vlan) -> Vec<String> {
    let mut words = Vec::new();
    if vlan.protocol != VlanProtocol::Ieee8021Q {
        words.push(format!("proto {}", vlan.protocol.name()));
    }
    words.push(format!("id {}", vlan.id));
    let unusual = VlanFlags::ALL.into_iter().filter(|(bit, _)| vlan.flags.unusual() & bit != 0);
    words.extend(unusual.map(|(bit, flag)| {
        format!("{flag} {}", if vlan.flags.0 & bit == 0 { "off" } else { "on" })
    }));
    words
}

/// The macvlan part but for the source list.
fn options(macvlan: &NewMacvlan) -> Vec<String> {
    let mut words = vec![format!("mode {}", macvlan.mode.name())];
    words.extend(macvlan.flags.names().iter().map(|flag| format!("flag {flag}")));
    words.extend(macvlan.bc_queue_len.map(|length| format!("bcqueuelen {length}")));
    words.extend(macvlan.bc_cutoff.map(|cutoff| format!("bclim {cutoff}")));
    words
}

/// Sets the first MACs with one command and adds the others one by one; `None` without any.
fn with_sources(set: &str, add: &str, sources: &[MacAddr]) -> Option<String> {
    let words =
        |list: &[MacAddr]| list.iter().map(MacAddr::to_string).collect::<Vec<_>>().join(" ");
    let (first, rest) = sources.split_at(sources.len().min(SOURCES_AT_ONCE));
    match (first, rest) {
        ([], _) => None,
        (first, []) => Some(format!("{set} set {}", words(first))),
        (first, rest) => Some(format!(
            "{set} set {} && for mac in {}; do {add} add $mac || break; done",
            words(first),
            words(rest)
        )),
    }
}

fn set(topology: &Topology, link: &Located<'_>, setting: &Setting) -> Option<String> {
    let Located { ip, name, .. } = link;
    let change = format!("{ip}link set dev {name}");
    let kind = || format!("{change} type {}", link.link.kind.name());
    Some(match setting {
        Setting::Mode(mode) => format!("{} mode {}", kind(), mode.name()),
        Setting::Flags(flags) => format!("{} {}", kind(), flag_words(*flags)),
        Setting::BcQueueLen(length) => format!("{} bcqueuelen {length}", kind()),
        Setting::BcCutoff(cutoff) => format!("{} bclim {cutoff}", kind()),
        Setting::AddSource(mac) => format!("{} macaddr add {mac}", kind()),
        Setting::RemoveSource(mac) => format!("{} macaddr del {mac}", kind()),
        Setting::Sources(sources) => {
            let macaddr = format!("{} macaddr", kind());
            with_sources(&macaddr, &macaddr, sources).unwrap_or_else(|| format!("{macaddr} flush"))
        }
        Setting::Name(new) => format!("{change} name {}", shell_quote(new.as_bytes())),
        Setting::Alias(alias) => {
            let alias = alias.as_ref().map_or(&b""[..], |alias| alias.as_bytes());
            format!("{change} alias {}", shell_quote(alias))
        }
        Setting::Mac(mac) => format!("{change} address {mac}"),
        Setting::Mtu(mtu) => format!("{change} mtu {mtu}"),
        Setting::Up(true) => format!("{change} up"),
        Setting::Up(false) => format!("{change} down"),
        Setting::AddAddress(address) => {
            format!("{ip}address add {} dev {name}", added(address))
        }
        Setting::RemoveAddress(address) => {
            format!("{ip}address delete {} dev {name}", endpoints(address))
        }
        Setting::Port(option) => {
            let value = match option {
                PortOption::State(state) => state.to_kernel().to_string(),
                other => other.value().to_owned(),
            };
            format!("{change} type bridge_slave {} {value}", option.name())
        }
        Setting::Netns { place, ifindex } => {
            let index = ifindex.map(|index| format!(" index {index}")).unwrap_or_default();
            format!("{change} netns {}{index}", place_word(topology, place)?)
        }
    })
}

/// `ip` has no word to take one flag away: all are given, or `null`. It takes nopromisc only beside
/// the mode that it is for.
fn flag_words(flags: MacvlanFlags) -> String {
    let mut words = Vec::new();
    if flags.has(MacvlanFlags::NOPROMISC) {
        words.push(format!("mode {}", Mode::Passthru.name()));
    }
    words.extend(flags.names().iter().map(|flag| format!("flag {flag}")));
    if words.is_empty() { "flag null".into() } else { words.join(" ") }
}

/// `LOCAL/LEN`, or `LOCAL peer PEER/LEN`.
fn endpoints(address: &Address) -> String {
    match address.peer {
        None => address.cidr(),
        Some(peer) => format!("{} peer {peer}/{}", address.ip, address.prefix_len),
    }
}

/// An address with all that can be chosen for it. IPv6 addresses have the scope that they look.
fn added(address: &Address) -> String {
    let mut words = vec![endpoints(address)];
    words.extend(address.broadcast.map(|broadcast| format!("broadcast {broadcast}")));
    words.extend(address.metric.map(|metric| format!("metric {metric}")));
    let usual = Address::new(address.ip, address.prefix_len).scope;
    if matches!(address.ip, IpAddr::V4(_)) && address.scope != usual {
        words.push(format!("scope {}", address.scope_name()));
    }
    let chosen = Address { flags: address.chosen_flags() | Address::PERMANENT, ..address.clone() };
    words.extend(chosen.flag_names().into_iter().map(str::to_owned));
    if address.valid_lft.is_some() || address.preferred_lft.is_some() {
        let seconds = |lifetime: Option<u32>| {
            lifetime.map_or_else(|| "forever".to_owned(), |seconds| seconds.to_string())
        };
        words.push(format!("valid_lft {}", seconds(address.valid_lft)));
        words.push(format!("preferred_lft {}", seconds(address.preferred_lft)));
    }
    words.join(" ")
}

fn place_word(topology: &Topology, place: &Place) -> Option<String> {
    netns_word(topology, &topology.namespace(find_netns(topology, place)?)?.netns)
}

/// The namespace as `netns` of `ip link` takes it: its name, or a process in it, or a path to it.
fn netns_word(topology: &Topology, netns: &Netns) -> Option<String> {
    if let Some(name) = netns.iproute_name() {
        return Some(shell_quote(name));
    }
    if netns.current {
        let first = |holder: &Holder| matches!(holder, Holder::Process { pid: 1, .. });
        // `ip` takes a number for a name first.
        if netns.holders.iter().any(first) && topology.namespace_named(b"1").is_none() {
            return Some("1".into());
        }
        // The shell opens it before `ip` enters another one. Its process id would not do: a shell
        // may become `ip` itself.
        return Some("/proc/self/fd/3 3</proc/self/ns/net".into());
    }
    path(netns).map(|path| shell_quote(&path))
}

/// Whether a path leads into the namespace, or we are in it.
pub(super) fn has_way_in(netns: &Netns) -> bool {
    enter(netns).is_some()
}

/// `ip`, told to work inside the namespace, with a space behind it.
fn enter(netns: &Netns) -> Option<String> {
    if netns.current {
        return Some("ip ".into());
    }
    if let Some(name) = netns.iproute_name() {
        return Some(format!("ip -n {} ", shell_quote(name)));
    }
    let path = path(netns)?;
    Some(format!("nsenter --net={} ip ", shell_quote(&path)))
}

/// A file that stands for the namespace; what lives longest first.
fn path(netns: &Netns) -> Option<Vec<u8>> {
    let ways = netns.holders.iter().filter_map(way);
    ways.min_by_key(|(rank, _)| *rank).map(|(_, path)| path)
}

/// How a holder leads into its namespace, and how well: a mount of ours stays, a process ends, a
/// foreign mount can be anywhere, a descriptor may be closed any moment. A socket leads nowhere.
fn way(holder: &Holder) -> Option<(u8, Vec<u8>)> {
    Some(match holder {
        Holder::Mount { path, pid: None } => (0, path.as_bytes().to_vec()),
        Holder::Process { pid, .. } => (1, format!("/proc/{pid}/ns/net").into_bytes()),
        Holder::Thread { pid, tid, .. } => {
            (2, format!("/proc/{pid}/task/{tid}/ns/net").into_bytes())
        }
        Holder::Mount { path, pid: Some(pid) } => {
            (3, [format!("/proc/{pid}/root").as_bytes(), path.as_bytes()].concat())
        }
        Holder::Fd { pid, fd, .. } => (4, format!("/proc/{pid}/fd/{fd}").into_bytes()),
        Holder::Socket { .. } | Holder::Nsid { .. } => return None,
    })
}

/// Spells any bytes without NUL so that bash takes them as one word: as they are when they are
/// harmless, in single quotes when they are printable ASCII, in `$'…'` otherwise.
pub fn shell_quote(bytes: &[u8]) -> String {
    let harmless = |b: &u8| b.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(b);
    if !bytes.is_empty() && bytes.iter().all(harmless) {
        return bytes.iter().map(|b| char::from(*b)).collect();
    }
    if bytes.iter().all(|b| matches!(b, b' '..=b'~') && *b != b'\'') {
        let inside: String = bytes.iter().map(|b| char::from(*b)).collect();
        return format!("'{inside}'");
    }
    let spelled: String = bytes
        .iter()
        .map(|b| match b {
            b'\'' | b'\\' => format!("\\{}", char::from(*b)),
            b' '..=b'~' => char::from(*b).to_string(),
            other => format!("\\x{other:02x}"),
        })
        .collect();
    format!("$'{spelled}'")
}

#[cfg(test)]
#[path = "ip_command_tests.rs"]
mod tests;
