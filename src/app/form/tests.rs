//! Forms from the outside: keys, and what they ask for.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::What;
use crate::app::driver::Driver;
use crate::app::screens::Screen;
use crate::app::{Event, Settings};
use crate::model::fixture::{C2, HOST, TEST1, address, key};
use crate::model::{Change, Item, MacvlanFlags, Mode, Vlan};
use crate::plan::{Edit, NewKind, NewLink, NewMacvlan, Place, Request};

/// What the form on the screen asks for.
#[track_caller]
fn asked(driver: &Driver) -> Vec<Request> {
    let mut form = driver.app.form().expect("a form").clone();
    form.requests().unwrap()
}

fn refused(driver: &Driver) -> String {
    driver.app.form().expect("a form").standing.refusal().unwrap_or_default().to_owned()
}

/// Goes to a field.
fn go(driver: &mut Driver, what: What) {
    for _ in 0..20 {
        if driver.app.form().unwrap().focus() == what {
            return;
        }
        driver.keys("Tab");
    }
    panic!("no {what:?} in\n{}", driver.screen());
}

/// Types a text into a field that is emptied first.
fn put(driver: &mut Driver, what: What, text: &str) {
    go(driver, what);
    driver.keys("End Ctrl-U");
    for c in text.chars() {
        let word = if c == ' ' { "Space".to_owned() } else { c.to_string() };
        driver.keys(&word);
    }
}

/// Turns a choice until it says the word.
fn choose(driver: &mut Driver, what: What, word: &str) {
    go(driver, what);
    for _ in 0..10 {
        let screen = driver.screen();
        if screen.contains(&format!("‹ {word} ›")) {
            return;
        }
        driver.keys("Right");
    }
    panic!("no {word} for {what:?}");
}

#[track_caller]
fn new_link(driver: &Driver) -> NewLink {
    match asked(driver).as_slice() {
        [Request::Create(new)] => (**new).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_link_is_ready_at_once_and_says_its_command() {
    let mut driver = Driver::large();
    driver.keys("c");
    let new = new_link(&driver);
    assert_eq!(new.parent, key(HOST, 3));
    assert_eq!(new.kind, NewKind::Macvlan(NewMacvlan::new(Mode::Bridge)));
    assert_eq!((new.netns, new.up, new.mac), (Place::Known(HOST), true, None));
    assert!(driver.screen().contains("ready"), "{}", driver.screen());
    driver.keys("Ctrl-S");
    assert_eq!(driver.app.screen().map(|open| open.screen), Some(Screen::Confirm));
    driver.keys("Esc Esc");
    assert!(driver.app.form().is_none());
    driver.keys("j c");
    assert_eq!(new_link(&driver).parent, key(HOST, 3), "on the parent of a sub-interface");
}

#[test]
fn everything_about_a_new_link_can_be_said() {
    let mut driver = Driver::large();
    driver.keys("c");
    choose(&mut driver, What::Kind, "macvtap");
    choose(&mut driver, What::Mode, "source");
    put(&mut driver, What::Name, "mine");
    choose(&mut driver, What::Netns, "test1");
    put(&mut driver, What::Mac, "02:00:00:00:00:99");
    put(&mut driver, What::Addresses, "192.0.2.7/24, 2001:db8::7/64");
    go(&mut driver, What::Up);
    driver.keys("Space");
    put(&mut driver, What::Mtu, "1400");
    put(&mut driver, What::Sources, "02:00:00:00:00:01 02:00:00:00:00:02");
    go(&mut driver, What::Nodst);
    driver.keys("Right");
    put(&mut driver, What::BcQueueLen, "5");
    put(&mut driver, What::BcCutoff, "-1");
    let new = new_link(&driver);
    assert_eq!(new.name, "mine".into());
    assert_eq!(new.netns, Place::Known(TEST1));
    assert_eq!(new.mac, Some([2, 0, 0, 0, 0, 0x99].into()));
    assert_eq!(new.mtu, Some(1400));
    assert_eq!(new.addresses, [address("192.0.2.7/24"), address("2001:db8::7/64")]);
    assert!(!new.up);
    let NewKind::Macvtap(macvlan) = new.kind else { panic!("{:?}", new.kind) };
    assert_eq!(macvlan.mode, Mode::Source);
    assert_eq!(macvlan.flags, MacvlanFlags(MacvlanFlags::NODST));
    assert_eq!((macvlan.bc_queue_len, macvlan.bc_cutoff), (Some(5), Some(-1)));
    assert_eq!(macvlan.sources.len(), 2);
}

#[test]
fn fields_come_and_go_with_what_they_depend_on() {
    let mut driver = Driver::large();
    driver.keys("c");
    let shown = |driver: &Driver| -> Vec<What> {
        driver.app.form().unwrap().shown().iter().map(|field| field.what).collect()
    };
    assert!(!shown(&driver).contains(&What::Nopromisc));
    choose(&mut driver, What::Mode, "passthru");
    assert!(shown(&driver).contains(&What::Nopromisc) && !shown(&driver).contains(&What::Mac));
    assert!(refused(&driver).contains("passthru"), "{}", refused(&driver));
    choose(&mut driver, What::Kind, "vlan");
    assert!(shown(&driver).contains(&What::VlanId) && !shown(&driver).contains(&What::Mode));
    assert!(refused(&driver).contains("1 to 4094"), "{}", refused(&driver));
    put(&mut driver, What::VlanId, "77");
    let new = new_link(&driver);
    assert_eq!((new.kind, new.name), (NewKind::Vlan(Vlan::new(77)), "ens8.77".into()));
    choose(&mut driver, What::Netns, "(new)");
    assert!(refused(&driver).contains("needs a name"), "{}", refused(&driver));
    put(&mut driver, What::NewNetns, "lab");
    assert_eq!(new_link(&driver).netns, Place::New("lab".into()));
}

#[test]
fn a_mac_is_made_up_when_asked_and_another_one_each_time() {
    let mut driver = Driver::large();
    driver.keys("c");
    go(&mut driver, What::Mac);
    driver.keys("g");
    let first = new_link(&driver).mac.unwrap();
    driver.keys("g");
    let second = new_link(&driver).mac.unwrap();
    assert!(first.is_locally_administered() && first.is_usable() && first != second);
}

#[test]
fn a_field_says_what_is_wrong_with_it() {
    for (what, text, wrong) in [
        (What::Name, "a/b", "no '/'"),
        (What::Name, "0123456789abcdef", "16 bytes"),
        (What::Mac, "01:00:5e:00:00:01", "multicast"),
        (What::Mtu, "much", "not a number"),
        (What::Addresses, "192.0.2.7", "prefix length"),
        (What::BcQueueLen, "-1", "not a number"),
    ] {
        let mut driver = Driver::large();
        driver.keys("c");
        put(&mut driver, what, text);
        assert!(refused(&driver).contains(wrong), "{what:?}: {}", refused(&driver));
        let shown = driver.app.form().unwrap().shown();
        let field = shown.iter().find(|field| field.what == what).unwrap();
        assert!(field.error.as_ref().is_some_and(|error| error.contains(wrong)));
        driver.keys("Tab Ctrl-S");
        assert_eq!(driver.app.form().unwrap().focus(), what, "the way leads to what is wrong");
        assert!(driver.app.confirm().is_none());
    }
}

#[test]
fn what_the_plan_refuses_is_said_below() {
    let mut driver = Driver::large();
    driver.keys("c");
    for (what, text, wrong, right) in
        [(What::Mtu, "9000", "1500", ""), (What::Name, "macvlan1", "macvlan1", "mv9")]
    {
        put(&mut driver, what, text);
        assert!(refused(&driver).contains(wrong), "{}", refused(&driver));
        let shown = driver.app.form().unwrap().shown();
        let wrong: Vec<_> = shown.iter().filter(|f| f.error.is_some()).map(|f| f.what).collect();
        assert_eq!(wrong, [what], "and beside the field that it is about");
        driver.keys("Tab Ctrl-S");
        assert_eq!(driver.app.form().unwrap().focus(), what);
        put(&mut driver, what, right);
    }
    let form = driver.app.form().unwrap();
    assert!(form.standing.refusal().is_none() && form.shown().iter().all(|f| f.error.is_none()));
}

#[test]
fn what_was_typed_is_not_lost_by_one_key() {
    let mut driver = Driver::large();
    driver.keys("c Right Esc");
    assert!(driver.app.form().is_none(), "nothing was typed");
    driver.keys("c");
    put(&mut driver, What::Name, "web0");
    driver.keys("Esc");
    assert!(driver.screen().contains("leaving loses what was typed; Esc again leaves"));
    driver.keys("Tab Esc");
    assert!(driver.app.form().is_some(), "another key comes between");
    driver.keys("Esc");
    assert!(driver.app.form().is_none());
}

#[test]
fn a_click_goes_to_a_field_and_turns_its_value() {
    let mut driver = Driver::new(80, 24, Settings::default());
    driver.keys("c");
    let area = driver.app.layout().screen;
    let up = driver.app.form().unwrap().shown().iter().position(|f| f.what == What::Up).unwrap();
    let event = |row| MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: area.x + 15,
        row,
        modifiers: KeyModifiers::NONE,
    };
    let row = area.y + u16::try_from(up).unwrap();
    driver.send(Event::Input(Input::Mouse(event(row))));
    assert_eq!(driver.app.form().unwrap().focus(), What::Up);
    assert!(new_link(&driver).up);
    driver.send(Event::Input(Input::Mouse(event(row))));
    assert!(!new_link(&driver).up);
    driver.send(Event::Input(Input::Mouse(event(area.y - 3))));
    assert_eq!(driver.app.form().unwrap().focus(), What::Up, "what lies below is not for now");
}

#[test]
fn only_what_is_different_is_changed() {
    let mut driver = Driver::large();
    driver.keys("j e");
    assert_eq!(refused(&driver), "nothing is different yet");
    put(&mut driver, What::Name, "web0");
    put(&mut driver, What::Alias, "the web");
    put(&mut driver, What::Mtu, "1400");
    put(&mut driver, What::Addresses, "192.168.128.222/24 2001:db8::7/64");
    put(&mut driver, What::BcCutoff, "-1");
    let edits = vec![
        Edit::Name("web0".into()),
        Edit::Alias(Some("the web".into())),
        Edit::AddAddress(address("2001:db8::7/64")),
        Edit::Mtu(1400),
        Edit::BcCutoff(-1),
    ];
    assert_eq!(asked(&driver), [Request::Edit { link: key(C2, 2), edits }]);
}

#[test]
fn source_macs_change_one_by_one_or_all_at_once() {
    let mac = |last: u8| [2, 0, 0, 0, 0, last].into();
    for (text, edits) in [
        (
            "02:00:00:00:00:01, 02:00:00:00:00:03",
            vec![Edit::RemoveSource(mac(2)), Edit::AddSource(mac(3))],
        ),
        ("02:00:00:00:00:04", vec![Edit::SetSources(vec![mac(4)])]),
        ("", vec![Edit::SetSources(vec![])]),
    ] {
        let mut driver = Driver::large();
        let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
        let macvlan = link.macvlan_mut().unwrap();
        (macvlan.mode, macvlan.sources) = (Mode::Source, vec![mac(1), mac(2)]);
        driver.changes(vec![Change::Link(Box::new(link))]);
        driver.keys("j e");
        put(&mut driver, What::Sources, text);
        assert_eq!(asked(&driver), [Request::Edit { link: key(C2, 2), edits }]);
    }
}

#[test]
fn several_links_share_a_form() {
    let mut driver = Driver::large();
    driver.keys("V j Space Space e");
    let shown: Vec<_> = driver.app.form().unwrap().shown().iter().map(|f| f.what).collect();
    assert_eq!(shown, [What::Alias, What::Mtu, What::BcQueueLen, What::BcCutoff]);
    put(&mut driver, What::Mtu, "1400");
    assert_eq!(asked(&driver).len(), 2);
}

#[test]
fn a_hostile_name_that_nobody_touched_stays() {
    let mut driver = Driver::large();
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    link.name = b"\x1b[2J\xff"[..].into();
    driver.changes(vec![Change::Link(Box::new(link))]);
    driver.keys("t");
    driver.go_to(Item::Link(key(C2, 2)));
    driver.keys("e");
    put(&mut driver, What::Mtu, "1400");
    let edits = vec![Edit::Mtu(1400)];
    assert_eq!(asked(&driver), [Request::Edit { link: key(C2, 2), edits }]);
    assert!(driver.screen().chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn enter_walks_through_the_fields_to_the_plan() {
    let mut driver = Driver::large();
    driver.keys("c");
    let fields = driver.app.form().unwrap().shown().len();
    for _ in 1..fields {
        driver.keys("Enter");
        assert!(driver.app.confirm().is_none());
    }
    driver.keys("Enter");
    assert!(driver.app.confirm().is_some());
}
