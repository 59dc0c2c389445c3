//! The state machine from the outside: a state, keys, a state.

#[path = "refresh_tests.rs"]
mod refresh;

use std::time::Duration;

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use unicode_width::UnicodeWidthStr;

use super::driver::Driver;
use super::screens::Screen;
use super::{Effect, Event, ExportFormat, Settings};
use crate::model::fixture::{self, C2, C3, HOST, TEST1, child, key};
use crate::model::{Change, Mode, Problem, ProblemSource};

/// Presses keys on a fresh screen; what is selected then.
fn selected_after(keys: &str) -> String {
    let mut driver = Driver::large();
    driver.keys(keys);
    driver.selected()
}

#[test]
fn keys_lead_to_rows() {
    for (keys, selected) in [
        ("", "ens8 in host"),
        ("j j", "eth0 in centos1-3"),
        ("j j k", "eth0 in centos1-2"),
        ("G", "mv9 in centos1-3"),
        ("G k", "unseen 7"),
        ("G g", "ens8 in host"),
        ("PgDn", "mv9 in centos1-3"),
        ("Ctrl-D Ctrl-U", "ens8 in host"),
        // Left goes up to the parent, then closes it, so that Down goes to the next parent.
        ("j j h", "ens8 in host"),
        ("j j h h j", "ens9 in host"),
        ("Space j", "ens9 in host"),
        ("Space Space j", "eth0 in centos1-2"),
        ("h l l", "eth0 in centos1-2"),
        ("j j *", "ens8 in host"),
        ("j * j j", "veth-trunk in host"),
        ("* * j", "eth0 in centos1-2"),
        // By state the parents that are up come first.
        ("o o o G", "mv9 in centos1-3"),
        ("O j", "macvlan1 in test1"),
        ("a * j j", "lo in host"),
    ] {
        assert_eq!(selected_after(keys), selected, "{keys}");
    }
}

#[test]
fn the_other_trees_show_the_same_thing() {
    for (keys, selected) in [
        ("j j t", "eth0 in centos1-3"),
        ("j j t t", "eth0 in centos1-3"),
        ("j j t t t", "eth0 in centos1-3"),
        // A namespace gives way to a link in it, an unseen parent to who saw it.
        ("t * t", "macvlan1 in host"),
        ("t * t t", "ens8 in host"),
        ("G k t", "namespace centos1-3"),
        ("G k t t", "mv9 in centos1-3"),
        // A parent gives way to what uses it, and comes back.
        ("j j j j j t t", "tap0 in vm-build (4199)"),
        ("j j j j j t t t", "ens9 in host"),
        // What was closed opens on the way.
        ("t * t t j j t", "eth0 in centos1-3"),
        ("t t * j t t t j", "eth0 in centos1-2"),
    ] {
        assert_eq!(selected_after(keys), selected, "{keys}");
    }
}

#[test]
fn the_filter_narrows_while_it_is_typed() {
    let mut driver = Driver::large();
    let all = driver.app.tree().rows().len();
    driver.keys("/ m o d e : v e p a");
    let narrowed = driver.app.tree().rows().len();
    assert!(narrowed < all, "{narrowed} of {all}");
    driver.keys("Esc");
    assert_eq!(driver.app.tree().rows().len(), all);
    driver.keys("/ m o d e : v e p a Enter n");
    assert_eq!(driver.selected(), "eth0 in centos1-2");
    driver.keys("n n");
    assert_eq!(driver.selected(), "onvlan in test1");
    driver.keys("n N");
    assert_eq!(driver.selected(), "onvlan in test1");
    driver.keys("Esc");
    assert_eq!((driver.app.filter(), driver.app.tree().rows().len()), ("", all));
}

#[test]
fn without_a_filter_there_is_no_next_match() {
    let mut driver = Driver::large();
    driver.keys("n");
    assert!(driver.app.notice().unwrap().text.contains("no filter"));
    driver.keys("/ z z z Enter N");
    assert!(driver.app.notice().unwrap().text.contains("no row matches"));
}

#[test]
fn the_next_match_may_be_a_network_or_a_member_without_an_interface() {
    let mut driver = Driver::large();
    driver.changes(fixture::owners().into_iter().chain(fixture::beliefs()).collect());
    driver.keys("t t / n e t : v e p a Enter g");
    for wanted in ["eth0 in docker centos1-2", "member centos1-4", "network vepamv"] {
        driver.keys("n");
        assert_eq!(driver.selected(), wanted);
    }
}

#[test]
fn the_selection_stays_on_its_thing_or_goes_next_to_it() {
    let mut driver = Driver::large();
    driver.keys("j j");
    let new = child(TEST1, 30, "aaa", Mode::Bridge, key(HOST, 3));
    driver.changes(vec![Change::Link(Box::new(new))]);
    assert_eq!(driver.selected(), "eth0 in centos1-3");
    driver.changes(vec![Change::LinkGone(key(C3, 2))]);
    assert_eq!(driver.selected(), "macvlan1 in host");
    driver.keys("G");
    driver.changes(vec![Change::NetnsGone(C3)]);
    assert_eq!(driver.selected(), "onvlan in test1");
    for id in [HOST, TEST1, C2, crate::model::fixture::VM] {
        driver.changes(vec![Change::NetnsGone(id)]);
    }
    assert_eq!(driver.selected(), "nothing");
    assert_eq!(driver.keys("j G Enter Esc l h Space * n y Tab t"), []);
}

#[test]
fn a_pause_holds_the_picture_and_catches_up() {
    let mut driver = Driver::large();
    driver.keys("p");
    driver.changes(vec![Change::NetnsGone(C2)]);
    assert_eq!(driver.app.paused(), Some(2));
    assert!(driver.app.topology().namespace(C2).is_some());
    assert_eq!(driver.app.log().lines().len(), 0);
    driver.keys("p");
    assert_eq!(driver.app.paused(), None);
    assert!(driver.app.topology().namespace(C2).is_none());
    assert_eq!(driver.app.log().lines().len(), 2);
}

#[test]
fn a_pause_still_shows_how_a_parent_was_found() {
    let mut driver = Driver::large();
    driver.keys("j j j p");
    assert_eq!(driver.selected(), "macvlan1 in host");
    let mut link = driver.app.topology().link(key(HOST, 7)).unwrap().clone();
    link.mtu = 9000;
    link.parent.as_mut().unwrap().sysfs_lower = Some(vec!["ens8".into(), "other".into()]);
    driver.changes(vec![Change::Link(Box::new(link))]);
    let shown = driver.app.selected_link().unwrap();
    assert_eq!(shown.parent.as_ref().unwrap().sysfs_lower.as_ref().unwrap().len(), 2);
    assert_eq!(shown.mtu, 1500, "the rest is held still");
}

#[test]
fn what_could_not_be_seen_is_shown() {
    let mut driver = Driver::large();
    let problem = Problem {
        what: "namespace of process 77".into(),
        why: "ptrace is not permitted; run as root.".into(),
        incomplete: true,
    };
    let before = driver.app.warnings();
    driver
        .changes(vec![Change::Problems { source: ProblemSource::Discovery, list: vec![problem] }]);
    assert_eq!(driver.app.warnings(), before + 1);
    driver.keys("w G");
    let screen = driver.screen();
    assert!(screen.contains("not seen namespace of process 77: ptrace is not"), "{screen}");
}

/// Names are other people's bytes: no control character, and every row as wide as it looks.
#[test]
fn hostile_names_change_nothing_but_their_own_text() {
    let mut driver = Driver::large();
    for (number, name) in [&b"\x1b[2J\x07"[..], "網卡網卡網卡".as_bytes(), b"\xff\xfe$(reboot)"]
        .into_iter()
        .enumerate()
    {
        let ifindex = 40 + u32::try_from(number).unwrap();
        let mut link = child(C2, ifindex, "x", Mode::Bridge, key(HOST, 3));
        link.name = name.into();
        link.alias = Some("\u{202e}evil\r\n".into());
        driver.changes(vec![Change::Link(Box::new(link))]);
        for keys in ["j", "Enter", "Esc", "t", "t", "v", "Esc"] {
            driver.keys(keys);
            let screen = driver.screen();
            let clean = |c: char| !c.is_control() && c != '\u{202e}';
            assert!(screen.lines().all(|line| line.chars().all(clean)), "{screen}");
        }
    }
    driver.keys("G g j j j j j j");
    let screen = driver.screen();
    let column = screen.lines().filter_map(|line| line.split_once('│'));
    assert!(column.map(|(left, _)| left.width()).filter(|width| *width != 80).count() == 0);
}

fn copied(command: &str) -> Effect {
    Effect::Copy { text: command.into(), told: command.into() }
}

#[test]
fn actions_ask_for_what_must_be_done_outside() {
    for (keys, expected) in [
        ("q", Effect::Quit),
        ("Ctrl-C", Effect::Quit),
        ("Ctrl-Z", Effect::Suspend),
        ("Ctrl-L", Effect::Redraw),
        ("F5", Effect::Rescan),
        ("y", copied("ip -d address show dev ens8")),
        ("t g y", copied("ip -d address show")),
        (": r e s c a n Enter", Effect::Rescan),
        (
            "x Enter",
            Effect::Export {
                format: ExportFormat::Tree,
                path: "macvlens.txt".into(),
                proposed: true,
            },
        ),
        (
            "x Tab Enter",
            Effect::Export {
                format: ExportFormat::Table,
                path: "macvlens.table".into(),
                proposed: true,
            },
        ),
        (
            "x Ctrl-U a . d o t Tab Shift-Tab Enter",
            Effect::Export { format: ExportFormat::Dot, path: "a.dot".into(), proposed: false },
        ),
        (
            "x Ctrl-U ~ / a . j s o n Enter",
            Effect::Export { format: ExportFormat::Json, path: "~/a.json".into(), proposed: false },
        ),
        (
            "x Tab Tab Ctrl-U / t m p / a Enter",
            Effect::Export { format: ExportFormat::Json, path: "/tmp/a".into(), proposed: false },
        ),
    ] {
        let mut driver = Driver::new(40, 15, Settings::default());
        assert_eq!(driver.keys(keys), [expected], "{keys}");
    }
}

#[test]
fn results_are_told_and_forgotten() {
    let mut driver = Driver::large();
    driver.send(Event::Exported(Err("cannot write /x: no such directory".into())));
    assert!(driver.screen().contains("cannot write /x"));
    driver.wait(Duration::from_secs(10));
    assert!(driver.app.notice().is_none());
    driver.send(Event::Copied(Ok("ip link".into())));
    driver.keys("j");
    assert!(driver.app.notice().is_none());
    driver.send(Event::Lost("the observer stopped: out of memory".into()));
    let screen = driver.screen();
    assert!(screen.contains("STOPPED") && screen.contains("out of memory"), "{screen}");
    driver.keys("w");
    assert!(driver.screen().contains("no longer changes"));
}

#[test]
fn escape_closes_one_thing_at_a_time() {
    let mut driver = Driver::large();
    driver.keys("/ e t h Enter Tab Enter ?");
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Help));
    driver.keys("Esc");
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Details));
    driver.keys("Esc");
    assert!(driver.app.screen().is_none());
    driver.keys("Esc");
    assert_eq!(driver.app.filter(), "eth");
    driver.keys("Esc");
    assert_eq!(driver.app.filter(), "");
}

#[test]
fn a_warning_leads_to_its_link() {
    let mut driver = Driver::large();
    driver.keys("w Enter");
    assert_eq!(driver.selected(), "tap0 in vm-build (4199)");
    driver.keys("/ n s : t e s t 1 Enter w j Enter");
    assert_eq!(driver.selected(), "ens9 in host", "whatever the filter hid");
}

#[test]
fn the_mouse_selects_opens_and_scrolls() {
    let mut driver = Driver::large();
    let mouse = |kind, column, row| {
        let modifiers = KeyModifiers::NONE;
        Event::Input(Input::Mouse(MouseEvent { kind, column, row, modifiers }))
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    let top = driver.app.layout().rows.y;
    driver.send(mouse(click, 10, top + 2));
    assert_eq!(driver.selected(), "eth0 in centos1-3");
    let rows = driver.app.tree().rows().len();
    driver.send(mouse(click, 1, top));
    assert!(driver.app.tree().rows().len() < rows);
    driver.send(mouse(click, 1, top));
    assert_eq!(driver.app.tree().rows().len(), rows);
    driver.resize(60, 12);
    driver.send(mouse(MouseEventKind::ScrollDown, 10, 5));
    assert_eq!(driver.app.tree().offset(), 3);
    driver.keys("?");
    driver.send(mouse(MouseEventKind::ScrollDown, 10, 5));
    assert_eq!(driver.app.screen().map(|open| open.scroll), Some(3));
}
