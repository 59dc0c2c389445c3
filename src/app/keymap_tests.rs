//! Every row of the key table keeps the promises that its readers rely on.

use std::collections::HashSet;

use super::*;

#[test]
fn every_row_is_complete() {
    let mut names = HashSet::new();
    let mut actions = HashSet::new();
    for row in TABLE {
        assert!(names.insert(row.name), "{} twice", row.name);
        assert!(actions.insert(row.action), "{:?} twice", row.action);
        assert!(row.help.ends_with('.'), "{}", row.name);
        assert!(row.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", row.name);
        for key in row.keys.split(' ') {
            assert_eq!(key.parse::<Chord>().map(|chord| chord.to_string()), Ok(key.to_owned()));
        }
        assert!(Scope::ALL.iter().any(|(scope, _)| *scope == row.scope), "{}", row.name);
    }
}

#[test]
fn no_key_means_two_things() {
    assert_eq!(Keymap::default().check(), Ok(()));
}

#[test]
fn a_key_can_be_given_away_and_taken() {
    let bind = |list: &[(&str, &str)]| {
        let list: Vec<_> = list
            .iter()
            .map(|(name, keys)| {
                ((*name).to_owned(), keys.split_whitespace().map(str::to_owned).collect())
            })
            .collect();
        Keymap::with_overrides(&list)
    };
    let keymap = bind(&[("quit", "Ctrl-Q"), ("pause", "q")]).unwrap();
    let chord = "q".parse().unwrap();
    assert_eq!(keymap.action(&[Scope::Anywhere], chord), Some(Action::Pause));
    let unbound = bind(&[("suspend", "")]).unwrap();
    assert_eq!(unbound.action(&[Scope::Anywhere], "Ctrl-Z".parse().unwrap()), None);
    for (wrong, said) in [
        (("quit", "Ctrl-"), "'Ctrl-' is not a key"),
        (("quiet", "q"), "'quiet': there is no such action"),
        (("pause", "q"), "q is also the key of 'quit'"),
    ] {
        let error = bind(&[wrong]).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn the_readme_table_has_a_line_for_every_row() {
    let table = markdown_table();
    assert_eq!(table.lines().count(), TABLE.len() + 2);
    assert!(table.contains("| `Enter` `d` | details |"));
}
