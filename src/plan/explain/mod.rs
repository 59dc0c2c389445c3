//! What an errno of the kernel means here: who is in the way, in which namespace, and what next.
//!
//! The macvlan driver gives bare error numbers. What the rules would say of the host as it is now
//! comes first; what no rule can see, such as a MAC held in a namespace out of sight, is told by the
//! op and the number.

mod meaning;
#[cfg(test)]
mod tests;

use super::build::{build, words};
use super::simulate::{find, find_netns};
use super::{Edit, NewLink, Op, Place, Request, Rule, Setting};
use crate::model::{Link, LinkKey, Topology};

/// Error numbers of Linux (asm-generic/errno.h) that are explained, and their names.
mod errno {
    pub(super) const NAMES: [(i32, &str); 21] = [
        (EPERM, "EPERM"),
        (ENOENT, "ENOENT"),
        (ESRCH, "ESRCH"),
        (ENOMEM, "ENOMEM"),
        (EACCES, "EACCES"),
        (EBUSY, "EBUSY"),
        (EEXIST, "EEXIST"),
        (ENODEV, "ENODEV"),
        (ENOTDIR, "ENOTDIR"),
        (EINVAL, "EINVAL"),
        (ENOSPC, "ENOSPC"),
        (EROFS, "EROFS"),
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
    pub(super) const ENOTDIR: i32 = 20;
    pub(super) const EINVAL: i32 = 22;
    pub(super) const ENOSPC: i32 = 28;
    pub(super) const EROFS: i32 = 30;
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
    let (why, next) = match scene.refusal(errno).or_else(|| scene.meaning(errno, kernel_text)) {
        Some(meaning) => meaning,
        None => (
            "nothing in sight explains it".to_owned(),
            "look at the kernel's log with dmesg, and at what else changes this host".to_owned(),
        ),
    };
    format!("{attempt}: the kernel refused with {name}{text}: {why}; {next}")
}

/// Why, and what next.
type Meaning = (String, String);

fn meaning(why: impl Into<String>, next: impl Into<String>) -> Meaning {
    (why.into(), next.into())
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

    /// What the rules say of the same request now; they know nothing of privileges and memory.
    fn refusal(&self, errno: i32) -> Option<Meaning> {
        if matches!(errno, errno::EPERM | errno::EACCES | errno::ENOMEM | errno::ENOSPC) {
            return None;
        }
        let request = match self.op {
            Op::Create(new) => {
                let netns = self.known(&new.netns);
                Request::Create(Box::new(NewLink { netns, ..(**new).clone() }))
            }
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

    /// The place by identity, where an earlier step has made it.
    fn known(&self, place: &Place) -> Place {
        find_netns(self.topology, place).map_or_else(|| place.clone(), Place::Known)
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
            Setting::Port(option) => Edit::Port(*option),
            Setting::Netns { place, .. } => Edit::Netns(self.known(place)),
            Setting::Flags(flags) => {
                let changed = self.link?.macvlan()?.flags.0 ^ flags.0;
                Edit::Flag { bit: changed, on: flags.has(changed) }
            }
            Setting::BcQueueLen(_) | Setting::BcCutoff(_) => return None,
        })
    }

    fn meaning(&self, errno: i32, said: Option<&str>) -> Option<Meaning> {
        Some(match errno {
            errno::EROFS | errno::ENOTDIR | errno::ENOENT
                if matches!(self.op, Op::CreateNetns { .. }) =>
            {
                meaning::no_directory()
            }
            errno::EPERM | errno::EACCES => self.forbidden(errno),
            errno::EADDRINUSE => self.mac_held_unseen(),
            errno::EADDRNOTAVAIL => self.address_refused(),
            errno::EBUSY => self.busy(),
            errno::EEXIST => self.exists(),
            errno::EINVAL => return self.invalid(),
            errno::ENODEV | errno::ENOENT | errno::ESRCH => self.gone(),
            errno::ERANGE => self.out_of_range(),
            errno::EOPNOTSUPP | errno::ENOTSUPP => return self.unsupported(said),
            errno::EOVERFLOW => self.miscounted(),
            errno::ENETDOWN => self.parent_down(),
            errno::ENOSPC | errno::ENOBUFS | errno::ENOMEM => self.no_room(errno),
            errno::EMSGSIZE => meaning(
                "the request is too long for one message, as source lists of thousands are",
                "set a shorter list and add the other MACs one by one",
            ),
            _ => return None,
        })
    }
}
