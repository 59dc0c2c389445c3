//! What the README repeats from the code is what the code says.

use std::fmt::Write as _;

use clap::Parser;
use macvlens::app::keymap::markdown_table;
use macvlens::cli::{Cli, Status};
use macvlens::model::filter::WORDS;
use macvlens::plan::Rule;
use macvlens::plan::recipe::Form;
use macvlens::runtime::change::{NO_ROPE, READ_ONLY};
use macvlens::runtime::{Config, settings};
use macvlens::teach::shipped;

const README: &str = include_str!("../README.md");

/// The text between `<!-- NAME -->` and `<!-- /NAME -->`.
fn section(name: &str) -> &'static str {
    let start = format!("<!-- {name} -->\n");
    let end = format!("<!-- /{name} -->");
    let (_, rest) = README.split_once(&start).unwrap_or_else(|| panic!("README lacks {start}"));
    let (section, _) = rest.split_once(&end).unwrap_or_else(|| panic!("README lacks {end}"));
    section
}

#[test]
fn the_filter_table_is_that_of_the_code() {
    let mut table = String::from("| word | looks at |\n|---|---|\n");
    for (word, meaning) in WORDS {
        writeln!(table, "| `{word}:` | {meaning} |").unwrap();
    }
    assert_eq!(section("filter"), table, "put this table into README.md:\n{table}");
}

#[test]
fn the_lessons_are_those_of_the_code() {
    let mut table = String::from("| lesson | about |\n|---|---|\n");
    for lesson in shipped() {
        writeln!(table, "| `{}` | {} |", lesson.name, lesson.title).unwrap();
    }
    assert_eq!(section("lessons"), table, "put this table into README.md:\n{table}");
}

#[test]
fn every_exit_status_is_explained() {
    for status in Status::ALL {
        let row = format!("| {} | {} |\n", status.code(), status.meaning());
        assert!(README.contains(&row), "README lacks {row}");
    }
}

#[test]
fn every_form_of_export_is_explained() {
    for form in Form::ALL {
        let row = format!("\n| {} |", form.name());
        assert!(README.contains(&row), "README lacks {row}");
    }
}

#[test]
fn the_rules_are_those_of_the_code() {
    let mut names: Vec<_> = Rule::ALL.map(Rule::name).into();
    names.extend([READ_ONLY, NO_ROPE].map(str::to_owned));
    let list = format!("{}.\n", names.join(", "));
    let written = section("rules").replace('\n', " ");
    assert_eq!(written.trim_end(), list.trim_end(), "put this list into README.md:\n{list}");
}

#[test]
fn the_key_table_is_that_of_the_code() {
    let table = markdown_table();
    assert_eq!(section("keys"), table, "put this table into README.md:\n{table}");
}

#[test]
fn the_settings_of_the_example_are_accepted() {
    let (_, rest) = README.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, example).unwrap();
    let config = Config::load(Some(&path)).unwrap();
    let cli = Cli::parse_from(["macvlens"]);
    settings(&cli, &config).unwrap();
}

#[test]
fn every_lab_is_listed() {
    for lab in macvlens::lab::shipped() {
        let row = format!("\n| `{}` |", lab.name);
        assert!(README.contains(&row), "README lacks {row}");
    }
}
