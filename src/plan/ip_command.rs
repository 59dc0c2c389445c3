//! The `ip` command that looks at a link or a namespace, ready for a shell.
//!
//! Names and paths are other people's bytes; [`shell_quote`] is the one way from them to a shell.

use crate::model::{Holder, Link, Netns};

/// The command that shows a link, or all links of its namespace; `None` when no path leads into
/// the namespace.
pub fn show(netns: &Netns, link: Option<&Link>) -> Option<String> {
    let mut command = enter(netns)?;
    command.push_str("-d address show");
    if let Some(link) = link {
        command.push_str(" dev ");
        command.push_str(&shell_quote(link.name.as_bytes()));
    }
    Some(command)
}

/// `ip`, told to work inside the namespace, with a space behind it.
fn enter(netns: &Netns) -> Option<String> {
    if netns.current {
        return Some("ip ".into());
    }
    if let Some(name) = netns.iproute_name() {
        return Some(format!("ip -n {} ", shell_quote(name)));
    }
    let path = path(netns)?;
    Some(format!("nsenter --net={} ip ", shell_quote(&path)))
}

/// A file that stands for the namespace; what lives longest first.
fn path(netns: &Netns) -> Option<Vec<u8>> {
    let ways = netns.holders.iter().filter_map(way);
    ways.min_by_key(|(rank, _)| *rank).map(|(_, path)| path)
}

/// How a holder leads into its namespace, and how well: a mount of ours stays, a process ends, a
/// foreign mount can be anywhere, a descriptor may be closed any moment. A socket leads nowhere.
fn way(holder: &Holder) -> Option<(u8, Vec<u8>)> {
    Some(match holder {
        Holder::Mount { path, pid: None } => (0, path.as_bytes().to_vec()),
        Holder::Process { pid, .. } => (1, format!("/proc/{pid}/ns/net").into_bytes()),
        Holder::Thread { pid, tid, .. } => {
            (2, format!("/proc/{pid}/task/{tid}/ns/net").into_bytes())
        }
        Holder::Mount { path, pid: Some(pid) } => {
            (3, [format!("/proc/{pid}/root").as_bytes(), path.as_bytes()].concat())
        }
        Holder::Fd { pid, fd, .. } => (4, format!("/proc/{pid}/fd/{fd}").into_bytes()),
        Holder::Socket { .. } | Holder::Nsid { .. } => return None,
    })
}

/// Spells any bytes without NUL so that bash takes them as one word: as they are when they are
/// harmless, in single quotes when they are printable ASCII, in `$'…'` otherwise.
pub fn shell_quote(bytes: &[u8]) -> String {
    let harmless = |b: &u8| b.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(b);
    if !bytes.is_empty() && bytes.iter().all(harmless) {
        return bytes.iter().map(|b| char::from(*b)).collect();
    }
    if bytes.iter().all(|b| matches!(b, b' '..=b'~') && *b != b'\'') {
        let inside: String = bytes.iter().map(|b| char::from(*b)).collect();
        return format!("'{inside}'");
    }
    let spelled: String = bytes
        .iter()
        .map(|b| match b {
            b'\'' | b'\\' => format!("\\{}", char::from(*b)),
            b' '..=b'~' => char::from(*b).to_string(),
            other => format!("\\x{other:02x}"),
        })
        .collect();
    format!("$'{spelled}'")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;
    use crate::model::fixture::{C2, HOST, TEST1, VM, host, key, netns};
    use crate::model::{LinkKey, NetnsId, Topology};

    fn command(topology: &Topology, key: LinkKey) -> String {
        let namespace = topology.namespace(key.netns).unwrap();
        show(&namespace.netns, topology.link(key)).unwrap()
    }

    #[test]
    fn every_namespace_is_entered_the_shortest_way() {
        let host = host();
        assert_eq!(command(&host, key(HOST, 3)), "ip -d address show dev ens8");
        assert_eq!(command(&host, key(TEST1, 7)), "ip -n test1 -d address show dev macvlan1");
        assert_eq!(
            command(&host, key(C2, 2)),
            "nsenter --net=/run/docker/netns/centos1-2 ip -d address show dev eth0"
        );
        assert_eq!(
            command(&host, key(VM, 2)),
            "nsenter --net=/proc/4199/ns/net ip -d address show dev tap0"
        );
    }

    #[test]
    fn every_kind_of_holder_leads_in_or_says_that_it_cannot() {
        let command = "evil".into();
        let ways = [
            (
                Holder::Thread { pid: 5, tid: 6, command },
                Some("nsenter --net=/proc/5/task/6/ns/net ip -d address show"),
            ),
            (
                Holder::Mount { path: "/a b".into(), pid: Some(7) },
                Some("nsenter --net='/proc/7/root/a b' ip -d address show"),
            ),
            (
                Holder::Fd { pid: 8, fd: 9, command: "x".into() },
                Some("nsenter --net=/proc/8/fd/9 ip -d address show"),
            ),
            (Holder::Socket { pid: 8, fd: 9, command: "x".into() }, None),
            (Holder::Nsid { nsid: 4 }, None),
        ];
        for (holder, expected) in ways {
            let netns = netns(NetnsId::Cookie(50), vec![holder]);
            assert_eq!(show(&netns, None).as_deref(), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bash_reads_back_every_byte(words in proptest::collection::vec(
            proptest::collection::vec(1_u8..=255, 0..20), 1..20)) {
            let quoted: Vec<_> = words.iter().map(|word| shell_quote(word)).collect();
            prop_assert!(quoted.iter().all(|word| word.bytes().all(|b| matches!(b, b' '..=b'~'))));
            let script = format!("printf '%s\\0' {}", quoted.join(" "));
            let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
            let expected: Vec<u8> =
                words.iter().flat_map(|word| [&word[..], b"\0"].concat()).collect();
            prop_assert_eq!(output.stdout, expected);
        }
    }
}
