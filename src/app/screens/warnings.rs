//! The list of what looks wrong, what could not be seen, and what this kernel lacks.

use crate::app::App;
use crate::app::sheet::{Entry, Sheet, Tone};
use crate::lint::Severity;

/// One entry a warning, the worst first.
pub fn sheet(app: &App) -> Sheet {
    let mut sheet = Sheet::new("Warnings");
    if let Some(why) = app.lost() {
        sheet.toned("stopped", format!("{why} What is shown no longer changes."), Tone::Error);
    }
    for finding in app.findings() {
        sheet.entries.push(Entry {
            label: finding.severity.name().into(),
            text: finding.sentence.clone(),
            tone: tone(finding.severity),
            target: Some(finding.item),
        });
    }
    for problem in app.topology().problems() {
        let label = if problem.incomplete { "not seen" } else { "problem" };
        sheet.toned(label, format!("{}: {}", problem.what, problem.why), Tone::Warning);
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
