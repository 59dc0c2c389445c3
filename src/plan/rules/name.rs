//! Names of links and namespaces, and aliases.

use super::{Verdict, require};
use crate::model::{Namespace, NetnsId, Text, Topology};
use crate::plan::Rule;

/// Longest name of a link in bytes (`IFNAMSIZ` less the NUL).
pub(in crate::plan) const MAX_NAME: usize = 15;
/// Longest alias in bytes (`IFALIASZ` less the NUL).
const MAX_ALIAS: usize = 255;
/// Longest file name in bytes.
const MAX_FILE_NAME: usize = 255;

/// Whether the kernel takes the name (`dev_valid_name` of net/core/dev.c), as it is.
pub(in crate::plan) fn name_is_usable(name: &Text) -> Verdict {
    let wrong = name_fault(name.as_bytes());
    require(
        wrong.is_none(),
        Rule::NameUnusable,
        || format!("'{name}' can't be the name of an interface: {}", wrong.unwrap_or_default()),
        || format!("take 1 to {MAX_NAME} bytes without '/', ':', '%' or white space"),
    )
}

/// Why the kernel would not take the name of a link as it is; `None` where it would.
pub fn name_fault(name: &[u8]) -> Option<&'static str> {
    // The kernel's isspace() knows the no-break space of Latin-1, which is also a part of many
    // UTF-8 letters.
    let is_space = |byte: &u8| matches!(byte, 9..=13 | b' ' | 0xa0);
    match name {
        b"" => Some("it is empty"),
        name if name.len() > MAX_NAME => Some("it is longer than 15 bytes"),
        b"." | b".." => Some("it would be a directory in /sys"),
        b"all" | b"default" => Some("it is reserved for settings of all interfaces"),
        name if name.iter().any(is_space) => {
            Some("it contains white space, or the byte 0xa0, which the kernel takes for it")
        }
        name if name.contains(&b'/') || name.contains(&b':') => Some("it contains '/' or ':'"),
        name if name.contains(&0) => Some("it contains a NUL byte"),
        name if name.contains(&b'%') => {
            Some("the kernel puts a number in the place of a '%d', and refuses any other '%'")
        }
        _ => None,
    }
}

/// Whether nothing in the namespace has the name, not even as an alternative one.
pub(in crate::plan) fn name_is_free(topology: &Topology, netns: NetnsId, name: &Text) -> Verdict {
    let taken = topology.namespace(netns).and_then(|space| space.link_named(name.as_bytes()));
    let Some(owner) = taken else { return Ok(()) };
    let described = topology.describe(owner.key);
    let why = if owner.name == *name {
        format!("{described} has that name already")
    } else {
        format!("{described} has '{name}' as an alternative name")
    };
    require(false, Rule::NameTaken, || why, || "take another name".into())
}

/// Whether an alias is short enough.
pub(in crate::plan) fn alias_fits(alias: &Text) -> Verdict {
    let len = alias.as_bytes().len();
    require(
        len <= MAX_ALIAS && !alias.as_bytes().contains(&0),
        Rule::AliasTooLong,
        || format!("the alias has {len} bytes, the kernel keeps {MAX_ALIAS} and no NUL"),
        || "shorten it".into(),
    )
}

/// Why there can be no file of that name in /run/netns; `None` where there can.
pub fn netns_name_fault(name: &[u8]) -> Option<&'static str> {
    match name {
        b"" => Some("it is empty"),
        b"." | b".." => Some("it is a directory"),
        name if name.len() > MAX_FILE_NAME => Some("it is longer than 255 bytes"),
        name if name.contains(&b'/') => Some("it contains '/'"),
        name if name.contains(&0) => Some("it contains a NUL byte"),
        _ => None,
    }
}

/// Whether a new namespace can have the name.
pub(in crate::plan) fn netns_name(topology: &Topology, name: &Text) -> Verdict {
    let wrong = netns_name_fault(name.as_bytes());
    require(
        wrong.is_none(),
        Rule::NetnsName,
        || format!("'{name}' can't be a file in /run/netns"),
        || format!("take 1 to {MAX_FILE_NAME} bytes without '/'"),
    )?;
    require(
        !netns_name_taken(topology, name),
        Rule::NetnsName,
        || format!("there is a namespace {name} already"),
        || "take another name, or use the namespace that is there".into(),
    )
}

/// Whether there is a file of this name in /run/netns, be it a namespace's second one.
pub(in crate::plan) fn netns_name_taken(topology: &Topology, name: &Text) -> bool {
    let named = |space: &Namespace| space.netns.iproute_names().any(|own| own == name.as_bytes());
    topology.namespaces().any(named)
}
