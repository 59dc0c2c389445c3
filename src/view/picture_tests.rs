//! A picture shows what the buffer has, read back from the picture.

use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;
use crate::app::driver::Driver;

/// The value of an attribute.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// The characters of all texts, each at its cell.
fn read_back(svg: &str, area: Rect) -> Buffer {
    let mut buffer = Buffer::empty(area);
    for element in svg.lines().filter(|line| line.starts_with("<text ")) {
        let number = |name| attribute(element, name).unwrap().parse::<u16>().unwrap();
        let (x, y) = (number("x") / CELL.0, number("y") / CELL.1);
        let (_, content) = element.split_once('>').unwrap();
        let content = content.strip_suffix("</text>").unwrap();
        let text = content.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert_eq!(usize::from(number("textLength") / CELL.0), text.width(), "{element}");
        buffer.set_string(x, y, text, Style::new());
    }
    buffer
}

fn texts(buffer: &Buffer) -> Vec<&str> {
    buffer.content.iter().map(Cell::symbol).collect()
}

#[test]
fn every_screen_can_be_read_back_from_its_picture() {
    for keys in ["", "?", "w", "j i", "j r", ": r"] {
        let mut driver = Driver::large();
        driver.keys(keys);
        let buffer = driver.buffer();
        let picture = svg(&buffer, "a <screen>");
        let mut expected = buffer.clone();
        for (at, cell) in expected.content.iter_mut().enumerate() {
            let (x, y) = (at % 120, at / 120);
            let at = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
            if let Some(path) = drawn(cell.symbol(), at) {
                assert!(picture.contains(&path), "{}", cell.symbol());
                cell.set_symbol(" ");
            }
        }
        assert_eq!(texts(&read_back(&picture, buffer.area)), texts(&expected), "{keys}");
        assert!(picture.contains("<title>a &lt;screen&gt;</title>"));
    }
}

#[test]
fn lines_of_boxes_meet_at_the_edges_of_their_cells() {
    assert_eq!(drawn("─", (1, 0)).unwrap(), "M9 9.5H18");
    assert_eq!(drawn("┐", (2, 0)).unwrap(), "M18 9.5H22.5M22.5 9.5V18");
    assert_eq!(drawn("│", (2, 1)).unwrap(), "M22.5 18V36");
    assert_eq!(drawn("a", (0, 0)), None);
    let bar = drawn("▄", (0, 0)).unwrap();
    assert!(bar.starts_with("M0.5 18v-9M1.5 18v-9"), "{bar}");
}

#[test]
fn styles_are_kept() {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
    let style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    buffer.set_string(0, 0, "red", style);
    buffer.set_string(4, 0, "back", Style::new().bg(Color::Indexed(238)));
    buffer.set_string(8, 0, "turn", Style::new().add_modifier(Modifier::REVERSED));
    let picture = svg(&buffer, "");
    assert!(picture.contains("fill=\"#e06c75\" font-weight=\"bold\">red</text>"), "{picture}");
    assert!(
        picture.contains("<rect x=\"36\" y=\"0\" width=\"36\" height=\"18\" fill=\"#444444\"/>")
    );
    assert!(picture.contains(&format!("height=\"18\" fill=\"{INK}\"/>")), "{picture}");
    assert!(picture.contains(&format!("fill=\"{PAPER}\">turn</text>")), "{picture}");
}

#[test]
fn the_palette_is_that_of_xterm() {
    assert_eq!(
        [16, 21, 196, 231, 232, 255].map(indexed),
        ["#000000", "#0000ff", "#ff0000", "#ffffff", "#080808", "#eeeeee"]
    );
    assert_eq!(indexed(9), color(Color::LightRed, ""));
}

proptest! {
    #[test]
    fn any_text_can_be_read_back(lines in proptest::collection::vec("[ab<>&\" 'é網✗]{0,12}", 1..4)) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 4));
        for (y, line) in lines.iter().enumerate() {
            buffer.set_string(0, u16::try_from(y).unwrap(), line, Style::new());
        }
        let picture = svg(&buffer, "");
        let shown = read_back(&picture, buffer.area);
        prop_assert_eq!(texts(&shown), texts(&buffer));
    }
}
