//! Pictures of who reaches whom.

use super::tests::{SIZES, pictures};
use crate::app::driver::Driver;
use crate::app::{Effect, Event, Settings};
use crate::model::Answers;
use crate::reach::{Endpoint, Found};

#[test]
fn the_matrix_or_on_small_screens_a_list() {
    pictures("reach", "g r");
}

#[test]
fn the_way_between_two() {
    pictures("reach-path", "g r Enter");
    pictures("reach-path-marked", "j V Space Space r");
}

#[test]
fn in_ascii() {
    for (width, height) in SIZES {
        let settings = Settings { ascii: true, ..Settings::default() };
        let mut driver = Driver::new(width, height, settings);
        for (name, keys) in [("ascii-reach", "g r"), ("ascii-reach-path", "Enter")] {
            driver.keys(keys);
            let screen = driver.screen();
            assert!(screen.is_ascii(), "{screen}");
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), screen);
        }
    }
}

#[test]
fn what_the_wire_said() {
    let answers = |is| Some([Answers { resolved: is, echoed: is }; 2]);
    let nothing = Found { answers: answers(false), ..Found::default() };
    let all = Found { unicast: [true; 2], broadcast: [true; 2], answers: answers(true) };
    for (name, found) in [("agreed", nothing), ("disagreed", all)] {
        for (width, height) in SIZES {
            let mut driver = Driver::new(width, height, Settings::default());
            driver.keys("g r P");
            let ordered = |driver: &Driver| match driver.effects.last() {
                Some(Effect::Probe(pair)) => Some(*pair),
                _ => None,
            };
            while let Some(pair) = ordered(&driver) {
                driver.send(Event::Probed { pair, result: Ok(found) });
            }
            assert_eq!(driver.app.trials().progress(), None);
            insta::assert_snapshot!(format!("reach-{name}-{width}x{height}"), driver.screen());
        }
    }
}

#[test]
fn one_address_of_the_outside() {
    let silence = Answers { resolved: false, echoed: false };
    let echo = Answers { resolved: true, echoed: true };
    for (width, height) in SIZES {
        let mut driver = Driver::new(width, height, Settings::default());
        let pictured = |driver: &mut Driver, name: &str| {
            let name = format!("reach-outside-{name}-{width}x{height}");
            insta::assert_snapshot!(name, driver.screen());
        };
        driver.keys("g r");
        while !matches!(driver.app.reach_pair(), Some([_, Endpoint::Outside(_)])) {
            driver.keys(if driver.app.grid().is_list { "j" } else { "l" });
        }
        let [Effect::AskGateway(of)] = *driver.keys("p") else { panic!("{:?}", driver.effects) };
        driver.send(Event::Gateway { of, gateway: [192, 168, 128, 1].into() });
        pictured(&mut driver, "asked");
        driver.keys("2 2 4 . 0 . 0 . 1 Enter");
        pictured(&mut driver, "refused");
        let [.., Effect::ProbeOutside { from, asked }] = *driver.keys("Ctrl-U Enter") else {
            panic!("{:?}", driver.effects)
        };
        driver.send(Event::OutsideProbed { from, asked, result: Ok(silence) });
        pictured(&mut driver, "disagreed");
        let [.., Effect::ProbeOutside { from, asked }] = *driver.keys("p Enter") else {
            panic!("{:?}", driver.effects)
        };
        driver.keys("Enter");
        driver.send(Event::OutsideProbed { from, asked, result: Ok(echo) });
        pictured(&mut driver, "way");
    }
}
