//! Names that engines take for networks, and what takes the place of others.

use crate::model::Text;

/// Words that an engine takes for a way to have a network, not for a name.
const RESERVED: [&str; 10] = [
    "none",
    "host",
    "bridge",
    "default",
    "private",
    "container",
    "ns",
    "pod",
    "pasta",
    "slirp4netns",
];

/// Whether Podman and libcni take it: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, and no word of theirs.
fn is_usual(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().copied().all(is_harmless)
        && !RESERVED.iter().any(|word| word.as_bytes() == name)
}

fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// A name that every engine takes: the wanted one, or one like it, which is told.
pub(super) fn usual(wanted: &Text, notes: &mut Vec<String>) -> String {
    let bytes = wanted.as_bytes();
    if is_usual(bytes) {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    let like = |byte: &u8| if is_harmless(*byte) { char::from(*byte) } else { '_' };
    let name = format!("net-{}", bytes.iter().map(like).collect::<String>());
    notes.push(format!("'{wanted}' can't be a network's name; here it is {name}"));
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_that_can_be_kept_is_kept() {
        let mut notes = Vec::new();
        assert_eq!(usual(&"centos1-2_a.b".into(), &mut notes), "centos1-2_a.b");
        assert!(notes.is_empty());
        assert_eq!(usual(&"host".into(), &mut notes), "net-host");
        assert_eq!(notes, ["'host' can't be a network's name; here it is net-host"]);
        assert_eq!(usual(&"".into(), &mut notes), "net-");
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_that_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let name = usual(&bytes.into(), &mut Vec::new());
            prop_assert!(is_usual(name.as_bytes()));
        }
    }
}
