//! The shipped files are all known and all right; what is wrong with others is told with its line.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::*;

#[test]
fn every_file_is_shipped_and_right() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/labs");
    let files: BTreeSet<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let known: BTreeSet<_> = shipped().iter().map(|shipped| shipped.name.to_owned()).collect();
    assert_eq!(files, known);
    for shipped in shipped() {
        let lab = shipped.lab().unwrap_or_else(|wrong| panic!("{wrong}"));
        assert!(lab.title.chars().count() <= 78 && !lab.title.contains('\n'), "{}", lab.title);
        assert!(!lab.about.is_empty() && !lab.parents.is_empty(), "{}", shipped.name);
        assert_eq!(Lab::shipped(shipped.name), Some(Ok(lab)));
    }
    assert_eq!(Lab::shipped("none"), None);
}

#[test]
fn repeated_containers_count_up() {
    let lab = Lab::shipped("big").unwrap().unwrap();
    assert_eq!(lab.containers.len(), 500);
    let last = &lab.containers[99];
    let eth0 = &last.interfaces[0];
    assert_eq!((last.name.as_str(), eth0.name.as_str()), ("web100", "eth0"));
    assert_eq!(eth0.mac.unwrap().to_string(), "02:00:00:01:00:63");
    assert_eq!(eth0.addresses[0].cidr(), "10.8.1.100/16");
    let names: BTreeSet<_> = lab.containers.iter().map(|container| &container.name).collect();
    assert_eq!(names.len(), 500);
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let text = base(
        "[[container]]\nname = 'c'\n[[container.interface]]\nname = 'e'\nparent = 'p'\nmode = 'vepa'",
    );
    let lab = Lab::parse("x", &text).unwrap();
    let eth0 = &lab.containers[0].interfaces[0];
    assert_eq!((eth0.kind, eth0.up, eth0.mac), (Kind::Macvlan, true, None));
    assert!(lab.parents[0].up && !lab.parents[0].hairpin);
}

/// A file that is right, in four lines, with more behind it.
fn base(more: &str) -> String {
    let switch = "title = 't'\nabout = 'a'\nswitch = [{ name = 's' }]";
    let parent = "parent = [{ name = 'p', switch = 's', mac = '02:00:00:00:00:01', vlans = [7] }]";
    format!("{switch}\n{parent}\n{more}")
}

/// A container on line 5 with an interface on line 6.
fn with(interface: &str) -> String {
    base(&format!("[[container]]\nname = 'c'\ninterface = [\n{{ name = 'e', {interface} }} ]"))
}

#[track_caller]
fn told(text: &str, line: usize, words: &str) {
    let wrong = Lab::parse("mine.toml", text).expect_err(text);
    assert_eq!(wrong.line, line, "{text}\n{wrong}");
    assert!(wrong.why.contains(words), "{text}\n{wrong}");
    assert!(wrong.to_string().starts_with(&format!("mine.toml:{line}: ")), "{wrong}");
}

#[test]
fn wrong_files_are_told_with_line_and_reason() {
    told("", 1, "missing field `title`");
    told("title = 't'\nabout = 'a'\ncolour = 1", 3, "unknown field `colour`");
    told(
        "title = 't'\nabout = 'a'\nswitch = [{ name = 's', ports = 4 }]",
        3,
        "unknown field `ports`",
    );
    told("title = 't'\nabout = ", 2, "");
    for (more, words) in [
        ("outside = [{ name = 's', switch = 's' }]", "there is a namespace 's' already"),
        ("outside = [{ name = 'p', switch = 's' }]", "s has an interface 'to-p' already"),
        ("outside = [{ name = 'o', switch = 'z' }]", "there is no switch 'z'; there is s"),
        ("outside = [{ name = 'a/b', switch = 's' }]", "it contains '/'"),
        ("outside = [{ name = 'thirteenchars', switch = 's' }]", "longer than 15 bytes"),
        ("outside = [{ name = 'o', switch = 's', mac = '03:00:00:00:00:01' }]", "multicast"),
        ("outside = [{ name = 'o', switch = 's', mac = '02' }]", "multicast or not six bytes"),
        ("outside = [{ name = 'o', switch = 's', mac = 'x' }]", "is not a MAC address"),
        ("outside = [{ name = 'o', switch = 's', addresses = ['10.0.0.1'] }]", "10.0.0.1"),
        ("outside = [{ name = 'o', switch = 's', addresses = ['224.0.0.1/4'] }]", "can't be"),
        (
            "outside = [{ name = 'o', switch = 's', addresses = ['::1:2/64', '::1:2/64'] }]",
            "stands there twice",
        ),
        ("outside = [{ name = 'o', switch = 's', addresses = ['::1/128'] }]", "::1/128 can't be"),
        ("container = [{ name = 'c', repeat = 2 }]", "needs a {}"),
        ("container = [{ name = 'c{}' }]", "there is no repeat"),
        ("container = [{ name = 'c{}', repeat = 0 }]", "a number from 1 to 1000"),
        ("container = [{ name = 'c{}', repeat = -1 }]", "a number from 1 to 1000"),
        ("container = [{ name = 'c{}', repeat = 9000000000 }]", "a number from 1 to 1000"),
        ("container = [{ name = 'c' }, { name = 'c' }]", "a namespace 'c' already"),
        ("container = [{ repeat = 2 }]", "missing field `name`"),
        (
            "interface = [{ name = 'p', parent = 'p', mode = 'vepa' }]",
            "the host has an interface 'p'",
        ),
        ("interface = [{ name = 'lo', parent = 'p', mode = 'vepa' }]", "an interface 'lo' already"),
    ] {
        told(&base(more), 5, words);
    }
    let repeated = |value: &str| {
        let interface = format!("{{ name = 'e', parent = 'p', mode = 'vepa', {value} }}");
        base(&format!("container = [{{ name = 'c{{}}', repeat = 9, interface = [{interface}] }}]"))
    };
    told(&repeated("mac = '02:ff:ff:ff:ff:ff'"), 5, "counted up 1 times");
    told(&repeated("addresses = ['10.0.0.250/29']"), 5, "leaves its network");
}

#[test]
fn interfaces_that_the_kernel_would_refuse_are_told_with_their_line() {
    for (interface, words) in [
        ("parent = 'q', mode = 'vepa'", "there is no parent 'q'; there is p, p.7"),
        ("parent = 'p'", "missing field `mode`"),
        ("parent = 'p', mode = 'fast'", "'fast' is not a mode"),
        ("parent = 'p', mode = 'vepa', kind = 'ipvlan'", "unknown variant `ipvlan`"),
        ("parent = 'p', mode = 'vepa', flags = ['nodst']", "only in source mode, not in vepa"),
        ("parent = 'p', mode = 'source', flags = ['nopromisc']", "only in passthru mode"),
        ("parent = 'p', mode = 'source', flags = ['promisc']", "'promisc' is no flag"),
        ("parent = 'p', mode = 'vepa', sources = ['02:00:00:00:00:02']", "is for source mode"),
        ("parent = 'p', mode = 'source', sources = ['01:00:00:00:00:02']", "multicast"),
        ("parent = 'p', mode = 'vepa', mac = '02:00:00:00:00:01'", "the MAC of p or of another"),
        ("parent = 'p', mode = 'passthru', mac = '02:00:00:00:00:02'", "leave mac out"),
        ("parent = 'p', mode = 'vepa', bcqueuelen = 1", "unknown field `bcqueuelen`"),
    ] {
        told(&with(interface), 8, words);
    }
    let beside = |first: &str, second: &str| {
        let interface = |name: &str, mode: &str| {
            format!("[[interface]]\nname = '{name}'\nparent = 'p.7'\nmode = '{mode}'\n")
        };
        base(&format!("{}{}", interface("a", first), interface("b", second)))
    };
    told(&beside("passthru", "vepa"), 12, "p.7 has a passthru sub-interface");
    told(&beside("vepa", "passthru"), 12, "must be alone on its parent, and p.7 has others");
    let vlan = "title = 't'\nabout = 'a'\nswitch = [{ name = 's' }]\n[[parent]]\nname = 'p'\n\
        switch = 's'\nvlans = [\n1,\n4095]";
    told(vlan, 9, "4095 is no VLAN id");
    told(&vlan.replace("4095", "1"), 9, "an interface 'p.1' already");
    let long = "title = 't'\nabout = 'a'\nswitch = [\n{ name = 'sixteen-letters-' }]";
    told(long, 4, "longer than 15 bytes");
}

#[test]
fn what_a_file_quotes_can_not_steer_the_terminal() {
    for text in [
        "title = 't'\nabout = 'a'\n\"\\u001b[2J\" = 1",
        "title = 't'\nabout = 'a'\nswitch = [{ name = \"\\u001b[2J/\" }]",
    ] {
        let wrong = Lab::parse("x", text).expect_err(text);
        assert!(wrong.why.contains("\\u{1b}[2J"), "{wrong}");
    }
}

#[test]
fn a_lab_is_no_larger_than_a_kernel_makes_in_a_minute() {
    let interfaces = |count: usize| {
        let one = |at| format!("{{ name = 'e{at}', parent = 'p', mode = 'vepa' }}");
        let all = (0..count).map(one).collect::<Vec<_>>().join(", ");
        base(&format!("container = [{{ name = 'c{{}}', repeat = 1000, interface = [{all}] }}]"))
    };
    assert!(Lab::parse("x", &interfaces(8)).is_ok());
    told(&interfaces(10), 5, "more than 10000 namespaces and interfaces");
}

proptest! {
    /// A file that somebody is still writing is right or wrong, and told within the file.
    #[test]
    fn a_spoiled_file_is_right_or_told(
        place in 0..SHIPPED.len(),
        at in any::<proptest::sample::Index>(),
        length in 0usize..30,
        with in "[a-z0-9 =:/.{}\"\\[\\]\n-]{0,12}",
    ) {
        let mut text = SHIPPED[place].text.to_owned();
        let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = boundary(at.index(text.len()));
        let end = boundary((start + length).min(text.len())).max(start);
        text.replace_range(start..end, &with);
        if let Err(wrong) = Lab::parse("spoiled.toml", &text) {
            prop_assert!((1..=text.lines().count() + 1).contains(&wrong.line), "{wrong}");
            prop_assert!(!wrong.why.is_empty());
        }
    }
}
