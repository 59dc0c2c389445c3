//! The help screen: the key table, the filter's words and the signs on the screen.

use crate::app::App;
use crate::app::keymap::Scope;
use crate::app::sheet::{Sheet, Tone};
use crate::model::Mode;
use crate::model::filter::WORDS;

/// The keys and what the screen means.
pub fn sheet(app: &App) -> Sheet {
    let mut sheet = Sheet::new("Help");
    for (scope, title) in Scope::ALL {
        sheet.heading(title);
        for (row, keys) in app.settings().keymap.rows(scope) {
            let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
            sheet.add(keys.join(" "), row.help);
        }
    }
    sheet.heading("Words of the filter");
    for (word, meaning) in WORDS {
        sheet.add(format!("{word}:"), meaning);
    }
    sheet.add("!", "In front of a term, shows what does not match it.");
    sheet.heading("Modes");
    for mode in Mode::ALL {
        sheet.add(mode.name(), mode.meaning());
    }
    sheet.heading("Signs");
    let glyphs = app.glyphs();
    sheet.toned(glyphs.error, "Traffic does not pass.", Tone::Error);
    sheet.toned(glyphs.warning, "Traffic may not pass as intended.", Tone::Warning);
    sheet.heading("Signs between two ends");
    sheet.toned(glyphs.good, "A ping works.", Tone::Good);
    sheet.toned(glyphs.warning, "Frames pass, packets do not.", Tone::Warning);
    sheet.toned(glyphs.error, "Frames do not pass as a ping needs them.", Tone::Error);
    sheet.add("=", "Behind such a sign: probed, and as predicted.");
    sheet.toned("!", "Behind such a sign: probed, and not as predicted.", Tone::Warning);
    sheet.add("?", "Behind such a sign: it could not be probed.");
    sheet.heading("Mouse");
    let mouse = if app.settings().mouse {
        "Click selects, a click on the sign before a name opens or closes, one on an answer gives it; \
         the wheel scrolls."
    } else {
        "Left to the terminal."
    };
    sheet.add("mouse", mouse);
    sheet
}
