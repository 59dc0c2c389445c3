//! What happened since the start, the newest first.

use crate::app::App;
use crate::app::sheet::{Sheet, Tone};

/// One entry a happening.
pub fn sheet(app: &App) -> Sheet {
    let mut sheet = Sheet::new("Events, newest first");
    for line in app.log().lines().rev() {
        sheet.toned(&*line.time, &*line.text, line.tone);
        for command in &line.commands {
            sheet.toned("", format!("$ {command}"), Tone::Dim);
        }
    }
    if sheet.entries.is_empty() {
        sheet.toned("", "Nothing changed since the start.", Tone::Dim);
    }
    sheet
}
