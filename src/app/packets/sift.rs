//! The filter of packets: words, each of which must occur in what is shown of a packet; in any case.

use std::fmt::Write as _;

use super::ring::Entry;

/// A filter.
#[derive(Clone, Debug, Default)]
pub(super) struct Sieve {
    /// What was typed.
    text: String,
    /// The words in lower case, and whether each must not occur.
    words: Vec<(String, bool)>,
}

impl Sieve {
    /// Reads a filter; `!` in front of a word inverts it.
    pub(super) fn parse(text: &str) -> Self {
        let words = text.split_whitespace().filter_map(|word| {
            let (word, inverted) =
                word.strip_prefix('!').map_or((word, false), |rest| (rest, true));
            (!word.is_empty()).then(|| (word.to_lowercase(), inverted))
        });
        Self { text: text.to_owned(), words: words.collect() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn passes(&self, entry: &Entry) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let packet = &entry.caught.packet;
        let mut shown =
            format!("{} {} {} {}", packet.protocol, packet.summary, packet.source, packet.target);
        for name in entry.names.iter().flatten() {
            shown.push(' ');
            shown.push_str(name);
        }
        if let Some(id) = packet.vlan {
            // Writing into a String cannot fail.
            let _ = write!(shown, " vlan {id}");
        }
        let shown = shown.to_lowercase();
        self.words.iter().all(|(word, inverted)| shown.contains(word) != *inverted)
    }
}
