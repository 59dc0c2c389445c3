//! What the commands of Docker and Podman have in common: options of a network, spelled for a shell.

use super::blueprint::Blueprint;
use super::{Form, Recipe};
use crate::model::Text;
use crate::model::belief::Subnet;
use crate::plan::ip_command::shell_quote;

/// A command in the making.
pub(super) struct Command {
    words: Vec<Vec<u8>>,
    pub(super) notes: Vec<String>,
}

impl Command {
    /// `ENGINE network create -d DRIVER`, unless the engine makes no such interface.
    pub(super) fn new(blueprint: &Blueprint<'_>, form: Form) -> Result<Self, String> {
        no_tap(blueprint, form)?;
        let mut notes = blueprint.notes.clone();
        notes.extend(left_out(blueprint, form));
        notes.extend(whose(blueprint, form));
        let words = [form.name(), "network", "create", "-d", blueprint.driver.name()];
        Ok(Self { words: words.map(|word| word.as_bytes().to_vec()).into(), notes })
    }

    pub(super) fn word(&mut self, word: &str) {
        self.words.push(word.as_bytes().to_vec());
    }

    /// An option with its value.
    pub(super) fn option(&mut self, option: &str, value: &str) {
        self.word(option);
        self.word(value);
    }

    /// An option with a key and a value of any bytes.
    pub(super) fn pair(&mut self, option: &str, key: &str, value: &Text) {
        self.word(option);
        self.words.push([key.as_bytes(), b"=", value.as_bytes()].concat());
    }

    /// A subnet, as both engines take it.
    pub(super) fn subnet(&mut self, subnet: &Subnet) {
        self.option("--subnet", &subnet.to_string());
    }

    /// Tells of a range that is no prefix.
    pub(super) fn no_range(&mut self, form: Form, subnet: &Subnet, range: &dyn std::fmt::Display) {
        let reader = form.reader();
        self.notes
            .push(format!("{reader} takes a prefix for a range; that of {subnet} is {range}"));
    }

    /// The whole command, with the network's name at its end.
    pub(super) fn finish(mut self, name: &Text) -> Recipe {
        if name.as_bytes().starts_with(b"-") {
            self.word("--");
        }
        self.words.push(name.as_bytes().to_vec());
        let words: Vec<String> = self.words.iter().map(|word| shell_quote(word)).collect();
        Recipe { notes: self.notes, text: words.join(" ") + "\n" }
    }
}

/// Refuses what no engine makes.
pub(super) fn no_tap(blueprint: &Blueprint<'_>, form: Form) -> Result<(), String> {
    if blueprint.is_tap() {
        let reader = form.reader();
        return Err(format!("{reader} makes no macvtap interfaces; say it with ip or networkd"));
    }
    Ok(())
}

/// A parent that the engine can be told of: JSON has no other bytes than UTF-8.
pub(super) fn utf8(name: &Text, form: Form) -> Result<&str, String> {
    std::str::from_utf8(name.as_bytes()).map_err(|_| {
        let reader = form.reader();
        format!("{reader} takes UTF-8 only; rename '{name}' first, or say it with ip")
    })
}

/// Tells what of a link the networks of an engine can't ask for.
pub(super) fn left_out(blueprint: &Blueprint<'_>, form: Form) -> Option<String> {
    let mut words = blueprint.particulars();
    words.extend(blueprint.bc_queue_len().map(|length| format!("bcqueuelen {length}")));
    let reader = form.reader();
    (!words.is_empty()).then(|| format!("{reader} has no word for: {}", words.join(", ")))
}

/// Tells whose engine it is where it is an ordinary user's.
fn whose(blueprint: &Blueprint<'_>, form: Form) -> Option<String> {
    let belief = blueprint.network.as_ref()?.belief;
    let user = belief.user.as_ref().filter(|_| belief.engine.name() == form.name())?;
    Some(format!("the network is one of {user}, who is to run this"))
}

/// Tells of addresses that come from elsewhere than the engine.
pub(super) fn ipam<'a>(blueprint: &'a Blueprint<'_>) -> Option<&'a Text> {
    let ipam = blueprint.network.as_ref()?.network.ipam.as_ref();
    ipam.filter(|ipam| !matches!(ipam.as_bytes(), b"host-local" | b"default"))
}
