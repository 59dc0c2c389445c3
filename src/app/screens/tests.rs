//! What the sheets say of many things at once.

use crate::app::driver::Driver;
use crate::app::screens::Screen;
use crate::model::fixture::{HOST, TEST1, child, key, netns, process};
use crate::model::{Change, LinkFlags, Mode, OperState, Problem, ProblemSource};

#[test]
fn what_hundreds_have_in_common_hides_no_warning() {
    let mut driver = Driver::large();
    let down = |ifindex| {
        let mut link = child(TEST1, ifindex, "down", Mode::Bridge, key(HOST, 3));
        link.mac = Some([2, 0, 0, 0, 0, u8::try_from(ifindex).unwrap()].into());
        link.flags = LinkFlags(0x1002);
        link.oper_state = OperState::Down;
        Change::Link(Box::new(link))
    };
    let problem =
        Problem { what: "/proc/9".into(), why: "permission denied".into(), incomplete: true };
    let source = ProblemSource::Discovery;
    driver.changes(vec![Change::Problems { source, list: vec![problem] }]);
    driver.changes((100..150).map(down).collect());
    let entries = driver.app.sheet(Screen::Warnings).entries;
    let at = |text: &str| entries.iter().position(|entry| entry.text.contains(text)).expect(text);
    assert_eq!(at("permission denied"), 0);
    let heading = entries.iter().position(|entry| entry.text.contains(" times: ")).unwrap();
    assert!(at("tap0 in vm-build") < heading && heading < at("down in test1"));
    assert!(at("down in test1") < at("mv9 in centos1-3"), "a note comes last");
    assert!(entries[heading].text.starts_with("51 times"), "{}", entries[heading].text);
}

#[test]
fn details_tell_the_beginning_of_a_long_list() {
    let mut driver = Driver::large();
    let children = (100..3100).map(|ifindex| {
        let link = child(TEST1, ifindex, "mv", Mode::Bridge, key(HOST, 3));
        Change::Link(Box::new(link))
    });
    driver.changes(children.collect());
    driver.keys("g");
    let entries = driver.app.sheet(Screen::Details).entries;
    let children = &entries.iter().find(|entry| entry.label == "children").unwrap().text;
    assert!(
        children.contains("2,984 more (whole in JSON: macvlens show --output json)"),
        "{children}"
    );
    assert_eq!(children.matches(" in ").count(), 20 + 1);
    let processes = (0..500).map(|pid| process(pid, "worker"));
    let busy = netns(TEST1, processes.collect());
    driver.changes(vec![Change::Netns(busy)]);
    driver.keys("t / n s : w o r k e r Enter g");
    assert_eq!(driver.selected(), "namespace worker (0)");
    let sheet = driver.app.sheet(Screen::Details);
    assert!(sheet.entries.len() < 60, "{}", sheet.entries.len());
    let says = |text: &str| sheet.entries.iter().any(|entry| entry.text.contains(text));
    assert!(says("480 more") && says("2,982 more"), "{sheet:?}");
}

#[test]
fn a_key_of_the_trees_says_elsewhere_that_it_is_one() {
    let mut driver = Driver::large();
    for (screen, keys) in [("Enter", "m"), ("r", "z"), ("w", "c"), ("?", "D")] {
        driver.keys(screen);
        driver.keys(keys);
        let told = driver.app.notice().expect(keys).text.clone();
        assert_eq!(told, format!("{keys} is a key of the trees; Esc leads back there"));
        driver.keys("Esc");
        assert!(driver.app.notice().is_none());
    }
    driver.keys("w Left Space");
    assert!(driver.app.notice().is_none(), "who only moves about is not told");
    driver.keys("Esc");
    // Where a question waits for its answer nothing leads away from it.
    driver.keys("u m");
    assert!(driver.app.confirm().is_some() && driver.app.notice().is_none());
}
