//! The observer: one private network namespace whose id table names every namespace found.
//!
//! An id in such a table holds no reference, so nothing that is looked at is kept alive. One socket
//! there dumps any namespace (`IFLA_TARGET_NETNSID`, `IFA_TARGET_NETNSID`), and another one hears
//! the events of all of them (`NETLINK_LISTEN_ALL_NSID`, netlink(7)). Parents come back as ids of
//! the same table, so they resolve at once, hidden namespaces included.
//!
//! Without the privilege to hear, it reads the same, and only the own namespace's events arrive.
//! Without the privilege for all of that, [`Observer::plain`] reads the own namespace with the same
//! code.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;

use super::KernelError;
use super::decode::{LinkRecord, Lower};
use super::netlink::AskError;
use super::table::{Hint, Table};
use crate::model::{Address, Link, LinkKey, NetnsId, Parent, Stats};

/// Ids in one table beyond which another observer is opened: the kernel looks them up one by one.
const TABLE_SIZE: usize = 1000;

/// What one namespace holds, as read.
#[derive(Debug, Default)]
pub struct Contents {
    /// Links with their addresses, by ascending ifindex.
    pub links: Vec<Link>,
    /// Records that do not hold together: the link and what is wrong.
    pub malformed: Vec<(LinkKey, String)>,
    /// Whether the dump ended before the last link, so that more may be missing.
    pub cut: bool,
}

/// Reads all registered namespaces and hears of their changes.
pub struct Observer {
    tables: Vec<Table>,
    /// Which table a namespace is read through.
    homes: HashMap<NetnsId, usize>,
    /// Set when there is no private namespace: the own one, read directly.
    plain: Option<NetnsId>,
    /// Hears the own namespace, when the tables can't hear any.
    ear: Option<Table>,
    hidden: u64,
    /// Hidden namespaces met since they were last asked for.
    met: Vec<(NetnsId, i32)>,
}

impl Observer {
    /// Makes the private namespace; EPERM without CAP_SYS_ADMIN. `own` is the namespace that the
    /// calling thread is in.
    pub fn private(own: NetnsId) -> Result<Self, KernelError> {
        let table = Table::private()?;
        let ear = table.is_deaf().then(|| Table::plain(own)).transpose()?;
        Ok(Self { ear, ..Self::over(table, None) })
    }

    /// Reads only the own namespace, through a plain socket.
    pub fn plain(own: NetnsId) -> Result<Self, KernelError> {
        let table = Table::plain(own)?;
        let mut observer = Self::over(table, Some(own));
        observer.homes.insert(own, 0);
        Ok(observer)
    }

    fn over(table: Table, plain: Option<NetnsId>) -> Self {
        Self {
            tables: vec![table],
            homes: HashMap::new(),
            plain,
            ear: None,
            hidden: 0,
            met: Vec::new(),
        }
    }

    /// Whether only the own namespace can be read.
    pub fn is_plain(&self) -> bool {
        self.plain.is_some()
    }

    /// Whether other namespaces can be read, but nothing is heard of what changes in them.
    pub fn is_deaf(&self) -> bool {
        self.ear.is_some()
    }

    /// Whether this namespace can be read.
    pub fn knows(&self, netns: NetnsId) -> bool {
        self.homes.contains_key(&netns)
    }

    /// Descriptors on which events arrive; readable when [`Observer::hints`] has something.
    pub fn event_fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.tables.iter().chain(&self.ear).map(Table::event_fd)
    }

    /// Enters a namespace into a table. `others` are the namespaces that a new table must know
    /// first, because parents are likely to be in them.
    ///
    /// Tells the identity under which the namespace was known while it was hidden, if it was.
    pub fn register(
        &mut self,
        netns: NetnsId,
        fd: BorrowedFd<'_>,
        first: impl Fn() -> Option<(NetnsId, OwnedFd)>,
    ) -> Result<Option<NetnsId>, KernelError> {
        if self.plain.is_some() {
            // The own table of ids can still tell which of them is this namespace.
            self.tables[0].learn(netns, fd);
            return Ok(None);
        }
        let mut home = self.tables.len() - 1;
        if self.tables[home].size() >= TABLE_SIZE {
            let mut table = Table::private()?;
            if let Some((id, fd)) = first() {
                table.register(id, fd.as_fd())?;
            }
            self.tables.push(table);
            home += 1;
        }
        let known_as = self.tables[home].register(netns, fd)?;
        self.homes.insert(netns, home);
        let hidden = known_as.filter(|id| *id != netns);
        if let Some(hidden) = hidden {
            self.homes.remove(&hidden);
        }
        Ok(hidden)
    }

    /// Whether a hidden namespace may be this one: what has its id in one table is not known by it
    /// in another.
    pub fn may_be(&self, hidden: NetnsId, netns: NetnsId) -> bool {
        self.home(hidden).is_ok_and(|home| !self.tables[home].knows(netns))
    }

    /// Tells whether a hidden namespace is this one, which is then hidden no longer.
    pub fn unmask(&mut self, hidden: NetnsId, netns: NetnsId, fd: BorrowedFd<'_>) -> bool {
        let home = self.home(hidden);
        let same = home.is_ok_and(|home| self.tables[home].learn(netns, fd) == Some(hidden));
        if same {
            self.homes.remove(&hidden);
        }
        same
    }

    /// Forgets a namespace that is gone.
    pub fn forget(&mut self, netns: NetnsId) {
        self.homes.remove(&netns);
        for table in &mut self.tables {
            table.forget(netns);
        }
    }

    /// Hidden namespaces that turned up as somebody's parent since the last call, with their id.
    pub fn take_hidden(&mut self) -> Vec<(NetnsId, i32)> {
        std::mem::take(&mut self.met)
    }

    /// Reads all links and addresses of a namespace.
    pub fn dump(&mut self, netns: NetnsId) -> Result<Contents, KernelError> {
        let refused = |error: AskError| error.after(format!("reading the links of {netns}"));
        let home = self.home(netns)?;
        let records = self.tables[home].dump_links(netns).map_err(refused)?;
        let mut addresses: HashMap<u32, Vec<Address>> = HashMap::new();
        let found = self.tables[home]
            .dump_addresses(netns, 0)
            .map_err(|error| error.after(format!("reading the addresses of {netns}")))?;
        for (ifindex, address) in found {
            addresses.entry(ifindex).or_default().push(address);
        }
        let mut contents = Contents::default();
        for record in records {
            let ifindex = record.link.key.ifindex;
            let link_addresses = addresses.remove(&ifindex).unwrap_or_default();
            self.take(&mut contents, home, record, link_addresses);
        }
        // An address of a link that the dump does not list: the dump ended early, as it does at a
        // record that is larger than its buffer. A single question has room for it.
        for (ifindex, link_addresses) in addresses {
            if let Some(record) = self.tables[home].get_link(netns, ifindex).map_err(refused)? {
                contents.cut = true;
                self.take(&mut contents, home, record, link_addresses);
            }
        }
        contents.links.sort_by_key(|link| link.key);
        contents.links.dedup_by_key(|link| link.key);
        Ok(contents)
    }

    /// Reads one link with its addresses; no link when it is gone.
    pub fn read_link(&mut self, key: LinkKey) -> Result<Contents, KernelError> {
        let addresses = match self.read_addresses(key) {
            Err(error) if error.errno() == Some(Errno::ENODEV) => return Ok(Contents::default()),
            other => other?,
        };
        self.read_link_with(key, addresses)
    }

    /// Reads the addresses of one link; ENODEV when it is gone.
    pub fn read_addresses(&mut self, key: LinkKey) -> Result<Vec<Address>, KernelError> {
        let home = self.home(key.netns)?;
        let addresses = self.tables[home]
            .dump_addresses(key.netns, key.ifindex)
            .map_err(|error| error.after(format!("reading the addresses of {key}")))?;
        Ok(addresses.into_iter().map(|(_, address)| address).collect())
    }

    /// Reads one link whose addresses are known.
    pub fn read_link_with(
        &mut self,
        key: LinkKey,
        addresses: Vec<Address>,
    ) -> Result<Contents, KernelError> {
        let home = self.home(key.netns)?;
        let record = self.tables[home]
            .get_link(key.netns, key.ifindex)
            .map_err(|error| error.after(format!("reading {key}")))?;
        let mut contents = Contents::default();
        if let Some(record) = record {
            self.take(&mut contents, home, record, addresses);
        }
        Ok(contents)
    }

    /// Reads the counters of a link; `None` when it is gone.
    pub fn stats(&mut self, key: LinkKey) -> Option<Stats> {
        let home = self.home(key.netns).ok()?;
        self.tables[home].stats(key)
    }

    /// The id that `of` has inside `inside`, which is what `ip` shows there as `link-netnsid`;
    /// `None` when it has none.
    pub fn nsid_inside(&mut self, inside: NetnsId, of: NetnsId) -> Option<i32> {
        let home = self.home(inside).ok()?;
        self.tables[home].nsid_inside(inside, of)
    }

    /// Takes the events that have arrived.
    pub fn hints(&mut self) -> Result<Vec<Hint>, KernelError> {
        let mut hints = Vec::new();
        for (index, table) in self.tables.iter_mut().enumerate() {
            // Only the table through which a namespace is read speaks for it.
            let is_home = |netns| self.homes.get(&netns) == Some(&index);
            let heard = heard_by(table, self.homes.keys().copied().filter(|id| is_home(*id)))?;
            hints.extend(heard.into_iter().filter(|hint| is_home(hint.netns())));
        }
        if let Some(ear) = &mut self.ear {
            hints.extend(heard_by(ear, ear.own())?);
        }
        for hint in &hints {
            if let Hint::Died(netns) = hint {
                self.forget(*netns);
            }
        }
        Ok(hints)
    }

    fn home(&self, netns: NetnsId) -> Result<usize, KernelError> {
        self.homes
            .get(&netns)
            .copied()
            .ok_or_else(|| KernelError::refused(format!("looking into {netns}"), Errno::ENOENT))
    }

    fn take(
        &mut self,
        contents: &mut Contents,
        home: usize,
        record: LinkRecord,
        addresses: Vec<Address>,
    ) {
        let LinkRecord { mut link, lower, malformed } = record;
        link.addresses = addresses;
        if let Some(lower) = lower {
            let parent = self.resolve(home, link.key.netns, lower);
            if lower.is_peer {
                link.peer = Some(parent);
            } else {
                link.parent = Some(parent);
            }
        }
        contents.malformed.extend(malformed.map(|detail| (link.key, detail)));
        contents.links.push(link);
    }

    /// Turns the kernel's id of the parent's namespace into an identity. An id of the table that
    /// nobody registered belongs to a namespace that no path led to: it is read from now on.
    fn resolve(&mut self, home: usize, of: NetnsId, lower: Lower) -> Parent {
        let netns = match lower.nsid {
            None => Some(of),
            Some(nsid) if nsid < 0 => None,
            Some(nsid) => match self.tables[home].netns_of(nsid) {
                Some(netns) => Some(netns),
                None if self.plain.is_some() => None,
                None => Some(self.meet(home, nsid)),
            },
        };
        // In the own namespace the kernel's id is already what `ip` shows there.
        let nsid = lower.nsid.filter(|_| self.plain.is_some());
        Parent { ifindex: lower.ifindex, netns, nsid, sysfs_lower: None }
    }

    fn meet(&mut self, home: usize, nsid: i32) -> NetnsId {
        self.hidden += 1;
        let netns = NetnsId::Hidden(self.hidden);
        self.tables[home].adopt(nsid, netns);
        self.homes.insert(netns, home);
        self.met.push((netns, nsid));
        netns
    }
}

/// The events that have arrived at a table; if some were lost, nothing is sure in `homes`.
fn heard_by(
    table: &mut Table,
    homes: impl IntoIterator<Item = NetnsId>,
) -> Result<Vec<Hint>, KernelError> {
    let mut heard = Vec::new();
    let lost = table
        .hints(&mut heard)
        .map_err(|errno| KernelError::refused("listening to the observer's events", errno))?;
    if lost {
        heard.extend(homes.into_iter().map(Hint::Unsure));
    }
    Ok(heard)
}
