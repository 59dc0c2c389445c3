//! Where mode cards open, what they are of, and where closing one leads.

use crate::app::driver::Driver;
use crate::app::prompt::Prompt;
use crate::app::screens::Screen;
use crate::model::{Item, LinkKey, Mode};

fn title(driver: &Driver) -> Option<String> {
    let screen = driver.app.screen()?.screen;
    matches!(screen, Screen::Card | Screen::Modes).then(|| driver.app.sheet(screen).title)
}

#[test]
fn a_card_opens_on_a_sub_interface_wherever_it_is() {
    for keys in ["j i", "j Enter i", "j t i", "j r i", "j r Enter i", "j r Left l i"] {
        let mut driver = Driver::large();
        driver.keys(keys);
        let title = title(&driver).unwrap_or_default();
        assert_eq!(title, "Mode vepa, for eth0 in centos1-2", "{keys}");
        driver.keys("Esc");
        assert_ne!(driver.app.screen().map(|open| open.screen), Some(Screen::Card), "{keys}");
    }
}

#[test]
fn where_no_mode_is_at_hand_all_of_them_are_listed() {
    let mut driver = Driver::large();
    driver.keys("g i");
    assert_eq!(title(&driver).as_deref(), Some("Modes"));
    for mode in Mode::ALL {
        driver.keys("Enter");
        assert_eq!(title(&driver), Some(format!("Mode {mode}")));
        driver.keys("i j");
    }
    driver.keys("i");
    assert_eq!(driver.app.screen(), None);
}

#[test]
fn left_and_right_go_from_mode_to_mode_and_keep_the_row() {
    let mut driver = Driver::large();
    driver.keys("j i G");
    let modes = ["bridge", "passthru", "source", "private", "vepa"];
    for mode in modes {
        driver.keys("Right");
        let title = title(&driver);
        assert_eq!(title, Some(format!("Mode {mode}, for eth0 in centos1-2")));
        assert_eq!(driver.app.screen().unwrap().scroll, 0);
    }
    driver.keys("h");
    assert_eq!(title(&driver).unwrap(), "Mode private, for eth0 in centos1-2");
}

#[test]
fn a_list_of_modes_comes_back_as_it_was() {
    let mut driver = Driver::large();
    driver.keys("j m Down i");
    assert_eq!(title(&driver).unwrap(), "Mode bridge, for eth0 in centos1-2");
    assert!(driver.app.prompt().is_none());
    driver.keys("l Esc");
    let Some(Prompt::Pick(picker)) = driver.app.prompt() else { panic!("the list of modes") };
    assert_eq!(picker.mode(), Some(Mode::Bridge));
    driver.keys("b r i");
    assert_eq!(driver.app.screen(), None, "where something is typed a letter is text");
    let Some(Prompt::Pick(picker)) = driver.app.prompt() else { panic!("the list of modes") };
    assert_eq!(picker.input.value(), "bri");
}

#[test]
fn a_form_shows_the_card_of_its_mode_with_what_it_would_make() {
    let mut driver = Driver::large();
    driver.keys("g c i");
    assert_eq!(driver.app.screen(), None, "its first field is not the mode");
    driver.keys("Tab Right i");
    assert_eq!(title(&driver).unwrap(), "Mode vepa");
    let sheet = driver.app.sheet(Screen::Card);
    let commands: Vec<_> = sheet.entries.iter().filter(|e| e.text.contains("link add")).collect();
    assert!(commands[0].text.contains("ip link add link ens8 name macvlan"), "{commands:?}");
    driver.keys("Esc Tab i");
    assert!(driver.app.form().is_some() && driver.app.screen().is_none());
}

#[test]
fn a_link_that_goes_leaves_the_card() {
    let mut driver = Driver::large();
    driver.keys("j i");
    let Some(Item::Link(gone @ LinkKey { .. })) = driver.app.tree().selected() else { panic!() };
    driver.changes(vec![crate::model::Change::LinkGone(gone)]);
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Card));
    assert!(driver.screen().contains("vepa"));
}
