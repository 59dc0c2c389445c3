//! Pictures of mode cards, kept beside this file.

use super::tests::SIZES;
use crate::app::driver::Driver;
use crate::app::{ColorDepth, Settings};
use crate::model::Mode;

#[test]
fn a_card_has_the_names_of_the_row_that_it_was_opened_on() {
    super::tests::pictures("card", "j i");
}

#[test]
fn every_mode_has_a_card() {
    for at in 0..Mode::ALL.len() {
        let mut driver = Driver::new(80, 66, Settings::default());
        driver.keys("g i");
        driver.keys(&"Down ".repeat(at));
        driver.keys("Enter");
        insta::assert_snapshot!(format!("card-{}-80x66", Mode::ALL[at]), driver.screen());
    }
}

#[test]
fn the_list_of_modes() {
    super::tests::pictures("mode-list", "g i j");
}

#[test]
fn cards_in_ascii_and_without_colour() {
    for (width, height) in SIZES {
        let settings = Settings { ascii: true, colors: ColorDepth::None, ..Settings::default() };
        let mut driver = Driver::new(width, height, settings);
        driver.keys("j i");
        for turned in 0..5 {
            let screen = driver.screen();
            assert!(screen.is_ascii(), "{screen}");
            if turned == 0 {
                insta::assert_snapshot!(format!("card-ascii-{width}x{height}"), screen);
            }
            driver.keys("l");
        }
    }
}

#[test]
fn a_small_screen_scrolls_to_the_end_of_a_card() {
    let mut driver = Driver::new(40, 15, Settings::default());
    driver.keys("j i");
    let seen = |driver: &mut Driver| driver.screen().contains("ip -n centos1-2 link set dev eth0");
    assert!(!seen(&mut driver));
    driver.keys("G");
    insta::assert_snapshot!("card-end-40x15", driver.screen());
}
