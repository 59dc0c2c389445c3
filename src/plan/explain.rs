//! What an errno of the kernel means here: who is in the way, in which namespace, and what next.
//!
//! The macvlan driver gives bare error numbers. What the rules would say of the host as it is now
//! comes first; what no rule can see, such as a MAC held in a namespace out of sight, is told by the
//! op and the number.

use super::build::{build, words};
use super::ip_command::has_way_in;
use super::simulate::{find, find_netns};
use super::{Edit, NewLink, Op, Request, Rule, Setting, Target};
use crate::model::{Link, LinkKey, Topology, View};

/// Error numbers of Linux (asm-generic/errno.h) that are explained, and their names.
mod errno {
    pub(super) const NAMES: [(i32, &str); 19] = [
        (EPERM, "EPERM"),
        (ENOENT, "ENOENT"),
        (ESRCH, "ESRCH"),
        (ENOMEM, "ENOMEM"),
        (EACCES, "EACCES"),
        (EBUSY, "EBUSY"),
        (EEXIST, "EEXIST"),
        (ENODEV, "ENODEV"),
        (EINVAL, "EINVAL"),
        (ENOSPC, "ENOSPC"),
        (ERANGE, "ERANGE"),
        (EOVERFLOW, "EOVERFLOW"),
        (EMSGSIZE, "EMSGSIZE"),
        (EOPNOTSUPP, "EOPNOTSUPP"),
        (EADDRINUSE, "EADDRINUSE"),
        (EADDRNOTAVAIL, "EADDRNOTAVAIL"),
        (ENETDOWN, "ENETDOWN"),
        (ENOBUFS, "ENOBUFS"),
        (ENOTSUPP, "ENOTSUPP"),
    ];
    pub(super) const EPERM: i32 = 1;
    pub(super) const ENOENT: i32 = 2;
    pub(super) const ESRCH: i32 = 3;
    pub(super) const ENOMEM: i32 = 12;
    pub(super) const EACCES: i32 = 13;
    pub(super) const EBUSY: i32 = 16;
    pub(super) const EEXIST: i32 = 17;
    pub(super) const ENODEV: i32 = 19;
    pub(super) const EINVAL: i32 = 22;
    pub(super) const ENOSPC: i32 = 28;
    pub(super) const ERANGE: i32 = 34;
    pub(super) const EOVERFLOW: i32 = 75;
    pub(super) const EMSGSIZE: i32 = 90;
    pub(super) const EOPNOTSUPP: i32 = 95;
    pub(super) const EADDRINUSE: i32 = 98;
    pub(super) const EADDRNOTAVAIL: i32 = 99;
    pub(super) const ENETDOWN: i32 = 100;
    pub(super) const ENOBUFS: i32 = 105;
    /// Not for user space, but the kernel lets it out.
    pub(super) const ENOTSUPP: i32 = 524;
}

/// What was attempted, why the kernel refused it as far as can be seen from the topology after the
/// attempt, and what to do next. `errno` is positive; `kernel_text` the kernel's own words, if it
/// had any.
pub fn explain(topology: &Topology, op: &Op, errno: i32, kernel_text: Option<&str>) -> String {
    let scene = Scene::new(topology, op);
    let known = errno::NAMES.iter().find(|(number, _)| *number == errno);
    let name = match known {
        Some((_, name)) => (*name).to_owned(),
        None => std::io::Error::from_raw_os_error(errno).to_string(),
    };
    let text = kernel_text.map(|text| format!(" \"{text}\"")).unwrap_or_default();
    let attempt = words::of_op(topology, op);
    let (why, next) = match scene.refusal().or_else(|| scene.meaning(errno)) {
        Some(meaning) => meaning,
        None => (
            "nothing in sight explains it".to_owned(),
            "look at the kernel's log with dmesg, and at what else changes this host".to_owned(),
        ),
    };
    format!("{attempt}: the kernel refused with {name}{text}: {why}; {next}")
}

type Meaning = Option<(String, String)>;

fn meaning(why: impl Into<String>, next: impl Into<String>) -> Meaning {
    Some((why.into(), next.into()))
}

/// The op with the links that it is about, as they are now.
struct Scene<'a> {
    topology: &'a Topology,
    op: &'a Op,
    link: Option<&'a Link>,
    parent: Option<&'a Link>,
}

impl<'a> Scene<'a> {
    fn new(topology: &'a Topology, op: &'a Op) -> Self {
        let link = match op {
            Op::Delete(target) | Op::Set(target, _) => find(topology, target),
            _ => None,
        };
        let link = link.and_then(|key| topology.link(key));
        let parent = match op {
            Op::Create(new) => topology.link(new.parent),
            _ => link.and_then(|link| topology.parent_of(link)),
        };
        Self { topology, op, link, parent }
    }

    fn describe(&self, key: LinkKey) -> String {
        self.topology.describe(key)
    }

    fn link_name(&self) -> String {
        self.link.map_or_else(|| "the interface".into(), |link| self.describe(link.key))
    }

    fn parent_name(&self) -> String {
        self.parent.map_or_else(|| "its parent".into(), |parent| self.describe(parent.key))
    }

    /// What the rules say of the same request now.
    fn refusal(&self) -> Meaning {
        let request = match self.op {
            Op::Create(new) => Request::Create(new.clone()),
            Op::CreateNetns { name } => Request::CreateNetns(name.clone()),
            Op::Delete(_) => Request::Delete(self.link?.key),
            Op::Set(_, setting) => {
                Request::Edit { link: self.link?.key, edits: vec![self.edit(setting)?] }
            }
            Op::DeleteNetns { .. } => return None,
        };
        let refusal = build(self.topology, &[request]).err()?;
        // That the change is there already, or its object is gone, is told by the number.
        let tells = !matches!(refusal.rule, Rule::NothingToDo | Rule::Unseen);
        tells.then_some((refusal.why, refusal.way_out))
    }

    fn edit(&self, setting: &Setting) -> Option<Edit> {
        Some(match setting {
            Setting::Mode(mode) => Edit::Mode(*mode),
            Setting::AddSource(mac) => Edit::AddSource(*mac),
            Setting::RemoveSource(mac) => Edit::RemoveSource(*mac),
            Setting::Sources(list) => Edit::SetSources(list.clone()),
            Setting::Name(name) => Edit::Name(name.clone()),
            Setting::Alias(alias) => Edit::Alias(alias.clone()),
            Setting::Mac(mac) => Edit::Mac(*mac),
            Setting::Mtu(mtu) => Edit::Mtu(*mtu),
            Setting::Up(up) => Edit::Up(*up),
            Setting::AddAddress(address) => Edit::AddAddress(address.clone()),
            Setting::RemoveAddress(address) => Edit::RemoveAddress(address.clone()),
            Setting::Netns(place) => Edit::Netns(place.clone()),
            Setting::Flags(flags) => {
                let changed = self.link?.macvlan()?.flags.0 ^ flags.0;
                Edit::Flag { bit: changed, on: flags.has(changed) }
            }
            Setting::BcQueueLen(_) | Setting::BcCutoff(_) => return None,
        })
    }

    fn meaning(&self, errno: i32) -> Meaning {
        match errno {
            errno::EPERM | errno::EACCES => self.forbidden(errno),
            errno::EADDRINUSE => self.mac_held_unseen(),
            errno::EADDRNOTAVAIL => self.address_refused(),
            errno::EBUSY => self.busy(),
            errno::EEXIST => self.exists(),
            errno::EINVAL => self.invalid(),
            errno::ENODEV | errno::ENOENT | errno::ESRCH => self.gone(),
            errno::ERANGE => self.out_of_range(),
            errno::EOPNOTSUPP | errno::ENOTSUPP => self.unsupported(),
            errno::EOVERFLOW => meaning(
                format!(
                    "the promiscuity counter of {} has been driven below zero, by changing \
                     nopromisc while a passthru sub-interface was down",
                    self.parent_name()
                ),
                "only making that interface anew, or a reboot, repairs the counter",
            ),
            errno::ENETDOWN => meaning(
                format!(
                    "{} is down, and {} can't be up without it",
                    self.parent_name(),
                    self.link_name()
                ),
                format!("set {} up first", self.parent_name()),
            ),
            errno::ENOSPC | errno::ENOBUFS | errno::ENOMEM => self.no_room(errno),
            errno::EMSGSIZE => meaning(
                "the request is too long for one message, as source lists of thousands are",
                "set a shorter list and add the other MACs one by one",
            ),
            _ => None,
        }
    }

    fn forbidden(&self, errno: i32) -> Meaning {
        if let (Op::Set(_, Setting::AddAddress(address)), errno::EACCES) = (self.op, errno)
            && address.ip.is_ipv6()
        {
            return meaning(
                format!("IPv6 is switched off on {}", self.link_name()),
                "set the sysctl net.ipv6.conf.NAME.disable_ipv6 to 0 in that namespace",
            );
        }
        let place = match self.op {
            Op::CreateNetns { .. } | Op::DeleteNetns { .. } => {
                return meaning(
                    "namespaces and mounts in /run/netns need CAP_SYS_ADMIN",
                    "run macvlens as root",
                );
            }
            Op::Create(new) => match find_netns(self.topology, &new.netns) {
                Some(netns) if netns != new.parent.netns => format!(
                    "{} and {}",
                    self.topology.label(new.parent.netns),
                    self.topology.label(netns)
                ),
                _ => self.topology.label(new.parent.netns).into_owned(),
            },
            Op::Delete(target) | Op::Set(target, _) => match (self.link, target) {
                (Some(link), _) => self.topology.label(link.key.netns).into_owned(),
                (None, Target::Link(key)) => self.topology.label(key.netns).into_owned(),
                (None, Target::Named { .. }) => "the namespace".into(),
            },
        };
        meaning(
            format!("CAP_NET_ADMIN is missing in the user namespace that owns {place}"),
            "run macvlens as root of the host, or as root inside that user namespace",
        )
    }

    /// The rules found nobody with the MAC, so whoever has it can't be seen.
    fn mac_held_unseen(&self) -> Meaning {
        let mac = match self.op {
            Op::Create(new) => new.mac,
            Op::Set(_, Setting::Mac(mac)) => Some(*mac),
            _ => self.link.and_then(|link| link.mac),
        };
        let mac = mac.map_or_else(|| "the MAC".to_owned(), |mac| mac.to_string());
        let closed = self.topology.namespaces().filter(|namespace| {
            namespace.netns.view != View::Open || !has_way_in(&namespace.netns)
        });
        let closed: Vec<String> =
            closed.map(|namespace| self.topology.label(namespace.netns.id).into_owned()).collect();
        let place = if closed.is_empty() {
            "a namespace that nothing in sight leads to".to_owned()
        } else {
            format!("a namespace out of sight ({})", super::rules::some_of(&closed, 4))
        };
        meaning(
            format!(
                "another sub-interface of {} has {mac}, in {place}: most likely one that was \
                 deleted by name while a process still holds it",
                self.parent_name()
            ),
            "take another MAC, or find the holder: ls -l /proc/*/fd shows open net:[…] \
             descriptors, lsns -t net processes, and a program that has a socket open in it holds \
             it as well",
        )
    }

    fn address_refused(&self) -> Meaning {
        match self.op {
            Op::Set(_, Setting::RemoveAddress(address)) => meaning(
                format!("{} does not have {} any more", self.link_name(), address.cidr()),
                "nothing is left to do",
            ),
            Op::Set(_, Setting::AddAddress(address)) => meaning(
                format!("{} is not an address that an interface can have", address.cidr()),
                "take a unicast address",
            ),
            _ => meaning(
                "the MAC is zero, multicast or broadcast",
                "take a unicast MAC, the first byte even",
            ),
        }
    }

    fn busy(&self) -> Meaning {
        match self.op {
            Op::Create(new) => match self.owner_of_index(new) {
                Some(owner) => meaning(
                    format!("{owner} has the index that was asked for"),
                    "create it without asking for an index",
                ),
                None => meaning(
                    format!(
                        "something takes the frames of {} already: a bridge, bond, ipvlan, macsec, \
                         Open vSwitch or a packet filter of a driver",
                        self.parent_name()
                    ),
                    "free the parent, create the sub-interface on the bridge or bond, or on a VLAN \
                     of the parent",
                ),
            },
            Op::Set(_, Setting::Mac(_) | Setting::Name(_)) => meaning(
                format!("the kernel or driver allows this only while {} is down", self.link_name()),
                "set it down, change it, and set it up again",
            ),
            _ => meaning(
                format!("{} is in use by something else in the kernel", self.link_name()),
                "try again, or end what uses it",
            ),
        }
    }

    fn owner_of_index(&self, new: &NewLink) -> Option<String> {
        let netns = find_netns(self.topology, &new.netns)?;
        let owner = self.topology.link(LinkKey { netns, ifindex: new.ifindex? })?;
        Some(self.describe(owner.key))
    }

    fn exists(&self) -> Meaning {
        let what = match self.op {
            Op::CreateNetns { name } => format!("there is a file {name} in /run/netns already"),
            Op::Set(_, Setting::AddAddress(address)) => {
                format!("{} has {} already", self.link_name(), address.cidr())
            }
            Op::Create(new) if matches!(new.kind, super::NewKind::Vlan { .. }) => {
                format!("the name {} or the VLAN id is taken on {}", new.name, self.parent_name())
            }
            Op::Create(new) => format!("the name {} is taken there", new.name),
            Op::Set(_, Setting::Name(name)) => format!("the name {name} is taken there"),
            _ => "the name is taken there, possibly as an alternative name".into(),
        };
        meaning(what, "look at what is there now, and take another one")
    }

    fn invalid(&self) -> Meaning {
        let (link, parent) = (self.link_name(), self.parent_name());
        match self.op {
            Op::Create(_) => meaning(
                format!(
                    "{parent} may have a passthru sub-interface out of sight, be no Ethernet \
                     interface, or the kernel does not know the mode"
                ),
                "use another parent or mode",
            ),
            Op::Set(_, Setting::Mode(_)) => meaning(
                format!(
                    "{link} was or would be in passthru mode, or the kernel does not know the mode"
                ),
                "delete it and create it again in the mode that is wanted",
            ),
            Op::Set(_, Setting::Flags(_)) => {
                meaning("this kernel does not know the flag", "leave it off, or use a newer kernel")
            }
            Op::Set(_, Setting::AddSource(_) | Setting::RemoveSource(_) | Setting::Sources(_)) => {
                meaning(
                    format!("{link} is not in source mode any more"),
                    "change the mode to source first",
                )
            }
            Op::Set(_, Setting::Mtu(_)) => meaning(
                format!("the MTU is outside what {link} or {parent} allows"),
                "ip -d link show names minmtu and maxmtu",
            ),
            Op::Set(_, Setting::Mac(_)) => meaning(
                format!("the driver of {link} refuses this MAC"),
                "take another MAC of the same length",
            ),
            Op::Set(_, Setting::Name(_)) => {
                meaning("the kernel does not take this name", "take letters and digits")
            }
            Op::Set(_, Setting::AddAddress(address)) if address.ip.is_ipv6() => meaning(
                format!("IPv6 does not work on {link}: its MTU is below 1280, or IPv6 is off"),
                "raise the MTU, or look at the sysctl net.ipv6.conf.NAME.disable_ipv6",
            ),
            Op::Set(_, Setting::Netns(_)) => meaning(
                format!("the kernel ties {link} to its namespace"),
                "make another one in the other namespace",
            ),
            _ => None,
        }
    }

    fn gone(&self) -> Meaning {
        let subject = match self.op {
            Op::CreateNetns { name } | Op::DeleteNetns { name } => {
                format!("the file {name} in /run/netns is not there")
            }
            Op::Create(new) if self.parent.is_none() => {
                format!("{} is gone", self.describe(new.parent))
            }
            Op::Create(new) if find_netns(self.topology, &new.netns).is_none() => {
                "the namespace for it is gone".into()
            }
            Op::Set(_, Setting::Netns(place)) if find_netns(self.topology, place).is_none() => {
                "the namespace to move it to is gone".into()
            }
            Op::Delete(target) | Op::Set(target, _) if self.link.is_none() => match target {
                Target::Link(key) => format!("{} is gone", self.describe(*key)),
                Target::Named { name, .. } => format!("{name} is gone"),
            },
            _ => "an interface or namespace was gone for a moment".into(),
        };
        meaning(subject, "somebody else changes this host; look at what is there now and try again")
    }

    fn out_of_range(&self) -> Meaning {
        match self.op {
            Op::Set(_, Setting::Mtu(_)) => meaning(
                format!("the MTU is above what {} allows", self.parent_name()),
                format!("take a smaller one, or raise the MTU of {} first", self.parent_name()),
            ),
            Op::Create(_) => meaning(
                "the name is longer than 15 bytes, or the MTU or VLAN id outside its range",
                "take a shorter name and smaller numbers",
            ),
            _ => meaning("a name or number is outside its range", "take a smaller one"),
        }
    }

    fn unsupported(&self) -> Meaning {
        match self.op {
            Op::Create(new) => meaning(
                format!(
                    "this kernel has no {} driver, or may not load it from here",
                    new.kind.name()
                ),
                format!(
                    "load it on the host: modprobe {}",
                    match new.kind.name() {
                        "vlan" => "8021q",
                        other => other,
                    }
                ),
            ),
            Op::Delete(_) => meaning(
                format!("the driver of {} does not let it be deleted", self.link_name()),
                "set it down, or unload its driver",
            ),
            Op::Set(_, Setting::Mac(_) | Setting::Mtu(_)) => meaning(
                format!("the driver of {} can't change this", self.link_name()),
                "leave it as it is",
            ),
            Op::Set(..) => meaning(
                format!("{} has another kind now than when this was asked", self.link_name()),
                "look at what is there now and try again",
            ),
            _ => None,
        }
    }

    fn no_room(&self, errno: i32) -> Meaning {
        match (self.op, errno) {
            (Op::CreateNetns { .. }, errno::ENOSPC) => meaning(
                "there are as many network namespaces as the limit allows",
                "delete some, or raise the sysctl user.max_net_namespaces",
            ),
            (Op::Set(_, Setting::AddAddress(address)), errno::ENOBUFS) if address.ip.is_ipv6() => {
                meaning(
                    format!("IPv6 does not work on {}: its MTU is below 1280", self.link_name()),
                    "raise the MTU to 1280 or more first",
                )
            }
            (_, errno::ENOSPC) => meaning(
                "a table of the kernel or of the network card is full",
                "delete what is not needed",
            ),
            _ => meaning(
                "the kernel is short of memory, or of the part of it that this user may have",
                "free some, or raise the limits of the memory cgroup and net.core.optmem_max",
            ),
        }
    }
}
