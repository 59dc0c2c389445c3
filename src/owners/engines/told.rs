//! What has been told, so that only what differs is told again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::api::Failure;
use super::place::{Place, Refused};
use super::read::Heard;
use crate::model::{Belief, Change, Problem, ProblemSource, SourceId, Text};
use crate::owners::networks;

/// The places that have been seen, in the order in which they first were: the number of a place is
/// its identity for as long as the process lives, whoever asks.
static PLACES: Mutex<Vec<Text>> = Mutex::new(Vec::new());

/// The number of a place.
pub(super) fn number(place: &Text) -> SourceId {
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    let at = places.iter().position(|known| known == place).unwrap_or_else(|| {
        places.push(place.clone());
        places.len() - 1
    });
    SourceId(u32::try_from(at).unwrap_or(u32::MAX))
}

/// What became of a source.
#[derive(Clone, Debug)]
pub(super) struct Report {
    source: SourceId,
    /// `None` where it says nothing now, and what it said before is kept.
    belief: Option<Box<Belief>>,
    problems: Vec<Problem>,
}

impl Report {
    /// An engine answered.
    pub(super) fn heard(place: &Place, heard: Heard) -> Self {
        let problem = |why| Problem {
            what: format!("{} at {}", heard.belief.engine.name(), place.origin),
            why,
            incomplete: false,
        };
        let problems = heard.faults.into_iter().map(problem).collect();
        let source = number(&place.origin);
        Self { source, belief: Some(Box::new(heard.belief)), problems }
    }

    /// An engine did not.
    pub(super) fn failed(place: &Place, failure: &Failure) -> Self {
        let problem = Problem { what: place.name(), why: failure.why.clone(), incomplete: false };
        Self { source: number(&place.origin), belief: None, problems: vec![problem] }
    }

    /// Nothing was found out at all.
    pub(super) fn unread(failure: &Failure) -> Self {
        let what = "networks of engines and of configuration files";
        let problem = Problem { what: what.into(), why: failure.why.clone(), incomplete: false };
        Self { source: number(&what.into()), belief: None, problems: vec![problem] }
    }
}

/// What is told when the thread that follows all sources has failed.
pub fn unfollowed() -> Vec<Change> {
    let why = "the thread that follows them has failed, so that what is said of them no longer \
        changes; start macvlens anew";
    Told::default().report(Report::unread(&Failure::new(why)))
}

/// What has been told of each source.
#[derive(Default)]
pub(super) struct Told {
    sources: BTreeMap<SourceId, Last>,
    /// The sources that are places with files, and those that are not asked.
    files: Vec<SourceId>,
    refused: Vec<SourceId>,
}

#[derive(Default)]
struct Last {
    belief: Option<Box<Belief>>,
    problems: Vec<Problem>,
}

impl Told {
    /// What is news in a report.
    pub(super) fn report(&mut self, report: Report) -> Vec<Change> {
        let Report { source, belief, problems } = report;
        let last = self.sources.entry(source).or_default();
        let mut changes = Vec::new();
        if belief.is_some() && last.belief != belief {
            last.belief.clone_from(&belief);
            changes.push(Change::Belief { source, belief });
        }
        if last.problems != problems {
            last.problems.clone_from(&problems);
            let source = ProblemSource::Belief(source);
            changes.push(Change::Problems { source, list: problems });
        }
        changes
    }

    /// What is news in the configuration files; places that are no longer there are forgotten.
    pub(super) fn files(&mut self, all: Vec<networks::Told>) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut here = Vec::new();
        for networks::Told { place, belief, problems } in all {
            let source = number(&place);
            here.push(source);
            let belief = Some(Box::new(belief));
            changes.extend(self.report(Report { source, belief, problems }));
        }
        let before = std::mem::replace(&mut self.files, here);
        let gone: Vec<_> =
            before.into_iter().filter(|source| !self.files.contains(source)).collect();
        for source in gone {
            changes.extend(self.report(Report { source, belief: None, problems: Vec::new() }));
            if self.sources.remove(&source).is_some_and(|last| last.belief.is_some()) {
                changes.push(Change::Belief { source, belief: None });
            }
        }
        changes
    }

    /// What is news in the sockets that are not asked; one that is no longer among them is well again.
    pub(super) fn refused(&mut self, all: &[Refused]) -> Vec<Change> {
        let reports = all.iter().map(|refused| Report::failed(&refused.place, &refused.failure));
        let reports: Vec<Report> = reports.collect();
        let here = reports.iter().map(|report| report.source).collect();
        let before = std::mem::replace(&mut self.refused, here);
        let gone: Vec<_> =
            before.into_iter().filter(|source| !self.refused.contains(source)).collect();
        let well = |source| Report { source, belief: None, problems: Vec::new() };
        let reports = reports.into_iter().chain(gone.into_iter().map(well));
        reports.flat_map(|report| self.report(report)).collect()
    }
}
