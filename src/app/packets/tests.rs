//! The list of packets from the outside: keys and what a capture tells, and what is then on the screen
//! and asked for.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixture::{batch, large};
use super::{Counts, Stage};
use crate::app::driver::Driver;
use crate::app::screens::Screen;
use crate::app::{Authority, Effect, Event, Settings};
use crate::model::fixture::{C2, HOST, key};
use crate::model::{Change, Item, LinkKey};

/// `eth0` in centos1-2.
const ETH0: LinkKey = LinkKey { netns: C2, ifindex: 2 };

/// The list on that interface, with so many packets.
fn listening(packets: u64) -> Driver {
    let mut driver = Driver::large();
    driver.go_to(Item::Link(ETH0));
    driver.keys("s");
    driver.send(Event::Caught(batch(1, 0)));
    if packets > 0 {
        driver.send(Event::Caught(batch(1, packets)));
    }
    driver
}

/// Numbers of the packets that pass the filter.
fn listed(driver: &Driver) -> Vec<u64> {
    let window = driver.app.packets().unwrap().window(100);
    window.entries.iter().map(|entry| entry.caught.number).collect()
}

/// Number of the selected packet.
fn selected(driver: &Driver) -> u64 {
    let window = driver.app.packets().unwrap().window(driver.app.packet_rows());
    assert!(window.shown.contains(&window.cursor), "{window:?}");
    window.entries[window.cursor].caught.number
}

#[test]
fn the_capture_lasts_as_long_as_the_list() {
    let mut driver = Driver::large();
    driver.go_to(Item::Link(ETH0));
    for close in ["Esc", "s", "? Esc Esc", "Enter Esc Esc", ": d e l e t e Enter"] {
        assert!(driver.keys("s").contains(&Effect::Capture(Some(ETH0))));
        assert_eq!(driver.send(Event::Caught(batch(1, 3))), []);
        let effects = driver.keys(close);
        assert!(effects.contains(&Effect::Capture(None)), "{close}: {effects:?}");
        assert!(driver.app.packets().is_none(), "{close}");
        driver.keys("Esc Esc Esc");
    }
    // What came too late is nobody's.
    driver.send(Event::Caught(batch(4, 3)));
    driver.send(Event::CaptureEnded("gone".into()));
    assert!(driver.app.packets().is_none());
}

#[test]
fn what_is_looked_at() {
    let mut driver = Driver::large();
    driver.keys("g r");
    let [from, _] = driver.app.reach_pair().unwrap();
    let crate::reach::Endpoint::Link(from) = from else { panic!("{from:?}") };
    assert!(driver.keys("s").contains(&Effect::Capture(Some(from))));
    assert!(driver.keys("Esc").contains(&Effect::Capture(None)));
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Reach));
    driver.keys("Esc t g s");
    assert!(driver.screen().contains("select an interface"), "{}", driver.screen());
    let authority = Authority::ReadOnly;
    let mut driver = Driver::new(120, 40, Settings { authority, ..Settings::default() });
    driver.keys("g s");
    assert!(driver.screen().contains("read-only: seeing packets takes CAP_NET_RAW"));
    driver.keys(": c l e a r Enter");
    assert!(driver.screen().contains("no packets are shown: s shows"), "{}", driver.screen());
}

#[test]
fn the_newest_are_kept_and_followed_until_the_selection_goes_up() {
    let mut driver = listening(5);
    assert_eq!((listed(&driver), selected(&driver)), (vec![1, 2, 3, 4, 5], 5));
    driver.keys("k k");
    driver.send(Event::Caught(batch(6, 100)));
    assert_eq!(selected(&driver), 3);
    assert!(driver.screen().contains("G follows"), "{}", driver.screen());
    driver.keys("G");
    driver.send(Event::Caught(batch(106, 2394)));
    assert_eq!((selected(&driver), listed(&driver).len()), (2499, 2000));
    let screen = driver.screen();
    assert!(screen.contains("2,499 packets  499 older ones gone"), "{screen}");
    // What is selected makes room for newer ones like all others.
    driver.keys("g");
    driver.send(Event::Caught(batch(2500, 10)));
    assert_eq!(selected(&driver), 510);
    driver.keys("c");
    assert_eq!(listed(&driver), Vec::<u64>::new());
    assert!(driver.screen().contains("Nothing has passed yet."));
}

#[test]
fn a_click_selects_and_the_wheel_scrolls() {
    let mut driver = listening(100);
    let mouse = |kind, row| {
        let modifiers = KeyModifiers::NONE;
        Event::Input(Input::Mouse(MouseEvent { kind, column: 5, row, modifiers }))
    };
    // Above are the header, the title, what was counted, and the heads.
    driver.send(mouse(MouseEventKind::Down(MouseButton::Left), 4));
    assert_eq!(selected(&driver), 66);
    for row in [2, 3] {
        driver.send(mouse(MouseEventKind::Down(MouseButton::Left), row));
        assert_eq!(selected(&driver), 66);
    }
    driver.send(mouse(MouseEventKind::ScrollUp, 10));
    assert_eq!(selected(&driver), 63);
    driver.send(Event::Caught(batch(101, 1)));
    assert_eq!(selected(&driver), 63);
}

#[test]
fn large_frames_leave_room_for_fewer() {
    let mut driver = listening(0);
    driver.send(Event::Caught(large(100, 256 * 1024)));
    assert_eq!(listed(&driver).len(), 32);
    assert!(driver.screen().contains("68 older ones gone"), "{}", driver.screen());
}

#[test]
fn what_comes_waits_while_a_list_is_held_still() {
    let mut driver = listening(5);
    driver.keys("p");
    driver.send(Event::Caught(batch(6, 3)));
    let screen = driver.screen();
    assert!(
        screen.contains("PAUSED  3 came since  p goes on") && screen.contains("8 packets"),
        "{screen}"
    );
    assert_eq!(listed(&driver), [1, 2, 3, 4, 5]);
    driver.keys("Space");
    driver.send(Event::Caught(batch(9, 1)));
    assert_eq!(listed(&driver), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // The trees go on all the time.
    assert_eq!(driver.app.paused(), None);
}

#[test]
fn what_waits_is_filtered_written_and_cleared_with_the_rest() {
    let mut driver = listening(5);
    driver.keys("p");
    driver.send(Event::Caught(batch(6, 5)));
    driver.keys("x");
    let effects = driver.keys("Enter");
    let [Effect::WritePackets { frames, taken: 10, .. }] = effects else { panic!("{effects:?}") };
    assert_eq!(frames.len(), 10);
    driver.keys("/ a r p Enter p");
    assert_eq!(listed(&driver), [1, 2, 6, 7]);
    driver.keys("p");
    driver.send(Event::Caught(batch(11, 2)));
    driver.keys("c");
    assert!(driver.screen().contains("PAUSED  0 came since"), "{}", driver.screen());
    driver.keys("p");
    assert_eq!(listed(&driver), [0; 0]);
}

#[test]
fn only_the_newest_of_what_waits_is_kept() {
    let mut driver = listening(5);
    driver.keys("p");
    driver.send(Event::Caught(batch(6, 2005)));
    assert_eq!(listed(&driver), [1, 2, 3, 4, 5]);
    driver.keys("p");
    let listed = listed(&driver);
    assert_eq!((listed.len(), listed[0]), (2000, 11));
    assert!(driver.screen().contains("10 older ones gone"), "{}", driver.screen());
}

#[test]
fn all_words_of_a_filter_must_occur() {
    let mut driver = listening(5);
    for (filter, wanted) in [
        ("arp", &[1, 2][..]),
        ("ICMP ! r e p l y", &[3]),
        ("centos1-3 ! arp", &[3, 4]),
        ("52:54:00", &[5]),
        ("vlan 50", &[5]),
        ("broadcast", &[1]),
        ("nothing", &[]),
        ("!", &[1, 2, 3, 4, 5]),
    ] {
        let typed = filter.replace("! ", "!").replace("r e p l y", "reply");
        let keys: Vec<_> =
            typed.chars().map(|c| if c == ' ' { "Space".into() } else { c.to_string() }).collect();
        driver.keys(&format!("/ {}", keys.join(" ")));
        assert_eq!(listed(&driver), wanted, "{typed}");
        driver.keys("Enter Esc");
        assert_eq!(listed(&driver).len(), 5);
    }
    driver.keys("/ a r p Enter");
    driver.send(Event::Caught(batch(6, 5)));
    assert_eq!(listed(&driver), [1, 2, 6, 7]);
    assert_eq!((driver.app.filter(), selected(&driver)), ("", 7));
    driver.keys("/ x Esc");
    assert_eq!(listed(&driver), [1, 2, 6, 7]);
}

#[test]
fn another_name_shows() {
    let mut driver = listening(2);
    let screen = driver.screen();
    assert!(screen.contains("Packets on eth0 in centos1-2"), "{screen}");
    assert!(screen.contains("eth0/centos1-2"), "{screen}");
    let link = driver.app.topology().link(ETH0).unwrap();
    let link = crate::model::Link { name: "lan0".into(), ..link.clone() };
    driver.changes(vec![Change::Link(Box::new(link))]);
    let screen = driver.screen();
    assert!(screen.contains("Packets on lan0 in centos1-2"), "{screen}");
    assert!(screen.contains("lan0/centos1-2") && !screen.contains("eth0/centos1-2"), "{screen}");
}

#[test]
fn what_is_listed_and_all_that_follows_is_written() {
    let mut driver = listening(5);
    let effects = driver.keys("x Enter").to_vec();
    let [Effect::WritePackets { link, path, proposed: true, frames, taken: 5 }] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*link, &**path, frames.len()), (ETH0, "macvlens.pcapng", 5));
    driver.send(Event::Writing(Ok("/tmp/macvlens.pcapng".into())));
    let counts = Counts { seen: 6, dropped: 2, skipped: 3, written: 1006 };
    driver.send(Event::Caught(super::Batch { packets: vec![], counts }));
    let screen = driver.screen();
    assert!(screen.contains("dropped: 2 by the kernel, 3 here"), "{screen}");
    assert!(screen.contains("1,006 written to /tmp/macvlens.pcapng"), "{screen}");
    assert_eq!(driver.keys("x"), [Effect::EndWriting]);
    driver.send(Event::Written { path: "/tmp/macvlens.pcapng".into(), result: Ok(1007) });
    assert!(driver.screen().contains("1,007 packets written to /tmp/macvlens.pcapng"));
    driver.send(Event::Writing(Err("creating /x: no".into())));
    assert!(driver.screen().contains("creating /x: no"));
    assert!(matches!(driver.keys("x Enter"), [Effect::WritePackets { .. }]));
    assert_eq!(driver.keys("x Ctrl-U Enter"), []);
}

#[test]
fn what_was_listed_stays_when_the_capture_is_over() {
    let mut driver = listening(5);
    driver.send(Event::CaptureEnded("eth0 in centos1-2 is gone".into()));
    driver.changes(vec![Change::LinkGone(ETH0)]);
    let screen = driver.screen();
    assert!(screen.contains("The capture is over: eth0 in centos1-2 is gone."), "{screen}");
    assert!(screen.contains("Packets on eth0 in centos1-2"), "{screen}");
    assert_eq!(listed(&driver).len(), 5);
    assert!(matches!(driver.app.packets().unwrap().stage(), Stage::Over(_)));
    assert!(matches!(driver.keys("x Enter"), [Effect::WritePackets { .. }]));
}

#[test]
fn a_packet_is_told_in_full_and_stays_selected() {
    let mut driver = listening(5);
    driver.keys("k Enter");
    driver.send(Event::Caught(batch(6, 2500)));
    let screen = driver.screen();
    assert!(screen.contains("Packet 4") && screen.contains("ICMP echo reply"), "{screen}");
    assert!(screen.contains("macvlens"), "the bytes as text: {screen}");
    driver.keys("Enter");
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Packets));
    assert_eq!(selected(&driver), 506, "the oldest that is left");
    for keys in ["Enter c Enter", "Enter"] {
        driver.keys(keys);
        assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Packets), "{keys}");
    }
}

#[test]
fn another_interface_begins_anew() {
    let mut driver = listening(5);
    driver.keys("Esc");
    driver.go_to(Item::Link(key(HOST, 3)));
    assert!(driver.keys("s").contains(&Effect::Capture(Some(key(HOST, 3)))));
    assert_eq!(listed(&driver), Vec::<u64>::new());
}
