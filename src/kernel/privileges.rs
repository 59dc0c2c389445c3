//! What to do where the kernel refuses for want of privileges, and how to have fewer.

mod authority;
mod looking;

use std::sync::LazyLock;

use nix::unistd::geteuid;

pub use authority::{Authority, authority};
pub use looking::drop_for_looking;

/// What looking into every namespace takes.
const CAPABILITIES: &str =
    "cap_sys_admin,cap_sys_ptrace,cap_net_admin,cap_net_broadcast,cap_dac_read_search";

/// What helps this user; follows a reason and a semicolon.
pub(super) fn advice() -> &'static str {
    static ADVICE: LazyLock<String> = LazyLock::new(|| text(geteuid().is_root()));
    &ADVICE
}

fn text(is_root: bool) -> String {
    if is_root {
        format!(
            "root lacks capabilities here, as in a container: run macvlens with sudo on the host, \
             or start the container with --pid=host and --privileged or {CAPABILITIES}"
        )
    } else {
        format!("run with sudo, or give the binary the capabilities: setcap {CAPABILITIES}+ep")
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_root_without_capabilities_is_not_sent_to_become_root() {
        assert!(text(true).contains("--pid=host"));
        assert!(!text(false).contains("container"));
        for is_root in [true, false] {
            let text = text(is_root);
            assert!(text.contains("sudo") && text.contains("cap_net_broadcast"), "{text}");
        }
    }
}
