//! Pictures of networks and of what belongs to them.

use std::time::Duration;

use ratatui::backend::TestBackend;

use super::tests::SIZES;
use crate::app::driver::Driver;
use crate::app::{ColorDepth, Settings};
use crate::model::Change;
use crate::model::belief::{self, Engine, Range, Subnet};
use crate::model::fixture::{self, C2, C3, HOST, TEST1, VM};
use crate::model::forest::Grouping;

/// The fixture's host with owners and networks.
fn with_networks(width: u16, height: u16, settings: Settings) -> Driver {
    let mut driver = Driver::new(width, height, settings);
    driver.changes([fixture::owners(), fixture::beliefs()].concat());
    driver.wait(Duration::from_secs(5));
    driver
}

#[test]
fn browse_by_network() {
    for (width, height) in SIZES {
        let mut driver = with_networks(width, height, Settings::default());
        let mut picture = |name: &str, keys: &str| {
            driver.keys(keys);
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), driver.screen());
        };
        picture("first", "g");
        picture("parent", "Enter");
        picture("by-network", "Esc t t g j j j");
        picture("network", "Enter");
        picture("lost-network", "Esc g Enter");
        picture("member", "Esc j j j j j Enter");
        picture("member-link", "Esc k Enter");
        picture("unattached", "Esc j j Enter");
    }
}

#[test]
fn a_large_screen_has_room_for_the_members() {
    let mut driver = with_networks(200, 40, Settings::default());
    driver.keys("t t g");
    let screen = driver.screen();
    assert!(screen.contains("192.168.128.0/24 via .1 2 members, 1 stopped"), "{screen}");
}

#[test]
fn the_parent_of_several_networks_names_one_and_counts_the_others() {
    let mut driver = with_networks(120, 40, Settings::default());
    let mut news = fixture::beliefs();
    let Change::Belief { belief: Some(docker), .. } = &mut news[0] else { panic!("a belief") };
    let spare = belief::Network {
        id: "spare".into(),
        name: "spare".into(),
        parent: Some("veth-trunk".into()),
        subnets: Vec::new(),
        ..docker.networks.last().expect("a network").clone()
    };
    docker.networks.push(spare);
    driver.changes(news);
    let row = |driver: &mut Driver, name: &str| {
        let screen = driver.screen();
        screen.lines().find(|line| line.contains(name)).expect("a row").to_owned()
    };
    assert!(row(&mut driver, "▾ ens8").contains(" mvcni +1 10.0.0.5…│"), "{}", driver.screen());
    assert!(row(&mut driver, "▾ veth-trunk").contains(" spare "), "{}", driver.screen());
    driver.resize(40, 15);
    assert!(!driver.screen().contains("mvcni"), "{}", driver.screen());
}

/// What engines prepared is on the first screen before there is a macvlan.
#[test]
fn a_parent_is_listed_for_its_networks_alone() {
    let mut driver = with_networks(120, 40, Settings::default());
    driver.changes([C2, C3, VM, TEST1].map(Change::NetnsGone).into());
    let macvlans = driver.app.topology().links().filter(|link| link.macvlan().is_some());
    let gone: Vec<_> = macvlans.map(|link| Change::LinkGone(link.key)).collect();
    driver.changes(gone);
    let screen = driver.screen();
    let row = screen.lines().find(|line| line.starts_with("   ens8 ")).expect("a row");
    assert!(row.contains(" mvcni +1 10.0.0.5"), "{screen}");
    assert!(!screen.contains("   ens9 "), "{screen}");
}

#[test]
fn browse_by_network_in_ascii() {
    for (width, height) in SIZES {
        let settings = Settings { ascii: true, ..Settings::default() };
        let mut driver = with_networks(width, height, settings);
        driver.keys("t t g j j j");
        let screen = driver.screen();
        assert!(screen.is_ascii(), "{screen}");
        insta::assert_snapshot!(format!("ascii-by-network-{width}x{height}"), screen);
        driver.keys("Enter");
        assert!(driver.screen().is_ascii());
    }
}

/// All that a network can have, and a name that wants to harm.
#[test]
fn everything_about_a_network() {
    let mut driver = Driver::new(120, 60, Settings::default());
    let mut news = [fixture::owners(), fixture::beliefs()].concat();
    for change in &mut news {
        if let Change::Netns(netns) = change
            && netns.id == C2
            && let Some(owner) = &mut netns.owner
        {
            owner.user = Some("alice".into());
        }
        let Change::Belief { belief: Some(belief), .. } = change else { continue };
        let Some(network) = belief.networks.iter_mut().find(|n| n.name == "vepamv".into()) else {
            continue;
        };
        network.name = "vepa\u{1b}[2J".into();
        network.driver = belief::Driver::Ipvlan;
        network.mode = "l3s".into();
        network.mtu = Some(1450);
        network.internal = true;
        network.ipam = Some("dhcp".into());
        network.faults = vec!["option foo is not understood".into()];
        network.labels = [("team".into(), "payments".into())].into();
        network.subnets[0].range = Some(Range::Prefix([192, 168, 128, 128].into(), 25));
        network.subnets[0].aux = vec![("router".into(), [192, 168, 128, 2].into())];
        network.subnets.push(Subnet::new("fd00::".parse().unwrap(), 64));
        belief.user = Some("alice".into());
        belief.engine = Engine::Podman;
    }
    driver.changes(news);
    driver.keys("t t g j j j");
    insta::assert_snapshot!("everything-network-120x60", driver.screen());
    driver.resize(100, 60);
    driver.keys("Enter");
    insta::assert_snapshot!("everything-network-100x60", driver.screen());
}

/// A host without networks says so in the tree of networks, and an empty one without a macvlan.
#[test]
fn without_networks_the_tree_says_so() {
    let mut driver = Driver::new(80, 24, Settings::default());
    driver.keys("t t");
    insta::assert_snapshot!("no-network-80x24", driver.screen());
    driver.changes([HOST, C2, C3, VM, TEST1].map(Change::NetnsGone).into());
    let screen = driver.screen();
    assert!(screen.contains("No macvlan in any namespace, and no network"), "{screen}");
}

/// Whoever looks for what was forgotten sees it by its faint label, and what does not run, too.
#[test]
fn what_nobody_uses_is_faint_without_colour() {
    use ratatui::style::Modifier;
    let settings = Settings { colors: ColorDepth::None, ..Settings::default() };
    let mut driver = with_networks(120, 40, settings);
    for keys in ["g", "t", "t"] {
        driver.keys(keys);
        let mut terminal = ratatui::Terminal::new(TestBackend::new(120, 40)).unwrap();
        terminal.draw(|frame| super::draw(frame, &driver.app)).unwrap();
        let buffer = terminal.backend().buffer();
        let rows = driver.app.layout().rows;
        let faint = |label: &str| {
            let mut lines = rows.rows();
            let cell = lines.find_map(|line| {
                let text: String = line.positions().map(|at| buffer[at].symbol()).collect();
                let column = text.find(label).map(|at| text[..at].chars().count())?;
                Some(&buffer[(line.x + u16::try_from(column).unwrap(), line.y)])
            });
            cell.expect(label).modifier.contains(Modifier::DIM)
        };
        assert!(faint("test1"), "after {keys}");
        assert!(!faint("vm-bui"), "after {keys}");
        if driver.app.tree().selection.grouping == Grouping::Network {
            assert!(faint("centos1-4") && faint("192.168.128.224/24") && faint("stopped"));
            assert!(!faint("vepamv") && !faint("192.168.128.222"));
        }
    }
    assert_eq!(driver.app.tree().selection.grouping, Grouping::Network);
}
