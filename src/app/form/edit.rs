//! The form for other properties of links. It starts with what they have; only what is made
//! different becomes an edit. For several links it has what can be equal for all of them.

use super::field::{Field, What};
use super::{Form, Purpose, read};
use crate::app::change::pick::named;
use crate::model::{Address, Link, LinkKey, MacAddr, MacvlanFlags, Mode, Topology};
use crate::plan::{Edit, Request};

/// The flags of a macvlan, each with the mode that it belongs to.
const FLAGS: [(What, u16, Mode); 2] = [
    (What::Nopromisc, MacvlanFlags::NOPROMISC, Mode::Passthru),
    (What::Nodst, MacvlanFlags::NODST, Mode::Source),
];

impl Form {
    /// A form for these links; `None` when all of them are gone.
    pub(in crate::app) fn edit(topology: &Topology, links: &[LinkKey]) -> Option<Self> {
        let before: Vec<Link> =
            links.iter().filter_map(|key| topology.link(*key)).cloned().collect();
        let first = before.first()?;
        let one = before.len() == 1;
        let all = |wanted: &dyn Fn(&Link) -> bool| before.iter().all(wanted);
        let macvlan = all(&|link| link.macvlan().is_some());
        let mode = |mode| all(&|link| link.macvlan().is_some_and(|macvlan| macvlan.mode == mode));
        let text = |what, label, hint| {
            let common = common(&before, what);
            let hint = if common.is_none() { "differs; empty leaves it so" } else { hint };
            Field::text_field(what, label, &common.unwrap_or_default(), hint)
        };
        let flag = |(what, bit, owner), label, hint| {
            let on = |link: &Link| link.macvlan().is_some_and(|macvlan| macvlan.flags.has(bit));
            let alike = all(&|link| on(link) == on(first));
            (alike && (mode(owner) || one && on(first)))
                .then(|| Field::toggle(what, label, on(first), hint))
        };
        let fields = [
            one.then(|| text(What::Name, "name", "")),
            Some(text(What::Alias, "alias", "none")),
            one.then(|| text(What::Mac, "MAC", "g makes one up")),
            one.then(|| text(What::Addresses, "addresses", "none")),
            Some(text(What::Mtu, "mtu", "")),
            flag(FLAGS[0], "nopromisc", "leave the parent's promiscuous mode alone"),
            mode(Mode::Source).then(|| text(What::Sources, "sources", "none")),
            flag(FLAGS[1], "nodst", "no copies for other receivers"),
            macvlan.then(|| text(What::BcQueueLen, "bcqueuelen", "frames asked for")),
            macvlan.then(|| text(What::BcCutoff, "bclim", "belongs to the parent")),
        ];
        let fields = fields.into_iter().flatten().collect();
        let title = format!("Edit {}", named(topology, links));
        Some(Self::new(title, Purpose::Edit { before }, fields))
    }

    /// The differences between what the fields say and what the links had.
    pub(super) fn requests_to_edit(&self, before: &[Link]) -> Result<Vec<Request>, String> {
        let mut requests = Vec::new();
        for link in before {
            let mut edits = Vec::new();
            for field in &self.fields {
                let had = common(before, field.what).unwrap_or_default();
                if field.text() != had.trim() {
                    edits.extend(edits_of(field, link)?);
                }
            }
            for (what, bit, _) in FLAGS {
                let had = link.macvlan().is_some_and(|macvlan| macvlan.flags.has(bit));
                let on = self.is_on(what);
                if self.field(what).is_some() && on != had {
                    edits.push(Edit::Flag { bit, on });
                }
            }
            if !edits.is_empty() {
                requests.push(Request::Edit { link: link.key, edits });
            }
        }
        if requests.is_empty() { Err("nothing is different yet".into()) } else { Ok(requests) }
    }
}

/// What a field of text says of a link.
fn said(link: &Link, what: What) -> String {
    let macvlan = link.macvlan();
    let list = |words: Vec<String>| words.join(", ");
    match what {
        What::Name => link.name.to_string(),
        What::Alias => link.alias.as_ref().map(ToString::to_string).unwrap_or_default(),
        What::Mac => link.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        What::Mtu => link.mtu.to_string(),
        What::Addresses => list(link.addresses.iter().map(Address::cidr).collect()),
        What::Sources => macvlan
            .map(|macvlan| list(macvlan.sources.iter().map(ToString::to_string).collect()))
            .unwrap_or_default(),
        What::BcQueueLen => macvlan
            .and_then(|macvlan| macvlan.bc_queue_len)
            .map(|len| len.to_string())
            .unwrap_or_default(),
        What::BcCutoff => macvlan.map(|macvlan| macvlan.bc_cutoff.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// What a field says of all links alike; `None` where they differ.
fn common(links: &[Link], what: What) -> Option<String> {
    let first = said(links.first()?, what);
    links.iter().all(|link| said(link, what) == first).then_some(first)
}

/// What a field of text that was changed asks for. Empty numbers and MACs leave things as they are.
fn edits_of(field: &Field, link: &Link) -> Result<Vec<Edit>, String> {
    let text = field.text();
    let given = |edit: Result<Edit, String>| {
        if text.is_empty() { Ok(Vec::new()) } else { edit.map(|edit| vec![edit]) }
    };
    match field.what {
        What::Name if text.is_empty() => Err("name: a link needs one".into()),
        What::Name => given(Ok(Edit::Name(text.into()))),
        What::Alias => Ok(vec![Edit::Alias((!text.is_empty()).then(|| text.into()))]),
        What::Mac => given(read::mac(text).map(Edit::Mac)),
        What::Mtu => given(read::number(text, "bytes").map(Edit::Mtu)),
        What::BcQueueLen => given(read::number(text, "frames").map(Edit::BcQueueLen)),
        What::BcCutoff => given(read::number(text, "receivers").map(Edit::BcCutoff)),
        What::Sources => Ok(sources(link, read::list(text, read::mac)?)),
        What::Addresses => Ok(addresses(link, &read::list(text, str::parse)?)),
        _ => Ok(Vec::new()),
    }
}

/// One by one where some MACs stay, else all at once.
fn sources(link: &Link, wanted: Vec<MacAddr>) -> Vec<Edit> {
    let had = link.macvlan().map(|macvlan| &macvlan.sources[..]).unwrap_or_default();
    if !had.is_empty() && !wanted.iter().any(|mac| had.contains(mac)) {
        return vec![Edit::SetSources(wanted)];
    }
    let gone = had.iter().filter(|mac| !wanted.contains(mac)).map(|mac| Edit::RemoveSource(*mac));
    let new = wanted.iter().filter(|mac| !had.contains(mac)).map(|mac| Edit::AddSource(*mac));
    gone.chain(new).collect()
}

/// What goes is removed first: another prefix length for the same IPv6 address is no second one.
fn addresses(link: &Link, wanted: &[Address]) -> Vec<Edit> {
    let had = &link.addresses;
    let among = |address: &Address, list: &[Address]| {
        list.iter().any(|a| (a.ip, a.prefix_len) == (address.ip, address.prefix_len))
    };
    let gone = had.iter().filter(|address| !among(address, wanted)).cloned();
    let new = wanted.iter().filter(|address| !among(address, had)).cloned();
    gone.map(Edit::RemoveAddress).chain(new.map(Edit::AddAddress)).collect()
}
