//! Fitting text into columns. Widths are those of the terminal, not of characters or bytes.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cuts a text to a width and marks that with an ellipsis; never splits a wide character.
pub(super) fn cut<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= width {
        return text.into();
    }
    let room = width.saturating_sub(ellipsis.width());
    let mut used = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    if width >= ellipsis.width() { (kept + ellipsis).into() } else { kept.into() }
}

/// Cuts or pads a text to exactly a width.
pub(super) fn fit(text: &str, width: usize, ellipsis: &str) -> String {
    let mut text = cut(text, width, ellipsis).into_owned();
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
