//! One look at the host's files: which sockets there are, and what configuration files say.
//!
//! Homes may be on a file server that does not answer, so a look is always taken on a thread that
//! nobody has to wait for.

use super::Sources;
use super::place::{Place, Refused, find};
use crate::owners::networks::{self, Files, Stamp};

/// What was found.
pub(super) struct Look {
    /// The state of the configuration files.
    pub(super) stamp: Stamp,
    /// What they say, where that may differ from the last look.
    pub(super) files: Option<Vec<networks::Told>>,
    /// The sockets to be asked.
    pub(super) places: Vec<Place>,
    /// Those that are not.
    pub(super) refused: Vec<Refused>,
}

impl Look {
    /// Looks now; the files are only read if their state is another one than is known.
    pub(super) fn new(sources: &Sources, known: Option<&Stamp>) -> Self {
        let files = files(sources);
        let stamp = networks::stamp(&files);
        let files = (known != Some(&stamp)).then(|| networks::read(&files));
        let (places, refused) = find(sources);
        Self { stamp, files, places, refused }
    }

    /// Looks for the only time, so that the state of the files is of no use to anybody.
    pub(super) fn once(sources: &Sources) -> Self {
        let files = Some(networks::read(&files(sources)));
        let (places, refused) = find(sources);
        Self { stamp: Stamp::default(), files, places, refused }
    }
}

fn files(sources: &Sources) -> Files {
    Files { root: sources.root.clone(), cni_conf_dirs: sources.cni_conf_dirs.clone() }
}
