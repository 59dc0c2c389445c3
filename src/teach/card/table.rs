//! A card's claims as a table, and what its words mean.

use super::{Card, Other, Passes};

impl Other {
    /// What the table calls it; a sibling by its mode.
    fn name(self) -> &'static str {
        match self {
            Self::Sibling(mode) => mode.name(),
            Self::Host => "host",
            Self::Outside => "outside",
        }
    }
}

impl Passes {
    /// What the table says, at most six columns.
    fn word(self) -> &'static str {
        match self {
            Self::Nothing => "✗",
            Self::NoArp => "no ARP",
            Self::All => "✓",
            Self::Listed => "listed",
        }
    }

    /// What that means, where the sign does not tell.
    fn meaning(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::All => None,
            Self::NoArp => Some(
                "no ARP: frames to the other's own MAC pass, broadcasts do not, so nobody can ask for \
                 that MAC.",
            ),
            Self::Listed => Some("listed: passes when the receiver lists the sender's MAC."),
        }
    }
}

/// Who gets frames of whom: heads, then a line for each other end. No line is wider than a figure.
pub fn table(card: &Card) -> Vec<String> {
    let siblings = card.claims.iter().any(|claim| matches!(claim.other, Other::Sibling(_)));
    let mut lines = vec![
        format!("{:9}{:14}{}", "", "hairpin off", "hairpin on"),
        line(if siblings { "sibling" } else { "" }, ["to", "from", "to", "from"]),
    ];
    lines.extend(card.claims.iter().map(|claim| {
        let [[a, b], [c, d]] = [claim.off, claim.on];
        line(claim.other.name(), [a, b, c, d].map(Passes::word))
    }));
    lines
}

fn line(name: &str, [a, b, c, d]: [&str; 4]) -> String {
    format!("{name:9}{a:7}{b:7}{c:7}{d}")
}

/// What the words of the table mean, and when a ping works.
pub fn legend(card: &Card) -> String {
    let said = |passes: Passes| {
        card.claims.iter().any(|claim| claim.off.contains(&passes) || claim.on.contains(&passes))
    };
    let words = [Passes::NoArp, Passes::Listed].into_iter().filter(|passes| said(*passes));
    let mut sentences: Vec<_> = words.filter_map(Passes::meaning).collect();
    sentences.push("A ping works where the question's way is ✓ and the answer's is not ✗.");
    sentences.join(" ")
}
