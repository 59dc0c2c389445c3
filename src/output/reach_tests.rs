//! The matrix on wide and narrow terminals, in Unicode and ASCII.

use super::*;
use crate::model::Change;
use crate::model::LinkKind;
use crate::model::fixture::{HOST, child, host, key, link};

fn matrix(style: Style) -> String {
    let mut topology = host();
    let parent = key(HOST, 3);
    let mut links = vec![link(HOST, 3, "ens8", LinkKind::Device)];
    for (ifindex, name, mode) in
        [(7, "a", Mode::Bridge), (8, "b", Mode::Bridge), (9, "c", Mode::Vepa)]
    {
        links.push(child(HOST, ifindex, name, mode, parent));
    }
    topology.apply(Change::Contents { netns: HOST, links });
    topology.apply(Change::NetnsGone(crate::model::fixture::C2));
    topology.apply(Change::NetnsGone(crate::model::fixture::C3));
    topology.apply(Change::NetnsGone(crate::model::fixture::TEST1));
    let matrix = Matrix::of(&topology, parent, Switch::Normal);
    let mut out = Vec::new();
    let parent = topology.link(parent).unwrap();
    write_matrix(&mut out, &topology, parent, &matrix, Switch::Normal, style).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_matrix_is_aligned_and_gives_each_reason_once() {
    let text = matrix(Style::default());
    let rows: Vec<_> = text.lines().take(6).collect();
    let expected = [
        "to →     a  b  c  host  outside  mode",
        "a        ·  ✓  ✗  ✗     ✓        bridge",
        "b        ✓  ·  ✗  ✗     ✓        bridge",
        "c        ✗  ✗  ·  ✗     ✓        vepa",
        "host     ✗  ✗  ✗  ·     ✓",
        "outside  ✓  ✓  ✓  ✓     ·",
    ];
    assert_eq!(rows, expected);
    let sentences: Vec<_> = text.lines().skip(6).collect();
    let once = |begin: &str| sentences.iter().filter(|line| line.starts_with(begin)).count();
    assert_eq!(once("vepa sends every frame out of ens8"), 1, "{text}");
    assert_eq!(once("Every frame of the own stack of"), 1, "{text}");
    assert!(sentences.last().unwrap().starts_with("Assumed: a switch"), "{text}");
}

#[test]
fn a_narrow_terminal_gets_a_list_and_ascii_letters() {
    let narrow = matrix(Style { width: Some(30), ascii: true, color: false });
    let expected = ["a", "  y  b", "  y  outside", "  n  c", "  n  host", "b"];
    assert_eq!(narrow.lines().take(6).collect::<Vec<_>>(), expected, "{narrow}");
    let wide = matrix(Style { width: Some(80), ascii: true, color: false });
    assert!(wide.starts_with("to ->    a  b  c  host"), "{wide}");
    assert!(wide.contains("\na        .  y  n  n     y        bridge\n"), "{wide}");
    assert!(wide.is_ascii());
}
