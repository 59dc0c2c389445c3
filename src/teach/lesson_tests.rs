//! Every lesson of the program, and what is refused in a lesson's file.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// The names of the files in a directory of assets, without their ending.
fn names(directory: &str, ending: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(directory);
    let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
    files.filter_map(|file| Some(file.to_str()?.strip_suffix(ending)?.to_owned())).collect()
}

#[test]
fn every_file_is_a_lesson_of_the_program() {
    let registered: BTreeSet<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(registered, names("lessons", ".md"));
    assert_eq!(shipped().len(), FILES.len());
    for (name, text) in FILES {
        let lesson = Lesson::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert!(names("labs", ".toml").contains(&lesson.lab), "{name}: no lab {}", lesson.lab);
        assert!(!lesson.steps.is_empty(), "{name}");
        assert!(!lesson.title.is_empty() && lesson.title.len() <= 60, "{name}");
        assert_eq!(Lesson::named(name).map(|known| &known.title), Some(&lesson.title));
        assert!(lesson.steps[0].go.is_some(), "{name}: where does it begin?");
    }
}

#[test]
fn every_step_can_be_read_at_a_glance() {
    for lesson in shipped() {
        for step in &lesson.steps {
            let (name, words) = (&lesson.name, crate::teach::prose::words(&step.text));
            assert!(words <= 110, "{name}: {words} words in '{}'", step.title);
            assert!(!step.hint.is_empty() && step.hint.ends_with('.'), "{name}: {}", step.hint);
            assert!(step.title.len() <= 40, "{name}: {}", step.title);
        }
    }
}

const GOOD: &str = "+++
title = \"t\"
lab = \"modes\"
mode = \"vepa\"

[[step]]
check = { link = \"c1/eth0\", mode = \"vepa\", up = true }
hint = \"h\"
go = \"c1/eth0\"
keys = 'm \"vepa\" Enter'
needs = \"8021q\"
+++
## One

Text.
";

#[test]
fn a_file_says_what_it_says() {
    let lesson = Lesson::parse("x", GOOD).unwrap();
    let step = &lesson.steps[0];
    let (key, text) =
        (|word: &str| Stroke::Key(word.into()), |word: &str| Stroke::Text(word.into()));
    assert_eq!(step.keys, [key("m"), text("vepa"), key("Enter")]);
    assert_eq!((step.title.as_str(), step.go.as_deref()), ("One", Some("c1/eth0")));
    assert_eq!(lesson.mode, Some(Mode::Vepa));
    assert_eq!(lesson.need_of(step), Some(Need::Vlan));
    assert_eq!(step.check.goal(), "c1/eth0 is vepa and is up");
}

#[test]
fn what_is_wrong_is_refused_with_its_line() {
    for (right, wrong, line, why) in [
        ("+++\ntitle", "title", 1, "begins with"),
        ("lab = ", "lap = ", 3, "lap"),
        ("mode = \"vepa\"\n", "mode = \"veba\"\n", 4, "'veba' is not a mode"),
        ("{ link", "{ ling", 7, "a check is about one of"),
        (", up = true", ", upp = true", 7, "upp"),
        (", mode = \"vepa\", up = true", "", 7, "nothing is asked of c1/eth0"),
        ("up = true", "exists = false", 7, "if it is gone"),
        (
            "{ link = \"c1/eth0\", mode = \"vepa\", up = true }",
            "{ screen = \"x\" }",
            7,
            "not a screen",
        ),
        ("{ link = \"c1/eth0\", mode = \"vepa\", up = true }", "[]", 7, "a list of tables"),
        (
            "{ link = \"c1/eth0\", mode = \"vepa\", up = true }",
            "{ refused = \"x\" }",
            7,
            "not a rule",
        ),
        ("'m \"vepa\" Enter'", "'m \"vepa'", 10, "quotation mark"),
        ("'m \"vepa\" Enter'", "''", 10, "no keys"),
        ("8021q", "8021x", 11, "may lack"),
        ("## One", "One", 13, "before the first section"),
        ("Text.", "## Two", 12, "1 steps, but 2 sections"),
        ("Text.", "", 7, "nothing is written"),
        ("Text.", "# Text", 15, "only paragraphs"),
        ("Text.", "T\u{e9}xt.", 15, "only ASCII"),
    ] {
        assert!(GOOD.contains(right), "{right}");
        let error = Lesson::parse("x", &GOOD.replacen(right, wrong, 1)).unwrap_err();
        assert_eq!(error.line, line, "{wrong}: {error}");
        assert!(error.why.contains(why), "{wrong}: {error}");
        assert!(error.to_string().starts_with("assets/lessons/x.md:"));
    }
}
