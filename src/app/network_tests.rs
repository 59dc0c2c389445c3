//! The tree of networks from the outside, and what engines tell while it is looked at.

use super::driver::Driver;
use crate::model::belief::ContainerState;
use crate::model::{Belief, Change, Item, SourceId, fixture};

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
