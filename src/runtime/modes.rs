//! Mode cards without the UI, as text.

use std::io::{self, BufWriter, Write, stdout};

use anyhow::Result;

use super::{print, style};
use crate::app::glyphs::{self, Glyphs};
use crate::app::screens::card;
use crate::app::sheet::Sheet;
use crate::cli::{Cli, Status};
use crate::model::{Mode, Topology};
use crate::teach::card::{Card, commands};

/// Columns of the text.
const WIDTH: usize = 78;

/// Prints the card of a mode, or a sentence on each.
pub fn run(cli: &Cli, mode: Option<Mode>) -> Result<Status> {
    let glyphs = if style(cli.look).ascii { &glyphs::ASCII } else { &glyphs::UNICODE };
    let mut out = BufWriter::new(stdout().lock());
    print::finish(write(&mut out, mode, glyphs).and_then(|()| out.flush()))
}

fn write(out: &mut impl Write, mode: Option<Mode>, glyphs: &Glyphs) -> io::Result<()> {
    let Some(card) = mode.and_then(Card::of) else { return write_sheet(out, &card::modes()) };
    let commands = commands(&Topology::default(), None, card.mode);
    let sheet = card::sheet(card, &commands, WIDTH, glyphs);
    writeln!(out, "{}\n", sheet.title)?;
    write_sheet(out, &sheet)
}

fn write_sheet(out: &mut impl Write, sheet: &Sheet) -> io::Result<()> {
    let labels = sheet.label_width(WIDTH);
    for line in sheet.lines(WIDTH) {
        writeln!(out, "{}", format!("{:labels$}{}", line.label, line.text).trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_eighty_columns_in_unicode_and_in_ascii() {
        for mode in Mode::ALL.map(Some).into_iter().chain([None]) {
            for glyphs in [&glyphs::UNICODE, &glyphs::ASCII] {
                let mut bytes = Vec::new();
                write(&mut bytes, mode, glyphs).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.lines().all(|line| line.chars().count() < 80), "{text}");
                let is_ascii = std::ptr::eq(glyphs, &raw const glyphs::ASCII);
                assert_eq!(text.is_ascii(), is_ascii || mode.is_none(), "{text}");
                for named in mode.map_or(Mode::ALL.to_vec(), |mode| vec![mode]) {
                    assert!(text.contains(named.name()), "{text}");
                }
            }
        }
    }
}
