//! Text that somebody else wrote: interface names, aliases, paths, process names.
//!
//! The kernel takes nearly any bytes for these, so the model keeps bytes. [`printable`] is the one
//! way from such bytes to a terminal or a document; nothing else may print them.

use std::borrow::{Borrow, Cow};
use std::fmt;

use unicode_width::UnicodeWidthChar;

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
    use unicode_width::UnicodeWidthStr;

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

    proptest! {
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
