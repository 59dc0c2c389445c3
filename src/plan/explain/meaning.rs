//! What single error numbers mean for single ops, where no rule sees a reason.

use super::super::ip_command::has_way_in;
use super::super::rules::some_of;
use super::super::simulate::find_netns;
use super::super::{NewKind, NewLink, Op, Setting, Target};
use super::{Meaning, Scene, errno, meaning};
use crate::model::{LinkKey, View};

impl Scene<'_> {
    pub(super) fn forbidden(&self, errno: i32) -> Meaning {
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
    pub(super) fn mac_held_unseen(&self) -> Meaning {
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
            format!("a namespace out of sight ({})", some_of(&closed, 4))
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

    pub(super) fn address_refused(&self) -> Meaning {
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

    pub(super) fn busy(&self) -> Meaning {
        match self.op {
            Op::Create(new) => match self.index_taken(new) {
                Some(taken) => taken,
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
            Op::Set(_, Setting::Netns { ifindex: Some(index), .. }) => meaning(
                format!("another interface has the index {index} there"),
                "move it without asking for an index",
            ),
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

    fn index_taken(&self, new: &NewLink) -> Option<Meaning> {
        let netns = find_netns(self.topology, &new.netns)?;
        let owner = self.topology.link(LinkKey { netns, ifindex: new.ifindex? })?;
        Some(meaning(
            format!("{} has the index that was asked for", self.describe(owner.key)),
            "create it without asking for an index",
        ))
    }

    pub(super) fn exists(&self) -> Meaning {
        if let Op::Create(new) = self.op
            && let Some(taken) = self.index_taken(new)
        {
            return taken;
        }
        let what = match self.op {
            Op::CreateNetns { name } => {
                return meaning(
                    format!(
                        "there is a file {name} in /run/netns already, on which no namespace is mounted"
                    ),
                    "take another name, or remove the file where it is left over",
                );
            }
            Op::Set(_, Setting::AddAddress(address)) => {
                format!("{} has {} already", self.link_name(), address.cidr())
            }
            Op::Create(new) if matches!(new.kind, NewKind::Vlan(_)) => {
                format!("the name {} or the VLAN id is taken on {}", new.name, self.parent_name())
            }
            Op::Create(new) => format!("the name {} is taken there", new.name),
            Op::Set(_, Setting::Name(name)) => format!("the name {name} is taken there"),
            _ => "the name is taken there, possibly as an alternative name".into(),
        };
        meaning(what, "look at what is there now, and take another one")
    }

    pub(super) fn invalid(&self) -> Option<Meaning> {
        let (link, parent) = (self.link_name(), self.parent_name());
        Some(match self.op {
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
                match self.parent {
                    Some(_) => format!("the MTU is outside what {link} or {parent} allows"),
                    None => format!("the MTU is outside what {link} allows"),
                },
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
            Op::Set(_, Setting::Netns { .. }) => meaning(
                format!("the kernel ties {link} to its namespace"),
                "make another one in the other namespace",
            ),
            _ => return None,
        })
    }

    pub(super) fn gone(&self) -> Meaning {
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
            Op::Set(_, Setting::Netns { place, .. })
                if find_netns(self.topology, place).is_none() =>
            {
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

    pub(super) fn out_of_range(&self) -> Meaning {
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

    pub(super) fn unsupported(&self, said: Option<&str>) -> Option<Meaning> {
        // NETIF_F_VLAN_CHALLENGED; a kind that the kernel does not know is "Unknown device type".
        let no_vlans = said.is_some_and(|said| said.contains("VLANs not supported"));
        Some(match self.op {
            Op::Create(_) if no_vlans => meaning(
                format!("the driver of {} carries no VLAN tags", self.parent_name()),
                "choose another parent",
            ),
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
            _ => return None,
        })
    }

    pub(super) fn no_room(&self, errno: i32) -> Meaning {
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

    pub(super) fn miscounted(&self) -> Meaning {
        meaning(
            format!(
                "the promiscuity counter of {} has been driven below zero, by changing nopromisc \
                 while a passthru sub-interface was down",
                self.parent_name()
            ),
            "only making that interface anew, or a reboot, repairs the counter",
        )
    }

    pub(super) fn parent_down(&self) -> Meaning {
        let parent = self.parent_name();
        meaning(
            format!("{parent} is down, and {} can't be up without it", self.link_name()),
            format!("set {parent} up first"),
        )
    }
}

pub(super) fn no_directory() -> Meaning {
    meaning(
        "no file can be made in /run/netns: /run is missing or mounted read-only, or one of them is \
         no directory",
        "mount a tmpfs on /run, or mount it read-write again",
    )
}
