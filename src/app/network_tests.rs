//! The tree of networks from the outside, and what engines tell while it is looked at.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use unicode_width::UnicodeWidthStr;

use super::driver::Driver;
use super::screens::Screen;
use super::{Effect, Event, Settings};
use crate::model::belief::{ContainerState, Engine};
use crate::model::fixture::{C2, HOST, key};
use crate::model::forest::Grouping;
use crate::model::{Belief, Change, Item, SourceId, Text, fixture};

/// Whatever is selected, the third press leads back to it, unless something else was selected in
/// between.
#[test]
fn once_around_the_trees_leads_back() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    for _ in 0..3 {
        let items: Vec<_> = driver.app.tree().rows().iter().map(|row| row.item).collect();
        for item in items {
            driver.go_to(item);
            driver.keys("t t t");
            assert_eq!(driver.app.tree().selected(), Some(item));
        }
        driver.keys("t");
    }
}

#[test]
fn networks_give_way_to_what_they_have() {
    let after = |keys: &str| {
        let mut driver = Driver::large();
        driver.changes([fixture::owners(), fixture::beliefs()].concat());
        driver.keys("t t g");
        driver.keys(keys);
        driver.selected()
    };
    for (keys, selected) in [
        ("", "network lost"),
        ("j", "network mvcni"),
        ("j j", "eth0 in pod default/web-0"),
        ("j j j", "network vepamv"),
        ("j j j j j", "member centos1-4"),
        ("j j j j j j", "in no network"),
        ("j t", "eth0 in pod default/web-0"),
        ("j j j t", "eth0 in docker centos1-2"),
        ("j j j t j t t", "eth0 in pod default/web-0"),
        ("j j j j j t", "ens8 in host"),
        ("t", "ens8 in host"),
        ("j j j j j j t", "macvlan1 in host"),
    ] {
        assert_eq!(after(keys), selected, "{keys}");
    }
}

#[test]
fn what_engines_tell_is_logged_and_glows() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    let lines = |driver: &Driver| -> Vec<String> {
        driver.app.log().lines().map(|line| line.text.clone()).collect()
    };
    for line in ["+ network lost of docker", "+ network mvcni of cni", "+ network vepamv of docker"]
    {
        assert!(lines(&driver).iter().any(|known| known == line), "{line}: {:?}", lines(&driver));
    }
    let before = lines(&driver).len();
    let docker = |change: &dyn Fn(&mut Belief)| {
        let mut news = fixture::beliefs().swap_remove(0);
        let Change::Belief { belief: Some(belief), .. } = &mut news else { panic!("a belief") };
        change(belief);
        vec![news]
    };
    driver.changes(docker(&|_| {}));
    assert_eq!(lines(&driver).len(), before, "the same again is no news");
    driver.changes(docker(&|belief| belief.containers[0].state = ContainerState::Restarting));
    driver.keys("t t");
    let member = driver.app.tree().rows().iter().map(|row| row.item);
    let member = member.into_iter().find(|item| matches!(item, Item::Member(_))).unwrap();
    assert!(driver.app.glow().brightness(&member).is_some());
    driver.changes(docker(&|belief| drop(belief.containers.remove(0))));
    driver.changes(docker(&|_| {}));
    driver.keys("p");
    let silence = Change::Belief { source: SourceId(0), belief: None };
    driver.changes(vec![silence]);
    assert_eq!(driver.app.paused(), Some(2));
    driver.keys("p");
    assert_eq!(
        lines(&driver)[before..],
        [
            "~ centos1-4 in network vepamv stopped → restarting",
            "- centos1-4 in network vepamv",
            "+ centos1-4 in network vepamv",
            "- network vepamv of docker",
            "- network lost of docker",
        ]
    );
}

/// Podman's files are read before its socket answers.
#[test]
fn a_network_that_another_source_tells_of_now_is_no_news() {
    let mut driver = Driver::large();
    let mut news = fixture::beliefs().swap_remove(0);
    let Change::Belief { belief: Some(belief), .. } = &mut news else { panic!("a belief") };
    belief.engine = Engine::Podman;
    let containers = std::mem::take(&mut belief.containers);
    let files = belief.clone();
    driver.changes(vec![news]);
    let before = driver.app.log().lines().count();
    let origin = "unix:///run/podman/podman.sock".into();
    let socket = Box::new(Belief { origin, containers, ..(*files).clone() });
    driver.changes(vec![Change::Belief { source: SourceId(7), belief: Some(socket.clone()) }]);
    driver.changes(vec![Change::Belief { source: SourceId(7), belief: None }]);
    assert_eq!(driver.app.log().lines().count(), before);
    // Made anew under its old name, it is another.
    let mut anew = files;
    anew.networks[0].id = "another".into();
    driver.changes(vec![Change::Belief { source: SourceId(0), belief: Some(anew) }]);
    assert_eq!(driver.app.log().lines().count(), before + 2);
}

/// The entries of the details of what is selected, as `label: text`.
fn details(driver: &Driver) -> Vec<String> {
    let entries = driver.app.sheet(Screen::Details).entries;
    entries.iter().map(|entry| format!("{}: {}", entry.label, entry.text)).collect()
}

#[test]
fn the_owner_section_tells_what_the_engine_says_of_the_container() {
    let mut driver = Driver::large();
    let mut news = [fixture::owners(), fixture::beliefs()].concat();
    for change in &mut news {
        let Change::Belief { belief: Some(belief), .. } = change else { continue };
        for container in belief.containers.iter_mut().filter(|c| c.id == fixture::C2_ID.into()) {
            let long = "x".repeat(5000);
            container.labels.insert("long".into(), (&*long).into());
            let many = (0..30).map(|n| (Text::from(&*format!("many{n}")), "1".into()));
            container.labels.extend(many);
        }
    }
    driver.changes(news);
    driver.keys("j");
    assert_eq!(driver.selected(), "eth0 in docker centos1-2");
    let told = details(&driver);
    for line in ["state: running", "project: lab", "service: web"] {
        assert!(told.iter().any(|known| known == line), "{line}: {told:#?}");
    }
    assert!(!told.iter().any(|line| line.contains("com.docker.compose")), "{told:#?}");
    let label = told.iter().find(|line| line.contains("long=")).expect("the long label");
    assert!(label.len() < 300, "{label}");
    assert!(told.iter().any(|line| line.contains("11 more")), "{told:#?}");
}

#[test]
fn details_of_a_member_tell_where_belief_and_kernel_differ() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    driver.keys("j");
    let differs = |driver: &Driver| -> Vec<String> {
        details(driver).into_iter().filter(|line| line.starts_with("believed")).collect()
    };
    // The fixture's host has MACs of its own.
    assert_eq!(differs(&driver), ["believed: MAC 02:42:c0:a8:80:02"]);
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    link.mac = Some([2, 0x42, 0xc0, 0xa8, 0x80, 2].into());
    driver.changes(vec![Change::Link(Box::new(link.clone()))]);
    assert!(details(&driver).contains(&"name: vepamv".into()), "{:#?}", details(&driver));
    assert_eq!(differs(&driver), [""; 0], "what is as believed is told once");
    link.addresses[0].ip = [192, 168, 128, 7].into();
    driver.changes(vec![Change::Link(Box::new(link))]);
    assert_eq!(differs(&driver), ["believed: 192.168.128.222/24"]);
}

/// What engines tell was named by strangers: no control character, every row as wide as it looks.
#[test]
fn hostile_engines_change_nothing_but_their_own_text() {
    let evil = || Text::from(&b"\x1b[2J\xff\xe2\x80\xae\r\n\xe7\xb6\xb2"[..]);
    let mut news = [fixture::owners(), fixture::beliefs()].concat();
    for change in &mut news {
        let Change::Belief { belief: Some(belief), .. } = change else { continue };
        belief.origin = evil();
        belief.user = Some(evil());
        for network in &mut belief.networks {
            (network.name, network.mode, network.ipam) = (evil(), evil(), Some(evil()));
            network.labels = [(evil(), evil())].into();
            network.subnets[0].aux = vec![(evil(), [10, 0, 0, 9].into())];
            network.parent.take_if(|parent| *parent == "ens99".into());
            network.parent.get_or_insert_with(evil);
        }
        for container in &mut belief.containers {
            (container.name, container.image) = (evil(), Some(evil()));
            container.labels =
                [("com.docker.compose.project".into(), evil()), (evil(), evil())].into();
            container.attachments[0].interface = Some(evil());
        }
    }
    for ascii in [false, true] {
        let mut driver = Driver::new(120, 60, Settings { ascii, ..Settings::default() });
        driver.changes(news.clone());
        driver.keys("t t g");
        for _ in 0..driver.app.tree().rows().len() {
            for keys in ["j", "Enter", "y", "Esc", "Esc"] {
                driver.keys(keys);
                let screen = driver.screen();
                let clean = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
                assert!(screen.chars().all(clean), "{screen}");
                assert!(!ascii || screen.is_ascii(), "{screen}");
            }
            let screen = driver.screen();
            let left = screen.lines().filter_map(|line| line.split_once('│'));
            assert_eq!(left.filter(|(left, _)| left.width() != 80).count(), 0, "{screen}");
        }
    }
}

#[test]
fn a_member_that_lost_its_interface_is_still_led_to() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    driver.keys("t t");
    driver.changes(vec![Change::LinkGone(key(C2, 2))]);
    driver.keys("g j j j j");
    assert_eq!(driver.selected(), "member centos1-2");
    let screen = driver.screen();
    let row = screen.lines().find(|line| line.contains("├── cent")).expect("a row");
    for word in ["docker", "os1-2", "running", "02:42:c0:a8:80:02", "192.168.128.222"] {
        assert!(row.contains(word), "{row}");
    }
    assert_eq!(driver.keys("S"), [Effect::Shell(C2)]);
}

#[test]
fn what_works_on_rows_works_on_networks() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    driver.keys("t t g j j j");
    let rows = driver.app.tree().rows().len();
    driver.keys("Space");
    assert_eq!(driver.app.tree().rows().len(), rows - 2);
    assert!(
        driver.screen().contains("⚠ 1/2 run → ens8 192.168.128.0/24"),
        "a closed row still counts them"
    );
    let top = driver.app.layout().rows.y;
    let click = |row| {
        let (kind, modifiers) = (MouseEventKind::Down(MouseButton::Left), KeyModifiers::NONE);
        Event::Input(Input::Mouse(MouseEvent { kind, column: 1, row, modifiers }))
    };
    driver.send(click(top + 3));
    assert_eq!(driver.app.tree().rows().len(), rows, "the sign opens it");
    driver.keys("*");
    assert_eq!(driver.app.tree().rows().len(), 4);
    driver.keys("* V g j j Space");
    assert_eq!(driver.app.marks().map(std::collections::BTreeSet::len), Some(1));
    driver.keys("g Space");
    assert!(driver.app.notice().unwrap().text.contains("only links"));
    driver.keys("A");
    assert_eq!(driver.app.marks().map(std::collections::BTreeSet::len), Some(7));
}

#[test]
fn a_finding_leads_to_the_tree_that_has_its_row() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    let lost = driver.app.topology().networks().next().unwrap().key;
    driver.app.show(Item::Network(lost));
    driver.keys("F9");
    assert_eq!(driver.selected(), "network lost");
    driver.app.show(Item::Link(key(HOST, 4)));
    driver.keys("F9");
    assert_eq!(driver.selected(), "ens9 in host", "which no tree of networks has");
    driver.keys("t t");
    driver.app.show(Item::Link(key(C2, 2)));
    driver.keys("F9");
    let grouping = driver.app.tree().selection.grouping;
    assert_eq!(grouping, Grouping::Network, "no need to leave it");
    driver.app.show(Item::Netns(HOST));
    driver.keys("F9");
    assert_eq!(driver.selected(), "namespace host");
}

/// The address of a container that does not run is on no link, and yet somebody's.
#[test]
fn where_a_filter_finds_nothing_the_tree_that_has_it_is_named() {
    let mut driver = Driver::large();
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    driver.keys("/ i p : 1 9 2 . 1 6 8 . 1 2 8 . 2 2 4 Enter");
    let hint = "Only the tree by network has a match; t leads there, Esc drops the filter.";
    assert!(driver.screen().contains(hint), "{}", driver.screen());
    driver.keys("t");
    assert!(driver.screen().contains(hint), "{}", driver.screen());
    driver.keys("t");
    assert_eq!(driver.selected(), "network vepamv");
    driver.keys("/ x y z Enter");
    assert!(driver.screen().contains("Nothing matches the filter; Esc drops it."));
}
