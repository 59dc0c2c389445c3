//! What a watcher can't see, in words: one problem for each reason, never one for each namespace.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::kernel::privileges::advice;
use crate::kernel::{KernelError, support};
use crate::model::{Problem, Topology, View};

/// One problem for each reason why namespaces are closed, however many they are.
pub(super) fn closed(topology: &Topology) -> Vec<Problem> {
    let mut closed: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for namespace in topology.in_display_order() {
        if let View::Closed { why } = &namespace.netns.view {
            closed.entry(why).or_default().push(topology.label(namespace.netns.id));
        }
    }
    let problem = |(why, labels): (&str, Vec<Cow<'_, str>>)| Problem {
        what: match labels.len() {
            1 => format!("the links of namespace {}", labels[0]),
            many => format!("the links of {many} namespaces, such as {}", labels[0]),
        },
        why: why.to_owned(),
        incomplete: true,
    };
    closed.into_iter().map(problem).collect()
}

/// Nothing is heard of other namespaces, only read.
pub(super) fn deaf() -> Problem {
    Problem {
        what: "what changes in other network namespaces, sooner than two seconds later".into(),
        why: format!(
            "to hear their events takes cap_net_broadcast, which is lacking, so they are read \
             again and again; {}",
            advice()
        ),
        incomplete: false,
    }
}

/// There can be no observer.
pub(super) fn unprivileged(error: &KernelError) -> Problem {
    Problem {
        what: "network namespaces other than the own one".into(),
        why: format!("{error}; {}", advice()),
        incomplete: true,
    }
}

/// The kernel has no observer to offer.
pub(super) fn too_old(release: &str) -> Problem {
    let (major, minor) = support::OLDEST;
    Problem {
        what: "network namespaces other than the own one".into(),
        why: format!(
            "Linux {release} is too old to read a namespace from outside, which takes \
             {major}.{minor} or newer; run macvlens inside each with: ip netns exec NAME macvlens"
        ),
        incomplete: true,
    }
}
