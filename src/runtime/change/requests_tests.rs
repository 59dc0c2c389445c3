//! From options to requests, in the fixture's world.

use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};
use crate::model::fixture::{C2, HOST, TEST1, address, host, key};

fn ask(line: &str) -> Result<Request, Misuse> {
    let cli = Cli::try_parse_from(format!("macvlens {line}").split_whitespace()).unwrap();
    let topology = host();
    let resolver = Resolver { topology: &topology, inode_of: &|_| None };
    let change = match cli.command.as_ref().unwrap() {
        Command::Create(create) => Change::Create(create),
        Command::Delete(delete) => Change::Delete(delete),
        Command::Set(set) => Change::Set(set),
        Command::Netns(netns) => netns.into(),
        other => panic!("{other:?} changes nothing"),
    };
    request(change, &resolver)
}

fn created(line: &str) -> NewLink {
    match ask(line) {
        Ok(Request::Create(new)) => *new,
        other => panic!("{other:?}"),
    }
}

fn edited(line: &str) -> Vec<Edit> {
    match ask(line) {
        Ok(Request::Edit { edits, .. }) => edits,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_link_goes_where_its_parent_is_unless_told_otherwise() {
    let link = created("create --parent ens8 --name mv0");
    assert_eq!(link.netns, Place::Known(HOST));
    assert_eq!((link.parent, &link.name), (key(HOST, 3), &"mv0".into()));
    assert_eq!(link.kind, NewKind::Macvlan(NewMacvlan::new(Mode::Vepa)));
    assert_eq!((link.mac, link.mtu, link.up, link.ifindex), (None, None, false, None));
    let link = created("create --parent test1/macvlan1 --name mv0");
    assert_eq!((link.parent, link.netns), (key(TEST1, 7), Place::Known(TEST1)));
    let link = created("create --parent ens8 --name mv0 --netns 4151");
    assert_eq!(link.netns, Place::Known(C2));
}

#[test]
fn every_option_of_create_reaches_the_request() {
    let link = created(
        "create --parent ens8 --name t --kind macvtap --mode source --mac 02:00:00:00:00:01 \
         --mtu 1400 --flag nodst --flag nopromisc --bc-queue-len 9 --bc-cutoff -1 \
         --source 02:00:00:00:00:02 --source 02:00:00:00:00:03 --address 192.0.2.7/24 --up",
    );
    let mac = |last: u8| [2, 0, 0, 0, 0, last].into();
    let macvlan = NewMacvlan {
        mode: Mode::Source,
        flags: MacvlanFlags(MacvlanFlags::NODST | MacvlanFlags::NOPROMISC),
        bc_queue_len: Some(9),
        bc_cutoff: Some(-1),
        sources: vec![mac(2), mac(3)],
    };
    assert_eq!(link.kind, NewKind::Macvtap(macvlan));
    assert_eq!((link.mac, link.mtu, link.up), (Some(mac(1)), Some(1400), true));
    assert_eq!(link.addresses, [address("192.0.2.7/24")]);
}

#[test]
fn a_vlan_id_makes_a_vlan_and_nothing_else() {
    for line in ["--kind vlan --vlan-id 50", "--vlan-id 50"] {
        let link = created(&format!("create --parent ens8 --name ens8.50 {line}"));
        assert_eq!(link.kind, NewKind::Vlan(Vlan::new(50)));
    }
    let error = ask("create --parent ens8 --name x --kind macvtap --vlan-id 50").unwrap_err();
    assert!(matches!(error, Misuse::Options(_)), "{error:?}");
}

#[test]
fn edits_come_in_an_order_that_works() {
    let mac = |last: u8| [2, 0, 0, 0, 0, last].into();
    let edits = edited(
        "set macvlan1 --up --add-address 192.0.2.7/24 --rename new --netns 4151 \
         --del-address 10.0.0.21/24 --alias a --mac 02:00:00:00:00:01 --mtu 1400 \
         --add-source 02:00:00:00:00:03 --del-source 02:00:00:00:00:02 --bc-cutoff 0 \
         --bc-queue-len 9 --flag nodst --no-flag nopromisc --mode source",
    );
    assert_eq!(
        edits,
        [
            Edit::Mode(Mode::Source),
            Edit::Flag { bit: MacvlanFlags::NOPROMISC, on: false },
            Edit::Flag { bit: MacvlanFlags::NODST, on: true },
            Edit::BcQueueLen(9),
            Edit::BcCutoff(0),
            Edit::RemoveSource(mac(2)),
            Edit::AddSource(mac(3)),
            Edit::RemoveAddress(address("10.0.0.21/24")),
            Edit::Mtu(1400),
            Edit::Mac(mac(1)),
            Edit::Alias(Some("a".into())),
            Edit::Netns(Place::Known(C2)),
            Edit::Name("new".into()),
            Edit::AddAddress(address("192.0.2.7/24")),
            Edit::Up(true),
        ]
    );
}

#[test]
fn a_name_that_is_taken_where_the_link_goes_is_changed_before_the_move() {
    let edits = edited("set macvlan1 --netns test1 --rename new --down");
    let moved = Edit::Netns(Place::Known(TEST1));
    assert_eq!(edits, [Edit::Up(false), Edit::Name("new".into()), moved]);
}

#[test]
fn a_link_is_down_before_it_gets_another_mac_or_mtu() {
    let edits = edited("set macvlan1 --mac 02:00:00:00:00:01 --mtu 1400 --down --mode private");
    let mac = Edit::Mac([2, 0, 0, 0, 0, 1].into());
    let mode = Edit::Mode(Mode::Private);
    assert_eq!(edits, [mode, Edit::Up(false), Edit::Mtu(1400), mac]);
}

#[test]
fn a_flushed_source_list_is_replaced_at_once() {
    let edits = edited("set macvlan1 --flush-sources --add-source 02:00:00:00:00:03");
    assert_eq!(edits, [Edit::SetSources(vec![[2, 0, 0, 0, 0, 3].into()])]);
    assert_eq!(edited("set macvlan1 --flush-sources"), [Edit::SetSources(Vec::new())]);
}

#[test]
fn an_empty_alias_is_none() {
    let topology = host();
    let resolver = Resolver { topology: &topology, inode_of: &|_| None };
    let wanted = Edits { alias: Some("".into()), ..Edits::default() };
    assert_eq!(edits(&wanted, &resolver, key(HOST, 7), None), [Edit::Alias(None)]);
}

#[test]
fn the_other_commands_name_one_thing() {
    assert_eq!(ask("delete test1/macvlan1"), Ok(Request::Delete(key(TEST1, 7))));
    assert_eq!(ask("netns add web"), Ok(Request::CreateNetns("web".into())));
    assert_eq!(ask("netns delete test1"), Ok(Request::DeleteNetns(TEST1)));
    for line in [
        "delete mv9",
        "set macvlan1 --netns web",
        "create --parent mv9 --name x",
        "create --parent ens8 --name x --netns web",
        "netns delete centos1-2",
    ] {
        assert!(matches!(ask(line), Err(Misuse::Name(_))), "{line}");
    }
}
