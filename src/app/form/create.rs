//! The form for a new sub-interface.

use super::field::{Field, What};
use super::{Form, Purpose, read};
use crate::model::{LinkKey, MacvlanFlags, Mode, NetnsId, Topology, Vlan};
use crate::plan::suggest;
use crate::plan::{NewKind, NewLink, NewMacvlan, Place, Request};

/// The kinds, in the order of the field's choices.
const KINDS: [(&str, &str); 3] = [
    ("macvlan", "an interface with a MAC of its own"),
    ("macvtap", "the same as a character device, for virtual machines"),
    ("vlan", "802.1Q, itself a parent for others"),
];
const MACVTAP: usize = 1;
const VLAN: usize = 2;
/// Bridge, which most people want, comes first.
const MODES: [Mode; 5] = [Mode::Bridge, Mode::Vepa, Mode::Private, Mode::Passthru, Mode::Source];

impl Form {
    /// A form for a sub-interface on this parent.
    pub(in crate::app) fn create(topology: &Topology, parent: LinkKey) -> Self {
        let all = topology.in_display_order().into_iter().map(|namespace| namespace.netns.id);
        let namespaces: Vec<NetnsId> = all.collect();
        let at = namespaces.iter().position(|id| *id == parent.netns).unwrap_or(0);
        let mut labels: Vec<_> =
            namespaces.iter().map(|id| (topology.label(*id).into_owned(), String::new())).collect();
        labels.push(("(new)".into(), String::new()));
        let words = |(word, meaning): (&str, &str)| (word.to_owned(), meaning.to_owned());
        let kinds = KINDS.map(words).to_vec();
        let modes = MODES.map(|mode| words((mode.name(), mode.meaning()))).to_vec();
        let text = Field::text_field;
        let fields = vec![
            Field::choice(What::Kind, "kind", kinds, 0),
            text(What::VlanId, "id", "", "1 to 4094"),
            Field::choice(What::Mode, "mode", modes, 0),
            text(What::Name, "name", "", ""),
            Field::choice(What::Netns, "namespace", labels, at),
            text(What::NewNetns, "its name", "", "a name for the new namespace"),
            text(What::Mac, "MAC", "", "chosen by the kernel; g makes one up"),
            text(What::Addresses, "addresses", "", "none; like 192.0.2.7/24, 2001:db8::7/64"),
            Field::toggle(What::Up, "up", true, "set it up in the end"),
            text(What::Mtu, "mtu", "", "the parent's"),
            Field::toggle(
                What::Nopromisc,
                "nopromisc",
                false,
                "leave the parent's promiscuous mode alone",
            ),
            text(What::Sources, "sources", "", "none, so that nothing is received"),
            Field::toggle(What::Nodst, "nodst", false, "no copies for other receivers"),
            text(What::BcQueueLen, "bcqueuelen", "", "1000 frames"),
            text(What::BcCutoff, "bclim", "", "1, or what the parent has"),
        ];
        let title = format!("Create a sub-interface on {}", topology.describe(parent));
        Self::new(title, Purpose::Create { parent, namespaces }, fields)
    }

    fn kind(&self) -> usize {
        self.field(What::Kind).map_or(0, Field::chosen)
    }

    pub(in crate::app) fn mode(&self) -> Mode {
        let at = self.field(What::Mode).map_or(0, Field::chosen);
        MODES.get(at).copied().unwrap_or(Mode::Bridge)
    }

    pub(super) fn applies_to_new(&self, what: What) -> bool {
        let (is_vlan, mode) = (self.kind() == VLAN, self.mode());
        match what {
            What::VlanId => is_vlan,
            What::Mode | What::BcQueueLen | What::BcCutoff => !is_vlan,
            What::Nopromisc => !is_vlan && mode == Mode::Passthru,
            What::Nodst | What::Sources => !is_vlan && mode == Mode::Source,
            What::Mac => is_vlan || mode != Mode::Passthru,
            What::NewNetns => match &self.purpose {
                Purpose::Create { namespaces, .. } => self.known_netns(namespaces).is_none(),
                Purpose::Edit { .. } => false,
            },
            _ => true,
        }
    }

    /// The namespace chosen; `None` for a new one.
    fn known_netns(&self, namespaces: &[NetnsId]) -> Option<NetnsId> {
        namespaces.get(self.field(What::Netns).map_or(0, Field::chosen)).copied()
    }

    pub(super) fn propose_name(
        &self,
        topology: &Topology,
        parent: LinkKey,
        namespaces: &[NetnsId],
    ) -> String {
        let kind = KINDS.get(self.kind()).map_or("macvlan", |(word, _)| word);
        let netns = self.known_netns(namespaces);
        let id = self.text(What::VlanId);
        let link = topology.link(parent);
        if self.kind() == VLAN
            && let (Some(link), false) = (link, id.is_empty())
        {
            let name = format!("{}.{id}", link.name);
            if read::name(&name).is_ok() {
                return name;
            }
        }
        suggest::link_name(topology, netns, kind, parent).printable().into_owned()
    }

    pub(super) fn request_to_create(
        &self,
        parent: LinkKey,
        namespaces: &[NetnsId],
    ) -> Result<Vec<Request>, String> {
        let netns = match self.known_netns(namespaces) {
            Some(id) => Place::Known(id),
            None if self.text(What::NewNetns).is_empty() => {
                return Err("its name: the new namespace needs a name".into());
            }
            None => Place::New(self.text(What::NewNetns).into()),
        };
        Ok(vec![Request::Create(Box::new(NewLink {
            kind: self.new_kind()?,
            parent,
            name: self.text(What::Name).into(),
            netns,
            ifindex: None,
            mac: self.given(What::Mac, read::mac)?,
            mtu: self.given(What::Mtu, |text| read::number(text, "bytes"))?,
            alias: None,
            addresses: self
                .given(What::Addresses, |text| read::list(text, str::parse))?
                .unwrap_or_default(),
            up: self.is_on(What::Up),
        }))])
    }

    /// The link that it would make, as far as its fields make sense.
    pub(in crate::app) fn new_link(&self) -> Option<Box<NewLink>> {
        let Purpose::Create { parent, namespaces } = &self.purpose else { return None };
        match self.request_to_create(*parent, namespaces).ok()?.pop()? {
            Request::Create(new) => Some(new),
            _ => None,
        }
    }

    fn new_kind(&self) -> Result<NewKind, String> {
        if self.kind() == VLAN {
            let id = self.given(What::VlanId, read::vlan_id)?;
            let id = id.ok_or("id: a VLAN needs an id from 1 to 4094")?;
            return Ok(NewKind::Vlan(Vlan::new(id)));
        }
        let flag = |what, bit| if self.applies(what) && self.is_on(what) { bit } else { 0 };
        let nopromisc = flag(What::Nopromisc, MacvlanFlags::NOPROMISC);
        let macvlan = NewMacvlan {
            mode: self.mode(),
            flags: MacvlanFlags(nopromisc | flag(What::Nodst, MacvlanFlags::NODST)),
            bc_queue_len: self.given(What::BcQueueLen, |text| read::number(text, "frames"))?,
            bc_cutoff: self.given(What::BcCutoff, |text| read::number(text, "receivers"))?,
            sources: self
                .given(What::Sources, |text| read::list(text, read::mac))?
                .unwrap_or_default(),
        };
        Ok(if self.kind() == MACVTAP {
            NewKind::Macvtap(macvlan)
        } else {
            NewKind::Macvlan(macvlan)
        })
    }

    /// What a field of text says, if it applies and says something.
    fn given<T>(
        &self,
        what: What,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let text = self.text(what);
        if !self.applies(what) || text.is_empty() {
            return Ok(None);
        }
        read(text).map(Some)
    }
}
