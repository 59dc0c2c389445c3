//! Giving up what looking does not need, for `--read-only`.

use std::io;

use rustix::io::Errno;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set,
    clear_ambient_capability_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};

/// What finding and observing namespaces takes.
const LOOKING: CapabilitySet = CapabilitySet::SYS_ADMIN
    .union(CapabilitySet::NET_ADMIN)
    .union(CapabilitySet::SYS_PTRACE)
    .union(CapabilitySet::NET_BROADCAST)
    .union(CapabilitySet::DAC_READ_SEARCH);

/// Drops every capability but those that looking takes, for good. It works on the calling thread
/// and those that it starts afterwards, so it has to come before any other thread.
///
/// What is guaranteed by the kernel from then on: of the capabilities that the process had,
/// effective and permitted keep `CAP_SYS_ADMIN`, `CAP_NET_ADMIN`, `CAP_SYS_PTRACE`,
/// `CAP_NET_BROADCAST` and `CAP_DAC_READ_SEARCH`; inheritable and ambient are empty; the bounding
/// set is no larger than that where `CAP_SETPCAP` allows to make it so; and no program that is
/// started can have more (`PR_SET_NO_NEW_PRIVS`). So it can't open a raw socket, load a module,
/// write to files of others, kill, or change its user.
///
/// What is *not* guaranteed by the kernel: the observer makes a network namespace and gives ids in
/// it, which takes `CAP_SYS_ADMIN` and `CAP_NET_ADMIN`, and with these links could be changed. That
/// none is, is guaranteed by the program: without an executor nothing sends such a request.
pub fn drop_for_looking() -> io::Result<()> {
    // While CAP_SETPCAP is still there; without it the other sets bind as well.
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match capability_is_in_bounding_set(capability) {
            Ok(true) if !LOOKING.contains(capability) => {
                match remove_capability_from_bounding_set(capability) {
                    Ok(()) | Err(Errno::PERM) => {}
                    Err(errno) => return Err(errno.into()),
                }
            }
            Ok(_) => {}
            // Beyond the last that this kernel knows.
            Err(_) => break,
        }
    }
    match clear_ambient_capability_set() {
        // Linux before 4.3 has none.
        Ok(()) | Err(Errno::INVAL) => {}
        Err(errno) => return Err(errno.into()),
    }
    let now = capabilities(None)?;
    let kept = CapabilitySets {
        effective: now.effective & LOOKING,
        permitted: now.permitted & LOOKING,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, kept)?;
    Ok(set_no_new_privs(true)?)
}
