//! What to do where the kernel refuses for want of privileges, and how to have fewer.

mod authority;
mod looking;

use std::env;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use nix::unistd::geteuid;

use crate::plan::ip_command::shell_quote;
pub use authority::{Authority, authority};
pub use looking::drop_for_looking;

/// What looking into every namespace takes.
const CAPABILITIES: &str =
    "cap_sys_admin,cap_sys_ptrace,cap_net_admin,cap_net_broadcast,cap_dac_read_search";

/// What helps this user; follows a reason and a semicolon.
pub(super) fn advice() -> &'static str {
    static ADVICE: LazyLock<String> =
        LazyLock::new(|| text(geteuid().is_root(), env::current_exe().ok()));
    &ADVICE
}

/// `program`: where the binary is; when it has been replaced meanwhile, nothing is there.
fn text(is_root: bool, program: Option<PathBuf>) -> String {
    if is_root {
        return format!(
            "root lacks capabilities here, as in a container: run macvlens with sudo on the host, \
             or start the container with --pid=host and --privileged or {CAPABILITIES}"
        );
    }
    let program = program.filter(|program| program.exists()).map_or_else(
        || "\"$(command -v macvlens)\"".into(),
        |program| shell_quote(program.as_os_str().as_bytes()),
    );
    format!(
        "run with sudo, or give the binary the capabilities: \
         sudo setcap {CAPABILITIES}+ep {program}"
    )
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_root_without_capabilities_is_not_sent_to_become_root() {
        assert!(text(true, None).contains("--pid=host"));
        assert!(!text(false, None).contains("container"));
        for is_root in [true, false] {
            let text = text(is_root, None);
            assert!(text.contains("sudo") && text.contains("cap_net_broadcast"), "{text}");
        }
    }
    #[test]
    fn the_binary_is_named_as_a_shell_takes_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let program = directory.path().join("it's macvlens");
        std::fs::write(&program, "").expect("a file");
        let named = text(false, Some(program.clone()));
        assert!(named.ends_with(r"/it\'s macvlens'"), "{named}");
        std::fs::remove_file(&program).expect("to remove it");
        assert!(text(false, Some(program)).ends_with("+ep \"$(command -v macvlens)\""));
    }
}
