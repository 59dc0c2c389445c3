//! The five cards. What is claimed here was measured; a test compares it with `reach`.

use super::Other::{Host, Outside, Sibling};
use super::Passes::{All, Listed, NoArp, Nothing};
use super::{Card, Claim, Motion, Other, Passes};
use crate::model::Mode::{Bridge, Passthru, Private, Source, Vepa};

const fn claim(other: Other, off: [Passes; 2], on: [Passes; 2]) -> Claim {
    Claim { other, off, on }
}

/// No frame, either way.
const NONE: [Passes; 2] = [Nothing; 2];
const ASKING: &str = "A broadcast of this one, such as the question for a MAC (ARP):";

/// A card for every mode, in the kernel's order.
#[rustfmt::skip]
pub static CARDS: [Card; 5] = [
    Card {
        mode: Private,
        claims: &[
            claim(Sibling(Private), NONE, [NoArp, NoArp]),
            claim(Sibling(Vepa), NONE, [NoArp, NoArp]),
            claim(Sibling(Bridge), NONE, [NoArp, NoArp]),
            claim(Sibling(Source), NONE, [Listed, NoArp]),
            claim(Host, NONE, [NoArp, All]),
            claim(Outside, [All; 2], [All; 2]),
        ],
        motion: Motion::Sends,
        caption: ASKING,
        cost: "The least: nothing is handed to siblings, and nothing is copied for them.",
        needs: "Nothing of the switch, and no setting of it makes siblings talk.",
        used_for: "Tenants on one card that must not reach each other, each with its own way out.",
    },
    Card {
        mode: Vepa,
        claims: &[
            claim(Sibling(Private), NONE, [NoArp, NoArp]),
            claim(Sibling(Vepa), NONE, [All; 2]),
            claim(Sibling(Bridge), NONE, [All; 2]),
            claim(Sibling(Source), NONE, [Listed, NoArp]),
            claim(Host, NONE, [All; 2]),
            claim(Outside, [All; 2], [All; 2]),
        ],
        motion: Motion::Sends,
        caption: ASKING,
        cost: "What siblings say to each other crosses parent and wire twice: to the switch and back.",
        needs: "For siblings to talk, a switch that sends frames back through the port they came from: \
                hairpin of a Linux bridge, reflective relay (IEEE 802.1Qbg).",
        used_for: "Where the switch is to see, filter and count all traffic, that between siblings, too. \
                   It is what ip makes when no mode is named.",
    },
    Card {
        mode: Bridge,
        claims: &[
            claim(Sibling(Private), NONE, [NoArp, NoArp]),
            claim(Sibling(Vepa), NONE, [All; 2]),
            claim(Sibling(Bridge), [All; 2], [All; 2]),
            claim(Sibling(Source), NONE, [Listed, NoArp]),
            claim(Host, NONE, [All; 2]),
            claim(Outside, [All; 2], [All; 2]),
        ],
        motion: Motion::Sends,
        caption: ASKING,
        cost: "CPU of this host, which hands frames to siblings in memory and copies broadcasts for each. \
               The switch sees broadcasts, but not what goes to the MAC of a sibling in bridge mode.",
        needs: "The siblings in bridge mode, too. There is no bridge to see: nothing is learned, and \
                there is no spanning tree.",
        used_for: "Containers of one host that talk to each other and to the network. Docker, Podman \
                   and CNI make it when no mode is named.",
    },
    Card {
        mode: Passthru,
        claims: &[
            claim(Host, NONE, [Nothing, All]),
            claim(Outside, [All; 2], [All; 2]),
        ],
        motion: Motion::Sends,
        caption: ASKING,
        cost: "The whole parent. Frames from outside to the host's own MAC go to this one instead. The \
               parent hears everything on its wire (promiscuous) unless nopromisc is set.",
        needs: "A parent with no other sub-interface; for several, one VLAN interface for each. It shares \
                the parent's MAC: to change one is to change both.",
        used_for: "A virtual machine or a container that gets a card, or one VLAN of it, for itself.",
    },
    Card {
        mode: Source,
        claims: &[
            claim(Sibling(Private), NONE, [NoArp, Listed]),
            claim(Sibling(Vepa), NONE, [NoArp, Listed]),
            claim(Sibling(Bridge), NONE, [NoArp, Listed]),
            claim(Sibling(Source), NONE, [Listed, Listed]),
            claim(Host, NONE, [NoArp, Listed]),
            claim(Outside, [All, Listed], [All, Listed]),
        ],
        motion: Motion::Receives,
        caption: "Frames to this one; at ? they go on only when the sender's MAC is in its list:",
        cost: "A look into the lists for the sender of every frame that comes in. Copies of what \
               listed senders say go to other receivers, too, unless nodst is set.",
        needs: "A list of senders, which macaddr add, del, set and flush change; with an empty one nothing \
                is received. Another mode empties it.",
        used_for: "VLANs by MAC: each known sender's frames go to the interface that lists it.",
    },
];
