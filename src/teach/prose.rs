//! The text of a lesson: paragraphs and lists with `code` and **bold** words, and their lines in a pane
//! of some width. That is all of Markdown that there is; anything else is plain text.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a piece of text is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    /// As it is.
    #[default]
    Plain,
    /// A key, a name or a command, in backquotes.
    Code,
    /// Between two asterisks.
    Bold,
}

/// A piece of text of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// How it is set.
    pub set: Type,
}

/// A paragraph, or an item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// What stands before an item: `-`, or its number; empty of a paragraph.
    pub mark: String,
    /// Its text.
    pub spans: Vec<Span>,
}

/// Reads paragraphs and lists. An empty line ends each, the next mark ends an item.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim) {
        let (mark, rest) = marked(line);
        if line.is_empty() {
            goes_on = false;
            continue;
        }
        match blocks.last_mut().filter(|_| goes_on && mark.is_empty()) {
            Some((_, text)) => {
                text.push(' ');
                text.push_str(rest);
            }
            None => blocks.push((mark.into(), rest.into())),
        }
        goes_on = true;
    }
    let block = |(mark, text): (String, String)| Block { mark, spans: spans(&text) };
    blocks.into_iter().map(block).collect()
}

/// The mark before an item of a list, and what is behind it.
fn marked(line: &str) -> (&str, &str) {
    let Some((mark, rest)) = line.split_once(' ') else { return ("", line) };
    let number = mark.strip_suffix('.').unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || mark == "-" || mark == "*" { (mark, rest.trim_start()) } else { ("", line) }
}

/// The pieces of a paragraph. A sign that nothing closes is text.
fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let signs = [("`", Type::Code), ("**", Type::Bold)];
        let quoted = signs.into_iter().find_map(|(sign, set)| {
            let (inner, behind) = rest.strip_prefix(sign)?.split_once(sign)?;
            (!inner.is_empty()).then_some((inner, behind, set))
        });
        if let Some((inner, behind, set)) = quoted {
            if !plain.is_empty() {
                spans.push(Span { text: std::mem::take(&mut plain), set: Type::Plain });
            }
            spans.push(Span { text: inner.into(), set });
            rest = behind;
        } else {
            plain.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        spans.push(Span { text: plain, set: Type::Plain });
    }
    spans
}

/// How many words there are to read.
pub fn words(blocks: &[Block]) -> usize {
    let spans = blocks.iter().flat_map(|block| &block.spans);
    spans.map(|span| span.text.split_whitespace().count()).sum()
}

/// The lines for a pane of this width, with an empty one between paragraphs.
pub fn lines(blocks: &[Block], width: usize) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let is_item = !block.mark.is_empty();
        let follows_item = place > 0 && !blocks[place - 1].mark.is_empty();
        if place > 0 && !(is_item && follows_item) {
            lines.push(Vec::new());
        }
        let indent = if is_item { block.mark.width() + 1 } else { 0 };
        let broken = wrap(&block.spans, width.saturating_sub(indent).max(1));
        for (number, mut line) in broken.into_iter().enumerate() {
            if is_item {
                let mark = if number == 0 { &*block.mark } else { "" };
                line.insert(0, Span { text: format!("{mark:indent$}"), set: Type::Plain });
            }
            lines.push(line);
        }
    }
    lines
}

/// Breaks text at its spaces, and a word that is wider than the room where it has to.
fn wrap(spans: &[Span], room: usize) -> Vec<Vec<Span>> {
    let mut lines = vec![Vec::new()];
    let mut taken = 0;
    for word in split(spans) {
        let width: usize = word.iter().map(|(c, _)| c.width().unwrap_or(0)).sum();
        if taken > 0 && taken + 1 + width > room {
            lines.push(Vec::new());
            taken = 0;
        } else if taken > 0 {
            // The space belongs to what it joins, so that code of several words is in one piece.
            let before = lines.last().and_then(|line| line.last()).map(|span: &Span| span.set);
            let set = before.filter(|set| word.first().is_some_and(|(_, next)| next == set));
            push(&mut lines, ' ', set.unwrap_or_default());
            taken += 1;
        }
        for (c, set) in word {
            let width = c.width().unwrap_or(0);
            if taken + width > room && taken > 0 {
                lines.push(Vec::new());
                taken = 0;
            }
            push(&mut lines, c, set);
            taken += width;
        }
    }
    lines
}

/// Adds a character to the last line.
fn push(lines: &mut [Vec<Span>], c: char, set: Type) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut().filter(|span| span.set == set) {
        Some(span) => span.text.push(c),
        None => line.push(Span { text: c.into(), set }),
    }
}

/// Words of characters, each with its type: a word may have several, as in "`r`,".
fn split(spans: &[Span]) -> Vec<Vec<(char, Type)>> {
    let mut words = vec![Vec::new()];
    for span in spans {
        for c in span.text.chars() {
            if c == ' ' {
                words.push(Vec::new());
            } else if let Some(word) = words.last_mut() {
                word.push((c, span.set));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, width: usize) -> Vec<String> {
        let lines = lines(&parse(text), width);
        lines.iter().map(|line| line.iter().map(|span| &*span.text).collect()).collect()
    }

    #[test]
    fn paragraphs_are_joined_and_wrapped() {
        let text = "One two\nthree.\n\nFour.";
        assert_eq!(shown(text, 40), ["One two three.", "", "Four."]);
        assert_eq!(shown(text, 8), ["One two", "three.", "", "Four."]);
        assert_eq!(shown("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
    }

    #[test]
    fn lists_keep_their_marks_and_indent() {
        let text = "Then:\n\n- one two\n  three\n- four\n\n10. ten";
        assert_eq!(shown(text, 9), ["Then:", "", "- one two", "  three", "- four", "10. ten"]);
    }

    #[test]
    fn code_and_bold_are_spans_and_stray_signs_are_text() {
        let block = &parse("Press `r`, **not** `p")[0];
        let seen: Vec<_> = block.spans.iter().map(|span| (&*span.text, span.set)).collect();
        let wanted = [
            ("Press ", Type::Plain),
            ("r", Type::Code),
            (", ", Type::Plain),
            ("not", Type::Bold),
            (" `p", Type::Plain),
        ];
        assert_eq!(seen, wanted);
        assert_eq!(words(&parse("Press `ip link`, - **now**")), 6);
        // What was one word stays one.
        assert_eq!(shown("Press `r`, then", 8), ["Press r,", "then"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a`* 網\n-]{0,60}", room in 3_usize..20) {
            let lines = lines(&parse(&text), room);
            for line in &lines {
                let width: usize = line.iter().map(|span| span.text.width()).sum();
                prop_assert!(width <= room.max(4));
            }
            let count = |text: &str| text.matches(['a', '網']).count();
            let shown: usize = lines.iter().flatten().map(|span| count(&span.text)).sum();
            prop_assert_eq!(shown, count(&text));
        }
    }
}
