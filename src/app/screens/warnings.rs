//! The list of what looks wrong, what could not be seen, and what this kernel lacks.

use std::collections::HashMap;

use crate::app::App;
use crate::app::sheet::{Entry, Sheet, Tone};
use crate::lint::{Finding, Severity};

/// So many findings of a kind stand among others; more get a heading with their number.
const FEW: usize = 3;

/// What could not be seen, then one entry a finding: the worst first, and of those as bad the rare
/// ones, so that what hundreds of links have in common hides nothing.
pub fn sheet(app: &App) -> Sheet {
    let mut sheet = Sheet::new("Warnings");
    if let Some(why) = app.lost() {
        sheet.toned("stopped", format!("{why}. What is shown no longer changes."), Tone::Error);
    }
    for problem in app.topology().problems() {
        let label = if problem.incomplete { "not seen" } else { "problem" };
        sheet.toned(label, format!("{}: {}", problem.what, problem.why), Tone::Warning);
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for finding in app.findings() {
        *counts.entry(finding.code).or_default() += 1;
    }
    // What is few is listed as it comes.
    let many = |finding: &Finding| Some(counts[finding.code]).filter(|count| *count > FEW);
    let mut findings: Vec<_> = app.findings().iter().collect();
    findings.sort_by_key(|finding| {
        let group = many(finding).map(|count| (count, finding.code));
        (finding.severity, group)
    });
    let mut heading = None;
    for finding in findings {
        let group = many(finding).map(|count| (count, finding.code));
        if group != heading {
            match group {
                Some((count, _)) => sheet.heading(format!("{count} times: {}", finding.glance)),
                None => sheet.add("", ""),
            };
            heading = group;
        }
        sheet.entries.push(Entry {
            label: finding.severity.name().into(),
            text: finding.sentence.clone(),
            tone: tone(finding.severity),
            target: Some(finding.item),
        });
    }
    let support = app.topology().host().support;
    if let Some(advice) = support.advice() {
        sheet.toned("kernel", format!("{}; {advice}.", support.label()), Tone::Note);
    }
    if sheet.entries.is_empty() {
        sheet.toned("", "Nothing looks wrong, and nothing was out of sight.", Tone::Good);
    }
    sheet
}

/// The tone of a severity.
pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Note => Tone::Note,
    }
}
