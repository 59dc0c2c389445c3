//! The rules: what is refused before the kernel is asked, one function a rule.
//!
//! Each takes the topology in which the op's turn has come. What can't be known here – a parent out
//! of sight, a namespace that nobody can see – is left to the kernel, and explained afterwards.

mod macvlan;
mod name;
mod parent;
mod place;
mod value;

pub(super) use macvlan::{may_change_mode, may_have_flags, may_have_sources, must_be_macvlan};
pub(super) use name::{
    MAX_NAME, alias_fits, name_is_free, name_is_usable, netns_name, netns_name_taken,
};
pub use name::{name_fault, netns_name_fault};
pub(super) use parent::{
    has_room_for, is_bridge_port, is_ethernet, lower, takes_macvlan, vlan_id, vlan_lets_up,
};
pub(super) use place::{deletable, enterable, movable, named, seen_link};
pub(super) use value::{
    address_addable, address_present, has_mac, mac_is_free, mac_is_usable, mac_lets_up, mtu,
};

use super::refusal::{Refusal, Rule};

/// What a rule says.
pub(super) type Verdict = Result<(), Refusal>;

/// A refusal, unless the condition holds.
fn require(
    holds: bool,
    rule: Rule,
    why: impl FnOnce() -> String,
    way_out: impl FnOnce() -> String,
) -> Verdict {
    if holds { Ok(()) } else { Err(Refusal::new(rule, why(), way_out())) }
}

/// `a, b and 3 more`: the first few of many.
pub(super) fn some_of(names: &[String], few: usize) -> String {
    match names {
        [] => "none".into(),
        [one] => one.clone(),
        all if all.len() <= few => {
            let (last, others) = all.split_at(all.len() - 1);
            format!("{} and {}", last.join(", "), others[0])
        }
        all => format!("{} and {} more", all[..few].join(", "), all.len() - few),
    }
}
