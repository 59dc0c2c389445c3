//! What is copied, and of what.

use super::super::change::pick::{Choice, Picked};
use super::*;
use crate::app::Event;
use crate::app::driver::Driver;
use crate::model::fixture::{self, HOST, key};
use crate::plan::recipe::{Form, recipe};

/// The fixture's host with its networks, the network `vepamv` selected.
fn on_network() -> Driver {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    driver.keys("t t g j j j");
    assert_eq!(driver.selected(), "network vepamv");
    driver
}

fn picker(driver: &Driver) -> &Picker {
    match driver.app.prompt() {
        Some(Prompt::Pick(picker)) => picker,
        other => panic!("{other:?}"),
    }
}

/// The network whose row is selected.
fn network(driver: &Driver) -> Of {
    match driver.app.tree().selected() {
        Some(Item::Network(key)) => Of::Network(key),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_network_can_be_copied_in_every_form_that_can_say_it() {
    let mut driver = on_network();
    let of = network(&driver);
    assert_eq!(driver.keys("y"), []);
    let picker = picker(&driver);
    assert_eq!(picker.title, "Copy vepamv as");
    for (choice, form) in picker.choices.iter().zip(Form::ALL) {
        let told = recipe(driver.app.topology(), of, form);
        assert_eq!((&*choice.label, &choice.refusal), (form.name(), &told.err()));
    }
    assert_eq!(picker.choices.len(), Form::ALL.len());
}

#[test]
fn a_member_stands_for_its_network_and_details_for_their_link() {
    let mut driver = on_network();
    driver.keys("j j y");
    assert_eq!(picker(&driver).title, "Copy vepamv as");
    driver.keys("Esc k");
    assert!(
        matches!(driver.keys("y"), [Effect::Copy { text, .. }] if text.starts_with("ip -n")
        || text.contains("nsenter")),
        "{:?}",
        driver.effects
    );
    for (keys, back) in [("Tab y", "Esc Tab"), ("Enter y", "Esc Esc")] {
        driver.keys(keys);
        assert_eq!(picker(&driver).title, "Copy eth0 in docker centos1-2 as", "{keys}");
        driver.keys(back);
    }
    // A parent is no network; of it the command is copied everywhere.
    driver.keys("t");
    driver.go_to(Item::Link(key(HOST, 3)));
    let ip = |effects: &[Effect]| matches!(effects, [.., Effect::Copy { .. }]);
    assert!(ip(driver.keys("Tab y")) && ip(driver.keys("Enter y")));
}

/// A list with one form that can be said and one that can't.
fn with_recipes(driver: &mut Driver) {
    let choice = |form: Form, text: Result<&str, &str>| Choice {
        refusal: text.err().map(str::to_owned),
        picked: Picked::Recipe(form, text.map(str::to_owned).map_err(str::to_owned)),
        label: form.name().into(),
        meaning: form.meaning().into(),
    };
    driver.keys("y");
    let mut picker = picker(driver).clone();
    picker.choice = 0;
    picker.choices = vec![
        choice(Form::Docker, Ok("docker network create a\n")),
        choice(Form::Podman, Err("podman has no vepa here")),
        choice(Form::Networkd, Ok("[NetDev]\nName=a")),
    ];
    driver.app.prompt = Some(Prompt::Pick(Box::new(picker)));
}

#[test]
fn enter_copies_what_was_chosen_and_the_footer_tells() {
    for (keys, text, told) in [
        ("Enter", "docker network create a", "1 docker command"),
        ("n e t w Enter", "[NetDev]\nName=a", "2 lines"),
    ] {
        let mut driver = on_network();
        with_recipes(&mut driver);
        let copied = driver.keys(keys).iter().find_map(|effect| match effect {
            Effect::Copy { text, told } => Some((text.clone(), told.clone())),
            _ => None,
        });
        let copied = copied.expect("a copy");
        assert_eq!(copied.0, text);
        assert!(driver.app.prompt().is_none());
        driver.send(Event::Copied(Ok(copied.1)));
        let screen = driver.screen();
        assert!(screen.contains("copied: ") && screen.contains(told), "{screen}");
    }
}

#[test]
fn a_form_that_is_refused_says_why_and_copies_nothing() {
    let mut driver = on_network();
    with_recipes(&mut driver);
    assert_eq!(driver.keys("Down"), []);
    assert!(driver.screen().contains("podman has no vepa here"), "{}", driver.screen());
    assert_eq!(driver.keys("Enter"), []);
    assert_eq!(picker(&driver).refusal.as_deref(), Some("podman has no vepa here"));
    assert!(driver.screen().contains("podman has no vepa here"), "{}", driver.screen());
}

#[test]
fn what_needs_a_link_says_so_on_other_rows() {
    let mut driver = on_network();
    for (row, keys, told) in [
        ("", "m", "vepamv is a network; select one of its members"),
        ("", "D", "vepamv is a network; select one of its members"),
        ("", "S", "vepamv is a network; select one of its members"),
        ("j j", "e", "centos1-4 has no interface; select a member that has one"),
        ("j j", "u", "centos1-4 has no interface; select a member that has one"),
        ("j j j", "M", "this row is no link; select one below it"),
        ("j j j", "y", "this row is no link; select one below it"),
        ("j j j", "c", "select the link that is to be the parent"),
    ] {
        driver.keys("g j j j");
        driver.keys(row);
        assert_eq!(driver.keys(keys), [], "{row} {keys}");
        let notice = driver.app.notice().map(|notice| &*notice.text);
        assert_eq!(notice, Some(told), "{row} {keys}");
    }
}

#[test]
fn a_network_proposes_its_parent_for_a_new_link() {
    for row in ["", "j", "j j"] {
        let mut driver = on_network();
        driver.keys(row);
        driver.keys("c");
        let screen = driver.screen();
        assert!(driver.app.form().is_some(), "{screen}");
        assert!(screen.contains("on ens8 in host"), "{screen}");
    }
    let mut driver = on_network();
    driver.keys("g c");
    assert_eq!(driver.selected(), "network lost");
    assert!(driver.app.form().is_none());
    assert!(driver.app.notice().unwrap().text.contains("parent is out of sight"));
}
