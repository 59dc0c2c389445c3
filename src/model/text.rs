//! Text that somebody else wrote: interface names, aliases, paths, process names.
//!
//! The kernel takes nearly any bytes for these, so the model keeps bytes. [`printable`] is the one
//! way from such bytes to a terminal or a document; nothing else may print them.

use std::borrow::{Borrow, Cow};
use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Bytes written by a stranger. Ordered and compared as bytes, displayed through [`printable`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(Box<[u8]>);

impl Text {
    /// The bytes as they are.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What may be printed; see [`printable`].
    pub fn printable(&self) -> Cow<'_, str> {
        printable(&self.0)
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.printable())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.printable())
    }
}

/// Renders bytes so that only visible characters of a known width remain, and so that different
/// bytes never render alike.
///
/// Kept as they are: graphic characters one or two columns wide, and the plain space. A backslash
/// becomes `\\`. Everything else – control characters, escape sequences, bidirectional overrides,
/// combining and zero-width characters, other white space – becomes `\u{hex}`, and a byte that is
/// not part of valid UTF-8 becomes `\xhh`.
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.iter().all(|b| matches!(b, b' '..=b'~') && *b != b'\\') {
        // Printable ASCII is valid UTF-8, so nothing is lost here.
        return String::from_utf8_lossy(bytes);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                c if is_plain(c) => out.push(c),
                c => escape(&mut out, format_args!("\\u{{{:x}}}", u32::from(c))),
            }
        }
        for byte in chunk.invalid() {
            escape(&mut out, format_args!("\\x{byte:02x}"));
        }
    }
    Cow::Owned(out)
}

fn escape(out: &mut String, escaped: fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = fmt::Write::write_fmt(out, escaped);
}

/// Spells printable text with ASCII alone, for terminals that show nothing else: every other
/// character becomes `\u{hex}`. As [`printable`] doubles backslashes, texts that differ stay
/// different.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            escape(&mut out, format_args!("\\u{{{:x}}}", u32::from(c)));
        }
    }
    Cow::Owned(out)
}

/// Cuts printable text in the middle to so many columns and puts an ellipsis there, so that both
/// ends stay: names of one engine begin alike and differ at the end. Never splits a wide character.
pub fn shorten<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= width {
        return text.into();
    }
    let Some(room) = width.checked_sub(ellipsis.width()) else {
        return "".into();
    };
    let tail = &text[text.len() - fitting(text.chars().rev(), room / 2)..];
    let head = &text[..fitting(text.chars(), room - tail.width())];
    format!("{head}{ellipsis}{tail}").into()
}

/// Length in bytes of as many of the first characters as fit into so many columns.
pub(crate) fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    characters.take_while(fits).map(char::len_utf8).sum()
}

/// Whether a terminal shows this character as itself, in the width that we count for it.
pub(crate) fn is_plain(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    let private = matches!(u32::from(c), 0xe000..=0xf8ff | 0xf_0000..=0x10_ffff);
    !c.is_whitespace() && !private && matches!(c.width(), Some(1 | 2)) && !is_format(c)
}

/// Characters that steer the layout instead of being seen, whatever width tables say of them.
fn is_format(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xfffd | 0xe_0000..=0xe_0fff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["eth0", "veth-trunk.50", "größe", "網卡0", "a b"] {
            assert_eq!(printable(name.as_bytes()), name);
        }
    }

    #[test]
    fn what_could_steer_a_terminal_is_spelled_out() {
        assert_eq!(printable(b"a\x1b[31m"), "a\\u{1b}[31m");
        assert_eq!(printable("x\u{202e}y".as_bytes()), "x\\u{202e}y");
        assert_eq!(printable("e\u{301}".as_bytes()), "e\\u{301}");
        assert_eq!(printable(b"a\xffb"), "a\\xffb");
        assert_eq!(printable(b"a\\xffb"), "a\\\\xffb");
        assert_eq!(printable("\u{9b}1m\u{85}".as_bytes()), "\\u{9b}1m\\u{85}");
        assert_eq!(printable("a\u{a0}b".as_bytes()), "a\\u{a0}b");
    }

    #[test]
    fn ascii_alone_tells_apart_what_differs() {
        assert_eq!(ascii("größe"), "gr\\u{f6}\\u{df}e");
        assert_eq!(ascii(&printable(b"gr\\u{f6}")), "gr\\\\u{f6}");
    }

    #[test]
    fn both_ends_of_a_long_name_stay() {
        assert_eq!(shorten("k8s-production-web-0", 12, "…"), "k8s-pr…web-0");
        assert_eq!(shorten("網卡網卡網卡", 8, "…"), "網卡…卡");
        assert_eq!(shorten("eth0", 4, "…"), "eth0");
        assert_eq!(shorten("eth0", 1, "…"), "…");
        assert_eq!(shorten("eth0", 2, "..."), "");
    }

    proptest! {
        #[test]
        fn ascii_stays_distinct(a in "[a\\\\u{}é網]{0,6}", b in "[a\\\\u{}é網]{0,6}") {
            let spelled = |text: &str| ascii(&printable(text.as_bytes())).into_owned();
            prop_assert!(spelled(&a).is_ascii());
            prop_assert_eq!(a == b, spelled(&a) == spelled(&b));
        }

        #[test]
        fn what_is_shortened_fits(text in "[a網é]{0,20}", width in 0_usize..20) {
            prop_assert!(shorten(&text, width, "…").width() <= width);
        }

        #[test]
        fn any_bytes_give_only_printable_text(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = printable(&bytes);
            prop_assert!(text.chars().all(is_plain));
            let sum: usize = text.chars().filter_map(UnicodeWidthChar::width).sum();
            prop_assert!(text.width() <= sum);
        }

        #[test]
        fn different_bytes_render_differently(a in proptest::collection::vec(any::<u8>(), 0..6),
                                              b in proptest::collection::vec(any::<u8>(), 0..6)) {
            prop_assert_eq!(a == b, printable(&a) == printable(&b));
        }
    }
}
