//! Headings and summary lines of a plan.

use super::super::draft::Draft;
use super::super::{Edit, NewLink, Op, Place, Request, Setting, simulate};
use crate::model::{Link, LinkKey, MacAddr, Topology};

/// What a request is about, for a line among those of other requests.
pub(super) fn subject(draft: &Draft<'_>, request: &Request) -> Option<String> {
    match request {
        Request::Edit { link, .. } => {
            let link = draft.link(*link)?;
            Some(draft.now.describe(link.key))
        }
        _ => None,
    }
}

/// A line of the summary: the subject where there are several, the property where it has several.
pub(super) fn line(subject: Option<&str>, property: &str, change: &str, several: bool) -> String {
    let change = if several { format!("{property} {change}") } else { change.to_owned() };
    match subject {
        Some(subject) => format!("{subject}: {change}"),
        None => change,
    }
}

/// What a plan of these requests is.
pub(super) fn title(topology: &Topology, requests: &[Request]) -> String {
    let describe = |key: LinkKey| topology.describe(key);
    match requests {
        [Request::Create(new)] => created(topology, new),
        [Request::Edit { link, edits }] => {
            let link = describe(*link);
            match &edits[..] {
                [edit] => edited(topology, edit, &link),
                _ => format!("Change {link}"),
            }
        }
        [Request::Delete(link)] => format!("Delete {}", describe(*link)),
        [Request::CreateNetns(name)] => format!("Create namespace {name}"),
        [Request::DeleteNetns(id)] => format!("Delete namespace {}", topology.label(*id)),
        many => several(topology, many),
    }
}

fn created(topology: &Topology, new: &NewLink) -> String {
    let place = match &new.netns {
        Place::Known(id) => topology.label(*id).into_owned(),
        Place::New(name) => name.to_string(),
    };
    format!("Create {} in {place}", new.name)
}

fn several(topology: &Topology, requests: &[Request]) -> String {
    let count = requests.len();
    let same = |matches: fn(&Request) -> bool| requests.iter().all(matches);
    if same(|request| matches!(request, Request::Create(_))) {
        return format!("Create {count} interfaces");
    }
    if same(|request| matches!(request, Request::Delete(_))) {
        return format!("Delete {count} interfaces");
    }
    let edits: Option<Vec<&Edit>> = requests
        .iter()
        .map(|request| match request {
            Request::Edit { edits, .. } if edits.len() == 1 => edits.first(),
            _ => None,
        })
        .collect();
    match edits {
        Some(edits)
            if edits
                .windows(2)
                .all(|two| std::mem::discriminant(two[0]) == std::mem::discriminant(two[1])) =>
        {
            edited(topology, edits[0], &format!("{count} interfaces"))
        }
        _ => format!("{count} changes"),
    }
}

fn edited(topology: &Topology, edit: &Edit, of: &str) -> String {
    match edit {
        Edit::Mode(_) => format!("Change mode of {of}"),
        Edit::Flag { .. } => format!("Change flags of {of}"),
        Edit::BcQueueLen(_) => format!("Change broadcast queue length of {of}"),
        Edit::BcCutoff(_) => format!("Change broadcast cut-off of {of}"),
        Edit::AddSource(_) | Edit::RemoveSource(_) | Edit::SetSources(_) => {
            format!("Change source MACs of {of}")
        }
        Edit::Name(_) => format!("Rename {of}"),
        Edit::Alias(_) => format!("Change alias of {of}"),
        Edit::Mac(_) => format!("Change MAC of {of}"),
        Edit::Mtu(_) => format!("Change MTU of {of}"),
        Edit::Up(true) => format!("Set {of} up"),
        Edit::Up(false) => format!("Set {of} down"),
        Edit::AddAddress(_) => format!("Add an address to {of}"),
        Edit::RemoveAddress(_) => format!("Remove an address from {of}"),
        Edit::Port(option) => format!("Set {option} at {of}"),
        Edit::Netns(Place::Known(id)) => format!("Move {of} to {}", topology.label(*id)),
        Edit::Netns(Place::New(name)) => format!("Move {of} to the new namespace {name}"),
    }
}

/// The property that a setting is about, and its old and new value.
pub(super) fn change(topology: &Topology, link: &Link, to: &Setting) -> (&'static str, String) {
    const NONE: &str = "none";
    let macvlan = link.macvlan();
    let arrow = |from: Option<String>, to: String| {
        format!("{} → {to}", from.unwrap_or_else(|| NONE.to_owned()))
    };
    let names = |names: Vec<&str>| {
        if names.is_empty() { NONE.to_owned() } else { names.join(" ") }
    };
    let quoted = |text: &crate::model::Text| format!("'{text}'");
    let updown = |up: bool| if up { "up" } else { "down" }.to_owned();
    match to {
        Setting::Mode(to) => ("mode", arrow(macvlan.map(|m| m.mode.to_string()), to.to_string())),
        Setting::Flags(to) => {
            ("flags", arrow(macvlan.map(|m| names(m.flags.names())), names(to.names())))
        }
        Setting::BcQueueLen(to) => {
            let from = macvlan.and_then(|m| m.bc_queue_len);
            ("bcqueuelen", arrow(from.map(|len| len.to_string()), to.to_string()))
        }
        Setting::BcCutoff(to) => {
            ("bclim", arrow(macvlan.map(|m| m.bc_cutoff.to_string()), to.to_string()))
        }
        Setting::AddSource(mac) => ("source MAC", format!("+ {mac}")),
        Setting::RemoveSource(mac) => ("source MAC", format!("- {mac}")),
        Setting::Sources(to) => {
            ("source MACs", arrow(macvlan.map(|m| sources(&m.sources)), sources(to)))
        }
        Setting::Name(to) => ("name", arrow(Some(link.name.to_string()), to.to_string())),
        Setting::Alias(to) => {
            let to = to.as_ref().map_or_else(|| NONE.to_owned(), quoted);
            ("alias", arrow(link.alias.as_ref().map(quoted), to))
        }
        Setting::Mac(to) => ("MAC", arrow(link.mac.map(|mac| mac.to_string()), to.to_string())),
        Setting::Mtu(to) => ("MTU", arrow(Some(link.mtu.to_string()), to.to_string())),
        Setting::Up(to) => ("state", arrow(Some(updown(link.flags.is_up())), updown(*to))),
        Setting::AddAddress(address) => ("address", format!("+ {}", address.cidr())),
        Setting::RemoveAddress(address) => ("address", format!("- {}", address.cidr())),
        Setting::Port(to) => {
            let from = link.bridge_port.map(|port| to.at(port).value().to_owned());
            (to.name(), arrow(from, to.value().to_owned()))
        }
        Setting::Netns { place, .. } => {
            let to = match place {
                Place::Known(id) => topology.label(*id).into_owned(),
                Place::New(name) => name.to_string(),
            };
            ("namespace", arrow(Some(topology.label(link.key.netns).into_owned()), to))
        }
    }
}

fn sources(list: &[MacAddr]) -> String {
    const FEW: usize = 4;
    match list.len() {
        0 => "none".into(),
        1..=FEW => list.iter().map(MacAddr::to_string).collect::<Vec<_>>().join(" "),
        many => format!("{many} MACs"),
    }
}

/// A line for an op whose request is not known.
pub(in crate::plan) fn of_op(topology: &Topology, op: &Op) -> String {
    let on = |target| match simulate::find(topology, target) {
        Some(key) => topology.describe(key),
        None => "an interface that is not there".into(),
    };
    match op {
        Op::CreateNetns { name } => format!("+ namespace {name}"),
        Op::DeleteNetns { name } => format!("- namespace {name}"),
        Op::Create(new) => {
            let netns = simulate::find_netns(topology, &new.netns);
            let label = netns.map_or("unseen".into(), |id| topology.label(id));
            format!("+ {} in {label} ({})", new.name, new.kind.name())
        }
        Op::Delete(target) => format!("- {}", on(target)),
        Op::Set(target, setting) => {
            let link = simulate::find(topology, target).and_then(|key| topology.link(key));
            let Some(link) = link else { return on(target) };
            let (property, change) = change(topology, link, setting);
            line(Some(&on(target)), property, &change, true)
        }
    }
}
