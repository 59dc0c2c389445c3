//! Pictures of a lesson beside, below and over everything else, kept beside this file.

use std::time::Duration;

use super::tests::SIZES;
use crate::app::driver::Driver;
use crate::app::{ColorDepth, Lab, Settings};
use crate::teach::Lesson;

const LESSON: &str = "+++
title = \"bridge: siblings talk in memory\"
lab = \"modes\"

[[step]]
check = { screen = \"reach\" }
hint = \"The first row is the parent: press g to go there, and then r.\"
go = \"ens8\"
keys = \"r\"

[[step]]
check = { link = \"centos1-2/eth0\", mode = \"bridge\" }
hint = \"Press m.\"
go = \"centos1-2/eth0\"
keys = 'm \"bridge\" Enter Enter'

[[step]]
check = { screen = \"warnings\" }
hint = \"Press w.\"
keys = \"w\"
+++
## Who reaches whom
`ens8` is the **parent**: one network card. Below it in the tree are its sub-interfaces, one in each of
the containers. The column `mode` says how each of them treats its siblings.

Select `ens8` and press `r`:

- a row sends,
- a column receives; the words below it say why a frame is lost, and there are more of them than one
  would think.
## One of them changes
A mode can be changed at any time. Press `m` on `eth0` of `centos1-2` and choose **bridge**.
## What looks wrong
Press `w`.
";

fn begun(width: u16, height: u16, settings: Settings) -> Driver {
    let lesson = Box::leak(Box::new(Lesson::parse("test", LESSON).unwrap()));
    let lab = Lab { name: "modes".into(), lesson: Some(lesson), ..Lab::default() };
    begun_in(width, height, Settings { lab: Some(lab), ..settings })
}

fn begun_in(width: u16, height: u16, settings: Settings) -> Driver {
    let mut driver = Driver::new(width, height, settings);
    driver.wait(Duration::from_millis(600));
    driver
}

/// Draws a lesson at every size, after the keys that lead to it.
fn pictures(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut driver = begun(width, height, Settings::default());
        driver.keys(keys);
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), driver.screen());
    }
}

#[test]
fn a_step_with_its_hint() {
    pictures("lesson", "F2");
}

#[test]
fn a_tick_beside_the_matrix() {
    pictures("lesson-ticked", "r");
}

#[test]
fn a_question_beside_the_lesson() {
    pictures("lesson-confirm", "F4 j m b r Enter");
}

#[test]
fn a_form_and_a_list_beside_the_lesson() {
    let mut driver = begun(80, 24, Settings::default());
    driver.keys("c");
    insta::assert_snapshot!("lesson-form-80x24", driver.screen());
    driver.keys("Esc j m");
    insta::assert_snapshot!("lesson-choice-80x24", driver.screen());
}

#[test]
fn the_end_and_the_list() {
    pictures("lesson-over", "F4 F4 F4");
    pictures("lessons", "F8 L");
}

#[test]
fn a_play_and_ascii() {
    let lesson = Box::leak(Box::new(Lesson::parse("test", LESSON).unwrap()));
    let speed = Some(10.0);
    let lab = Lab { name: "modes".into(), lesson: Some(lesson), speed, ..Lab::default() };
    let mut driver = begun_in(120, 40, Settings { lab: Some(lab), ..Settings::default() });
    insta::assert_snapshot!("lesson-play-120x40", driver.screen());
    let ascii = Settings { ascii: true, colors: ColorDepth::None, ..Settings::default() };
    insta::assert_snapshot!("lesson-ascii-80x24", begun(80, 24, ascii).screen());
}

#[test]
fn a_lesson_that_is_put_away_leaves_its_key() {
    let mut driver = begun(80, 24, Settings::default());
    driver.keys("F9");
    let screen = driver.screen();
    assert!(!screen.contains("Who reaches whom"), "{screen}");
    assert!(screen.contains("F9 lesson"), "{screen}");
}

#[test]
fn it_fits_on_every_screen_from_any_place() {
    for keys in ["", "F2", "r", "c", "j m", "j m b r Enter", ":", "?", "L", "F4 F4 F4", "w", "a *"]
    {
        for (width, height) in
            [(40, 10), (59, 20), (60, 20), (80, 19), (109, 24), (110, 12), (250, 60)]
        {
            let mut driver = begun(width, height, Settings::default());
            driver.keys(keys);
            driver.screen();
            let (layout, page) = (driver.app.layout(), driver.app.lesson_page());
            let Some(page) = page else { continue };
            for area in [page.heading_area, page.text_area, page.state_area, page.keys_area] {
                assert_eq!(layout.lesson.intersection(area), area, "{width}x{height} {keys}");
            }
            let covered = layout.body.intersects(layout.lesson);
            assert_eq!(covered, layout.lesson_covers, "{width}x{height} {keys}");
        }
    }
}
