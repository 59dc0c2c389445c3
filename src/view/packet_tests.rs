//! Pictures of what passes an interface.

use super::tests::SIZES;
use crate::app::driver::Driver;
use crate::app::packets::fixture::batch;
use crate::app::packets::{Batch, Counts};
use crate::app::{Event, Settings};
use crate::model::Item;
use crate::model::fixture::{C2, key};

/// The list on `eth0` in centos1-2, still empty.
fn listening(width: u16, height: u16, settings: Settings) -> Driver {
    let mut driver = Driver::new(width, height, settings);
    driver.go_to(Item::Link(key(C2, 2)));
    driver.keys("s");
    driver
}

/// Draws a picture at every size, after so many packets and the keys that lead to it.
fn pictures(name: &str, packets: u64, keys: &str) {
    for (width, height) in SIZES {
        let mut driver = listening(width, height, Settings::default());
        driver.send(Event::Caught(batch(1, packets)));
        driver.keys(keys);
        driver.send(Event::Caught(batch(packets + 1, 12)));
        insta::assert_snapshot!(format!("packets-{name}-{width}x{height}"), driver.screen());
    }
}

#[test]
fn the_newest_at_the_bottom() {
    pictures("live", 0, "");
    pictures("many", 2500, "k k");
}

#[test]
fn held_still_and_filtered() {
    pictures("held", 30, "/ a r p Enter p");
    pictures("filter", 30, "/ a r p");
    pictures("write", 30, "x");
}

#[test]
fn one_packet() {
    pictures("one", 4, "Enter");
    pictures("stranger", 5, "Enter");
}

#[test]
fn before_the_first_while_all_are_written_and_after_the_last() {
    for (width, height) in SIZES {
        let mut driver = listening(width, height, Settings::default());
        insta::assert_snapshot!(format!("packets-opening-{width}x{height}"), driver.screen());
        driver.send(Event::Caught(batch(1, 3)));
        driver.send(Event::Writing(Ok("/home/user/macvlens.pcapng".into())));
        let counts = Counts { seen: 1_234_567, dropped: 4321, skipped: 98765, written: 1_234_567 };
        driver.send(Event::Caught(Batch { packets: Vec::new(), counts }));
        insta::assert_snapshot!(format!("packets-writing-{width}x{height}"), driver.screen());
        driver.send(Event::CaptureEnded("eth0 in centos1-2 is gone".into()));
        insta::assert_snapshot!(format!("packets-over-{width}x{height}"), driver.screen());
    }
}

#[test]
fn in_ascii() {
    for (width, height) in SIZES {
        let settings = Settings { ascii: true, ..Settings::default() };
        let mut driver = listening(width, height, settings);
        driver.send(Event::Caught(batch(1, 60)));
        for (name, keys) in [("list", "k"), ("one", "Enter")] {
            driver.keys(keys);
            let screen = driver.screen();
            assert!(screen.is_ascii(), "{screen}");
            insta::assert_snapshot!(format!("ascii-packets-{name}-{width}x{height}"), screen);
        }
    }
}
