//! The README's pictures are what the program draws: each is taken again from its lab and compared.
//! `MACVLENS_PICTURES=write cargo test --test pictures` makes them anew.

#[macro_use]
mod common;

use std::path::{Path, PathBuf};
use std::{env, fs};

use common::program::{command, judge};

/// A picture's name, the lab that it shows, the keys that lead to it, and its size.
/// What the kernel makes up, such as the MACs of the switch, is filtered away.
const PICTURES: [(&str, &str, &str, &str); 4] = [
    ("tree", "modes", "/ k i n d : m a c v l a n Enter j j", "120x30"),
    ("reach", "modes", "j j r P", "110x20"),
    ("way", "vepa-hairpin", "j r Enter", "110x16"),
    ("card", "modes", "j j j i", "100x40"),
];
const README: &str = include_str!("../README.md");

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures")
}

/// Takes a picture into a new file.
fn take((_, lab, keys, size): (&str, &str, &str, &str), path: &Path) {
    let path = path.to_str().expect("a path that is text");
    let arguments = ["lab", lab, "--picture", path, "--keys", keys, "--size", size];
    let output = command(&arguments).output().expect("macvlens");
    judge(lab, &output, 0);
}

#[test]
fn every_picture_is_shown_and_none_is_left_over() {
    let files = fs::read_dir(directory()).expect("the pictures").flatten();
    let mut files: Vec<_> =
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    let mut names = PICTURES.map(|(name, ..)| format!("{name}.svg"));
    names.sort();
    assert_eq!(files, names);
    for name in names {
        assert!(README.contains(&format!("(assets/pictures/{name})")), "README lacks {name}");
    }
}

/// The picture of a lab after these keys.
#[track_caller]
fn picture_of(lab: &[&str], keys: &str) -> String {
    let scratch = tempfile::tempdir().expect("a directory");
    let path = scratch.path().join("a.svg");
    let rest = ["--picture", path.to_str().expect("a path that is text"), "--keys", keys];
    judge(keys, &command(&[lab, &rest].concat()).output().expect("macvlens"), 0);
    fs::read_to_string(path).expect("the picture")
}

sandboxed! {
    fn pictures_are_not_stale() {
        let scratch = tempfile::tempdir().expect("a directory");
        let is_writing = env::var_os("MACVLENS_PICTURES").is_some_and(|value| value == "write");
        for picture in PICTURES {
            let name = format!("{}.svg", picture.0);
            let (kept, taken) = (directory().join(&name), scratch.path().join(&name));
            take(picture, &taken);
            let taken = fs::read_to_string(taken).expect("the new picture");
            if is_writing {
                fs::write(&kept, &taken).expect("the picture to be written");
            }
            let kept = fs::read_to_string(kept).expect("the picture");
            let different = kept.lines().zip(taken.lines()).find(|(kept, taken)| kept != taken);
            let told = "MACVLENS_PICTURES=write cargo test --test pictures makes it anew";
            assert!(kept == taken, "{name} is stale: {different:?}; {told}");
        }
    }

    fn a_lesson_has_begun_in_its_picture() {
        let picture = picture_of(&["lab", "--lesson", "vepa"], "F4");
        for words in ["lab vepa-hairpin", "2 of 7", "An ordinary switch"] {
            assert!(picture.contains(words), "{words}: {picture}");
        }
    }

    fn what_the_outside_answers_is_in_the_picture() {
        let keys = "j r l l l l l l l p 1 0 . 0 . 0 . 1 0 0 Enter";
        let picture = picture_of(&["lab", "modes"], keys);
        assert!(picture.contains("10.0.0.100, asked from 10.0.0.11, answers ARP"), "{picture}");
    }

    fn a_picture_is_new_and_its_keys_exist() {
        common::program::set_up();
        let scratch = tempfile::tempdir().expect("a directory");
        let path = scratch.path().join("a.svg");
        let path = path.to_str().expect("a path that is text");
        let take = |keys| {
            command(&["--picture", path, "--keys", keys, "--size", "80x24"]).output().expect("macvlens")
        };
        let (_, told) = judge("a key that is none", &take("j Ctrl-"), 1);
        assert!(told.contains("'Ctrl-' is not a key"), "{told}");
        judge("a picture of the host", &take("j"), 0);
        let before = fs::read_to_string(path).expect("the picture");
        assert!(before.contains(">uplink</text>") && before.contains("</svg>"), "{before}");
        let (_, told) = judge("a file that exists", &take("j"), 1);
        assert!(told.contains("File exists"), "{told}");
        assert_eq!(fs::read_to_string(path).expect("the picture"), before);
        let shown = command(&["show", "--picture", "/dev/null"]).output().expect("macvlens");
        let (_, told) = judge("no UI", &shown, 2);
        assert!(told.contains("are for the UI"), "{told}");
    }
}
