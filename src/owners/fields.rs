//! Fields of a network as somebody wrote them: what they say, or a sentence on why they say nothing.

use std::net::IpAddr;

use crate::model::belief::{Driver, Range, Subnet};
use crate::model::text::{printable, shorten};
use crate::model::{Text, prefix};

/// So many sentences on one network are enough.
const MOST_FAULTS: usize = 16;
/// Columns of a text within a sentence.
const WIDTH: usize = 80;

/// What is wrong with a network.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    /// The sentences.
    pub(super) fn into_sentences(self) -> Vec<String> {
        self.0
    }

    /// Adds a sentence.
    pub(super) fn note(&mut self, sentence: String) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(sentence);
        }
    }

    /// An address; an empty text is none.
    pub(super) fn ip(&mut self, what: &str, text: &str) -> Option<IpAddr> {
        if text.is_empty() {
            return None;
        }
        let ip = text.parse().ok();
        if ip.is_none() {
            self.note(format!("Its {what} {} is no IP address.", quoted(text)));
        }
        ip
    }

    /// A subnet with its gateway and the first and last address that are given out of it, each empty
    /// where it is not said.
    pub(super) fn subnet(
        &mut self,
        net: &str,
        gateway: &str,
        [first, last]: [&str; 2],
    ) -> Option<Subnet> {
        let Some((net, bits)) = prefix::parse(net) else {
            self.note(format!("Its subnet {} is none, like 192.0.2.0/24.", quoted(net)));
            return None;
        };
        let mut subnet = Subnet::new(net, bits);
        subnet.gateway = self.ip("gateway", gateway);
        let ends = [self.ip("first address", first), self.ip("last address", last)];
        if ends != [None, None] {
            subnet.range = Some(Range::Between(ends[0], ends[1]));
        }
        Some(subnet)
    }

    /// The mode, or the driver's usual one where none is said.
    pub(super) fn mode(&mut self, driver: Driver, mode: &str, known: &[&str]) -> Text {
        if mode.is_empty() {
            return driver.usual_mode().into();
        }
        if !known.contains(&mode) {
            self.note(format!(
                "Its mode {} is none that {} interfaces are made in.",
                quoted(mode),
                driver.name()
            ));
        }
        mode.into()
    }

    /// The MTU; nothing and 0 are that of the parent.
    pub(super) fn mtu(&mut self, mtu: &str) -> Option<u32> {
        if mtu.is_empty() {
            return None;
        }
        let number = mtu.parse().ok();
        if number.is_none() {
            self.note(format!("Its MTU {} is none.", quoted(mtu)));
        }
        number.filter(|mtu| *mtu != 0)
    }
}

/// A text in a sentence, with quotes around it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", shown(text.as_bytes()))
}

/// A text that somebody wrote, short enough for a sentence.
pub(super) fn shown(text: &[u8]) -> String {
    shorten(&printable(text), WIDTH, "…").into_owned()
}

/// Whether an engine takes this for the name of a network (`ValidateNetworkName` of libcni,
/// `NameRegex` of Podman).
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    match name.as_bytes() {
        [] => Err("the network that it describes has no name".into()),
        [first, rest @ ..]
            if first.is_ascii_alphanumeric() && rest.iter().all(|byte| inner(*byte)) =>
        {
            Ok(())
        }
        _ => Err(format!("{} can't be the name of a network", quoted(name))),
    }
}

/// Reads JSON, and says in short why it is none or not of that shape.
pub(super) fn json<'a, T: serde::Deserialize<'a>>(content: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(content).map_err(|error| shown(error.to_string().as_bytes()))
}
