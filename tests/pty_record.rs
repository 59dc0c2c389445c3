//! A recorded session, played back: the real binary on a pseudo-terminal.

#[macro_use]
mod common;

use std::fs;
use std::path::Path;

use common::pty::Terminal;
use common::{eventually, sh};
use serde_json::Value;

/// Plays a recording on a terminal of its own; gives that and how many sizes it had.
fn play(path: &Path) -> (vt100::Parser, usize) {
    let text = fs::read_to_string(path).expect("a recording");
    // The last line may be under way.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut lines = whole.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let header = lines.next().expect("a header");
    let size = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let mut player = vt100::Parser::new(size(&header["height"]), size(&header["width"]), 0);
    let (mut before, mut sizes) = (0.0, 1);
    for event in lines {
        let time = event[0].as_f64().unwrap();
        assert!(time >= before, "time goes on");
        before = time;
        let data = event[2].as_str().unwrap();
        match event[1].as_str().unwrap() {
            "o" => player.process(data.as_bytes()),
            "r" => {
                let (columns, rows) = data.split_once('x').unwrap();
                player.screen_mut().set_size(rows.parse().unwrap(), columns.parse().unwrap());
                sizes += 1;
            }
            other => panic!("what is {other}?"),
        }
    }
    (player, sizes)
}

fn set_up() {
    sh("ip link add uplink type veth peer name switch
        ip link set switch up; ip link set uplink up
        ip link add link uplink name mvhost type macvlan mode bridge");
}

sandboxed! {
    fn what_is_played_is_what_was_shown() {
        set_up();
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.cast");
        let name = path.to_str().unwrap();
        let mut terminal = Terminal::macvlens(&["--record", name], 100, 30);
        terminal.shows("mvhost");
        let is_same = |terminal: &Terminal| play(&path).0.screen().contents() == terminal.text();
        eventually("the recording to have all", || is_same(&terminal));
        terminal.keys("/secret");
        terminal.shows("no rows");
        terminal.keys("\x1b");
        terminal.shows("mvhost");
        terminal.keys("ji");
        terminal.shows("Who gets frames of whom");
        eventually("the recording to have all", || is_same(&terminal));
        terminal.resize(120, 40);
        terminal.shows("Needs");
        eventually("the recording to have all", || is_same(&terminal));
        assert_eq!(play(&path).1, 2);
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        let (player, _) = play(&path);
        assert!(!player.screen().alternate_screen() && !player.screen().hide_cursor());
        let before = fs::read(&path).unwrap();
        let mut again = Terminal::macvlens(&["--record", name], 100, 30);
        again.shows("File exists");
        assert_eq!(again.end().code(), Some(1));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    fn a_lesson_that_performs_itself_is_recorded() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("host.cast");
        let words = ["lab", "--lesson", "host", "--play", "--speed", "20", "--record"];
        let words = [&words[..], &[path.to_str().unwrap()]].concat();
        let mut terminal = Terminal::macvlens(&words, 120, 36);
        terminal.shows("That was all");
        let is_same = || play(&path).0.screen().contents() == terminal.text();
        eventually("the recording to have all", is_same);
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        let events = fs::read_to_string(&path).expect("a recording").lines().count();
        assert!(events > 20, "a page for each step at least, not {events}");
    }

    fn a_full_disk_ends_the_recording_and_not_the_session() {
        set_up();
        let directory = tempfile::tempdir().expect("a directory");
        let name = directory.path().to_str().unwrap();
        sh(&format!("mount -t tmpfs -o size=4k none {name}"));
        let mut terminal = Terminal::macvlens(&["--record", &format!("{name}/a.cast")], 100, 30);
        terminal.shows("the recording ends here: No space left on device");
        terminal.keys("?");
        terminal.shows("Show everything known");
        terminal.keys("q");
        assert_eq!(terminal.end().code(), Some(0));
        sh(&format!("umount {name}"));
    }
}
