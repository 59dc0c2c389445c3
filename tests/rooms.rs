//! The rooms of the crate and who may use whom: reads every source file and names a broken rule.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms it may name. `runtime` may name all.
const ROOMS: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("reach", &["model"]),
    ("lint", &["model"]),
    ("plan", &["model"]),
    ("teach", &["model", "plan", "reach"]),
    ("app", &["model", "lint", "plan", "reach", "teach"]),
    ("view", &["model", "lint", "plan", "reach", "teach", "app"]),
    ("owners", &["model"]),
    ("kernel", &["model", "plan", "owners"]),
    ("probe", &["model", "kernel"]),
    ("lab", &["model", "plan", "kernel"]),
    ("output", &["model", "lint", "plan", "reach"]),
    ("cli", &["model", "plan", "reach", "output"]),
];
/// Crates that do I/O, which a room without I/O must not name.
const IMPURE: [&str; 6] = ["tokio", "rtnetlink", "nix", "rustix", "procfs", "std::fs"];
const PURE: [&str; 7] = ["model", "reach", "lint", "plan", "teach", "app", "view"];

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable directory").flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { sources(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The lines of a room's files that are code, with where they stand. Tests may use more.
fn lines(room: &str) -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let file = source.join(format!("{room}.rs"));
    let files = if file.exists() { vec![file] } else { sources(&source.join(room)) };
    assert!(!files.is_empty(), "{room} has no files");
    let is_test = |path: &Path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let helps_tests = ["tests", "driver", "fixture"].contains(&&*name);
        helps_tests || name.ends_with("_tests") || path.iter().any(|part| part == "tests")
    };
    files
        .into_iter()
        .filter(|path| !is_test(path))
        .flat_map(|path| {
            let text = fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let place = path.strip_prefix(&source).unwrap_or(&path).display().to_string();
            code.lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"))
                .map(|(at, line)| (format!("{place}:{}", at + 1), line.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn dependencies_between_rooms_point_one_way() {
    for (room, allowed) in ROOMS {
        for (place, line) in lines(room) {
            for (other, _) in line.match_indices("crate::").map(|(at, _)| {
                let rest = &line[at + "crate::".len()..];
                (rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""), at)
            }) {
                let known = other == room || allowed.contains(&other) || !is_room(other);
                assert!(known, "{place}: {room} must not use {other}: {}", line.trim());
            }
        }
    }
}

fn is_room(name: &str) -> bool {
    name == "runtime" || ROOMS.iter().any(|(room, _)| *room == name)
}

#[test]
fn pure_rooms_do_no_input_or_output() {
    for room in PURE {
        for (place, line) in lines(room) {
            for impure in IMPURE {
                let named = line.contains(&format!("{impure}::"));
                assert!(!named, "{place}: {room} must not name {impure}: {}", line.trim());
            }
        }
    }
}
