//! Names that engines take for networks, and what takes the place of others.

use super::Form;
use crate::model::Text;

/// Words that Docker or Podman takes for a way to have a network, not for a name.
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

/// Whether it is `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, as Podman and libcni want it, and no word of an engine.
fn is_usual(name: &[u8], form: Form) -> bool {
    name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().copied().all(is_harmless)
        && (form == Form::Cni || !RESERVED.iter().any(|word| word.as_bytes() == name))
}

fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)
}

/// A name that the reader of a form takes: the wanted one, or one like it, which is told.
pub(super) fn usual(wanted: &Text, form: Form, notes: &mut Vec<String>) -> String {
    let bytes = wanted.as_bytes();
    if is_usual(bytes, form) {
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
        assert_eq!(usual(&"centos1-2_a.b".into(), Form::Podman, &mut notes), "centos1-2_a.b");
        assert_eq!(usual(&"host".into(), Form::Cni, &mut notes), "host");
        assert!(notes.is_empty());
        assert_eq!(usual(&"host".into(), Form::Docker, &mut notes), "net-host");
        assert_eq!(notes, ["'host' can't be a network's name; here it is net-host"]);
        assert_eq!(usual(&"".into(), Form::Cni, &mut notes), "net-");
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_that_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let name = usual(&bytes.into(), Form::Podman, &mut Vec::new());
            prop_assert!(is_usual(name.as_bytes(), Form::Podman));
        }
    }
}
