//! Whether a link has what it was given. The kernel acknowledges some requests that it ignores, and
//! another program may have been quicker.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::kernel::decode::LinkRecord;
use crate::plan::Setting;

/// Compares one property with what was asked for; the error is a sentence without a full stop.
pub(super) fn has(record: &LinkRecord, setting: &Setting) -> Result<(), String> {
    let link = &record.link;
    let macvlan = link.macvlan();
    match setting {
        Setting::Mode(mode) => same("mode", Some(*mode), macvlan.map(|macvlan| macvlan.mode)),
        Setting::Flags(flags) => {
            let words =
                |flags: crate::model::MacvlanFlags| format!("[{}]", flags.names().join(" "));
            same("flags", Some(words(*flags)), macvlan.map(|macvlan| words(macvlan.flags)))
        }
        Setting::BcQueueLen(length) => {
            same("bcqueuelen", Some(*length), macvlan.and_then(|macvlan| macvlan.bc_queue_len))
        }
        Setting::BcCutoff(cutoff) => {
            let now = macvlan.map(|macvlan| macvlan.bc_cutoff);
            agrees("bclim", Some(*cutoff), now, "Linux before 6.4 has no bclim and ignores it")
        }
        Setting::AddSource(mac) | Setting::RemoveSource(mac) => {
            let listed = macvlan.is_some_and(|macvlan| macvlan.sources.contains(mac));
            let wanted = matches!(setting, Setting::AddSource(_));
            let words = |listed| if listed { "listed" } else { "not listed" };
            same(&format!("source {mac}"), Some(words(wanted)), Some(words(listed)))
        }
        Setting::Sources(list) => {
            let wanted: BTreeSet<_> = list.iter().collect();
            let listed = macvlan.map(|macvlan| macvlan.sources.iter().collect::<BTreeSet<_>>());
            let missing = listed.map(|listed| wanted.symmetric_difference(&listed).count());
            same("the number of wrong source MACs", Some(0), missing)
        }
        Setting::Name(name) => same("name", Some(name), Some(&link.name)),
        Setting::Alias(alias) => {
            let asked = alias.as_ref().filter(|alias| !alias.is_empty());
            same("alias", asked, link.alias.as_ref())
        }
        Setting::Mac(mac) => same("MAC", Some(*mac), link.mac),
        Setting::Mtu(mtu) => same("MTU", Some(*mtu), Some(link.mtu)),
        Setting::Up(up) => {
            let words = |up| if up { "up" } else { "down" };
            same("state", Some(words(*up)), Some(words(link.flags.is_up())))
        }
        Setting::Port(option) => {
            let now = link.bridge_port.map(|port| option.at(port).value());
            same(option.name(), Some(option.value()), now)
        }
        // What carries a namespace or an address is another record; their acknowledgement is enough.
        Setting::AddAddress(_) | Setting::RemoveAddress(_) | Setting::Netns { .. } => Ok(()),
    }
}

fn same<T: Display + PartialEq>(
    what: &str,
    asked: Option<T>,
    now: Option<T>,
) -> Result<(), String> {
    agrees(what, asked, now, "the kernel ignores this request")
}

fn agrees<T: Display + PartialEq>(
    what: &str,
    asked: Option<T>,
    now: Option<T>,
    why: &str,
) -> Result<(), String> {
    if asked == now {
        return Ok(());
    }
    let words =
        |value: Option<T>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
    Err(format!(
        "the kernel agreed to {what} {}, but it reads {}: {why}, or another program has changed it \
         since; look again before you try again",
        words(asked),
        words(now)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Mode;
    use crate::model::fixture::{HOST, host, key};

    #[test]
    fn a_property_that_reads_otherwise_is_told() {
        let topology = host();
        let link = topology.links().find(|link| link.macvlan().is_some()).unwrap().clone();
        let mode = link.macvlan().unwrap().mode;
        let other = Mode::ALL.into_iter().find(|other| *other != mode).unwrap();
        let record = LinkRecord { link, lower: None, malformed: None };
        assert_eq!(has(&record, &Setting::Mode(mode)), Ok(()));
        let told = has(&record, &Setting::Mode(other)).unwrap_err();
        assert!(told.contains(&format!("mode {other}, but it reads {mode}")), "{told}");
        // A property that it doesn't have at all.
        let record = LinkRecord { link: topology.link(key(HOST, 3)).unwrap().clone(), ..record };
        let told = has(&record, &Setting::Mode(other)).unwrap_err();
        assert!(told.contains("but it reads none"), "{told}");
    }
}
