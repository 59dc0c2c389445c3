//! Keys in, state out: one address in the outside, asked for at a prompt.

use super::Stage;
use super::tests::{NOTHING, PARENT, answer, notice, on_the_containers, stage, text};
use crate::app::driver::Driver;
use crate::app::prompt::Prompt;
use crate::app::{Authority, Effect, Event, Settings};
use crate::model::fixture::{C2, C3, key};
use crate::model::{Answers, Change, LinkKey};
use crate::reach::{Answered, Endpoint, Finding, Pair};

const SILENCE: Answers = Answers { resolved: false, echoed: false };
const ECHO: Answers = Answers { resolved: true, echoed: true };

/// The matrix with eth0 in centos1-2 to the outside selected.
fn on_the_outside() -> Driver {
    let mut driver = on_the_containers();
    driver.keys("l l l l");
    let ends = [Endpoint::Link(key(C2, 2)), Endpoint::Outside(PARENT)];
    assert_eq!(driver.app.reach_pair(), Some(ends));
    driver
}

/// The keys of a text.
fn typed(text: &str) -> String {
    text.chars().flat_map(|c| [c, ' ']).collect()
}

/// What was asked for last.
fn order(effects: &[Effect]) -> (LinkKey, Pair) {
    match effects {
        [.., Effect::ProbeOutside { from, asked }] => (*from, *asked),
        other => panic!("no order: {other:?}"),
    }
}

/// Asks for an address and gives an answer.
fn ask(driver: &mut Driver, address: &str, result: Result<Answers, String>) {
    let keys = format!("p {} Enter", typed(address));
    let (from, asked) = order(driver.keys(&keys));
    assert_eq!(stage(driver), Some(Stage::Waiting));
    driver.send(Event::OutsideProbed { from, asked, result });
}

fn is_prompt(driver: &Driver) -> bool {
    matches!(driver.app.prompt(), Some(Prompt::Address { .. }))
}

#[test]
fn an_address_is_typed_and_asked_for() {
    let mut driver = on_the_outside();
    assert_eq!(driver.keys("p"), [Effect::AskGateway(key(C2, 2))]);
    assert!(driver.screen().contains("ask outside ens8 for "), "{}", driver.screen());
    let (from, asked) = order(driver.keys(&format!("{} Enter", typed("192.168.128.9"))));
    assert_eq!(from, key(C2, 2));
    assert_eq!(asked.from.to_string(), "192.168.128.222");
    assert_eq!(asked.to.to_string(), "192.168.128.9");
    assert!(!is_prompt(&driver));
    assert_eq!(driver.keys("p Esc"), [], "proposed is what was asked for last");
    assert!(!is_prompt(&driver));
}

#[test]
fn the_gateway_is_proposed_or_what_was_asked_for_last() {
    let mut driver = on_the_outside();
    driver.keys("p");
    let gateway = |of, ip: [u8; 4]| Event::Gateway { of, gateway: ip.into() };
    for (of, ip) in [(key(C3, 2), [192, 168, 128, 1]), (key(C2, 2), [10, 0, 0, 21])] {
        driver.send(gateway(of, ip));
        assert!(!driver.screen().contains("such as"), "of another, or nobody outside");
    }
    driver.send(gateway(key(C2, 2), [192, 168, 128, 1]));
    assert!(driver.screen().contains("such as 192.168.128.1 (Enter)"), "{}", driver.screen());
    driver.keys("1");
    assert!(!driver.screen().contains("such as"), "{}", driver.screen());
    let (from, asked) = order(driver.keys("Backspace Enter"));
    assert_eq!(asked.to.to_string(), "192.168.128.1");
    driver.send(Event::OutsideProbed { from, asked, result: Ok(ECHO) });
    ask(&mut driver, "192.168.128.9", Ok(ECHO));
    // From another interface on the same parent, where a late answer changes nothing.
    driver.keys("j p");
    driver.send(gateway(key(C3, 2), [192, 168, 128, 1]));
    assert!(driver.screen().contains("such as 192.168.128.9 (Enter)"), "{}", driver.screen());
    assert_eq!(order(driver.keys("Enter")).0, key(C3, 2));
}

#[test]
fn what_is_no_host_outside_is_refused_until_it_is_mended() {
    let mut driver = on_the_outside();
    driver.keys("p");
    for (text, why) in [
        ("", "an address is needed, such as 192.0.2.1"),
        ("web", "web is no IPv4 or IPv6 address"),
        ("192.168.128", "192.168.128 is no IPv4 or IPv6 address"),
        ("192.168.128.0/24", "192.168.128.0/24 is no IPv4 or IPv6 address"),
        ("224.0.0.1", "224.0.0.1 is not the address of one host"),
        ("2001:db8::1", "eth0 in centos1-2 has no IPv6 address to ask from"),
        ("192.168.128.222", "192.168.128.222 is an address of eth0 in centos1-2, not of"),
        ("192.168.128.233", "192.168.128.233 is an address of eth0 in centos1-3, not of"),
        ("10.0.0.5", "10.0.0.5 is an address of ens8 in host, not of the outside"),
    ] {
        let keys = format!("Ctrl-U {} Enter", typed(text));
        assert_eq!(driver.keys(&keys), [], "{text}");
        assert!(is_prompt(&driver), "it can be mended");
        assert!(driver.screen().contains(why), "{why}:\n{}", driver.screen());
        driver.keys("x");
        assert!(!driver.screen().contains(why), "typing takes it away:\n{}", driver.screen());
    }
    order(driver.keys(&format!("Ctrl-U {} Enter", typed("192.168.128.9"))));
}

#[test]
fn ends_that_cannot_ask_say_so() {
    let mut driver = on_the_outside();
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    link.addresses.clear();
    driver.changes(vec![Change::Link(Box::new(link))]);
    assert_eq!(driver.keys("p"), []);
    assert_eq!(notice(&driver), "eth0 in centos1-2 has no address in use.");
    driver.keys("G End p");
    assert_eq!(notice(&driver), "both ends are the same: select two");
    let settings = Settings { authority: Authority::ReadOnly, ..Settings::default() };
    let mut driver = Driver::new(120, 40, settings);
    driver.keys("g r End l l l l l p");
    assert!(notice(&driver).starts_with("read-only: a probe sends frames"), "{}", notice(&driver));
    assert!(!is_prompt(&driver));
}

#[test]
fn the_parents_own_stack_can_ask() {
    let mut driver = on_the_outside();
    driver.keys("j j j j");
    assert_eq!(driver.app.reach_pair(), Some([Endpoint::Link(PARENT), Endpoint::Outside(PARENT)]));
    let (from, asked) = order(driver.keys(&format!("p {} Enter", typed("10.0.0.1"))));
    assert_eq!((from, asked.from.to_string()), (PARENT, "10.0.0.5".into()));
}

#[test]
fn an_answer_stands_beside_the_prediction_in_both_directions() {
    let mut driver = on_the_outside();
    ask(&mut driver, "192.168.128.9", Ok(ECHO));
    let agreed = "agreed: 192.168.128.9, asked from 192.168.128.222, answers ARP and ICMP echo.";
    assert!(text(&driver).contains(agreed), "{}", text(&driver));
    assert_eq!(driver.screen().matches("✓=").count(), 2, "there and back:\n{}", driver.screen());
    driver.keys("Enter");
    assert!(text(&driver).contains(agreed), "{}", text(&driver));
    driver.keys("Enter G h h h h h");
    let [from, to] = driver.app.reach_pair().unwrap();
    assert_eq!((from, to), (Endpoint::Outside(PARENT), Endpoint::Link(key(C2, 2))));
    assert!(text(&driver).contains(agreed), "{}", text(&driver));
    // It is the interface that asks, wherever it stands.
    ask(&mut driver, "192.168.128.77", Ok(SILENCE));
    let told = text(&driver);
    assert!(
        told.contains("DISAGREED: 192.168.128.77, asked from 192.168.128.222, does not answer")
    );
    assert!(told.contains("perhaps nobody there has 192.168.128.77"), "{told}");
    assert_eq!(driver.screen().matches("✓!").count(), 2, "{}", driver.screen());
}

#[test]
fn silence_is_as_predicted_where_nothing_passes() {
    let mut driver = on_the_outside();
    let mut link = driver.app.topology().link(PARENT).unwrap().clone();
    link.flags = link.flags.without_carrier();
    driver.changes(vec![Change::Link(Box::new(link))]);
    ask(&mut driver, "192.168.128.9", Ok(SILENCE));
    assert!(text(&driver).contains("agreed: 192.168.128.9, asked from"), "{}", text(&driver));
    ask(&mut driver, "192.168.128.9", Err("no privilege".into()));
    let told = text(&driver);
    assert!(
        told.contains("nothing was found out: asking for 192.168.128.9: no privilege"),
        "{told}"
    );
}

#[test]
fn an_answer_is_forgotten_when_something_on_the_way_changes() {
    for changed in [key(C2, 2), PARENT] {
        let mut driver = on_the_outside();
        let mut link = driver.app.topology().link(changed).unwrap().clone();
        link.mtu = 1400;
        let change = Change::Link(Box::new(link));
        let (from, asked) = order(driver.keys(&format!("p {} Enter", typed("192.168.128.9"))));
        let said = Event::OutsideProbed { from, asked, result: Ok(ECHO) };
        driver.send(said.clone());
        let answered = Answered { from: asked.from, to: asked.to, answers: ECHO };
        assert_eq!(stage(&driver), Some(Stage::Done(Ok(Finding::Outside(answered)))));
        driver.changes(vec![change.clone()]);
        assert_eq!(stage(&driver), None, "{changed:?}");
        // One that changes while the question is under way is not told of at all.
        let mut link = driver.app.topology().link(changed).unwrap().clone();
        link.mtu = 1300;
        order(driver.keys("p Enter"));
        driver.changes(vec![Change::Link(Box::new(link))]);
        driver.send(said);
        assert_eq!(stage(&driver), None, "{changed:?}");
    }
    let mut driver = on_the_outside();
    ask(&mut driver, "192.168.128.9", Ok(ECHO));
    let mut link = driver.app.topology().link(key(C3, 2)).unwrap().clone();
    link.mtu = 1400;
    driver.changes(vec![Change::Link(Box::new(link))]);
    assert!(stage(&driver).is_some(), "another sub-interface is not passed");
}

#[test]
fn another_address_waits_for_the_answer_of_the_one_before() {
    let mut driver = on_the_outside();
    let (from, first) = order(driver.keys(&format!("p {} Enter", typed("192.168.128.9"))));
    let keys = format!("p {} Enter", typed("192.168.128.8"));
    assert_eq!(driver.keys(&keys), []);
    let second = order(driver.send(Event::OutsideProbed { from, asked: first, result: Ok(ECHO) }));
    assert_eq!(second.1.to.to_string(), "192.168.128.8");
    assert_eq!(stage(&driver), Some(Stage::Waiting));
    // An answer that nobody waits for is none.
    driver.send(Event::OutsideProbed { from, asked: first, result: Ok(ECHO) });
    assert_eq!(stage(&driver), Some(Stage::Waiting));
    let (from, asked) = second;
    driver.send(Event::OutsideProbed { from, asked, result: Ok(ECHO) });
    assert!(text(&driver).contains("192.168.128.8, asked from"), "{}", text(&driver));
}

#[test]
fn all_pairs_leave_the_outside_out() {
    let mut driver = on_the_outside();
    driver.keys("P");
    while driver.app.trials().progress().is_some() {
        answer(&mut driver, NOTHING);
    }
    assert_eq!(stage(&driver), None);
    // Whoever leaves has nobody asked any more.
    driver.keys("P");
    let underway = driver.effects.clone();
    driver.keys(&format!("p {} Enter Esc", typed("192.168.128.9")));
    driver.effects = underway;
    answer(&mut driver, NOTHING);
    assert_eq!((driver.app.trials().progress(), &driver.effects[..]), (None, &[][..]));
}
