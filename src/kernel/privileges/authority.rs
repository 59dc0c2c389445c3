//! What this process may change, by its effective capabilities (capabilities(7)).
//!
//! An estimate before anything is tried: for a namespace that another user owns, and under a
//! security module, the kernel has the last word.

use rustix::thread::{CapabilitySet, capabilities};

use super::advice;

/// What can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Every namespace.
    All,
    /// Only the own namespace: no other can be entered. What is missing, and how to get it.
    Own(String),
    /// Nothing. What is missing, and how to get it.
    None(String),
}

/// What the calling thread may change.
pub fn authority() -> Authority {
    match capabilities(None) {
        Ok(sets) => judge(sets.effective),
        Err(error) => Authority::None(format!("the own capabilities can't be read: {error}")),
    }
}

fn judge(effective: CapabilitySet) -> Authority {
    if !effective.contains(CapabilitySet::NET_ADMIN) {
        let missing = "changing an interface takes cap_net_admin";
        return Authority::None(format!("{missing}; {}", advice()));
    }
    if !effective.contains(CapabilitySet::SYS_ADMIN) {
        let missing = "entering a namespace takes cap_sys_admin";
        return Authority::Own(format!("{missing}; {}", advice()));
    }
    Authority::All
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_capability_opens_a_door() {
        let both = CapabilitySet::NET_ADMIN | CapabilitySet::SYS_ADMIN;
        assert_eq!(judge(both), Authority::All);
        let Authority::Own(why) = judge(CapabilitySet::NET_ADMIN) else { panic!() };
        assert!(why.starts_with("entering a namespace takes cap_sys_admin; "), "{why}");
        let Authority::None(why) = judge(CapabilitySet::SYS_ADMIN) else { panic!() };
        assert!(why.contains("cap_net_admin") && why.contains("sudo"), "{why}");
    }
}
