//! The hand that does a step for the learner.

use super::*;
use crate::app::authority::Authority;
use crate::app::keymap::Keymap;

#[test]
fn the_hand_leaves_what_is_open_selects_the_row_and_presses_the_keys() {
    let mut driver = begun(120, 40, None);
    driver.keys("F4");
    driver.keys("/ x y z Enter w ?");
    driver.keys("F3");
    let effects = let_pass(&mut driver, Duration::from_secs(8));
    let applied = effects.iter().filter(|effect| matches!(effect, Effect::Apply { .. })).count();
    assert_eq!(driver.selected(), "eth0 in centos1-2");
    assert_eq!((driver.app.filter(), applied), ("", 1));
    assert!(state(&driver).contains("pressed m bridge Enter Enter"), "{}", state(&driver));
    assert_eq!(marks(&driver)[1], Mark::Open, "the kernel has not changed anything yet");
}

#[test]
fn the_hand_stops_when_the_learner_presses_a_key() {
    let mut driver = begun(120, 40, None);
    driver.keys("F3");
    driver.keys("j");
    let_pass(&mut driver, Duration::from_secs(3));
    assert_eq!(marks(&driver)[0], Mark::Open);
    assert!(driver.app.screen().is_none());
}

#[test]
fn the_hand_means_the_keys_of_the_table_whichever_the_user_has() {
    let own = [
        ("mode", vec!["F12"]),
        ("delete", vec!["m"]),
        ("reach", vec![]),
        ("back", vec!["Backspace"]),
        ("cancel", vec!["Backspace"]),
        ("accept", vec!["F11"]),
        ("decide", vec!["F10"]),
    ];
    let own = own.map(|(name, keys)| (name.into(), keys.into_iter().map(String::from).collect()));
    let keymap = Keymap::with_overrides(&own).unwrap();
    let mut driver = begun_by(Driver::new(120, 40, Settings { keymap, ..settings() }), None);
    assert!(state(&driver).contains("yours :reach for r (reach)"), "{}", state(&driver));
    driver.keys("w F3");
    let_pass(&mut driver, Duration::from_secs(3));
    assert_eq!(marks(&driver)[0], Mark::Done);
    let_pass(&mut driver, Duration::from_secs(2));
    assert!(state(&driver).contains("F12 for m (mode)"), "{}", state(&driver));
    driver.keys("F3");
    let effects = let_pass(&mut driver, Duration::from_secs(8));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Apply { .. })));
    assert!(state(&driver).contains("pressed F12 bridge F11 F10"), "{}", state(&driver));
}

#[test]
fn a_word_is_not_typed_where_letters_are_keys() {
    let settings = Settings { authority: Authority::ReadOnly, ..settings() };
    let mut driver = begun_by(Driver::new(120, 40, settings), None);
    driver.keys("F4 F3");
    let_pass(&mut driver, Duration::from_secs(3));
    assert!(state(&driver).contains("pressed m\n"), "{}", state(&driver));
    assert!(driver.app.screen().is_none());
    let notice = driver.app.notice().expect("the reason");
    assert!(notice.text.contains("read-only"), "{}", notice.text);
}

#[test]
fn rows_stand_as_at_the_start_for_the_hand() {
    let marking = LESSON.replacen(
        "go = \"ens8\"\nkeys = \"r\"",
        "go = \"centos1-2/eth0\"\nkeys = \"V Space Space r\"",
        1,
    );
    let marking = marking.replacen("{ screen = \"reach\" }", "{ screen = \"way\" }", 1);
    let mut driver = Driver::new(120, 40, settings());
    driver.app.stage(leaked(&marking), None, &mut Vec::new());
    driver.send(Event::Staged(Ok(Vec::new())));
    driver.wait(MOMENT);
    driver.keys("t O F3");
    let_pass(&mut driver, Duration::from_secs(4));
    assert_eq!(marks(&driver)[0], Mark::Done, "{}", driver.screen());
    assert!(
        driver.screen().contains("eth0 in centos1-2 → eth0 in centos1-3"),
        "{}",
        driver.screen()
    );
}
