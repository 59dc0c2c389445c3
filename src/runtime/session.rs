//! The SSH session that the program is used through, as the environment tells.

use std::env;
use std::ffi::OsStr;
use std::net::IpAddr;

use nix::unistd::getppid;
use procfs::process::Process;

use crate::kernel::session::oif_towards;
use crate::model::{Namespace, Topology};
use crate::plan::session::Session;

/// The SSH session, if the program is used through one and the server's address is in sight. The own
/// namespace is looked at first: most often the server listens where the program runs.
pub(super) fn current(topology: &Topology) -> Option<Session> {
    let (client, server) = addresses()?;
    let mut namespaces = topology.in_display_order();
    namespaces.sort_by_key(|namespace| !namespace.netns.current);
    let has_server = |n: &&&Namespace| {
        n.links().any(|link| link.addresses.iter().any(|address| address.ip == server))
    };
    let netns = &namespaces.iter().find(has_server)?.netns;
    // Without an answer the links that have the address are taken for those that carry it.
    let oif = if netns.current { oif_towards(client).ok().flatten() } else { None };
    Some(Session { client, server, netns: netns.id, oif })
}

/// The client's and the server's address of the SSH connection. sudo(8) takes the variable out of
/// the environment, so that of the processes above this one is looked at, too.
fn addresses() -> Option<(IpAddr, IpAddr)> {
    let own = env::var("SSH_CONNECTION").ok();
    own.or_else(of_ancestors).and_then(|value| parse(&value))
}

fn of_ancestors() -> Option<String> {
    let mut pid = getppid().as_raw();
    while pid > 1 {
        let process = Process::new(pid).ok()?;
        // That of another user's process may be unreadable; the one above may be ours again.
        if let Ok(environ) = process.environ()
            && let Some(value) = environ.get(OsStr::new("SSH_CONNECTION"))
        {
            return value.to_str().map(str::to_owned);
        }
        pid = process.stat().ok()?.ppid;
    }
    None
}

/// `CLIENT PORT SERVER PORT` (ssh(1), SSH_CONNECTION). A link-local address has its zone behind it.
fn parse(value: &str) -> Option<(IpAddr, IpAddr)> {
    let words: Vec<_> = value.split_whitespace().collect();
    let [client, _, server, _] = words[..] else { return None };
    // An IPv6 socket tells an IPv4 address as one of ::ffff:0:0/96.
    let address = |word: &str| Some(word.split('%').next()?.parse::<IpAddr>().ok()?.to_canonical());
    Some((address(client)?, address(server)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_read() {
        let parsed = |value: &str| parse(value).map(|(a, b)| format!("{a} {b}"));
        assert_eq!(parsed("192.0.2.1 5022 192.0.2.7 22").unwrap(), "192.0.2.1 192.0.2.7");
        assert_eq!(parsed("fe80::1%eth0 5022 fe80::2%eth0 22").unwrap(), "fe80::1 fe80::2");
        let mapped = parsed("::ffff:192.0.2.1 5022 ::ffff:192.0.2.7 22");
        assert_eq!(mapped.unwrap(), "192.0.2.1 192.0.2.7");
        for odd in ["", "192.0.2.1", "192.0.2.1 5022 host 22", "192.0.2.1 1 192.0.2.7 22 more"] {
            assert_eq!(parsed(odd), None, "{odd}");
        }
    }
}
