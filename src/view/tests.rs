//! Pictures of every screen at the sizes that people have, kept beside this file.

use std::time::Duration;

use crate::app::driver::Driver;
use crate::app::{ColorDepth, Event, Lab, Settings};
use crate::model::fixture::{self, C2, C3, HOST, TEST1, VM, address, key, mount, netns, process};
use crate::model::{
    Address, Change, DeviceNumber, Holder, LinkKind, Mode, Netns, Owner, OwnerKind, Parent,
    Problem, Stats, TapDevice, TapHolder, View,
};

pub(super) const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 15)];

/// Draws a picture at every size, after the keys that lead to it.
pub(super) fn pictures(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut driver = Driver::new(width, height, Settings::default());
        driver.keys(keys);
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), driver.screen());
    }
}

#[test]
fn browse_by_parent() {
    pictures("by-parent", "j j");
}

#[test]
fn a_large_screen_has_room_for_the_state() {
    let mut driver = Driver::new(200, 50, Settings::default());
    driver.keys("j j j");
    insta::assert_snapshot!("by-parent-200x50", driver.screen());
    driver.keys("G");
    insta::assert_snapshot!("unseen-200x50", driver.screen());
}

/// A link with everything that a link can have, and a witness that contradicts.
#[test]
fn everything_about_a_link() {
    let mut driver = Driver::new(100, 60, Settings::default());
    let mut link = driver.app.topology().link(key(HOST, 7)).unwrap().clone();
    let LinkKind::Macvlan(mut macvlan) = link.kind.clone() else { panic!("a macvlan") };
    macvlan.mode = Mode::Source;
    macvlan.flags.0 = 2;
    macvlan.sources = vec![[2, 0, 0, 0, 0, 1].into(), [2, 0, 0, 0, 0, 2].into()];
    macvlan.bc_queue_len_used = Some(0);
    link.kind = LinkKind::Macvtap(macvlan);
    link.mac = Some([0, 0x1b, 0x21, 1, 2, 3].into());
    link.alias = Some("uplink of \u{1b}[1mweb".into());
    link.alt_names = vec!["altname0".into(), "altname1".into()];
    let number = DeviceNumber { major: 241, minor: 1 };
    link.tap_device = Some(TapDevice { name: 7, number });
    let machine = Owner { pids: vec![4199], ..Owner::new(OwnerKind::Libvirt, "vm-build".into()) };
    let holder = TapHolder { owner: machine, command: "qemu-system-x86".into() };
    link.master = Some(5);
    link.parent.as_mut().unwrap().sysfs_lower = Some(vec!["ens9".into()]);
    let lifetime = Address {
        valid_lft: Some(3600),
        preferred_lft: Some(1800),
        flags: 0,
        ..address("2001:db8::7/64")
    };
    let failed = Address { flags: 0x88, scope: 253, ..address("fe80::7/64") };
    link.addresses.extend([lifetime, failed]);
    let mut bond = driver.app.topology().link(key(HOST, 3)).unwrap().clone();
    bond.parent = Some(Parent { ifindex: 6, netns: Some(HOST), nsid: None, sysfs_lower: None });
    driver.changes(vec![
        Change::Link(Box::new(link)),
        Change::Link(Box::new(bond)),
        Change::TapHolders([(number, holder)].into()),
    ]);
    driver.keys("/ n a m e : m a c v l a n 1 Enter n Enter");
    insta::assert_snapshot!("everything-100x60", driver.screen());
}

#[test]
fn everything_about_a_namespace() {
    let mut driver = Driver::new(100, 40, Settings::default());
    let holders = vec![
        mount("/run/netns/web"),
        Holder::Mount { path: "/run/x".into(), pid: Some(9) },
        process(4151, "bash"),
        Holder::Thread { pid: 5, tid: 6, command: "worker".into() },
        Holder::Fd { pid: 7, fd: 8, command: "agent".into() },
        Holder::Socket { pid: 7, fd: 9, command: "agent".into() },
        Holder::Nsid { nsid: 3 },
    ];
    let closed = View::Closed { why: "setns needs CAP_SYS_ADMIN.".into() };
    let vm = Netns { view: closed, ..netns(VM, vec![process(4199, "vm-build")]) };
    driver.changes(vec![Change::Netns(netns(C2, holders)), Change::Netns(vm)]);
    driver.keys("t * G Enter");
    insta::assert_snapshot!("namespace-100x40", driver.screen());
    driver.keys("Esc k Enter");
    insta::assert_snapshot!("closed-100x40", driver.screen());
}

#[test]
fn owners_are_named_in_both_trees_and_told_in_the_details() {
    let mut driver = Driver::new(120, 40, Settings::default());
    driver.changes(fixture::owners());
    driver.keys("j j");
    insta::assert_snapshot!("owners-by-parent-120x40", driver.screen());
    driver.keys("t / o w n e r : w e b Enter g");
    insta::assert_snapshot!("owners-by-namespace-120x40", driver.screen());
    driver.keys("Enter");
    insta::assert_snapshot!("owners-details-120x40", driver.screen());
    driver.keys("Esc Esc / n s : t e s t 1 Enter g Enter");
    insta::assert_snapshot!("owners-leftover-120x40", driver.screen());
}

#[test]
fn browse_by_namespace() {
    pictures("by-namespace", "j j t");
}

#[test]
fn the_heads_tell_how_namespaces_are_sorted() {
    let mut driver = Driver::new(120, 40, Settings::default());
    driver.keys("t o");
    assert!(driver.screen().contains("namespace ▴"), "{}", driver.screen());
    driver.keys("O");
    let screen = driver.screen();
    assert!(screen.contains("namespace ▾"), "{screen}");
    assert!(screen.find("▾ vm-build") < screen.find("▾ host"), "{screen}");
}

#[test]
fn long_names_keep_both_ends_and_leave_room_for_the_rest() {
    for (width, height) in SIZES {
        let mut driver = Driver::new(width, height, Settings::default());
        driver.changes(fixture::long_names());
        driver.wait(Duration::from_secs(5));
        driver.keys("j j j j");
        let screen = driver.screen();
        insta::assert_snapshot!(format!("long-by-parent-{width}x{height}"), screen);
        driver.keys("t");
        insta::assert_snapshot!(format!("long-by-namespace-{width}x{height}"), driver.screen());
    }
}

#[test]
fn details() {
    pictures("details", "j j Enter");
}

#[test]
fn help() {
    pictures("help", "?");
}

#[test]
fn palette() {
    pictures("palette", ": s o");
    let mut driver = Driver::new(80, 24, Settings::default());
    driver.keys(": Up");
    insta::assert_snapshot!("palette-end-80x24", driver.screen());
}

#[test]
fn warnings() {
    pictures("warnings", "w j");
}

#[test]
fn filter() {
    pictures("filter", "/ m o d e : v");
}

#[test]
fn export() {
    pictures("export", "x Tab Tab");
}

/// A host on which something happened, with traffic on the selected link.
fn busy(width: u16, height: u16, settings: Settings) -> Driver {
    let mut driver = Driver::new(width, height, settings);
    driver.keys("j j");
    let mut link = driver.app.topology().link(key(C2, 2)).unwrap().clone();
    let LinkKind::Macvlan(macvlan) = &mut link.kind else { panic!("a macvlan") };
    macvlan.mode = Mode::Bridge;
    driver.changes(vec![Change::Link(Box::new(link))]);
    driver.wait(Duration::from_secs(5));
    driver.changes(vec![Change::LinkGone(key(C3, 9))]);
    let mut total = 0;
    for second in 0..20 {
        total += 700 * (second % 7) * (second % 5);
        let stats = Stats {
            rx_bytes: total,
            tx_bytes: total / 4,
            rx_packets: total / 100,
            tx_packets: total / 400,
            ..Stats::default()
        };
        let selected = driver.app.selected_link().unwrap().key;
        driver.send(Event::Stats(vec![(selected, stats)]));
        driver.wait(Duration::from_secs(1));
    }
    driver
}

#[test]
fn events_and_traffic() {
    for (width, height) in SIZES {
        let mut driver = busy(width, height, Settings::default());
        insta::assert_snapshot!(format!("busy-{width}x{height}"), driver.screen());
        driver.keys("v");
        insta::assert_snapshot!(format!("events-{width}x{height}"), driver.screen());
    }
}

#[test]
fn ascii_only() {
    for (width, height) in SIZES {
        let settings = Settings { ascii: true, ..Settings::default() };
        let mut driver = busy(width, height, settings);
        let screen = driver.screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("ascii-{width}x{height}"), screen);
        driver.keys("?");
        assert!(driver.screen().is_ascii());
    }
}

#[test]
fn ascii_spells_what_strangers_wrote() {
    for (width, height) in [(220, 60), (120, 40), (80, 24), (40, 15)] {
        let mut driver =
            Driver::new(width, height, Settings { ascii: true, ..Settings::default() });
        driver.changes(fixture::hostile());
        driver.keys("a * *");
        let all =
            ["g", "t", "Enter", "Esc", "w", "Esc", "v", "Esc", "/ ü é", "Enter", ": é", "Esc"];
        for keys in all.into_iter().chain(std::iter::repeat_n("j", 30)) {
            driver.keys(keys);
            let screen = driver.screen();
            assert!(screen.is_ascii(), "after {keys}:\n{screen}");
        }
        driver.send(Event::Copied(Ok("ip link show é".into())));
        assert!(driver.screen().is_ascii());
    }
    let mut driver = Driver::new(220, 60, Settings { ascii: true, ..Settings::default() });
    driver.changes(fixture::hostile());
    driver.keys("/ 0 Enter G");
    let screen = driver.screen();
    assert!(screen.contains("\\u{fc}0") && screen.contains("\\u{f6}0"), "{screen}");
}

#[test]
fn every_depth_uses_only_its_own_colours() {
    use ratatui::style::Color::{self, Indexed, Reset, Rgb};
    use ratatui::{Terminal, backend::TestBackend};
    let allowed = |depth, color: Color| match (depth, color) {
        (_, Reset) => true,
        (ColorDepth::None, _) => false,
        (ColorDepth::Sixteen, color) => !matches!(color, Indexed(_) | Rgb(..)),
        (ColorDepth::TwoFiftySix, color) => matches!(color, Indexed(_)),
        (ColorDepth::True, color) => matches!(color, Rgb(..)),
    };
    for colors in [ColorDepth::None, ColorDepth::Sixteen, ColorDepth::TwoFiftySix, ColorDepth::True]
    {
        let mut driver = busy(120, 40, Settings { colors, ..Settings::default() });
        driver.changes(vec![Change::LinkGone(key(HOST, 7)), Change::NetnsGone(C2)]);
        for keys in ["j", "w", "Esc", "?", "Esc", "p", ":"] {
            driver.keys(keys);
            let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
            terminal.draw(|frame| super::draw(frame, &driver.app)).unwrap();
            for cell in &terminal.backend().buffer().content {
                assert!(allowed(colors, cell.fg) && allowed(colors, cell.bg), "{cell:?}");
            }
        }
    }
}

/// Without colour the selected row, the focus and errors must still stand out.
#[test]
fn without_colour_attributes_tell() {
    use ratatui::style::Modifier;
    use ratatui::{Terminal, backend::TestBackend};
    let settings = Settings { colors: ColorDepth::None, ..Settings::default() };
    let driver = Driver::new(120, 40, settings);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    terminal.draw(|frame| super::draw(frame, &driver.app)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = driver.app.layout().rows;
    let styled = |x, y, modifier| buffer[(x, y)].modifier.contains(modifier);
    assert!(styled(rows.x + 5, rows.y, Modifier::REVERSED));
    assert!(!styled(rows.x + 5, rows.y + 1, Modifier::REVERSED));
    let sign = rows.positions().find(|at| buffer[*at].symbol() == "✗").unwrap();
    assert!(styled(sign.x + 2, sign.y, Modifier::BOLD), "lower layer down");
}

#[test]
fn paused() {
    let mut driver = Driver::new(80, 24, Settings::default());
    driver.keys("p");
    driver.changes(vec![Change::LinkGone(key(HOST, 7))]);
    insta::assert_snapshot!("paused-80x24", driver.screen());
}

#[test]
fn a_lab_is_called_by_its_name_and_tells_what_it_lacks() {
    let left_out = Problem {
        what: "ens10.10 is left out of the lab".into(),
        why: "this kernel has no 802.1Q".into(),
        incomplete: false,
    };
    let lab = Some(Lab { name: "passthru".into(), left_out: vec![left_out] });
    let mut driver = Driver::new(80, 24, Settings { lab, ..Settings::default() });
    assert!(driver.screen().starts_with(" macvlens  lab passthru  "), "{}", driver.screen());
    assert!(!driver.screen().contains("node2"));
    driver.keys("w G");
    let told = "ens10.10 is left out of the lab";
    assert!(driver.screen().contains(told), "{}", driver.screen());
}

#[test]
fn a_host_without_a_macvlan_is_told_of_the_lab() {
    let in_lab = Settings { lab: Some(Lab::default()), ..Settings::default() };
    for (settings, offered) in [(Settings::default(), true), (in_lab, false)] {
        let mut driver = Driver::new(80, 24, settings);
        driver.changes([HOST, C2, C3, VM, TEST1].map(Change::NetnsGone).into());
        let screen = driver.screen();
        assert!(screen.contains("No macvlan in any namespace; a shows all links"), "{screen}");
        assert_eq!(screen.contains("macvlens lab a toy network."), offered, "{screen}");
    }
}

#[test]
fn too_small() {
    let mut driver = Driver::new(30, 6, Settings::default());
    insta::assert_snapshot!("too-small-30x6", driver.screen());
}
