//! Every lesson of the program, taken as a learner takes it: the real program in its own lab, on
//! a terminal, with the keys that the step names. Each step is not done before them and ticks after.

#[macro_use]
mod common;

use std::process::Command;
use std::sync::Mutex;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use common::pty::Terminal;
use common::skip;
use macvlens::kernel::sandbox;
use macvlens::teach::{Lesson, Step, Stroke, shipped};

/// Lessons that are taken at the same time.
const AT_ONCE: usize = 5;

/// The bytes that a terminal sends for a key of the key table.
fn bytes(word: &str) -> String {
    let known = [
        ("Enter", "\r"),
        ("Esc", "\x1b"),
        ("Tab", "\t"),
        ("Shift-Tab", "\x1b[Z"),
        ("Space", " "),
        ("Up", "\x1b[A"),
        ("Down", "\x1b[B"),
        ("Right", "\x1b[C"),
        ("Left", "\x1b[D"),
        ("Home", "\x1b[H"),
        ("End", "\x1b[F"),
        ("PgUp", "\x1b[5~"),
        ("PgDn", "\x1b[6~"),
        ("Delete", "\x1b[3~"),
        ("F4", "\x1bOS"),
    ];
    if let Some((_, bytes)) = known.iter().find(|(known, _)| *known == word) {
        return (*bytes).into();
    }
    match word.strip_prefix("Ctrl-").map(str::as_bytes) {
        Some([letter]) => char::from(letter & 0x1f).into(),
        _ => word.into(),
    }
}

/// Waits until the screen shows what the last key did: no longer in the middle of something, and the
/// same for a moment.
fn calm(terminal: &Terminal) -> String {
    let start = Instant::now();
    let (mut seen, mut since) = (terminal.text(), Instant::now());
    loop {
        sleep(Duration::from_millis(20));
        let text = terminal.text();
        if text != seen || text.contains("APPLYING") {
            (seen, since) = (text, Instant::now());
        }
        if since.elapsed() > Duration::from_millis(150) || start.elapsed() > Duration::from_secs(5)
        {
            return seen;
        }
    }
}

/// Leaves whatever is open and goes to a row, `[NS/]NAME`, by a filter that is dropped afterwards.
fn go(terminal: &mut Terminal, name: &str) {
    // An Esc after which the screen is as it was finds the trees alone.
    let (mut before, mut now) = (String::new(), calm(terminal));
    while now != before {
        terminal.keys("\x1b");
        before = std::mem::replace(&mut now, calm(terminal));
    }
    let (netns, name) = name.rsplit_once('/').unwrap_or(("", name));
    let place = if netns.is_empty() { String::new() } else { format!("ns:{netns} ") };
    let title = format!("─ {name} in {netns}");
    // What has nothing to do with macvlans has a row only among all links.
    for before in ["", "a"] {
        terminal.keys(before);
        calm(terminal);
        terminal.keys(&format!("/\x15{place}name:{name}\r"));
        calm(terminal);
        // From the last row the next match is the first of all.
        terminal.keys("Gn");
        calm(terminal);
        terminal.keys("\x1b");
        if calm(terminal).contains(&title) {
            return;
        }
    }
    terminal.shows(&title);
}

fn press(terminal: &mut Terminal, step: &Step) {
    if let Some(name) = &step.go {
        go(terminal, name);
    }
    for stroke in &step.keys {
        match stroke {
            // Which answer is proposed depends on what else would happen: a learner looks first.
            Stroke::Key(word) if word == "Right" && terminal.text().contains("[ Apply ]") => {}
            Stroke::Key(word) => terminal.keys(&bytes(word)),
            Stroke::Text(text) => terminal.keys(text),
        }
        calm(terminal);
    }
}

fn start(lesson: &Lesson, arguments: &[&str]) -> Terminal {
    let words = [&["lab", &*lesson.lab, "--lesson", &*lesson.name], arguments].concat();
    Terminal::macvlens(&words, 120, 40)
}

/// Takes a lesson from its beginning to its end.
fn take(lesson: &Lesson) {
    let mut terminal = start(lesson, &[]);
    let all = lesson.steps.len();
    for (at, step) in lesson.steps.iter().enumerate() {
        let what = format!("step {} of {}, '{}'", at + 1, lesson.name, step.title);
        let place = format!(" {} of {all} ─", at + 1);
        // What only the wire knows it must have said.
        let screen = terminal.wait(&format!("{what}, not done"), |screen| {
            let waits = screen.contains("not yet") && !screen.contains("being asked");
            screen.contains(&place) && (waits || screen.contains("This kernel has no"))
        });
        if screen.contains("This kernel has no") {
            terminal.keys(&bytes("F4"));
            continue;
        }
        press(&mut terminal, step);
        let next = format!(" {} of {all} ─", at + 2);
        terminal.wait(&format!("{what}, done"), |screen| {
            screen.contains(&next) || screen.contains("That was all")
        });
    }
    terminal.shows("That was all");
    terminal.keys("q");
    assert_eq!(terminal.end().code(), Some(0));
}

/// Whether labs can be made here; says why not.
fn can_make_labs(test: &str) -> bool {
    match sandbox::spawn(Command::new("true")) {
        Ok(mut child) => {
            child.wait().expect("the end of true");
            true
        }
        Err(error) => {
            skip(test, &error.to_string());
            false
        }
    }
}

#[test]
fn every_lesson_can_be_taken_with_the_keys_that_it_names() {
    if !can_make_labs("every_lesson_can_be_taken_with_the_keys_that_it_names") {
        return;
    }
    let wanted = std::env::var("MACVLENS_LESSON").ok();
    let chosen = |lesson: &&Lesson| wanted.as_ref().is_none_or(|wanted| *wanted == lesson.name);
    let left = Mutex::new(shipped().iter().filter(chosen));
    let failed = Mutex::new(Vec::new());
    scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("the list").next();
                    let Some(lesson) = next else { return };
                    if std::panic::catch_unwind(|| take(lesson)).is_err() {
                        failed.lock().expect("the list").push(&*lesson.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("the list");
    assert!(failed.is_empty(), "lessons that cannot be taken: {failed:?}");
}

#[test]
fn a_lesson_performs_itself_to_its_end() {
    if !can_make_labs("a_lesson_performs_itself_to_its_end") {
        return;
    }
    let lesson = &shipped()[0];
    let mut terminal = start(lesson, &["--play", "--speed", "20"]);
    let all = lesson.steps.len();
    for at in 2..=all {
        terminal.shows(&format!(" {at} of {all} ─"));
    }
    terminal.shows("The lesson has ended");
    terminal.keys("q");
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn a_lesson_that_does_not_exist_is_told_with_those_that_do() {
    if !can_make_labs("a_lesson_that_does_not_exist_is_told_with_those_that_do") {
        return;
    }
    let mut terminal = Terminal::macvlens(&["lab", "--lesson", "nothing"], 120, 40);
    let screen = terminal.shows("there is no lesson 'nothing'");
    assert!(screen.contains("bridge, host"), "{screen}");
    assert_eq!(terminal.end().code(), Some(1));
}
