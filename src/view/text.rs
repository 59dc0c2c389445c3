//! Fitting text into columns. Widths are those of the terminal, not of characters or bytes.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use crate::model::text::fitting;

/// Cuts a text to a width and marks that with an ellipsis; never splits a wide character.
pub(super) fn cut<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= width {
        return text.into();
    }
    let Some(room) = width.checked_sub(ellipsis.width()) else {
        return "".into();
    };
    let kept = &text[..fitting(text.chars(), room)];
    format!("{kept}{ellipsis}").into()
}

/// Cuts or pads a text to exactly a width.
pub(super) fn fit(text: &str, width: usize, ellipsis: &str) -> String {
    padded(&cut(text, width, ellipsis), width)
}

/// Pads a text to a width.
pub(super) fn padded(text: &str, width: usize) -> String {
    let mut text = text.to_owned();
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("macvlan1", 8, "…"), "macvlan1");
        assert_eq!(cut("macvlan1", 5, "…"), "macv…");
        assert_eq!(cut("網卡網卡", 4, "…"), "網…");
        assert_eq!(cut("ab", 0, "…"), "");
        assert_eq!(fit("網卡", 6, "~"), "網卡  ");
    }

    proptest! {
        #[test]
        fn it_always_fits(text in "[a網é]{0,20}", width in 0_usize..20) {
            prop_assert!(cut(&text, width, "…").width() <= width);
            prop_assert_eq!(fit(&text, width, "…").width(), width);
        }
    }
}
