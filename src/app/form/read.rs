//! What was typed, read as what it stands for, or a reason why it stands for nothing.

use std::str::FromStr;

use crate::model::MacAddr;

/// Longest interface name in bytes (`IFNAMSIZ` without its NUL).
const NAME: usize = 15;
/// Longest file name (`NAME_MAX`).
const FILE_NAME: usize = 255;
/// Longest alias in bytes (`IFALIASZ` without its NUL).
const ALIAS: usize = 255;

/// An interface name, as `dev_valid_name` of net/core/dev.c wants it.
pub(super) fn name(text: &str) -> Result<(), String> {
    if text.len() > NAME {
        return Err(format!("{} bytes long, {NAME} is the most", text.len()));
    }
    if matches!(text, "." | "..") {
        return Err(format!("'{text}' can't be a name"));
    }
    match text.chars().find(|c| matches!(c, '/' | ':') || c.is_ascii_whitespace()) {
        Some(' ') => Err("a name has no spaces".into()),
        Some(c) => Err(format!("a name has no '{c}'")),
        None => Ok(()),
    }
}

/// The name of a namespace: a file in /run/netns.
pub(super) fn netns_name(text: &str) -> Result<(), String> {
    match text {
        "." | ".." => Err(format!("'{text}' can't be a name")),
        _ if text.contains('/') => Err("a name has no '/'".into()),
        _ if text.len() > FILE_NAME => Err(format!("longer than {FILE_NAME} bytes")),
        _ => Ok(()),
    }
}

pub(super) fn alias(text: &str) -> Result<(), String> {
    if text.len() > ALIAS { Err(format!("longer than {ALIAS} bytes")) } else { Ok(()) }
}

/// An Ethernet address that an interface can have.
pub(super) fn mac(text: &str) -> Result<MacAddr, String> {
    let mac: MacAddr = text.parse()?;
    match mac {
        _ if mac.is_usable() => Ok(mac),
        _ if !mac.is_ethernet() => Err(format!("'{text}' does not have six bytes")),
        _ if mac.as_bytes() == [0; 6] => Err("all zero is no address".into()),
        _ => Err(format!("'{text}' is a multicast address")),
    }
}

pub(super) fn vlan_id(text: &str) -> Result<u16, String> {
    let id = text.parse().ok().filter(|id| (1..=4094).contains(id));
    id.ok_or_else(|| format!("'{text}' is not a number from 1 to 4094"))
}

pub(super) fn number<T: FromStr>(text: &str, example: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number of {example}"))
}

/// Things separated by commas or spaces.
pub(super) fn list<T>(
    text: &str,
    one: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    words.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wrong) in [
            ("eth0", None),
            ("größe", None),
            ("0123456789abcdef", Some("16 bytes long")),
            ("a b", Some("no spaces")),
            ("a/b", Some("no '/'")),
            ("..", Some("can't be")),
        ] {
            match (name(text), wrong) {
                (Ok(()), None) => {}
                (Err(said), Some(wrong)) => assert!(said.contains(wrong), "{said}"),
                (said, _) => panic!("{text}: {said:?}"),
            }
        }
        for (text, wrong) in [
            ("02:42", "six bytes"),
            ("01:00:5e:00:00:01", "multicast"),
            ("00:00:00:00:00:00", "all zero"),
            ("zz", "not a MAC"),
        ] {
            let said = mac(text).unwrap_err();
            assert!(said.contains(wrong), "{said}");
        }
        assert!(netns_name("a/b").is_err() && netns_name("a:b").is_ok());
        assert!(vlan_id("4095").is_err() && vlan_id("4094") == Ok(4094));
        assert!(number::<u32>("-1", "frames").is_err());
        assert_eq!(list("02:00:00:00:00:01, 02:00:00:00:00:02", mac).unwrap().len(), 2);
    }
}
