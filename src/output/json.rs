//! JSON that loses nothing and that a terminal can show: how strangers' bytes become strings, and
//! how strings are written.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::document::{Document, SCHEMA};
use crate::model::forest::Selection;
use crate::model::text::is_plain;
use crate::model::{Text, Topology};

/// The document with the number of its schema in front.
#[derive(Serialize)]
struct Numbered<'a> {
    schema: u32,
    #[serde(flatten)]
    document: Document<'a>,
}

/// Writes the whole document on one line.
pub(super) fn write(
    out: &mut impl Write,
    topology: &Topology,
    selection: &Selection,
) -> io::Result<()> {
    let document = Document::new(topology, selection);
    write_line(out, &Numbered { schema: SCHEMA, document })
}

/// Writes any value as one line of printable characters.
pub(super) fn write_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Printable))?;
    out.write_all(b"\n")
}

/// The string that stands for bytes in the document. UTF-8 stays as it is, except that a backslash
/// is doubled; a byte that is not part of UTF-8 becomes `\xhh`. Different bytes give different
/// strings.
pub fn json_text(text: &Text) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text.as_bytes())
        && !text.contains('\\')
    {
        return Cow::Borrowed(text);
    }
    let mut string = String::new();
    for chunk in text.as_bytes().utf8_chunks() {
        string.push_str(&chunk.valid().replace('\\', "\\\\"));
        string.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    Cow::Owned(string)
}

/// Compact JSON in which every character that a terminal would not show as itself is written as
/// `\uXXXX`, so that reading the document on a screen is safe and parsing it gives it back.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| !is_plain(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_line(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_stay_data_and_never_steer_a_terminal() {
        let written = |bytes: &[u8]| line(&json_text(&bytes.into()));
        assert_eq!(written("größe".as_bytes()), "\"größe\"\n");
        assert_eq!(written(b"a\x1b[31m\x7f"), "\"a\\u001b[31m\\u007f\"\n");
        assert_eq!(written("x\u{202e}y\u{e0041}".as_bytes()), "\"x\\u202ey\\udb40\\udc41\"\n");
        assert_eq!(written(b"a\xff"), "\"a\\\\xff\"\n");
        assert_eq!(written(b"a\\xff"), "\"a\\\\\\\\xff\"\n");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in any::<String>()) {
            let line = line(&text);
            prop_assert!(line.trim_end_matches('\n').chars().all(is_plain), "{}", line);
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }

        #[test]
        fn different_bytes_give_different_strings(a in bytes(), b in bytes()) {
            let [text_a, text_b] = [Text::from(a.clone()), Text::from(b.clone())];
            prop_assert_eq!(a == b, json_text(&text_a) == json_text(&text_b));
        }

        #[test]
        fn utf8_without_a_backslash_is_verbatim(text in "[^\\\\]{0,15}") {
            let stranger = Text::from(text.as_str());
            prop_assert_eq!(&*json_text(&stranger), text);
        }
    }

    /// Few distinct bytes, so that escapes and what looks like escapes meet.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte =
            prop_oneof![Just(b'\\'), Just(b'x'), Just(b'f'), Just(0xff), Just(0xc3), Just(0xa4)];
        proptest::collection::vec(byte, 0..6)
    }
}
